"""Things to report on, small and quickly made."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import polars as pl

from tidegate.forecast.backtest import Backtest
from tidegate.forecast.forecaster import Forecaster
from tidegate.forecast.plan import Training
from tidegate.report.calibration import FINE, narrowed

EVIL = "<script>evil = 1</script>"
"""A column, or a series, that is called so must do no harm."""
LEVELS = (80.0, 95.0)


class Known(NamedTuple):
    """A forecaster, what it said, and how it was judged."""

    forecaster: Forecaster
    ahead: Any
    fine: Backtest
    judged: Backtest


def _known(frame: pl.DataFrame, horizon: int, time: str, target: str) -> Known:
    training = Training(updates=5)
    forecaster = Forecaster(
        horizon, id="unique_id", time=time, target=target, hidden=8, training=training
    ).fit(frame)
    fine = forecaster.backtest(frame, levels=sorted({*FINE, *LEVELS}))
    return Known(forecaster, forecaster.predict(LEVELS), fine, narrowed(fine, LEVELS, ()))


def shops() -> Known:
    """Two series with evil names, hours as dates."""
    hours = pl.datetime_range(
        pl.datetime(2024, 1, 1), pl.datetime(2024, 1, 6), "1h", closed="left", eager=True
    )
    wave = np.sin(np.arange(len(hours)) * np.pi / 12)
    parts = [
        pl.DataFrame({"unique_id": [name] * len(hours), "hour": hours, EVIL: 1e5 * (wave + i)})
        for i, name in enumerate((EVIL, "b & c"))
    ]
    return _known(pl.concat(parts), 24, "hour", EVIL)


def rain() -> Known:
    """One series with many zeros, whole numbers as time."""
    random = np.random.default_rng(0)
    amounts = random.exponential(3, 120) * (random.random(120) < 0.5)
    return _known(pl.DataFrame({"day": range(120), "mm": amounts}), 3, "day", "mm")
