"""A table of many rows, a block at a time: what is computed of each row takes memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 1_000_000
"""Rows that are looked at in one go; a table may have 20 million."""


def blocks(rows: int) -> Iterator[slice]:
    """Slices that cover so many rows, one after the other.

    Example:
        >>> list(blocks(5))
        [slice(0, 5, None)]
    """
    for first in range(0, rows, BLOCK):
        yield slice(first, min(first + BLOCK, rows))


def pairs(
    values: NDArray[Any], start: NDArray[np.int64]
) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Each row of a series and the row after it, a block of them at a time.

    Args:
        values: ``[N]``, series after series.
        start: ``[n]``, the first row of each series, in increasing order.

    Example:
        >>> before, after = next(pairs(np.arange(5), np.array([0, 3])))
        >>> before.tolist(), after.tolist()
        ([0, 1, 3], [1, 2, 4])
    """
    last = start[1:] - 1
    for some in blocks(len(values) - 1):
        low, high = np.searchsorted(last, (some.start, some.stop))
        inside = np.ones(some.stop - some.start, bool)
        inside[last[low:high] - some.start] = False
        yield values[some][inside], values[some.start + 1 : some.stop + 1][inside]
