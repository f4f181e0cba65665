"""The Theta method, winner of the M3 competition."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .block import Ahead, Block
from .decompose import is_seasonal, phases

Array = NDArray[Any]

ROUNDS, POINTS = 4, 9
"""The smoothing constant is looked for on a grid that is made finer around the best."""
NEWEST = 5000
"""Values of a series, the newest, by which it is looked for: it takes a tenth of a millisecond for
each. What came before them is forgotten."""
SMALL = 0.01
"""A phase whose share is below this is not divided by."""


def theta(block: Block, season: int) -> Ahead:
    """Half the straight line, half what simple smoothing makes of twice the distance from it.

    Assimakopoulos and Nikolopoulos 2000, with the lines θ = 0 and θ = 2. Seasons, where a test
    finds one, are divided out before and multiplied after (taken off and added, where values are
    not all above 0).
    """
    y, known = block.filled(season), block.known
    phase = np.arange(y.shape[1]) % season
    ratio = np.where(block.learnt, y, 1).min(axis=1) > 0
    factor = np.ones((len(y), season)) * ratio[:, None]
    if (seasonal := is_seasonal(y, known, season)).any():
        found = phases(y[seasonal], known[seasonal], season, ratio[seasonal])
        usable = ~ratio[seasonal] | (found.min(axis=1) > SMALL)
        factor[np.flatnonzero(seasonal)[usable]] = found[usable]
    by_column = factor[:, phase]
    rest = np.where(ratio[:, None], y / np.where(ratio[:, None], by_column, 1), y - by_column)
    start, slope = _line(rest, block.learnt)
    line = start[:, None] + slope[:, None] * np.arange(y.shape[1])
    level = smooth(2 * rest - line, block.learnt)

    def ahead(row: Array, cut: Array, horizon: int) -> Array:
        column = cut[:, None] + np.arange(horizon)
        straight = start[row, None] + slope[row, None] * column
        middle = (straight + level[row, cut - 1][:, None]) / 2
        back = factor[row[:, None], column % season]
        forecast: Array = np.where(ratio[row, None], middle * back, middle + back)
        return forecast

    return ahead


def smooth(y: Array, learnt: Array) -> Array:
    """The level of simple exponential smoothing after each value.

    Constant and first level are those of the least squared error on the newest of the values to
    learn from. The errors are linear in the first level, so for each constant the best is known in
    closed form.

    Args:
        y: ``[b, T]``
        learnt: ``[b, T]``, whether a value counts: the first ones of each row.

    Returns:
        ``[b, T]``; the first level where it is before the values that are looked at.
    """
    index, known = np.arange(len(y)), learnt.sum(axis=1)
    first = np.maximum(known - NEWEST, 0)
    base = y[index, first][:, None]
    y = y - base  # else a large level takes the digits of small errors
    column = first[:, None] + np.arange(min(NEWEST, y.shape[1]))
    recent = y[index[:, None], np.minimum(column, y.shape[1] - 1)]
    counted = column < known[:, None]
    low, high = np.full(len(y), 1e-3), np.full(len(y), 0.999)
    for _ in range(ROUNDS):
        grid = low[:, None] + (high - low)[:, None] * np.linspace(0, 1, POINTS)
        best = np.argmin(_squares(recent, counted, grid)[0], axis=1)
        low = grid[index, np.maximum(best - 1, 0)]
        high = grid[index, np.minimum(best + 1, POINTS - 1)]
    constant = grid[index, best]
    level = _squares(recent, counted, constant[:, None])[1][:, 0]
    levels: Array = np.repeat(level[:, None], y.shape[1], axis=1)
    for t in range(int(first.min()), y.shape[1]):
        level = level + constant * (y[:, t] - level) * (t >= first)
        levels[:, t] = level
    levels += base
    return levels


def _squares(y: Array, learnt: Array, constant: Array) -> tuple[Array, Array]:
    """The sum of squared errors of each constant, and its best first level, ``[b, C]`` both."""
    level, weight = np.zeros_like(constant), np.ones_like(constant)
    square, cross, own = (np.zeros_like(constant) for _ in range(3))
    for t in range(y.shape[1]):
        counted = learnt[:, t, None]
        error = (y[:, t, None] - level) * counted
        square += error * error
        cross += error * weight
        own += weight * weight * counted
        level += constant * (y[:, t, None] - level)
        weight = weight * (1 - constant)
    first = cross / own  # the first value always counts
    return square - first * cross, first


def _line(y: Array, learnt: Array) -> tuple[Array, Array]:
    """The straight line of least squares: its value in column 0, and its slope."""
    count = learnt.sum(axis=1)
    column = np.arange(y.shape[1]) - (count[:, None] - 1) / 2
    mean = np.where(learnt, y, 0).sum(axis=1) / count
    spread = np.where(learnt, column**2, 0).sum(axis=1)
    slope = np.where(learnt, column * y, 0).sum(axis=1) / np.where(spread > 0, spread, 1)
    return mean - slope * (count - 1) / 2, slope
