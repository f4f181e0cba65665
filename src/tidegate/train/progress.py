"""How a run is going: a report for whoever asks, and a bar for the terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

EVERY = 0.1
"""Seconds between two reports, at the least."""


@dataclass(frozen=True)
class Report:
    """Where a run is."""

    epoch: int
    """The epoch that is running, counted from 1."""
    update: int
    """Updates done."""
    updates: int
    """Updates in all, if nothing stops the run before."""
    loss: float
    """Of the last update."""
    validation: float | None
    """Of the last epoch; None before it, or without data held out."""
    sequences_per_second: float
    """Since the run started."""
    seconds_left: float
    """At this pace, validation included."""


Listener: TypeAlias = Callable[[Report], None]


def listener(progress: bool | Listener | None) -> AbstractContextManager[Listener | None]:
    """Who is told: a function, a bar on stderr, or nobody.

    Args:
        progress: a function of one's own; True for the bar, False for nobody; None for the bar if
            stderr is a terminal.
    """
    if callable(progress):
        return nullcontext(progress)
    if progress is None:
        progress = sys.stderr is not None and sys.stderr.isatty()
    return Bar() if progress else nullcontext()


class Pace:
    """Counts what has been done since the start of a run, and when to tell."""

    def __init__(self, tell: Listener | None, done: int, total: int) -> None:
        self._tell = tell
        self._first = done
        self._total = total
        self._sequences = 0
        self._start = time.perf_counter()
        self._next = self._start

    def update(
        self, sequences: int, epoch: int, done: int, loss: float, validation: float | None
    ) -> None:
        """Notes an update of so many sequences; 0 for the end of an epoch, which is always told."""
        self._sequences += sequences
        if self._tell is None:
            return
        now = time.perf_counter()
        if sequences and now < self._next:
            return
        self._next = now + EVERY
        seconds = max(now - self._start, 1e-9)
        left = seconds / max(done - self._first, 1) * (self._total - done)
        pace = self._sequences / seconds
        self._tell(Report(epoch, done, self._total, loss, validation, pace, left))


class Bar:
    """A line on stderr: loss, validation loss, sequences per second and time left."""

    def __init__(self) -> None:
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Listener:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(bar_width=None),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[numbers]}"),
            console=console,
            transient=console.is_terminal,  # elsewhere its last state is all that is shown
        )
        self._bar.start()
        return self._show

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def _show(self, report: Report) -> None:
        assert self._bar is not None
        if self._task is None:
            self._task = self._bar.add_task("", total=report.updates, epoch=1, numbers="")
        self._bar.update(
            self._task, completed=report.update, epoch=report.epoch, numbers=_numbers(report)
        )


def _numbers(report: Report) -> str:
    """The numbers of the bar's line.

    Example:
        >>> _numbers(Report(2, 30, 60, 0.25, 0.3125, 1234.5, 65.0))
        'loss 0.25, validation 0.3125, 1,234 sequences/s, 1:05 left'
    """
    validation = "" if report.validation is None else f", validation {report.validation:.4g}"
    minutes, seconds = divmod(round(report.seconds_left), 60)
    hours, minutes = divmod(minutes, 60)
    left = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return (
        f"loss {report.loss:.4g}{validation}, {report.sequences_per_second:,.0f} sequences/s, "
        f"{left} left"
    )
