"""Which way to forecast to take: the best one, unless a simpler one is about as good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from .backtest import Backtest
from .metrics import by_series, mean
from .paired import FEW, compare
from .verdict import manifold, times

Array = NDArray[Any]

LOSS = "pinball loss"
USUAL = "theta"
"""The rule to take where few windows say little: the best of the M3 competition (Makridakis and
Hibon 2000), of series of any kind."""


@dataclass(frozen=True)
class Candidate:
    """One way to forecast, over the windows that all have."""

    name: str
    loss: float
    """Mean pinball loss, in the units of the verdict."""
    behind: float
    """How much higher it is than the lowest."""
    error: float
    """The standard error of that, window by window; NaN where one window alone is known."""


@dataclass(frozen=True)
class Choice:
    """What was picked, and by how much.

    Example:
        >>> naive = Candidate("naive", 1.2, 0.2, 0.1)
        >>> print(Choice("GRU", (naive, Candidate("GRU", 1.0, 0.0, 0.0)), 52))
        GRU: the lowest pinball loss, naive is 20 % behind (52 windows)
    """

    name: str
    candidates: tuple[Candidate, ...]
    """The simplest first."""
    count: int
    """Rolling origins, or series, that were told apart from chance."""
    unit: str = "windows"

    def __str__(self) -> str:
        by_name = {each.name: each for each in self.candidates}
        picked = by_name[self.name]
        best = min(self.candidates, key=lambda each: each.loss)
        over = f"({self.count:,} {'window' if self.count == 1 else self.unit})"
        if not self.count:
            return f"{self.name}: nothing was observed in the windows held out {over}"
        if picked is not best:
            lead = f"{self.name}: {_share(picked.loss, best.loss)} behind {best.name} in {LOSS}"
            if manifold(picked.loss, best.loss):
                lead = f"{self.name}: {times(picked.loss / best.loss)} the {LOSS} of {best.name}"
            names = list(by_name)
            simpler = ", and simpler" if names.index(self.name) < names.index(best.name) else ""
            if self.count < FEW:
                few = "so few windows" if self.count > 1 else "one window"
                return f"{lead}, which {few} cannot prove{simpler} {over}"
            return f"{lead}, which is less than a standard error, and simpler {over}"
        others = [each for each in self.candidates if each is not best]
        if not others:
            return f"{self.name}: the only candidate {over}"
        next_best = min(others, key=lambda each: each.loss)
        rest = f"is {_share(next_best.loss, best.loss)} behind"
        if next_best.loss == best.loss:
            rest = "has the same"
        elif manifold(next_best.loss, best.loss):
            rest = f"has {times(next_best.loss / best.loss)} its loss"
        return f"{self.name}: the lowest {LOSS}, {next_best.name} {rest} {over}"

    def to_json(self) -> dict[str, Any]:
        """A dict of plain words and numbers, and the sentence; what is not known is null."""
        table = [
            {key: None if value != value else value for key, value in asdict(each).items()}
            for each in self.candidates
        ]
        return {
            "name": self.name,
            "candidates": table,
            "count": self.count,
            "unit": self.unit,
            "sentence": str(self),
        }


def choose(backtests: Sequence[Backtest]) -> Choice:
    """Picks one of some models and their baselines, all of which forecast the same windows.

    The simplest is taken whose loss is not more than one standard error of the paired difference
    above the lowest (Breiman, Friedman, Olshen and Stone 1984, of trees). With k observations,
    fewer than 8, no network is preferred to the best baseline, nor any baseline to Theta unless its
    loss is lower by more than 1 in k + 1.

    Args:
        backtests: one for each model, the simplest first; their baselines, which are taken from the
            first, are simpler still, in the order that they have there.

    Raises:
        ArgumentError: where there is none, or their windows differ.
    """
    if not backtests:
        raise ArgumentError("choose needs one backtest at least, got none")
    first = backtests[0]
    for other in backtests[1:]:
        if not np.array_equal(other.held.cut, first.held.cut):
            raise ArgumentError(
                f"the backtests of {first.model} and {other.model} must have the same windows"
            )
    losses = {name: loss for name, loss in first.losses.items() if name != first.model}
    baselines = set(losses)
    losses |= {each.model: each.losses[each.model] for each in backtests}
    return pick(losses, baselines, first.held.series, first.held.origin, first.overlap)


def pick(
    losses: dict[str, Array], baselines: set[str], series: Array, origin: Array, overlap: int = 1
) -> Choice:
    """The same, for losses of windows.

    Args:
        losses: ``[k]`` for each candidate, the simplest first; NaN where there is none.
        baselines: which of them are some.
        series, origin, overlap: see `paired.compare`.

    Example:
        >>> losses = {"naive": np.ones(9), "GRU": np.full(9, 0.9) + np.arange(9) / 90}
        >>> pick(losses, {"naive"}, np.zeros(9, int), np.arange(9)).name
        'GRU'
    """
    counted = ~np.isnan(np.stack(list(losses.values()))).any(axis=0)
    kept = {name: loss[counted] for name, loss in losses.items()}
    which, when = series[counted], origin[counted]
    means = {name: float(mean(by_series(loss, which))) for name, loss in kept.items()}
    best = min(means, key=lambda name: means[name])
    rows, picked = [], ""
    for name, loss in kept.items():
        found = compare(loss, kept[best], which, when, overlap)
        rows.append(Candidate(name, means[name], found.difference, found.error))
        if not picked and found.difference <= found.error:
            picked = name
    if found.count < FEW:
        among = baselines or set(means)
        picked = min((name for name in means if name in among), key=lambda name: means[name])
        most = (1 + 1 / max(found.count, 1)) * means[picked]
        if USUAL in among and 0 < means.get(USUAL, 0) <= most:
            picked = USUAL
    return Choice(picked or best, tuple(rows), found.count, found.unit)


def _share(loss: float, least: float) -> str:
    share = 100 * (loss / least - 1) if least > 0 else np.inf
    return f"{share:,.0f} %" if 1 <= share < 1e6 else "less than 1 %" if share < 1 else "far"
