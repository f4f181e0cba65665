"""Metrics against numbers worked out by hand, and what each must be at its ends."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tidegate.forecast import metrics


def test_one_number_for_each_forecast() -> None:
    actual = np.array([[1.0, 2.0], [3.0, 5.0]])
    forecast = np.array([[1.0, 4.0], [0.0, 4.0]])
    assert metrics.mae(actual, forecast).tolist() == [1.0, 2.0]
    assert metrics.coverage(actual, forecast - 1, forecast + 1).tolist() == [0.5, 0.5]
    assert metrics.brier(actual > 2, np.full((2, 2), 0.25)).tolist() == [0.0625, 0.5625]


@given(st.integers(0, 2**31))
def test_pinball_of_the_median_is_the_mean_absolute_error(seed: int) -> None:
    random = np.random.default_rng(seed)
    actual, median = random.normal(size=(2, 3, 4))
    np.testing.assert_allclose(
        metrics.pinball(actual, median[..., None], np.array([0.5])), metrics.mae(actual, median)
    )


def test_pinball_of_all_levels_is_the_continuous_ranked_probability_score() -> None:
    # of the uniform distribution on [0, 1] at x: 1/3 - x + x²
    levels = (np.arange(2000) + 0.5) / 2000
    for x in (0.0, 0.3, 1.0):
        score = metrics.pinball(np.array([[x]]), levels[None, None, :], levels)
        np.testing.assert_allclose(score, 1 / 3 - x + x * x, atol=1e-6)  # 1/2000² and the like


def test_the_ends_of_an_interval_are_inside() -> None:
    actual = np.array([[0.0, 2.0, 2.1]])
    assert metrics.coverage(actual, np.zeros((1, 3)), np.full((1, 3), 2.0))[0] == 2 / 3
