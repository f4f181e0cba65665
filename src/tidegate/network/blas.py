"""NumPy's linear algebra, one thread of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import RLock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

_turn = RLock()
if hasattr(os, "register_at_fork"):  # a child has none of the threads that could give the lock back
    os.register_at_fork(
        before=_turn.acquire, after_in_parent=_turn.release, after_in_child=_turn.release
    )


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """NumPy's BLAS uses one thread within; a caller at a time, as the number is the process's own.

    Where another thread holds a limit of threadpoolctl's, that one stands.

    The threads of a BLAS wait for each other many times in a small factorisation, and then stay
    awake on the cores that ours are to use. On a machine where other programs compute too, a QR of
    128 columns took 1.2 s so, and takes 1 ms alone.
    """
    with _turn, _libraries().limit(limits=1, user_api="blas"):
        yield


@cache
def _libraries() -> ThreadpoolController:
    """Those that the process has loaded, NumPy's among them: to look for them takes longer than
    a QR."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
