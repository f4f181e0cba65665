"""What a linear layer beside a tagger counts of each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ..data.parts import PartKind, hashed
from ..data.ragged import Ragged
from .counted import COLUMNS, Sparse

Array = NDArray[Any]

FACTOR = np.uint64(0x9E3779B97F4A7C15)
"""2**64 over the golden ratio: products with it spread over all bits (Knuth, 6.4)."""
LEAST = np.uint64(65 - COLUMNS.bit_length())
"""By how many bits a product is shifted, so that a column remains."""


@dataclass(frozen=True)
class Nearby:
    """Runs of up to so many tokens in a step's neighbourhood, each where it lies, and the step's
    parts."""

    most: int
    """Tokens of a run."""
    reach: int
    """Steps from the first token of the neighbourhood to the step, and from there to the last."""
    ahead: bool
    """Whether what follows the step counts, too."""
    lower: bool
    """Whether capitals count as small letters."""
    parts: PartKind
    """What of the step's token counts beside itself."""

    @property
    def memory(self) -> int:
        """The tokens up to a step that decide what is counted of it."""
        return self.reach + 1

    def of(self, x: Ragged) -> Sparse:
        """Of each step.

        A run counts as 1. With h the place of its first token, from 1 for the farthest back, and h
        = (h · FACTOR) xor crc32 for each token, 0 for none, its column is h · FACTOR >> LEAST, all
        modulo 2**64. A part counts as 1 in column crc32 % COLUMNS.
        """
        types: dict[str, int] = {}
        tokens = [types.setdefault(token, len(types) + 1) for token in x.rows.tolist()]
        ids = np.array(tokens, np.int64)
        words = [token.lower() for token in types] if self.lower else list(types)
        codes = [crc32(word.encode("utf-8", "surrogatepass")) for word in words]
        # beyond the ends of each sequence there is none
        room = np.repeat(np.arange(len(x)) * self.reach, x.length) + self.reach
        padded = np.zeros(len(ids) + (len(x) + 1) * self.reach, np.uint64)
        at = np.arange(len(ids)) + room
        padded[at] = np.array([0, *codes], np.uint64)[ids]

        last = self.reach if self.ahead else 0
        columns = []
        for first in range(-self.reach, last + 1):
            h = np.full(len(ids), first + self.reach + 1, np.uint64)
            for place in range(first, min(first + self.most, last + 1)):
                h = (h * FACTOR) ^ padded[at + place]
                columns.append((h * FACTOR >> LEAST).astype(np.int64))
        runs = np.stack(columns, axis=1)
        parts = [runs[0, :0], *(hashed(token, self.parts, COLUMNS) for token in types)]
        found = np.concatenate(
            [each for run, i in zip(runs, ids, strict=True) for each in (run, parts[i])]
        )
        count = runs.shape[1] + np.array([*map(len, parts)])[ids]
        return Sparse(np.append(0, np.cumsum(count)), found, np.ones(len(found)))
