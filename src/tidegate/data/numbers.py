"""Numbers as people write them, from text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import DataError

if TYPE_CHECKING:
    import polars as pl

MISSING = ("", "na", "n/a", "#n/a", "<na>", "null", "none", "nat")
"""What stands for a value that is missing, in any case of letters."""
_MISSING_NUMBER = (".", "?")
"""What does so in a column of numbers: SAS's and FRED's point, the question mark of UCI's tables. A
dash may be a zero as well."""

_DECIMAL = r"^[+-]?(\d+|[1-9]\d{0,2}(\.\d{3})+|),\d*([eE][+-]?\d+)?$"
"""With a decimal comma, and perhaps points between the thousands: ``1.234,5``."""
_POINTS = r"^[+-]?[1-9]\d{0,2}(\.\d{3})+$"
_THOUSANDS = r"^[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?$"
"""With commas between the thousands: ``1,234.5``."""
_BLANKS = " \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"
_MONEY, _UNIT = rf"^([+-]?)[$€£¥][{_BLANKS}]?", rf"[{_BLANKS}]?[€£%]$"
"""Signs before and behind a number, which say nothing of its value: ``$5``, ``5 €``, ``5 %``."""
_BELOW = r"^\((.+)\)$"
"""As accountants write a number below zero: ``(5.00)``."""
_MINUS = "^\N{MINUS SIGN}"
_APART = f"[{_BLANKS}'\N{RIGHT SINGLE QUOTATION MARK}]"
_SPACED = rf"^[+-]?[1-9]\d{{0,2}}({_APART}\d{{3}})+([.,]\d*)?$"
"""With blanks or apostrophes between the thousands: ``1 234,5``, ``1'234.5``."""
_MANY = 10
"""As many numbers with three digits behind a comma, and none with more or fewer, are thousands: as
decimals, some would end in a zero, and be written without it."""


def to_numbers(cells: pl.Series, separator: str, where: Callable[[int], str]) -> pl.Series:
    """The numbers in a column of text, null where one is missing.

    The sign of a currency or of percent is left out, as are blanks and apostrophes between
    thousands; a number in brackets is below zero. A comma is a decimal one or stands between
    thousands, whichever more cells allow; where that leaves it open, it is a decimal one if the
    columns are separated by ``;``, and stands between thousands if ten cells or more have one
    (`are_thousands`). A point is a decimal one, but between thousands where a number has two.

    Args:
        cells: without blanks around them.
        separator: what is between the columns.
        where: how an error calls a row.

    Raises:
        DataError: for the first cell that is no number, or one that may be two.
    """
    import polars as pl

    present = _bare(cells)
    plain = present
    if present.str.contains(",", literal=True).any():
        plain = _without_commas(present, separator, where)
    elif present.str.contains(".", literal=True).any():
        plain = _without_points(present, separator, where)
    values = plain.cast(pl.Float64, strict=False)
    bad = values.is_null() & present.is_not_null()
    if bad.any():
        row = int(bad.arg_max() or 0)
        mark = not any(letter.isalnum() for letter in cells[row])
        todo = "leave it empty if nothing was observed" if mark else "correct it"
        raise DataError(f"{where(row)}: {shown(cells[row])} is no number; {todo}")
    return values


def are_thousands(cells: pl.Series, separator: str) -> bool:
    """Whether commas are taken to stand between thousands by the number of such cells alone."""
    present = _bare(cells).drop_nulls()
    comma = present.filter(present.str.contains(",", literal=True))
    open_ = comma.str.contains(_DECIMAL) & comma.str.contains(_THOUSANDS)
    return separator != ";" and len(comma) >= _MANY and bool(open_.all())


def looks_like_numbers(cells: pl.Series) -> bool:
    """Whether at least half of what is there are numbers."""
    import polars as pl

    present = _bare(spread(cells)).drop_nulls()
    if not len(present):
        return False
    good = present.cast(pl.Float64, strict=False).is_not_null()
    for pattern in (_DECIMAL, _THOUSANDS, _POINTS):
        good |= present.str.contains(pattern)
    return 2 * int(good.sum()) >= len(present)


def spread(cells: pl.Series, most: int = 1000) -> pl.Series:
    """Cells from all over a column, few enough to look at each in several ways."""
    return cells.gather_every(max(1, len(cells) // most))


def blank_missing(cells: pl.Series) -> pl.Series:
    """The cells, null where one stands for a missing value."""
    return cells.set(cells.str.to_lowercase().is_in(MISSING), None)


def blank_empty(cells: pl.Series) -> pl.Series:
    """The cells, null where there is nothing in one: of names, where NA may be Namibia."""
    return cells.set(cells == "", None)


def _bare(cells: pl.Series) -> pl.Series:
    """The cells without signs of currency or percent and without blanks between thousands, null
    where a value is missing."""
    cells = blank_missing(cells)
    cells = cells.set(cells.is_in(_MISSING_NUMBER), None)
    cells = cells.str.replace(_BELOW, "-$1").str.replace(_MINUS, "-")
    cells = cells.str.replace(_MONEY, "$1").str.replace(_UNIT, "")
    apart = cells.str.contains(_SPACED).fill_null(False)
    return cells.zip_with(~apart, cells.str.replace_all(_APART, ""))


def shown(cell: str, most: int = 40) -> str:
    """A cell as an error shows it: on one line, and not too long."""
    return repr(cell if len(cell) <= most else cell[: most - 3] + "...")


def _without_commas(cells: pl.Series, separator: str, where: Callable[[int], str]) -> pl.Series:
    """Numbers as Python writes them; cells that fit neither way are left as they are."""
    comma = cells.str.contains(",", literal=True)
    decimal, thousands = cells.str.contains(_DECIMAL), cells.str.contains(_THOUSANDS)
    as_decimal, as_thousands = int((comma & decimal).sum()), int((comma & thousands).sum())
    if are_thousands(cells, separator):
        as_decimal = 0
    if as_decimal == as_thousands and separator != ";":
        row = int(comma.arg_max() or 0)
        if as_decimal == 0:
            return cells
        raise DataError(
            f"{where(row)}: {shown(cells[row])} may have a decimal comma or one between thousands; "
            f"write it with a decimal point and without commas"
        )
    if as_decimal >= as_thousands:
        plain = cells.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
        return cells.zip_with(~(decimal | cells.str.contains(_POINTS)), plain)
    return cells.zip_with(~thousands, cells.str.replace_all(",", "", literal=True))


def _without_points(cells: pl.Series, separator: str, where: Callable[[int], str]) -> pl.Series:
    """Without those between thousands, if such they are: no cell has another point."""
    pointed = cells.str.contains(".", literal=True)
    thousands = cells.str.contains(_POINTS)
    if (pointed & ~thousands).any():
        return cells
    if (cells.str.count_matches(".", literal=True) > 1).any():
        return cells.str.replace_all(".", "", literal=True)
    if separator == ";" and int(pointed.sum()) >= _MANY:
        row = int(pointed.arg_max() or 0)
        raise DataError(
            f"{where(row)}: {shown(cells[row])} may have a decimal point or one between thousands, "
            f"as may all of the column; write it with a decimal comma, or without points"
        )
    return cells
