"""A forecaster's arguments as a value: which plan they make of some rows."""

from __future__ import annotations

from dataclasses import dataclass

from ..data import oldest
from ..data.series import Series
from . import seasons
from .defaults import suited
from .held import Held
from .plan import Plan, Training


@dataclass(frozen=True)
class Planner:
    """What was asked for; what was left open is decided by the rows that a model learns from.

    Example:
        >>> import polars as pl
        >>> from tidegate.data.series import read_series
        >>> series = read_series(pl.DataFrame({"ds": range(99), "y": [1.0, 2, 5] * 33}))
        >>> Planner(horizon=2).plan(series).season, Planner(horizon=2, season=(7, 0)).needed(series)
        (3, 10)
    """

    horizon: int
    """Steps ahead."""
    season: tuple[int, int] | None = None
    """Rows in a season, and in a longer one or 0; None for what the rows show."""
    window: int | None = None
    """Rows that the network sees; None for a few seasons."""
    cell: str = "gru"
    hidden: int = 128
    seed: int = 0
    training: Training | None = None
    members: int | None = None
    """Networks that say together what comes; None for as many as suit the rows."""

    def plan(self, series: Series) -> Plan:
        """All settings, those that were left open by what suits these rows."""
        return suited(
            series,
            self.horizon,
            season=self.season,
            window=self.window,
            cell=self.cell,
            hidden=self.hidden,
            seed=self.seed,
            training=self.training,
            members=self.members,
        )

    def usual_season(self, series: Series) -> int:
        """Rows in the season that baselines repeat and scores count in: also of rows that do not
        show what their dates suggest."""
        return (self.season or seasons.infer(series, self.horizon))[0]

    def needed(self, series: Series, windows: int | None = None, step: int | None = None) -> int:
        """Rows that must come before a series's first window, where the last ones are held out.

        No row of a window decides it: the plan of the rows before all windows asks for no more.

        Args:
            series: what is to be forecast.
            windows, step: see `Held.of`.

        Raises:
            DataError: if no series is long enough.
        """
        needed = 0
        wanted = Plan(self.horizon, 1, 1 if self.season is None else self.season[0]).needed
        while wanted > needed:  # more rows before the windows may show a longer season
            needed = wanted
            held = Held.of(series.length, series.start, self.horizon, needed, windows, step)
            wanted = self.plan(oldest(series, held.known)).needed
        return needed
