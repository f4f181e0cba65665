"""Small tables to forecast, and a training short enough for tests."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl

from tidegate.forecast.forecaster import Forecaster
from tidegate.forecast.plan import Training

QUICK = Training(updates=15, batch=16)


def forecaster(horizon: int = 3, cell: str = "lstm", **changes: Any) -> Forecaster:
    settings = {"hidden": 8, "window": 10, "season": 4, "training": QUICK, **changes}
    return Forecaster(horizon, cell, **settings)


def wave(rows: int = 60, seed: int = 0) -> np.ndarray:
    """A season of 4 and noise; of both signs."""
    random = np.random.default_rng(seed)
    return np.tile([2.0, -1.0, 0.5, 1.0], rows)[:rows] + 0.1 * random.normal(size=rows)


def rain(rows: int = 120, seed: int = 0) -> np.ndarray:
    """Amounts, zero on about half the days."""
    random = np.random.default_rng(seed)
    return np.round(random.exponential(3, rows), 1) * (random.random(rows) < 0.5)


def days(values: np.ndarray, first: dt.date = dt.date(2024, 1, 1)) -> pl.DataFrame:
    last = first + dt.timedelta(days=len(values) - 1)
    return pl.DataFrame({"ds": pl.date_range(first, last, "1d", eager=True), "y": values})


def several(**series: np.ndarray) -> pl.DataFrame:
    """Series of days, with their ids."""
    frames = [
        days(values).select(pl.lit(name).alias("unique_id"), pl.all())
        for name, values in series.items()
    ]
    return pl.concat(frames)
