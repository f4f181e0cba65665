"""Room for results, used again once nobody holds them."""

from __future__ import annotations

import math
import sys
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST = 1 << 18
"""Bytes: smaller arrays come from memory that the process keeps anyway."""
MOST = 4
"""Arrays that are kept."""


class Recycled:
    """Empty arrays of one dtype; the memory of large ones is kept and given out again.

    A large array that is new costs the system a page at a time, each cleared when it is first
    written to: up to a tenth of a training step. What somebody still holds, or holds a view of, is
    never given out.

    Example:
        >>> room = Recycled(np.dtype("float32"))
        >>> first = room.empty((512, 512))
        >>> place = first.ctypes.data
        >>> room.empty((512, 512)).ctypes.data == place
        False
        >>> del first
        >>> room.empty((512, 512)).ctypes.data == place
        True
    """

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self._dtype = dtype
        self._lock = threading.Lock()
        self._kept: list[NDArray[Any]] = [np.empty(0, dtype)]
        self._alone = self._references()[0]
        self._kept.clear()

    def empty(self, shape: tuple[int, ...]) -> NDArray[Any]:
        """An array of that shape, not filled."""
        if math.prod(shape) * self._dtype.itemsize < LEAST:
            return np.empty(shape, self._dtype)
        with self._lock:
            for i, references in enumerate(self._references()):
                if references == self._alone and self._kept[i].shape == shape:
                    self._kept.append(self._kept.pop(i))  # the one used last goes last
                    return self._kept[-1].view()
            self._kept = [*self._kept[1 - MOST :], np.empty(shape, self._dtype)]
            return self._kept[-1].view()

    def _references(self) -> list[int]:
        return [sys.getrefcount(array) for array in self._kept]
