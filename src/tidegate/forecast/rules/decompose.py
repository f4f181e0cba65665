"""Seasons, taken apart from what is left: the classical way."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

SURE = 1.645
"""Standard errors by which an autocorrelation must exceed 0: one side in twenty."""
SEASONS = 3
"""So many seasons must be known before one is looked for."""


def is_seasonal(y: Array, known: Array, season: int) -> Array:
    """Whether the autocorrelation at the season is more than chance.

    The test of the M4 competition's benchmarks (Makridakis, Spiliotis and Assimakopoulos 2020):
    |r_m| > 1.645·√((1 + 2·Σ_{i<m} r_i²) / n).

    Args:
        y: ``[b, T]``, without NaN.
        known: ``[b]``, columns to look at.
        season: columns, m; 1 for none.

    Returns:
        ``[b]``

    Example:
        >>> y = np.tile([0.0, 1.0, 3.0], 8)[None]
        >>> is_seasonal(y, np.array([24]), 3), is_seasonal(y, np.array([24]), 4)
        (array([ True]), array([False]))
    """
    if season == 1 or y.shape[1] <= season:
        return np.zeros(len(y), bool)
    inside = np.arange(y.shape[1]) < known[:, None]
    centred = np.where(inside, y - (np.where(inside, y, 0).sum(axis=1) / known)[:, None], 0)
    square = (centred**2).sum(axis=1)
    lagged = [(centred[:, lag:] * centred[:, :-lag]).sum(axis=1) for lag in range(1, season + 1)]
    r = np.stack(lagged, axis=1) / np.where(square > 0, square, 1)[:, None]
    error = np.sqrt((1 + 2 * (r[:, :-1] ** 2).sum(axis=1)) / known)
    sure: Array = (np.abs(r[:, -1]) > SURE * error) & (known >= SEASONS * season)
    return sure


def phases(y: Array, known: Array, season: int, ratio: Array) -> Array:
    """What each phase of the season adds to, or multiplies, a centred moving average.

    Args:
        y, known, season: as for `is_seasonal`; two seasons must be known.
        ratio: ``[b]``, whether it multiplies; then y is above 0.

    Returns:
        ``[b, m]``, for the columns 0 to m − 1 and all that are whole seasons after them; of mean 1
        where it multiplies, else of mean 0.

    Example:
        >>> phases(np.tile([0.0, 1.0, 5.0], 4)[None], np.array([12]), 3, np.array([False]))
        array([[-2., -1.,  3.]])
    """
    b = len(y)
    half = season // 2
    total = np.concatenate([np.zeros((b, 1)), np.cumsum(y, axis=1)], axis=1)
    trend = (total[:, season:] - total[:, :-season]) / season  # [b, T - m + 1]
    if season % 2 == 0:
        trend = (trend[:, 1:] + trend[:, :-1]) / 2
    column = np.arange(half, half + trend.shape[1])
    middle = y[:, column]
    part = np.where(ratio[:, None], middle / np.where(trend == 0, 1, trend), middle - trend)
    inside = column < (known - half)[:, None]
    found = np.empty((b, season))
    for phase in range(season):
        mine = inside & (column % season == phase)
        found[:, phase] = np.where(mine, part, 0).sum(axis=1) / np.maximum(mine.sum(axis=1), 1)
    mean = found.mean(axis=1, keepdims=True)
    return np.where(ratio[:, None], found / np.where(mean == 0, 1, mean), found - mean)
