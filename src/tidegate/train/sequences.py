"""The sequences that a run sees: their order, their batches, and where their targets lie."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..data.bags import TokenBags
from ..errors import ArgumentError
from ..network import NetworkSpec, NumberInput
from ..network.native import as_array, as_numbers, as_tokens

if TYPE_CHECKING:
    from ..data.spans import Spans

Index = NDArray[np.int64]


@dataclass(frozen=True)
class Held:
    """Sequences with their targets, as `Network.train_step` takes them; here, held out."""

    rows: ArrayLike | TokenBags
    """``[N, columns]`` numbers, or ``[N]`` token ids or `TokenBags`."""
    spans: Spans
    """n sequences in them."""
    targets: ArrayLike
    """``[M, targets]`` numbers, or ``[M]`` class ids; for a custom loss any ``[M, ...]``."""
    target_index: ArrayLike | None = None
    """``[n]``, the row of targets of each sequence; None for its number. Not for readout each."""
    weights: ArrayLike | None = None
    """``[M]``, of the rows of targets."""


@dataclass(frozen=True)
class Sequences:
    """The same, as arrays of the network's own type, so that no step has to convert a table."""

    spec: NetworkSpec
    rows: NDArray[Any] | TokenBags
    spans: Spans
    targets: NDArray[Any]
    target_index: Index | None
    """``[n]``; None for readout each, where targets lie beside the rows."""
    weights: NDArray[Any] | None

    @classmethod
    def of(cls, spec: NetworkSpec, held: Held, title: str, custom: bool) -> Sequences:
        """``held``, checked as far as the core does not do it; ``title`` names it in errors."""
        n = len(held.spans)
        if n == 0:
            raise ArgumentError(f"{title} has no sequences; give at least one span")
        rows = held.rows
        if not isinstance(rows, TokenBags):
            if isinstance(spec.input, NumberInput):
                rows = as_numbers(f"rows of {title}", rows, spec.dtype)
            else:
                rows = as_tokens(f"rows of {title}", rows)
        targets = as_array(f"targets of {title}", held.targets)
        if not custom and targets.dtype.kind == "f":
            targets = np.ascontiguousarray(targets, spec.dtype)
        if held.weights is not None and custom:
            raise ArgumentError(
                f"{title} has weights, which a custom loss is not given; make them a column of "
                f"its targets"
            )
        weights = None
        if held.weights is not None:
            weights = as_numbers(f"weights of {title}", held.weights, spec.dtype)
            if (below := np.argwhere(weights < 0)).size:
                raise ArgumentError(
                    f"weights of {title} must be 0 or above, got {weights[tuple(below[0])]} in row "
                    f"{below[0][0]}"
                )
        index = None
        if spec.readout != "each":
            index = np.arange(n) if held.target_index is None else np.asarray(held.target_index)
            if index.shape != (n,) or index.dtype.kind not in "iu":
                raise ArgumentError(
                    f"target_index of {title} must have one whole number for each of its {n} "
                    f"spans, got an array of {index.shape} of {index.dtype}"
                )
            if index.min() < 0 or index.max() >= len(targets):
                raise ArgumentError(
                    f"target_index of {title} must lie between 0 and {len(targets) - 1}, the last "
                    f"row of targets; got {index.min()} to {index.max()}"
                )
            index = index.astype(np.int64)
        elif held.target_index is not None:
            raise ArgumentError(
                f"{title} has a target_index, but with readout 'each' targets lie beside the rows; "
                f"leave it out"
            )
        return cls(spec, rows, held.spans, targets, index, weights)

    def __len__(self) -> int:
        return len(self.spans)

    def counts(self) -> bool:
        """Whether any row of the table of targets is neither masked nor of weight 0."""
        if self.targets.dtype.kind not in "fiub":
            return True  # what the core refuses
        ids = self.spec.loss is not None and self.spec.loss.kind == "categorical"
        there = self.targets >= 0 if ids else self.targets == self.targets
        if there.ndim > 1:
            there = there.any(axis=tuple(range(1, there.ndim)))
        if self.weights is not None and self.weights.shape == there.shape:
            there = there & (self.weights != 0)
        return bool(there.any())

    def batch(self, chosen: Index) -> Sequences:
        """Some of the sequences, over the same tables."""
        index = None if self.target_index is None else self.target_index[chosen]
        return replace(self, spans=self.spans[chosen], target_index=index)

    def target_rows(self) -> Index:
        """The row of targets that belongs to each row of the output.

        For readout each, the row of the table that a step has read last.
        """
        if self.target_index is not None:
            return self.target_index
        segment = self.spec.input.segment
        steps = self.spans.length // segment
        before = np.repeat(np.cumsum(steps) - steps, steps)
        step = np.arange(1, steps.sum() + 1) - before
        rows: Index = np.repeat(self.spans.start, steps) + step * segment - 1
        return rows


def batches(lengths: Index, size: int, seed: int, epoch: int, bucket: bool) -> list[Index]:
    """The batches of one epoch: every sequence once, in an order that seed and epoch decide.

    Args:
        lengths: of the sequences, ``[n]``.
        size: sequences in a batch; the last one may have fewer.
        seed: of the run.
        epoch: counted from 0.
        bucket: whether to sort by length among 50 batches at a time, and shuffle the batches.

    Example:
        >>> [len(batch) for batch in batches(np.full(7, 20), 3, seed=0, epoch=0, bucket=False)]
        [3, 3, 1]
    """
    random = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, epoch])))
    order = random.permutation(len(lengths))
    if not bucket:
        return [order[first : first + size] for first in range(0, len(order), size)]
    sorted_batches = []
    for first in range(0, len(order), 50 * size):
        pool = order[first : first + 50 * size]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        sorted_batches += [pool[start : start + size] for start in range(0, len(pool), size)]
    return [sorted_batches[i] for i in random.permutation(len(sorted_batches))]
