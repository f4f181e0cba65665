"""The rows of a frame by series and time, each where it stands and where it belongs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .columns import read_ids, read_times, wall_clock
from .frame import FrameKind
from .frequency import DAY
from .order import Order, check_unique, sort
from .zone import clock_of, zone_of

if TYPE_CHECKING:
    import narwhals as nw

    Frame = nw.DataFrame[Any]

Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Rows:
    """N rows of n series."""

    time: NDArray[Any]
    """``[N]``, int64 or datetime64[us], by series and increasing within each."""
    order: Order
    """The row of the frame that each is."""
    start: Index
    """``[n]``, the first of each series."""
    length: Index
    """``[n]``"""
    ids: list[Any] | None
    """In increasing order; None where there is no id column."""
    wall: bool
    """Whether times are those of a clock in the column's own zone, and not UTC."""
    where: Callable[[int, str], str]
    """(row of the frame, column) → how an error calls the place."""
    clock: str = ""
    """What an error says behind a time; see `order.text`."""


def read_rows(
    frame: Frame,
    id: str | None,
    time: str,
    call: Callable[[int], str],
    kind: FrameKind | None = None,
    known: NDArray[Any] | None = None,
) -> Rows:
    """The rows of a frame, sorted.

    Args:
        id, time: its columns; None for a single series.
        call: how an error calls row 0, 1, ...
        kind: of the frame that a model knows: times must be of the same kind and zone.
        known: times that it knows, on the clock of that zone.

    Raises:
        DataError: for an id or a time that is missing or of the wrong kind, and for a time that
            comes twice in a series.
    """
    ids, series = None, np.zeros(len(frame), np.int32)
    if id is not None:
        ids, series = read_ids(frame[id], lambda row, column: f"{call(row)}, column {column!r}")

    def where(row: int, column: str) -> str:
        of = f", series {ids[series[row]]!r}" if ids is not None else ""
        return f"{call(row)}{of}, column {column!r}"

    times = read_times(frame[time], where)
    if kind is not None:
        check_kind(frame, kind, where)
    order, start, length = sort(series, times, 1 if ids is None else len(ids))
    sorted_times, zone = order.of(times), zone_of(frame[time])
    check_unique(
        sorted_times,
        order,
        start,
        lambda row: where(row, time),
        call,
        ids is not None,
        clock_of(zone, wall=False),
    )
    wall = False
    if zone is not None:
        clock = order.of(wall_clock(frame[time], known))
        wall = _same_time_of_day(clock, start) if kind is None else kind.wall
        sorted_times = clock if wall else sorted_times
    clock_word = clock_of(zone, wall=wall)
    return Rows(sorted_times, order, start, length, ids, wall, where, clock_word)


def check_kind(frame: Frame, kind: FrameKind, where: Callable[[int, str], str]) -> None:
    """Raises a DataError where times or ids are not of the kind that a model knows."""
    id, time = kind.id, kind.time
    there = FrameKind.of(frame, id, time, kind.target, kind.wall)
    if (there.kind == "integer") != (kind.kind == "integer"):
        words = {True: "whole numbers", False: "dates"}
        known, got = words[kind.kind == "integer"], words[there.kind == "integer"]
        raise DataError(
            f"{where(0, time)}: the series known already have {known} for times, got {got}; give "
            f"{known}"
        )
    if there.zone != kind.zone:
        known = f"in the time zone {kind.zone}" if kind.zone else "without a time zone"
        got = f"in {there.zone}" if there.zone else "without one"
        raise DataError(
            f"{where(0, time)}: the series known already have times {known}, got times {got}; "
            f"convert them"
        )
    if id is not None and there.named != kind.named:
        known, got = ("text", "whole numbers")[:: 1 if kind.named else -1]
        raise DataError(
            f"{where(0, id)}: the ids known already are {known}, got {got}; convert them"
        )


def _same_time_of_day(times: NDArray[np.datetime64], start: Index) -> bool:
    """Whether each series keeps one time of day, as days, weeks and months do."""
    of_day = times.astype(np.int64) % DAY
    changes = np.diff(of_day) != 0
    changes[start[1:] - 1] = False
    return not changes.any()
