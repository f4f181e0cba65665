"""What to compare a forecast with: forecasts that need no learning, and their own intervals.

    naive            the last value, again and again
    seasonal naive   the value a season before
    median           the median of all values known

Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd edition, 5.2 and 5.5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Baseline: TypeAlias = Callable[[Array, Array, int, int, int], Array]
"""(values ``[N]`` of a series, cuts ``[k]``, horizon, season, rows to learn from) → ``[k, h]``."""

ERRORS = 400
"""So many of the newest errors of a baseline make its intervals."""


def naive(values: Array, cut: Array, horizon: int, season: int, known: int) -> Array:
    """The last value before each cut.

    Example:
        >>> naive(np.array([1.0, 5.0, 2.0]), np.array([2]), 2, 1, 2)
        array([[5., 5.]])
    """
    return np.repeat(values[cut - 1][:, None], horizon, axis=1)


def seasonal_naive(values: Array, cut: Array, horizon: int, season: int, known: int) -> Array:
    """The value a season before, or as many seasons as it takes; the last one if there is none.

    Example:
        >>> seasonal_naive(np.array([1.0, 5.0, 2.0]), np.array([3]), 4, 2, 3)
        array([[5., 2., 5., 2.]])
    """
    row = cut[:, None] - season + np.arange(horizon) % season
    found: Array = values[np.where(row < 0, cut[:, None] - 1, row)]
    return found


def median(values: Array, cut: Array, horizon: int, season: int, known: int) -> Array:
    """The median of the rows to learn from, whatever came after them.

    Example:
        >>> median(np.array([1.0, 5.0, 2.0, 9.0]), np.array([4]), 2, 1, 3)
        array([[2., 2.]])
    """
    return np.full((len(cut), horizon), np.median(values[:known]))


BASELINES: dict[str, Baseline] = {
    "naive": naive,
    "seasonal naive": seasonal_naive,
    "median": median,
}


def quantiles(
    baseline: Baseline,
    values: Array,
    cut: Array,
    horizon: int,
    season: int,
    known: int,
    levels: Array,
) -> Array:
    """A baseline's forecasts with the quantiles of its own errors around them.

    The errors are those that it makes on the rows to learn from, for each step ahead by itself. The
    middle is left where the baseline puts it.

    Args:
        baseline: one of `BASELINES`.
        values: ``[N]``, of one series.
        cut: ``[k]``, the first row that each forecast must not see.
        horizon: steps ahead, h.
        season: rows.
        known: the first rows, to learn from; 1 at least.
        levels: increasing, in (0, 1).

    Returns:
        ``[k, h, levels]``; not below 0 if the rows to learn from are not.
    """
    point = baseline(values, cut, horizon, season, known)
    result = np.repeat(point[..., None], len(levels), axis=-1)
    first = max(min(season, known - horizon), 1, known - horizon + 1 - ERRORS)
    past = np.arange(first, known - horizon + 1)
    if len(past):
        actual = values[past[:, None] + np.arange(horizon)]
        errors = actual - baseline(values, past, horizon, season, known)
        spread = np.quantile(errors, levels, axis=0).T
        spread[:, levels == 0.5] = 0
        # a baseline that is always too low does not cross its own middle
        spread[:, levels < 0.5] = np.minimum(spread[:, levels < 0.5], 0)
        spread[:, levels > 0.5] = np.maximum(spread[:, levels > 0.5], 0)
        result += spread
    return np.maximum(result, 0) if values[:known].min() >= 0 else result
