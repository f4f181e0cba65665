"""Which windows are held out, and what may be learnt from before each."""

from __future__ import annotations

import numpy as np
import pytest

from tidegate.errors import DataError
from tidegate.forecast.held import MOST, Held


def held(*length: int, windows: int | None = None, step: int | None = None) -> Held:
    """With a horizon of 3, and 5 rows to learn from."""
    rows = np.array(length)
    return Held.of(rows, np.cumsum(rows) - rows, 3, 5, windows, step)


def test_the_last_windows_of_each_series_are_held_out_side_by_side() -> None:
    found = held(40, 24)
    # a quarter of the rows: 3 windows of 3, and 2
    assert found.known.tolist() == [31, 18]
    assert found.series.tolist() == [0, 0, 0, 1, 1]
    assert found.cut.tolist() == [31, 34, 37, 58, 61]
    assert found.origin.tolist() == [-2, -1, 0, -1, 0]


def test_enough_is_left_to_learn_from() -> None:
    # 5 rows are needed to learn, and 3 to score
    assert held(8).known.tolist() == [5]
    assert held(7, 9).known.tolist() == [7, 6]
    with pytest.raises(DataError, match="must have 8 rows at least, got 7"):
        held(7, 5)
    with pytest.raises(DataError, match=r"^to hold out 1 step and learn"):
        Held.of(np.array([5]), np.array([0]), 1, 5)


def test_no_more_windows_than_a_report_needs() -> None:
    assert len(held(10_000).cut) == MOST
    many = held(*[200] * 1000)
    assert np.bincount(many.series).tolist() == [5] * 1000


def test_windows_and_step_as_asked_as_far_as_the_rows_reach() -> None:
    found = held(20, 10, 7, windows=4, step=1)
    assert found.series.tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert found.cut.tolist() == [14, 15, 16, 17, 25, 26, 27]
    assert found.known.tolist() == [14, 5, 7]
    # the last window ends with the last row
    assert found.cut[3] + 3 == 20


def test_one_training_before_all_windows_or_one_at_each() -> None:
    found = held(20, 11, windows=3, step=2)
    assert found.cut.tolist() == [13, 15, 17, 26, 28]
    ((windows, known),) = found.rounds(False)
    assert windows.tolist() == [0, 1, 2, 3, 4]
    assert known.tolist() == [13, 6]
    rounds = [(w.tolist(), k.tolist()) for w, k in found.rounds(True)]
    assert rounds == [([0], [13, 6]), ([1, 3], [15, 6]), ([2, 4], [17, 8])]
    rounds = [(w.tolist(), k.tolist()) for w, k in found.rounds(2)]
    assert rounds == [([0, 1, 3], [13, 6]), ([2, 4], [17, 8])]
