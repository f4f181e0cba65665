"""Dates as people write them, from text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .numbers import blank_missing, shown, spread

if TYPE_CHECKING:
    import polars as pl

_TIME = (
    r"(?:[T ]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?"
    r" *(?P<half>[AaPp][Mm])? *(?P<zone>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?$"
)
_ISO = r"^(?P<year>\d{4})[-/](?P<month>\d{1,2})(?:[-/](?P<day>\d{1,2})" + _TIME[:-1] + ")?$"
_FAMILIES = (
    _ISO,
    r"^(?P<year>\d{4})\.(?P<month>\d{1,2})\.(?P<day>\d{1,2})" + _TIME,
    r"^(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})" + _TIME,
    r"^(?P<year>(?:19|20)\d{2})(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])"
    r"T?(?P<hour>[01]\d|2[0-3])(?:(?P<minute>[0-5]\d)(?P<second>[0-5]\d)?)?(?P<zone>Z)?$",
    r"^(?P<year>(?:19|20)\d{2})(?P<month>0[1-9]|1[0-2])$",
    r"^(?P<year>\d{4})[- ]?[Mm](?P<month>\d{2})$",
    r"^(?P<month>\d{1,2})[-/](?P<year>\d{4})$",
    r"^(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})" + _TIME,
    r"^(?P<first>\d{1,2})[-/](?P<other>\d{1,2})[-/](?P<year>\d{4})" + _TIME,
    r"^(?P<day>\d{1,2})[-. /]+(?P<name>[A-Za-z]{3,9})[-., /]+(?P<year>\d{4})" + _TIME,
    r"^(?P<name>[A-Za-z]{3,9})[-. /]+(?:(?P<day>\d{1,2})[-, /]+)?(?P<year>\d{4})" + _TIME,
    r"^(?P<year>\d{4})[-. /]*(?P<name>[A-Za-z]{3,9})(?:[-. /]+(?P<day>\d{1,2}))?$",
    r"^(?P<year>\d{4})[-. /]*[Qq](?P<quarter>[1-4])$",
    r"^[Qq](?P<quarter>[1-4])[-. /]*(?P<year>\d{4})$",
    r"^(?P<year>\d{4})[- ]?W(?P<week>\d{2})$",
)
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_NAMES = {name[:n]: i for i, name in enumerate(_MONTHS, 1) for n in (3, len(name))} | {"sept": 9}
_DAY = r"(?i)^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}[.,]? +"
"""The day of the week in front of a date, which says nothing that the date does not."""
_SHORT = (
    r"(?i)^(?:\d{1,2}(?:/\d{1,2}/|-\d{1,2}-|\.\d{1,2}\.)|(?:\d{1,2}[-. /]*)?(?:"
    + "|".join(name[:3] for name in _MONTHS)
    + r")[a-z]{0,6}[-., /']+)\d{2}(?:[T ]|$)"
)
_EXAMPLE = "2024-01-31"
SHORT_YEARS = f"has no year of four digits; write it like {_EXAMPLE}"
_HOUR = 3600 * 1_000_000


def to_times(cells: pl.Series, where: Callable[[int], str]) -> pl.Series:
    """The dates, or the dates with a time, in a column of text; null where one is missing.

    Year, month and day; year and month, as ``202401``, ``2024M01`` or ``01/2024`` too; day and
    month around dots, or around ``/`` or ``-``, where one of them is above 12 somewhere in the
    column, or is the same in all rows of several years: then that is the day. The month may be an
    English name, ``31 Jan 2024`` or ``January 2024``; ``2024Q1`` is the first day of a quarter,
    ``2024-W05`` the Monday of a week of ISO 8601. A time may follow, and a UTC offset. Times are
    then those of the clock on the wall, without a zone, if all rows have the same offset or the
    clock shows the same time of day in all; else, and with the offset ``Z``, they are in UTC.

    Args:
        cells: without blanks around them.
        where: how an error calls a row.

    Raises:
        DataError: for the first cell that is no date, is written unlike most others, or may be two
            dates.
    """
    import polars as pl

    present = blank_missing(cells)
    parsed = _parse(present)
    bad = ~parsed.good & present.is_not_null().to_numpy()
    if bad.any():
        row = int(np.argmax(bad))
        good = np.flatnonzero(parsed.good)
        example = cells[int(good[0])] if len(good) else _EXAMPLE
        raise DataError(
            f"{where(row)}: {shown(cells[row])} is no date; write it like {shown(example)}"
        )
    if parsed.ambiguous:
        row = int(np.argmax(parsed.good))
        raise DataError(
            f"{where(row)}: {shown(cells[row])} may be day/month or month/day, as may all dates of "
            f"the column; write them like {_EXAMPLE!r}"
        )
    times, zone = parsed.times, None
    offsets = np.unique(parsed.offset[parsed.good])
    if parsed.has_zone and not (len(offsets) == 1 and offsets[0] != 0):
        of_day = np.unique(times[parsed.good].astype(np.int64) % (24 * _HOUR))
        if len(offsets) == 1 or len(of_day) > 1:
            times, zone = times - parsed.offset, "UTC"
    result = pl.Series(cells.name, times).set(pl.Series(~parsed.good), None)
    if zone:
        return result.dt.replace_time_zone(zone)
    return result if parsed.has_time else result.cast(pl.Date)


def looks_like_dates(cells: pl.Series) -> bool:
    """Whether at least half of what is there are dates."""
    present = blank_missing(spread(cells)).drop_nulls()
    return len(present) > 0 and 2 * int(_parse(present).good.sum()) >= len(present)


def have_short_years(cells: pl.Series) -> bool:
    """Whether at least half of what is there are dates whose year has two digits."""
    present = blank_missing(spread(cells)).drop_nulls()
    return len(present) > 0 and 2 * int(present.str.contains(_SHORT).sum()) >= len(present)


@dataclass(frozen=True)
class _Parsed:
    times: NDArray[np.datetime64]
    """As written, without the offset."""
    offset: NDArray[np.timedelta64]
    good: NDArray[np.bool_]
    has_time: bool
    has_zone: bool
    ambiguous: bool = False


def _parse(cells: pl.Series) -> _Parsed:
    """All cells as the one way of writing that most of them have."""
    import polars as pl

    cells = cells.str.replace(_DAY, "")
    some = spread(cells)
    family = max(_FAMILIES, key=lambda pattern: int(some.str.contains(pattern).sum()))
    parts = cells.str.extract_groups(family).struct.unnest()
    matched = parts["year"].is_not_null().to_numpy()

    def number(name: str, default: int) -> NDArray[np.int64]:
        if name not in parts.columns:
            return np.full(len(cells), default)
        column = parts[name].cast(pl.Int64).fill_null(default)
        return column.to_numpy().astype(np.int64)

    def given(name: str) -> NDArray[np.bool_]:
        if name not in parts.columns:
            return np.zeros(len(cells), bool)
        return parts[name].is_not_null().to_numpy()

    month, day, ambiguous = number("month", 1), number("day", 1), False
    if "first" in parts.columns:
        month, day = number("first", 1), number("other", 1)
        day_first, month_first = int((month > 12).sum()), int((day > 12).sum())
        ambiguous = day_first == month_first
        if ambiguous:  # the first of each month, perhaps
            constant = _constant(month[matched]), _constant(day[matched])
            ambiguous = constant[0] == constant[1] or _constant(number("year", 0)[matched])
            day_first = day_first + (constant[0] and not ambiguous)
        if day_first > month_first:
            month, day = day, month
    if "name" in parts.columns:
        known = pl.Series(parts["name"].str.to_lowercase())
        month = known.replace_strict(_NAMES, default=0, return_dtype=pl.Int64).to_numpy()
    if "quarter" in parts.columns:
        month = 3 * number("quarter", 1) - 2
    timed, zoned = given("hour"), given("zone")
    has_time, has_zone = (bool(2 * x.sum() > matched.sum()) for x in (timed, zoned))
    times, valid = _compose(number, month, day, parts)
    if "week" in parts.columns:
        times, good = _monday(times, number("week", 1))
        valid &= good
    offset = _offsets(parts["zone"]) if has_zone else np.zeros(len(cells), "timedelta64[us]")
    good = matched & valid & (timed == has_time) & (zoned == has_zone)
    return _Parsed(times, offset, good, has_time, has_zone, ambiguous and bool(good.any()))


def _monday(
    first: NDArray[np.datetime64], week: NDArray[np.int64]
) -> tuple[NDArray[np.datetime64], NDArray[np.bool_]]:
    """The Mondays of weeks of the years that begin at ``first``, and whether there are such weeks:
    a week is of the year that its Thursday is in (ISO 8601)."""
    days = first.astype("datetime64[D]") + 3  # 4 January is always in the first one
    monday = days - (days.astype(int) + 3) % 7 + 7 * (week - 1)
    same = (monday + 3).astype("datetime64[Y]") == first.astype("datetime64[Y]")
    return monday.astype("datetime64[us]"), same & (week >= 1)


def _constant(values: NDArray[np.int64]) -> bool:
    return len(values) > 0 and bool((values == values[0]).all())


def _compose(
    number: Callable[[str, int], NDArray[np.int64]],
    month: NDArray[np.int64],
    day: NDArray[np.int64],
    parts: pl.DataFrame,
) -> tuple[NDArray[np.datetime64], NDArray[np.bool_]]:
    """The times that the numbers make, and whether there are such times."""
    year, hour = number("year", 1970), number("hour", 0)
    minute, second = number("minute", 0), number("second", 0)
    valid = (year >= 1) & (month >= 1) & (month <= 12) & (hour < 24) & (minute < 60) & (second < 60)
    if "half" in parts.columns:
        half = parts["half"].str.to_lowercase().fill_null("").to_numpy()
        twelve = half != ""
        valid &= ~twelve | ((hour >= 1) & (hour <= 12))
        hour = np.where(twelve, hour % 12 + 12 * (half == "pm"), hour)
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    last = ((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(int)
    valid &= (day >= 1) & (day <= last)
    micro = np.zeros(len(year), np.int64)
    if "part" in parts.columns:
        micro = (
            parts["part"].fill_null("0").str.pad_end(6, "0").str.slice(0, 6).cast(int).to_numpy()
        )
    of_day = ((hour * 60 + minute) * 60 + second) * 1_000_000 + micro
    times: Any = months.astype("datetime64[D]").astype("datetime64[us]")
    return times + (day - 1) * np.timedelta64(24 * _HOUR, "us") + of_day, valid


def _offsets(zone: pl.Series) -> NDArray[np.timedelta64]:
    """What to take from a time to get UTC."""
    digits = zone.fill_null("Z").str.replace_all(r"[ZUTCGM:]", "").str.pad_end(5, "0")
    values = digits.str.slice(1, 2).cast(int) * 60 + digits.str.slice(3, 2).cast(int)
    sign = np.where(digits.str.starts_with("-").to_numpy(), -1, 1)
    result: NDArray[Any] = (sign * values.to_numpy() * 60_000_000).astype("timedelta64[us]")
    return result
