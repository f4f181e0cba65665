"""Words by their parts: what a network knows of a word that it never saw."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Literal, TypeAlias
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

PartKind: TypeAlias = Literal["none", "grams", "affixes"]


def grams(word: str) -> Iterator[str]:
    """The runs of 2 to 5 characters of a word, with marks at its ends.

    Example:
        >>> list(grams("at"))
        ['<a', 'at', 't>', '<at', 'at>', '<at>']
    """
    marked = f"<{word.lower()[:40]}>"
    for n in range(2, 6):
        for i in range(len(marked) - n + 1):
            yield marked[i : i + n]


def affixes(word: str) -> Iterator[str]:
    """How a word ends and begins, and its shape: capitals, digits, signs.

    Example:
        >>> list(affixes("U-2s"))
        ['>s', '>2s', '>-2s', '>u-2s', '<u', '<u-', '<u-2', 'X-dx']
    """
    lower = word.lower()
    for n in range(1, 5):
        yield ">" + lower[-n:]
    for n in range(1, 4):
        yield "<" + lower[:n]
    yield shape(word)


def shape(word: str) -> str:
    """The kinds of a word's characters, each run of one kind cut to two.

    Example:
        >>> [shape(word) for word in ("Hello", "U.S.", "1999", "iPad")]
        ['Xxx', 'X.X.', 'dd', 'xXxx']
    """
    kinds = "".join(
        "X" if c.isupper() else "x" if c.islower() else "d" if c.isdigit() else c for c in word[:40]
    )
    return _RUN.sub(r"\1\1", kinds)


_RUN = re.compile(r"(.)\1{2,}")
_PARTS: dict[PartKind, Callable[[str], Iterator[str]]] = {
    "grams": grams,
    "affixes": affixes,
    "none": lambda word: iter(()),
}


@lru_cache(maxsize=2**15)
def hashed(word: str, kind: PartKind, buckets: int) -> NDArray[np.int64]:
    """The numbers of a word's parts, from 0 to below ``buckets``, each once; not to be written to.

    The last words are kept: a fit asks for each several times.
    """
    found = {crc32(part.encode("utf-8", "surrogatepass")) % buckets for part in _PARTS[kind](word)}
    numbers = np.array(sorted(found), np.int64)
    numbers.flags.writeable = False
    return numbers
