"""Texts as rows of tokens, and back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from ..data.plain import from_json
from ..data.vocabulary import Vocabulary, words
from ..errors import ArgumentError, DataError
from ..network import checks

Level: TypeAlias = Literal["char", "word"]
Ids: TypeAlias = NDArray[np.int32]
END = "\n"
"""The end of a line, a token at both levels; a text begins after one."""
END_ID = 1
UNKNOWN_ID = 0

# signs that stand close to the word before them, and those that the next word stands close to
_CLOSES = re.compile(r"[.,;:!?%)\]}’”]|'\w*")
_OPENS = re.compile(r"[(\[{‘“$£€#@]")


@dataclass(frozen=True)
class Alphabet:
    """How a model reads a text.

    Example:
        >>> alphabet = Alphabet.of("Ram is a male. Ram is.", "word", min_count=2)
        >>> alphabet.tokens("Ram is tall")
        ['Ram', 'is', 'tall']
        >>> alphabet.ids("Ram is tall").tolist()
        [3, 4, 0]
        >>> alphabet.text(["Ram", "is", "a", "male", ".", END, "Sita"])
        'Ram is a male.\\nSita'
    """

    internal: ClassVar[bool] = True  # errors name the arguments alone
    level: Level
    vocabulary: Vocabulary
    lower: bool = False

    def __post_init__(self) -> None:
        checks.choice(self, "level", get_args(Level))
        checks.flag(self, "lower")
        if not isinstance(self.vocabulary, Vocabulary) or self.vocabulary.tokens[1:2] != (END,):
            raise ArgumentError("Alphabet.vocabulary must be one with the end of a line as token 1")

    @classmethod
    def of(
        cls,
        text: str,
        level: Level,
        *,
        min_count: int = 1,
        max_size: int | None = None,
        lower: bool = False,
    ) -> Alphabet:
        """The tokens of a text, frequent ones first."""
        found = cls(level, Vocabulary.of([], first=(END,)), lower).tokens(text)
        known = Vocabulary.of([found], min_count=min_count, max_size=max_size, first=(END,))
        return cls(level, known, lower)

    def tokens(self, text: str) -> list[str]:
        """A text in parts; at the level of words, the blanks between them are not kept."""
        text = text.lower() if self.lower else text
        if self.level == "char":
            return list(text)
        lines = text.split(END)
        found = [word for line in lines[:-1] for word in (*words(line), END)]
        return found + words(lines[-1])

    def ids(self, text: str) -> Ids:
        """Its tokens by their number; 0 for those that are not known."""
        return self.vocabulary.ids(self.tokens(text))

    def text(self, tokens: Iterable[str]) -> str:
        """Tokens put together; words by the usual blanks."""
        if self.level == "char":
            return "".join(tokens)
        parts: list[str] = []
        before = END
        for token in tokens:
            parts.append(self.gap(before, token) + token)
            before = token
        return "".join(parts)

    def gap(self, before: str, token: str) -> str:
        """What stands between two tokens."""
        if self.level == "char" or END in (before, token):
            return ""
        return "" if _CLOSES.fullmatch(token) or _OPENS.fullmatch(before) else " "

    def to_json(self) -> dict[str, Any]:
        """A dict that ``json.dumps`` takes and `from_json` turns back into an equal value."""
        return {**asdict(self), "vocabulary": self.vocabulary.to_json()}

    @classmethod
    def from_json(cls, data: Any) -> Alphabet:
        """The value that `to_json` described. Raises: ArgumentError, if it describes none."""
        parts = dict(data) if isinstance(data, dict) else data
        if isinstance(parts, dict) and "vocabulary" in parts:
            parts["vocabulary"] = Vocabulary.from_json(parts["vocabulary"])
        return from_json(cls, parts)


def line_ends(text: str) -> str:
    """The text with one kind of line end."""
    return text.replace("\r\n", END).replace("\r", END)


def one_text(text: Any) -> str:
    """A text, or the texts of a list or a column, each a line or more of its own.

    Raises:
        DataError: if it is none, or empty.
    """
    if hasattr(text, "to_list"):  # a column of pandas or polars
        text = text.to_list()
    if isinstance(text, np.ndarray):
        text = text.tolist()
    if isinstance(text, str):
        whole = text
    elif isinstance(text, Sequence) and not isinstance(text, bytes):
        for i, part in enumerate(text):
            if not isinstance(part, str):
                raise DataError(f"text {i} must be a text, got {type(part).__name__} {part!r:.60}")
        whole = END.join(str(part) for part in text)
    else:
        raise DataError(f"text must be a text or a list of texts, got {type(text).__name__}")
    whole = line_ends(whole)
    if not whole.strip():
        raise DataError("text holds nothing but blanks; give some to learn from")
    return whole if whole.endswith(END) else whole + END
