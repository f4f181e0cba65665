"""What of a text is counted: short runs of its tokens, in a sparse table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ..data.parts import hashed
from ..data.ragged import Ragged

Array = NDArray[Any]

COLUMNS = 2**17
"""Of the table that runs of tokens are hashed into."""
PLACED = 0.5
"""What a run counts as once more, in its place among a text's first tokens."""


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

    def rows(self, chosen: Array) -> Sparse:
        """Some of the rows.

        Example:
            >>> table = Sparse(np.array([0, 2, 3]), np.array([5, 7, 5]), np.array([1.0, 2.0, 3.0]))
            >>> some = table.rows(np.array([1, 0]))
            >>> some.first.tolist(), some.column.tolist(), some.value.tolist()
            ([0, 1, 3], [5, 5, 7], [3.0, 1.0, 2.0])
        """
        count = self.first[chosen + 1] - self.first[chosen]
        start = np.append(0, np.cumsum(count))
        place = np.repeat(self.first[chosen] - start[:-1], count) + np.arange(start[-1])
        return Sparse(start, self.column[place], self.value[place])

    def take(self, chosen: Array) -> tuple[Array, csr_array]:
        """The columns ``[U]`` that some of the rows have, and these rows, ``[m, U]``."""
        some = self.rows(chosen)
        # np.unique(some.column, return_inverse=True), without sorting
        present = np.zeros(COLUMNS, bool)
        present[some.column] = True
        column = np.flatnonzero(present)
        number = np.empty(COLUMNS, np.int64)
        number[column] = np.arange(len(column))
        table = (some.value, number[some.column], some.first)
        return column, csr_array(table, shape=(len(some), len(column)))

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
    first: int = 0
    """Of a text's first so many tokens, runs count once more, as what stands in their place."""

    memory: ClassVar[None] = None

    def of(self, x: Ragged) -> Sparse:
        """Of each text.

        A run counts as 1, in column crc32 % COLUMNS; each of a token's K parts as 1/√K, so that all
        of them are as long as the token, in the column behind that. A run among the first tokens
        counts as `PLACED` once more, 2 columns further on if it begins the text, 3 if one later, ..
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

    def placed(self, tokens: list[str], before: int = 0) -> Iterator[tuple[int, str]]:
        """Those among a text's first tokens, each with its place, that do not end among the first
        so many.

        Example:
            >>> list(Grams(2, lower=True, first=2).placed(["a", "cat"]))
            [(0, 'a'), (0, 'a cat'), (1, 'cat')]
        """
        for place in range(len(tokens)):
            last = min(place + self.most, len(tokens))
            for end in range(max(place, before) + 1, last + 1):
                yield place, " ".join(tokens[place:end])


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
        self._first: list[str] = []
        self._last: list[str] = []

    def add(self, tokens: list[str]) -> None:
        """The text goes on."""
        read = [token.lower() for token in tokens] if self.grams.lower else list(tokens)
        begun = [*self._first, *read][: self.grams.first]
        placed = list(self.grams.placed(begun, len(self._first)))
        if self.grams.ends and not self._last:
            read.insert(0, "<")
        read = self._last + read
        runs = _hashed(self.grams.runs(read, len(self._last)))
        shift = np.array([2 + place for place, _ in placed], np.int64)
        starts = (_hashed(run for _, run in placed) + shift) % COLUMNS
        found = [runs, starts]
        for token in tokens if self.grams.letters else ():
            if token not in self.parts:
                self.parts[token] = (hashed(token, "grams", COLUMNS) + 1) % COLUMNS
            found.append(self.parts[token])
        shares = [1.0, PLACED, *(round(2**30 * len(part) ** -0.5) / 2**30 for part in found[2:])]
        count = np.repeat(shares, [*map(len, found)])
        self.column, self.count = self._with(np.concatenate(found), count)
        self._first, self._last = begun, read[-max(self.grams.most - 1, 1) :]

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
