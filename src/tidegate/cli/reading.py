"""Files as series, and what their reader should know of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import typer

from ..errors import ArgumentError, DataError

if TYPE_CHECKING:
    import polars as pl

    from ..data import Columns, Series, TextTable


@dataclass(frozen=True)
class Named:
    """The columns that were named; the others are guessed, or are none."""

    time: str | None = None
    target: str | None = None
    id: str | None = None
    past: tuple[str, ...] = ()
    static: tuple[str, ...] = ()
    future: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [name for name in (self.time, self.target, self.id) if name is not None]
        names += self.beside
        twice = [name for i, name in enumerate(names) if name in names[:i]]
        if twice:
            raise ArgumentError(
                f"the column {twice[0]!r} is named twice; --time, --target, --id, --past, "
                f"--static and --future-column must be different columns"
            )

    @classmethod
    def of(
        cls,
        time: str | None,
        target: str | None,
        id: str | None,
        past: list[str] | None,
        static: list[str] | None,
        future: list[str] | None,
    ) -> Named:
        """As the options give them."""
        return cls(time, target, id, tuple(past or ()), tuple(static or ()), tuple(future or ()))

    @property
    def beside(self) -> tuple[str, ...]:
        """All that are neither time, target nor id."""
        return (*self.past, *self.static, *self.future)


@dataclass(frozen=True)
class Read:
    """A table that was read."""

    name: str
    """What messages call the file."""
    frame: pl.DataFrame
    """Its columns that are used."""
    series: Series
    missing: str
    """What counts as missing in it, as one line; empty where nothing does."""
    ahead: pl.DataFrame | None = None
    """What is known ahead."""


def read(file: str, named: Named, ahead: str | None = None, horizon: int = 0) -> Read:
    """The table's series; says on stderr which columns were guessed, and what is missing.

    Args:
        file: a path, or - for stdin.
        named: which columns are meant.
        ahead: the file of what is known ahead, of which every column counts that both files have
            and that holds something, unless some are named.
        horizon: steps that it must hold.

    Raises:
        ArgumentError: if both files are stdin.
        DataError: if a file cannot be used; the message names file, line and column.
    """
    from ..data import choose_columns, place, read_series, read_table, to_frame
    from ..data.numbers import are_thousands

    if file == "-" and ahead == "-":
        raise ArgumentError("FILE and --future cannot both be stdin; give one of them a name")
    table = read_table(file)
    _need(table, named.beside)
    later = None if ahead is None else read_table(ahead)
    shared = () if later is None else _shared(table, later)
    alone = replace(table, cells=table.cells.drop(named.beside))
    columns = choose_columns(alone, named.time, named.target, named.id, shared)
    for guess in columns.guessed:
        _say(file, guess)
    cells = table.cells[columns.target]
    if are_thousands(cells, table.separator):
        _say(file, f"commas in column {columns.target!r} are taken to stand between thousands")
    future = named.future
    if later is not None and not future:
        future = _known_ahead(table, later, columns, named)
        _say(file, f"--future-column {', '.join(future)} (in {_short(later.name)} too)")
    frame = to_frame(table, columns, (*future, *named.past, *named.static))
    try:
        series = read_series(
            frame,
            id=columns.id,
            time=columns.time,
            target=columns.target,
            future=future,
            past=named.past,
            static=named.static,
            missing="keep",
            gaps="fill",
            place=place(table),
        )
    except DataError as error:
        raise DataError(_of(table.name, error)) from None
    known = None if later is None else _ahead(later, series, horizon)
    return _told(table, frame, series, known)


def read_like(file: str, series: Series) -> Read:
    """The table of other rows, with the columns of series that a model was learnt from.

    Raises:
        DataError: as `read`.
    """
    from ..data import place, read_series, read_table

    table = read_table(file)
    kind, encoding = series.frame, series.encoding
    needed = [code.name for code in (*encoding.future, *encoding.past)]
    _need(table, [*([kind.id] if kind.id else []), kind.time, kind.target, *needed], "the model")
    static = [c.name for c in encoding.static if c.name in table.cells.columns]
    if len(static) < len(encoding.static):  # all, or those of series known already
        static = []
    frame = _typed(table, series, (*needed, *static))
    try:
        other = read_series(frame, missing="keep", gaps="fill", like=series, place=place(table))
    except DataError as error:
        raise DataError(_of(table.name, error)) from None
    return _told(table, frame, other, None)


def read_ahead(ahead: str, series: Series, horizon: int) -> pl.DataFrame:
    """What is known ahead of the series, from a file that has all of it.

    Raises:
        DataError: as `read`.
    """
    from ..data import read_table

    return _ahead(read_table(ahead), series, horizon)


def _ahead(table: TextTable, series: Series, horizon: int) -> pl.DataFrame:
    """Read once here, since here it is known which line a row comes from."""
    from ..data import place, read_future

    kind, names = series.frame, [code.name for code in series.encoding.future]
    _need(table, [*([kind.id] if kind.id else []), kind.time, *names], "the other table")
    frame = _typed(table, series, names, target=False)
    try:
        read_future(frame, series, horizon, place(table))
    except DataError as error:
        raise DataError(_of(table.name, error)) from None
    return frame


def _typed(
    table: TextTable, series: Series, covariates: Sequence[str], *, target: bool = True
) -> pl.DataFrame:
    """The columns of a further table, with the types that those of the first one had."""
    from ..data import Columns, to_frame
    from ..data.numbers import blank_empty

    kind, encoding = series.frame, series.encoding
    columns = Columns(kind.time, kind.target, kind.id)
    frame = to_frame(table, columns, covariates, target=target)
    codes = (*encoding.future, *encoding.past, *encoding.static)
    texts = [code.name for code in codes if code.levels is not None and code.name in covariates]
    if kind.id is not None and kind.named:
        texts.append(kind.id)
    return frame.with_columns(blank_empty(table.cells[name]) for name in texts)


def _need(table: TextTable, names: Sequence[str], whose: str = "") -> None:
    for name in names:
        if name not in table.cells.columns:
            has = f", which {whose} has" if whose else ""
            raise DataError(
                f"{table.name}: there is no column {name!r}{has}; the columns are "
                f"{', '.join(table.cells.columns)}"
            )


def _shared(table: TextTable, later: TextTable) -> tuple[str, ...]:
    """The columns of both tables; not those that a later one has and leaves empty, as by NA, which
    may be a value like others, too."""
    from ..data.numbers import blank_empty, blank_missing, looks_like_numbers

    def left_empty(name: str) -> bool:
        cells, first = later.cells[name], table.cells[name]
        if blank_missing(cells).is_not_null().any():
            return False
        words = set(blank_empty(cells).drop_nulls())
        return looks_like_numbers(first) or not words or not words <= set(first.unique())

    names = [name for name in table.cells.columns if name in later.cells.columns]
    return tuple(name for name in names if not left_empty(name))


def _known_ahead(
    table: TextTable, later: TextTable, columns: Columns, named: Named
) -> tuple[str, ...]:
    taken = (columns.time, columns.target, columns.id, *named.beside)
    names = tuple(name for name in _shared(table, later) if name not in taken)
    if not names:
        raise DataError(
            f"{later.name}: beside the time it has no column that {table.name} has too, so nothing "
            f"is known ahead; its columns are {', '.join(later.cells.columns)}"
        )
    return names


def _told(
    table: TextTable, frame: pl.DataFrame, series: Series, ahead: pl.DataFrame | None
) -> Read:
    missing = _missing(table, frame, series)
    if missing:
        _say(table.name, missing)
    return Read(_short(table.name), frame, series, missing, ahead)


def _missing(table: TextTable, frame: pl.DataFrame, series: Series) -> str:
    """Times that are left out, and empty cells, as one line."""
    from ..data import summary
    from ..data.numbers import MISSING

    said = [summary(series.filled, series.frequency)]
    for name in (series.frame.target, *(code.name for code in series.encoding.past)):
        empty = frame[name].is_null()
        if frame[name].dtype.is_float():
            empty |= frame[name].is_nan().fill_null(True)
        if count := int(empty.sum()):
            line = f"line {table.lines[int(empty.arg_max() or 0)]}"
            where = line if count == 1 else f"the first in {line}"
            cells = "1 empty cell counts" if count == 1 else f"{count:,} empty cells count"
            said.append(f"{cells} as missing in column {name!r}, {where}")
    encoding = series.encoding
    for code in (*encoding.future, *encoding.past, *encoding.static):
        for level in code.levels or ():
            if level.lower() in MISSING:
                said.append(f"{level!r} in column {code.name!r} is taken for a value like others")
    said.append(_empty_at_the_end(series))
    return "; ".join(filter(None, said))


def _empty_at_the_end(series: Series) -> str:
    """Rows that may have been meant to be forecast, as a sentence; empty where there are none."""
    last = series.start + series.length - 1
    open_ended = int(np.isnan(series.values[last]).sum())
    if not open_ended:
        return ""
    whose = f" of {open_ended:,} series" if len(series) > 1 else ""
    return (
        f"rows at the end{whose} are empty, and the forecast begins after them: to forecast these, "
        f"leave them out, or give them as --future"
    )


def _say(file: str, words: str) -> None:
    typer.echo(f"{_short(file)}: {words}", err=True)


def _of(name: str, error: DataError) -> str:
    """The message, with the name of the file in front if it is not there yet."""
    said = str(error)
    return said if said.startswith(name) else f"{name}: {said}"


def of_file(read: Read, error: DataError) -> DataError:
    """The error with the name of the file in front."""
    return DataError(_of(read.name, error))


def _short(file: str) -> str:
    return "stdin" if file in ("-", "stdin") else Path(file).name
