"""Intervals of baselines, from their own errors."""

from __future__ import annotations

import numpy as np
import pytest

from tidegate.forecast.rules.intervals import quantiles

LEVELS = np.array([0.025, 0.1, 0.5, 0.9, 0.975])


@pytest.mark.parametrize("count", [1, 2, 7, 30, 400])
def test_quantiles_are_those_of_numpy_by_the_sixth_definition(count: int) -> None:
    values = np.random.default_rng(count).normal(size=(3, count, 2))
    expected = np.moveaxis(np.quantile(values, LEVELS, axis=1, method="weibull"), 0, -1)
    np.testing.assert_allclose(quantiles(values, LEVELS), expected, atol=1e-12)
    gappy = np.concatenate([values, np.full((3, 5, 2), np.nan)], axis=1)
    np.testing.assert_allclose(quantiles(gappy, LEVELS), expected, atol=1e-12)


def test_a_further_value_lies_within_as_often_as_the_interval_says() -> None:
    random = np.random.default_rng(0)
    values = random.normal(size=(20_000, 19, 1))
    low, high = np.moveaxis(quantiles(values, np.array([0.1, 0.9]))[:, 0], 1, 0)
    new = random.normal(size=20_000)
    share = ((low <= new) & (new <= high)).mean()
    # four standard errors of a share: 4·√(0.8·0.2/20,000) = 0.011; the usual quantiles hold 0.72
    assert share == pytest.approx(0.8, abs=0.011)


def test_nothing_known_gives_nothing() -> None:
    assert np.isnan(quantiles(np.full((1, 4, 1), np.nan), LEVELS)).all()
