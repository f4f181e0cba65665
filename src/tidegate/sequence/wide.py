"""A linear layer on short runs of tokens, of a text or around a step (Cheng et al. 2016).

It stands beside the network. Its weights start at zero, and its outputs are added to the network's:
so the two together begin as the network and can always be as good as the bag of words. Of classes,
the answer is the mean of the two, and each learns half by what its own answer costs, half by what
the mean does: by the mean alone, what one says at once the other never learns (Wang et al. 2020,
What Makes Training Multi-modal Classification Networks Hard?).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol
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

    def __len__(self) -> int:
        return len(self.first) - 1

    def take(self, chosen: Array) -> tuple[Array, csr_array]:
        """The columns ``[U]`` that some of the rows have, and these rows, ``[m, U]``."""
        count = np.diff(self.first)[chosen]
        start = np.append(0, np.cumsum(count))
        place = np.repeat(self.first[chosen] - start[:-1], count) + np.arange(start[-1])
        column, where = np.unique(self.column[place], return_inverse=True)
        shape = (len(count), len(column))
        return column, csr_array((self.value[place], where, start), shape=shape)

    def rarity(self) -> Array:
        """log((1 + n) / (1 + rows that hold it)) + 1, of each column; 0 where fewer than two do."""
        holding = np.bincount(self.column, minlength=COLUMNS)
        found = np.log((1 + len(self)) / (1 + holding)) + 1
        result: Array = np.where(holding > 1, found, 0.0).astype(np.float32)
        return result

    def weighed(self, idf: Array) -> Sparse:
        """The same by how rare each column is, ``[COLUMNS]``; each row of length 1.

        Only columns that are not of 0 are left, and numbered among each other.
        """
        value = self.value * idf[self.column]
        length = np.sqrt(np.add.reduceat(value**2, self.first[:-1]))
        value = value / np.repeat(np.maximum(length, 1e-12), np.diff(self.first))
        known = idf > 0
        left = known[self.column]
        first = np.append(0, np.cumsum(left))[self.first]
        column = (np.cumsum(known) - 1)[self.column]
        return Sparse(first, column[left], value[left])


class Counts(Protocol):
    """What is counted: `Grams` of a text, `nearby.Nearby` of each step of one."""

    @property
    def memory(self) -> int | None:
        """The last tokens that decide what is counted at the end; None for all."""
        ...

    def of(self, x: Ragged) -> Sparse:
        """How often each thing occurs: a row for each text, or for each step of all."""
        ...


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

    memory: ClassVar[None] = None

    def of(self, x: Ragged) -> Sparse:
        """Of each text.

        A run counts as 1, in column crc32 % COLUMNS; each of a token's K parts as 1/√K, so that all
        of them are as long as the token, in the column behind that.
        """
        parts: dict[str, Array] = {}

        def read(tokens: Array) -> Growing:
            text = Growing(self, parts)
            text.add(tokens.tolist())
            return text

        return rows_of(map(read, x.each()))

    def runs(self, tokens: list[str], before: int = 0) -> Iterator[str]:
        """Those among some tokens that do not end among the first so many.

        Example:
            >>> list(Grams(2, lower=True).runs(["a", "cat"]))
            ['a', 'cat', 'a cat']
            >>> list(Grams(2, lower=True).runs(["a", "cat"], before=1))
            ['cat', 'a cat']
        """
        for n in range(1, self.most + 1):
            for end in range(max(n, before + 1), len(tokens) + 1):
                yield " ".join(tokens[end - n : end])


class Growing:
    """What is counted of one text that may go on: the same, to the bit, in whatever pieces it came.

    Example:
        >>> text = Growing(Grams(1, lower=True))
        >>> text.add(["A", "cat"])
        >>> text.add(["a"])
        >>> text.found()[1].tolist()  # cat, and twice a
        [1.0, 2.0]
    """

    def __init__(self, grams: Grams, parts: dict[str, Array] | None = None) -> None:
        """
        Args:
            grams: what is counted.
            parts: the columns of tokens' parts, as far as they are known; is added to.
        """
        self.grams = grams
        self.parts = {} if parts is None else parts
        self.column: Array = np.zeros(0, np.int64)
        """``[U]``, in order."""
        self.count: Array = np.zeros(0)
        """``[U]``, in whole multiples of 2⁻³⁰: so sums are exact, in whatever order."""
        self._last: list[str] = []

    def add(self, tokens: list[str]) -> None:
        """The text goes on."""
        read = [token.lower() for token in tokens] if self.grams.lower else list(tokens)
        if self.grams.ends and not self._last:
            read.insert(0, "<")
        read = self._last + read
        found = [_hashed(self.grams.runs(read, len(self._last)))]
        for token in tokens if self.grams.letters else ():
            if token not in self.parts:
                self.parts[token] = (hashed(token, "grams", COLUMNS) + 1) % COLUMNS
            found.append(self.parts[token])
        shares = [1.0, *(round(2**30 * len(part) ** -0.5) / 2**30 for part in found[1:])]
        count = np.repeat(shares, [*map(len, found)])
        self.column, self.count = self._with(np.concatenate(found), count)
        self._last = read[-max(self.grams.most - 1, 1) :]

    def found(self) -> tuple[Array, Array]:
        """The columns ``[U]`` of the text as if it ended here, and how often each occurs."""
        if not self.grams.ends:
            return self.column, self.count
        ends = _hashed(self.grams.runs([*self._last, ">"], len(self._last)))
        return self._with(ends, np.ones(len(ends)))

    def _with(self, column: Array, count: Array) -> tuple[Array, Array]:
        """With further columns, which may come several times."""
        column, place = np.unique(column, return_inverse=True)
        count = np.bincount(place, count)
        if not len(self.column):
            return column, count
        before = np.searchsorted(self.column, column)
        new = np.append(self.column, -1)[before] != column
        every = np.insert(self.column, before[new], column[new])
        found = np.insert(self.count, before[new], 0.0)
        found[np.searchsorted(every, column)] += count
        return every, found


def _hashed(runs: Iterable[str]) -> Array:
    codes = [crc32(run.encode("utf-8", "surrogatepass")) for run in runs]
    return np.array(codes, np.int64) % COLUMNS


def rows_of(texts: Iterable[Growing]) -> Sparse:
    """What is counted of each text."""
    columns, counts = zip(*(text.found() for text in texts), strict=True)
    first = np.append(0, np.cumsum([len(column) for column in columns]))
    return Sparse(first, np.concatenate(columns), np.concatenate(counts))


@dataclass(frozen=True, eq=False)
class Wide:
    """The layer, learnt."""

    idf: Array
    """``[COLUMNS]`` float32."""
    weight: Array
    """``[K, O]`` float32, of the K columns whose rarity is above 0."""

    def times(self, factor: float) -> Wide:
        """The same with its weights times a factor."""
        return Wide(self.idf, self.weight * np.float32(factor))

    def outputs(self, x: Ragged, counts: Counts) -> Array:
        """``[n, O]``, or ``[N, O]`` of steps."""
        return self.outputs_of(counts.of(x))

    def outputs_of(self, found: Sparse) -> Array:
        """The same of what is counted."""
        table = found.weighed(self.idf)
        column, rows = table.take(np.arange(len(table)))
        outputs: Array = rows @ self.weight[column]
        return outputs


class WideLearner:
    """Learns the layer beside a network, through the loss that both share.

    The targets that it is given have the number of their text, or of their step among all, in
    front; what is held out, and only judged, has −1 − i in place of its number i. Its updates are
    those of plain gradient descent: Adam's would take steps as large for a rare column, of which
    little is known, as for any other.
    """

    def __init__(
        self,
        x: Ragged,
        counts: Counts,
        outputs: int,
        cost: Cost,
        rate: Callable[[int], float],
        before: Wide | None = None,
        bias: Array | None = None,
    ) -> None:
        """
        Args:
            x: the texts.
            counts: what of them is counted.
            outputs: of the network.
            cost: the loss, of targets without their numbers.
            rate: (updates done) → learning rate.
            before: what to go on from; None for zeros.
            bias: ``[outputs]``, the network's: as it is at each call, it is the layer's, too, and
                the answer is the mean of both; None if the answer is their sum, and its loss all
                that either learns by.
        """
        found = counts.of(x)
        self.idf = found.rarity() if before is None else before.idf
        self.table = found.weighed(self.idf)
        self.cost = cost
        self.rate = rate
        self.bias = bias
        self.weight = np.zeros((np.count_nonzero(self.idf), outputs), np.float32)
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
