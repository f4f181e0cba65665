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
MANIFOLD = 3
"""A loss that is so many times another's is said to be, and not to be so many percent higher."""


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
    """The one whose own loss was the lowest, or a simpler one about as good: see `judge`."""
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
        if not self.count:
            said = ": nothing was observed in the windows held out"
        elif self.margin == -math.inf:
            said = ", which made no error"
        elif manifold(1 - self.margin, 1):
            size = f"{times(1 - self.margin)} its {self.loss}"
            sure_of_it = self.relation == "worse than"
            said = f", with {size}" if sure_of_it else f": {size}, which may be chance"
        elif self.relation != "no better than":
            said = f" by {_percent(self.margin)} in {self.loss}"
        elif self.margin == 0:
            said = f": the same {self.loss}"
        else:
            side = "lower" if self.margin > 0 else "higher"
            said = f": {_percent(self.margin)} {side} in {self.loss}, which may be chance"
        return f"{self.relation} {self.baseline}{said} ({sure})"

    @property
    def baseline_would_do(self) -> bool:
        """Whether to take the baseline instead: not where the model was better, in too few windows
        to tell that from chance.

        Example:
            >>> better = Verdict("no better than", "GRU", "naive", 0.6, None, 3, 1, "windows")
            >>> better.baseline_would_do
            False
        """
        beaten = self.relation == "beats" or (self.p is None and self.margin > 0)
        return self.count > 0 and not beaten

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

    Where it is no better than that one, the simplest baseline is named that it is no better than,
    of those whose loss is within one standard error of the lowest, as in `choice.pick`.

    That baseline is chosen on the same windows, which favours it: a model that beats it needs no
    correction. Whoever calls the model worse has looked at every baseline, so that p value is
    multiplied by their number (Bonferroni).

    Args:
        model: the name of the model.
        losses: ``[k]`` for the model and for one baseline at least, the simplest first, in one unit
            for all series; NaN where there is none.
        series: ``[k]``, as are the rest, see `paired.compare`.

    Example:
        >>> losses = {"GRU": np.full(9, 0.9) + np.arange(9) / 90, "naive": np.ones(9)}
        >>> print(judge("GRU", losses, np.zeros(9, int), np.arange(9)))
        beats naive by 6 % in pinball loss (p < 0.001, 9 windows)
    """
    counted = ~np.isnan(np.stack(list(losses.values()))).any(axis=0)
    which, when = series[counted], origin[counted]
    kept = {name: loss[counted] for name, loss in losses.items()}
    means = {name: float(mean(by_series(loss, which))) for name, loss in kept.items()}
    baselines = [name for name in losses if name != model]
    best = min(baselines, key=lambda name: means[name])

    def beside(name: str) -> Verdict:
        found = compare(kept[model], kept[name], which, when, overlap)
        lead, p, margin = -found.difference, found.p, 0.0
        if abs(lead) > NONE * max(means[model], means[name]):
            margin = lead / means[name] if means[name] > 0 else -math.inf
            p = beside_best(lead, found.p, len(baselines))
        else:  # also where there is no window at all
            lead, p = 0.0, None if found.p is None else 1.0
        count = len(np.unique(which))
        word = relation(lead, p)
        return Verdict(word, model, name, margin, p, found.count, count, found.unit)

    verdict = beside(best)
    if verdict.relation != "no better than" or verdict.p is None:
        return verdict
    for name in baselines:
        behind = compare(kept[name], kept[best], which, when, overlap)
        if name == best or behind.difference <= behind.error:
            simple = beside(name)
            if simple.relation == "no better than":
                return simple
    return verdict


def _percent(margin: float) -> str:
    """The size of a share, in words."""
    share = 100 * abs(margin)
    return f"{share:,.0f} %" if share >= 1 else "less than 1 %"


def manifold(loss: float, least: float) -> bool:
    """Whether a loss is said to be so many times another, and not so many percent higher."""
    return 0 < MANIFOLD * least <= loss


def times(ratio: float) -> str:
    """So many times, in words."""
    return f"{ratio:,.0f} times" if ratio >= 10 else f"{ratio:.1f} times"


def _chance(p: float) -> str:
    return chance(p) if p < 0.1 else f"p = {p:.2f}"
