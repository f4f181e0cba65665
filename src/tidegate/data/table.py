"""A CSV file as a table of text: every cell as it was written, every row with its line."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .choice import Columns as Columns
from .choice import choose_columns as choose_columns
from .conversion import to_frame as to_frame
from .dates import looks_like_dates
from .numbers import looks_like_numbers
from .text import read_text

if TYPE_CHECKING:
    import polars as pl

_SEPARATORS = "\t;|,"
"""Of equally good ones the first: a comma may as well be a decimal one."""
_SAMPLE = 50
_CONTENT = np.ones(256, bool)
"""Whether a byte makes a row more than a blank one."""
_CONTENT[list(b' \t\n";|,')] = False
_FORMATS = {rb'\s*\[?\s*\{\s*"': "JSON", rb"(?i)\s*<(!doctype|html|\?xml)": "a web page or XML"}
"""What is no table, by how it begins."""
_EXCELS = rb'\A"?(?i:sep)=.?"?(?=\n)'
"""The line by which Excel tells the separator."""


@dataclass(frozen=True, eq=False)
class TextTable:
    """The cells of a CSV file, without the blanks around them."""

    name: str
    """What errors call the file."""
    cells: pl.DataFrame
    """Text in every column."""
    lines: NDArray[np.int64]
    """``[N]``, the line of the file that each row begins in."""
    separator: str
    unnamed: str | None = None
    """What the first column is called here, if the file gives it no name: those are the names of
    the rows, mostly, which pandas and R write in front of a table."""


def place(table: TextTable) -> Callable[[int], str]:
    """How an error calls row 0, 1, ...: ``rain.csv, line 2``."""
    return lambda row: f"{table.name}, line {table.lines[row]}"


def read_table(path: str, stdin: BinaryIO | None = None) -> TextTable:
    """The table in a CSV file, with ``,``, ``;``, ``|`` or a tab between its columns.

    Lines end in LF or CRLF. Rows without anything in them count as absent, and so do columns
    without a name and anything in them. A first column without a name is called ``column 1``.

    Args:
        path: of the file; ``-`` for standard input.
        stdin: what to read instead of standard input.

    Raises:
        DataError: for a file that cannot be read or is no text; a header without rows, with a name
            missing or twice; a row with more or fewer fields than the header.
    """
    import polars as pl

    name, data = read_text(path, stdin)
    for begin, kind in _FORMATS.items():
        if re.match(begin, data):
            raise DataError(f"{name}: this looks like {kind}; give a CSV file")
    data = re.sub(_EXCELS, b"", data, count=1)  # leaves its line, as those of others are counted
    rows = _split(name, data)
    try:
        frame = pl.read_csv(
            rows.data, has_header=False, infer_schema=False, separator=rows.separator
        ).with_columns(pl.all().fill_null("").str.strip_chars())
    except pl.exceptions.PolarsError:
        frame = pl.DataFrame()
    if frame.height != len(rows.lines):
        raise DataError(f'{name}: the quotes (") in it make no sense; check or remove them')
    frame = frame.select(c for c in frame if (c != "").any())
    header = [str(cell) for cell in frame.row(0)]
    unnamed = None
    if not header[0]:
        header[0] = unnamed = "column 1"
    at = f"{name}, line {rows.lines[0]}"
    _check_header(header, at)
    if frame.height == 1:
        raise DataError(f"{at}: there is a header and no row below it; add rows")
    cells = frame.slice(1).rename(dict(zip(frame.columns, header, strict=True)))
    return TextTable(name, cells, rows.lines[1:], rows.separator, unnamed)


@dataclass(frozen=True)
class _Rows:
    data: bytes
    """The text without blank rows."""
    lines: NDArray[np.int64]
    """The line that each row, the header included, begins in."""
    separator: str


def _split(name: str, data: bytes) -> _Rows:
    """Where the rows are; all have as many fields as the first."""
    buffer = np.frombuffer(data, np.uint8)
    newline = np.flatnonzero(buffer == ord("\n"))
    end, quotes = newline, np.flatnonzero(buffer == ord('"'))
    if len(quotes):
        if len(quotes) % 2:
            raise DataError(
                f'{name}, line {_first_odd_line(quotes, newline)}: a quote (") is opened and never '
                f"closed; close or remove it"
            )
        end = _outside(end, quotes)
    start = np.concatenate([[0], end[:-1] + 1])
    full = np.logical_or.reduceat(_CONTENT[buffer], start)
    if not full.any():
        raise DataError(f"{name}: there is nothing in the file; expected a header line, then rows")
    line = np.searchsorted(newline, start[full]) + 1

    counts: dict[str, NDArray[np.int64]] = {}
    for candidate in _SEPARATORS:
        found = _outside(np.flatnonzero(buffer == ord(candidate)), quotes)
        counts[candidate] = np.diff(np.searchsorted(found, end), prepend=0)[full]
    separator = max(_SEPARATORS, key=lambda candidate: _agreement(counts[candidate]))
    if not counts[separator][0]:
        separator = ","
    fields = counts[separator] + 1
    wrong = fields != fields[0]
    if wrong.any():
        i = int(np.argmax(wrong))
        in_quotes = f"put text that has a {separator!r} in it in quotes"
        hint = in_quotes if fields[i] > fields[0] else "fill in what is missing"
        if fields[0] == 1:
            hint = "if that is a title, remove it, so that the names of the columns come first"
        raise DataError(
            f"{name}, line {line[i]}: has {_fields(fields[i])}, but the header in line {line[0]} "
            f"has {fields[0]}; {hint}"
        )
    if not full.all():
        data = buffer[np.repeat(full, end + 1 - start)].tobytes()
    return _Rows(data, line, separator)


def _agreement(count: NDArray[np.int64]) -> tuple[float, int]:
    """How much a character looks like the separator, from how often it is in each row."""
    header = int(count[0])
    return (float((count[:_SAMPLE] == header).mean()), header) if header else (0.0, 0)


def _fields(count: int) -> str:
    return f"{count} field" + ("" if count == 1 else "s")


def _outside(places: NDArray[np.int64], quotes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those with an even number of quotes before them."""
    return places[np.searchsorted(quotes, places) % 2 == 0] if len(quotes) else places


def _first_odd_line(quotes: NDArray[np.int64], newline: NDArray[np.int64]) -> int:
    in_line = np.bincount(np.searchsorted(newline, quotes))
    return int(np.argmax(in_line % 2)) + 1


def _check_header(header: list[str], at: str) -> None:
    import polars as pl

    for i, column in enumerate(header):
        if not column:
            raise DataError(f"{at}: column {i + 1} has no name; give it one, or remove the column")
        if column in header[:i]:
            raise DataError(
                f"{at}: the column {column!r} is there twice; rename or remove one of them"
            )
    cells = [pl.Series([cell]) for cell in header]
    if all(looks_like_dates(cell) or looks_like_numbers(cell) for cell in cells):
        raise DataError(
            f"{at}: expected the names of the columns, got values ({', '.join(header[:3])}); "
            f"add a header line such as date,value"
        )
