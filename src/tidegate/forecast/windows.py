"""Windows: what the network sees at a cut between past and future, and what came after it.

A window is copied out of the table when it is needed, a batch at a time: it is padded, filled and
normalised from its own rows alone, so nothing that comes after the cut can leak into it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import paths
from .autoregressed import autoregressed
from .covariates import Covariates
from .normal import Normal
from .plan import Plan
from .scaling import Scaling
from .smoothed import smoothed

Array = NDArray[Any]

FLAT = 0.01
"""A window's deviation counts as at least this share of the mean size of its values."""
ALONE = 0.1
"""And as at least this share over their number: a few say little of how far values lie apart, and a
single one nothing."""
OWN = 3
"""Numbers of a window itself that `Windows.static` begins with; the calendar follows."""
FAR = 1e4
"""A target further than so many deviations away counts as that far."""


@dataclass(frozen=True)
class Table:
    """All series, one after the other, and the units that each is read in."""

    values: Array
    """``[N]`` float64, NaN where missing."""
    start: Array
    """``[n]``, the first row of each series."""
    length: Array
    """``[n]``, how many of its rows may be known."""
    scaling: Scaling
    calendar: Callable[[Array], Array]
    """``[k]`` rows → ``[k, c]`` float64, the calendar at them."""
    covariates: Covariates

    @property
    def zeros(self) -> Array:
        """``[n]``, whether a series has many zeros."""
        return self.scaling.zeros

    @cached_property
    def observed(self) -> Array:
        """-1 and the rows with a value, increasing."""
        return np.append(-1, np.flatnonzero(~np.isnan(self.values)))

    @cached_property
    def negative(self) -> Array:
        """The rows with a value below 0, increasing."""
        return np.flatnonzero(self.values < 0)


@dataclass(frozen=True)
class Windows:
    """k windows of a table, each before a cut; R rows each, the plan's ``reach``."""

    table: Table
    plan: Plan
    series: Array
    """``[k]``"""
    cut: Array
    """``[k]``, the first row that is not seen."""
    z: Array
    """``[k, R]``, the values in units of the window, filled where they were not seen; where none
    was, those of the last window that saw one, whole seasons before."""
    seen: Array
    """``[k, R]``, whether a value was observed: not missing, and no padding."""
    zero: Array
    """``[k, R]``, whether a value is zero in a series with many."""
    shift: Array
    """``[k]``, the mean of what was seen, or of the last season if anchored; 0 where zeros are
    counted apart."""
    deviation: Array
    """``[k]``, its standard deviation, or what `FLAT` and `ALONE` make of it; 1 if anchored, and
    where zeros are counted apart."""
    static: Array
    """``[k, 3 + c + S]``: how large the seasonal errors and the deviation are beside the values, in
    logarithms, the share that was seen, the calendar at the last row before the cut, and the
    series's own covariates."""
    beside: tuple[Array, ...]
    """``[k, R]`` each: covariates of the past, and after each whether it was observed."""
    ahead: tuple[Array, ...]
    """``[k, R + h]`` each: covariates known ahead."""

    @classmethod
    def before(
        cls,
        table: Table,
        plan: Plan,
        series: Array,
        cut: Array,
        future: Array | None = None,
        first: Array | None = None,
    ) -> Windows:
        """The rows before each cut; where there are fewer, they are padded with their first season.

        Args:
            table: of the series.
            plan: how many rows, and of which season.
            series, cut: ``[k]``.
            future: ``[k, h, F]``, covariates of the rows after the cuts; None for the table's.
            first: ``[k]``, the first row that each may see; None for that of its series.
        """
        first = table.start[series] if first is None else first
        index, inside = rows_before(plan, first, cut)
        raw = table.values[index]
        u = table.scaling.apply(raw, series)
        seen = counted = inside & ~np.isnan(u)
        lost = np.flatnonzero(~seen.any(axis=1))
        if len(lost):
            before = _earlier(table, plan, first[lost], cut[lost])
            other, within = rows_before(plan, first[lost], before)
            u[lost] = table.scaling.apply(table.values[other], series[lost])
            counted = seen.copy()
            counted[lost] = within & ~np.isnan(u[lost])
        if not seen.all():
            u = filled(u, plan.season)
        apart = table.zeros[series]
        count = np.maximum(counted.sum(1), 1)
        known = np.where(counted, u, 0)
        mean = known.sum(1) / count
        size = np.abs(known).sum(1) / count
        rest = np.where(counted, u - mean[:, None], 0)
        deviation = np.maximum(np.sqrt((rest**2).sum(1) / count), ALONE / count * size)
        floor = np.maximum(deviation, FLAT * size)
        floor[floor < np.finfo(np.float64).tiny] = 1
        m = plan.season
        pairs = counted[:, m:] & counted[:, :-m]
        steps = np.where(pairs, np.abs(u[:, m:] - u[:, :-m]), 0).sum(1)
        steps /= np.maximum(pairs.sum(1), 1)
        size = np.where(size > 0, size, 1)
        own = (_log(steps / size), _log(deviation / size), seen.mean(1))
        others = table.covariates
        static = np.column_stack([*own, table.calendar(cut - 1), others.of_series(series)])
        if plan.anchored:
            mean, floor = np.nan_to_num(u[:, -m:].mean(1)), np.ones(len(mean))
        shift, scale = np.where(apart, 0, mean), np.where(apart, 1, floor)
        z = (u - shift[:, None]) / scale[:, None]
        np.nan_to_num(z, copy=False, nan=0.0)  # not a single value was observed before
        zero = (raw == 0) & inside & apart[:, None]
        beside: tuple[Array, ...] = ()
        ahead: tuple[Array, ...] = ()
        if others.counts[1]:
            known, seen_too = others.before(index, inside)
            both = zip(*(np.moveaxis(x, -1, 0) for x in (known, seen_too)), strict=True)
            beside = tuple(column for pair in both for column in pair)
        if others.counts[0]:
            rows = others.ahead(series, index, cut, plan.horizon, future)
            ahead = tuple(np.moveaxis(rows, -1, 0))
        return cls(table, plan, series, cut, z, seen, zero, shift, scale, static, beside, ahead)

    def __len__(self) -> int:
        return len(self.cut)

    @property
    def newest(self) -> tuple[Array, ...]:
        """``[k]`` each, of the last row before the cut: the value, whether it is zero, and the
        covariates of the past as in ``beside``."""
        return tuple(column[:, -1] for column in (self.z, self.zero, *self.beside))

    @cached_property
    def paths(self) -> Array:
        """``[k, h, paths]``, the baselines that a forecast starts from, in units of the window."""
        plan = self.plan
        found = paths.paths(self.z, self.seen, plan.horizon, plan.season, plan.long_season)
        found[self.table.zeros[self.series]] = 0
        return found

    @cached_property
    def smoothed(self) -> Normal:
        """What exponential smoothing makes of each, in its units, with Theta beside it if the plan
        says so; with a second season, what an autoregression on both does."""
        horizon, season, long_season = self.plan.horizon, self.plan.season, self.plan.long_season
        if self.plan.both_seasons:
            return autoregressed(self.z, self.seen, horizon, season, long_season)
        return smoothed(self.z, self.seen, horizon, season, self.plan.theta)

    @property
    def floor(self) -> Array:
        """``[k]``, what no value is below: that of the series, but none where it fell below 0 since
        its units were made, unless zeros are counted apart."""
        table = self.table
        first, end = np.searchsorted(table.negative, [table.start[self.series], self.cut])
        fell = (end > first) & ~table.zeros[self.series]
        return np.where(fell, -np.inf, table.scaling.floor[self.series])

    def after(self) -> Array:
        """``[k, h]``, the values that came after, in units of the window; NaN where not known."""
        return self._in_units(self._raw_after())

    def targets(self) -> Array:
        """``[k, h, 2 + paths]`` float32, see `Head.loss`."""
        raw = self._raw_after()
        apart = self.table.zeros[self.series][:, None]
        zero = (raw == 0) & apart
        z = self._in_units(raw)
        targets = np.empty((*z.shape, 2 + self.paths.shape[-1]), np.float32)
        targets[..., 0] = np.where(zero, np.nan, np.clip(z, -FAR, FAR))
        targets[..., 1] = np.where(apart & ~np.isnan(raw), ~zero, np.nan)
        targets[..., 2:] = self.paths
        return targets

    def _raw_after(self) -> Array:
        table = self.table
        row = self.cut[:, None] + np.arange(self.plan.horizon)
        end = (table.start + table.length)[self.series][:, None]
        raw: Array = table.values[np.minimum(row, end - 1)]
        raw[row >= end] = np.nan
        return raw

    def _in_units(self, raw: Array) -> Array:
        u = self.table.scaling.apply(raw, self.series)
        z: Array = (u - self.shift[:, None]) / self.deviation[:, None]
        return z

    def undo(self, z: Array) -> Array:
        """u, for numbers ``[k, ...]`` in units of the window."""
        index = (slice(None), *(None,) * (z.ndim - 1))
        u: Array = self.shift[index] + self.deviation[index] * z
        return u


def rows_before(plan: Plan, first: Array, cut: Array) -> tuple[Array, Array]:
    """Which rows of a table windows read that may see those from the first to the cut, ``[k]``
    both, and which of these are no padding: ``[k, R]`` both."""
    first = first[:, None]
    index = cut[:, None] + np.arange(-plan.reach, 0)
    inside = index >= first
    if not inside.all():
        m = plan.season
        later = index + -(-(first - index) // m) * m
        index = np.where(inside, index, np.minimum(later, cut[:, None] - 1))
    return index, inside


def _earlier(table: Table, plan: Plan, first: Array, cut: Array) -> Array:
    """The last cut, whole seasons before each, whose window saw a value; where there is none, the
    same one."""
    last = table.observed[np.searchsorted(table.observed, cut) - 1]
    season = plan.long_season or plan.season
    back = (cut - 1 - last) // season * season
    return np.where(last >= first, cut - back, cut)


def filled(u: Array, season: int) -> Array:
    """u without gaps: a missing value is the one before it at the same phase of the season, else
    the one before it, else the first that there is; NaN only where there is none at all.

    Args:
        u: ``[k, R]``, NaN where missing.
        season: rows.

    Example:
        >>> u = np.array([[1.0, 2.0, np.nan, 4.0]])
        >>> filled(u, 2).tolist()
        [[1.0, 2.0, 1.0, 4.0]]
    """
    if not np.isnan(u).any():
        return u
    k, rows = u.shape
    gap = -rows % season
    seasons = np.full((k, rows + gap), np.nan)
    seasons[:, gap:] = u
    by_phase = seasons.reshape(k, -1, season).transpose(0, 2, 1)
    u = _carried(by_phase).transpose(0, 2, 1).reshape(k, -1)[:, gap:]
    u = _carried(u)
    return _carried(u[:, ::-1])[:, ::-1]


def _carried(u: Array) -> Array:
    """Each missing value is the last one before it along the last axis, where there is one."""
    place = np.where(np.isnan(u), 0, np.arange(u.shape[-1]))
    found: Array = np.take_along_axis(u, np.maximum.accumulate(place, axis=-1), axis=-1)
    return found


def _log(ratio: Array) -> Array:
    """A size beside another as a number of about ±1."""
    found: Array = 0.3 * np.log(np.clip(ratio, 1e-4, 1e4))
    return found


class Cuts(NamedTuple):
    """Where k windows lie in a table; ``[k]`` each."""

    series: Array
    cut: Array
    first: Array
    """The first row that each may see, later than that of its series where rows are hidden."""

    def only(self, some: Array) -> Cuts:
        """Some of them."""
        return Cuts(*(each[some] for each in self))


class Sampler:
    """Draws windows to learn from: a series at random, then a cut at random.

    A cut may lie so late that only a part of what comes after it is known. Of some, all but the
    newest rows are hidden, as many as a series may show that has just begun.
    """

    def __init__(self, table: Table, plan: Plan) -> None:
        self.table = table
        self.plan = plan
        self.able = np.flatnonzero(table.length > plan.least)
        count = np.maximum(table.length - plan.least, 0)
        self.before = np.cumsum(count) - count
        """``[n]``, the windows of all series before one: they are counted through."""
        self.windows = int(count.sum())
        """That can be drawn, each whole or with some rows hidden."""

    def drawn(self, number: int, count: int) -> Cuts:
        """``count`` windows that a number decides with the plan's seed, and nothing else."""
        rng = np.random.Generator(np.random.PCG64([self.plan.seed, number]))
        of = self.able[rng.integers(len(self.able), size=count)]
        first = self.table.start[of]
        cut = rng.integers(first + self.plan.least, first + self.table.length[of])
        hidden = rng.random(count) < self.plan.begun
        rows = rng.integers(1, self.plan.least, size=count)
        return Cuts(of, cut, np.where(hidden, cut - rows, first))

    def hidden(self, cuts: Cuts) -> Array:
        """``[k]``, whether some rows of each are hidden."""
        found: Array = cuts.first > self.table.start[cuts.series]
        return found

    def at(self, cuts: Cuts) -> Windows:
        """The windows there."""
        return Windows.before(self.table, self.plan, cuts.series, cuts.cut, first=cuts.first)

    def draw(self, number: int, count: int) -> Windows:
        """Those that are `drawn`."""
        return self.at(self.drawn(number, count))

    def places(self, cuts: Cuts) -> Array:
        """``[k]``, where in `every` whole windows are."""
        found: Array = self.before[cuts.series] + cuts.cut
        return found - self.table.start[cuts.series] - self.plan.least

    def every(self, at_once: int) -> Iterator[Windows]:
        """All windows that can be drawn, whole, so many at once: series by series, the first cut
        first."""
        for first in range(0, self.windows, at_once):
            place = np.arange(first, min(first + at_once, self.windows))
            series = np.searchsorted(self.before, place, side="right") - 1
            cut = self.table.start[series] + self.plan.least + place - self.before[series]
            yield Windows.before(self.table, self.plan, series, cut)
