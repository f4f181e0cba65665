"""Which columns of a table are meant."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import combinations
from typing import TYPE_CHECKING

from ..errors import DataError
from .dates import SHORT_YEARS, have_short_years, looks_like_dates
from .numbers import blank_missing, looks_like_numbers, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from .table import TextTable

_TIMES = ("ds", "date", "datetime", "time", "timestamp", "day", "week", "month", "year", "step")
_IDS = ("unique_id", "series_id", "id")
MOST_PAIRED = 8
"""Columns of text that are looked at two by two."""
_CLOCK = r"^\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?( *[AaPp][Mm])?$"


@dataclass(frozen=True)
class Columns:
    """The names of the columns to forecast from."""

    time: str
    target: str
    id: str | None
    guessed: tuple[str, ...] = ()
    """What to tell the user about the names that were guessed."""


def choose_columns(
    table: TextTable,
    time: str | None = None,
    target: str | None = None,
    id: str | None = None,
    ahead: Sequence[str] = (),
) -> Columns:
    """The columns as named, the others guessed where only one can be meant.

    - time: the only column of dates; else the whole numbers under the name of a time; else the only
      whole numbers that grow from row to row.
    - id: a column with such a name; else, where most times come twice, the only column of text, or
      of numbers under a name such as ``store_id``, that makes them unique.
    - target: numbers under the name ``y``; else the only column of numbers left.

    Whole numbers in a first column without a name are those of the rows: they are no target, and a
    time only where nothing else is.

    Args:
        time, target, id: names of columns, None to guess.
        ahead: columns whose future is known, none of which can be the target.

    Raises:
        DataError: where a name is not among the columns, or several could be meant: it lists them.
    """
    named = {"time": time, "target": target, "id": id}
    for option, name in named.items():
        if name is not None:
            _check(table, option, name)
    taken = [name for name in named.values() if name is not None]
    if len(set(taken)) < len(taken):
        raise DataError(
            f"{table.name}: --time, --target and --id must be different columns, got "
            f"{', '.join(taken)}"
        )
    free = [name for name in table.cells.columns if name not in taken]
    cells = table.cells
    dates = [name for name in free if looks_like_dates(cells[name])]
    numbers = [name for name in free if name not in dates and looks_like_numbers(cells[name])]
    of_rows = [
        name for name in numbers if name == table.unnamed and _whole(cells[name]) is not None
    ]
    numbers = [name for name in numbers if name not in of_rows]
    texts = [name for name in free if name not in (*dates, *numbers, *of_rows)]

    guessed = []
    if time is None:
        _check_long(table)
        # the only numbers are the target, if the rows are numbered beside
        other = [] if target is None and of_rows and len(numbers) == 1 else numbers
        time, why = _time(table, dates, other, of_rows)
        guessed.append(f"--time {time} ({why})")
        numbers = [name for name in numbers if name != time]
    if id is None:
        id, why = _id(table, time, [*numbers, *texts], texts)
        if id is not None:
            guessed.append(f"--id {id} ({why})")
            numbers = [name for name in numbers if name != id]
    if target is None:
        target, why = _target(table, numbers, ahead)
        guessed.append(f"--target {target} ({why})")
    return Columns(time, target, id, tuple(guessed))


def _check(table: TextTable, option: str, name: str) -> None:
    names = table.cells.columns
    if name not in names:
        lower = {column.lower(): column for column in names}
        near = get_close_matches(name.lower(), lower, n=1)
        hint = f"; did you mean --{option} {shlex.quote(lower[near[0]])}?" if near else ""
        raise DataError(
            f"{table.name}: --{option} {name}: there is no such column; "
            f"the columns are {_listed(names)}{hint}"
        )


def _check_long(table: TextTable) -> None:
    """That times are in a column, and not the names of columns.

    Raises:
        DataError: if half of the names or more are dates.
    """
    import polars as pl

    names = table.cells.columns
    dates = [name for name in names if looks_like_dates(pl.Series([name]))]
    if len(dates) > 1 and 2 * len(dates) >= len(names):
        raise DataError(
            f"{table.name}: the names of columns are dates ({_listed(dates, 3)}); turn the table, "
            f"so that there is a row for each date, with the date and the value in two columns"
        )


def _time(
    table: TextTable, dates: list[str], numbers: list[str], of_rows: list[str]
) -> tuple[str, str]:
    if len(dates) == 1:
        return dates[0], "the only column of dates"
    if dates:
        raise DataError(
            f"{table.name}: several columns hold dates: {_listed(dates)}; choose one with --time"
        )
    short = [name for name in table.cells.columns if have_short_years(table.cells[name])]
    _tell_short([name for name in short if name.lower() in _TIMES], table)
    whole = [name for name in numbers if _whole(table.cells[name]) is not None]
    by_name = [name for name in whole if name.lower() in _TIMES]
    if len(by_name) == 1:
        return by_name[0], "whole numbers under the name of a time"
    growing = [name for name in by_name or whole if _grows(table.cells[name])]
    if len(growing) == 1:
        return growing[0], "the only whole numbers that grow from row to row"
    if by_name or growing:
        parts = any(name.lower() == "year" for name in by_name)
        join = ", or write them as one column, like 2024-01" if parts else ""
        raise DataError(
            f"{table.name}: several columns may be the time: {_listed(by_name or growing)}; "
            f"choose one with --time{join}"
        )
    growing = [name for name in of_rows if _grows(table.cells[name])]
    if growing:
        return growing[0], "the only whole numbers that grow from row to row"
    _tell_short(short, table)
    raise DataError(
        f"{table.name}: no column holds dates or growing whole numbers; the columns are "
        f"{_listed(table.cells.columns)}; write dates like 2024-01-31, number the rows, or name a "
        f"column with --time"
    )


def _tell_short(names: list[str], table: TextTable) -> None:
    """Raises a DataError where a column holds dates with years of two digits."""
    if names:
        date = shown(blank_missing(table.cells[names[0]]).drop_nulls()[0])
        raise DataError(f"{table.name}: the column {names[0]!r} holds {date}, which {SHORT_YEARS}")


def _id(table: TextTable, time: str, free: list[str], texts: list[str]) -> tuple[str | None, str]:
    by_name = [name for wanted in _IDS for name in free if name.lower() == wanted]
    repeats = int(table.cells[time].is_duplicated().sum())
    for name in by_name:
        if name.lower() == "unique_id" or (repeats and _separates(table, name, time)):
            return name, "by its name"
    # fewer repeats are rather rows that are there twice by mistake
    many = 2 * repeats >= table.cells.height
    numbered = [name for name in free if name not in texts and _numbers_series(table, name)]
    able = [name for name in (*texts, *numbered) if many]
    fitting = [name for name in able if _separates(table, name, time)]
    clocks = [name for name in fitting if _tells_hours(table.cells[name])]
    if clocks:
        raise DataError(
            f"{table.name}: {time!r} holds days and {clocks[0]!r} times of day; write them as one "
            f"column, like 2024-01-31 07:00"
        )
    if len(fitting) == 1:
        return fitting[0], "dates come twice, but once for each of its values"
    if fitting:
        raise DataError(
            f"{table.name}: dates come twice, and several columns may tell the series apart: "
            f"{_listed(fitting)}; choose one with --id"
        )
    for pair in combinations(texts[:MOST_PAIRED], 2) if many else ():
        if _separates(table, *pair, time):
            raise DataError(
                f"{table.name}: dates come twice, and {pair[0]!r} and {pair[1]!r} together tell "
                f"the series apart; write them as one column and name it with --id"
            )
    return None, ""


def _numbers_series(table: TextTable, name: str) -> bool:
    """Whether a column of numbers may tell series apart: by its name, and if each comes twice."""
    wanted = name.lower().endswith(("_id", " id"))
    return wanted and 2 * table.cells[name].n_unique() <= table.cells.height


def _target(table: TextTable, numbers: list[str], ahead: Sequence[str]) -> tuple[str, str]:
    shared, numbers = numbers, [name for name in numbers if name not in ahead]
    if shared and not numbers:
        raise DataError(
            f"{table.name}: each column of numbers is in the file of what is known ahead as well: "
            f"{_listed(shared)}; name the one to forecast with --target"
        )
    if "y" in numbers:
        return "y", "by its name"
    if len(numbers) == 1:
        return numbers[0], "the only other column of numbers"
    if numbers:
        raise DataError(
            f"{table.name}: several columns hold numbers: {_listed(numbers)}; "
            f"choose one with --target"
        )
    raise DataError(
        f"{table.name}: no other column holds numbers; the columns are "
        f"{_listed(table.cells.columns)}; name one with --target"
    )


def _whole(cells: pl.Series) -> pl.Series | None:
    """The whole numbers of a column where at least half of its cells are some."""
    import polars as pl

    values = cells.cast(pl.Int64, strict=False)
    return values if 2 * values.null_count() <= len(values) else None


def _grows(cells: pl.Series) -> bool:
    values = _whole(cells)
    return values is not None and bool((values.drop_nulls().diff().drop_nulls() > 0).all())


def _tells_hours(cells: pl.Series) -> bool:
    """Whether at least half of a column is 7:05, 07:05:00 or 7:05 PM."""
    return 2 * int(cells.str.contains(_CLOCK).sum()) >= len(cells)


def _separates(table: TextTable, *names: str) -> bool:
    return not table.cells.select(names).is_duplicated().any()


def _listed(names: list[str], most: int = 20) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" * (len(names) > most))
