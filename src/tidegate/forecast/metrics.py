"""How far forecasts lie from what came: each metric in a line or two.

Forecasts are ``[k, h]`` or, with quantiles, ``[k, h, levels]``; what came is ``[k, h]``, NaN where
nobody observed it. Such values are left out of every mean. Results are ``[k]``, one number for each
window, so that two ways to forecast can be compared pair by pair; NaN for a window of which nothing
was observed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def mean(values: Array, axis: int = -1) -> Array:
    """The mean of what is not NaN; NaN where nothing is.

    Example:
        >>> mean(np.array([[1.0, np.nan, 2.0], [np.nan, np.nan, np.nan]]))
        array([1.5, nan])
    """
    known = ~np.isnan(values)
    count = known.sum(axis=axis)
    unit = _unit(values)
    total = (np.where(known, values, 0) / unit).sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1) * unit, np.nan)


def root_mean_square(values: Array, axis: int = -1) -> Array:
    """The root of the mean square of what is not NaN, of numbers of any size.

    Example:
        >>> root_mean_square(np.array([[3e200, 4e200, np.nan]])) / 1e200
        array([3.53553391])
    """
    largest = np.nanmax(np.abs(values), axis=axis, initial=0, keepdims=True)
    unit = np.where(largest > 0, largest, 1)
    root = np.sqrt(mean((values / unit) ** 2, axis))
    return root * unit.squeeze(axis)


def by_series(values: Array, series: Array) -> Array:
    """The mean of each series's windows, ``[n]``, in the order of their numbers.

    Args:
        values: ``[k]``, NaN where a window has none.
        series: ``[k]``, the number of each window's series.

    Example:
        >>> by_series(np.array([1.0, 3.0, np.nan]), np.array([0, 0, 4]))
        array([ 2., nan])
    """
    _, which = np.unique(series, return_inverse=True)
    known = ~np.isnan(values)
    count = np.bincount(which, known)
    unit = _unit(values)
    total = np.bincount(which, np.where(known, values, 0) / unit)
    return np.where(count > 0, total / np.maximum(count, 1) * unit, np.nan)


def mae(actual: Array, forecast: Array) -> Array:
    """The mean absolute error.

    Example:
        >>> mae(np.array([[1.0, 2.0]]), np.array([[1.0, 5.0]]))
        array([1.5])
    """
    return mean(np.abs(actual - forecast))


def rmse(actual: Array, forecast: Array) -> Array:
    """The root of the mean squared error.

    Example:
        >>> rmse(np.array([[1.0, 2.0]]), np.array([[4.0, 6.0]])).round(3)
        array([3.536])
    """
    return root_mean_square(actual - forecast)


def smape(actual: Array, forecast: Array) -> Array:
    """The symmetric mean absolute percentage error, 0 to 200, as in the M3 and M4 competitions.

    200·|y − f| / (|y| + |f|), and 0 where both are 0 (Makridakis and Hibon 2000).

    Example:
        >>> smape(np.array([[1.0, 0.0]]), np.array([[3.0, 0.0]]))
        array([50.])
    """
    actual, forecast = actual / 2, forecast / 2  # a sum of the largest numbers is infinite
    size = np.abs(actual) + np.abs(forecast)
    return mean(200 * (np.abs(actual - forecast) / np.where(size == 0, 1, size)))


def seasonal_step(values: Array, season: int) -> float:
    """How far a series moves from season to season, on average: the unit of MASE and MSIS.

    Hyndman and Koehler 2006; the M4 competition takes it from the rows to learn from.

    Args:
        values: ``[N]``, the rows to learn from, in the order of time; NaN where missing.
        season: rows, 1 for none.

    Returns:
        NaN if no two values a season apart are known.

    Example:
        >>> seasonal_step(np.array([1.0, 5.0, 2.0, 8.0]), 2)
        2.0
    """
    return float(mean(np.abs(values[season:] - values[:-season])))


def pinball(actual: Array, quantiles: Array, levels: Array) -> Array:
    """Twice the mean pinball loss; for the median alone, that is the mean absolute error.

    Koenker and Bassett 1978; in the limit of many levels, the continuous ranked probability score.

    Example:
        >>> pinball(np.array([[1.0]]), np.array([[[0.0, 2.0]]]), np.array([0.1, 0.9]))
        array([0.2])
    """
    return mean(pinballs(actual, quantiles, levels))


def pinballs(actual: Array, quantiles: Array, levels: Array) -> Array:
    """Twice the pinball loss of each quantile, ``[k, levels]``.

    Example:
        >>> pinballs(np.array([[1.0]]), np.array([[[0.0, 3.0]]]), np.array([0.1, 0.9]))
        array([[0.2, 0.4]])
    """
    errors = actual[..., None] - quantiles
    return mean(2 * np.maximum(levels * errors, (levels - 1) * errors), axis=1)


def coverage(actual: Array, low: Array, high: Array) -> Array:
    """The share of values within their interval, its ends included.

    Example:
        >>> coverage(np.array([[1.0, 4.0]]), np.array([[0.0, 0.0]]), np.array([[1.0, 3.0]]))
        array([0.5])
    """
    inside = (low <= actual) & (actual <= high)
    return mean(np.where(np.isnan(actual), np.nan, inside))


def width(actual: Array, low: Array, high: Array) -> Array:
    """The mean width of the intervals in which a value could have lain.

    Example:
        >>> width(np.array([[1.0, np.nan]]), np.array([[0.0, 0.0]]), np.array([[3.0, 9.0]]))
        array([3.])
    """
    return mean(np.where(np.isnan(actual), np.nan, high - low))


def interval_score(actual: Array, low: Array, high: Array, level: float) -> Array:
    """The width, and for what lies outside 2/α times how far; the lower the better.

    Gneiting and Raftery 2007, equation 43. Divided by `seasonal_step` it is the MSIS of M4.

    Args:
        level: of the interval, in percent; α = 1 − level/100.

    Example:
        >>> interval_score(np.array([[5.0]]), np.array([[0.0]]), np.array([[4.0]]), 80)
        array([14.])
    """
    outside = np.maximum(low - actual, 0) + np.maximum(actual - high, 0)
    return mean(high - low + outside * (2 / (1 - level / 100)))


def brier(event: Array, chance: Array) -> Array:
    """The mean squared error of a chance (Brier 1950).

    Args:
        event: 1 or 0, NaN where nobody observed it.

    Example:
        >>> brier(np.array([[True, False]]), np.array([[0.5, 0.5]]))
        array([0.25])
    """
    return mean((chance - event) ** 2)


def _unit(values: Array) -> float:
    """What to divide by so that no sum overflows: a power of two, 1 unless some are enormous."""
    return 2.0**100 if np.nanmax(np.abs(values), initial=0) > 1e270 else 1.0
