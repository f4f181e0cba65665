"""A frame as series: sorted rows, and a span of them for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError, DataError
from .columns import need_column, open_frame, read_ids, read_times, read_values, wall_clock
from .frame import FrameKind as FrameKind
from .frame import write_frame as write_frame
from .frequency import DAY, Frequency
from .order import check_steps, check_unique, sort
from .zone import zone_of

Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Series:
    """n series, one after the other, each in the order of time and without gaps."""

    values: NDArray[np.float64]
    """``[N]``, finite."""
    time: NDArray[Any]
    """``[N]``, int64 or datetime64[us] without a time zone."""
    start: Index
    """``[n]``, the first row of each."""
    length: Index
    """``[n]``, its rows, each at least 1."""
    ids: list[Any] | None
    """n ids, text or whole numbers, in increasing order; None where the frame has no id column."""
    frequency: Frequency
    frame: FrameKind

    def __len__(self) -> int:
        return len(self.start)

    @property
    def last(self) -> NDArray[Any]:
        """``[n]``, the last time of each."""
        last: NDArray[Any] = self.time[self.start + self.length - 1]
        return last


def read_series(
    df: Any,
    *,
    id: str | None = "unique_id",
    time: str = "ds",
    target: str = "y",
    place: Callable[[int], str] | None = None,
) -> Series:
    """The series in a frame, whatever the order of its rows.

    Args:
        df: a frame of pandas, polars, or another library that narwhals reads at once.
        id: the column that tells the series apart; None for a single one. A column
            ``unique_id`` may be absent.
        time: the column of dates, with or without time zone, or of whole numbers.
        target: the column of numbers.
        place: how an error calls row 0, 1, ...; ``row 17`` if not given.

    Raises:
        ArgumentError: where ``df`` is no frame, or a column is named twice.
        DataError: for a column that is missing, a value or date that is missing or makes no sense,
            a date that comes twice in a series, a gap, and where no series has two rows.

    Example:
        >>> import polars as pl
        >>> df = pl.DataFrame({"ds": [3, 1, 2], "y": [0.3, 0.1, 0.2]})
        >>> read_series(df).values.tolist()
        [0.1, 0.2, 0.3]
    """
    named = [name for name in (id, time, target) if name is not None]
    if len(set(named)) < len(named):
        raise ArgumentError(
            f"id, time and target must be different columns, got {', '.join(named)}"
        )
    call = place or "row {}".format
    frame = open_frame(df)
    if id == "unique_id" and id not in frame.columns:
        id = None
    for name, role in ((time, "time"), (target, "target"), (id, "id")):
        if name is not None:
            need_column(frame, name, role)

    ids, series = None, np.zeros(len(frame), np.int64)
    if id is not None:
        ids, series = read_ids(frame[id], lambda row, column: f"{call(row)}, column {column!r}")

    def where(row: int, column: str) -> str:
        of = f", series {ids[series[row]]!r}" if ids is not None else ""
        return f"{call(row)}{of}, column {column!r}"

    times = read_times(frame[time], where)
    values = read_values(frame[target], where)

    order, start, length = sort(series, times, 1 if ids is None else len(ids))
    sorted_times = times[order]
    check_unique(sorted_times, order, start, lambda row: where(row, time), call, ids is not None)
    wall = False
    if zone_of(frame[time]) is not None:
        clock = wall_clock(frame[time])[order]
        wall = _same_time_of_day(clock, start)
        sorted_times = clock if wall else sorted_times
    if length.max() == 1:
        count = "" if len(length) == 1 else f", as in each of the {len(length)} series"
        raise DataError(
            f"{where(0, time)}: this is the only row{count}; a series needs 2 rows at least, from "
            f"which the step between them is seen"
        )
    frequency = Frequency.infer(sorted_times, start, length)
    check_steps(sorted_times, order, start, frequency, lambda row: where(row, time))
    kind = FrameKind.of(frame, id, time, target, wall)
    return Series(values[order], sorted_times, start, length, ids, frequency, kind)


def _same_time_of_day(times: NDArray[np.datetime64], start: Index) -> bool:
    """Whether each series keeps one time of day, as days, weeks and months do."""
    of_day = times.astype(np.int64) % DAY
    changes = np.diff(of_day) != 0
    changes[start[1:] - 1] = False
    return not changes.any()
