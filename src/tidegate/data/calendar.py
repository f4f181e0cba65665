"""Arithmetic of the calendar, on datetime64[us] without a time zone."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Times: TypeAlias = NDArray[np.datetime64]
Index: TypeAlias = NDArray[np.int64]

_MONDAY = np.datetime64("1970-01-05", "us")
_DAY = np.timedelta64(1, "D")


def month(times: Times) -> Index:
    """Months since January 1970."""
    return times.astype("datetime64[M]").astype(np.int64)


def add_months(times: Times, months: ArrayLike, day: int = 0) -> Times:
    """The same time of day some months later, on the same day of the month.

    Args:
        months: how many, of a shape that goes with that of ``times``.
        day: which day of the month instead, where not 0.

    A month that is too short gives its last day: one month after 31 January is 28 February.
    """
    first = times.astype("datetime64[M]")
    since = times - first.astype("datetime64[us]")
    of_month, rest = np.divmod(since, _DAY) if not day else (np.int64(day - 1), since % _DAY)
    moved = first + np.asarray(months).astype("timedelta64[M]")
    last = ((moved + 1).astype("datetime64[D]") - moved.astype("datetime64[D]")).astype(int) - 1
    days = np.minimum(of_month, last).astype("timedelta64[D]")
    result: Times = (moved.astype("datetime64[D]") + days).astype("datetime64[us]") + rest
    return result


def add_month_weekdays(times: Times, months: ArrayLike, day: int) -> Times:
    """The same time of day on the first or the last of a month's Mondays to Fridays, some months
    later.

    Args:
        months: how many, of a shape that goes with that of ``times``.
        day: 1 for the first, 31 for the last.
    """
    moved = add_months(times, months, day)
    of_week = (moved - _MONDAY) // _DAY % 7
    back = np.maximum(of_week - 4, 0)  # from a Saturday or a Sunday
    result: Times = moved + np.where(back > 0, 3 * (day == 1) - back, 0) * _DAY
    return result


def half_month(times: Times, second: int) -> Index:
    """Halves of months since January 1970; the second begins at a day, or at the month's last
    where that is shorter."""
    begin = add_months(times.astype("datetime64[D]").astype("datetime64[us]"), 0, second)
    return 2 * month(times) + (times >= begin)


def add_half_months(times: Times, count: ArrayLike, first: int, second: int) -> Times:
    """The same time of day some halves of months later, at one of two days of the month."""
    months, half = np.divmod(half_month(times, second) + np.asarray(count), 2)
    moved = months - month(times)
    return np.where(half == 1, add_months(times, moved, second), add_months(times, moved, first))


def weekday(times: Times) -> tuple[NDArray[np.bool_], Index, NDArray[np.timedelta64]]:
    """Whether a time lies in Monday to Friday; the count of such days up to it; the time of day."""
    days, rest = np.divmod(times - _MONDAY, _DAY)
    week, of_week = np.divmod(days, 7)
    return of_week < 5, week * 5 + np.minimum(of_week, 4), rest


def add_weekdays(times: Times, count: Index) -> Times:
    """The same time of day some days later, where only Monday to Friday count."""
    _, index, rest = weekday(times)
    week, of_week = np.divmod(index + count, 5)
    result: Times = _MONDAY + (week * 7 + of_week) * _DAY + rest
    return result


def of_day(times: Times) -> NDArray[np.float64]:
    """The share of the day that is over, from 0 to below 1."""
    return _share(times, "D")


def of_week(times: Times) -> NDArray[np.float64]:
    """The share of the week, from Monday on, that is over."""
    return ((times - _MONDAY) / (7 * _DAY)) % 1


def of_year(times: Times) -> NDArray[np.float64]:
    """The share of the year that is over."""
    return _share(times, "Y")


def _share(times: Times, unit: str) -> NDArray[np.float64]:
    period: Any = times.astype(f"datetime64[{unit}]")
    begin, end = (p.astype("datetime64[us]") for p in (period, period + 1))
    share: NDArray[np.float64] = (times - begin) / (end - begin)
    return share
