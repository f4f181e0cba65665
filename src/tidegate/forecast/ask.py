"""What a forecast is asked for, levels and quantiles, and the columns that answer."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.series import Series
from ..errors import ArgumentError
from ..network import checks
from . import tables
from .model import Forecast

Array = NDArray[Any]

LEVELS = (80.0, 95.0)
"""Of the intervals, in percent, where nothing is said."""
DIGITS = 9
"""Behind the point, that tell levels apart: a column's name has no more. Nearer to 0 or 100 percent
there is no end that could be named."""


class ShortSeriesWarning(UserWarning):
    """A series has fewer rows than are forecast of it, or than a model learns from."""


def tell_short(series: Series, horizon: int, least: int = 1, depth: int = 3) -> None:
    """Warns of series with fewer rows than the horizon has steps, or than were learnt from.

    Args:
        series: as they were given.
        horizon: steps that are forecast.
        least: the fewest rows before a cut that were learnt from, see `Plan.fewest`.
        depth: of the user's call, as `warnings.warn` counts.

    Example:
        >>> import polars as pl
        >>> from tidegate.data import read_series
        >>> series = read_series(pl.DataFrame({"ds": range(3), "y": [1.0, 2.0, 3.0]}))
        >>> with warnings.catch_warnings(record=True) as told:
        ...     warnings.simplefilter("always")
        ...     tell_short(series, 3)
        ...     tell_short(series, 5)
        >>> len(told), str(told[0].message)[:70]
        (1, 'the series has 3 rows, fewer than the 5 steps that are forecast: what ')
    """
    short = np.flatnonzero(series.length < max(horizon, least))
    if not len(short):
        return
    rows = int(series.length[short[0]])
    learnt = f"the {least} that the model learnt to forecast from"
    fewer = f"the {horizon} steps that are forecast" if rows < horizon else learnt
    has = f"{rows} row{'s' if rows != 1 else ''}, fewer than {fewer}"
    name = "the series" if series.ids is None else f"series {series.ids[short[0]]!r}"
    others = f" (and {len(short) - 1} more are short)" if len(short) > 1 else ""
    narrow = ", and intervals may be too narrow" if rows < least else ""
    line = f"{name} has {has}{others}: what the model learnt of others decides{narrow}"
    warnings.warn(line, ShortSeriesWarning, stacklevel=depth)


def check_levels(levels: Iterable[float]) -> tuple[float, ...]:
    """The levels as given, each once.

    Raises:
        ArgumentError: if one is no number from 1 to below 100.

    Example:
        >>> check_levels([95, 80, 80])
        (95.0, 80.0)
    """
    found = _between(levels, 100, "levels", "a level", "(80, 95)", " percent")
    for each in found:
        if each < 1:  # a share, most likely
            raise ArgumentError(f"a level is in percent, from 1, got {each:g}; for 0.8 give 80")
    return found


def check_quantiles(quantiles: Iterable[float]) -> tuple[float, ...]:
    """The quantiles as given, each once.

    Raises:
        ArgumentError: if one is no number above 0 and below 1.
    """
    return _between(quantiles, 1, "quantiles", "a quantile", "(0.1, 0.9)", "")


def asked(
    levels: Iterable[float] | None, quantiles: Iterable[float]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Levels and quantiles as meant: who names quantiles alone wants no intervals.

    Raises:
        ArgumentError: as `check_levels` and `check_quantiles`.

    Example:
        >>> asked(None, ()), asked(None, (0.1,)), asked((50,), (0.1,))
        (((80.0, 95.0), ()), ((), (0.1,)), ((50.0,), (0.1,)))
    """
    others = check_quantiles(quantiles)
    if levels is None:
        levels = () if others else LEVELS
    return check_levels(levels), others


def grid_of(levels: Iterable[float], quantiles: Iterable[float] = ()) -> Array:
    """The quantiles at the ends of intervals, the median, and others; increasing.

    Example:
        >>> grid_of((80.0, 95.0), (0.3,)).tolist()
        [0.025, 0.1, 0.3, 0.5, 0.9, 0.975]
    """
    half = np.array(list(levels)) / 200
    return np.unique(np.concatenate([0.5 - half, [0.5], 0.5 + half, list(quantiles)]).round(12))


def columns(
    name: str, grid: Array, levels: tuple[float, ...], forecast: Forecast
) -> dict[str, Array]:
    """Column → numbers: the median, the intervals as asked for, other quantiles, the chance.

    Example:
        >>> found = Forecast(np.array([[[1.0, 2.0, 4.0]]]), np.array([[np.nan]]))
        >>> columns("GRU", grid_of((80.0,)), (80.0,), found)
        {'GRU': array([2.]), 'GRU-lo-80': array([1.]), 'GRU-hi-80': array([4.])}
    """
    names = tables.names(name, grid, levels)
    values = {str(word): forecast.quantiles[..., i].ravel() for i, word in enumerate(names)}
    order = [name]
    for level in levels:
        order += tables.ends(name, level)
    order += [word for word in values if word not in order]
    if not np.isnan(forecast.chance).all():
        order.append(f"{name}-p")
        values[f"{name}-p"] = forecast.chance.ravel()
    return {word: values[word] for word in order}


def _between(
    given: Iterable[float], most: float, name: str, one: str, such: str, unit: str
) -> tuple[float, ...]:
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise ArgumentError(f"{name} must be numbers such as {such}, got {given!r}")
    chosen = tuple(dict.fromkeys(checks.as_number(each, one) for each in given))
    for each in chosen:
        if not 0 < round(each, DIGITS) < most:
            raise ArgumentError(f"{one} must be above 0 and below {most:g}{unit}, got {each:.15g}")
    return chosen
