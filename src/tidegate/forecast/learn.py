"""From series to a model of them: the one way that fitting and judging share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..data.series import Series
from ..errors import DataError
from ..train import History
from ..train.progress import Listener
from ..train.several import Training, at_once, side_by_side
from .conformal import Correction
from .covariates import Covariates, Units
from .head import QUANTILES
from .inputs import Inputs
from .model import AT_ONCE, Forecast, Model
from .plan import LEAST, Plan
from .ridge import share
from .scaling import Scaling
from .windows import Table, Windows

Array = NDArray[Any]


SHORTER = 0.25
"""The updates of the training that the intervals are corrected by, as a share of all; where they
are few, all."""
HELD = 4
"""Windows of each series that are held out of it, at most; more of few series."""
HELD_ROWS = 0.2
"""The share of a series's rows that these windows take, at most, unless that is less than one."""
ENOUGH = 4000
"""Windows held out in all, at most."""
MANY = 2_000_000
"""Rows from which on a model's two trainings do not run beside each other, as memory counts."""

Earlier: TypeAlias = Callable[[Series], Plan]
"""The plan that some rows alone would make."""


@dataclass(frozen=True)
class Learned:
    """A model, and the units that it thinks in."""

    model: Model
    scaling: Scaling
    units: Units

    def on(self, series: Series, fitted: Array, known: Array | None = None) -> Learned:
        """The same model for other series: known ones keep their units, new ones get their own.

        Args:
            series: m of them.
            fitted: ``[m]``, the number that a series had when the model learnt; -1 for a new one.
            known: ``[m]``, how many first rows of a new series its units come from; None for all.
        """
        counted = series.length if known is None else known
        new = Scaling.of(
            series.values,
            series.start,
            counted,
            apart=self.model.inputs.zeros,
            deviation=self.model.plan.anchored,
            roots=self.model.plan.roots,
        )
        # a series of which nothing but zeros was known gets its units with its first other value
        keep = (fitted >= 0) & (self.scaling.scale[fitted] > 0)
        columns = (
            np.where(keep, getattr(self.scaling, name)[fitted], getattr(new, name))
            for name in ("centre", "scale", "unit", "floor", "rooted")
        )
        scaling = Scaling(*columns)
        below = (new.floor < 0) & ~scaling.zeros  # such as a price that was never below 0 before
        scaling.floor[below] = -np.inf
        return replace(self, scaling=scaling, units=self.units.on(fitted))

    def corrected(self, correction: Correction, ridge: float) -> Learned:
        """The same with other intervals, and where its ridge regression counts for another share;
        it is left out where that is 0."""
        inputs = replace(self.model.inputs, plan=replace(self.model.plan, ridge=ridge))
        kept = self.model.ridge if ridge else None
        return replace(
            self, model=replace(self.model, inputs=inputs, correction=correction, ridge=kept)
        )

    def forecast(
        self,
        series: Series,
        which: Array,
        cut: Array,
        levels: Array,
        future: Array | None = None,
    ) -> Forecast:
        """What may come at some cuts, from the rows before them.

        Args:
            series: those learnt from, or their newest rows.
            which: ``[k]``, numbers of series.
            cut: ``[k]``, rows of ``series.values``: the first that is not seen.
            levels: increasing, in (0, 1).
            future: ``[k, h, F]``, the covariates known ahead; None if there are none, or if the
                table itself has these rows.

        Raises:
            DataError: if there are such covariates, and rows after a cut are without them.
        """
        horizon = self.model.plan.horizon
        end = (series.start + series.length)[which]
        if series.future.shape[1] and future is None and (cut + horizon > end).any():
            raise DataError(
                f"{horizon} steps ahead of the last row, the covariates known ahead are needed; "
                f"give future"
            )
        table = table_of(self.model.plan, series, self.scaling, self.units)
        return self.model.forecast(table, which, cut, levels, future)


def learn(
    plan: Plan,
    series: Series,
    known: Array,
    progress: bool | Listener | None = None,
    earlier: Earlier | None = None,
    correct: bool = True,
) -> tuple[Learned, History]:
    """Learns from the first rows of each series.

    Args:
        plan: what to learn, and how.
        series: n of them.
        known: ``[n]``, how many of a series's rows may be learnt from, 1 at least.
        progress: as for `train.fit`.
        earlier: what the plan would be of fewer rows, for the model that the intervals are
            corrected by; None for the same.
        correct: False for intervals as they were learnt, whatever the plan says.

    Raises:
        DataError: if no series has as many rows as the plan needs.
    """
    if known.max() < plan.needed:
        longest = int(known.max())
        horizon, season = longest - plan.least, longest - plan.horizon - 1
        fixes = (
            *([f"take a horizon up to {horizon}"] if horizon > 0 else []),
            *([f"take a season up to {season}"] if 0 < season < plan.season else []),
            "give more rows",
        )
        steps = "1 step" if plan.horizon == 1 else f"{plan.horizon} steps"
        of = f" with a season of {plan.season:,} rows" if plan.least > plan.season > 3 else ""
        raise DataError(
            f"to learn {steps} ahead{of}, a series must have {plan.needed:,} rows at least, "
            f"got {longest}; {', or '.join(fixes)}"
        )

    def first(tell: bool | Listener | None) -> tuple[Learned, History]:
        return _trained(plan, series, known, tell)

    def second(tell: bool | Listener | None) -> tuple[tuple[Correction, float] | None, History]:
        # beside the first it is told when to stop; after it, it has nothing to show
        return calibrated(plan, series, known, earlier, tell if most > 1 else False)

    both = correct and plan.training.calibrate
    trainings: list[Training[Any]] = [first, second] if both else [first]
    most = at_once(plan.hidden, len(trainings)) if known.sum() < MANY else 1
    found, ended = side_by_side(trainings, most, progress, lambda each: each[1])
    learned, history = found[0]
    if ended:
        history.stopped = "interrupted"
    elif both:
        learned = learned.corrected(*found[1][0])
    return learned, history


def calibrated(
    plan: Plan,
    series: Series,
    known: Array,
    earlier: Earlier | None = None,
    progress: bool | Listener | None = False,
) -> tuple[tuple[Correction, float] | None, History]:
    """What the intervals of a model need and how much its ridge regression counts, by the last
    windows of the series, and the course of the training that tells; None after Ctrl-C.

    A second model learns from the rows before these windows, and forecasts them. Its units and, by
    ``earlier``, its plan are theirs too: else what is held out would have been seen.
    """
    h, usual = plan.horizon, plan.ridge
    most = max(HELD, ENOUGH // len(known))
    count = np.minimum(most, np.maximum(HELD_ROWS * known // h, 1))
    count = np.minimum(count, (known - plan.needed) // h).clip(0).astype(np.int64)
    before = known - count * h
    if count.any() and earlier is not None:
        # no copy, which would be in memory beside all else: a plan looks at no row beyond a length
        seen = earlier(replace(series, length=before))
        plan = replace(seen, cell=plan.cell, seed=plan.seed, training=plan.training)
    if not count.any() or before.max() <= plan.least:
        return (Correction.none(len(QUANTILES)), usual), History()
    updates = plan.training.updates_for(int(before.sum()), series.covariates)
    training = replace(plan.training, updates=max(int(SHORTER * updates), min(updates, LEAST)))
    shorter = replace(plan, training=training, seed=plan.seed + 1)
    learned, history = _trained(shorter, series, before, progress)
    if history.stopped == "interrupted":
        return None, history
    table = replace(table_of(plan, series, learned.scaling, learned.units), length=known)
    which = np.repeat(np.arange(len(count)), count)
    number = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    cut = (table.start + before)[which] + number * h
    chosen = np.random.default_rng(plan.seed).permutation(len(which))[:ENOUGH]
    parts = []
    for first in range(0, len(chosen), AT_ONCE):
        some = chosen[first : first + AT_ONCE]
        windows = Windows.before(table, shorter, which[some], cut[some])
        parts.append((windows.targets()[..., 0], *learned.model.apart(windows)))
    actual, quantiles, away = (np.concatenate(part) for part in zip(*parts, strict=True))
    # series end at the same time, as a rule
    time = (count[which] - number)[chosen]
    counts = plan.ridge
    if counts and usual and plan.training.ridge is None:
        middle = learned.model.inputs.head.middle
        counts = usual = share(usual, actual - quantiles[..., middle], away, time)
    moved = quantiles + counts * away[..., None]
    return (Correction.of(QUANTILES, actual, moved, time), usual), history


def _trained(
    plan: Plan, series: Series, known: Array, progress: bool | Listener | None
) -> tuple[Learned, History]:
    """A model of the first rows of each series, its intervals as they were learnt."""
    scaling = Scaling.of(
        series.values, series.start, known, deviation=plan.anchored, roots=plan.roots
    )
    units = Units.of(series, known, told_apart=plan.told_apart > 0)
    table = replace(table_of(plan, series, scaling, units), length=known)
    model, history = Model.train(inputs_of(plan, series, scaling), table, progress)
    return Learned(model, scaling, units), history


def inputs_of(plan: Plan, series: Series, scaling: Scaling) -> Inputs:
    """What the network reads of the series."""
    calendar = of_year(series, series.start[:1]).shape[1] if plan.calendar else 0
    future, past, static = (getattr(series, name).shape[1] for name in ("future", "past", "static"))
    zeros = bool(scaling.zeros.any())
    return Inputs(plan, zeros, calendar, future, past, static + plan.told_apart)


def of_year(series: Series, row: Array) -> Array:
    """``[k, 2]``, sine and cosine of the year at some rows; no columns if a step is a year."""
    # the last columns of the calendar: times of day and of week show in the window
    found: Array = series.frequency.calendar(series.time[row])[:, -2:]
    return found


def table_of(plan: Plan, series: Series, scaling: Scaling, units: Units) -> Table:
    """The series as the network reads them."""

    def calendar(row: Array) -> Array:
        return of_year(series, row) if plan.calendar else np.empty((len(row), 0))

    covariates = Covariates.of(series, units)
    return Table(series.values, series.start, series.length, scaling, calendar, covariates)
