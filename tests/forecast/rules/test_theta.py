"""Theta against statsforecast, simple smoothing against statsmodels."""

from __future__ import annotations

import numpy as np
import pytest

from tidegate.forecast.baselines import Panel, quantiles
from tidegate.forecast.rules.theta import NEWEST, smooth

from .air import AIR, BEFORE

NOISY = np.array(
    [
        *(50.61, 48.91, 50.41, 45.57, 46.94, 47.1, 50.45, 52.52, 44.63, 45.59, 50.41, 42.85),
        *(47.54, 47.71, 51.74, 50.73, 46.34, 45.76, 44.21, 48.24, 40.55, 40.68, 41.39, 40.24),
        *(40.16, 37.23, 38.02, 36.18, 40.96, 39.54, 35.98, 37.58, 33.57, 36.94, 34.83, 35.79),
        *(30.13, 35.93, 29.24, 28.09, 33.39, 31.67, 33.63, 39.95, 32.08, 31.16, 34.51, 35.49),
        *(32.84, 34.75, 38.24, 36.49, 31.9, 35.34, 35.5, 32.91, 36.79, 34.1, 41.03, 38.02),
    ]
)


def middle(values: np.ndarray, cut: int, known: int) -> np.ndarray:
    whole = Panel(values, np.array([0]), np.array([len(values)]), np.array([known]))
    half = np.array([0.5])
    return quantiles("theta", whole, np.array([0]), np.array([cut]), 12, 12, half)[0, :, 0]


def test_the_numbers_of_statsforecast() -> None:
    # statsforecast 2.1.1, Theta(season_length=12, decomposition_type="multiplicative")
    expected = [
        *(411.37026368925524, 402.2746868538818, 462.88281417700745, 444.674929039607),
        *(447.9323726162549, 509.5951290624829, 561.8391970755296, 559.4580863980659),
        *(490.42889943284143, 427.28130605650904, 371.9573708734741, 419.0058105921654),
    ]
    # both look for the constant by steps, and find it to about 1e-3
    np.testing.assert_allclose(middle(AIR, BEFORE, BEFORE), expected, rtol=1e-4)


def test_simple_smoothing_has_the_constant_and_first_level_of_statsmodels() -> None:
    # statsmodels 0.15, SimpleExpSmoothing(initialization_method="estimated"): constant .40103,
    # first level 49.38235, squares 582.40921; the next value is
    found = smooth(NOISY[None], np.ones((1, 60), bool))
    assert found[0, -1] == pytest.approx(37.58149181, abs=2e-3)  # of the constant's last step
    errors = NOISY[1:] - found[0, :-1]
    assert (errors**2).sum() + (NOISY[0] - 49.38235) ** 2 == pytest.approx(582.40921, abs=0.02)


def test_of_a_long_series_the_newest_values_decide() -> None:
    random = np.random.default_rng(0)
    walk, noise = random.normal(size=NEWEST).cumsum(), random.normal(size=NEWEST)
    known = np.array([2 * NEWEST, NEWEST])[:, None]
    y = np.stack([np.append(walk, noise), np.append(noise, walk)])
    found = smooth(y, np.arange(2 * NEWEST) < known)
    alone = smooth(noise[None], np.ones((1, NEWEST), bool))[0]
    np.testing.assert_array_equal(found[0, NEWEST:], alone)
    np.testing.assert_array_equal(found[1, :NEWEST], alone)


def test_at_a_later_cut_the_newer_values_count() -> None:
    later = middle(AIR, BEFORE + 12, BEFORE)
    # the season is that of the months before, so the shares of two months are the same
    before = middle(AIR, BEFORE, BEFORE)
    assert later[0] / later[1] == pytest.approx(before[0] / before[1], rel=0.01)
    assert (later > before).all()


def test_values_that_are_not_all_above_zero_have_an_added_season() -> None:
    wave = np.tile([5.0, -3.0, 0.0, -2.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 1.0, -1.0], 10)
    np.testing.assert_allclose(middle(wave, 120, 120), wave[:12], atol=0.05)
