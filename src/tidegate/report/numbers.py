"""Numbers and times as words for a reader, and as values that a chart takes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ..data.series import Series

Array = NDArray[Any]

FEW = 10
"""Steps on an axis, each of which has a tick."""


def short(value: float, digits: int = 4) -> str:
    """A number with so many digits that count; one that is none as a dash.

    With three or fewer there is no room for millions either: 1e+06.

    Example:
        >>> short(1234.5678), short(0.00012), short(2.0**50), short(-0.0), short(math.nan)
        ('1,235', '0.00012', '1.126e+15', '0', '–')
    """
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    if size == 0:
        return "0"
    if not 1e-4 <= size < (1e12 if digits > 3 else 1e6):
        return f"{value:.{digits - 1}e}"
    places = max(0, digits - 1 - math.floor(math.log10(size)))
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(share: float) -> str:
    """A share of one in percent.

    Example:
        >>> percent(0.798), percent(math.nan)
        ('80 %', '–')
    """
    return "–" if math.isnan(share) else f"{100 * share:.0f} %"


def between(low: float, high: float) -> str:
    """Example:
    >>> between(0.5, 2)
    '0.5 to 2'
    """
    return f"{short(low)} to {short(high)}"


def times_of(series: Series, times: Array) -> list[Any]:
    """Times as a chart takes them: ISO 8601 in UTC, or whole numbers."""
    kind = series.frame.kind
    if kind == "integer":
        found: list[Any] = times.astype(np.int64).tolist()
        return found
    if kind == "date":
        return [str(day) for day in times.astype("M8[D]")]
    return [f"{second}Z" for second in times.astype("M8[s]")]


def spoken(series: Series, times: Array) -> list[str]:
    """Times as a person writes them."""
    return [str(t).removesuffix("Z").replace("T", " ") for t in times_of(series, times)]


def time_scale(series: Series) -> dict[str, Any]:
    """The axis of times."""
    kind = "linear" if series.frame.kind == "integer" else "utc"
    return {"type": kind, "label": None}


def margin(words: list[str]) -> int:
    """Pixels that the words beside an axis need."""
    return 24 + 7 * max((len(word) for word in words), default=0)


def whole(last: int) -> dict[str, int]:
    """An axis of a few steps from 0 has a tick at each, and none between.

    Example:
        >>> whole(4), whole(400)
        ({'ticks': 4}, {})
    """
    return {"ticks": last} if last <= FEW else {}
