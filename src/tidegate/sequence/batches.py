"""The batches of a training: which sequences are in each, and with what they are mixed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..data.ragged import places
from ..train import Drawn
from .held import generator
from .samples import Samples
from .segments import mixed

if TYPE_CHECKING:
    from .learn import Learner

Array = NDArray[Any]


class Mates:
    """With which others sequences may be mixed: those of the same label and length.

    Example:
        >>> mates = Mates(np.array([0, 1, 0, 0]), np.array([9, 9, 9, 7]), np.array([2, 4, 6, 8]))
        >>> random = np.random.default_rng(0)
        >>> mates.of(np.array([4, 8]), random).tolist()
        [4, 8]
        >>> sorted({int(mates.of(np.array([2]), random)[0]) for _ in range(20)})
        [2, 6]
    """

    def __init__(self, labels: Array, length: Array, numbers: Array) -> None:
        """
        Args:
            labels, length: ``[m]``, of m sequences.
            numbers: ``[m]``, what they are called, rising.
        """
        pairs = np.stack([labels, length])
        _, self.group, self.count = np.unique(
            pairs, axis=1, return_inverse=True, return_counts=True
        )
        self.numbers = numbers
        self.sorted = numbers[np.argsort(self.group, kind="stable")]
        self.first = np.cumsum(self.count) - self.count

    def of(self, chosen: Array, random: np.random.Generator) -> Array:
        """One for each of some sequences, perhaps itself, ``[k]``."""
        group = self.group[np.searchsorted(self.numbers, chosen)]
        found: Array = self.sorted[self.first[group] + random.integers(self.count[group])]
        return found


class Batches:
    """The batches of a training: a number decides each, with the seed."""

    def __init__(self, learner: Learner, samples: Samples, rest: Array, seed: int) -> None:
        """
        Args:
            learner: what they are for.
            samples: all of them.
            rest: the numbers of those that are learnt from.
            seed: of the order and all that varies.
        """
        self.learner = learner
        self.seed = seed
        self.rest = rest
        self.spans = samples.x.spans
        self.table = learner.inputs.table(samples.x)
        self.targets, self.weights = learner.targets(samples)
        self.mates: Mates | None = None
        if learner.recipe.mixed and learner.augment:
            self.mates = Mates(samples.targets[rest, 0], samples.x.length[rest], rest)
        self.size = min(learner.training.batch, len(rest))
        self.per_epoch = -(-len(rest) // self.size)
        self._epoch = (-1, np.zeros(0, np.int64))

    def draw(self, done: int) -> Drawn:
        """The batch of the update after so many."""
        chosen = self.chosen(*divmod(done, self.per_epoch))
        random = generator(self.seed, 1, done)
        table: Any = self.table
        spans = self.spans[chosen]
        if self.mates is not None:
            others = self.spans[self.mates.of(chosen, random)]
            table, spans = mixed(table, spans, others, random), spans.laid()
        rows, found = self.learner.inputs.batch(table, spans, random, self.learner.augment)
        if self.learner.native:
            return Drawn(rows, found, self.targets, chosen, self.weights)
        targets = self.targets[places(self.spans[chosen]) if self.learner.task.stepwise else chosen]
        return Drawn(rows, found, targets)

    def chosen(self, epoch: int, number: int) -> Array:
        """The sequences of a batch; the last one of an epoch is filled up with others."""
        if self._epoch[0] != epoch:
            self._epoch = (epoch, self._order(generator(self.seed, 0, epoch)))
        order = self._epoch[1]
        found: Array = self.rest[order[number * self.size : (number + 1) * self.size]]
        return found

    def _order(self, random: np.random.Generator) -> Array:
        n, size = len(self.rest), self.size
        order = random.permutation(n)
        short = self.per_epoch * size - n
        order = np.concatenate([order, order[:short]])
        if self.learner.recipe.bucket:
            length = self.spans.length[self.rest]
            for first in range(0, len(order), 50 * size):
                pool = order[first : first + 50 * size]
                order[first : first + 50 * size] = pool[np.argsort(length[pool], kind="stable")]
            order = order.reshape(-1, size)[random.permutation(self.per_epoch)].ravel()
        return order
