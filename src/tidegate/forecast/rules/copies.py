"""Forecasts that copy: nothing in them is estimated but a mean.

Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd edition, 5.2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .block import Ahead, Block

Array = NDArray[Any]


def naive(block: Block, season: int) -> Ahead:
    """The last value, again and again."""

    def ahead(row: Array, cut: Array, horizon: int) -> Array:
        return np.repeat(block.carried[row, cut - 1][:, None], horizon, axis=1)

    return ahead


def seasonal_naive(block: Block, season: int) -> Ahead:
    """The value a season before, or as many seasons as it takes; the last one if there is none."""
    same_phase = block.same_phase(season)

    def ahead(row: Array, cut: Array, horizon: int) -> Array:
        column = cut[:, None] - season + np.arange(horizon) % season
        found = same_phase[row[:, None], np.maximum(column, 0)]
        known = (column >= 0) & ~np.isnan(found)
        return np.where(known, found, block.carried[row, cut - 1][:, None])

    return ahead


def drift(block: Block, season: int) -> Ahead:
    """The straight line through the first value and the last."""
    first = np.argmax(~np.isnan(block.y), axis=1)

    def ahead(row: Array, cut: Array, horizon: int) -> Array:
        last = block.newest[row, cut - 1]
        rise = block.carried[row, cut - 1] - block.y[row, first[row]]
        slope = rise / np.maximum(last - first[row], 1)
        steps = (cut - last)[:, None] + np.arange(horizon)
        forecast: Array = block.carried[row, cut - 1][:, None] + slope[:, None] * steps
        return forecast

    return ahead


def mean(block: Block, season: int) -> Ahead:
    """The mean of the values to learn from, whatever came after them."""
    y = np.where(block.learnt, block.y, np.nan)
    count = np.maximum((~np.isnan(y)).sum(axis=1), 1)
    return _constant(np.nansum(y, axis=1) / count)


def median(block: Block, season: int) -> Ahead:
    """The median of the values to learn from, whatever came after them."""
    y = np.sort(np.where(block.learnt, block.y, np.nan), axis=1)  # NaN comes last
    count = np.maximum((~np.isnan(y)).sum(axis=1), 1)
    ends = np.stack([(count - 1) // 2, count // 2], axis=1)
    return _constant(np.take_along_axis(y, ends, axis=1).mean(axis=1))


def _constant(values: Array) -> Ahead:
    def ahead(row: Array, cut: Array, horizon: int) -> Array:
        return np.repeat(values[row][:, None], horizon, axis=1)

    return ahead
