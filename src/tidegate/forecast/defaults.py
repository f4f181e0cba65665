"""Settings that suit a table: by the frequency of its rows and their number, nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..data.encoding import MOST_LEVELS
from ..data.series import Series
from . import seasons
from .plan import BATCH, Plan, Training

YEARS = 3
"""From so many on, what comes each year can be told from what came once."""
TOTAL, EACH, WIDEST = 13, 3, 112
"""Without a season: one row is read for so many of all series together, and for so many of a usual
one; so many are read at the most."""

LONG = 2000
"""Rows of a series, in the mean, from which on a model rather learns them by heart: windows are
anchored at their last season, and there is much dropout."""
OFTEN = 1000
"""Rows of a series, in the mean, from which on a network with covariates is told which series it
is about: what covariates say may differ."""
FEW = 20_000
"""Rows of all series together below which there is much dropout, too."""
DROPOUT = 0.5
LIGHT = 0.2
"""Dropout of all other tables."""
SMALL = 16
"""Windows in an update of all other tables: of many series, many small updates teach more than few
large ones, in less time."""
SMOOTHED = 0.25
"""How much exponential smoothing counts beside the network, of rows with one season and of few."""
BESIDE = 0.3
"""How much it does with Theta beside it, of many rows with one season."""
REGRESSED = 0.3
"""How much an autoregression on both seasons counts, of rows with two."""
SOON = 500
"""Rows of all series together, without a season, from which on it counts for less, in proportion,
and for nothing from five times as many."""
DAY = 24
"""Hours. Of a season of so many rows, or a multiple, it counts for nothing: from hour to hour a day
is a smooth wave, and what says the next row best says little of the next day."""
WEEKS = 3
"""Seasons of the longer kind, of two, that a window has where rows are many and series longer than
that: two leave an autoregression only one of them to be fitted to."""
TOGETHER = 2
"""Networks that then say together what comes: where rows repeat by two seasons, each errs in
another way. Where the number of updates is given there is one, as whoever gives it says how long it
takes."""
SEVERAL = 50
"""Series from which on new ones are expected to come, and a network has windows enough to learn
what they look like beside all else."""
BEGUN = 0.1
"""The share of windows that training then shows as of a series that has just begun; not of long
ones, which are read in units that take long to know."""
MONTHS = 12
"""Rows of a season, at most, that this is for: with a day of hours whole windows lose by it, and
without a season, where four rows are learnt from at any rate."""
RIDGE = 0.3
"""How much a ridge regression counts beside the network, of a few long series without covariates,
where smoothing does not."""
WIDE = 1500
"""Rows of a window, at most, that it reads: what it takes to find grows with their cube, and is two
seconds of 700."""
GIVEN = 32
"""Windows in an update where the number of updates is given: a few rows are less soon known by
heart, and what is long or of many series is learnt as well, in a third of the time."""


def suited(
    series: Series,
    horizon: int,
    *,
    season: int | tuple[int, int] | None = None,
    window: int | None = None,
    cell: str = "gru",
    hidden: int = 128,
    seed: int = 0,
    training: Training | None = None,
    members: int | None = None,
) -> Plan:
    """A plan with all that is not given filled in.

    Args:
        series: what is to be forecast.
        horizon: steps ahead.
        season: rows in a season, and in a second, longer one, 0 for none; None for what the dates
            suggest or the rows repeat, see `seasons.infer`; of short series, if the rows show it.
        window: rows before a cut; None for a few seasons.
        cell, hidden, seed, training, members: see `Plan`; None for what suits the rows.

    Example:
        >>> import polars as pl
        >>> from tidegate.data.series import read_series
        >>> frame = pl.DataFrame({"ds": range(99), "y": [float(i % 4) for i in range(99)]})
        >>> plan = suited(read_series(frame), horizon=2, season=(4, 0))
        >>> plan.season, plan.window, plan.calendar
        (4, 20, False)
    """
    long = float(series.length.mean()) >= LONG
    if season is None:
        season = seasons.infer(series, horizon)
        if season[0] > 1 and not seasons.shown(series, season[0]):
            season = 1, 0
        if window is not None and window < season[1]:  # who gives it, says how far to look back
            season = season[0], 0
    much = long or int(series.length.sum()) < FEW
    covariates = series.covariates > 0
    rows, longer = (season, 0) if isinstance(season, int) else season
    if window is None:
        window = Plan.window_for(rows, longer)
        if rows == 1:
            few = min(int(series.length.sum()) // TOTAL, int(np.median(series.length)) // EACH)
            window = max(window, min(few, WIDEST))
        if not (much or covariates) and float(np.median(series.length)) > WEEKS * longer:
            window = max(window, WEEKS * longer)
    training = training or Training()
    if members is None:
        two = longer and not (much or covariates) and training.updates is None
        members = TOGETHER if two else 1
    if training.batch is None:
        own = BATCH if much else SMALL
        training = replace(training, batch=own if training.updates is None else GIVEN)
    plan = Plan(
        horizon,
        window,
        rows,
        cell,
        hidden,
        seed,
        training,
        members,
        longer,
        calendar=_spans_years(series),
        anchored=long,
        roots=not covariates,
        dropout=DROPOUT if much else LIGHT,
        begun=BEGUN if len(series) >= SEVERAL and 1 < rows <= MONTHS and not long else 0.0,
        told_apart=len(series) if _told_apart(series) else 0,
    )
    ridge, smoothing = training.ridge, training.smoothing
    if ridge is None:
        ridge = RIDGE if long and plan.reach <= WIDE and not _beside(series) else 0.0
    usual = 0.0 if ridge else _smoothing(series, rows, longer)
    theta = not (much or longer) and rows > 1 and usual > 0
    if smoothing is None:
        smoothing = BESIDE if theta else usual
    return replace(plan, smoothing=smoothing, ridge=ridge, theta=theta)


def _beside(series: Series) -> bool:
    """Whether anything is known but the series themselves."""
    return any(getattr(series, name).shape[1] for name in ("future", "past", "static"))


def _smoothing(series: Series, season: int, long_season: int) -> float:
    """Of what covariates say it knows nothing; with a second season it is an autoregression."""
    if series.covariates:
        return 0.0
    if long_season:
        return REGRESSED
    if season % DAY == 0 and series.frequency.unit != "half-month":
        return 0.0
    share = 1.0 if season > 1 else min(SOON / int(series.length.sum()), 1.0)
    return SMOOTHED * share if share > 0.2 else 0.0


def _told_apart(series: Series) -> bool:
    """Whether there is enough of several series to learn what covariates say of each; where columns
    of series are given, these tell them apart."""
    covariates = series.covariates > 0 and not series.static.shape[1]
    several = 1 < len(series) <= MOST_LEVELS
    return covariates and several and float(series.length.mean()) >= OFTEN


def _spans_years(series: Series) -> bool:
    """Whether one series at least is long enough to see what comes each year."""
    if series.time.dtype.kind != "M":
        return False
    span = series.time[series.start + series.length - 1] - series.time[series.start]
    return bool(span.max() >= np.timedelta64(YEARS * 365, "D"))
