"""Where the steps of sequences lie in a tensor, and the way to rows one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from ..data.spans import Spans


class Layout(Protocol):
    """How a module was given its sequences. Each way is made of operations that torch derives."""

    @property
    def spans(self) -> Spans:
        """The sequences, in the order of the batch, over the rows."""
        ...

    def rows(self, x: Tensor) -> Tensor:
        """``[N, features]``, contiguous: the steps of a sequence one after the other."""
        ...

    def placed(self, rows: Tensor) -> Tensor:
        """Rows as the module gives them back."""
        ...

    def padded(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """``[B, T, features]`` and the lengths ``[B]``, None where all have T steps."""
        ...

    def unpadded(self, y: Tensor) -> Tensor:
        """``[B, T, features]`` as the module gives it back."""
        ...


@dataclass(frozen=True)
class Padded:
    """One tensor for a batch."""

    batch: int
    steps: int
    batch_first: bool
    lengths: Tensor | None
    """``[B]`` int64; None where all have T steps."""

    @cached_property
    def spans(self) -> Spans:
        """One for each sequence, T rows apart."""
        start = np.arange(self.batch) * self.steps
        if self.lengths is None:
            return Spans(start, np.full(self.batch, self.steps))
        return Spans(start, self.lengths.numpy())

    def rows(self, x: Tensor) -> Tensor:
        """All steps of the first sequence, then the next."""
        return self._turned(x).contiguous().view(self.batch * self.steps, x.shape[-1])

    def placed(self, rows: Tensor) -> Tensor:
        """The other way round."""
        y = rows.view(self.batch, self.steps, -1)
        return y if self.batch_first else y.transpose(0, 1).contiguous()

    def padded(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Itself."""
        return self._turned(x), self.lengths

    def unpadded(self, y: Tensor) -> Tensor:
        """Itself."""
        return self._turned(y)

    def _turned(self, x: Tensor) -> Tensor:
        return x if self.batch_first else x.transpose(0, 1)


@dataclass(frozen=True)
class Packed:
    """A PackedSequence: step 0 of all sequences, then step 1 of those that have one, ..."""

    batch_sizes: Tensor
    """``[T]`` int64, decreasing."""

    @cached_property
    def spans(self) -> Spans:
        """The longest sequence first."""
        sizes = self.batch_sizes.numpy()
        # as many sequences have more than t steps as there are at step t
        length = np.searchsorted(-sizes, -np.arange(sizes[0]), side="left")
        return Spans(np.cumsum(length) - length, length)

    @cached_property
    def index(self) -> Tensor:
        """``[N]``, the packed row of each row."""
        sizes, spans = self.batch_sizes.numpy(), self.spans
        before = np.cumsum(sizes) - sizes
        step = np.arange(int(sizes.sum())) - np.repeat(spans.start, spans.length)
        sequence = np.repeat(np.arange(len(spans)), spans.length)
        return torch.from_numpy(before[step] + sequence)

    @cached_property
    def back(self) -> Tensor:
        """``[N]``, the row of each packed row."""
        back = torch.empty_like(self.index)
        back[self.index] = torch.arange(len(back))
        return back

    def rows(self, x: Tensor) -> Tensor:
        """Unpacked, without padding."""
        return x.index_select(0, self.index)

    def placed(self, rows: Tensor) -> Tensor:
        """Packed again."""
        return rows.index_select(0, self.back)

    def padded(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Unpacked, with padding."""
        lengths = torch.from_numpy(self.spans.length)
        parts = torch.split(self.rows(x), lengths.tolist())
        return pad_sequence(list(parts), batch_first=True), lengths

    def unpadded(self, y: Tensor) -> Tensor:
        """Packed again."""
        steps = torch.arange(y.shape[1])
        inside = steps < torch.from_numpy(self.spans.length)[:, None]
        return self.placed(y[inside])
