"""Metrics against numbers worked out by hand, and what each must be at its ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.forecast import metrics

NAN = np.nan


def test_one_number_for_each_forecast() -> None:
    actual = np.array([[1.0, 2.0], [3.0, 5.0]])
    forecast = np.array([[1.0, 4.0], [0.0, 4.0]])
    assert metrics.mae(actual, forecast).tolist() == [1.0, 2.0]
    np.testing.assert_allclose(metrics.rmse(actual, forecast), [np.sqrt(2), np.sqrt(5)])
    np.testing.assert_allclose(metrics.smape(actual, forecast), [100 / 3, (200 + 200 / 9) / 2])
    assert metrics.coverage(actual, forecast - 1, forecast + 1).tolist() == [0.5, 0.5]
    assert metrics.width(actual, forecast - 1, forecast + 1).tolist() == [2.0, 2.0]
    assert metrics.brier(actual > 2, np.full((2, 2), 0.25)).tolist() == [0.0625, 0.5625]


def test_values_that_nobody_observed_are_left_out() -> None:
    actual = np.array([[1.0, NAN], [NAN, NAN]])
    low, high = np.array([[0.0, 5.0]] * 2), np.array([[3.0, 6.0]] * 2)
    quantiles, levels = np.stack([low, high], axis=-1), np.array([0.1, 0.9])
    known = actual[:1, :1], low[:1, :1], high[:1, :1]
    for name, found, alone in (
        ("mae", metrics.mae(actual, low), metrics.mae(*known[:2])),
        ("rmse", metrics.rmse(actual, low), metrics.rmse(*known[:2])),
        ("smape", metrics.smape(actual, low), metrics.smape(*known[:2])),
        ("coverage", metrics.coverage(actual, low, high), metrics.coverage(*known)),
        ("width", metrics.width(actual, low, high), metrics.width(*known)),
        ("score", metrics.interval_score(actual, low, high, 80), [3.0]),
        ("pinball", metrics.pinball(actual, quantiles, levels), [2 * (0.1 + 0.2) / 2]),
    ):
        np.testing.assert_allclose(found, [alone[0], NAN], err_msg=name)
    parts = metrics.pinballs(actual, quantiles, levels)
    np.testing.assert_allclose(parts, [[0.2, 0.4], [NAN, NAN]])


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


@given(st.integers(0, 2**31), st.sampled_from([50.0, 80.0, 95.0]))
def test_the_interval_score_is_the_pinball_loss_of_its_ends(seed: int, level: float) -> None:
    # width + 2/α·miss = 2/α·(pinball of α/2 + pinball of 1 - α/2), Gneiting and Raftery 2007
    random = np.random.default_rng(seed)
    actual, low = random.normal(size=(2, 3, 4))
    high = low + random.exponential(size=(3, 4))
    alpha = 1 - level / 100
    ends = np.array([alpha / 2, 1 - alpha / 2])
    losses = metrics.pinball(actual, np.stack([low, high], axis=-1), ends)
    np.testing.assert_allclose(metrics.interval_score(actual, low, high, level), losses * 2 / alpha)


def test_the_ends_of_an_interval_are_inside() -> None:
    actual = np.array([[0.0, 2.0, 2.1]])
    assert metrics.coverage(actual, np.zeros((1, 3)), np.full((1, 3), 2.0))[0] == 2 / 3


def test_numbers_near_the_largest_there_is() -> None:
    actual, forecast = np.array([[1e300, -1e300]]), np.array([[-1e300, -1e300]])
    assert metrics.mae(actual, forecast)[0] == 1e300
    assert metrics.rmse(actual, forecast)[0] == pytest.approx(np.sqrt(2) * 1e300)
    assert metrics.smape(actual, forecast)[0] == 100


def test_the_step_between_seasons() -> None:
    values = np.array([1.0, NAN, 3.0, 4.0, 9.0])
    assert metrics.seasonal_step(values, 2) == (2 + 6) / 2
    assert np.isnan(metrics.seasonal_step(values, 7))
    assert np.isnan(metrics.seasonal_step(np.array([1.0, NAN, NAN]), 1))


def test_smape_of_the_largest_numbers() -> None:
    """Neither their sum nor their distance is a number."""
    actual, forecast = np.array([[1.7e308, 1.7e308]]), np.array([[1.7e308, -1.7e308]])
    with np.errstate(all="raise"):
        assert metrics.smape(actual, forecast)[0] == 100
