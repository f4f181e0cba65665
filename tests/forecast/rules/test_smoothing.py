"""Exponential smoothing against statsmodels, and the form that is chosen against the truth."""

from __future__ import annotations

import numpy as np
import pytest

from tidegate.forecast.baselines import Panel, quantiles
from tidegate.forecast.rules.smoothing import Parameters, Problem, State, run

from .air import AIR, BEFORE


def forecast(values: np.ndarray, horizon: int, season: int) -> np.ndarray:
    rows = np.array([len(values)])
    half = np.array([0.5])
    whole = Panel(values, np.array([0]), rows, rows)
    return quantiles("exponential smoothing", whole, np.array([0]), rows, horizon, season, half)[
        0, :, 0
    ]


def test_the_recursion_of_statsmodels() -> None:
    # statsmodels 0.15, ExponentialSmoothing(AIR[:132], trend="add", damped_trend=True,
    # seasonal="add") with the states and constants below, and smoothing_seasonal .6 * .3
    first = np.array([-24.0, -36, -2, -8, -4, 35, 64, 63, 17, -20, -54, -31])
    y = AIR[None, :BEFORE]
    ones = np.ones(y.shape, bool)
    problem = Problem(y, ones, ones, first[None], np.zeros(1), np.zeros((1, 2)))
    parameters = Parameters(*(np.array([[value]]) for value in (0.4, 0.1, 0.95, 0.3)))
    start = State(np.array([[120.0]]), np.array([[1.5]]), first[:, None, None])
    states: list[State] = []
    square, _ = run(problem, parameters, start, states)
    assert square[0, 0] == pytest.approx(63744.93314701348)
    level, trend = states[-1].level[0, 0], states[-1].trend[0, 0]
    damped = np.cumsum(0.95 ** np.arange(1, 4)) * trend
    season = [states[t].season[0, 0] for t in (120, 121, 122)]
    expected = [428.1869297181912, 417.8223003608201, 462.7483418546177]
    np.testing.assert_allclose(level + damped + season, expected)


def test_a_season_is_followed_added_or_multiplied() -> None:
    random = np.random.default_rng(0)
    wave = np.tile([4.0, -1.0, -5.0, 2.0], 25)
    noise = 0.1 * random.normal(size=100)
    # four standard deviations of the noise: the states are known to about one
    np.testing.assert_allclose(forecast(wave + noise, 4, 4), wave[:4], atol=0.4)
    grown = np.exp(0.02 * np.arange(104) + np.tile(wave, 2)[:104] / 10)
    found = forecast(grown[:100] * np.exp(noise / 10), 4, 4)
    np.testing.assert_allclose(found, grown[100:], rtol=0.08)


def test_a_level_without_trend_or_season_stays() -> None:
    noise = np.random.default_rng(1).normal(size=200)
    found = forecast(100 + noise, 12, 12)
    # the mean of 200 is known to 0.07
    np.testing.assert_allclose(found, 100, atol=0.5)


def test_the_last_year_of_the_airline() -> None:
    # AutoETS of statsforecast 2.1.1 is 35.6 off, its AutoARIMA 18.5
    found = forecast(AIR[:BEFORE], 12, 12)
    assert np.abs(found - AIR[BEFORE:]).mean() < 35.6


def test_missing_values_move_nothing() -> None:
    random = np.random.default_rng(2)
    values = np.tile([4.0, -1.0, -5.0, 2.0], 30) + 0.1 * random.normal(size=120)
    gone = values.copy()
    gone[random.choice(120, 30, replace=False)] = np.nan
    np.testing.assert_allclose(forecast(gone, 4, 4), forecast(values, 4, 4), atol=0.3)
