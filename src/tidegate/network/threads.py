"""How many threads the core uses."""

from __future__ import annotations

import numpy as np

from .. import _core
from ..errors import ArgumentError


def get_threads() -> int:
    """The threads that the core uses; at first ``OMP_NUM_THREADS``, else one a core."""
    return int(_core.threads())


def set_threads(n: int) -> None:
    """Sets the threads that the core uses; results are the same for any number.

    Raises:
        ArgumentError: if n is no whole number from 1 up.

    Example:
        >>> before = get_threads()
        >>> set_threads(2)
        >>> get_threads()
        2
        >>> set_threads(before)
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise ArgumentError(f"threads must be a whole number from 1 up, got {n!r}")
    _core.set_threads(int(n))
