"""What the Theta method makes of a window: what stands beside smoothing, of many series.

The season is taken off; what is left is forecast half by its straight line, half by simple
smoothing of twice its distance from that (Assimakopoulos and Nikolopoulos 2000, with the lines
θ = 0 and θ = 2); and the season is put back. A season is smaller than it looks, by as much as
chance alone would make of it (James and Stein 1961), so where there is none, none is put back.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cells.base import sigmoid
from .normal import total
from .rules.smoothing import TINY

Array = NDArray[Any]

CONSTANTS = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.98])
"""Of simple smoothing; each counts for as much as it is likely."""
TWICE = 2
"""Times that each phase must have been seen for a season to be taken off."""
TELLING = 5.0
"""Theta counts beside smoothing as the squared errors of both to this power: as likely as each
would be by ten rows, as a window's own would leave only one of them."""


def theta(z: Array, seen: Array, horizon: int, season: int) -> tuple[Array, Array]:
    """What comes after k windows, ``[k, h]``, and the squared errors of each that were made before
    it, ``[k]``.

    Args:
        z: ``[k, R]`` float64, missing values filled.
        seen: ``[k, R]``, whether a value was observed; one at least of each window.
        horizon: steps ahead, h.
        season: m rows, 2 at least and fewer than R.

    Example:
        >>> z = np.tile([1.0, -1.0], 8)[None]
        >>> theta(z, z == z, 4, 2)[0].round(3).tolist()
        [[1.0, -1.0, 1.0, -1.0]]
    """
    rows, place = z.shape[1], np.arange(z.shape[1])
    counts = np.where(seen, 1.0, 0.0)
    shape = shrunken(z, counts, season)
    left = z - shape[:, (place - rows) % season]
    count = total(counts)[:, None]
    middle, mean = (total(counts * each)[:, None] / count for each in (place, left))
    away = place - middle
    slope = total(counts * away * (left - mean))[:, None]
    slope = slope / np.maximum(total(counts * away**2), TINY)[:, None]
    far = 2 * left - mean - slope * away
    level, square = np.zeros((len(z), len(CONSTANTS))), np.zeros((len(z), len(CONSTANTS)))
    begun = np.zeros((len(z), 1))
    for t in range(rows):
        moves = counts[:, t, None]
        error = (far[:, t, None] - level) * moves
        square += error * error * begun
        level += error * np.where(begun > 0, CONSTANTS, 1.0)
        begun = np.maximum(begun, moves)
    # of what is forecast half is the line, without error of its own
    square /= 4
    room = np.maximum(count - 1, 1)
    criterion = room * np.log(np.maximum(square / room, TINY))
    weight = np.exp((criterion.min(axis=1, keepdims=True) - criterion) / 2)
    weight /= weight.sum(axis=1, keepdims=True)
    step = np.arange(1, horizon + 1)
    line = mean + slope * (rows - 1 - middle)
    found = (total(weight * level)[:, None] + line) / 2 + slope / 2 * step
    return found + shape[:, (step - 1) % season], total(weight * square)


def shrunken(z: Array, counts: Array, season: int) -> Array:
    """``[k, m]``, the season of k windows, from the phase of what follows on: the means of what is
    beside a centred moving average, less what chance makes of them.

    Args:
        z: ``[k, R]``
        counts: ``[k, R]``, 1 for what was observed, else 0.
        season: m rows.
    """
    weights, first = centred(season)
    columns = z.shape[1] - len(weights) + 1
    trend = np.zeros((len(z), columns))
    for i, weight in enumerate(weights):
        trend += weight * z[:, i : i + columns]
    beside = z[:, first : first + columns] - trend
    counts = counts[:, first : first + columns]
    phase = phases_of(z.shape[1], season)
    count, shape, spread = (np.zeros((len(z), season)) for _ in range(3))
    for p in range(season):
        some, values = counts[:, phase == p], beside[:, phase == p]
        count[:, p] = total(some)
        shape[:, p] = total(some * values) / np.maximum(count[:, p], 1)
        spread[:, p] = total(some * (values - shape[:, p, None]) ** 2)
    shape -= total(shape)[:, None] / season
    chance = total(spread) / np.maximum(total(count) - season, 1) * season
    chance /= np.maximum(total(count), 1)
    size = total(shape**2) / (season - 1)
    kept = np.maximum(1 - chance / np.maximum(size, TINY), 0.0)
    known = count.min(axis=1) >= TWICE
    found: Array = shape * (kept * known)[:, None]
    return found


def centred(season: int) -> tuple[Array, int]:
    """The weights of a moving average over a season, of an even one half of both ends; and the row
    that the first one is for."""
    even = season % 2 == 0
    weights = np.ones(season + even)
    if even:
        weights[[0, -1]] = 0.5
    return weights / season, season // 2


def phases_of(rows: int, season: int) -> Array:
    """``[columns]``, the phase of each row that a moving average is for, 0 for that of the first
    row after the window."""
    weights, first = centred(season)
    found: Array = (first + np.arange(rows - len(weights) + 1) - rows) % season
    return found


def share(square: Array, smoothed: Array) -> Array:
    """``[k]``, how much Theta counts beside smoothing, by the squared errors of both."""
    both = (np.log(np.maximum(each, TINY)) for each in (smoothed, square))
    found: Array = sigmoid(TELLING * np.subtract(*both))
    return found
