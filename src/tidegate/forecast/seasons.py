"""How long a season is: what the dates suggest, or, where they say nothing, what rows repeat; and
whether the rows show it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.series import Series
from ..network.lags import spread

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
OVER = (1, 4, 16)
"""Rows that steps are taken over where a season is looked for: of a smooth wave under noise, little
shows from row to row."""
ABOUT = 7
"""A lag is sharpened by so large a share of it to each side."""
NEAR = 0.8
"""A season of half or a third of the best lag is taken if it has this share of its
autocorrelation."""
HALF = 0.5
"""A longer season needs this share of the autocorrelation of the shorter one, and the multiples of
a shorter one that of the best."""
DAYS = 7
"""Of a week, the season that days repeat in."""
SHOWN = 2.0
"""Times 1 / √rows: the autocorrelation from which on the rows show a season that the dates suggest.
One table in twenty of white noise has more."""


def infer(series: Series, horizon: int) -> tuple[int, int]:
    """Rows in a season, 1 for none; rows in a second, longer one, 0 for none.

    Dates say which season to expect: the day of hours, the week of days, the year of months. Whole
    numbers say nothing. There, and where rows do not show what their dates suggest, the lag counts
    at which they repeat best; if they repeat at none, what dates suggest is still the season that
    baselines and scores go by. Where a season is a day of several rows, the longer one is the week.

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
    dated = series.frequency.season
    if dated > room:
        dated = 1
    if dated > 1 and shown(series, dated):
        return dated, _week(series, dated, room)
    rows, season = float(np.median(series.length)), 1
    for far in OVER:
        found = autocorrelation(series, min(room, LONGEST) + 1, far)
        chance = NOISE * _overlap(far) / np.sqrt(rows)
        clear = max(max(CLEAR, chance) / np.sqrt(min(len(series), SAMPLE)), LEAST)
        season = repeated(found, clear)
        if season > 1:
            break
    else:
        return dated, _week(series, dated, room)
    week = DAYS * season
    if season <= DAYS or week > min(room, LONGEST) or found[week] < HALF * found[season]:
        return season, _week(series, season, room)
    return season, week


def _week(series: Series, season: int, room: int) -> int:
    """Rows in a week, where a season is a day and there is room for a week; else 0."""
    fits = DAYS * season <= room and series.frequency.within_a_day(season)
    return DAYS * season if fits else 0


def shown(series: Series, season: int) -> bool:
    """Whether the rows repeat after a season at all, by all series together.

    Steps from row to row show a season of a few sharp turns; those over a quarter of it a smooth
    one, of which little moves from row to row, under noise.

    Example:
        >>> import polars as pl
        >>> from tidegate.data.series import read_series
        >>> y = np.random.default_rng(0).normal(size=140)
        >>> noise, week = (pl.DataFrame({"ds": range(140), "y": x}) for x in (y, y + [0, 2] * 70))
        >>> shown(read_series(noise), 2), shown(read_series(week), 2)
        (False, True)
    """
    share = min(SAMPLE / len(series), 1)
    for far in sorted({1, max(round(season / 4), 1)}):
        steps = series.length - far
        steps = steps[steps > season]
        rows, pairs = share * steps.sum(), share * (steps - season).sum()
        # a sum of pairs is shared among all rows
        chance = np.sqrt(pairs) * _overlap(far)
        if autocorrelation(series, season, far)[season] * rows >= SHOWN * max(chance, 1):
            return True
    return False


def _overlap(far: int) -> float:
    """How much further chance brings an autocorrelation where steps over so many rows overlap: of a
    random walk its variance is 1 + 2 Σ (1 − j / far)² times that of steps from row to row."""
    return float(np.sqrt((2 * far**2 + 1) / (3 * far)))


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
    best = _sharp(found, int(lags[np.argmax(found[lags])]))
    for lag in range(int(below[0]) + 1, best):
        # the day is one also where weekends are others, half of a wave is none
        like, all_like = found[lag] / found[best], found[lag:best:lag].min() / found[best]
        if best % lag == 0 and like >= NEAR and all_like >= HALF:
            return _sharp(found, lag)
    return best


def _sharp(found: Array, lag: int) -> int:
    """The lag near another whose multiples have the highest autocorrelation in the mean: of a
    smooth wave the next lag has about the same, and chance decides, but not at four times both."""
    near = np.arange(lag - lag // ABOUT, lag + lag // ABOUT + 1)
    times = np.arange(1, max((len(found) - 1) // int(near[-1]), 1) + 1)
    return int(near[np.argmax(found[np.minimum(near[:, None] * times, len(found) - 1)].mean(1))])


def autocorrelation(series: Series, most: int, far: int = 1) -> Array:
    """``[most + 1]``, of the steps over ``far`` rows, its mean over the series.

    Steps, as a trend would repeat at every lag; over rows that were observed.
    """
    total, weight = np.zeros(max(most, 0) + 1), 0
    for i in spread(len(series), SAMPLE):
        first, length = int(series.start[i]), int(series.length[i])
        values = series.values[first : first + length]
        steps = values[far:] - values[:-far]
        known = np.isfinite(steps)
        largest = np.abs(steps[known]).max(initial=0)
        if len(steps) <= most or largest == 0:
            continue
        steps = np.where(known, steps / largest, 0)
        steps[known] -= steps[known].mean()
        size = 1 << (2 * len(steps)).bit_length()  # of large primes it takes ten times as long
        power = np.abs(np.fft.rfft(steps, size)) ** 2
        sums = np.fft.irfft(power, size)[: most + 1]
        if sums[0] > 0:
            total += sums / sums[0]
            weight += 1
    return total / max(weight, 1)
