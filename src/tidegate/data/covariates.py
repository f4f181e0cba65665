"""Columns beside the target as numbers: read by what is known of them, or learnt from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError, DataError
from .columns import Where, read_values
from .encoding import MOST_LEVELS, Code, width

if TYPE_CHECKING:
    import narwhals as nw

    Frame = nw.DataFrame[Any]
    Column = nw.Series[Any]

Numbers = NDArray[np.float64]


def check_names(role: str, names: Sequence[str]) -> tuple[str, ...]:
    """The names of columns as given.

    Raises:
        ArgumentError: for anything but a list of texts.
    """
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise ArgumentError(f"{role} must be a list of columns such as ['price'], got {names!r}")
    return tuple(names)


def learn_code(column: Column, where: Where) -> Code:
    """How a column is to be written: text and categories by level, all else as numbers.

    Raises:
        DataError: for a category of too many levels.
    """
    if not _is_text(column):
        return Code(column.name)
    levels = sorted(str(level) for level in _as_text(column).drop_nulls().unique().to_list())
    if len(levels) > MOST_LEVELS:
        raise DataError(
            f"{where(0, column.name)}: the column has {len(levels):,} different values, and "
            f"{MOST_LEVELS} are the most for a category; group them, or give numbers"
        )
    return Code(column.name, tuple(levels)) if levels else Code(column.name)


def read_raw(column: Column, code: Code, where: Where, missing: bool = False) -> Numbers:
    """``[N]``: a number for each row, or the number of its level; what `Code.expand` takes.

    Args:
        code: how the column is written.
        missing: whether values may be, and are NaN then.

    Raises:
        DataError: for a value that is missing where none may be, a level that is not known, or
            numbers where text is expected and the reverse.
    """
    import narwhals as nw

    name, levels = column.name, code.levels
    if levels is None or column.is_null().all():
        if column.dtype == nw.Boolean:
            column = column.cast(nw.Float64)
        elif _is_text(column) and not column.is_null().all():
            raise DataError(
                f"{where(0, name)}: expected numbers, as in the column that was learnt from, got "
                f"text; convert it"
            )
        return read_values(column, where, missing)
    if not _is_text(column):
        raise DataError(
            f"{where(0, name)}: expected text, one of {_listed(levels)}, but the column holds "
            f"{column.dtype}; convert it"
        )
    cells = _as_text(column)
    null = cells.is_null().to_numpy()
    if null.any() and not missing:
        more = f" (and {null.sum() - 1} more)" if null.sum() > 1 else ""
        raise DataError(
            f"{where(int(np.argmax(null)), name)}: the value is missing{more}; fill it in"
        )
    cells = cells.fill_null(levels[0])
    unknown = ~cells.is_in(levels).to_numpy().astype(bool)
    if unknown.any():
        row = int(np.argmax(unknown))
        raise DataError(
            f"{where(row, name)}: {cells[row]!r} is none of the values that were learnt from, "
            f"{_listed(levels)}; correct it, or fit again with rows that have it"
        )
    numbers = cells.replace_strict(
        list(levels), [float(i) for i in range(len(levels))], return_dtype=nw.Float64
    )
    raw = np.array(numbers.to_numpy(), np.float64)
    raw[null] = np.nan
    return raw


def read_columns(
    frame: Frame, codes: tuple[Code, ...], where: Where, missing: bool = False
) -> Numbers:
    """``[N, columns]``, each row of the frame as numbers.

    Args:
        codes, missing: as for `read_raw`.

    Raises:
        DataError: as `read_raw`.
    """
    result = np.empty((len(frame), width(codes)))
    first = 0
    for code in codes:
        part = code.expand(read_raw(frame[code.name], code, where, missing))
        result[:, first : first + part.shape[1]] = part
        first += part.shape[1]
    return result


def _is_text(column: Column) -> bool:
    import narwhals as nw

    return column.dtype in (nw.String, nw.Categorical, nw.Enum)


def _as_text(column: Column) -> Column:
    import narwhals as nw

    return column if column.dtype == nw.String else column.cast(nw.String)


def _listed(levels: tuple[str, ...], most: int = 10) -> str:
    shown = ", ".join(map(repr, levels[:most]))
    return shown + (f" and {len(levels) - most} more" if len(levels) > most else "")
