"""What the network sees before a cut, and what it is to learn from what came after."""

from __future__ import annotations

import numpy as np
import pytest

from tidegate.forecast.scaling import Scaling
from tidegate.forecast.windows import FLAT, PATHS, Table, Windows, sample

VALUES = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, -5.0, 7.0, 0.0, 3.0])
START, LENGTH = np.array([0, 6]), np.array([6, 4])
# units of 1: what windows do shows in the numbers themselves
PLAIN = Scaling(np.zeros(2), np.ones(2), np.zeros(2), np.full(2, -np.inf))


def table(values: np.ndarray = VALUES, scaling: Scaling = PLAIN) -> Table:
    calendar = np.arange(20.0).reshape(10, 2)
    return Table.of(values, START, LENGTH, calendar, scaling)


def test_rows_are_the_values_and_the_calendar() -> None:
    rows = table().rows
    assert rows.dtype == np.float32
    assert rows[:, 0].tolist() == VALUES.tolist()
    assert rows[3].tolist() == [8.0, 6.0, 7.0]


def test_a_window_ends_at_its_cut_and_begins_no_earlier_than_its_series() -> None:
    windows = Windows.before(table(), np.array([0, 0, 1]), np.array([2, 5, 9]), 4, 1)
    assert windows.start.tolist() == [0, 1, 6]
    assert windows.spans.length.tolist() == [2, 4, 3]


def test_mean_and_deviation_are_those_of_the_window_alone() -> None:
    windows = Windows.before(table(), np.array([0, 1]), np.array([5, 10]), 3, 1)
    inside = [VALUES[2:5], VALUES[7:10]]
    np.testing.assert_allclose(windows.shift, [part.mean() for part in inside])
    np.testing.assert_allclose(windows.deviation, [part.std() for part in inside])
    spans = windows.spans
    assert spans.shift is not None
    assert spans.factor is not None
    read = (table().rows[2:5] - spans.shift[0]) * spans.factor[0]
    assert read[:, 0].std() == pytest.approx(1, rel=1e-6)  # float32 rows
    assert read[0, 1:].tolist() == [4.0, 5.0]  # the calendar is left alone
    u = np.array([[1.0], [2.0]])
    np.testing.assert_allclose(windows.undo(windows._z(u)), u)


def test_a_flat_window_is_not_blown_up() -> None:
    flat = np.full(10, 3.0)
    windows = Windows.before(table(flat), np.array([0]), np.array([5]), 4, 1)
    assert windows.deviation.tolist() == [FLAT]


def test_paths_are_the_last_value_the_season_before_and_the_mean() -> None:
    windows = Windows.before(table(), np.array([0, 1]), np.array([6, 8]), 3, 4)
    paths = windows.undo(windows.paths(5))
    assert paths.shape == (2, 5, PATHS)
    np.testing.assert_allclose(paths[0, :, 0], 32)
    # rows 2 to 5, and again; the season may reach further back than the window
    np.testing.assert_allclose(paths[0, :, 1], [4, 8, 16, 32, 4])
    # only two rows before the cut: the last value takes the place of the two that are not there
    np.testing.assert_allclose(paths[1, :, 1], [7, 7, -5, 7, 7])
    np.testing.assert_allclose(paths[0, :, 2], VALUES[3:6].mean())


def test_targets_stop_at_the_end_of_the_series() -> None:
    windows = Windows.before(table(), np.array([0]), np.array([4]), 3, 1)
    targets = windows.targets(4)
    values = targets[..., 0] * windows.deviation[:, None] + windows.shift[:, None]
    np.testing.assert_allclose(values[0], [16, 32, np.nan, np.nan], rtol=1e-6)
    assert np.isnan(targets[..., 1]).all()


def test_zeros_counted_apart_are_an_event_and_no_amount() -> None:
    values = np.array([0.0, 2.0, 0.0, 3.0, 0.0, 5.0, 1.0, 2.0, 3.0, 4.0])
    scaling = Scaling.of(values, START, LENGTH)
    both = table(values, scaling)
    assert both.rows.shape == (10, 4)
    assert both.rows[:, 3].tolist() == [1, 0, 1, 0, 1, 0, 0, 0, 0, 0]
    windows = Windows.before(both, np.array([0, 1]), np.array([3, 8]), 3, 1)
    targets = windows.targets(3)
    assert targets[0, :, 1].tolist() == [1, 0, 1]
    assert np.isnan(targets[0, :, 0]).tolist() == [False, True, False]
    assert np.isnan(targets[1, :, 1]).all()
    assert not windows.paths(3)[0].any()
    assert (windows.shift[0], windows.deviation[0]) == (0, 1)


def test_samples_cut_each_series_wherever_it_is_long_enough() -> None:
    windows, which = sample(table(), 500, 3, 2, 1, np.random.default_rng(0))
    assert set(zip(windows.series.tolist(), windows.cut.tolist(), strict=True)) == {
        *((0, cut) for cut in range(2, 6)),
        *((1, cut) for cut in range(8, 10)),
    }
    assert which.shape == (500,)
    assert set(which.tolist()) == set(range(len(windows)))


def test_samples_leave_out_what_is_too_short() -> None:
    windows, _ = sample(table(), 100, 3, 4, 1, np.random.default_rng(0))
    assert set(windows.series.tolist()) == {0}
