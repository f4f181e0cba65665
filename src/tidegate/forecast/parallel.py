"""The same work for many parts: one after the other, or by way of joblib's back ends."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from typing import TypeVar

from ..errors import ArgumentError

Part = TypeVar("Part")
Result = TypeVar("Result")


def each(
    work: Callable[[Part], Result], parts: Iterable[Part], n_jobs: int | None = None
) -> list[Result]:
    """The result for each part, in their order.

    Args:
        work: what to do; for other processes it must be picklable, as must part and result.
        parts: what to do it with.
        n_jobs: how many at once, -1 for one for each core. None for one after the other, or for
            what the caller has set with ``joblib.parallel_config``: a back end such as loky,
            threading, dask or ray, and how many.

    Raises:
        ArgumentError: if several are wanted and joblib is not installed.

    Example:
        >>> each(abs, [-1, 2])
        [1, 2]
    """
    if n_jobs == 1 or (n_jobs is None and "joblib" not in sys.modules):
        return [work(part) for part in parts]
    if find_spec("joblib") is None:
        raise ArgumentError(
            f"n_jobs={n_jobs} needs joblib: pip install 'tidegate[parallel]', or take n_jobs=1"
        )
    from joblib import Parallel, delayed

    found: list[Result] = Parallel(n_jobs=n_jobs)(delayed(work)(part) for part in parts)
    return found
