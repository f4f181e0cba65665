"""Baseline paths: what a forecast starts from. The network learns how to mix them.

In units of the window, of a season m and perhaps a longer one M, for j = 0, 1, ... steps ahead:

    last            the newest value that was observed
    mean            0, as a window's mean is
    season          z(−m + j mod m)
    long season     z(−M + j mod M)
    usual long      the same as usual, of the longer season: of two in a window of two weeks
    usual           the mean of the last four seasons at the phase of j; without one, of 4 values
    growth          season, and for each season ahead once more what the last grew by; without
                    one, the line through the first value and the last (drift)
    level           the season's usual shape around a level smoothed exponentially
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

SEASONS = 4
"""That are averaged."""
SMOOTHING = 0.3
"""The weight of the newest value in the level; over a season it is shared among its values."""


def count(season: int, long_season: int) -> int:
    """How many paths there are."""
    return 5 + (season > 1) + 2 * (long_season > 0)


def paths(z: Array, seen: Array, horizon: int, season: int, long_season: int) -> Array:
    """The paths of k windows.

    Args:
        z: ``[k, rows]``, in units of the window, missing values filled; at least a season, and the
            longer one, of rows.
        seen: ``[k, rows]``, whether a value was observed.
        horizon: steps ahead, h.
        season: m rows, 1 for none.
        long_season: M rows, 0 for none.

    Returns:
        ``[k, h, count]``

    Example:
        >>> z = np.array([[-1.0, 1.0, -1.0, 1.0]])
        >>> paths(z, z == z, 2, 2, 0)[0].T.round(3).tolist()[:3]
        [[1.0, 1.0], [0.0, 0.0], [-1.0, 1.0]]
    """
    k, rows = z.shape
    m, ahead, each = season, np.arange(horizon), np.arange(k)
    result = np.zeros((k, horizon, count(season, long_season)), z.dtype)
    newest = rows - 1 - np.argmax(seen[:, ::-1], axis=1)
    last = z[each, newest]
    whole = rows // m
    usual = _usual(z, m)
    if m > 1:
        again = z[:, rows - m + ahead % m]
        growth = again
        if whole > 1:
            grown = z[:, rows - m :].mean(1) - z[:, rows - 2 * m : rows - m].mean(1)
            growth = again + grown[:, None] * (1 + ahead // m)
    else:
        oldest = np.argmax(seen, axis=1)
        slope = (last - z[each, oldest]) / np.maximum(newest - oldest, 1)
        growth = last[:, None] + slope[:, None] * (1 + ahead)
    shape = usual - usual.mean(1, keepdims=True)
    level = _level(z, shape, m)[:, None] + shape[:, ahead % m]
    columns = [last[:, None], usual[:, ahead % m], growth, level]
    if m > 1:
        columns.append(again)
    if long_season:
        phase = ahead % long_season
        columns += [z[:, rows - long_season + phase], _usual(z, long_season)[:, phase]]
    for i, column in enumerate(columns):
        result[..., i + (i > 0)] = column
    return result


def _usual(z: Array, season: int) -> Array:
    """``[k, season]``, the mean of the last seasons, by phase."""
    k, rows = z.shape
    whole = z[:, rows - min(SEASONS, rows // season) * season :]
    usual: Array = whole.reshape(k, -1, season).mean(1)
    return usual


def level_weights(rows: int, season: int) -> tuple[Array, Array]:
    """``[rows]`` and ``[season]``, the weights of each row in the level, and of each phase."""
    keep = (1 - SMOOTHING) ** (1 / season)
    weights = keep ** np.arange(rows - 1, -1, -1)
    weights = weights / weights.sum()
    phase = (np.arange(rows) - rows) % season
    return weights, np.bincount(phase, weights, season)


def _level(z: Array, shape: Array, season: int) -> Array:
    """``[k]``, the exponentially weighted mean of what lies beyond the usual shape."""
    weights, of_phase = (x.astype(z.dtype) for x in level_weights(z.shape[1], season))
    # row by row: a product of matrices sums in another order for one window than for many
    level: Array = (z * weights).sum(1) - (shape * of_phase).sum(1)
    return level
