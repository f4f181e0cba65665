"""Sequences of numbers as a network reads them: in segments, from several offsets, or varied."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.ragged import places
from ..data.spans import Spans

Array = NDArray[Any]

KEPT = 40
"""Steps of the network that a sequence of median length is left with."""


def suited(length: Array, rough: bool = False) -> int:
    """The rows that a step reads, for sequences of such lengths.

    Args:
        length: ``[n]``.
        rough: whether they have more waves than steps would remain: then twice as many remain.

    Example:
        >>> [suited(np.array([length])) for length in (7, 29, 150, 1000)]
        [1, 1, 4, 25]
        >>> suited(np.array([1000]), rough=True)
        12
    """
    return max(1, round(float(np.median(length)) / (2 * KEPT if rough else KEPT)))


@dataclass(frozen=True)
class Segments:
    """A step of the network reads ``size`` rows, and the ``size`` before them once more.

    In front of a sequence its first row is repeated, ``size − 1`` times and ``offset`` more, so
    that a single row makes a step, and more rows never change a step that was read before. The last
    rows wait there for those that complete their step; of sequences that have ended, each row is
    read: the last one is repeated ``offset`` times, the first as often as is needed.

    Example:
        >>> rows, spans = Segments(2).read(np.arange(3.0)[:, None], Spans([0], [3]), offset=0)
        >>> rows.tolist(), spans.length.tolist()
        ([[0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [2.0, 0.0]], [4])
        >>> rows, _ = Segments(2).read(np.arange(4.0)[:, None], Spans([0], [4]), offset=0)
        >>> ended, _ = Segments(2, ended=True).read(np.arange(4.0)[:, None], Spans([0], [4]))
        >>> rows[:, 0].tolist(), ended[:, 0].tolist()
        ([0.0, 0.0, 1.0, 2.0], [0.0, 1.0, 2.0, 3.0])
    """

    size: int
    ended: bool = False
    """Whether the sequences are over when they are read."""

    @property
    def copies(self) -> int:
        """How often a row stands in the table: with that before it, if steps read several."""
        return 1 if self.size == 1 else 2

    @property
    def offsets(self) -> tuple[int, ...]:
        """From which sequences are read, to take the mean of what is found."""
        return tuple(sorted({0, self.size // 3, 2 * self.size // 3}))

    def read(self, rows: Array, spans: Spans, offset: int | Array = 0) -> tuple[Array, Spans]:
        """The table that the network reads, and its spans.

        Args:
            rows: ``[N, K]``.
            spans: n sequences in them.
            offset: from 0 to below size, of all or of each.
        """
        if self.size == 1:
            return rows, spans
        size, columns = self.size, rows.shape[1]
        ahead = size - 1 + np.broadcast_to(offset, len(spans))
        count = (ahead + spans.length) // size * size
        if self.ended:
            ahead = count - spans.length - offset
        first = np.cumsum(count) - count
        place = np.arange(int(count.sum())) - np.repeat(first + ahead, count)
        start = np.repeat(spans.start, count)
        last = np.repeat(spans.length - 1, count)
        table = np.empty((len(place), 2 * columns), rows.dtype)
        table[:, :columns] = rows.take(start + np.clip(place, 0, last), axis=0)
        place -= size
        table[:, columns:] = rows.take(start + np.clip(place, 0, last, out=place), axis=0)
        return table, Spans(first, count)


def mixed(rows: Array, spans: Spans, others: Spans, random: np.random.Generator) -> Array:
    """Half of the sequences as they are, half with up to two fifths of another one, row by row.

    Args:
        rows: ``[N, K]``.
        spans: n sequences in them.
        others: n that they are mixed with, of the same lengths.
        random: draws it all.
    """
    n = len(spans)
    share = np.where(random.uniform(size=n) < 0.5, random.uniform(0.0, 0.4, n), 0.0)
    found = rows.take(places(spans), axis=0)
    away = rows.take(places(others), axis=0)
    away -= found
    away *= np.repeat(share.astype(np.float32), spans.length)[:, None]
    found += away
    return found


def varied(rows: Array, spans: Spans, random: np.random.Generator) -> tuple[Array, Spans]:
    """The sequences as they might have been as well: a part of each, stretched to its length.

    Of each, 80 to 100 % are kept; time runs unevenly; each column has another scale; each number is
    shaken.

    Args:
        rows: ``[N, K]``, of deviation 1.
        spans: n sequences in them.
        random: draws it all.
    """
    n, length = len(spans), spans.length
    kept = random.uniform(0.8, 1.0, n)
    skipped = random.uniform(0.0, 1.0, n) * (1 - kept)
    wave = random.normal(0, 0.05, (n, 2))  # Σ |wave|·k·π stays below 1, or time would turn
    wave = np.clip(wave, -0.1, 0.1)
    if length.min() == length.max():  # of each sequence a row, of each step a column
        u, *waves = _curves(int(length[0]))
        each = partial(np.reshape, shape=(n, 1))
    else:
        parts = zip(*(_curves(steps) for steps in length.tolist()), strict=True)
        u, *waves = (np.concatenate(part) for part in parts)
        each = partial(np.repeat, repeats=length)
    place = u + each(wave[:, 0]) * waves[0]
    place += each(wave[:, 1] / 2) * waves[1]
    place *= each(kept)
    place += each(skipped)
    place *= each(length - 1)
    np.clip(place, 0, each(length - 1), out=place)
    low = place.astype(np.int64)
    place -= low
    share = place.reshape(-1, 1).astype(np.float32)
    low += each(spans.start)
    high = np.minimum(low + 1, each(spans.start + length - 1))
    table = rows.take(low.ravel(), axis=0)
    table *= 1 - share
    after = rows.take(high.ravel(), axis=0)
    after *= share
    table += after
    return table, spans.laid()


@lru_cache(maxsize=1024)
def _curves(steps: int) -> tuple[Array, Array, Array]:
    """Even time from 0 to 1, ``[steps]``, and two waves that bend it."""
    u = np.arange(steps) / max(steps - 1, 1)
    return u, np.sin(np.pi * u), np.sin(np.pi * 2 * u)


def shaken(rows: Array, spans: Spans, random: np.random.Generator, *, scaled: bool = True) -> Array:
    """Rows that follow one another in spans, with noise, and perhaps scaled.

    Args:
        rows: ``[N, K]``, of deviation 1.
        spans: n sequences in them.
        random: draws it all.
        scaled: whether each column of a sequence has another scale.
    """
    noise, size = _noise(), rows.size
    first = int(random.integers(len(noise)))
    if first + size <= len(noise):
        found = np.float32(0.05) * noise[first : first + size].reshape(rows.shape)
    else:
        place = np.arange(first, first + size).reshape(rows.shape)
        found = np.float32(0.05) * noise.take(place, mode="wrap")
    if scaled:
        scale = random.normal(1, 0.1, (len(spans), rows.shape[1])).astype(np.float32)
        rows = rows * np.repeat(scale, spans.length, axis=0)
    found += rows
    return found


@cache
def _noise() -> Array:
    """A million normal numbers, which batches read from anywhere: to draw as many as a batch has
    numbers takes longer than all else that varies it."""
    return np.random.Generator(np.random.PCG64(0)).standard_normal(2**20, np.float32)
