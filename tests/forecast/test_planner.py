"""Settings that the rows decide: by the rows before a window alone."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from tidegate.data.series import read_series
from tidegate.errors import DataError
from tidegate.forecast.forecaster import Forecaster
from tidegate.forecast.planner import Planner

from .frames import QUICK

HORIZON = 10
PERIOD = 5


def turning(rows: int = 240, season_from: int = 150, seed: int = 0) -> np.ndarray:
    """Noise first, then a clear season of 5, so clear that it decides for the whole."""
    y = np.random.default_rng(seed).normal(size=rows)
    later = np.arange(season_from, rows)
    y[season_from:] = 50 * np.sin(2 * np.pi * later / PERIOD)
    return y


def frame(y: np.ndarray) -> pl.DataFrame:
    return pl.DataFrame({"ds": np.arange(len(y)), "y": y})


def test_the_whole_of_the_series_shows_the_season_and_its_past_does_not() -> None:
    series = read_series(frame(turning()))
    assert Planner(HORIZON).plan(series).season == PERIOD
    assert Planner(HORIZON).plan(read_series(frame(turning()[:150]))).season == 1


@pytest.mark.parametrize("cell", ["gru", "auto"])
def test_no_window_is_forecast_with_a_season_that_shows_only_later(cell: str) -> None:
    y = turning()
    model = Forecaster(HORIZON, cell, hidden=4, training=QUICK)
    found = model.backtest(frame(y), windows=9, names=("seasonal naive",))
    assert found.season == 1
    # 9 windows of 10: the first begins at row 150, and all are forecast by its past alone
    np.testing.assert_array_equal(found.quantiles["seasonal naive"][0, :, 2], y[149])
    # whatever comes, what was said before it stays
    other = y.copy()
    other[150:] = np.random.default_rng(9).normal(size=90)
    again = model.backtest(frame(other), windows=9, names=("seasonal naive",))
    for name, quantiles in found.quantiles.items():
        np.testing.assert_array_equal(again.quantiles[name][0], quantiles[0])


def test_a_later_training_knows_what_its_own_past_shows() -> None:
    y = turning()
    model = Forecaster(HORIZON, hidden=4, training=QUICK)
    found = model.backtest(frame(y), windows=9, refit=True, names=("seasonal naive",))
    said = found.quantiles["seasonal naive"][..., 2]
    np.testing.assert_array_equal(said[0], y[149])  # no season yet: the last value
    np.testing.assert_allclose(said[-1], y[230 - 10 : 230], atol=1e-9)  # two seasons before


def test_rows_before_the_windows_are_as_many_as_the_plan_of_these_rows_asks() -> None:
    y = np.tile(np.arange(12.0), 20)
    series = read_series(frame(y + np.random.default_rng(0).normal(size=240) / 9))
    planner = Planner(3)
    assert planner.needed(series) == planner.plan(series).needed == 12 + 1 + 3
    # as many windows as there are rows for: the first one's past shows no season
    assert planner.needed(series, windows=1000, step=1) == 4 + 3


def test_too_few_rows_say_how_many_are_needed() -> None:
    series = read_series(frame(np.arange(9.0)))
    with pytest.raises(DataError, match="must have 10 rows at least, got 9"):
        Planner(3).needed(series)
    with pytest.raises(DataError, match="must have 19 rows at least, got 9"):
        Planner(3, season=(12, 0)).needed(series)
