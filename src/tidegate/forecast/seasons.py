"""How long a season is: what the dates suggest, or, where they say nothing, what rows repeat."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.series import Series

Array = NDArray[Any]

SAMPLE = 200
"""Series that are looked at, at most."""
LONGEST = 400
"""Rows in a season that is looked for, at most."""
CLEAR = 0.25
"""The autocorrelation from which on one series repeats; the mean of many has less noise."""
LEAST = 0.1
"""The same for the mean of many series."""
NOISE = 4.0
"""Times 1 / √rows: what chance alone does not bring at any of a few dozen lags. That is 3.2 of its
deviations: the steps of white noise, one often the opposite of the last, vary 1.5 times as much."""
NEAR = 0.8
"""A season of half or a third of the best lag is taken if it has this share of its
autocorrelation."""
HALF = 0.5
"""A longer season needs this share of the autocorrelation of the shorter one."""
DAYS = 7
"""Of a week, the season that days repeat in."""


def infer(series: Series, horizon: int) -> tuple[int, int]:
    """Rows in a season, 1 for none; rows in a second, longer one, 0 for none.

    Dates say which season to expect: the day of hours, the week of days, the year of months. Whole
    numbers say nothing: there the lag counts at which the rows repeat best. Where a season is a day
    of several rows, the longer one is the week.

    Args:
        series: n of them; a season must fit twice before a horizon, in one series at least.
        horizon: steps ahead.

    Example:
        >>> import polars as pl
        >>> from tidegate.data.series import read_series
        >>> y = np.tile([3.0, 1.0, 2.0, 1.5], 25) + 0.1 * np.random.default_rng(0).normal(size=100)
        >>> infer(read_series(pl.DataFrame({"ds": range(100), "y": y})), horizon=4)
        (4, 0)
    """
    room = (int(series.length.max()) - horizon) // 2
    if room < 2:
        return 1, 0
    season = series.frequency.season
    found = None
    if series.frequency.unit == "integer":
        found = autocorrelation(series, min(room, LONGEST) + 1)
        chance = NOISE / np.sqrt(float(np.median(series.length)))
        clear = max(max(CLEAR, chance) / np.sqrt(min(len(series), SAMPLE)), LEAST)
        season = repeated(found, clear)
    if season > room:
        return 1, 0
    week = DAYS * season
    if week > room:
        return season, 0
    if series.frequency.within_a_day(season):
        return season, week
    if found is None or season <= DAYS or week >= len(found):
        return season, 0
    return season, week if found[week] >= HALF * found[season] else 0


def repeated(found: Array, clear: float = CLEAR) -> int:
    """The lag of an autocorrelation ``[lags + 1]`` at which rows repeat best; 1 for none.

    Of a lag and its multiples, whose autocorrelations are about the same, the shortest is taken.

    Example:
        >>> repeated(np.array([1.0, 0.2, -0.1, 0.3, 0.7, 0.2, -0.1, 0.2, 0.72, 0.1]))
        4
    """
    below = np.flatnonzero(found < 0)
    if not len(below):
        return 1
    inner = found[1:-1]
    peak = (inner > found[:-2]) & (inner >= found[2:]) & (inner > clear)
    lags = 1 + np.flatnonzero(peak)
    # before it first falls below zero, a smooth wave is only like itself
    lags = lags[lags > below[0]]
    if not len(lags):
        return 1
    best = int(lags[np.argmax(found[lags])])
    for lag in lags:
        if best % lag == 0 and found[lag] >= NEAR * found[best]:
            return int(lag)
    return best


def autocorrelation(series: Series, most: int) -> Array:
    """``[most + 1]``, of the steps from row to row, its mean over the series.

    Steps, as a trend would repeat at every lag; over rows that were observed.
    """
    count = len(series)
    chosen = np.unique(np.linspace(0, count - 1, min(count, SAMPLE)).astype(np.int64))
    total, weight = np.zeros(max(most, 0) + 1), 0
    for i in chosen:
        first, length = int(series.start[i]), int(series.length[i])
        steps = np.diff(series.values[first : first + length])
        known = np.isfinite(steps)
        largest = np.abs(steps[known]).max(initial=0)
        if len(steps) <= most or largest == 0:
            continue
        steps = np.where(known, steps / largest, 0)
        steps[known] -= steps[known].mean()
        size = 2 * len(steps)
        power = np.abs(np.fft.rfft(steps, size)) ** 2
        sums = np.fft.irfft(power, size)[: most + 1]
        if sums[0] > 0:
            total += sums / sums[0]
            weight += 1
    return total / max(weight, 1)
