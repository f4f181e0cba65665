"""A linear layer on a text's short runs of tokens, beside the network (Cheng et al. 2016).

Its weights start at zero, and its outputs are added to the network's: so the two together begin as
the network and can always be as good as the bag of words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ..data.sequences import Ragged

Array = NDArray[Any]
Cost = Callable[[Array, Array], tuple[float, Array]]

COLUMNS = 2**17
"""Of the table that runs of tokens are hashed into."""


@dataclass(frozen=True, eq=False)
class Sparse:
    """n rows of few numbers: those from ``first[i]`` up to ``first[i + 1]``."""

    first: Array
    """``[n + 1]``"""
    column: Array
    """``[entries]``"""
    value: Array
    """``[entries]``"""

    def take(self, chosen: Array) -> tuple[Array, Array, Array]:
        """Columns and values of some rows, and where each of them begins among these."""
        count = np.diff(self.first)[chosen]
        start = np.cumsum(count) - count
        place = np.repeat(self.first[chosen] - start, count) + np.arange(int(count.sum()))
        return self.column[place], self.value[place], start


@dataclass(frozen=True)
class Grams:
    """What of a text is counted: runs of up to so many tokens."""

    most: int
    """2 for words and pairs of words."""
    lower: bool
    """Whether capitals count as small letters."""
    ends: bool = False
    """Whether the text's ends count as tokens."""

    def of(self, tokens: list[str]) -> Iterator[str]:
        """Of one text.

        Example:
            >>> list(Grams(2, lower=True).of(["A", "cat"]))
            ['a', 'cat', 'a cat']
        """
        if self.lower:
            tokens = [token.lower() for token in tokens]
        if self.ends:
            tokens = ["<", *tokens, ">"]
        for n in range(1, self.most + 1):
            for i in range(len(tokens) - n + 1):
                yield " ".join(tokens[i : i + n])


def sparse(x: Ragged, grams: Grams, idf: Array | None = None) -> Sparse:
    """What is counted of each text, by how rare it is; each row of length 1.

    Args:
        x: n texts.
        grams: what is counted.
        idf: ``[COLUMNS]``; None for 1.
    """
    first, columns, values = [0], [], []
    for item in x.each():
        hashes = [
            crc32(gram.encode("utf-8", "surrogatepass")) % COLUMNS
            for gram in grams.of(item.tolist())
        ]
        column, count = np.unique(np.array(hashes, np.int64), return_counts=True)
        value = count * (1.0 if idf is None else idf[column])
        value = value / max(float(np.sqrt((value**2).sum())), 1e-12)
        first.append(first[-1] + len(column))
        columns.append(column)
        values.append(value)
    return Sparse(np.array(first), np.concatenate(columns), np.concatenate(values))


def inverse_frequency(x: Ragged, grams: Grams) -> Array:
    """log((1 + n) / (1 + texts that hold it)) + 1, of each column; 0 where fewer than two do."""
    holding = np.bincount(sparse(x, grams).column, minlength=COLUMNS)
    found = np.log((1 + len(x)) / (1 + holding)) + 1
    result: Array = np.where(holding > 1, found, 0.0).astype(np.float32)
    return result


@dataclass(frozen=True, eq=False)
class Wide:
    """The layer, learnt."""

    idf: Array
    """``[COLUMNS]`` float32."""
    weight: Array
    """``[COLUMNS, O]`` float32."""

    def outputs(self, x: Ragged, grams: Grams) -> Array:
        """``[n, O]``"""
        table = sparse(x, grams, self.idf)
        return product(*table.take(np.arange(len(x))), self.weight)


def product(column: Array, value: Array, start: Array, weight: Array) -> Array:
    """Rows times weights, ``[n, O]``; each row has one entry at least."""
    found: Array = np.add.reduceat(value[:, None] * weight[column], start)
    return found


class WideLearner:
    """Learns the layer beside a network, through the loss that both share.

    The targets that it is given have the number of their text in front; a text i that is held out,
    and only judged, has the number −1 − i. Its updates are Adam's with bias correction, over the
    columns that a batch has.
    """

    def __init__(
        self,
        x: Ragged,
        grams: Grams,
        outputs: int,
        cost: Cost,
        rate: Callable[[int], float],
        before: Wide | None = None,
    ) -> None:
        """
        Args:
            x: the texts.
            grams: what of them is counted.
            outputs: of the network.
            cost: the loss, of targets without their numbers.
            rate: (updates done) → learning rate.
            before: what to go on from; None for zeros.
        """
        self.idf = inverse_frequency(x, grams) if before is None else before.idf
        self.table = sparse(x, grams, self.idf)
        self.cost = cost
        self.rate = rate
        self.weight = np.zeros((COLUMNS, outputs), np.float32)
        if before is not None:
            self.weight += before.weight
        self._mean = np.zeros_like(self.weight)
        self._square = np.zeros_like(self.weight)
        self._done = np.zeros(1, np.int64)

    def memory(self) -> list[Array]:
        """All that an update leaves to the next; written to, to resume."""
        return [self.weight, self._mean, self._square, self._done]

    def __call__(self, targets: Array, output: Array) -> tuple[float, Array]:
        """The loss of network and layer together, its gradient; the layer takes a step."""
        number = targets[:, 0].astype(np.int64)
        held = bool((number < 0).any())
        column, value, start = self.table.take(np.where(number < 0, -1 - number, number))
        both = output + product(column, value, start, self.weight)
        loss, gradient = self.cost(targets[:, 1:], both)
        if held:
            return loss, gradient
        count = np.diff(np.append(start, len(column)))
        self._step(column, value[:, None] * np.repeat(gradient, count, axis=0))
        return loss, gradient

    def learned(self) -> Wide:
        """What has been learnt so far."""
        return Wide(self.idf, self.weight.copy())

    def _step(self, column: Array, gradient: Array) -> None:
        """One of Adam's, for the columns that have a gradient."""
        rate = self.rate(int(self._done[0]))
        self._done += 1
        order = np.argsort(column, kind="stable")
        found, start = np.unique(column[order], return_index=True)
        g = np.add.reduceat(gradient[order], start)
        mean = self._mean[found] * 0.9 + 0.1 * g
        square = self._square[found] * 0.999 + 0.001 * g**2
        self._mean[found], self._square[found] = mean, square
        first, second = (1 - beta ** int(self._done[0]) for beta in (0.9, 0.999))
        self.weight[found] -= rate * (mean / first) / (np.sqrt(square / second) + 1e-8)
