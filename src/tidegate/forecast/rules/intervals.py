"""What may come, from how far a baseline has been off before."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .block import Ahead, Block

Array = NDArray[Any]

MOST, LEAST, ALL = 400, 50, 400_000
"""Newest errors that a baseline's intervals are made of: 400 for a series, but 400,000 for all
together, and never fewer than 50."""


def spread(
    ahead: Ahead, block: Block, horizon: int, season: int, levels: Array, most: int
) -> Array:
    """The quantiles of a baseline's own errors, ``[b, h, levels]``, around its middle.

    The errors are those that it makes on the values to learn from, for each step ahead by itself. A
    step that never came to pass has the errors of the one before it. The middle is left where the
    baseline puts it.

    Args:
        ahead: the baseline.
        block: b series.
        levels: increasing, in (0, 1).
        most: errors of a series, the newest.
    """
    known = block.known
    first = np.maximum(np.minimum(season, known - horizon), 1)
    count = int(min(most, (known - first).max()))
    if count <= 0:
        return np.zeros((len(known), horizon, len(levels)))
    cut = known[:, None] - 1 - np.arange(count)  # [b, count]
    inside = cut >= first[:, None]
    row = np.repeat(np.arange(len(known)), count)
    forecast = ahead(row, np.where(inside, cut, 1).ravel(), horizon)
    column = cut[..., None] + np.arange(horizon)
    counted = inside[..., None] & (column < known[:, None, None])
    index = np.clip(column, 0, block.y.shape[1] - 1)
    actual = block.y[np.arange(len(known))[:, None, None], index]
    errors = actual - forecast.reshape(len(known), count, horizon)
    found = quantiles(np.where(counted, errors, np.nan), levels)
    for step in range(horizon):
        gone = np.isnan(found[:, step])
        found[:, step][gone] = found[:, step - 1][gone] if step else 0
    found[..., levels == 0.5] = 0
    # a baseline that is always too low does not cross its own middle
    found[..., levels < 0.5] = np.minimum(found[..., levels < 0.5], 0)
    found[..., levels > 0.5] = np.maximum(found[..., levels > 0.5], 0)
    return found


def quantiles(values: Array, levels: Array) -> Array:
    """Quantiles along the middle axis, of what is not NaN; NaN where nothing is.

    Linear between the values in order, of which the i-th of n is the quantile i / (n + 1), so that
    a further value of the same kind lies below as often as the level says (Hyndman and Fan 1996,
    definition 6; the usual one, 7, holds too little where values are few).

    Args:
        values: ``[b, count, h]``
        levels: in (0, 1).

    Returns:
        ``[b, h, levels]``

    Example:
        >>> quantiles(np.array([[[1.0], [np.nan], [3.0]]]), np.array([0.5, 0.6]))
        array([[[2. , 2.6]]])
    """
    ordered = np.sort(values, axis=1)  # NaN comes last
    count = (~np.isnan(values)).sum(axis=1)[:, None]  # [b, 1, h]
    last = np.maximum(count - 1, 0)
    place = np.clip((count + 1) * levels[:, None] - 1, 0, last)  # [b, levels, h]
    below = place.astype(np.int64)
    above = np.minimum(below + 1, last)
    low, high = (np.take_along_axis(ordered, index, axis=1) for index in (below, above))
    return np.moveaxis(low + (high - low) * (place - below), 1, 2)
