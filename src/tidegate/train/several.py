"""Several trainings of one fit, side by side, each with the bits that it has alone.

Small networks gain little from a second core in each update, and none in what Python does between
two of them. Side by side, one trains while the batch of another is made; one that is left alone has
all threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextvars import copy_context
from typing import TypeVar

from ..network.threads import get_threads, share_of_threads
from . import company
from .history import History
from .interrupt import Interrupt
from .progress import Listener, Report

LARGE = 256
"""Units in all, from which on a network is better trained by many cores than beside others."""
LOOK = 0.05
"""Seconds between two looks for Ctrl-C while others are waited for."""
Found = TypeVar("Found")
Training = Callable[[bool | Listener | None], Found]
"""(who is told of its progress) → what came of it."""


class _Stopped(Exception):
    """Ends a training when Ctrl-C ended another."""


def at_once(units: int, count: int) -> int:
    """How many of so many trainings run at a time.

    Args:
        units: of each network, in all of its layers and directions.
        count: of the trainings.
    """
    threads = get_threads()
    if company.current() is not None or (units >= LARGE and threads > count):
        return 1
    return min(threads, count)


def side_by_side(
    trainings: Sequence[Training[Found]],
    most: int,
    progress: bool | Listener | None,
    course: Callable[[Found], History],
) -> tuple[list[Found], bool]:
    """What came of each training, and whether Ctrl-C has ended them: then there may be fewer, the
    last of them half done.

    The first of those that run at a time does so in this thread, and shows its progress.

    Args:
        trainings: in the order in which they begin.
        most: how many run at a time.
        progress: as for `train.fit`.
        course: of what a training leaves.
    """
    found: list[Found] = []
    ended = False
    while len(found) < len(trainings) and not ended:
        group = trainings[len(found) : len(found) + most]
        with Interrupt() as interrupt:
            if len(group) > 1:
                found += _together(group, progress, course, interrupt)
            else:
                found.append(group[0](progress))
        ended = interrupt.asked or course(found[-1]).stopped == "interrupted"
    return found, ended


def _together(
    group: Sequence[Training[Found]],
    progress: bool | Listener | None,
    course: Callable[[Found], History],
    interrupt: Interrupt,
) -> list[Found]:
    """One in this thread, the others in threads beside it; up to the first that Ctrl-C ended."""
    from concurrent.futures import ThreadPoolExecutor, wait

    stop = threading.Event()

    def check(report: Report) -> None:
        if stop.is_set():
            raise _Stopped

    def beside(training: Training[Found]) -> Found | None:
        try:
            with share_of_threads():
                return training(check)
        except _Stopped:
            return None

    with ThreadPoolExecutor(len(group) - 1) as pool:
        others = [pool.submit(copy_context().run, beside, each) for each in group[1:]]
        try:
            with share_of_threads():
                first = group[0](progress)
            if course(first).stopped == "interrupted":
                stop.set()
            while wait(others, LOOK).not_done:
                if interrupt.asked:
                    stop.set()
            found = [first, *(other.result() for other in others)]
        except BaseException:
            stop.set()
            raise
    done = [i for i, each in enumerate(found) if each is None]
    return [each for each in found[: done[0] if done else None] if each is not None]
