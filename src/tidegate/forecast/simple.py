"""A baseline in the place of a network, where `cell="auto"` found none that is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.series import Series
from . import baselines
from .model import Forecast
from .plan import Plan

Array = NDArray[Any]


@dataclass(frozen=True)
class Simple:
    """A baseline, and what it is asked for."""

    name: str
    """Of `baselines.BASELINES`."""
    plan: Plan
    known: Array | None = None
    """``[n]``, the first rows of each series that it learns from; None for all that it is given."""
    learnt: baselines.Panel | None = None
    """What a rule of all series together is learnt from; None for what it is asked to forecast."""

    def forecast(
        self,
        series: Series,
        which: Array,
        cut: Array,
        levels: Array,
        future: Array | None = None,
    ) -> Forecast:
        """What may come at some cuts; see `Learned.forecast`. Covariates are not looked at."""
        known = series.length if self.known is None else self.known
        panel = baselines.Panel(series.values, series.start, series.length, known)
        place = cut - series.start[which]
        plan = self.plan
        found = baselines.quantiles(
            self.name, panel, which, place, plan.horizon, plan.season, levels, self.learnt
        )
        return Forecast(found, np.full(found.shape[:2], np.nan))

    def on(self, series: Series, fitted: Array, before: Series) -> Simple:
        """The same for other series, from all of their rows; see `Members.on`."""
        learnt = self.learnt
        if learnt is None and self.name in baselines.TOGETHER:
            learnt = baselines.Panel(before.values, before.start, before.length, before.length)
        return Simple(self.name, self.plan, learnt=learnt)

    def needs(self, series: Series) -> Series:
        """The rows that a forecast of what follows them looks at: all, which it learns from."""
        return series
