"""From text to the frame that series are read from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import DataError
from .dates import SHORT_YEARS, have_short_years, looks_like_dates, to_times
from .numbers import blank_empty, blank_missing, looks_like_numbers, shown, to_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import polars as pl

    from .choice import Columns
    from .table import TextTable

_WHOLE = r"^(0|-?[1-9]\d{0,17})$"


def to_frame(
    table: TextTable, columns: Columns, covariates: Sequence[str] = (), *, target: bool = True
) -> pl.DataFrame:
    """The chosen columns with their types, each row where it was.

    Args:
        table, columns: the cells, and which of them are meant.
        covariates: more columns: of numbers, if half of their cells or more are some, else of text.
        target: whether to read the target as well; what is known ahead needs none.

    Returns:
        The id as whole numbers or text, the time as dates, datetimes or whole numbers, the target
        and covariates as numbers, or covariates as text; null where a cell is empty, or, where
        numbers belong, NA or the like.

    Raises:
        DataError: for a covariate that is not there; for the first cell that is no date, no whole
            number, or no number.
    """
    import polars as pl

    def where(name: str) -> Callable[[int], str]:
        return lambda row: f"{table.name}, line {table.lines[row]}, column {name!r}"

    parts: list[pl.Series] = []
    if columns.id is not None:
        parts.append(_ids(table.cells[columns.id]))
    time = table.cells[columns.time]
    parts.append(
        to_times(time, where(time.name))
        if looks_like_dates(time)
        else _whole_numbers(time, where(time.name))
    )
    named = [columns.target] if target else []
    for name in (*named, *covariates):
        if name not in table.cells.columns:
            raise DataError(
                f"{table.name}: there is no column {name!r}; the columns are "
                f"{', '.join(table.cells.columns)}"
            )
        cells = table.cells[name]
        numbers = name in named or looks_like_numbers(cells)
        parts.append(
            to_numbers(cells, table.separator, where(name)) if numbers else blank_empty(cells)
        )
    return pl.DataFrame(parts)


def _ids(cells: pl.Series) -> pl.Series:
    """Whole numbers, or texts; what stands for a missing number is a text as others are."""
    import polars as pl

    present = blank_missing(cells)
    whole = present.is_not_null().any() and present.str.contains(_WHOLE).all()
    return present.cast(pl.Int64) if whole else blank_empty(cells)


def _whole_numbers(cells: pl.Series, where: Callable[[int], str]) -> pl.Series:
    import polars as pl

    present = blank_missing(cells)
    values = present.cast(pl.Int64, strict=False)
    bad = values.is_null() & present.is_not_null()
    if bad.any():
        row = int(bad.arg_max() or 0)
        what = "is no whole number; correct it"
        if have_short_years(cells):
            what = SHORT_YEARS
        elif 2 * int(bad.sum()) >= len(cells):
            what = "is no date, and no whole number; write dates like 2024-01-31"
        raise DataError(f"{where(row)}: {shown(cells[row])} {what}")
    return values
