"""Random kernels that compete: what stands beside a network of numbers, as words do beside texts.

Hydra (Dempster, Schmidt and Webb 2023): short random filters in groups, each at several dilations.
At every step the filter of a group that answers most wins; how often and by how much each has won
says what shapes a sequence is made of, wherever they are. A ridge regression on that learns from a
few dozen sequences, errs in another way than a recurrent network, and takes a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.spans import Spans
from ..errors import ArgumentError

Array = NDArray[Any]

TAPS = 9
"""Rows that a kernel weighs."""
RIVALS = 8
"""Kernels of a group."""
GROUPS = 32
"""Groups of each dilation, whatever they read."""
FEW = 4
"""Columns, at most, of which each is read for itself; of more, sums of some."""
SUMS, SUMMED = 8, 8
"""Such sums of each dilation; columns of one, at most, and no more than half of all."""
CLEAR = 0.01
"""The lead from which on a win counts whole: rounding would else decide it where nothing moves."""
BLOCK = 64
"""Rows that are multiplied at a time, always as many: so no product follows from what is beside."""
AT_ONCE = 32
"""Blocks that are looked at together: more would not stay in a cache."""


@dataclass(frozen=True, eq=False)
class Kernels:
    """D dilations, 1, 2, 4, ..., of S columns or sums of columns each.

    Example:
        >>> kernels = Kernels.drawn(columns=1, length=100, seed=0)
        >>> rows, spans = np.zeros((150, 1), np.float32), Spans([0, 100], [100, 50])
        >>> kernels.features(rows, spans).shape, kernels.count
        ((2, 2048), 2048)
    """

    read: Array
    """``[D, S, columns]`` bool, which columns are summed up."""
    weight: Array
    """``[D, S, TAPS, RIVALS * G]`` float32; a group's rivals are G columns from each other."""

    @classmethod
    def drawn(cls, columns: int, length: int, seed: int) -> Kernels:
        """At random.

        Args:
            columns: of the table that is read.
            length: of a usual sequence, which says how many dilations there are.
            seed: of the draw.
        """
        random = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 4])))
        dilations = 1 + max(int(np.log2(max(length - 1, 1) / (TAPS - 1))), 0)
        if columns <= FEW:
            read = np.repeat(np.eye(columns, dtype=bool)[None], dilations, axis=0)
        else:
            order = random.permuted(np.tile(np.arange(columns), (dilations, SUMS, 1)), axis=2)
            read = order < min(SUMMED, columns // 2)
        parts = read.shape[1]
        shape = (dilations, parts, TAPS, RIVALS * (GROUPS // parts))
        weight = random.standard_normal(shape)
        weight -= weight.mean(axis=2, keepdims=True)
        weight /= np.abs(weight).sum(axis=2, keepdims=True)
        return cls(read, weight.astype(np.float32))

    @classmethod
    def of(cls, read: Array, weight: Array, columns: int) -> Kernels:
        """As they were kept in a file. Raises: ArgumentError, if they do not read such columns."""
        shapes = read.ndim == 3 and weight.ndim == 4 and read.shape[:2] == weight.shape[:2]
        if not shapes or read.shape[2] != columns or weight.shape[2] != TAPS:
            raise ArgumentError("the kernels are of another shape")
        if weight.size == 0 or weight.shape[3] % RIVALS or not read.any(axis=2).all():
            raise ArgumentError("the kernels are of another shape")
        return cls(read, weight)

    @property
    def count(self) -> int:
        """Features of a sequence."""
        dilations, parts, _, width = self.weight.shape
        return int(2 * dilations * parts * width)

    def features(self, table: Array, spans: Spans) -> Array:
        """How each kernel did, ``[n, count]`` float32: the root of what it answered where it won, a
        mean over all rows, and of the share of the rows where it was last.

        Args:
            table: ``[N, columns]`` float32.
            spans: of n sequences.
        """
        margin = TAPS // 2 * 2 ** (len(self.weight) - 1)
        laid, place, inside, first = _laid_out(table, spans, margin)
        runs = [slice(i, i + AT_ONCE) for i in range(0, len(place), AT_ONCE)]
        found = []
        for d, (reads, weights) in enumerate(zip(self.read, self.weight, strict=True)):
            taps = 2**d * (np.arange(TAPS) - TAPS // 2)[:, None]
            for read, weight in zip(reads, weights, strict=True):
                column = _sum(laid, np.flatnonzero(read))
                each = [
                    _did(weight.T @ column[place[run, None] + taps], inside[run]) for run in runs
                ]
                found.append(np.add.reduceat(np.concatenate(each), first))
        mean = np.concatenate(found, axis=1) / spans.length[:, None].astype(np.float32)
        return np.sqrt(mean, dtype=np.float32)


def _did(answer: Array, inside: Array) -> Array:
    """What kernels did in some blocks: ``[blocks, 2 * width]``, of ``[blocks, width, BLOCK]``."""
    rivals = np.split(answer, RIVALS, axis=1)
    most, lead = _best(rivals)
    least, behind = _best([-rival for rival in rivals])
    won = np.where(inside[:, None], np.maximum(most, 0) * lead, 0)
    lost = np.where(inside[:, None], behind, 0)
    found = []
    for rival in rivals:
        found.append(np.where(rival == most, won, 0).sum(axis=2))
        found.append(np.where(rival == -least, lost, 0).sum(axis=2))
    return np.concatenate(found, axis=1)


def _best(rivals: list[Array]) -> tuple[Array, Array]:
    """The largest answer of each group; by how much it leads the next one, 1 from `CLEAR` on."""
    most, second = np.maximum(*rivals[:2]), np.minimum(*rivals[:2])
    for rival in rivals[2:]:
        np.maximum(second, np.minimum(most, rival), out=second)
        np.maximum(most, rival, out=most)
    return most, np.minimum((most - second) / np.float32(CLEAR), 1)


def _sum(rows: Array, chosen: Array) -> Array:
    """``[M]``, the sum of some columns, one after the other."""
    total = rows[:, chosen[0]].copy()
    for column in chosen[1:]:
        total += rows[:, column]
    return total


def _laid_out(table: Array, spans: Spans, margin: int) -> tuple[Array, Array, Array, Array]:
    """Sequences with zeros around each.

    Returns:
        The rows ``[M, columns]``; for each block of a sequence its places in them, ``[blocks,
        BLOCK]``, and which of these hold a row; the first block of each sequence, ``[n]``.
    """
    blocks = -(-spans.length // BLOCK)
    size = blocks * BLOCK + margin
    start = margin + np.cumsum(size) - size
    first = np.cumsum(blocks) - blocks
    number = np.arange(blocks.sum()) - np.repeat(first, blocks)
    row = np.arange(BLOCK) + BLOCK * number[:, None]
    inside = row < np.repeat(spans.length, blocks)[:, None]
    place = row + np.repeat(start, blocks)[:, None]
    laid = np.zeros((margin + int(size.sum()), table.shape[1]), np.float32)
    laid[place[inside]] = table[(row + np.repeat(spans.start, blocks)[:, None])[inside]]
    return laid, place, inside, first
