"""Several networks that differ in their seed alone, and what they say together."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import newest
from ..data.series import Series
from ..train import History
from ..train.progress import Listener
from ..train.several import Training, at_once, side_by_side
from .learn import MANY, Earlier, Learned, learn
from .model import Forecast
from .plan import Plan

Array = NDArray[Any]

APART = 1_000_003
"""Between the seeds of two members."""


@dataclass(frozen=True)
class Members:
    """Models of the same series and settings, one at least."""

    learned: tuple[Learned, ...]

    @property
    def plan(self) -> Plan:
        """What the first learnt, and how."""
        return self.learned[0].model.plan

    def forecast(
        self,
        series: Series,
        which: Array,
        cut: Array,
        levels: Array,
        future: Array | None = None,
    ) -> Forecast:
        """For each quantile the median of what the members say; see `Learned.forecast`."""
        found = [each.forecast(series, which, cut, levels, future) for each in self.learned]
        if len(found) == 1:
            return found[0]
        quantiles, chance = (np.median(part, axis=0) for part in zip(*found, strict=True))
        return Forecast(quantiles, chance)

    def on(self, series: Series, fitted: Array, before: Series) -> Members:
        """The same for other series.

        Args:
            series: m of them.
            fitted: ``[m]``, the number that a series had when the members learnt; -1 for a new one.
            before: those that were learnt from; a rule in the place of networks looks at them.
        """
        return Members(tuple(each.on(series, fitted) for each in self.learned))

    def needs(self, series: Series) -> Series:
        """The rows that a forecast of what follows them looks at, and those that it will look at
        should nothing more be observed: a window up to the newest value of each series."""
        rows, end = np.minimum(series.length, self.plan.reach), series.start + series.length
        for i in np.flatnonzero(np.isnan(series.values[end - 1])):
            missing = np.isnan(series.values[series.start[i] : end[i]])
            rows[i] = min(rows[i] + missing[::-1].argmin(), len(missing))
        return newest(series, rows)


def seed_of(plan: Plan, member: int) -> int:
    """The seed of a member; the first has the plan's own."""
    return (plan.seed + APART * member) % 2**63


def learn_members(
    plan: Plan,
    series: Series,
    known: Array,
    n_jobs: int | None = None,
    progress: bool | Listener | None = None,
    earlier: Earlier | None = None,
) -> tuple[Members, History]:
    """Learns from the first rows of each series, as often as the plan says.

    The first member learns in this thread and shows its progress, the others in threads beside it.
    What its intervals are corrected by serves the others, too. After Ctrl-C those are kept that
    were done.

    Args:
        plan: what to learn, and how; of the first member: each has a seed of its own.
        series, known: as for `learn`.
        n_jobs: how many learn at once; None for as many as there are threads, but of many rows one
            after the other; below 0 for as many as there are processors.
        progress: as for `train.fit`.
        earlier: as for `learn`.

    Returns:
        The members, and the history of the first.
    """

    def training(member: int) -> Training[tuple[Learned, History]]:
        of = replace(plan, seed=seed_of(plan, member))
        return lambda tell: learn(of, series, known, tell, earlier, correct=member == 0)

    if n_jobs is None:
        most = at_once(plan.hidden, plan.members) if known.sum() < MANY else 1
    else:
        most = (os.cpu_count() or 1) if n_jobs < 0 else n_jobs
    found, ended = side_by_side(
        [training(i) for i in range(plan.members)], most, progress, lambda each: each[1]
    )
    first, history = found[0]
    if ended:
        history.stopped = "interrupted"
    model = first.model
    others = (learned.corrected(model.correction, model.plan.ridge) for learned, _ in found[1:])
    return Members((first, *others)), history
