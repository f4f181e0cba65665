"""Processes that train one model together: each computes a part of every batch.

All of them run the same program on the same data, so that each knows every batch; what they tell
each other is the sum of gradients and, for a loss of one's own, the outputs. The means of telling
come from outside: `tidegate.torch` has those of torch.distributed.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError

Array = NDArray[Any]


class Company(Protocol):
    """The processes, as one of them sees them. Every call is made by all, in the same order."""

    @property
    def rank(self) -> int:
        """Which of them this one is, from 0."""
        ...

    @property
    def size(self) -> int:
        """How many there are."""
        ...

    def sum(self, values: Array) -> None:
        """Replaces an array by its sum over all, with the same bits everywhere and every time."""
        ...

    def gather(self, values: Array) -> list[Array]:
        """The arrays of all, by rank; they may differ along their first axis."""
        ...


class Alone:
    """A company of one."""

    rank = 0
    size = 1

    def sum(self, values: Array) -> None:
        """Nothing to add."""

    def gather(self, values: Array) -> list[Array]:
        """Its own."""
        return [values]


@dataclass
class Together:
    """How runs are shared, while `together` lasts."""

    company: Company
    folder: Path | None
    """Where each run leaves a checkpoint, and goes on from it if there is one."""
    every: int
    """Updates from one to the next."""
    runs: int = 0
    """Runs begun."""

    def next_checkpoint(self) -> Path | None:
        """The file of the run that begins now: the same for the same run of a program."""
        self.runs += 1
        return None if self.folder is None else self.folder / f"run-{self.runs}.safetensors"

    def complete(self, states: list[Array]) -> None:
        """Fills arrays ``[layers, n, H]``, of which each process has moved its share of n on."""
        for state in states:
            part = np.moveaxis(state[:, self.share(state.shape[1])], 1, 0)
            parts = self.company.gather(np.ascontiguousarray(part))
            state[...] = np.moveaxis(np.concatenate(parts), 0, 1)

    def share(self, count: int) -> slice:
        """What this process computes of so many sequences."""
        rank, size = self.company.rank, self.company.size
        return slice(count * rank // size, count * (rank + 1) // size)


_current: Together | None = None


@contextmanager
def together(
    company: Company | None = None, folder: Path | None = None, every: int = 100
) -> Iterator[Together]:
    """While this lasts, all training of this process is a part of what the company does.

    Args:
        company: the processes; None for this one alone.
        folder: for checkpoints, so that a run that is killed goes on when it is begun again; made
            if need be. None for no checkpoints.
        every: updates from one checkpoint to the next.

    Raises:
        ArgumentError: inside of another.
    """
    global _current
    if _current is not None:
        raise ArgumentError("training is shared already; leave the context that shares it first")
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    _current = Together(company or Alone(), folder, every)
    try:
        yield _current
    finally:
        _current = None


def current() -> Together | None:
    """How the run that begins now is shared; None for not at all.

    Raises:
        ArgumentError: in a thread: runs at once would speak across each other.
    """
    if _current is not None and threading.current_thread() is not threading.main_thread():
        raise ArgumentError("shared training runs one model after the other; take n_jobs=1")
    return _current
