"""The covariates of the steps ahead, from a frame of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .columns import need_column, open_frame, read_ids, read_times, wall_clock
from .covariates import read_columns
from .encoding import width
from .order import text
from .rows import check_kind

if TYPE_CHECKING:
    from .frame import FrameKind
    from .series import Series

Index = NDArray[np.int64]


def read_future(
    df: Any, series: Series, horizon: int, place: Callable[[int], str] | None = None
) -> NDArray[np.float64]:
    """What is known of the steps ahead of each series.

    Args:
        df: a frame with the id, the time and the future columns; the target may be absent or empty.
            Rows of other times and other series are left alone.
        series: n of them, whose future columns were read.
        horizon: steps ahead.
        place: how an error calls row 0, 1, ...; ``row 17`` if not given.

    Returns:
        ``[n, horizon, F]``

    Raises:
        ArgumentError: where ``df`` is no frame.
        DataError: where a series lacks a step, or has it twice; where a value is missing or makes
            no sense; for times of another kind or time zone than those of the series.

    Example:
        >>> import polars as pl
        >>> from tidegate.data import read_series
        >>> past = pl.DataFrame({"ds": [1, 2, 3], "y": [0.1, 0.2, 0.3], "price": [3, 2, 2]})
        >>> series = read_series(past, future=["price"])
        >>> read_future(pl.DataFrame({"ds": [5, 4], "price": [7, 6]}), series, 2).tolist()
        [[[6.0], [7.0]]]
    """
    kind, codes, n = series.frame, series.encoding.future, len(series)
    if not codes:
        return np.empty((n, horizon, 0))
    frame, call = open_frame(df), place or "row {}".format
    roles = [(kind.id, "id"), (kind.time, "time"), *((code.name, "future") for code in codes)]
    for name, role in roles:
        if name is not None:
            need_column(frame, name, role, known=True)
    which, where = _series_of_rows(frame, series, call)
    times = read_times(frame[kind.time], where)
    check_kind(frame, kind, where)
    if kind.wall:
        times = wall_clock(frame[kind.time], series.last)

    row = np.flatnonzero(which >= 0)
    row = row[times[row] > series.last[which[row]]]
    step = series.frequency.between(series.last[which[row]], times[row])
    inside = (step >= 1) & (step <= horizon)
    row, step = row[inside], step[inside]
    cell = which[row] * horizon + step - 1
    count = np.bincount(cell, minlength=n * horizon)
    if count.max(initial=0) > 1:
        _refuse_twice(row, cell, count, times, where, kind, call)
    if not count.all():
        _refuse_missing(count.reshape(n, horizon), series)
    row = row[np.argsort(cell)]

    def by_date(i: int, column: str) -> str:
        return f"{where(int(row[i]), column)}, {text(times[row[i]], kind.clock)}"

    return read_columns(frame[row.tolist()], codes, by_date).reshape(n, horizon, width(codes))


def _series_of_rows(
    frame: Any, series: Series, call: Callable[[int], str]
) -> tuple[Index, Callable[[int, str], str]]:
    """``[N]``, the series of each row, −1 for another; and how an error calls a place."""
    if series.frame.id is None or series.ids is None:
        return np.zeros(len(frame), np.int64), lambda row, column: f"{call(row)}, column {column!r}"
    ids, code = read_ids(
        frame[series.frame.id], lambda row, column: f"{call(row)}, column {column!r}"
    )
    place = {name: i for i, name in enumerate(series.ids)}
    number = np.array([place.get(name, -1) for name in ids], np.int64)

    def where(row: int, column: str) -> str:
        return f"{call(row)}, series {ids[code[row]]!r}, column {column!r}"

    return number[code], where


def _refuse_twice(
    row: Index,
    cell: Index,
    count: Index,
    times: NDArray[Any],
    where: Callable[[int, str], str],
    kind: FrameKind,
    call: Callable[[int], str],
) -> None:
    first, second = row[cell == np.argmax(count > 1)][:2]
    raise DataError(
        f"{where(int(second), kind.time)}: {text(times[second], kind.clock)} is already in "
        f"{call(int(first))}; keep one row for each time"
    )


def _refuse_missing(count: Index, series: Series) -> None:
    i, k = (int(j) for j in np.argwhere(count == 0)[0])
    time = text(series.frequency.ahead(series.last[i : i + 1], k + 1)[0, -1], series.frame.clock)
    of = "" if series.ids is None else f"series {series.ids[i]!r}: "
    missing = int((count == 0).sum())
    rows = "row is" if missing == 2 else "rows are"
    more = f" (and {missing - 1} more {rows} missing)" if missing > 1 else ""
    names = ", ".join(repr(code.name) for code in series.encoding.future)
    raise DataError(
        f"{of}there is no row for {time} in the frame of what is known ahead{more}; add one, "
        f"with {names}"
    )
