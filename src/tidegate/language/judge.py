"""Whether a language model is worth it: beside counted n-grams, on text that neither has seen."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ttest_1samp

from ..evidence import SURE, beside_best, chance, relation
from .counts import Counts

Array = NDArray[Any]
BLOCK = 50
"""Tokens whose costs are added before they are compared: neighbours are not independent."""
ORDERS = {"char": (1, 3, 6), "word": (1, 3)}
"""Of the grams that are counted."""


@dataclass(frozen=True)
class Judgement:
    """What a token costs on the text held out, by model and baseline."""

    model: str
    nats: dict[str, float]
    """The model's, in the mean, then the baselines'."""
    tokens: int
    """Held out."""
    p: float
    """How often chance alone makes so large a difference to the best baseline."""
    verdict: str
    """``beats``, ``no better than`` or ``worse than``, and the rest of the sentence."""

    def to_json(self) -> dict[str, Any]:
        """A dict of plain words and numbers."""
        return asdict(self)


def judge(model: str, level: str, own: Array, others: dict[str, Array]) -> Judgement:
    """Compares with the best of the others, in blocks of 50 tokens.

    Args:
        model: what to call it.
        level: "char" or "word".
        own: ``[T]``, what each token costs it, in nats.
        others: the same of each baseline.

    Example:
        >>> random = np.random.default_rng(0)
        >>> own, theirs = random.exponential(1.0, 5000), random.exponential(1.5, 5000)
        >>> judge("LSTM", "char", own, {"counts of 1": theirs}).verdict[:28]
        'beats counts of 1: a charact'
    """
    best = min(others, key=lambda name: float(others[name].mean()))
    difference = _blocks(others[best] - own)
    a, b = float(own.mean()), float(others[best].mean())
    alone = None
    if len(difference) > 1 and np.ptp(difference) > 0:
        alone = float(ttest_1samp(difference, 0.0).pvalue)
    found = beside_best(b - a, alone, len(others))
    p = 1.0 if found is None else found
    unit = "character" if level == "char" else "word"
    why = f"{chance(p)}, {len(difference)} parts of {BLOCK} {unit}s"
    if len(difference) < 2:
        why = f"{len(own)} {unit}s are too few to tell"
    elif p >= SURE:
        why = f"which may be chance: {why}"
    costs = f"a {unit} costs it {a:.3f} nats where it costs them {b:.3f}"
    verdict = f"{relation(b - a, p)} {best}: {costs} ({why})"
    means = {model: a, **{name: float(cost.mean()) for name, cost in others.items()}}
    return Judgement(model, means, len(own), p, verdict)


def counted(level: str, known: list[int], held: list[int], vocabulary: int) -> dict[str, Array]:
    """What each token of a text costs by counts of the text before it.

    Args:
        level: "char" or "word".
        known: tokens to count.
        held: tokens to score; the first one only as a context.
        vocabulary: how many different tokens there may be.
    """
    return {
        f"counts of {order}": Counts.of(known, order, vocabulary).nats(held)
        for order in ORDERS[level]
    }


def _blocks(values: Array) -> Array:
    whole = len(values) // BLOCK * BLOCK
    found: Array = values[:whole].reshape(-1, BLOCK).mean(axis=1)
    return found
