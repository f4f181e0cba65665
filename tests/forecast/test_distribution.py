"""Quantiles between and beyond those known, and those of a value that is often zero."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tidegate.forecast.distribution import conditional, quantile

GRID = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)


def test_quantiles_of_the_logistic_distribution_are_exact() -> None:
    # its quantile function is a line in the logit, inside and outside of the grid
    def logistic(p: np.ndarray) -> np.ndarray:
        return 3.0 + 2.0 * np.log(p / (1 - p))

    levels = np.array([0.001, 0.025, 0.2, 0.5, 0.6, 0.99, 0.9999])
    values = np.tile(logistic(np.array(GRID)), (len(levels), 1))
    np.testing.assert_allclose(quantile(levels, GRID, values), logistic(levels), rtol=1e-12)


@given(
    st.lists(st.floats(0, 5), min_size=7, max_size=7),
    st.lists(st.floats(1e-4, 1 - 1e-4), min_size=2, max_size=20),
)
def test_quantiles_do_not_fall_with_the_level(gaps: list[float], levels: list[float]) -> None:
    rising = np.sort(np.array(levels))
    values = np.tile(np.cumsum(gaps), (len(rising), 1))
    # 1e-9: rounding of the interpolation
    assert (np.diff(quantile(rising, GRID, values)) >= -1e-9).all()


def test_the_quantiles_of_a_mixture_are_those_of_a_sample_of_it() -> None:
    random = np.random.default_rng(0)
    chance, n = 0.4, 200_000
    amounts = random.exponential(size=n)
    sample = np.where(random.random(n) < chance, amounts, 0)
    for level in (0.3, 0.7, 0.95):
        inner = float(conditional(np.array(level), np.array(chance)))
        expected = np.quantile(amounts, inner) if inner > 0 else 0.0
        # 0.03: three standard errors of the higher quantile in a sample of this size
        assert abs(np.quantile(sample, level) - expected) < 0.03
