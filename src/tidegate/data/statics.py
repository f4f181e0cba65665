"""What is true of a whole series: one row of numbers for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .columns import Where, need_column, open_frame, read_ids
from .covariates import read_raw
from .encoding import Code
from .order import Order

if TYPE_CHECKING:
    import narwhals as nw

    Frame = nw.DataFrame[Any]

Index = NDArray[np.int64]
Numbers = NDArray[np.float64]
FRAME = "static frame"
"""What errors call the frame with a row for each series."""


@dataclass(frozen=True, eq=False)
class Table:
    """A frame that holds static columns."""

    frame: Frame
    order: Order
    """Sorts its rows by series."""
    start: Index
    """``[n]``, the first row of each series then."""
    length: Index
    """``[n]``"""
    where: Where
    """How an error calls a row of the frame and a column."""


def read_static(table: Table, codes: tuple[Code, ...]) -> Numbers:
    """``[n, columns]``, from columns that hold one value throughout a series.

    Args:
        codes: how they are written.

    Raises:
        DataError: where a series has two values; as `read_raw`.
    """
    order, start, where = table.order, table.start, table.where
    parts = [np.empty((len(start), 0))]
    for code in codes:
        raw = order.of(read_raw(table.frame[code.name], code, where))
        first = raw[start]
        changed = raw != np.repeat(first, table.length)
        if changed.any():
            row = int(np.argmax(changed))
            was = first[np.searchsorted(start, row, side="right") - 1]
            raise DataError(
                f"{where(int(order.at(row)), code.name)}: a static column must have one value in "
                f"each series, got {code.shown(was)} and {code.shown(raw[row])}; correct it, or "
                f"name it under past or future"
            )
        parts.append(code.expand(first))
    return np.concatenate(parts, axis=1)


def open_static(
    df: Any, id: str | None, ids: list[Any] | None, names: tuple[str, ...]
) -> tuple[Table, tuple[str, ...]]:
    """One row for each series, in their order, from a frame that may hold more.

    Args:
        df: the frame.
        id: its column of ids; None for a single series without a name.
        ids: of the n series.
        names: its static columns; empty for all but the id.

    Returns:
        The n rows, and the names of the static columns.

    Raises:
        ArgumentError, DataError: as `open_frame`; for a column that is missing; where a series has
            no row, or two.
    """
    frame = open_frame(df)
    names = names or tuple(name for name in frame.columns if name != id)
    for name in names if id is None else (id, *names):
        try:
            need_column(frame, name, "id" if name == id else "static")
        except DataError as error:
            raise DataError(f"{FRAME}: {error}") from None
    row = _rows(frame, id, ids)

    def where(i: int, column: str) -> str:
        of = "" if ids is None else f", series {ids[i]!r}"
        return f"{FRAME}, row {row[i]}{of}, column {column!r}"

    each = np.arange(len(row))
    return Table(frame[row.tolist()], Order(None), each, np.ones_like(each), where), names


def _rows(frame: Frame, id: str | None, ids: list[Any] | None) -> Index:
    """``[n]``, the row of each series."""
    if id is None or ids is None:
        if len(frame) != 1:
            raise DataError(
                f"{FRAME}: expected 1 row for the only series, got {len(frame)}; name the id "
                f"column if there are several series"
            )
        return np.zeros(1, np.int64)

    def at(row: int, column: str) -> str:
        return f"{FRAME}, row {row}, column {column!r}"

    known, series = read_ids(frame[id], at)
    place = {name: i for i, name in enumerate(known)}
    wanted = np.array([place.get(name, -1) for name in ids], np.int64)
    absent = np.flatnonzero(wanted < 0)
    if len(absent):
        more = f" (and none for {len(absent) - 1} more)" if len(absent) > 1 else ""
        raise DataError(
            f"{FRAME}: there is no row for series {ids[absent[0]]!r}{more}; add one for each"
        )
    twice = np.flatnonzero(np.bincount(series, minlength=len(known))[wanted] > 1)
    if len(twice):
        rows = np.flatnonzero(series == wanted[twice[0]])
        more = f" (and {len(twice) - 1} more series)" if len(twice) > 1 else ""
        raise DataError(
            f"{FRAME}: rows {rows[0]} and {rows[1]} are both of series {ids[twice[0]]!r}{more}; "
            f"keep one row for each series"
        )
    first = np.empty(len(known), np.int64)
    first[series] = np.arange(len(series))
    result: Index = first[wanted]
    return result
