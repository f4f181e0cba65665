"""Sequences in segments, and varied."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.data import Spans
from tidegate.sequence.segments import Segments, mixed, shaken, varied

LENGTHS = st.lists(st.integers(1, 12), min_size=1, max_size=4)


def table(length: list[int]) -> tuple[np.ndarray, Spans]:
    """Rows that know their sequence and their place."""
    rows = [[100.0 * i + t] for i, n in enumerate(length) for t in range(n)]
    start = np.cumsum(length) - length
    return np.array(rows), Spans(start, np.array(length))


def plainly(rows: np.ndarray, spans: Spans, size: int, offset: int) -> list[list[list[float]]]:
    """The same, sequence by sequence, as the docstring says it."""
    found = []
    for start, length in zip(spans.start, spans.length, strict=True):
        part = rows[start : start + length, 0].tolist()
        ahead = size - 1 + offset
        line = [part[0]] * ahead + part
        whole = len(line) // size * size
        before = ([part[0]] * size + line)[:whole]
        found.append([[a, b] for a, b in zip(line[:whole], before, strict=True)])
    return found


@given(LENGTHS, st.integers(2, 5), st.data())
def test_a_step_reads_its_rows_and_those_before(
    length: list[int], size: int, data: st.DataObject
) -> None:
    offset = data.draw(st.integers(0, size - 1))
    rows, spans = table(length)
    found, places = Segments(size).read(rows, spans, offset)
    expected = plainly(rows, spans, size, offset)
    assert places.length.tolist() == [len(part) for part in expected]
    assert found.tolist() == [row for part in expected for row in part]
    assert (places.length >= size).all() and (places.length % size == 0).all()


@given(LENGTHS, st.integers(2, 5), st.data())
def test_later_rows_change_no_earlier_step(
    length: list[int], size: int, data: st.DataObject
) -> None:
    offset = data.draw(st.integers(0, size - 1))
    rows, spans = table(length)
    whole, places = Segments(size).read(rows, spans, offset)
    cut = Spans(spans.start, np.maximum(spans.length - 1, 1))
    part, fewer = Segments(size).read(rows, cut, offset)
    for i in range(len(spans)):
        n = fewer.length[i]
        one, other = places.start[i], fewer.start[i]
        np.testing.assert_array_equal(whole[one : one + n], part[other : other + n])


@given(LENGTHS, st.integers(2, 5), st.data())
def test_of_what_has_ended_every_row_is_read(
    length: list[int], size: int, data: st.DataObject
) -> None:
    offset = data.draw(st.integers(0, size - 1))
    rows, spans = table(length)
    found, places = Segments(size, ended=True).read(rows, spans, offset)
    assert places.length.tolist() == Segments(size).read(rows, spans, offset)[1].length.tolist()
    for start, n, first, count in zip(
        spans.start, spans.length, places.start, places.length, strict=True
    ):
        part = rows[start : start + n, 0].tolist()
        line = [part[0]] * (count - n - offset) + part + [part[-1]] * offset
        before = [part[0]] * (size + count - n - offset) + part + [part[-1]] * offset
        assert found[first : first + count].tolist() == [
            [a, b] for a, b in zip(line, before, strict=False)
        ]


def test_a_step_of_one_row_is_the_row() -> None:
    rows, spans = table([3, 2])
    found, places = Segments(1).read(rows, spans)
    assert found is rows and places is spans and Segments(1).copies == 1


def test_offsets_differ() -> None:
    assert Segments(1).offsets == (0,)
    assert Segments(2).offsets == (0, 1)
    assert Segments(9).offsets == (0, 3, 6)


@pytest.mark.parametrize("seed", range(20))
def test_varied_time_still_runs_forwards_and_stays_inside(seed: int) -> None:
    length = [1, 2, 50, 7]
    rows, spans = table(length)
    found, places = varied(rows, spans, np.random.default_rng(seed))
    assert places.length.tolist() == length
    for i, (start, n) in enumerate(zip(places.start, places.length, strict=True)):
        part = found[start : start + n, 0] - 100 * i
        assert (np.diff(part) >= 0).all()
        assert part.min() >= 0 and part.max() <= n - 1
        # 80 to 100 % of it are kept
        assert 0.79 * (n - 1) <= part[-1] - part[0]


def test_shaken_columns_have_another_scale_each() -> None:
    rows = np.ones((4000, 2), np.float32)
    spans = Spans([0, 2000], [2000, 2000])
    found = shaken(rows, spans, np.random.default_rng(0))
    means = found.reshape(2, 2000, 2).mean(axis=1)
    assert found.dtype == np.float32
    assert len(np.unique(means.round(3))) == 4 and np.abs(means - 1).max() < 0.5
    # the deviation of 2,000 draws of .05 is known to 2 %
    np.testing.assert_allclose(found.reshape(2, 2000, 2).std(axis=1), 0.05, rtol=0.1)


def test_half_of_the_sequences_are_mixed_with_a_part_of_another() -> None:
    rows = np.concatenate([np.zeros(600), np.ones(600)])[:, None].astype(np.float32)
    spans, others = Spans(np.arange(300) * 2, [2] * 300), Spans(600 + np.arange(300) * 2, [2] * 300)
    found = mixed(rows, spans[::-1], others, np.random.default_rng(0)).reshape(300, 2)
    assert (found[:, 0] == found[:, 1]).all()
    share = found[:, 0]
    assert abs((share == 0).mean() - 0.5) < 0.1  # a deviation is .03
    assert abs(share[share > 0].mean() - 0.2) < 0.03 and share.max() <= 0.4
    assert others.laid().start.tolist() == list(range(0, 600, 2))
