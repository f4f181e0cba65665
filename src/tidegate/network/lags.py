"""What subjects of an audit share: contexts, tables by lag, and a loss without targets."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

CHANGE = "change of the output"
"""The loss of a model without targets: the squared change beside the output's variance."""


def change(short: Array, full: Array) -> Array:
    """For each sequence, the squared change of the output beside the output's variance.

    Example:
        >>> change(np.array([[1.0], [0.0]]), np.array([[1.0], [-1.0]])).tolist()
        [0.0, 1.0]
        >>> large = np.array([[1e30], [-1e30]], np.float32)  # its square is none of float32
        >>> change(large, large).tolist()
        [0.0, 0.0]
    """
    short, full = short.astype(np.float64), full.astype(np.float64)
    scale = float(((full - full.mean(axis=0)) ** 2).mean()) or float((full**2).mean()) or 1.0
    found: Array = ((short - full) ** 2).mean(axis=1) / scale
    return found


def doubling(longest: int) -> list[int]:
    """1, 2, 4, ... and the longest.

    Example:
        >>> doubling(9)
        [1, 2, 4, 8, 9]
    """
    return [*(2**i for i in range(31) if 2**i < longest), longest]


def spread(n: int, most: int) -> Array:
    """So many of n numbers, evenly.

    Example:
        >>> spread(9, 3).tolist(), spread(2, 3).tolist()
        ([0, 4, 8], [0, 1])
    """
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))


def beside(tables: list[tuple[Array, Array]]) -> tuple[Array, Array]:
    """(lag, ``[k, L, inputs]``) of several outputs as lag and ``[k, outputs, L, inputs]``."""
    low, high = min(lag[0] for lag, _ in tables), max(lag[-1] for lag, _ in tables)
    k, _, inputs = tables[0][1].shape
    found = np.full((k, len(tables), int(high - low) + 1, inputs), np.nan)
    for i, (lag, table) in enumerate(tables):
        found[:, i, lag[0] - low : lag[-1] - low + 1] = table
    return np.arange(low, high + 1), found


def by_lag(by_row: Array, rows: Array, about: Array) -> tuple[Array, Array]:
    """lag ``[L]``, and ``[k, L, inputs]`` of the sizes of ``[N, inputs]`` gradients, lags counted
    from the row that an output is about."""
    k, first = len(rows), np.cumsum(rows) - rows
    low, high = int((about - rows + 1).min()), int(about.max())
    table = np.full((k, high - low + 1, by_row.shape[1]), np.nan)
    sequence = np.repeat(np.arange(k), rows)
    row = np.arange(len(by_row)) - np.repeat(first, rows)
    table[sequence, np.repeat(about, rows) - row - low] = np.abs(by_row)
    return np.arange(low, high + 1), table
