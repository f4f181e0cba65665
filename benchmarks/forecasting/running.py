"""What the scripts of this folder share: a model by its default settings, a table of results."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from tables import Split

from tidegate.data.series import Series
from tidegate.forecast.members import Members, learn_members
from tidegate.forecast.plan import Plan

sys.path.insert(0, str(Path(__file__).parents[1]))
from pairing import machine, report

SEEDS = (0, 1, 2)
LEVELS = np.array([0.025, 0.1, 0.5, 0.9, 0.975])


@dataclass(frozen=True)
class Fitted:
    """A model, and what it took."""

    plan: Plan
    members: Members
    seconds: float
    updates: int

    def quantiles(self, series: Series, which: np.ndarray, cut: np.ndarray) -> np.ndarray:
        """[k, h, LEVELS]"""
        return self.members.forecast(series, which, cut, LEVELS).quantiles


def fit(series: Series, known: np.ndarray, plan: Plan, seed: int) -> Fitted:
    """A model of the first rows of each series."""
    begun = time.perf_counter()
    members, history = learn_members(replace(plan, seed=seed), series, known, progress=False)
    return Fitted(plan, members, time.perf_counter() - begun, len(history.loss))


def each_seed(
    split: Split, plan: Plan, score: Callable[[np.ndarray], Mapping[str, float]], data: str
) -> list[dict[str, object]]:
    """The scores of a model for each seed, their mean, and those of all networks together: for each
    quantile the median, as ``ensemble=3`` gives it where the plan has one."""
    rows: list[dict[str, object]] = []
    each: list[np.ndarray] = []
    for seed in SEEDS:
        fitted = fit(split.series, split.known, plan, seed)
        where = split.series, np.arange(len(split.known)), split.cut
        rows.append(row(data, f"seed {seed}", score(fitted.quantiles(*where)), fitted))
        each += [one.forecast(*where, LEVELS).quantiles for one in fitted.members.learned]
    rows.append(mean_row(rows))
    rows.append(row(data, f"{len(each)} members", score(np.median(each, axis=0))))
    return rows


def row(
    data: str, which: str, scores: Mapping[str, float], fitted: Fitted | None = None
) -> dict[str, object]:
    """One line of the table."""
    spent = {
        "seconds": fitted.seconds if fitted else "",
        "updates": fitted.updates if fitted else "",
    }
    return {"data": data, "which": which, **{k: round(v, 4) for k, v in scores.items()}, **spent}


def mean_row(rows: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """The mean of some lines."""
    result = dict(rows[-1], which="mean")
    for name, value in rows[-1].items():
        if isinstance(value, float):
            result[name] = round(float(np.mean([r[name] for r in rows])), 4)  # type: ignore[arg-type]
    return result


def finish(name: str, rows: Sequence[Mapping[str, object]], notes: Sequence[str]) -> None:
    """Prints the table, and saves it as results/forecasting_NAME.txt and .json."""
    columns = list(dict.fromkeys(key for line in rows for key in line))
    full = [{key: _shown(line.get(key, "")) for key in columns} for line in rows]
    report(f"forecasting_{name}", machine("numpy"), full, notes)


def _shown(value: object) -> object:
    """Four digits after the point, as published scores have three."""
    return f"{value:.4f}" if isinstance(value, float) else value


def setting(plan: Plan) -> str:
    """A plan in one line."""
    several = f"{plan.members} networks, each a " if plan.members > 1 else ""
    return (
        f"setting: {several}{plan.cell} of {plan.hidden} units, "
        f"{plan.steps} steps of {plan.segment} rows, season {plan.season}"
        + (f" and {plan.long_season}" if plan.long_season else "")
        + f", horizon {plan.horizon}, batch {plan.training.size}, "
        f"learning rate {plan.training.learning_rate:g}"
    )
