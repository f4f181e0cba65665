"""Words and characters as numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import chain
from typing import Any
from unicodedata import category

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from .plain import from_json

UNKNOWN = "<unk>"

_JOINERS = "\u200c\u200d"
_TONES = "\U0001f3fb-\U0001f3ff"


@cache
def _word() -> re.Pattern[str]:
    """A run of letters and digits with the apostrophes and hyphens inside it, or another sign.

    To both belong the marks upon them, such as accents and the vowels of Hindi, which Python counts
    as neither letters nor blanks, and what the signs of an emoji are joined by.
    """
    codes = chain(range(0x300, 0x20000), range(0xE0100, 0xE01F0))  # where Unicode has marks
    marks = [code for code in codes if category(chr(code)).startswith("M")]
    first = [code for code, before in zip(marks, [0, *marks], strict=False) if code != before + 1]
    last = [code for code, after in zip(marks, [*marks[1:], 0], strict=True) if code != after - 1]
    runs = "".join(f"{chr(a)}-{chr(b)}" for a, b in zip(first, last, strict=True))
    inside = rf"[\w{_JOINERS}{runs}]"
    upon = rf"[{_JOINERS}{_TONES}{runs}]"
    return re.compile(rf"\w{inside}*(?:['’\-]\w{inside}*)*|[^\w\s](?:{upon}|(?<=\u200d)[^\w\s])*")


def words(text: str, *, lower: bool = False) -> list[str]:
    """The words and signs of a text, in their order.

    Args:
        text: any; blanks and ends of lines only separate.
        lower: whether capitals become small letters.

    Example:
        >>> words("A cat, which isn't well-fed!", lower=True)
        ['a', 'cat', ',', 'which', "isn't", 'well-fed', '!']
    """
    return _word().findall(text.lower() if lower else text)


def as_bytes(tokens: Iterable[str]) -> bytes:
    """Tokens as bytes that no other tokens have.

    Example:
        >>> as_bytes(["a", "b"])
        b'a\\x00b'
    """
    marked = [t.replace("\1", "\1\1").replace("\0", "\1\2") for t in tokens]
    return "\0".join(marked).encode("utf-8", "surrogatepass")


@dataclass(frozen=True)
class Vocabulary:
    """The tokens that are known, each with its number; all others are the unknown one, number 0.

    Example:
        >>> vocabulary = Vocabulary.of([["a", "cat"], ["a", "dog"]], min_count=2)
        >>> vocabulary.tokens, vocabulary.ids(["a", "cat"]).tolist()
        (('<unk>', 'a'), [1, 0])
    """

    tokens: tuple[str, ...] = field(repr=False)
    """All different; the first stands for all that are not among the others."""

    def __post_init__(self) -> None:
        tokens = self.tokens
        if not isinstance(tokens, tuple | list) or not tokens:
            raise ArgumentError("Vocabulary.tokens must be a list of texts, one at least")
        for token in tokens:
            if not isinstance(token, str):
                raise ArgumentError(f"Vocabulary.tokens must be texts, got {token!r}")
        if len(set(tokens)) < len(tokens):
            twice = next(token for token, n in Counter(tokens).items() if n > 1)
            raise ArgumentError(f"Vocabulary.tokens must differ, got {twice!r} twice")
        object.__setattr__(self, "tokens", tuple(tokens))

    @classmethod
    def of(
        cls,
        sequences: Iterable[Sequence[str]],
        *,
        min_count: int = 1,
        max_size: int | None = None,
        unknown: str = UNKNOWN,
        first: Sequence[str] = (),
    ) -> Vocabulary:
        """The tokens of some sequences, frequent ones first, equally frequent ones by their text.

        Args:
            sequences: lists of words, or texts, whose characters count.
            min_count: how often a token must occur.
            max_size: how many tokens there may be, the unknown one and ``first`` included; None for
                any number.
            unknown: what to call the token of all others.
            first: tokens that are known in any case, such as the end of a sentence; they get the
                numbers from 1.
        """
        given = (unknown, *first)
        counts: Counter[str] = Counter()
        for sequence in sequences:
            counts.update(sequence)
        for token in given:
            counts.pop(token, None)
        found = sorted((-n, token) for token, n in counts.items() if n >= min_count)
        room = None if max_size is None else max(max_size - len(given), 0)
        return cls((*given, *(token for _, token in found[:room])))

    def __len__(self) -> int:
        return len(self.tokens)

    def ids(self, tokens: Sequence[str]) -> NDArray[np.int32]:
        """The numbers of some tokens, ``[len(tokens)]``; a text counts as its characters."""
        find = self._numbers.get
        return np.fromiter((find(token, 0) for token in tokens), np.int32, len(tokens))

    def __contains__(self, token: str) -> bool:
        return token in self._numbers

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {token: number for number, token in enumerate(self.tokens)}

    def to_json(self) -> dict[str, Any]:
        """A dict that ``json.dumps`` takes and `from_json` turns back into an equal value."""
        return {"tokens": list(self.tokens)}

    @classmethod
    def from_json(cls, data: Any) -> Vocabulary:
        """The vocabulary that `to_json` described.

        Raises:
            ArgumentError: if it describes none.
        """
        return from_json(cls, data)
