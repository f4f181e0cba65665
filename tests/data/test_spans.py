"""Spans hold what they are given, unchanged, and refuse what cannot be a place in a table."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.data import Spans
from tidegate.errors import ArgumentError


@given(
    st.lists(st.tuples(st.integers(0, 2**62), st.integers(1, 2**62)), min_size=1, max_size=20),
    st.data(),
)
def test_chosen_spans_are_those_of_the_lists(
    pairs: list[tuple[int, int]], data: st.DataObject
) -> None:
    spans = Spans([a for a, _ in pairs], [b for _, b in pairs])
    assert len(spans) == len(pairs)
    assert spans.start.dtype == spans.length.dtype == np.int64
    chosen = data.draw(st.lists(st.integers(0, len(pairs) - 1), max_size=10))
    part = spans[np.array(chosen, dtype=np.int64)]
    assert list(zip(part.start.tolist(), part.length.tolist(), strict=True)) == [
        pairs[i] for i in chosen
    ]


def test_a_slice_or_a_mask_keeps_the_scale() -> None:
    shift, factor = np.arange(6.0).reshape(3, 2), -np.arange(6.0).reshape(3, 2)
    spans = Spans([5, 6, 7], [1, 2, 3], shift, factor)
    for part in (spans[1:], spans[np.array([False, True, True])], spans[[1, 2]]):
        assert part.start.tolist() == [6, 7]
        assert part.length.tolist() == [2, 3]
        assert part.shift is not None and part.shift.tolist() == [[2.0, 3.0], [4.0, 5.0]]
        assert part.factor is not None and part.factor.tolist() == [[-2.0, -3.0], [-4.0, -5.0]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 1], [1]), "one length for each start, got 2 and 1"),
        (([0, -1], [1, 1]), "row 0 or later, got -1"),
        (([0, 1], [1, 0]), "1 row at least, got length 0"),
        (([0.0], [1]), r"spans.start must be whole numbers \[n\], got an array of \(1,\) of float"),
        (([[0]], [1]), r"spans.start must be .* got an array of \(1, 1\)"),
        (([0], [True]), r"spans.length must be whole numbers .* of bool"),
        (([0], [1], np.zeros(1)), r"spans.shift must be \[1, columns\], got an array of \(1,\)"),
        (([0], [1], None, np.zeros((2, 1))), r"spans.factor must be .* of \(2, 1\)"),
    ],
)
def test_refused(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        Spans(*arguments)  # type: ignore[arg-type]


def test_spans_load_no_frame_library() -> None:
    code = (
        "import sys, tidegate.data.spans\n"
        "print(sorted({'pandas', 'polars', 'narwhals', 'pyarrow'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "[]\n"
