"""When a difference counts, and what a verdict begins with."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Relation: TypeAlias = Literal["beats", "no better than", "worse than"]

SURE = 0.05
"""A difference counts if chance brings one as large less often than this."""


def relation(lead: float, p: float | None) -> Relation:
    """What a model does to the best baseline.

    Args:
        lead: how much better it is, in any unit; below 0 if it is worse.
        p: how often chance alone makes so large a difference; None where nothing can be said.

    Example:
        >>> relation(0.1, 0.01), relation(0.1, 0.2), relation(-0.1, 0.01)
        ('beats', 'no better than', 'worse than')
    """
    if p is None or p >= SURE:
        return "no better than"
    return "beats" if lead > 0 else "worse than"


def beside_best(lead: float, p: float | None, baselines: int) -> float | None:
    """The p value of a difference to the best of some baselines, which was picked by the same data.

    The pick favours the baseline, so that a lead over it needs no correction. That one of many is
    better, chance brings more often than that a given one is: there p counts for each of them
    (Bonferroni).

    Args:
        lead: how much better the model is, in any unit; below 0 if it is worse.
        p: of the difference to that baseline alone; None where nothing can be said.
        baselines: that were looked at.

    Example:
        >>> beside_best(0.1, 0.02, 8), beside_best(-0.1, 0.02, 8), beside_best(-0.1, 0.3, 8)
        (0.02, 0.16, 1.0)
    """
    if p is None or lead >= 0:
        return p
    return min(p * baselines, 1.0)


def of_mean(leads: NDArray[Any]) -> float:
    """How often chance makes a mean as far from zero, by a t test; NaN of fewer than two.

    Without scipy.stats, which takes longer to import than an audit.

    Args:
        leads: independent of each other.

    Example:
        >>> round(of_mean(np.array([1.0, 2.0, 3.0])), 4)  # t = 2 √3, of 2 degrees of freedom
        0.0742
    """
    from scipy.special import stdtr

    m = len(leads)
    if m < 2 or np.ptp(leads) == 0:
        return float("nan") if m < 2 else float(leads[0] == 0)
    t = leads.mean() / (leads.std(ddof=1) / np.sqrt(m))
    return float(2 * stdtr(m - 1, -abs(t)))


def chance(p: float) -> str:
    """A p value in words.

    Example:
        >>> chance(0.0004), chance(0.0314)
        ('p < 0.001', 'p = 0.031')
    """
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
