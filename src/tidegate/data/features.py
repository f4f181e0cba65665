"""What a network reads of a sequence of numbers: scaled, with its changes, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from .ragged import Ragged
from .spans import Spans

Array = NDArray[Any]

FAR = 1e4
"""Deviations from the mean, at most: a value beyond them counts as this one."""
HEAVY = 0.1
"""A column whose median distance from its median is less, in deviations, has a heavy tail."""
ALIKE = 0.02
"""Sequences whose deviations differ by less, as a share of their mean, are of one size already."""


@dataclass(frozen=True, eq=False)
class Features:
    """How the columns of some sequences are scaled, learnt from those that a network learns from.

    Each column is measured in deviations from its mean. Beside it stand, each where it says
    something: its change since the step before; a logarithm of its size, where few values are far
    larger than most; the column in deviations from the mean of its own sequence, where sequences
    differ in size; and a 1 where its value is missing, if any was. A missing value is taken for
    the last one seen, or for the mean before there was any.

    Example:
        >>> from tidegate.data.sequences import read_sequences
        >>> x = read_sequences([[1.0, 3.0], [float("nan"), 2.0]])
        >>> print(Features.of(x, own=False).rows(x).round(2))
        [[-1.22  0.    0.  ]
         [ 1.22  1.41  0.  ]
         [ 0.    0.    1.  ]
         [ 0.    0.    0.  ]]
    """

    centre: Array
    """``[F]``"""
    scale: Array
    """``[F]``, above 0."""
    change: Array
    """``[F]``, the deviation of the scaled column's changes, above 0; ``[0]`` for no changes."""
    middle: Array
    """``[F]``, the median of a scaled column with a heavy tail; 0 without such."""
    small: Array
    """``[F]``, how far most of a scaled column with a heavy tail is from it; 0 without such."""
    own: Array
    """``[F]``, whether it also stands in deviations of its own sequence."""
    marked: Array
    """``[F]``, whether a column says where it is missing."""

    @classmethod
    def of(
        cls, x: Ragged, weights: Array | None = None, *, changes: bool = True, own: bool = True
    ) -> Features:
        """Learnt from some sequences.

        Args:
            x: n sequences of numbers.
            weights: ``[n]``, what each counts for; None for 1.
            changes: whether the network is given them.
            own: whether it may be given what is known of a sequence at its end alone.
        """
        missing = np.isnan(x.rows)
        each = np.repeat(np.ones(len(x)) if weights is None else weights, x.length)[:, None]
        w = np.where(missing, 0.0, each)
        unit = largest(np.where(missing, 0.0, x.rows))
        rows = np.where(missing, 0.0, x.rows / unit)  # no sum or square of these can overflow
        total = np.where(w.any(axis=0), w.sum(axis=0), 1.0)
        centre = (w * rows).sum(axis=0) / total
        scale = _positive(np.sqrt((w * (rows - centre) ** 2).sum(axis=0) / total))
        none, zero = np.zeros(0), np.zeros(len(unit))
        no = zero > 0
        plain = cls(centre * unit, scale * unit, none, zero, zero, no, missing.any(axis=0))
        z = plain._scaled(x)
        change = none
        if changes:
            later = each.copy()
            later[x.spans.start] = 0.0
            squares = (later * _changes(z, x.spans) ** 2).sum(axis=0)
            change = _positive(np.sqrt(squares / (later.sum() or 1.0)))
        apart = no
        if own and x.length.max() > 1:
            deviation = _own(z, x.spans)[1]
            apart = deviation.std(axis=0) > ALIKE * np.maximum(deviation.mean(axis=0), 1e-12)
        return cls(plain.centre, plain.scale, change, *_heavy(z), apart, plain.marked)

    @classmethod
    def from_arrays(cls, columns: int, found: dict[str, Array]) -> Features:
        """As it was kept in a file. Raises: ArgumentError, if it is none for so many columns."""
        parts = {name: found[name] for name in cls.__dataclass_fields__}
        lengths = {name: len(part) for name, part in parts.items()}
        if lengths.pop("change") not in (0, columns) or set(lengths.values()) != {columns}:
            raise ArgumentError("the scaling is not that of the columns")
        if (parts["scale"] <= 0).any() or (parts["change"] <= 0).any():
            raise ArgumentError("the scaling has a factor that is not above 0")
        for name in ("own", "marked"):
            parts[name] = parts[name] > 0
        return cls(**parts)

    @property
    def width(self) -> int:
        """The numbers that a row is given."""
        further = (self.small > 0).sum() + self.own.sum() + self.marked.sum()
        return len(self.centre) + len(self.change) + int(further)

    def rows(self, x: Ragged, before: Array | None = None) -> Array:
        """What the network reads: ``[N, width]`` float32.

        Args:
            x: n sequences.
            before: ``[n, F]``, what `scaled` gave for the row before each one's first; None for
                none. Not with columns of their ``own``, for which a sequence must be whole.
        """
        z = self._scaled(x, before)
        parts = [z]
        if len(self.change):
            parts.append(np.clip(_changes(z, x.spans, before) / self.change, -FAR, FAR))
        if (heavy := self.small > 0).any():
            parts.append(np.arcsinh((z - self.middle)[:, heavy] / self.small[heavy]) / 3)
        if self.own.any():
            mean, deviation = _own(z[:, self.own], x.spans)
            mean, deviation = (np.repeat(a, x.length, axis=0) for a in (mean, deviation))
            parts.append((z[:, self.own] - mean) / _positive(deviation))
        parts.append(np.isnan(x.rows[:, self.marked]))
        return np.concatenate(parts, axis=1, dtype=np.float32, casting="same_kind")

    def last(self, x: Ragged, before: Array | None = None) -> Array:
        """The last scaled row of each sequence, ``[n, F]``: what `rows` takes as ``before``."""
        spans = x.spans
        found: Array = self._scaled(x, before)[spans.start + spans.length - 1]
        return found

    def _scaled(self, x: Ragged, before: Array | None = None) -> Array:
        """``[N, F]`` in deviations, filled."""
        z: Array = np.clip(x.rows / self.scale - self.centre / self.scale, -FAR, FAR)
        missing = np.isnan(z)
        if missing.any():
            first = x.spans.start
            z[first] = np.where(missing[first], 0.0 if before is None else before, z[first])
            missing[first] = False
            row = np.where(missing, 0, np.arange(len(z))[:, None])
            z = np.take_along_axis(z, np.maximum.accumulate(row, axis=0), axis=0)
        return z


def largest(values: Array) -> Array:
    """The size of the largest number of each column, ``[F]``; 1 where all are 0.

    Example:
        >>> largest(np.array([[0.0, 2.0], [0.0, -3.0]])).tolist()
        [1.0, 3.0]
    """
    size = np.abs(values).max(axis=0)
    found: Array = np.where(size > 0, np.maximum(size, 1e-300), 1.0)
    return found


def _heavy(z: Array) -> tuple[Array, Array]:
    """What `Features.middle` and `Features.small` are of scaled columns.

    A median takes far longer than a look at the largest value, which most columns are settled by.
    """
    middle, small = np.zeros((2, z.shape[1]))
    for column in np.flatnonzero((np.abs(z) > 10).any(axis=0)):
        centre = np.median(z[:, column])
        apart = np.median(np.abs(z[:, column] - centre))
        if apart < HEAVY:
            middle[column], small[column] = centre, max(apart, 1e-6)
    return middle, small


def _positive(size: Array) -> Array:
    """1 in place of 0, and of what rounding left of it."""
    found: Array = np.where(size > 1e-12, size, 1.0)
    return found


def _changes(z: Array, spans: Spans, before: Array | None = None) -> Array:
    """The change since the row before, 0 in the first row of a sequence."""
    change = np.empty_like(z)
    change[1:] = z[1:] - z[:-1]
    change[spans.start] = 0.0 if before is None else z[spans.start] - before
    return change


def _own(z: Array, spans: Spans) -> tuple[Array, Array]:
    """Mean and deviation of each sequence, ``[n, F]`` both."""
    count = spans.length[:, None]
    mean = np.add.reduceat(z, spans.start) / count
    apart = z - np.repeat(mean, spans.length, axis=0)
    return mean, np.sqrt(np.add.reduceat(apart**2, spans.start) / count)
