"""Intervals that were too narrow or too wide, corrected by what was held out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.forecast.conformal import PRIOR, Correction

LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
# quantiles of the standard normal distribution, from its tables
NORMAL = np.array([-1.95996, -1.28155, -0.67449, 0, 0.67449, 1.28155, 1.95996])


@pytest.mark.parametrize("width", [0.5, 1.0, 2.5])
def test_after_it_as_many_values_lie_below_as_the_level_says(width: float) -> None:
    random = np.random.default_rng(0)
    size = random.uniform(0.1, 10, 400_000)
    forecast = 3 + size[:, None] * NORMAL / width
    actual = 3 + size * random.normal(size=400_000)
    first, second = slice(0, 200_000), slice(200_000, None)
    corrected = Correction.of(LEVELS, actual[first], forecast[first]).apply(forecast[second])
    below = (actual[second, None] <= corrected).mean(axis=0)
    # 0.015: what a prior of 2,000 values leaves of a factor of 2.5, for 200,000
    np.testing.assert_allclose(below, LEVELS, atol=0.015)


def test_a_rise_of_all_that_was_held_out_widens_both_ends() -> None:
    random = np.random.default_rng(0)
    actual = 0.5 + random.normal(size=400_000)
    found = Correction.of(LEVELS, actual, np.tile(NORMAL, (400_000, 1)))
    np.testing.assert_array_equal(found.factor, found.factor[::-1])
    ends = found.apply(np.tile(NORMAL, (400_000, 1)))
    for i, level in ((0, 0.95), (1, 0.8), (2, 0.5)):
        inside = (actual >= ends[:, i]) & (actual <= ends[:, -1 - i])
        # 0.01: four standard errors of a share of 40,000, and a prior of 200 values
        assert inside.mean() == pytest.approx(level, abs=0.01)


def test_few_values_say_little() -> None:
    actual = np.array([-100.0, np.nan, 100.0])
    factor = Correction.of(LEVELS, actual, np.tile(NORMAL, (3, 1))).factor
    assert (factor <= 4 ** (2 / (2 + PRIOR)) + 1e-12).all()


def test_nothing_known_changes_nothing() -> None:
    found = Correction.of(LEVELS, np.full(5, np.nan), np.tile(NORMAL, (5, 1)))
    assert found.factor.tolist() == [1] * 7
    assert Correction.none(7).apply(NORMAL).tolist() == NORMAL.tolist()


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
