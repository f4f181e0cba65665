"""Time zones: out of a column, and back from the clock on the wall."""

from __future__ import annotations

from datetime import UTC, timezone
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError

if TYPE_CHECKING:
    import narwhals as nw

    Column = nw.Series[Any]

MANY = 1000
"""Rows by which the time of day that they have is found."""
RARE = 0.1
"""The share of rows, at most, for which a clock skips the time of day that others
have."""


def zone_of(column: Column) -> str | None:
    """The name of a column's time zone; None where it has none, or is not of times.

    Raises:
        DataError: for a zone that no name brings back, as of a file.
    """
    import narwhals as nw

    zone = _pandas_zone(column)
    if zone is None:
        return column.dtype.time_zone if isinstance(column.dtype, nw.Datetime) else None
    name = getattr(zone, "key", None) or getattr(zone, "zone", None)  # zoneinfo's, pytz's
    if name:
        return str(name)
    offset = zone.utcoffset(None)
    if offset is None:
        raise DataError(
            f"column {column.name!r}: its time zone, {zone}, has no name by which to find it "
            f"again; give it one, for example: df[{column.name!r}] = df[{column.name!r}]"
            f".dt.tz_convert('Europe/Berlin')"
        )
    return str(timezone(offset))


def without_zone(column: Column, *, wall: bool) -> Column:
    """What clocks show in the column's own time zone, or in UTC; other columns as they are."""
    import narwhals as nw

    if _pandas_zone(column) is not None and not isinstance(column.dtype, nw.Datetime):
        # narwhals does not know zones with an underscore or a digit in their name
        native = column.to_native()
        native = native if wall else native.dt.tz_convert("UTC")
        naive: Column = nw.from_native(native.dt.tz_localize(None), series_only=True)
        return naive
    if zone_of(column) is None:
        return column
    column = column if wall else column.dt.convert_time_zone("UTC")
    return column.dt.replace_time_zone(None)


def clock_of(zone: str | None, *, wall: bool) -> str:
    """What tells a time that is counted in UTC from the one that a column in a zone shows."""
    return " UTC" if zone not in (None, "UTC") and not wall else ""


def from_wall(times: NDArray[np.datetime64], zone: ZoneInfo) -> NDArray[np.datetime64]:
    """UTC for times on the clock of a zone.

    Of an hour that comes twice the first is meant; a time that a clock skips counts as if it had
    not been put forward yet.
    """
    different, which = np.unique(times, return_inverse=True)
    utc = [
        t.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
        for t in different.astype("datetime64[us]").tolist()
    ]
    return np.array(utc, "datetime64[us]")[which]


def unskipped(
    times: NDArray[np.datetime64], name: str, known: NDArray[np.datetime64] | None = None
) -> NDArray[np.datetime64]:
    """Times on the clock of a zone; where it skips the time of day that they have, that one.

    Args:
        times: ``[N]``
        name: of the zone.
        known: others, whose time of day they should have; None for that of most of them.

    Example:
        >>> nights = np.array(["2024-09-07T00", "2024-09-08T01", "2024-09-09T00"], "M8[us]")
        >>> unskipped(np.repeat(nights, [9, 1, 9]), "America/Santiago")[9].astype("M8[m]").item()
        datetime.datetime(2024, 9, 8, 0, 0)
    """
    day = times.astype("datetime64[D]")
    some = times[:MANY] if known is None else known[:MANY]
    of_day, count = np.unique(some - some.astype("datetime64[D]"), return_counts=True)
    usual = of_day[np.argmax(count)]
    other = np.flatnonzero(times - day != usual)
    if not len(other) or (known is None and len(other) > RARE * len(times)):
        return times
    try:
        zone = ZoneInfo(name)
    except (KeyError, ValueError):  # a fixed offset, or no time zones on this machine
        return times
    meant = day[other] + usual
    skipped = from_wall(meant, zone) == from_wall(times[other], zone)
    result = times.copy()
    result[other[skipped]] = meant[skipped]
    return result


def _pandas_zone(column: Column) -> Any:
    return getattr(getattr(column.to_native(), "dtype", None), "tz", None)
