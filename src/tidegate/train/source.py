"""Where the batches of a run come from: sequences in a shuffled order, or drawn by a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..network.classes import Classes
from .sequences import Index, Sequences, batches
from .settings import FitSettings

if TYPE_CHECKING:
    from ..data.bags import TokenBags
    from ..data.spans import Spans

Array = NDArray[Any]


@dataclass(frozen=True)
class Drawn:
    """A batch that was made for one update."""

    rows: Array | TokenBags
    """``[N, columns]`` of the network's dtype, or ``[N]`` token ids or `TokenBags`."""
    spans: Spans
    """n sequences in them."""
    targets: Array
    """``[M, ...]``, given whole to a loss of one's own."""
    target_index: Index | None = None
    """``[n]``, for the network's loss, as in `Network.train_step`."""
    weights: Array | None = None
    """``[M]``, of the rows of targets, for the network's loss."""

    def __len__(self) -> int:
        return len(self.spans)

    def target_rows(self) -> Index:
        """All of them."""
        return np.arange(len(self.targets))


@dataclass(frozen=True)
class Chunk:
    """A batch that goes on where the one before has stopped, and leaves where it stops."""

    rows: Array
    """``[N]`` token ids."""
    spans: Spans
    """n sequences in them."""
    targets: Array
    """``[N]`` class ids, beside the rows."""
    state: tuple[Array, ...]
    """Where the sequences start, ``[layers, n, H]`` each; a training step moves it on in place."""
    classes: Classes | None = None
    """The only ones that are scored; None for all."""
    weights: None = None

    def __len__(self) -> int:
        return len(self.spans)

    def target_rows(self) -> Index:
        """All of them."""
        return np.arange(len(self.targets))


Draw: TypeAlias = Callable[[int], Drawn]
"""(updates done) → the batch of the next one; the same for the same number."""
Part: TypeAlias = Sequences | Drawn | Chunk


class Source(Protocol):
    """What a run asks for its batches."""

    @property
    def per_epoch(self) -> int:
        """Updates in an epoch."""
        ...

    def batch(self, epoch: int, number: int) -> Part:
        """One batch of an epoch."""
        ...

    def size(self, epoch: int, number: int) -> int:
        """The sequences in it."""
        ...

    def memory(self) -> list[Array]:
        """States ``[layers, n, H]`` that one batch leaves to the next; written to, to resume."""
        ...


class Shuffled:
    """Each sequence once in an epoch, in an order that the seed and the epoch decide."""

    def __init__(self, sequences: Sequences, settings: FitSettings) -> None:
        self.sequences = sequences
        self.settings = settings
        self.per_epoch = -(-len(sequences) // settings.batch)
        self._order: tuple[int, list[Index]] = (-1, [])

    def batch(self, epoch: int, number: int) -> Sequences:
        """One batch of an epoch, over the tables of all."""
        return self.sequences.batch(self._batches(epoch)[number])

    def size(self, epoch: int, number: int) -> int:
        """The sequences in it."""
        return len(self._batches(epoch)[number])

    def memory(self) -> list[Array]:
        """None: each batch starts anew."""
        return []

    def _batches(self, epoch: int) -> list[Index]:
        if self._order[0] != epoch:
            s, lengths = self.settings, np.asarray(self.sequences.spans.length)
            self._order = (epoch, batches(lengths, s.batch, s.seed, epoch, s.bucket))
        return self._order[1]


class Stream:
    """A new batch for each update, of which no more than a batch is in memory.

    All updates are one long epoch, or as many as are asked for.
    """

    def __init__(self, draw: Draw, settings: FitSettings, epochs: int = 1) -> None:
        if settings.updates is None:
            raise ArgumentError("FitSettings.updates must be given where batches are drawn")
        if settings.checkpoint is not None:
            raise ArgumentError(
                "FitSettings.checkpoint cannot be used where batches are drawn: what they are "
                "drawn from is not known, and so not compared; leave it out"
            )
        self.draw = draw
        self.settings = settings
        self.per_epoch = -(-settings.updates // epochs)

    def batch(self, epoch: int, number: int) -> Drawn:
        """The batch of an update."""
        return self.draw(epoch * self.per_epoch + number)

    def size(self, epoch: int, number: int) -> int:
        """The sequences that the settings ask for."""
        return self.settings.batch

    def memory(self) -> list[Array]:
        """None: each batch starts anew."""
        return []
