"""Some series side by side, and what a baseline makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

CELLS = 100_000
"""Values in a block, about: what a few of its size takes fits a core's own memory."""
FAR = 500
"""Powers of two by which a later value may exceed those to learn from before it counts for the
unit: its square is a number still."""


@dataclass(frozen=True)
class Panel:
    """n series, one after the other, and how much of each may be learnt from."""

    values: Array
    """``[N]``, NaN where nobody observed one."""
    start: Array
    """``[n]``, the first row of each."""
    length: Array
    """``[n]``"""
    known: Array
    """``[n]``, the first rows of each, to learn from; 1 at least."""

    def blocks(self, which: Array) -> Iterator[Block]:
        """All series of ``which``, those of like length together."""
        order = which[np.argsort(self.length[which], kind="stable")]
        while len(order):
            rows = np.maximum.accumulate(self.length[order])
            count = max(int(np.searchsorted(rows * np.arange(1, len(order) + 1), CELLS)), 1)
            yield self._block(order[:count])
            order = order[count:]

    def _block(self, series: Array) -> Block:
        length = self.length[series]
        step = np.arange(int(length.max()))
        inside = step < length[:, None]
        row = np.where(inside, self.start[series][:, None] + step, 0)
        y = np.where(inside, self.values[row], np.nan)
        learnt = step < self.known[series][:, None]
        largest = (
            np.nanmax(np.abs(np.where(part, y, 0)), axis=1, initial=0) for part in (learnt, inside)
        )
        # a power of two: no digit is lost, and no square overflows
        exponent, of_all = (np.frexp(size)[1] for size in largest)
        exponent = np.maximum(exponent, of_all - FAR)
        return Block(series, np.ldexp(y, -exponent[:, None]), self.known[series], exponent)


@dataclass(frozen=True)
class Block:
    """b series in rows, each from its first value on, in units in which the largest of the values
    to learn from is about 1."""

    series: Array
    """``[b]``, their numbers."""
    y: Array
    """``[b, T]``, NaN where nothing was observed and after the end."""
    known: Array
    """``[b]``, the values to learn from."""
    exponent: Array
    """``[b]``, of 2, the unit."""

    @cached_property
    def learnt(self) -> Array:
        """``[b, T]``, whether a value may be learnt from, observed or not."""
        inside: Array = np.arange(self.y.shape[1]) < self.known[:, None]
        return inside

    @cached_property
    def newest(self) -> Array:
        """``[b, T]``, the column of the newest value observed up to each; -1 if there is none."""
        column = np.where(np.isnan(self.y), -1, np.arange(self.y.shape[1]))
        newest: Array = np.maximum.accumulate(column, axis=1)
        return newest

    @cached_property
    def carried(self) -> Array:
        """``[b, T]``, the newest value up to each; NaN if there is none."""
        found = np.take_along_axis(self.y, np.maximum(self.newest, 0), axis=1)
        return np.where(self.newest < 0, np.nan, found)

    def same_phase(self, season: int) -> Array:
        """``[b, T]``, the newest value up to each of those whole seasons before it, else the newest
        of all; NaN if there is none."""
        b, size = self.y.shape
        seasons = -(-size // season)
        y = np.full((b, seasons * season), np.nan)
        y[:, :size] = self.y
        y = y.reshape(b, seasons, season)
        number = np.where(np.isnan(y), -1, np.arange(seasons)[:, None])
        newest = np.maximum.accumulate(number, axis=1)
        found = np.take_along_axis(y, np.maximum(newest, 0), axis=1)
        found = np.where(newest < 0, np.nan, found).reshape(b, -1)[:, :size]
        return np.where(np.isnan(found), self.carried, found)

    def filled(self, season: int) -> Array:
        """``[b, T]``, all values: one that is missing is that of its phase before; those before the
        first are the first, and 0 is a series without any."""
        filled = self.same_phase(season)
        first = np.argmax(~np.isnan(self.y), axis=1)
        start = np.nan_to_num(self.y[np.arange(len(self.y)), first])
        return np.where(np.isnan(filled), start[:, None], filled)


Ahead: TypeAlias = Callable[[Array, Array, int], Array]
"""(rows of the block ``[k]``, cuts ``[k]``, horizon) → ``[k, h]``, from the values before each
cut."""
Rule: TypeAlias = Callable[[Block, int], Ahead]
"""(block, season) → what it forecasts; learnt from the block's known values alone."""
