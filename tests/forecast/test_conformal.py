"""Intervals that were too narrow or too wide, corrected by what was held out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tidegate.forecast.conformal import Correction

Array = NDArray[Any]

LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
# quantiles of the standard normal distribution, from its tables
NORMAL = np.array([-1.95996, -1.28155, -0.67449, 0, 0.67449, 1.28155, 1.95996])


def drawn(windows: int, steps: int, width: float, seed: int = 0) -> tuple[Array, Array]:
    """Normal values of windows ``[k, h]``, and forecasts of them, too narrow by ``width``."""
    random = np.random.default_rng(seed)
    size = random.uniform(0.1, 10, (windows, steps))
    return 3 + size * random.normal(size=size.shape), 3 + size[..., None] * NORMAL / width


@pytest.mark.parametrize("width", [1.0, 1.5, 2.5])
def test_after_it_as_many_values_lie_below_as_the_level_says(width: float) -> None:
    first, second = drawn(40_000, 5, width), drawn(40_000, 5, width, seed=1)
    corrected = Correction.of(LEVELS, *first, np.arange(40_000)).apply(second[1])
    below = (second[0][..., None] <= corrected).mean(axis=(0, 1))
    # 0.004: four standard errors of a share of 200,000
    np.testing.assert_allclose(below, LEVELS, atol=0.004)


def test_no_interval_is_made_narrower() -> None:
    actual, quantiles = drawn(40_000, 5, 0.5)
    assert Correction.of(LEVELS, actual, quantiles, np.arange(40_000)).factor.tolist() == [1] * 7


def test_a_rise_of_all_that_was_held_out_widens_both_ends() -> None:
    random = np.random.default_rng(0)
    actual = 0.5 + random.normal(size=(40_000, 10))
    quantiles = np.tile(NORMAL, (40_000, 10, 1))
    found = Correction.of(LEVELS, actual, quantiles, np.arange(40_000))
    np.testing.assert_array_equal(found.factor, found.factor[::-1])
    ends = found.apply(quantiles)
    for i, level in ((0, 0.95), (1, 0.8), (2, 0.5)):
        inside = (actual >= ends[..., i]) & (actual <= ends[..., -1 - i])
        # 0.003: four standard errors of a share of 400,000
        assert inside.mean() == pytest.approx(level, abs=0.003)


def test_series_of_one_time_say_little_more_than_one_of_them() -> None:
    actual, quantiles = drawn(1000, 8, 1.15)
    apart = Correction.of(LEVELS, actual, quantiles, np.arange(1000)).factor
    together = Correction.of(LEVELS, actual, quantiles, np.zeros(1000)).factor
    np.testing.assert_allclose(apart, [1.15] * 3 + [1] + [1.15] * 3, rtol=0.05)
    # the spread of one time is as large as that of what networks are off: half is taken over
    np.testing.assert_allclose(together, np.sqrt(apart), rtol=0.02)


def test_far_too_narrow_is_believed_of_one_time_too() -> None:
    actual, quantiles = drawn(1000, 8, 4.0)
    found = Correction.of(LEVELS, actual, quantiles, np.zeros(1000)).factor
    np.testing.assert_allclose(found, [4.0] * 3 + [1] + [4.0] * 3, rtol=0.15)


def test_few_values_say_little() -> None:
    actual = np.array([[-100.0, np.nan, 100.0]])
    factor = Correction.of(LEVELS, actual, np.tile(NORMAL, (1, 3, 1)), np.zeros(1)).factor
    # one window and one time: noise of 1 and of 1/64 beside 1/64
    assert (factor <= 4 ** (1 / 66) + 1e-12).all()
    assert (factor[[0, 1, 2]] > 1).all()


def test_nothing_known_changes_nothing() -> None:
    unknown = np.full((5, 3), np.nan)
    found = Correction.of(LEVELS, unknown, np.tile(NORMAL, (5, 3, 1)), np.arange(5))
    assert found.factor.tolist() == [1] * 7
    assert Correction.none(7).apply(NORMAL).tolist() == NORMAL.tolist()


def test_an_interval_that_becomes_wider_does_not_reach_the_next_one() -> None:
    # all is known of the inner intervals, and nothing of the outer one
    moved = Correction(np.array([1.0, 2.0, 2.0, 1.0, 2.0, 2.0, 1.0])).apply(NORMAL)
    np.testing.assert_allclose(moved[1:6], 2 * NORMAL[1:6])
    np.testing.assert_allclose(moved[6] - moved[5], NORMAL[6] - NORMAL[5])
    np.testing.assert_allclose(moved[1] - moved[0], NORMAL[1] - NORMAL[0])


@given(
    st.lists(st.floats(0.25, 4), min_size=7, max_size=7),
    st.lists(st.floats(0, 1e3), min_size=7, max_size=7),
)
def test_quantiles_do_not_cross_and_the_median_stays(
    factor: list[float], gaps: list[float]
) -> None:
    quantiles = np.cumsum(gaps)
    moved = Correction(np.array(factor)).apply(quantiles)
    assert (np.diff(moved) >= 0).all()
    assert moved[3] == quantiles[3]
