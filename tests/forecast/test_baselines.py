"""Forecasts that need no learning, and intervals of their own errors."""

from __future__ import annotations

import numpy as np
import pytest

from tidegate.forecast.baselines import BASELINES, naive, quantiles, seasonal_naive

LEVELS = np.array([0.025, 0.1, 0.5, 0.9, 0.975])
RANDOM = np.random.default_rng(0)
WALK = np.cumsum(RANDOM.normal(size=600))


@pytest.mark.parametrize("name", BASELINES)
def test_what_comes_after_a_cut_changes_nothing(name: str) -> None:
    cut = np.array([500])
    args = (cut, 6, 7, 500, LEVELS)
    before = quantiles(BASELINES[name], WALK, *args)
    changed = WALK.copy()
    changed[500:] += 1e6
    np.testing.assert_array_equal(quantiles(BASELINES[name], changed, *args), before)


@pytest.mark.parametrize("name", BASELINES)
def test_intervals_are_around_the_middle_and_do_not_cross(name: str) -> None:
    cut = np.array([500, 520])
    found = quantiles(BASELINES[name], WALK, cut, 6, 7, 500, LEVELS)
    assert found.shape == (2, 6, 5)
    assert (np.diff(found, axis=-1) >= 0).all()
    np.testing.assert_array_equal(found[..., 2], BASELINES[name](WALK, cut, 6, 7, 500))


def test_intervals_of_a_random_walk_grow_with_the_root_of_the_step() -> None:
    walk = np.cumsum(np.random.default_rng(3).normal(size=5000))
    found = quantiles(naive, walk, np.array([5000]), 4, 1, 5000, LEVELS)
    width = found[0, :, 3] - found[0, :, 1]
    # 2·1.28 standard deviations of the step, to 20 % with 400 errors that overlap
    np.testing.assert_allclose(width, 2 * 1.2816 * np.sqrt([1, 2, 3, 4]), rtol=0.2)


def test_never_negative_series_get_no_negative_intervals() -> None:
    values = np.abs(WALK) * (RANDOM.random(600) < 0.5)
    for baseline in BASELINES.values():
        assert quantiles(baseline, values, np.array([550]), 5, 7, 550, LEVELS).min() >= 0


def test_without_a_past_the_interval_is_a_point() -> None:
    found = quantiles(seasonal_naive, np.array([1.0, -2.0, 3.0]), np.array([2]), 3, 7, 2, LEVELS)
    assert (found == -2.0).all()


def test_a_baseline_that_is_always_too_low_keeps_its_middle_inside() -> None:
    rising = np.arange(100.0) - 50
    found = quantiles(naive, rising, np.array([100]), 3, 1, 100, LEVELS)
    assert (np.diff(found, axis=-1) >= 0).all()
    assert (found[..., 2] == 49).all()
