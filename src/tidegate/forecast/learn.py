"""From series to a model of them: the one way that fitting and judging share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.series import Series
from ..errors import DataError
from ..train import History
from ..train.progress import Listener
from .model import Forecast, Model
from .plan import Plan
from .scaling import Scaling
from .windows import Table, Windows

Array = NDArray[Any]


@dataclass(frozen=True)
class Learned:
    """A model, and the units that it thinks in."""

    model: Model
    scaling: Scaling

    def forecast(self, series: Series, which: Array, cut: Array, levels: Array) -> Forecast:
        """What may come at some cuts, from the rows before them.

        Args:
            series: those learnt from, or their newest rows.
            which: ``[k]``, numbers of series.
            cut: ``[k]``, rows of ``series.values``: the first that is not seen.
            levels: increasing, in (0, 1).
        """
        plan = self.model.plan
        table = table_of(series, self.scaling)
        windows = Windows.before(table, which, cut, plan.window, plan.season)
        return self.model.forecast(windows, self.scaling, levels)


def learn(
    plan: Plan, series: Series, known: Array, progress: bool | Listener | None = None
) -> tuple[Learned, History]:
    """Learns from the first rows of each series.

    Args:
        plan: what to learn, and how.
        series: n of them.
        known: ``[n]``, how many of a series's rows may be learnt from, 1 at least.
        progress: as for `train.fit`.

    Raises:
        DataError: if no series has as many rows as the plan needs.
    """
    if known.max() < plan.needed:
        longest = int(known.max())
        fix = f"take a horizon up to {longest - plan.least}, or " if longest > plan.least else ""
        raise DataError(
            f"to learn {plan.horizon} steps ahead, a series must have {plan.needed} rows at least, "
            f"got {longest}; {fix}give more rows"
        )
    scaling = Scaling.of(series.values, series.start, known)
    table = replace(table_of(series, scaling), length=known)
    model, history = Model.train(plan, table, progress)
    return Learned(model, scaling), history


def table_of(series: Series, scaling: Scaling) -> Table:
    """The series as the network reads them."""
    calendar = series.frequency.calendar(series.time)
    return Table.of(series.values, series.start, series.length, calendar, scaling)


def newest(series: Series, rows: int) -> Series:
    """The same series, each with its newest rows only."""
    length = np.minimum(series.length, rows)
    first = series.start + series.length - length
    start = np.cumsum(length) - length
    row = np.repeat(first - start, length) + np.arange(length.sum())
    return replace(
        series, values=series.values[row], time=series.time[row], start=start, length=length
    )
