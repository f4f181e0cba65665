"""What every baseline must do, whatever it computes, and the lines published for them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from competitions import Competition
from tidegate.forecast import metrics
from tidegate.forecast.baselines import BASELINES, Panel, quantiles, usual

LEVELS = np.array([0.025, 0.1, 0.5, 0.9, 0.975])
RANDOM = np.random.default_rng(0)
WALK = np.cumsum(RANDOM.normal(size=600))


def panel(*series: np.ndarray, known: int | None = None) -> Panel:
    length = np.array([len(values) for values in series])
    learnt = length if known is None else np.full(len(series), known)
    return Panel(np.concatenate(series), np.cumsum(length) - length, length, learnt)


def forecast(name: str, values: np.ndarray, cut: list[int], known: int) -> np.ndarray:
    which = np.zeros(len(cut), int)
    return quantiles(name, panel(values, known=known), which, np.array(cut), 6, 7, LEVELS)


@pytest.mark.parametrize("name", BASELINES)
def test_what_comes_after_a_cut_changes_nothing(name: str) -> None:
    before = forecast(name, WALK, [500, 520], 500)
    changed = WALK.copy()
    changed[520:] += 100
    after = forecast(name, changed, [500, 520], 500)
    np.testing.assert_array_equal(after, before)


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("times", [1e-6, 1e3, 1e9, 1e100])
def test_how_large_values_after_a_cut_are_changes_no_bit(name: str, times: float) -> None:
    values = np.exp(WALK[:120] / 10)  # above 0, so that logarithms are tried as well
    changed = np.concatenate([values[:100], times * values[100:]])
    before, after = (forecast(name, each, [100], 100) for each in (values, changed))
    np.testing.assert_array_equal(after, before)


@pytest.mark.parametrize("name", BASELINES)
def test_what_comes_after_the_rows_to_learn_from_is_not_learnt(name: str) -> None:
    changed = WALK.copy()
    changed[500:515] += 5
    at_known, later = forecast(name, WALK, [500, 515], 500)
    same, moved = forecast(name, changed, [500, 515], 500)
    np.testing.assert_array_equal(same, at_known)
    # but it is seen, save by a mean of what was learnt
    assert (np.abs(moved - later).max() < 1e-9) == (name in {"mean", "median"})


@pytest.mark.parametrize("name", BASELINES)
def test_intervals_are_around_the_middle_and_do_not_cross(name: str) -> None:
    found = forecast(name, WALK, [500, 520], 500)
    assert found.shape == (2, 6, 5)
    assert (np.diff(found, axis=-1) >= 0).all()
    alone = quantiles(
        name, panel(WALK, known=500), np.array([0]), np.array([500]), 6, 7, LEVELS[2:3]
    )
    # a BLAS may sum a row in another order when it stands alone
    np.testing.assert_allclose(found[:1, :, 2:3], alone, rtol=1e-12)


@pytest.mark.parametrize("name", BASELINES)
def test_company_and_size_change_nothing(name: str) -> None:
    if name == "ridge":
        pytest.skip("it learns from all series")
    short, small = WALK[100:160] + 30, 1e-9 * WALK
    large = 1e300 * WALK / 30
    which, cut = np.array([2, 0, 3, 1, 0]), np.array([600, 600, 600, 60, 590])
    whole = panel(WALK, short, small, large)
    together = quantiles(name, whole, which, cut, 6, 7, LEVELS)
    for k, (i, c) in enumerate(zip(which, cut, strict=True)):
        values = whole.values[whole.start[i] : whole.start[i] + whole.length[i]]
        alone = quantiles(name, panel(values), np.array([0]), np.array([c]), 6, 7, LEVELS)[0]
        np.testing.assert_allclose(together[k], alone, rtol=1e-9)
    # those of 1e-9 are those of 1, but for the smallest power of two
    np.testing.assert_allclose(together[0] * 1e9, forecast(name, WALK, [600], 600)[0], rtol=1e-6)


@pytest.mark.parametrize("name", BASELINES)
def test_series_that_are_short_flat_or_mostly_missing(name: str) -> None:
    gone = WALK[:50].copy()
    gone[np.array([0, 1, 2, 20, 21, 22, 23, 24, 25, 26, 27, 28, 48, 49])] = np.nan
    series = (np.array([3.0]), np.array([3.0, 4.0]), np.full(40, 7.0), np.zeros(40), gone)
    which = np.arange(5)
    cut = np.array([len(values) for values in series])
    found = quantiles(name, panel(*series), which, cut, 4, 7, LEVELS)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[2], 7, rtol=1e-6)
    assert (found[3] == 0).all()
    assert np.abs(found[4]).max() < 100


@pytest.mark.parametrize("name", BASELINES)
def test_the_largest_numbers_there_are(name: str) -> None:
    found = forecast(name, 1.7e308 * np.sign(WALK[:60]), [60], 60)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("name", BASELINES)
def test_without_any_value_before_the_cut_there_is_no_forecast(name: str) -> None:
    values = np.concatenate([np.full(10, np.nan), WALK[:30]])
    found = quantiles(name, panel(values), np.array([0, 0]), np.array([8, 20]), 3, 1, LEVELS)
    assert np.isnan(found[0]).all()
    assert np.isfinite(found[1]).all()


@pytest.mark.parametrize("name", BASELINES)
def test_never_negative_series_get_no_negative_intervals(name: str) -> None:
    values = np.abs(WALK) * (np.random.default_rng(1).random(600) < 0.5)
    assert forecast(name, values, [550], 550).min() >= 0


def test_intervals_of_a_random_walk_grow_with_the_root_of_the_step() -> None:
    walk = np.cumsum(np.random.default_rng(3).normal(size=5000))
    found = quantiles("naive", panel(walk), np.array([0]), np.array([5000]), 4, 1, LEVELS)
    width = found[0, :, 3] - found[0, :, 1]
    # 2·1.28 standard deviations of the step, to 20 % with 400 errors that overlap
    np.testing.assert_allclose(width, 2 * 1.2816 * np.sqrt([1, 2, 3, 4]), rtol=0.2)


def test_without_a_season_the_seasonal_baseline_is_left_out() -> None:
    assert set(BASELINES) - set(usual(1)) == {"seasonal naive"}
    assert usual(7) == tuple(BASELINES)


# ANCHORS of the two competitions: mean sMAPE and MASE of the files as they are
PUBLISHED = [
    ("m4_hourly", "naive", 43.003, 11.608),
    ("m4_hourly", "seasonal naive", 13.912, 1.193),
    ("m3/monthly", "seasonal naive", None, 1.146),
    ("m3/other", "naive", 6.30, None),
    ("m3/quarterly", "seasonal naive", 11.07, None),
    ("m3/yearly", "naive", 17.88, None),
]
"""Of the papers of M4 (Makridakis, Spiliotis, Assimakopoulos 2020) and M3 (Makridakis, Hibon 2000).
"""
THETA = [
    ("m4_hourly", 18.138, 2.455, 0.001),
    ("m3/monthly", 13.86, 0.864, 0.05),
    ("m3/quarterly", 9.20, None, 0.15),
    ("m3/yearly", 16.76, None, 0.05),
    ("m3/other", 4.92, None, 0.05),
]
"""M3's Theta was tuned by hand, M4's is the program that both competitions' papers compare with."""


def scores(data: Competition, name: str) -> tuple[float, float]:
    which = np.arange(len(data.length))
    whole = Panel(data.values, data.start, data.length, data.known)
    level = np.array([0.5])
    found = quantiles(name, whole, which, data.known, data.horizon, data.season, level)[..., 0]
    step = np.array(
        [
            metrics.seasonal_step(data.values[first : first + known], data.season)
            for first, known in zip(data.start, data.known, strict=True)
        ]
    )
    smape, mae = metrics.smape(data.actual, found), metrics.mae(data.actual, found)
    return float(smape.mean()), float((mae / step).mean())


@pytest.mark.parametrize(("folder", "name", "smape", "mase"), PUBLISHED)
def test_published_scores_of_copies(
    folder: str, name: str, smape: float | None, mase: float | None
) -> None:
    found = scores(Competition.read(folder), name)
    for value, line in zip(found, (smape, mase), strict=True):
        digits = 0.0005 if line is not None and str(line)[::-1].find(".") == 3 else 0.005
        assert line is None or value == pytest.approx(line, abs=digits)


@pytest.mark.parametrize(("folder", "smape", "mase", "tolerance"), THETA)
def test_published_scores_of_theta(
    folder: str, smape: float, mase: float | None, tolerance: float
) -> None:
    found = scores(Competition.read(folder), "theta")
    assert found[0] == pytest.approx(smape, abs=tolerance)
    assert mase is None or found[1] == pytest.approx(mase, abs=0.002)


def test_exponential_smoothing_is_as_good_as_the_published_one() -> None:
    # of the R package forecast 14.14 and .865; ours is another optimiser and has fewer forms
    smape, mase = scores(Competition.read("m3/monthly"), "exponential smoothing")
    assert smape < 14.2
    assert mase < 0.875


def test_a_panel_with_fewer_known_rows_learns_less() -> None:
    whole = panel(WALK)
    less = replace(whole, known=np.array([300]))
    at, cut = np.array([0]), np.array([600])
    assert quantiles("mean", less, at, cut, 1, 1, LEVELS)[0, 0, 2] == pytest.approx(
        WALK[:300].mean()
    )
