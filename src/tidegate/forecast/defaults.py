"""Settings that suit a table: by the frequency of its rows and their number, nothing else."""

from __future__ import annotations

import numpy as np

from ..data.frequency import DAY
from ..data.series import Series
from .plan import Plan, Training

YEARS = 3
"""From so many on, what comes each year can be told from what came once."""
WEEKS = 3
"""From so many on, hourly rows are read by the week as well as by the day."""
MANY = 100
"""Rows without a season from which on more than the newest 8 of them are read."""


def suited(
    series: Series,
    horizon: int,
    *,
    season: int | tuple[int, ...] | None = None,
    window: int | None = None,
    cell: str = "gru",
    hidden: int = 128,
    seed: int = 0,
    training: Training | None = None,
) -> Plan:
    """A plan with all that is not given filled in.

    Args:
        series: what is to be forecast.
        horizon: steps ahead.
        season: rows in a season, or two seasons, the shorter first; None for what the dates suggest
            and the rows are enough for.
        window: rows before a cut; None for a few seasons.
        cell, hidden, seed, training: see `Plan`.

    Example:
        >>> import polars as pl
        >>> from tidegate.data.series import read_series
        >>> frame = pl.DataFrame({"ds": range(99), "y": [float(i % 4) for i in range(99)]})
        >>> plan = suited(read_series(frame), horizon=2, season=4)
        >>> plan.season, plan.window, plan.calendar
        (4, 20, False)
    """
    longest = int(series.length.max())
    long_season = 0
    if season is None:
        season = series.frequency.season
        if longest < 2 * season + horizon:
            season = 1  # too few rows to learn it from
        elif _within_a_day(series) and longest >= WEEKS * 7 * season + horizon:
            long_season = 7 * season
    elif isinstance(season, tuple):
        season, long_season = season if len(season) == 2 else (season[0], 0)
    if window is None:
        window = Plan.window_for(season, long_season)
        if season == 1 and longest > MANY:
            window = 4 * window
    return Plan(
        horizon,
        window,
        season,
        cell,
        hidden,
        seed,
        training or Training(),
        long_season,
        calendar=_spans_years(series),
    )


def _within_a_day(series: Series) -> bool:
    """Whether a season is a day, of half hours or longer steps."""
    frequency = series.frequency
    return frequency.unit == "microsecond" and DAY // 48 <= frequency.step < DAY


def _spans_years(series: Series) -> bool:
    """Whether one series at least is long enough to see what comes each year."""
    if series.time.dtype.kind != "M":
        return False
    span = series.time[series.start + series.length - 1] - series.time[series.start]
    return bool(span.max() >= np.timedelta64(YEARS * 365, "D"))
