"""What a language model is compared with: how often each token has followed the few before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Gram = tuple[Hashable, ...]


@dataclass(frozen=True)
class Counts:
    """Counted n-grams, each length smoothed by the next shorter one (Witten and Bell 1991).

    With c the count of a context and u the number of different tokens seen after it, the chance of
    a token is (its count after the context + u · its chance after the shorter context) / (c + u);
    after no context, all tokens of the vocabulary are equally likely at first.

    Example:
        >>> counts = Counts.of(list("abababac"), order=2, vocabulary=3)
        >>> counts.nats(list("ab")).round(3).tolist()
        [0.476]
    """

    order: int
    """Tokens that count: n, so n − 1 before the one that comes."""
    vocabulary: int
    seen: tuple[Counter[Gram], ...]
    """``seen[k]``, of the grams of k + 1 tokens."""
    before: tuple[Counter[Gram], ...]
    """``before[k]``, of the contexts of k tokens."""
    different: tuple[Counter[Gram], ...]
    """``different[k]``, how many different tokens came after a context of k."""

    @classmethod
    def of(cls, tokens: Sequence[Hashable], order: int, vocabulary: int) -> Counts:
        """Counts a row of tokens."""
        seen = tuple(Counter(_grams(tokens, k + 1)) for k in range(order))
        before: list[Counter[Gram]] = []
        different: list[Counter[Gram]] = []
        for counted in seen:
            total: Counter[Gram] = Counter()
            for gram, count in counted.items():
                total[gram[:-1]] += count
            before.append(total)
            different.append(Counter(gram[:-1] for gram in counted))
        return cls(order, vocabulary, seen, tuple(before), tuple(different))

    def nats(self, tokens: Sequence[Hashable]) -> NDArray[np.float64]:
        """What each token but the first costs after those before it, ``[len(tokens) - 1]``."""
        whole = tuple(tokens)
        first = (max(0, i + 1 - self.order) for i in range(1, len(whole)))
        chances = [self._chance(whole[a : i + 1]) for i, a in enumerate(first, start=1)]
        nats: NDArray[np.float64] = -np.log(np.array(chances, float))
        return nats

    def _chance(self, gram: Gram) -> float:
        """Of the last token after those before it."""
        chance = 1 / self.vocabulary
        for k in range(len(gram)):
            part = gram[len(gram) - 1 - k :]
            context = part[:-1]
            total = self.before[k].get(context, 0)
            if total:
                kinds = self.different[k][context]
                chance = (self.seen[k].get(part, 0) + kinds * chance) / (total + kinds)
        return chance


def _grams(tokens: Sequence[Any], n: int) -> Any:
    return zip(*(tokens[i:] for i in range(n)), strict=False)
