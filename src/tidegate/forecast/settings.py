"""A forecaster's arguments, checked when it is used, and the plans that follow from them."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from ..cells import CELLS
from ..data.series import Series
from ..errors import ArgumentError, DataError
from ..network import checks
from .plan import Training
from .planner import Planner

if TYPE_CHECKING:
    from .forecaster import Forecaster

AUTO = "auto"


def check(given: Forecaster) -> None:
    """Sees to it that the arguments make sense.

    Raises:
        ArgumentError: for the first that does not.
    """
    for name in ("horizon", "hidden"):
        checks.whole(given, name, 1)
    for name in ("window", "ensemble"):
        if getattr(given, name) is not None:
            checks.whole(given, name, 1)
    if given.n_jobs is not None:
        checks.whole(given, "n_jobs", -1)
        if given.n_jobs == 0:
            raise ArgumentError("Forecaster.n_jobs must be from 1 up, or -1 for all, got 0")
    checks.whole(given, "seed", 0, 2**63 - 1)
    checks.choice(given, "cell", (*CELLS, AUTO))
    for name in ("future", "past", "static"):
        names = getattr(given, name)
        if isinstance(names, str | bytes) or not isinstance(names, Iterable):
            raise ArgumentError(
                f"Forecaster.{name} must be names of columns, such as ['holiday'], got {names!r}"
            )
        if not isinstance(names, Collection):  # which gives its names once alone
            setattr(given, name, tuple(names))
    if not isinstance(given.training, Training | None):
        raise ArgumentError(
            f"Forecaster.training must be a ForecastTraining or None, got {given.training!r}"
        )
    seasons_of(given)


def check_windows(windows: int | None, step: int | None, refit: bool | int) -> None:
    """Sees to it that the windows of a backtest make sense.

    Raises:
        ArgumentError: for the first number that does not.
    """
    for name, value in (("windows", windows), ("step", step)):
        if value is not None:
            checks.whole_number(value, f"backtest's {name}", 1)
    if not isinstance(refit, bool):
        checks.whole_number(refit, "backtest's refit", 1)


class SeasonWarning(UserWarning):
    """A season was given that no series has twice."""


def check_columns(name: str, series: Series) -> None:
    """Sees to it that no column of the frame has a name that forecasts need.

    Args:
        name: what the columns of forecasts begin with.
        series: read from the frame.
    """
    for column in (series.frame.id, series.frame.time):
        if column is not None and (column == name or column.startswith(f"{name}-")):
            raise DataError(f"the column {column!r} has a name that the forecast needs; rename it")


def tell_season(given: Forecaster, series: Series) -> None:
    """Warns of a season that no series has twice: nothing shows that it comes again."""
    season, longest = max(seasons_of(given) or (1,)), int(series.length.max())
    if longest < 2 * season:
        warnings.warn(
            f"a season of {season:,} rows is given, and the longest series has {longest:,}, less "
            f"than two of them: nothing shows that it comes again; leave it out, or give more rows",
            SeasonWarning,
            stacklevel=3,
        )


def seasons_of(given: Forecaster) -> tuple[int, int] | None:
    """The season and the longer one that were given, 0 for no longer one; None for neither."""
    if given.season is None:
        return None
    rows = given.season if isinstance(given.season, tuple | list) else (given.season,)
    if not 1 <= len(rows) <= 2 or len(set(rows)) < len(rows):
        raise ArgumentError(
            f"Forecaster.season must be rows, such as 24, or two different numbers of them, such "
            f"as (24, 168), got {given.season!r}"
        )
    sizes = sorted(checks.whole_number(each, "Forecaster.season", 1) for each in rows)
    return sizes[0], sizes[1] if len(sizes) == 2 else 0


def planner_of(given: Forecaster) -> Planner:
    """The arguments as a value, from which the plan for some rows follows."""
    return Planner(
        given.horizon,
        season=seasons_of(given),
        window=given.window,
        cell="gru" if given.cell == AUTO else given.cell,
        hidden=given.hidden,
        seed=given.seed,
        training=given.training,
        members=given.ensemble,
    )
