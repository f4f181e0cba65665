"""Each series in units of its own, so that one network serves them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

MANY_ZEROS = 0.15
"""The share of exact zeros from which on a non-negative series has its zeros counted apart."""
LARGEST = np.finfo(np.float64).max


@dataclass(frozen=True)
class Scaling:
    """For each of n series: u = (f(y) − centre) / scale, in float64.

    f(y) is y, or log(1 + y/unit) for a series with many zeros, whose values then are centred and
    scaled by those that are not zero.
    """

    centre: Array
    """``[n]``"""
    scale: Array
    """``[n]``, above 0."""
    unit: Array
    """``[n]``, above 0 for a series with many zeros, else 0."""
    floor: Array
    """``[n]``: 0 for a series that is never negative, else minus infinity."""

    @classmethod
    def of(cls, values: Array, start: Array, length: Array) -> Scaling:
        """What suits each series.

        Args:
            values: ``[N]`` float64, finite.
            start, length: ``[n]``, where each series lies in them.
        """
        columns = np.array(
            [_series(values[a : a + m]) for a, m in zip(start, length, strict=True)]
        ).reshape(-1, 4)
        return cls(*columns.T.copy())

    @property
    def zeros(self) -> Array:
        """``[n]``, whether a series has many zeros."""
        return self.unit > 0

    def apply(self, values: Array, series: Array) -> Array:
        """u, for values of the series with these numbers; both ``[N]``."""
        unit = self.unit[series]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            # a series that was never negative may become so later
            logs = np.log1p(np.clip(values / unit, 0, LARGEST))
        return (np.where(unit > 0, logs, values) - self.centre[series]) / self.scale[series]

    def undo(self, u: Array, series: Array) -> Array:
        """y, not below the floor; ``u`` is ``[n, ...]``, ``series`` ``[n]``."""
        index = (slice(None), *(None,) * (u.ndim - 1))
        centre, scale, unit, floor = (
            column[series][index] for column in (self.centre, self.scale, self.unit, self.floor)
        )
        plain = centre + scale * u
        with np.errstate(over="ignore"):
            powers = unit * np.expm1(np.where(unit > 0, plain, 0))
        return np.clip(np.where(unit > 0, powers, plain), floor, LARGEST)


def _series(values: Array) -> tuple[float, float, float, float]:
    """Centre, scale, unit and floor of one series."""
    largest = float(np.abs(values).max())
    if largest == 0:
        return 0.0, 1.0, 0.0, 0.0
    floor = 0.0 if values.min() >= 0 else -np.inf
    unit = 0.0
    if floor == 0 and np.mean(values == 0) >= MANY_ZEROS:
        values = values[values > 0]
        # not below the precision of a number: 1e200 over 1e-200 is infinite
        unit = max(float(np.median(values / largest)), np.finfo(np.float64).eps) * largest
        values, largest = np.log1p(values / unit), 1.0
    # divided by the largest first: squares of 1e300 are infinite
    centre = float(np.mean(values / largest)) * largest
    scale = float(np.std(values / largest - centre / largest)) * largest
    # one value again and again: any scale does, but not 0
    if scale <= 1e-9 * abs(centre):
        scale = abs(centre) or 1.0
    return centre, scale, unit, floor
