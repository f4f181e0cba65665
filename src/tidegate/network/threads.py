"""How many threads the core uses."""

from __future__ import annotations

from .. import _core
from .checks import whole_number

MOST = 4096
"""More are a slip, and would take the system's memory for their stacks."""


def get_threads() -> int:
    """The threads that the core uses; at first ``OMP_NUM_THREADS``, else one a core."""
    return int(_core.threads())


def set_threads(n: int) -> None:
    """Sets the threads that the core uses; results are the same for any number.

    Raises:
        ArgumentError: if n is no whole number from 1 to 4096.

    Example:
        >>> before = get_threads()
        >>> set_threads(2)
        >>> get_threads()
        2
        >>> set_threads(before)
    """
    _core.set_threads(whole_number(n, "threads", 1, MOST))
