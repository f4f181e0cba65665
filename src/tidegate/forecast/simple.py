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
    fitted: Series | None = None
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
        of = self.fitted
        learnt = None if of is None else baselines.Panel(of.values, of.start, of.length, of.length)
        place = cut - series.start[which]
        plan = self.plan
        found = baselines.quantiles(
            self.name, panel, which, place, plan.horizon, plan.season, levels, learnt
        )
        return Forecast(found, np.full(found.shape[:2], np.nan))

    def on(self, series: Series, fitted: Array, before: Series) -> Simple:
        """The same for other series, from all of their rows; see `Members.on`."""
        return Simple(self.name, self.plan, fitted=None if before is series else before)

    def needs(self, series: Series) -> Series:
        """The rows that a forecast of what follows them looks at: all, which it learns from."""
        return series
