"""What to compare a forecast with: forecasts that need little or no learning, and their intervals.

    naive                    the last value, again and again
    seasonal naive           the value a season before
    drift                    the line through the first value and the last
    mean, median             of all values known
    theta                    the Theta method
    exponential smoothing    level, damped trend and season, by AICc
    ridge                    a linear model on lags, one for all series

Each learns from the first values of a series, and forecasts from any cut on. AutoARIMA, AutoETS and
AutoTheta, of the library statsforecast, may be asked for by name where it is installed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from .rules import copies, intervals
from .rules.block import Panel as Panel
from .rules.block import Rule
from .rules.external import MODELS, external
from .rules.ridge import ridge
from .rules.smoothing import smoothing
from .rules.theta import theta

Array = NDArray[Any]
LARGEST = float(np.finfo(np.float64).max)
Learner: TypeAlias = Callable[[Panel, int, int], Rule]
"""(panel, horizon, season) → what then forecasts block by block."""


def _alone(rule: Rule) -> Learner:
    """A baseline that learns nothing of one series from another."""
    return lambda panel, horizon, season: rule


BASELINES: dict[str, Learner] = {
    "naive": _alone(copies.naive),
    "seasonal naive": _alone(copies.seasonal_naive),
    "drift": _alone(copies.drift),
    "mean": _alone(copies.mean),
    "median": _alone(copies.median),
    "theta": _alone(theta),
    "exponential smoothing": _alone(smoothing),
    "ridge": ridge,
}
"""From the simplest on."""
TOGETHER = ("ridge",)
"""Those that are learnt from all series together."""


def usual(season: int) -> tuple[str, ...]:
    """The baselines that are told apart: without a season, the seasonal naive one is the naive.

    Example:
        >>> usual(1)[:3]
        ('naive', 'drift', 'mean')
    """
    return tuple(name for name in BASELINES if season > 1 or name != "seasonal naive")


def check_names(names: Iterable[str]) -> tuple[str, ...]:
    """The names as given, each once.

    Raises:
        ArgumentError: if there is none, or one is no baseline's.

    Example:
        >>> check_names(("naive", "theta", "naive"))
        ('naive', 'theta')
    """
    chosen = () if isinstance(names, str) else tuple(dict.fromkeys(names))
    if not chosen:
        raise ArgumentError(f"baselines must be names such as ('naive', 'theta'), got {names!r}")
    for name in chosen:
        if name not in BASELINES and name not in MODELS:
            words = ", ".join((*BASELINES, *MODELS))
            raise ArgumentError(f"a baseline must be one of {words}, got {name!r}")
    return chosen


def quantiles(
    name: str,
    panel: Panel,
    which: Array,
    cut: Array,
    horizon: int,
    season: int,
    levels: Array,
    learnt: Panel | None = None,
) -> Array:
    """A baseline's forecasts, with the quantiles of its own errors around them.

    Args:
        name: of `BASELINES`, or of a model of statsforecast.
        panel: n series, and how much of each may be learnt from.
        which: ``[k]``, numbers of series.
        cut: ``[k]``, the first value of the series that each forecast must not see, from 1.
        horizon: steps ahead, h.
        season: rows, 1 for none.
        levels: increasing, in (0, 1).
        learnt: the series that a rule of all together learns from; None for the panel's.

    Returns:
        ``[k, h, levels]``; not below 0 where the values before the cut are not; NaN where none of
        them was observed.

    Example:
        >>> whole = np.array([4])
        >>> panel = Panel(np.array([1.0, 2.0, 4.0, 3.0]), np.array([0]), whole, whole)
        >>> quantiles("naive", panel, np.array([0]), whole, 2, 1, np.array([0.5]))[..., 0]
        array([[3., 3.]])
    """
    if name in MODELS:
        return external(name, panel, which, cut, horizon, season, levels)
    rule = BASELINES[name](learnt or panel, horizon, season)
    series = np.unique(which)
    most = int(np.clip(intervals.ALL // len(series), intervals.LEAST, intervals.MOST))
    result = np.full((len(which), horizon, len(levels)), np.nan)
    order = np.argsort(which, kind="stable")
    for block in panel.blocks(series):
        ahead = rule(block, season)
        found = intervals.spread(ahead, block, horizon, season, levels, most)
        low, high = (
            np.searchsorted(which[order], block.series, side) for side in ("left", "right")
        )
        mine = np.concatenate([order[a:b] for a, b in zip(low, high, strict=True)])
        row = np.repeat(np.arange(len(block.series)), high - low)
        forecast = ahead(row, cut[mine], horizon)[..., None] + found[row]
        lowest = np.minimum.accumulate(np.nan_to_num(block.y), axis=1)[row, cut[mine] - 1]
        forecast = np.where(lowest[:, None, None] >= 0, np.maximum(forecast, 0), forecast)
        seen = block.newest[row, cut[mine] - 1] >= 0
        forecast[~seen] = np.nan
        with np.errstate(over="ignore"):  # what lies beyond the largest number is that number
            found = np.ldexp(forecast, block.exponent[row, None, None])
        result[mine] = np.clip(found, -LARGEST, LARGEST)
    return result
