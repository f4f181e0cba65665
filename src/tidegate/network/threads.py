"""How many threads the core uses."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

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


class _Each:
    """Who wants one thread a call at present, and how many there were before the first of them."""

    lock = threading.Lock()
    users = 0
    before = 1


@contextmanager
def one_thread_each() -> Iterator[None]:
    """The core uses one thread a call within, for who makes several calls at once.

    It is the process's own number: it comes back when the last of all who are within has left,
    unless someone has set another one meanwhile.

    Example:
        >>> before = get_threads()
        >>> with one_thread_each(), one_thread_each():
        ...     get_threads()
        1
        >>> get_threads() == before
        True
    """
    with _Each.lock:
        if not _Each.users:
            _Each.before = get_threads()
            set_threads(1)
        _Each.users += 1
    try:
        yield
    finally:
        with _Each.lock:
            _Each.users -= 1
            if not _Each.users and get_threads() == 1:
                set_threads(_Each.before)
