"""Windows: what the network sees at a cut between past and future, and what came after it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.spans import Spans
from .scaling import Scaling

Array = NDArray[Any]

PATHS = 3
"""Last value, the value a season before, the window's mean."""
FLAT = 0.05
"""A window's standard deviation counts as at least this share of the series's."""


@dataclass(frozen=True)
class Table:
    """All series, one after the other, in the units of `Scaling`."""

    u: Array
    """``[N]`` float64."""
    zero: Array
    """``[N]``, whether a value is zero in a series with many."""
    calendar: Array
    """``[N, c]``, columns of the calendar."""
    start: Array
    """``[n]``, the first row of each series."""
    length: Array
    """``[n]``"""
    zeros: Array
    """``[n]``, whether a series has many zeros."""

    @classmethod
    def of(
        cls, values: Array, start: Array, length: Array, calendar: Array, scaling: Scaling
    ) -> Table:
        """The series in units of their own."""
        series = np.repeat(np.arange(len(start)), length)
        zero = (values == 0) & scaling.zeros[series]
        return cls(scaling.apply(values, series), zero, calendar, start, length, scaling.zeros)

    @cached_property
    def rows(self) -> Array:
        """``[N, columns]`` float32, what the network reads: u, the calendar, and, where any series
        has many zeros, whether a value is one."""
        columns = [self.u[:, None], self.calendar]
        if self.zeros.any():
            columns.append(self.zero[:, None])
        return np.concatenate(columns, axis=1, dtype=np.float32)

    @cached_property
    def sums(self) -> tuple[Array, Array]:
        """``[N+1]`` each: the sums of u and of its square over all rows before."""
        ones, squares = (np.concatenate([[0], np.cumsum(x)]) for x in (self.u, self.u**2))
        return ones, squares


@dataclass(frozen=True)
class Windows:
    """k windows of a table, each before a cut."""

    table: Table
    series: Array
    """``[k]``"""
    start: Array
    """``[k]``, first row."""
    cut: Array
    """``[k]``, the first row that is not seen."""
    season: int

    @classmethod
    def before(cls, table: Table, series: Array, cut: Array, length: int, season: int) -> Windows:
        """The ``length`` rows before each cut, or as many as the series has."""
        return cls(table, series, np.maximum(table.start[series], cut - length), cut, season)

    def __len__(self) -> int:
        return len(self.cut)

    @cached_property
    def shift(self) -> Array:
        """``[k]``, the mean of u in the window; 0 where zeros are counted apart."""
        ones, _ = self.table.sums
        mean = (ones[self.cut] - ones[self.start]) / (self.cut - self.start)
        return np.where(self.table.zeros[self.series], 0, mean)

    @cached_property
    def deviation(self) -> Array:
        """``[k]``, the standard deviation of u in the window; 1 where zeros are counted apart."""
        _, squares = self.table.sums
        square = (squares[self.cut] - squares[self.start]) / (self.cut - self.start)
        deviation = np.sqrt(np.maximum(square - self.shift**2, 0))
        return np.where(self.table.zeros[self.series], 1, np.maximum(deviation, FLAT))

    @cached_property
    def spans(self) -> Spans:
        """The windows as the network reads them: u in units of the window."""
        columns = self.table.rows.shape[1]
        shift, factor = np.zeros((len(self), columns)), np.ones((len(self), columns))
        shift[:, 0], factor[:, 0] = self.shift, 1 / self.deviation
        return Spans(self.start, self.cut - self.start, shift, factor)

    def paths(self, horizon: int) -> Array:
        """``[k, h, paths]``, the baselines that a forecast starts from, in units of the window."""
        ahead = np.arange(horizon)
        same_phase = self.cut[:, None] - self.season + ahead % self.season
        last = self.cut - 1
        first = self.table.start[self.series]
        same_phase = np.where(same_phase < first[:, None], last[:, None], same_phase)
        paths = np.zeros((len(self), horizon, PATHS))
        paths[..., 0] = self._z(self.table.u[last])[:, None]
        paths[..., 1] = self._z(self.table.u[same_phase])
        paths[self.table.zeros[self.series]] = 0
        return paths

    def targets(self, horizon: int) -> Array:
        """``[k, h, 2 + paths]`` float32, see `Head.loss`."""
        table = self.table
        row = self.cut[:, None] + np.arange(horizon)
        end = (table.start + table.length)[self.series]
        known = row < end[:, None]
        row = np.minimum(row, end[:, None] - 1)
        zeros = table.zeros[self.series][:, None]
        targets = np.empty((len(self), horizon, 2 + PATHS), np.float32)
        targets[..., 0] = np.where(known & ~table.zero[row], self._z(table.u[row]), np.nan)
        targets[..., 1] = np.where(known & zeros, ~table.zero[row], np.nan)
        targets[..., 2:] = self.paths(horizon)
        return targets

    def undo(self, z: Array) -> Array:
        """u, for numbers ``[k, ...]`` in units of the window."""
        index = (slice(None), *(None,) * (z.ndim - 1))
        u: Array = self.shift[index] + self.deviation[index] * z
        return u

    def _z(self, u: Array) -> Array:
        index = (slice(None), *(None,) * (u.ndim - 1))
        return (u - self.shift[index]) / self.deviation[index]


def sample(
    table: Table, count: int, length: int, least: int, season: int, rng: np.random.Generator
) -> tuple[Windows, Array]:
    """Windows to learn from: a series at random, then a cut at random.

    A cut may lie so late that only a part of what comes after it is known.

    Args:
        count: how many to draw.
        length: rows in a window.
        least: rows before the first cut of a series.

    Returns:
        The different windows drawn, and for each draw which one it is, ``[count]``.
    """
    able = np.flatnonzero(table.length > least)
    series = able[rng.integers(len(able), size=count)]
    first = table.start[series] + least
    cut = rng.integers(first, (table.start + table.length)[series])
    drawn, which = np.unique(np.stack([cut, series]), axis=1, return_inverse=True)
    return Windows.before(table, drawn[1], drawn[0], length, season), which.ravel()
