"""Whether a network is worth it that says a number: beside simple rules, on unseen sequences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..evidence import beside_best, relation
from .judge import p_of, why

Array = NDArray[Any]


@dataclass(frozen=True)
class NumberJudgement:
    """How far from the truth on sequences held out, by model and baseline."""

    model: str
    error: dict[str, float]
    """The mean absolute error: the model's, then the baselines'."""
    sequences: int
    """Held out."""
    p: float
    """How often chance alone makes so large a difference to the best baseline; see `evidence`."""
    verdict: str
    """``beats``, ``no better than`` or ``worse than``, and the rest of the sentence."""

    def to_json(self) -> dict[str, Any]:
        """A dict of plain words and numbers."""
        return asdict(self)


def judge_numbers(
    model: str, truth: Array, found: Array, others: Mapping[str, Array]
) -> NumberJudgement:
    """Compares with the best of the others, by a t test over the sequences' absolute errors.

    Args:
        model: what to call it.
        truth: ``[n]``, of the sequences held out.
        found: ``[n]``, what the model says.
        others: the same of each baseline.

    Example:
        >>> truth = np.arange(40.0)
        >>> near, far = truth + np.resize([0.5, 1.5], 40), np.full(40, 20.0)
        >>> print(judge_numbers("GRU", truth, near, {"median": far}).verdict)
        beats median: off by 1 in the mean where it is by 10 (p < 0.001)
    """
    off = {name: np.abs(said - truth) for name, said in ((model, found), *others.items())}
    error = {name: float(each.mean()) for name, each in off.items()}
    best = min(others, key=lambda name: error[name])
    lead = off[best] - off[model]
    corrected = beside_best(float(lead.mean()), p_of(lead), len(others))
    p = 1.0 if corrected is None else corrected
    verdict = (
        f"{relation(float(lead.mean()), p)} {best}: off by {_number(error[model])} in the mean "
        f"where it is by {_number(error[best])} ({why(lead, p)})"
    )
    return NumberJudgement(model, error, len(truth), p, verdict)


def _number(value: float) -> str:
    return f"{value:,.0f}" if 1e4 <= value < 1e12 else f"{value:.4g}"
