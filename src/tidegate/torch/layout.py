"""Where the steps of sequences lie in a tensor: the core reads and writes them there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .. import _core

Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Places:
    """n sequences over rows."""

    start: Index
    """``[n]``, the row of each one's first step."""
    length: Index
    """``[n]``, its steps."""
    offset: Index | None
    """``[longest]``, how many rows after its start step t lies; None for t."""

    def __len__(self) -> int:
        return len(self.start)

    @cached_property
    def native(self) -> Any:
        """The same for the core."""
        return _core.Places(self.start, self.length, self.offset)

    def rows(self) -> Index:
        """The row of each step, one sequence after the other.

        Example:
            >>> Places(np.array([0, 1]), np.array([3, 2]), np.array([0, 2, 4])).rows()
            array([0, 2, 4, 1, 3])
        """
        step = np.arange(self.length.sum()) - np.repeat(self.dense().start, self.length)
        shift = step if self.offset is None else self.offset[step]
        found: Index = np.repeat(self.start, self.length) + shift
        return found

    def turned(self) -> Index:
        """For each row up to the last one with a step, that of the same sequence turned round.

        Example:
            >>> Places(np.array([0, 1]), np.array([3, 2]), np.array([0, 2, 4])).turned()
            array([4, 3, 2, 1, 0])
        """
        rows = self.rows()
        first = np.repeat(self.dense().start, self.length)
        last = first + np.repeat(self.length, self.length) - 1
        found = np.zeros(rows.max() + 1, np.int64)
        found[rows] = rows[first + last - np.arange(len(rows))]
        return found

    def dense(self) -> Places:
        """Of the same sequences one after the other, with nothing between them."""
        return Places(np.cumsum(self.length) - self.length, self.length, None)

    def pieces(self) -> list[tuple[NDArray[Any], Places]]:
        """The sequences cut into about √T/8 pieces: which of them reach each, and where it lies.

        The last one's states are kept, so larger pieces take less time, and more memory.

        Example:
            >>> cut = Places(np.array([0, 100]), np.array([100, 60]), None).pieces()
            >>> [(which.tolist(), part.start.tolist(), part.length.tolist()) for which, part in cut]
            [([0, 1], [0, 100], [80, 60]), ([0], [80], [20])]
        """
        longest = int(self.length.max())
        size = max(1, round(8 * math.sqrt(longest)))
        found = []
        for first in range(0, longest, size):
            which = np.flatnonzero(self.length > first)
            length = np.minimum(self.length[which] - first, size)
            before, offset = first, None
            if self.offset is not None:
                before = int(self.offset[first])
                offset = self.offset[first : first + size] - before
            found.append((which, Places(self.start[which] + before, length, offset)))
        return found


class Layout(Protocol):
    """How a module was given its sequences."""

    @property
    def places(self) -> Places:
        """Of the sequences, in the order of the batch, over ``[rows, features]``."""
        ...

    @property
    def full(self) -> bool:
        """Whether each row belongs to a sequence."""
        ...

    def padded(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """``[B, T, features]`` and the lengths ``[B]``, None where all have T steps; derivable."""
        ...

    def unpadded(self, y: Tensor) -> Tensor:
        """``[B, T, features]`` as the module gives it back; derivable."""
        ...


@dataclass(frozen=True)
class Padded:
    """One tensor for a batch."""

    batch: int
    steps: int
    batch_first: bool
    lengths: Tensor | None
    """``[B]`` int64; None where all have T steps."""

    @property
    def places(self) -> Places:
        """One after the other, or side by side."""
        given = None if self.lengths is None else whole(self.lengths).tobytes()
        return _padded(self.batch, self.steps, self.batch_first, given)

    @property
    def full(self) -> bool:
        """Whether nothing is padding."""
        return self.lengths is None or bool((self.lengths == self.steps).all())

    def padded(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Itself."""
        return self.unpadded(x), self.lengths

    def unpadded(self, y: Tensor) -> Tensor:
        """Itself."""
        return y if self.batch_first else y.transpose(0, 1)


@dataclass(frozen=True)
class Packed:
    """A PackedSequence: step 0 of all sequences, then step 1 of those that have one, ..."""

    batch_sizes: Tensor
    """``[T]`` int64, decreasing."""
    rows: int
    """Of the data."""
    batch: int | None = None
    """Sequences, where somebody knows without a look at ``batch_sizes``."""

    full = True

    @property
    def places(self) -> Places:
        """Side by side, the longest first."""
        return _packed(whole(self.batch_sizes).tobytes(), self.rows)

    @cached_property
    def _inside(self) -> Tensor:
        """``[T, B]``, which sequences have a step t."""
        batch = int(self.batch_sizes[0]) if self.batch is None else self.batch
        return torch.arange(batch) < self.batch_sizes[:, None]

    @cached_property
    def _index(self) -> Tensor:
        """``[N]``, where the packed rows lie among the T times B; of a size that no value tells."""
        return (~self._inside).flatten().to(torch.uint8).argsort(stable=True)[: self.rows]

    def padded(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Unpacked, with padding."""
        steps, batch = self._inside.shape
        rows = x.new_zeros(steps * batch, x.shape[-1]).index_copy(0, self._index, x)
        return rows.view(steps, batch, -1).transpose(0, 1), self._inside.sum(0)

    def unpadded(self, y: Tensor) -> Tensor:
        """Packed again."""
        return y.transpose(0, 1).flatten(0, 1).index_select(0, self._index)


def whole(numbers: Tensor) -> Index:
    """A tensor of whole numbers as an array, where torch.func hides its memory too."""
    if torch._C._are_functorch_transforms_active():
        return np.array(numbers.tolist(), np.int64)
    found: Index = numbers.numpy()
    return found


def check_lengths(lengths: Tensor, steps: int) -> None:
    """Refuses those that cannot be.

    Raises:
        ValueError: with the first that is below 1 or above ``steps``.
    """
    given = whole(lengths)
    wrong = np.flatnonzero((given < 1) | (given > steps))
    if wrong.size:
        which = int(wrong[0])
        raise ValueError(
            f"lengths must be from 1 to {steps}, got {given[which]} for sequence {which}"
        )


# Kept from call to call: to count a batch's rows takes longer than to find them by its shape.
@lru_cache(maxsize=64)
def _padded(batch: int, steps: int, batch_first: bool, lengths: bytes | None) -> Places:
    length = np.full(batch, steps) if lengths is None else np.frombuffer(lengths, np.int64).copy()
    if batch_first:
        return Places(np.arange(batch) * steps, length, None)
    return Places(np.arange(batch), length, np.arange(steps) * batch)


@lru_cache(maxsize=64)
def _packed(batch_sizes: bytes, rows: int) -> Places:
    sizes = np.frombuffer(batch_sizes, np.int64)
    if sizes[-1] < 0 or (np.diff(sizes) > 0).any() or sizes.sum() != rows:
        raise RuntimeError(
            f"batch_sizes of a PackedSequence must not rise and must sum up to its {rows} rows, "
            f"got {sizes.tolist()}"
        )
    # as many sequences have more than t steps as there are at step t
    length = np.searchsorted(-sizes, -np.arange(sizes[0]), side="left")
    return Places(np.arange(sizes[0]), length, np.cumsum(sizes) - sizes)
