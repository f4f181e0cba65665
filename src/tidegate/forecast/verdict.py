"""Whether a model beats the best baseline, in one sentence."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..evidence import Relation, beside_best, chance, relation
from .metrics import by_series, mean
from .paired import FEW, Unit, compare

Array = NDArray[Any]
NONE = 1e-9
"""A difference that is a smaller share of the losses than this is rounding."""


@dataclass(frozen=True)
class Verdict:
    """A model beside the best baseline.

    Example:
        >>> print(Verdict("beats", "GRU", "seasonal naive", 0.12, 0.003, 52, 1, "windows"))
        beats seasonal naive by 12 % in pinball loss (p = 0.003, 52 windows)
    """

    relation: Relation
    model: str
    baseline: str
    """The one whose own loss was the lowest."""
    margin: float
    """How much lower the model's loss is, as a share of the baseline's; below 0 if it is higher,
    -inf where the baseline made no error."""
    p: float | None
    """Of a test for each side; None where there were too few observations, so that no difference,
    however large, would be evidence."""
    count: int
    """Observations of the test: rolling origins, or series."""
    series: int
    unit: Unit
    """What was counted."""
    loss: str = "pinball loss"

    def __str__(self) -> str:
        noun = "window" if self.count == 1 and self.unit == "windows" else self.unit
        of = f" of {self.series:,} series" if self.series > 1 and self.unit == "windows" else ""
        over = f"{self.count:,} {noun}{of}"
        few = f"{over}, no evidence: a p value needs {FEW}"
        sure = few if self.p is None else f"{_chance(self.p)}, {over}"
        if self.margin == -math.inf:
            said = ", which made no error"
        elif self.relation != "no better than":
            said = f" by {_percent(self.margin)} in {self.loss}"
        elif self.margin == 0:
            said = f": the same {self.loss}"
        else:
            side = "lower" if self.margin > 0 else "higher"
            said = f": {_percent(self.margin)} {side} in {self.loss}, which may be chance"
        return f"{self.relation} {self.baseline}{said} ({sure})"

    def to_json(self) -> dict[str, Any]:
        """A dict of plain words and numbers, and the sentence; a margin without end is null."""
        data = asdict(self)
        data["margin"] = self.margin if math.isfinite(self.margin) else None
        return {**data, "sentence": str(self)}


def judge(
    model: str,
    losses: dict[str, Array],
    series: Array,
    origin: Array,
    overlap: int = 1,
) -> Verdict:
    """The model beside the baseline whose loss is the lowest, over the windows that all have.

    That baseline is chosen on the same windows, which favours it: a model that beats it needs no
    correction. Whoever calls the model worse has looked at every baseline, so that p value is
    multiplied by their number (Bonferroni).

    Args:
        model: the name of the model.
        losses: ``[k]`` for the model and for one baseline at least, in one unit for all series; NaN
            where there is none.
        series: ``[k]``, as are the rest, see `paired.compare`.

    Example:
        >>> losses = {"GRU": np.full(9, 0.9) + np.arange(9) / 90, "naive": np.ones(9)}
        >>> print(judge("GRU", losses, np.zeros(9, int), np.arange(9)))
        beats naive by 6 % in pinball loss (p < 0.001, 9 windows)
    """
    counted = ~np.isnan(np.stack(list(losses.values()))).any(axis=0)
    mine, which, when = losses[model][counted], series[counted], origin[counted]
    theirs = {name: loss[counted] for name, loss in losses.items() if name != model}
    means = {name: float(mean(by_series(loss, which))) for name, loss in theirs.items()}
    best = min(means, key=lambda name: means[name])
    found = compare(mine, theirs[best], which, when, overlap)
    count = len(np.unique(which))
    own, lead = float(mean(by_series(mine, which))), -found.difference
    if not abs(lead) > NONE * max(own, means[best]):  # also where there is no window at all
        same = None if found.p is None else 1.0
        return Verdict("no better than", model, best, 0.0, same, found.count, count, found.unit)
    margin = lead / means[best] if means[best] > 0 else -math.inf
    p = beside_best(lead, found.p, len(theirs))
    return Verdict(relation(lead, p), model, best, margin, p, found.count, count, found.unit)


def _percent(margin: float) -> str:
    """The size of a share, in words."""
    share = 100 * abs(margin)
    return f"{share:,.0f} %" if share >= 1 else "less than 1 %"


def _chance(p: float) -> str:
    return chance(p) if p < 0.1 else f"p = {p:.2f}"
