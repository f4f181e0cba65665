"""Each series in units of its own, so that one network serves them all."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

MANY_ZEROS = 0.15
"""The share of exact zeros from which on a non-negative series has its zeros counted apart."""
SOME_ZEROS = 2
"""It has so many at the least: the 0 that five rows begin with says nothing of the next."""
BLOCK = 1_000_000
"""Rows that are looked at in one go, about: what is computed of each takes memory."""
LARGEST = np.finfo(np.float64).max
LEAST = 1e-12
"""A deviation that is a smaller share of the mean size is none, but what sums leave over."""
NARROW = 1e-4
"""A series whose deviation is a smaller share of its mean size is measured from its mean."""
WIDE = 0.4
"""A series that is never negative and whose deviation is at least this share of its mean is read in
roots: errors are larger where values are, but not as much larger."""
FAR = 1e100
"""Beyond this many units a value is taken for this many: its square is still a number."""


@dataclass(frozen=True)
class Scaling:
    """For each of n series: u = (f(y) − centre) / scale, in float64.

    f(y) is y, with centre 0 and the mean size or the deviation as scale, or, for one that varies
    little beside its size, with its mean and its deviation; or, for one that varies much, √y, and
    −√−y should it fall below 0, with centre 0 and the mean or the deviation of the roots; or, for a
    series with many zeros, log(1 + y/unit), centred and scaled by the values that are not zero.
    """

    centre: Array
    """``[n]``"""
    scale: Array
    """``[n]``; 0 for a series of nothing but zeros: what is forecast for it is 0, in any unit."""
    unit: Array
    """``[n]``, above 0 for a series with many zeros, else 0."""
    floor: Array
    """``[n]``: 0 for a series that is never negative, else minus infinity."""
    rooted: Array
    """``[n]``, whether a series is read in roots."""

    @classmethod
    def of(
        cls,
        values: Array,
        start: Array,
        length: Array,
        *,
        apart: bool = True,
        deviation: bool = False,
        roots: bool = False,
    ) -> Scaling:
        """What suits each series; many at once, as there may be 100,000.

        Args:
            values: ``[N]`` float64, NaN where missing.
            start, length: ``[n]``, where each series lies in them.
            apart: whether series with many zeros have them counted apart.
            deviation: whether the scale is the standard deviation, and not the mean size, of values
                or of their roots.
            roots: whether series that vary much are read in roots.

        Example:
            >>> Scaling.of(np.array([2.0, -4.0]), np.array([0]), np.array([2])).scale.tolist()
            [3.0]
        """
        n = len(start)
        # the series that begin in one block of rows, after another
        edges = np.unique(np.append(np.searchsorted(start, np.arange(0, len(values), BLOCK)), n))
        parts = []
        for first, last in pairwise(edges):
            begin = start[first]
            end = start[last] if last < n else len(values)
            some = slice(first, last)
            where = start[some] - begin, length[some]
            parts.append(cls._of(values[begin:end], *where, apart, deviation, roots))
        columns = zip(*((p.centre, p.scale, p.unit, p.floor, p.rooted) for p in parts), strict=True)
        return cls(*map(np.concatenate, columns))

    @classmethod
    def _of(
        cls,
        values: Array,
        start: Array,
        length: Array,
        apart: bool,
        deviation: bool,
        roots: bool,
    ) -> Scaling:
        """The same for a part of the series."""
        total = _Sums(start, length, len(values))
        seen = np.isfinite(values)
        size = np.abs(np.where(seen, values, 0))
        largest = total.most(size)
        count = np.maximum(total(seen), 1)
        # divided by the largest first: the sum of many 1e300 is infinite
        safe = np.where(largest > 0, largest, 1)
        np.divide(size, total.each(safe), out=size)
        scale = total(size) / count * safe
        part = np.where(seen, values, 0) / total.each(safe)
        mean = total(part) / count
        rest = np.where(seen, part - total.each(mean), 0)
        with np.errstate(over="ignore"):  # of rows that come later, which no sum holds
            spread = np.sqrt(total(rest**2) / count) * safe
        varies = spread > LEAST * scale
        narrow = varies & (spread < NARROW * scale)
        centre = np.where(narrow, mean * safe, 0)
        wide = spread >= WIDE * scale
        scale = np.where(varies if deviation else narrow, spread, scale)
        scale[~(total(seen) > 0)] = 1
        # a sum of sizes exceeds that of values only where there are negative ones
        floor = np.where(total(np.where(values < 0, 1.0, 0.0)) > 0, -np.inf, 0.0)
        zeros = total(values == 0)
        never_below = (floor == 0) & (largest > 0)
        many = (zeros / count >= MANY_ZEROS) & (zeros >= SOME_ZEROS) & never_below & apart
        rooted = wide & never_below & ~many & roots
        if rooted.any():
            np.sqrt(size, out=size)
            middle = total(size) / count
            if deviation:
                middle = np.sqrt(total((size - total.each(middle)) ** 2 * seen) / count)
            scale = np.where(rooted, middle * np.sqrt(safe), scale)
        scaling = cls(centre, scale, np.zeros(len(start)), floor, rooted)
        if many.any():
            scaling._count_apart(values, total, many)
        return scaling

    @property
    def zeros(self) -> Array:
        """``[n]``, whether a series has many zeros."""
        return self.unit > 0

    def apply(self, values: Array, series: Array) -> Array:
        """u, for values of the series with these numbers: ``[k, ...]`` and ``[k]``; NaN stays."""
        size = np.where(self.scale > 0, self.scale, 1)
        unit, centre, scale, rooted = (
            _beside(column[series], values)
            for column in (self.unit, self.centre, size, self.rooted)
        )
        # a series that was never negative may become so later
        if rooted.any():
            values = np.where(rooted, np.copysign(np.sqrt(np.abs(values)), values), values)
        with np.errstate(over="ignore"):
            if not self.zeros.any():
                return np.clip((values - centre) / scale, -FAR, FAR)
            logs = np.log1p(np.clip(values / np.where(unit > 0, unit, 1), 0, LARGEST))
            u = (np.where(unit > 0, logs, values) - centre) / scale
        return np.clip(u, -FAR, FAR)

    def undo(self, u: Array, series: Array, floor: Array | None = None) -> Array:
        """y, not below the floor, ``[k]``, or that of the series; ``u`` is ``[k, ...]``, ``series``
        ``[k]``."""
        lowest = self.floor[series] if floor is None else floor
        own = (column[series] for column in (self.centre, self.scale, self.unit, self.rooted))
        centre, scale, unit, rooted, floor = (_beside(column, u) for column in (*own, lowest))
        with np.errstate(over="ignore", under="ignore"):
            plain = centre + scale * u
            powers = unit * np.expm1(np.where(unit > 0, plain, 0))
            plain = np.where(rooted, plain * np.abs(plain), plain)
        return np.clip(np.where(unit > 0, powers, plain), np.maximum(floor, -LARGEST), LARGEST)

    def _count_apart(self, values: Array, total: _Sums, many: Array) -> None:
        """Fills in centre, scale and unit of the series with many zeros."""
        amount = values > 0
        count = np.maximum(total(amount), 1)
        logs = np.log(np.where(amount, values, 1))
        # the geometric mean: it can be taken of 1e300 and of 1e-300
        unit = np.where(many, np.exp(total(logs) / count), 0)
        with np.errstate(over="ignore"):
            ratio = np.where(amount, values, 0) / total.each(np.where(many, unit, 1))
        logs = np.log1p(np.minimum(ratio, LARGEST))
        centre = total(logs) / count
        rest = np.where(amount, logs - total.each(centre), 0)
        scale = np.sqrt(total(rest**2) / count)
        # one amount again and again: any scale does, but not 0
        scale = np.where(scale > 1e-9 * centre, scale, centre)
        self.unit[many], self.centre[many], self.scale[many] = unit[many], centre[many], scale[many]


class _Sums:
    """Sums over the first rows of each series, in a table of N rows."""

    def __init__(self, start: Array, length: Array, rows: int) -> None:
        self.edges = np.stack([start, start + length], axis=1).ravel()
        self.edges = self.edges[:-1] if self.edges[-1] == rows else self.edges
        self.rows = rows
        self.start = start

    def __call__(self, x: Array) -> Array:
        """``[n]``, the sums of ``[N]``."""
        sums: Array = np.add.reduceat(x.astype(np.float64, copy=False), self.edges)[::2]
        return sums

    def most(self, x: Array) -> Array:
        """``[n]``, the largest of each."""
        most: Array = np.maximum.reduceat(x, self.edges)[::2]
        return most

    def each(self, x: Array) -> Array:
        """``[N]``, the number of each row's series."""
        reach = np.diff(np.append(self.start, self.rows))
        return np.repeat(x, reach)


def _beside(column: Array, values: Array) -> Array:
    """``[k]`` that goes with ``[k, ...]``."""
    return column.reshape(-1, *(1,) * (values.ndim - 1))
