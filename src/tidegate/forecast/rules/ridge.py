"""A ridge regression on lags: one linear model for all series, each step ahead by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...network.blas import one_blas_thread
from .block import Ahead, Block, Panel, Rule

Array = NDArray[Any]

WINDOWS = 20_000
"""So many windows are learnt from, at most."""
LONGEST = 200
"""Lags, at most."""
STRENGTHS = np.logspace(-4, 4, 17)
"""What the squares of the weights are multiplied by, to choose from, for each row learnt from."""
FLAT = 1e-3
"""A window's deviation counts as at least this share of its mean."""


def ridge(panel: Panel, horizon: int, season: int) -> Rule:
    """Learns one set of weights from windows of all series.

    Each window is centred and scaled by its own lags. The strength of the penalty is that with the
    least generalised cross-validation error (Golub, Heath and Wahba 1979), for each step ahead.

    Args:
        panel: the series, and how much of each may be learnt from.
        horizon: steps ahead, h.
        season: rows.
    """
    lags = lags_for(horizon, season, int(panel.known.max()))
    inputs, targets = _sample(panel, lags, horizon, season)
    weights = solve(inputs, targets)

    def rule(block: Block, season: int) -> Ahead:
        y = block.filled(season)

        def ahead(row: Array, cut: Array, steps: int) -> Array:
            x, centre, scale = _windows(y, row, cut, lags)
            scale = scale * x.any(axis=1, keepdims=True)  # a window that never moves goes on so
            forecast: Array = centre + scale * (np.c_[x, np.ones(len(x))] @ weights)[:, :steps]
            return forecast

        return ahead

    return rule


def lags_for(horizon: int, season: int, known: int) -> int:
    """Two seasons, but enough rows for the horizon, and no more than half of those there are.

    Example:
        >>> lags_for(48, 24, 700), lags_for(6, 1, 14)
        (96, 7)
    """
    return max(min(max(2 * season, 2 * horizon, 8), LONGEST, known // 2), 1)


def solve(x: Array, y: Array) -> Array:
    """Weights of a ridge regression whose intercept is free, ``[inputs + 1, outputs]``.

    Args:
        x: ``[n, inputs]``
        y: ``[n, outputs]``

    Example:
        >>> x = np.arange(10.0)[:, None]
        >>> solve(x, 2 * x + 1).round(2).tolist()
        [[2.0], [1.0]]
    """
    count = len(x)
    x_mean, y_mean = x.mean(axis=0), y.mean(axis=0)
    x, y = x - x_mean, y - y_mean
    with one_blas_thread():
        values, vectors = np.linalg.eigh(x.T @ x)
    values = np.maximum(values, 0)
    turned = vectors.T @ (x.T @ y)  # [inputs, outputs]
    total = (y**2).sum(axis=0)
    strengths = STRENGTHS * max(float(values.mean()), 1e-12) / 10
    shrunk = values[:, None] + strengths  # [inputs, strengths]
    # what is left of the squares: |y|² − Σ z² (λ + 2α) / (λ + α)², where z are the turned products
    share = (shrunk + strengths) / shrunk**2
    left = np.maximum(total[:, None] - (turned**2).T @ share, 0)
    freedom = count - 1 - (values[:, None] / shrunk).sum(axis=0)
    error = left / np.maximum(freedom, 1e-9) ** 2
    best = strengths[np.argmin(error, axis=1)]
    weights = vectors @ (turned / (values[:, None] + best))
    result: Array = np.concatenate([weights, (y_mean - x_mean @ weights)[None]])
    return result


def _sample(panel: Panel, lags: int, horizon: int, season: int) -> tuple[Array, Array]:
    """Windows and what came after them, ``[n, lags]`` and ``[n, h]``, evenly over all series."""
    room = np.maximum(panel.known - horizon, 0)  # cuts 1 to room
    # a window needs a value or two; a few of them may stand for rows before the first
    first = np.minimum(max(lags // 2, 1), room)
    count = int((room - first + 1)[room > 0].sum())
    stride = max(-(-count // WINDOWS), 1)
    inputs, targets = [np.empty((0, lags))], [np.empty((0, horizon))]
    offset = 0
    for block in panel.blocks(np.flatnonzero(room > 0)):
        column = np.arange(1, block.y.shape[1] + 1)
        cuts = (column >= first[block.series, None]) & (column <= room[block.series, None])
        row, at = np.nonzero(cuts)
        mine = slice(-offset % stride, None, stride)
        offset += len(row)
        row, cut = row[mine], column[at[mine]]
        if not len(row):
            continue
        x, centre, scale = _windows(block.filled(season), row, cut, lags)
        y = (block.y[row[:, None], cut[:, None] + np.arange(horizon)] - centre) / scale
        # of a window with a deviation of almost nothing, what comes after it may be anything; one
        # that never moves has no unit, and the weights are not asked about it
        usable = ~np.isnan(y).any(axis=1) & (np.abs(y).max(axis=1, initial=0) < 100)
        usable &= x.any(axis=1)
        inputs.append(x[usable])
        targets.append(y[usable])
    x, y = np.concatenate(inputs), np.concatenate(targets)
    return (x, y) if len(x) else (np.zeros((1, lags)), np.zeros((1, horizon)))


def _windows(y: Array, row: Array, cut: Array, lags: int) -> tuple[Array, Array, Array]:
    """The lags before each cut, centred and scaled, ``[k, lags]``; what by, ``[k, 1]`` each.

    Rows before the first value are 0 after that: the mean of those there are.
    """
    column = cut[:, None] - lags + np.arange(lags)
    there = column >= 0
    values = y[row[:, None], np.maximum(column, 0)]
    count = there.sum(axis=1, keepdims=True)
    centre = np.where(there, values, 0).sum(axis=1, keepdims=True) / count
    around = np.where(there, values - centre, 0)
    deviation = np.sqrt((around**2).sum(axis=1, keepdims=True) / count)
    scale = np.maximum(deviation, FLAT * np.abs(centre))
    scale = np.where(scale > 0, scale, 1)
    return around / scale, centre, scale
