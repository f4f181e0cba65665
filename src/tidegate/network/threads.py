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


class _Shared:
    """Who makes calls beside others at present, and how many threads there are for all of them."""

    lock = threading.Lock()
    users = 0
    threads = 1
    given = 0
    """The share that was set last."""


@contextmanager
def share_of_threads() -> Iterator[None]:
    """The core uses a share of its threads within, for who makes calls beside others; who leaves
    gives back those that it had.

    It is the process's own number: a call has as many threads as it is divided into, 1 at least.
    One that someone sets meanwhile stays.

    Example:
        >>> before = get_threads()
        >>> set_threads(4)
        >>> with share_of_threads():
        ...     with share_of_threads():
        ...         shared = get_threads()
        ...     alone = get_threads()
        >>> shared, alone, get_threads()
        (2, 4, 4)
        >>> set_threads(before)
    """
    with _Shared.lock:
        if not _Shared.users:
            _Shared.threads = _Shared.given = get_threads()
        _divide(_Shared.users + 1)
    try:
        yield
    finally:
        with _Shared.lock:
            _divide(_Shared.users - 1)


def _divide(users: int) -> None:
    """Among so many from now on, unless someone has set another number."""
    _Shared.users = users
    if get_threads() == _Shared.given:
        _Shared.given = max(1, _Shared.threads // max(1, users))
        set_threads(_Shared.given)
