"""Random kernels that compete: what stands beside a network of numbers, as words do beside texts.

Hydra (Dempster, Schmidt and Webb 2023): short random filters in groups, each at several dilations.
At every step the filter of a group that answers most wins; how often and by how much each has won
says what shapes a sequence is made of, wherever they are. So does the share of the steps at which a
filter answers more than it does at some step of those that were learnt from (ROCKET: Dempster,
Petitjean and Webb 2020). A ridge regression on that learns from a few dozen sequences, errs in
another way than a recurrent network, and takes a second.
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
"""The lead from which on a win counts whole, and what is above a level: where nothing moves,
rounding would else decide it."""
BLOCK = 64
"""Rows that are multiplied at a time, always as many: so no product follows from what is beside."""
AT_ONCE = 32
"""Blocks that are looked at together: more would not stay in a cache."""


@dataclass(frozen=True, eq=False)
class Kernels:
    """D dilations, 1, 2, 4, ..., of S columns or sums of columns each.

    Example:
        >>> rows, spans = np.zeros((150, 1), np.float32), Spans([0, 100], [100, 50])
        >>> kernels = Kernels.drawn(rows, spans, seed=0)
        >>> kernels.features(rows, spans).shape, kernels.count
        ((2, 3072), 3072)
    """

    read: Array
    """``[D, S, columns]`` bool, which columns are summed up."""
    weight: Array
    """``[D, S, TAPS, RIVALS * G]`` float32; a group's rivals are G columns from each other."""
    level: Array
    """``[D, S, RIVALS * G]`` float32: what each answered at a row drawn at random."""

    @classmethod
    def drawn(cls, table: Array, spans: Spans, seed: int) -> Kernels:
        """At random.

        Args:
            table: ``[N, columns]`` float32.
            spans: the sequences in it that are learnt from; the median of their lengths says how
                many dilations there are.
            seed: of the draw.
        """
        columns, length = table.shape[1], int(np.median(spans.length))
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
        weight = weight.astype(np.float32)
        return cls(read, weight, _levels(table, spans, read, weight, random))

    @classmethod
    def of(cls, read: Array, weight: Array, level: Array, columns: int) -> Kernels:
        """As they were kept in a file. Raises: ArgumentError, if they do not read such columns."""
        shapes = read.ndim == 3 and weight.ndim == 4 and read.shape[:2] == weight.shape[:2]
        if not shapes or read.shape[2] != columns or weight.shape[2] != TAPS:
            raise ArgumentError("the kernels are of another shape")
        if weight.size == 0 or weight.shape[3] % RIVALS or not read.any(axis=2).all():
            raise ArgumentError("the kernels are of another shape")
        if level.shape != (*weight.shape[:2], weight.shape[3]):
            raise ArgumentError("the kernels are of another shape")
        return cls(read, weight, level)

    @property
    def count(self) -> int:
        """Features of a sequence."""
        dilations, parts, _, width = self.weight.shape
        return int(3 * dilations * parts * width)

    def features(self, table: Array, spans: Spans) -> Array:
        """How each kernel did, ``[n, count]`` float32: the root of what it answered where it won, a
        mean over all rows, and of the share of the rows where it was last; then the share of those
        where it was above its level.

        Args:
            table: ``[N, columns]`` float32.
            spans: of n sequences.
        """
        margin = TAPS // 2 * 2 ** (len(self.weight) - 1)
        laid, place, inside, first = _laid_out(table, spans, margin)
        runs = [slice(i, i + AT_ONCE) for i in range(0, len(place), AT_ONCE)]
        found = []
        for d, parts in enumerate(zip(self.read, self.weight, self.level, strict=True)):
            taps = _taps(d)[:, None]
            for read, weight, level in zip(*parts, strict=True):
                column = _sum(laid, np.flatnonzero(read))
                each = [
                    _did(weight.T @ column[place[run, None] + taps], level, inside[run])
                    for run in runs
                ]
                found.append(np.add.reduceat(np.concatenate(each), first))
        mean = np.stack(found, axis=1) / spans.length[:, None, None].astype(np.float32)
        won, above = np.split(mean, [2 * self.weight.shape[3]], axis=2)
        both = [np.sqrt(won, dtype=np.float32), above]
        return np.concatenate([part.reshape(len(spans), -1) for part in both], axis=1)


def _taps(dilation: int) -> Array:
    """``[TAPS]``, the rows that the kernels of a dilation weigh, from the one in their middle."""
    found: Array = 2**dilation * (np.arange(TAPS) - TAPS // 2)
    return found


def _levels(
    table: Array, spans: Spans, read: Array, weight: Array, random: np.random.Generator
) -> Array:
    """What each kernel answers at a row of its own, ``[D, S, RIVALS * G]``."""
    laid, place, inside, _ = _laid_out(table, spans, TAPS // 2 * 2 ** (len(weight) - 1))
    rows = place[inside]
    found = np.empty((*weight.shape[:2], weight.shape[3]), np.float32)
    for d, s in np.ndindex(*weight.shape[:2]):
        column = _sum(laid, np.flatnonzero(read[d, s]))
        some = rows[random.integers(len(rows), size=weight.shape[3])]
        found[d, s] = (weight[d, s].T * column[some[:, None] + _taps(d)]).sum(axis=1)
    return found


def _did(answer: Array, level: Array, inside: Array) -> Array:
    """What kernels did in some blocks: ``[blocks, 3 * width]``, of ``[blocks, width, BLOCK]``."""
    rivals = np.split(answer, RIVALS, axis=1)
    most, lead = _best(rivals)
    least, behind = _best([-rival for rival in rivals])
    here = inside[:, None]
    won = np.where(here, np.maximum(most, 0) * lead, 0)
    lost = np.where(here, behind, 0)
    above = answer - level[:, None]
    above /= np.float32(CLEAR)
    np.clip(above, 0, 1, out=above)
    above *= here
    found = []
    for rival in rivals:
        found.append(np.where(rival == most, won, 0).sum(axis=2))
        found.append(np.where(rival == -least, lost, 0).sum(axis=2))
    return np.concatenate([*found, above.sum(axis=2)], axis=1)


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
