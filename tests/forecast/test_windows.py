"""What the network sees before a cut, and what it is to learn from what came after."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.forecast.covariates import Covariates, Units
from tidegate.forecast.plan import Plan
from tidegate.forecast.scaling import Scaling
from tidegate.forecast.windows import ALONE, FLAT, Sampler, Table, Windows, filled

VALUES = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, -5.0, 7.0, 0.0, 3.0])
START, LENGTH = np.array([0, 6]), np.array([6, 4])
# units of 1: what windows do shows in the numbers themselves
PLAIN = Scaling(np.zeros(2), np.ones(2), np.zeros(2), np.full(2, -np.inf), np.zeros(2, bool))
PLAN = Plan(3, 4, 2)  # the window: two seasons of two rows, read at once


def table(values: np.ndarray = VALUES, scaling: Scaling = PLAIN) -> Table:
    none = np.empty((10, 0))
    units = Units(np.empty(0), np.empty(0), np.full(2, -1))
    beside = Covariates(none, none, none[:2], START + LENGTH, units)
    return Table(values, START, LENGTH, scaling, calendar, beside)


def calendar(row: np.ndarray) -> np.ndarray:
    return np.stack([row, -row], axis=1) / 100


def before(
    series: list[int], cut: list[int], of: Table | None = None, plan: Plan = PLAN
) -> Windows:
    return Windows.before(of or table(), plan, np.array(series), np.array(cut))


def test_a_window_has_the_rows_before_its_cut_in_units_of_its_own() -> None:
    windows = before([0, 1], [6, 10])
    inside = [VALUES[2:6], VALUES[6:10]]
    np.testing.assert_allclose(windows.shift, [part.mean() for part in inside])
    np.testing.assert_allclose(windows.deviation, [part.std() for part in inside])
    np.testing.assert_allclose(windows.z.std(axis=1), 1)
    np.testing.assert_allclose(windows.undo(windows.z), inside)
    assert windows.seen.all()
    np.testing.assert_allclose(windows.static[:, 3:], [[0.05, -0.05], [0.09, -0.09]])


def test_anchored_windows_are_measured_from_their_last_season_in_units_of_the_series() -> None:
    windows = before([0, 1], [6, 10], plan=replace(PLAN, anchored=True))
    assert windows.shift.tolist() == [24, 1.5]
    assert windows.deviation.tolist() == [1, 1]
    np.testing.assert_allclose(windows.z, [[-20, -16, -8, 8], [-6.5, 5.5, -1.5, 1.5]])


def test_a_short_series_is_padded_with_its_first_season_and_that_is_not_seen() -> None:
    windows = before([0, 1], [3, 7])
    # two rows and a half season; a single row
    np.testing.assert_allclose(windows.undo(windows.z), [[2, 1, 2, 4], [-5, -5, -5, -5]])
    assert windows.seen.tolist() == [[False, True, True, True], [False, False, False, True]]
    assert windows.shift[0] == pytest.approx(7 / 3)


@pytest.mark.parametrize("anchored", [True, False])
def test_a_window_of_nothing_is_the_last_that_saw_a_value_at_its_phase(anchored: bool) -> None:
    plan = replace(PLAN, anchored=anchored)
    values = np.append(VALUES[:3], np.full(7, np.nan))
    alone = replace(table(values), start=np.array([0, 10]), length=np.array([10, 0]))
    for cut, then in ((8, 4), (9, 3), (10, 4)):  # a season has two rows
        lost, last = before([0], [cut], alone, plan), before([0], [then], alone, plan)
        assert not lost.seen.any() and last.seen.any()
        np.testing.assert_array_equal(lost.z, last.z)
        np.testing.assert_array_equal(lost.shift, last.shift)
        np.testing.assert_array_equal(lost.deviation, last.deviation)
    other = before([1], [10], table(np.append(VALUES[:6], np.full(4, np.nan))))
    assert not other.z.any() and not other.shift.any()  # of its own series there is none


def test_missing_values_are_filled_from_the_window_and_not_seen() -> None:
    values = VALUES.copy()
    values[[4, 9]] = np.nan
    windows = before([0, 1], [6, 10], table(values))
    assert windows.seen.tolist() == [[True, True, False, True], [True, True, True, False]]
    np.testing.assert_allclose(windows.undo(windows.z), [[4, 8, 4, 32], [-5, 7, 0, 7]])
    assert windows.shift[0] == pytest.approx((4 + 8 + 32) / 3)
    assert windows.static[0, 2] == 0.75


def test_a_window_without_a_single_value_is_flat() -> None:
    windows = before([0], [6], table(np.full(10, np.nan)))
    assert not windows.z.any()
    assert not windows.seen.any()
    assert np.isfinite(windows.static).all()
    assert np.isnan(windows.targets()[..., :2]).all()


@given(st.integers(0, 2**31), st.integers(1, 9))
def test_nothing_after_the_cut_changes_a_window(seed: int, season: int) -> None:
    random = np.random.default_rng(seed)
    values = np.where(random.random(10) < 0.7, random.normal(size=10), np.nan)
    cut, plan = int(random.integers(1, 6)), Plan(3, 5, season)
    other = values.copy()
    other[cut:] = random.normal(size=10 - cut)
    one, two = (before([0], [cut], table(part), plan) for part in (values, other))
    for name in ("z", "seen", "shift", "deviation", "static", "paths"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


def test_a_single_value_is_not_taken_for_a_flat_window() -> None:
    silent = VALUES.copy()
    silent[2:5] = np.nan
    windows = before([0, 1], [6, 7], table(silent))
    np.testing.assert_array_equal(windows.seen.sum(axis=1), 1)
    np.testing.assert_allclose(windows.deviation, ALONE * np.array([32, 5]))
    np.testing.assert_allclose(windows.static[:, 1], 0.3 * np.log(ALONE))
    np.testing.assert_array_equal(windows.z, 0)


@pytest.mark.parametrize(("rows", "share"), [(2, ALONE / 2), (4, ALONE / 4), (12, FLAT)])
def test_a_flat_window_is_not_blown_up(rows: int, share: float) -> None:
    long = replace(table(np.full(12, 3.0)), length=np.array([12, 6]))
    flat = before([0], [rows], long, Plan(3, 12, 2))
    np.testing.assert_allclose(flat.deviation, share * 3)
    assert before([0], [6], table(np.zeros(10))).deviation.tolist() == [1]


def test_the_seasonal_error_and_the_deviation_beside_the_values() -> None:
    windows = before([0], [6])
    part = VALUES[2:6]
    level = np.abs(part).mean()
    expected = [np.abs(part[2:] - part[:2]).mean() / level, part.std() / level]
    np.testing.assert_allclose(windows.static[0, :2], 0.3 * np.log(expected))


def test_targets_stop_at_the_end_of_what_may_be_known() -> None:
    shorter = replace(table(), length=np.array([5, 4]))
    windows = before([0], [4], shorter)
    targets = windows.targets()
    assert targets.dtype == np.float32
    # float32 holds 7 digits
    np.testing.assert_allclose(windows.undo(targets[..., 0])[0], [16, np.nan, np.nan], rtol=1e-6)
    assert np.isnan(targets[..., 1]).all()
    np.testing.assert_allclose(targets[..., 2:], windows.paths, rtol=1e-6)


def test_zeros_counted_apart_are_an_event_and_no_amount() -> None:
    values = np.array([0.0, 2.0, 0.0, 3.0, 0.0, 5.0, 1.0, 2.0, 3.0, np.nan])
    both = table(values, Scaling.of(values, START, LENGTH))
    windows = before([0, 1], [3, 8], both)
    assert windows.zero.tolist() == [[False, True, False, True], [False] * 4]
    targets = windows.targets()
    assert targets[0, :, 1].tolist() == [1, 0, 1]
    assert np.isnan(targets[0, :, 0]).tolist() == [False, True, False]
    assert np.isnan(targets[1, :, 1]).all()
    assert np.isnan(targets[1, :, 0]).tolist() == [False, True, True]
    assert not windows.paths[0].any()
    assert (windows.shift[0], windows.deviation[0]) == (0, 1)


def test_gaps_are_filled_from_the_same_phase_then_from_what_is_near() -> None:
    gap = np.nan
    u = np.array([[1, 2, 3, gap, gap, 6, gap], [gap, gap, 3, gap, 5, gap, gap], [gap] * 7])
    expected = [[1, 2, 3, 1, 2, 6, 1], [3, 3, 3, 3, 5, 3, 3], [gap] * 7]
    # in the second, row 5 repeats row 2, and row 3 what is before it
    np.testing.assert_array_equal(filled(u, 3), expected)


def test_samples_cut_each_series_wherever_it_is_long_enough() -> None:
    sampler = Sampler(table(), PLAN)
    assert PLAN.least == 4
    assert pairs(sampler) == {(0, 4), (0, 5)}
    longer = replace(table(), start=np.array([0, 5]), length=np.array([5, 5]))
    assert pairs(Sampler(longer, PLAN)) == {(0, 4), (1, 9)}


def test_some_windows_see_their_newest_rows_alone() -> None:
    rows = replace(table(), values=np.arange(1.0, 101), start=np.array([0, 50]))
    rows = replace(rows, length=np.array([50, 50]))
    plan = Plan(3, 12, 6, begun=0.25)
    whole, some = (Sampler(rows, each).draw(0, 400) for each in (replace(plan, begun=0), plan))
    np.testing.assert_array_equal(some.cut, whole.cut)
    np.testing.assert_array_equal(some.series, whole.series)
    seen = some.seen.sum(axis=1)
    few = seen < np.minimum(some.cut - rows.start[some.series], 12)
    assert set(seen[few]) == set(range(1, plan.least))
    assert 60 < few.sum() < 140  # of 400, 100 in the mean and 9 from it one deviation
    np.testing.assert_array_equal(some.z[~few], whole.z[~few])
    for i in np.flatnonzero(few):
        # as if the series had begun with the first of them
        first = some.cut[i] - seen[i]
        begun = replace(rows, start=np.array([first, first]), length=np.array([100 - first] * 2))
        alone = before([0], [some.cut[i]], begun, plan)
        for name in ("z", "seen", "shift", "deviation", "static", "paths"):
            np.testing.assert_array_equal(getattr(some, name)[i], getattr(alone, name)[0])


def pairs(sampler: Sampler) -> set[tuple[int, int]]:
    """The series and cuts in 100 draws."""
    windows = sampler.draw(0, 100)
    return set(zip(windows.series.tolist(), windows.cut.tolist(), strict=True))


def test_a_batch_follows_from_its_number_and_the_seed() -> None:
    def cuts(number: int, seed: int) -> list[int]:
        wide = Plan(3, 4, 1, seed=seed)
        rows = replace(table(), values=np.zeros(900), start=np.array([0]), length=np.array([900]))
        found: list[int] = Sampler(rows, wide).draw([number], 5).cut.tolist()
        return found

    assert cuts(3, 1) == cuts(3, 1)
    assert cuts(3, 1) != cuts(4, 1)
    assert cuts(3, 1) != cuts(3, 2)
