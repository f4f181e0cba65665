"""Whether two ways to forecast differ by more than chance: the test of Diebold and Mariano."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .student import two_sided

Array = NDArray[Any]
Unit: TypeAlias = Literal["windows", "series"]

FEW = 8
"""With fewer differences than this, no p value is given."""


@dataclass(frozen=True)
class Paired:
    """The mean difference of two losses, and how sure it is."""

    difference: float
    """Loss of the one minus that of the other; below 0 if the first is the better."""
    error: float
    """Its standard error; NaN where one difference alone is known."""
    p: float | None
    """The chance of a difference at least as large between equals; None if there are too few."""
    count: int
    """Differences that were told apart from chance: rolling origins, or series."""
    unit: Unit
    """What was counted."""


def compare(one: Array, other: Array, series: Array, origin: Array, overlap: int = 1) -> Paired:
    """The test of Diebold and Mariano (1995) as Harvey, Leybourne and Newbold (1997) correct it.

    Series count alike, however many windows each has. The windows of one origin are one
    observation, for series move together; origins whose windows overlap may depend on one another.
    Where there are fewer than 8 origins but 8 series or more, the series are the observations.

    Args:
        one: ``[k]``, the loss in each window; NaN where there is none.
        other: ``[k]``, of the other.
        series: ``[k]``, the number of the series that a window is of.
        origin: ``[k]``, which of the rolling origins it begins at, in the order of time.
        overlap: so many windows in a row share a step, horizon / step rounded up; 1 for none.

    Example:
        >>> one, other = np.array([1.0, 2, 1, 2, 1, 2, 1, 2]), np.full(8, 2.5)
        >>> found = compare(one, other, np.zeros(8, int), np.arange(8))
        >>> found.difference, round(found.p, 4)
        (-1.0, 0.0011)
    """
    difference = one - other
    counted = ~np.isnan(difference)
    difference = difference[counted]
    if not len(difference):
        return Paired(math.nan, math.nan, None, 0, "windows")
    _, which, windows = np.unique(series[counted], return_inverse=True, return_counts=True)
    weight = 1 / (len(windows) * windows[which])
    mean = float((weight * difference).sum())
    # each observation's part of the mean's error: they sum to 0
    part = weight * (difference - mean)
    first = int(origin[counted].min())
    origins = np.bincount(origin[counted] - first)
    many = int((origins > 0).sum())
    unit: Unit = "series" if many < FEW <= len(windows) else "windows"
    if unit == "series":
        parts, overlap = np.bincount(which, part), 1
    else:
        parts = np.bincount(origin[counted] - first, part)[origins > 0]
    count = len(parts)
    if count == 1:
        return Paired(mean, math.nan, None, 1, unit)
    error = _error(parts, overlap)
    p = None if count < FEW else 1.0 if mean == 0 else 0.0
    if p is not None and mean != 0 and error > 1e-12 * abs(mean):
        p = two_sided(mean / error, count - 1)
    return Paired(mean, error, p, count, unit)


def _error(parts: Array, overlap: int) -> float:
    """The standard error of the mean, with what a small sample makes of it.

    The covariances of windows that overlap count fully; where that gives no positive number, with
    weights that fall (Bartlett), which always do.
    """
    count = len(parts)
    lags = min(overlap, (count + 1) // 2)  # no more than half of the windows can overlap
    unit = float(np.abs(parts).max())
    if unit == 0:
        return 0.0
    scaled = parts / unit
    products = [float(scaled[lag:] @ scaled[: count - lag]) for lag in range(lags)]
    square = products[0] + 2 * sum(products[1:])
    if square <= 0:
        square = products[0] + 2 * sum((1 - i / lags) * x for i, x in enumerate(products) if i > 0)
    # Harvey, Leybourne and Newbold, equation 9
    correction = (count + 1 - 2 * lags + lags * (lags - 1) / count) / count
    return unit * math.sqrt(square / correction)
