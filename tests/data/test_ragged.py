"""Sequences of unequal length, as one table of rows and where each lies in it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tidegate.data import Spans
from tidegate.data.ragged import places
from tidegate.data.sequences import read_sequences


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6), st.data())
def test_taking_some_sequences_takes_their_rows(length: list[int], data: st.DataObject) -> None:
    X = [np.arange(n) + 100 * i for i, n in enumerate(length)]
    chosen = data.draw(st.lists(st.integers(0, len(X) - 1), min_size=1, max_size=8))
    taken = read_sequences(X).take(np.array(chosen))
    assert [part.ravel().tolist() for part in taken.each()] == [X[i].tolist() for i in chosen]


def test_places_of_nothing() -> None:
    assert places(Spans(np.zeros(0, int), np.zeros(0, int))).tolist() == []


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 6)), min_size=1, max_size=6))
def test_places_are_the_rows_of_spans_one_after_the_other(spans: list[tuple[int, int]]) -> None:
    first, length = np.array(spans).T
    rows = [row for start, n in spans for row in range(start, start + n)]
    assert places(Spans(first, length)).tolist() == rows
