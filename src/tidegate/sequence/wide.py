"""A linear layer on a text's short runs of tokens, beside the network (Cheng et al. 2016).

Its weights start at zero, and its outputs are added to the network's: so the two together begin as
the network and can always be as good as the bag of words. Of classes, the answer is the mean of the
two, and each learns half by what its own answer costs, half by what the mean does: by the mean
alone, what one says at once the other never learns (Wang et al. 2020, What Makes Training
Multi-modal Classification Networks Hard?).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ..data.parts import hashed
from ..data.sequences import Ragged

Array = NDArray[Any]
Cost = Callable[[Array, Array], tuple[float, Array]]

COLUMNS = 2**17
"""Of the table that runs of tokens are hashed into."""
FARTHEST = 2.0
"""That a text may move its own outputs in an update: its weight may be large, its batch small."""


@dataclass(frozen=True, eq=False)
class Sparse:
    """n rows of few numbers: those from ``first[i]`` up to ``first[i + 1]``."""

    first: Array
    """``[n + 1]``"""
    column: Array
    """``[entries]``"""
    value: Array
    """``[entries]``"""

    def take(self, chosen: Array) -> tuple[Array, csr_array]:
        """The columns ``[U]`` that some of the rows have, and these rows, ``[m, U]``."""
        count = np.diff(self.first)[chosen]
        start = np.append(0, np.cumsum(count))
        place = np.repeat(self.first[chosen] - start[:-1], count) + np.arange(start[-1])
        column, where = np.unique(self.column[place], return_inverse=True)
        shape = (len(count), len(column))
        return column, csr_array((self.value[place], where, start), shape=shape)


@dataclass(frozen=True)
class Grams:
    """What of a text is counted: runs of up to so many tokens."""

    most: int
    """2 for words and pairs of words."""
    lower: bool
    """Whether capitals count as small letters."""
    ends: bool = False
    """Whether the text's ends count as tokens."""
    letters: bool = False
    """Whether what each token consists of counts, too: `data.parts.grams`."""

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

    A run counts as 1, in column crc32 % COLUMNS; each of a token's K parts as 1/√K, so that all of
    them are as long as the token, in the column behind that.

    Args:
        x: n texts.
        grams: what is counted.
        idf: ``[COLUMNS]``; None for 1.
    """
    first, columns, values = [0], [], []
    parts: dict[str, Array] = {}
    for item in x.each():
        tokens = item.tolist()
        runs = [crc32(run.encode("utf-8", "surrogatepass")) % COLUMNS for run in grams.of(tokens)]
        found = [np.array(runs, np.int64)]
        for token in tokens if grams.letters else ():
            if token not in parts:
                parts[token] = (hashed(token, "grams", COLUMNS) + 1) % COLUMNS
            found.append(parts[token])
        weights = np.repeat([1, *(len(part) ** -0.5 for part in found[1:])], [*map(len, found)])
        column, place = np.unique(np.concatenate(found), return_inverse=True)
        value = np.bincount(place, weights) * (1.0 if idf is None else idf[column])
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

    def times(self, factor: float) -> Wide:
        """The same with its weights times a factor."""
        return Wide(self.idf, self.weight * np.float32(factor))

    def outputs(self, x: Ragged, grams: Grams) -> Array:
        """``[n, O]``"""
        column, rows = sparse(x, grams, self.idf).take(np.arange(len(x)))
        found: Array = rows @ self.weight[column]
        return found


class WideLearner:
    """Learns the layer beside a network, through the loss that both share.

    The targets that it is given have the number of their text in front; a text i that is held out,
    and only judged, has the number −1 − i. Its updates are those of plain gradient descent: Adam's
    would take steps as large for a rare column, of which little is known, as for any other.
    """

    def __init__(
        self,
        x: Ragged,
        grams: Grams,
        outputs: int,
        cost: Cost,
        rate: Callable[[int], float],
        before: Wide | None = None,
        bias: Array | None = None,
    ) -> None:
        """
        Args:
            x: the texts.
            grams: what of them is counted.
            outputs: of the network.
            cost: the loss, of targets without their numbers.
            rate: (updates done) → learning rate.
            before: what to go on from; None for zeros.
            bias: ``[outputs]``, the network's: as it is at each call, it is the layer's, too, and
                the answer is the mean of both; None if the answer is their sum, and its loss all
                that either learns by.
        """
        self.idf = inverse_frequency(x, grams) if before is None else before.idf
        self.table = sparse(x, grams, self.idf)
        self.cost = cost
        self.rate = rate
        self.bias = bias
        self.weight = np.zeros((COLUMNS, outputs), np.float32)
        if before is not None:
            self.weight += before.weight
        self._done = np.zeros(1, np.int64)

    def memory(self) -> list[Array]:
        """All that an update leaves to the next; written to, to resume."""
        return [self.weight, self._done]

    def __call__(self, targets: Array, output: Array) -> tuple[float, Array]:
        """The loss of network and layer together; what the network learns by; the layer learns."""
        number, targets = targets[:, 0].astype(np.int64), targets[:, 1:]
        column, rows = self.table.take(np.where(number < 0, -1 - number, number))
        own = rows @ self.weight[column]
        if self.bias is None:
            loss, gradient = self.cost(targets, output + own)
            slope = gradient
        else:
            own = own + self.bias
            loss, both = self.cost(targets, (output + own) / 2)
            gradient, slope = ((both + self.cost(targets, one)[1]) / 2 for one in (output, own))
        if (number >= 0).all():
            step = self.rate(int(self._done[0])) * slope
            step = step / np.maximum(np.linalg.norm(step, axis=1, keepdims=True) / FARTHEST, 1)
            self.weight[column] -= rows.T @ step
            self._done += 1
        return loss, gradient

    def learned(self) -> Wide:
        """What has been learnt so far."""
        return Wide(self.idf, self.weight.copy())
