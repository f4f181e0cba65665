"""Whether a network is worth it: beside simple rules, on sequences that neither has seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, ttest_1samp

from ..evidence import SURE, beside_best, chance, relation

Array = NDArray[Any]


@dataclass(frozen=True)
class Judgement:
    """What is right on sequences held out, by model and baseline."""

    model: str
    right: dict[str, float]
    """The share of labels: the model's, then the baselines'."""
    classes: list[str]
    """Frequent ones first."""
    confusion: list[list[int]]
    """How often a label (row) was called what (column), by the model."""
    sequences: int
    """Held out."""
    labels: int
    """Theirs: as many, or one for each step."""
    p: float
    """How often chance alone makes so large a difference to the best baseline; see `evidence`."""
    verdict: str
    """``beats``, ``no better than`` or ``worse than``, and the rest of the sentence."""

    def to_json(self) -> dict[str, Any]:
        """A dict of plain words and numbers."""
        return asdict(self)


def hold_out(labels: Sequence[str], share: float, seed: int) -> Array:
    """Which sequences to hold out, ``[n]`` of bool: about a share of each label, never all of it.

    Example:
        >>> int(hold_out(["a"] * 10 + ["b"] * 5 + ["c"], 0.2, seed=0).sum())
        3
    """
    names = np.asarray(labels)
    order = np.random.default_rng(seed).permutation(len(names))
    held = np.zeros(len(names), bool)
    seen = 0
    for name in np.unique(names):
        of_it = order[names[order] == name]
        # what rounding leaves of one label counts for the next: of two each, some have one held out
        due = round(share * (seen + len(of_it))) - round(share * seen)
        seen += len(of_it)
        held[of_it[: min(due, len(of_it) - 1)]] = True
    often, count = Counter(labels).most_common(1)[0]
    if not held.any() and count > 1:  # few of each: one of the commonest
        held[order[names[order] == often][0]] = True
    return held


def judge(
    model: str,
    truth: Sequence[Sequence[str]],
    found: Sequence[Sequence[str]],
    others: Mapping[str, Sequence[Sequence[str]]],
) -> Judgement:
    """Compares with the best of the others.

    Of one label a sequence, by McNemar's exact test: of the sequences where only one of both is
    right, are there more of the one kind than chance brings? Of several, by a t test over the
    sequences, since the steps of one are not independent.

    Args:
        model: what to call it.
        truth: for each sequence held out its label, or its steps' labels.
        found: what the model says.
        others: what each baseline says.

    Example:
        >>> truth = [["a"], ["b"]] * 20
        >>> print(judge("GRU", truth, truth, {"majority class": [["a"]] * 40}).verdict)
        beats majority class: 100.0 % of 40 right where it has 50.0 % (p < 0.001)
    """
    own = _right(truth, found)
    theirs = {name: _right(truth, said) for name, said in others.items()}
    steps = np.array([len(part) for part in truth])
    share = {name: float(r.sum() / steps.sum()) for name, r in ((model, own), *theirs.items())}
    best = max(theirs, key=lambda name: share[name])
    lead = own - theirs[best]
    alone = p_of(lead, one_each=bool((steps == 1).all()))
    p = beside_best(float(lead.sum()), alone, len(theirs))
    p = 1.0 if p is None else p
    verdict = (
        f"{relation(lead.sum(), p)} {best}: {100 * share[model]:.1f} % of "
        f"{int(steps.sum()):,} right where it has "
        f"{100 * share[best]:.1f} % ({why(lead, p)})"
    )
    classes, confusion = _confusion(truth, found)
    return Judgement(model, share, classes, confusion, len(truth), int(steps.sum()), p, verdict)


def _right(truth: Sequence[Sequence[str]], found: Sequence[Sequence[str]]) -> Array:
    """How many labels of each sequence are right, ``[n]``."""
    pairs = zip(truth, found, strict=True)
    return np.array([sum(a == b for a, b in zip(*pair, strict=True)) for pair in pairs], float)


def why(lead: Array, p: float) -> str:
    """How sure a model's lead over the best rule is, in words.

    Example:
        >>> why(np.array([1, -1]), 1.0), why(np.array([1, 0]), 1.0)
        ('a tie', 'which may be chance: p = 1.000')
    """
    if not lead.sum():
        return "a tie"
    return f"which may be chance: {chance(p)}" if p >= SURE else chance(p)


def p_of(lead: Array, *, one_each: bool = False) -> float:
    """How often chance alone makes so large a lead, ``[n]`` over the sequences, in either way.

    Args:
        lead: of the model, by sequence.
        one_each: whether it is 1, 0 or −1, for the exact test of McNemar; else a t test.
    """
    differs = lead[lead != 0]
    if not len(differs):
        return 1.0
    if one_each or np.ptp(lead) == 0:  # equal leads have no spread for a t test: their signs
        return float(binomtest(int((differs > 0).sum()), len(differs)).pvalue)
    return float(ttest_1samp(lead / np.abs(lead).max(), 0.0).pvalue)  # no square overflows


def _confusion(
    truth: Sequence[Sequence[str]], found: Sequence[Sequence[str]]
) -> tuple[list[str], list[list[int]]]:
    pairs = Counter(
        pair for a, b in zip(truth, found, strict=True) for pair in zip(a, b, strict=True)
    )
    often: Counter[str] = Counter()
    for (a, b), n in pairs.items():
        often[a] += n
        often[b] += 0
    classes = sorted(often, key=lambda name: (-often[name], name))
    return classes, [[pairs[a, b] for b in classes] for a in classes]
