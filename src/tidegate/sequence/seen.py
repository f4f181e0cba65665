"""Which sequences were learnt from: as hashes, so few that a model file hardly grows.

A hash has 32 bits, and of many sequences only those with the smallest hashes are kept (bottom-k,
Broder 1997): whether a sequence with a larger one was learnt from is then told by the others that
stand beside it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.ragged import Ragged
from ..data.vocabulary import as_bytes
from ..errors import ArgumentError

Array = NDArray[Any]

MOST = 16_384
"""Hashes that are kept."""


@dataclass(frozen=True, eq=False)
class Seen:
    """The sequences that were learnt from.

    Example:
        >>> from tidegate.data.sequences import read_sequences
        >>> seen = Seen().and_of(read_sequences([[1.0, 2.0], [3.0]]))
        >>> seen.holds(read_sequences([[3.0], [4.0]])).tolist()
        [True, False]
    """

    hashes: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    """Sorted, each once; the smallest `MOST` of all."""

    def and_of(self, x: Ragged) -> Seen:
        """These and further sequences."""
        return Seen(np.union1d(self.hashes, hashes_of(x))[:MOST])

    def holds(self, x: Ragged) -> Array:
        """``[n]``, whether each was learnt from."""
        given = hashes_of(x)
        found: Array = np.isin(given, self.hashes)
        if len(self.hashes) < MOST:
            return found
        beyond = given > self.hashes[-1]
        # of those beyond nothing is known: they are as the others are, and learnt if there are none
        if beyond.all() or found[~beyond].any():
            found |= beyond
        return found

    @classmethod
    def from_file(cls, stored: Array | None) -> Seen:
        """What a file holds; nothing of a file that was written before there was this.

        Raises:
            ArgumentError: if these are no hashes.
        """
        if stored is None:
            return cls()
        if stored.dtype != np.int32 or stored.ndim != 1 or len(stored) > MOST:
            raise ArgumentError("what it learnt from is no list of hashes")
        return cls(np.unique(stored.view(np.uint32).astype(np.int64)))

    def stored(self) -> Array:
        """For `from_file`, four bytes each."""
        return self.hashes.astype(np.uint32).view(np.int32)


def hashes_of(x: Ragged) -> Array:
    """``[n]``, from 0 to 2³² − 1: equal for equal sequences, on every machine."""
    found = []
    for rows in x.each():
        value = as_bytes(rows) if rows.dtype == object else rows
        found.append(hashlib.blake2b(value, digest_size=4).digest())  # NumPy's arrays are buffers
    return np.frombuffer(b"".join(found), "<u4").astype(np.int64)
