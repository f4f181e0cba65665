"""What may come: the quantiles of a forecast at any level."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def quantile(levels: Array, grid: tuple[float, ...], values: Array) -> Array:
    """Quantiles between and beyond those that are known.

    Linear in the logit of the level: beyond the outermost known ones the tails fall off
    exponentially.

    Args:
        levels: broadcasts to ``[...]``, in (0, 1).
        grid: increasing levels.
        values: ``[..., len(grid)]``, their quantiles, increasing.

    Returns:
        ``[...]``, increasing with the level.

    Example:
        >>> values = np.array([[0.0, 1.0, 3.0]] * 2)
        >>> quantile(np.array([0.5, 0.7]), (0.1, 0.5, 0.9), values).round(3)
        array([1.   , 1.771])
    """
    knots = logit(np.array(grid))
    x = logit(np.asarray(levels))
    right = np.clip(np.searchsorted(knots, x), 1, len(grid) - 1)
    right = np.broadcast_to(right, values.shape[:-1])
    share = (x - knots[right - 1]) / (knots[right] - knots[right - 1])
    low, high = (
        np.take_along_axis(values, index[..., None], -1)[..., 0] for index in (right - 1, right)
    )
    between: Array = low + share * (high - low)
    return between


def conditional(levels: Array, chance: Array) -> Array:
    """Which quantile of the values that are not zero is that of all; ≤ 0 where it is zero.

    F(y) = 1 − p + p·G(y) for y ≥ 0, so G(y) = (F(y) − (1 − p)) / p.
    """
    inner: Array = (levels - (1 - chance)) / chance
    return inner


def logit(p: Array) -> Array:
    """Of levels in (0, 1)."""
    x: Array = np.log(p) - np.log1p(-p)
    return x
