"""The way from sequences of tokens to what a network reads."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.bags import TokenBags
from ..data.parts import PartKind, hashed
from ..data.ragged import Form, Ragged, places
from ..data.sequences import TokenKind
from ..data.spans import Spans
from ..data.vocabulary import Vocabulary
from ..errors import ArgumentError
from ..network import TokenInput
from .cooccurrence import company, points
from .counted import Grams
from .nearby import Nearby
from .training import Training

Array = NDArray[Any]

BUCKETS: dict[PartKind, int] = {"grams": 20_000, "affixes": 20_000, "none": 0}
FORMAT = 6
"""Of what a file says of texts; counts up whenever the same file would read one in another way."""
FAR = 4.0
"""From the origin to where a word begins, in the mean of squares; 1 where that is drawn."""
COMPANY = 1_000_000
"""Words whose company tells where they begin, at most: of longer texts every k-th is read."""
DROPPED = 0.15
"""The share of the words that are not known in a batch."""


@dataclass(frozen=True, eq=False)
class Texts:
    """Sequences of tokens: each embedded as its word and the mean of its parts, summed."""

    form: Form
    vocabulary: Vocabulary
    parts: PartKind
    width: int
    lower: bool
    steps: bool
    """Whether the network answers at every step."""
    whole: bool
    """Whether it also reads from the end."""

    @classmethod
    def of(cls, x: Ragged, training: Training, tokens: str, *, steps: bool, whole: bool) -> Texts:
        """Learnt from the sequences that a network learns from.

        Args:
            x: n sequences.
            training: what was set.
            tokens: "word" or "char".
            steps: whether the network answers at every step.
            whole: whether it also reads from the end.
        """
        known = x.rows.tolist()
        if training.lower:
            known = [token.lower() for token in known]
        vocabulary = Vocabulary.of(
            [known],
            min_count=training.min_count if tokens == "word" else 1,
            max_size=training.vocabulary,
        )
        parts: PartKind = "none" if tokens == "char" else "affixes" if steps else "grams"
        return cls(x.form, vocabulary, parts, training.embedding, training.lower, steps, whole)

    def settings(self, tokens: str, training: Training) -> list[tuple[str, Any, Any]]:
        """What it was learnt with and keeps: each name, what it was, and what is asked for."""
        return [
            ("tokens", self.tokens, tokens),
            ("embedding", self.width, training.embedding),
            ("lower", self.lower, training.lower),
        ]

    @property
    def tokens(self) -> TokenKind:
        """What a text is a sequence of."""
        return "char" if self.parts == "none" else "word"

    @property
    def wide(self) -> Grams | Nearby:
        """What a linear layer beside the network counts."""
        if self.steps:
            return Nearby(2, 2, self.whole, self.lower, self.parts)
        if self.parts == "grams":
            return Grams(2, self.lower, letters=True, first=2)
        return Grams(4, self.lower, ends=True)

    @property
    def input_dropout(self) -> float:
        """The share of the embedding that training leaves out."""
        return 0.1 if self.parts == "none" else 0.3

    @property
    def network_input(self) -> TokenInput:
        """The first part of the network's spec."""
        return TokenInput(len(self.vocabulary) + BUCKETS[self.parts], self.width)

    def begin(self, params: dict[str, Array], x: Ragged, seed: int) -> None:
        """Words of texts that are judged as a whole begin near those that keep the same company."""
        if self.parts != "grams":
            return
        x = x.take(slice(None, None, 1 + len(x.rows) // COMPANY))
        tokens = x.rows.tolist()
        ids = self.vocabulary.ids([token.lower() for token in tokens] if self.lower else tokens)
        table = company(ids, x.length, len(self.vocabulary))
        found = FAR * points(table, self.width, np.random.default_rng(seed))
        met = found.any(axis=1)
        params["embedding_weight"][: len(found), : found.shape[1]][met] = found[met]

    def table(self, x: Ragged) -> TokenBags:
        """The tokens of all sequences; bag 0 is a word that is not known, of no known parts."""
        tokens = x.rows.tolist()
        types = {token: i + 1 for i, token in enumerate(dict.fromkeys(tokens))}
        words = [token.lower() for token in types] if self.lower else list(types)
        parts = [hashed(token, self.parts, max(BUCKETS[self.parts], 1)) for token in types]
        count = np.array([len(part) for part in parts])
        # of each bag but the first: its word, then its parts
        first = np.append(0, np.cumsum(np.append(1, 1 + count)))
        head = np.zeros(first[-1], bool)
        head[first[:-1]] = True
        rows = np.empty(len(head), np.int32)
        rows[head] = np.append(0, self.vocabulary.ids(words))
        rows[~head] = np.concatenate(parts) + len(self.vocabulary)
        weights = np.ones(len(head))
        weights[~head] = np.repeat(1 / np.maximum(count, 1), count)
        return TokenBags(np.array([types[token] for token in tokens]), first, rows, weights)

    def views(self, table: TokenBags, spans: Spans) -> list[tuple[TokenBags, Spans]]:
        """What the network reads to answer: the sequences as they are."""
        return [(table, spans)]

    def batch(
        self, table: TokenBags, spans: Spans, random: np.random.Generator, augment: bool
    ) -> tuple[TokenBags, Spans]:
        """What it reads to learn: the sequences, perhaps with some words not known."""
        ids = table.ids[places(spans)]
        if augment and self.parts != "none":
            ids = np.where(random.uniform(size=len(ids)) < DROPPED, 0, ids)
        found = spans.laid()
        return table.of(ids), found

    def to_json(self) -> dict[str, Any]:
        """Plain values for a file."""
        return {
            "format": FORMAT,
            "form": asdict(self.form),
            "vocabulary": self.vocabulary.to_json(),
            "parts": self.parts,
            "width": self.width,
            "lower": self.lower,
            "steps": self.steps,
            "whole": self.whole,
        }

    def tensors(self) -> dict[str, Array]:
        """Arrays for a file: none."""
        return {}

    @classmethod
    def from_file(cls, data: dict[str, Any], tensors: dict[str, Array]) -> Texts:
        """As `to_json` gave it, in this `FORMAT`. Raises: ArgumentError, if anything is amiss."""
        form = Form.from_json(data.get("form"))
        vocabulary = Vocabulary.from_json(data.get("vocabulary"))
        parts: Any = data.get("parts")
        width: Any = data.get("width")
        flags: Any = [data.get(name) for name in ("lower", "steps", "whole")]
        sound = parts in tuple(BUCKETS) and type(width) is int and width > 0
        if not sound or not all(isinstance(flag, bool) for flag in flags):
            raise ArgumentError("it does not say how tokens are embedded")
        return cls(form, vocabulary, parts, width, *flags)
