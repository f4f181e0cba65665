"""Files as sequences with labels: a row a text, a row a series, a row a step, or a token a line."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError, DataError

if TYPE_CHECKING:
    import polars as pl

    from ..data import TextTable

Array = NDArray[Any]
Labels = list[list[str]]
LARGEST = 1e150
"""Of numbers that are to be said: squares of their differences are still finite."""


@dataclass(frozen=True)
class Named:
    """The columns that were named."""

    text: str | None = None
    id: str | None = None
    time: str | None = None
    label: str | None = None
    """None to read none."""
    values: tuple[str, ...] | None = None
    """Of numbers; None for all other columns."""
    numeric: bool = False
    """Whether what is asked for in the place of a label is a number."""

    def __post_init__(self) -> None:
        single = [name for name in (self.text, self.id, self.time, self.label) if name is not None]
        names = [*single, *(self.values or ())]
        twice = [name for i, name in enumerate(names) if name in names[:i]]
        if twice:
            raise ArgumentError(f"the column {twice[0]!r} is named twice; name different ones")
        if self.values and self.text is not None:
            raise ArgumentError("--value names columns of numbers, --text one of texts; give one")
        if self.time is not None and self.id is None:
            raise ArgumentError("--time orders the steps of a sequence; give the --id of each too")

    def places(self) -> dict[str, str]:
        """The columns that say where sequences stand in a file, by option."""
        every = {"text": self.text, "id": self.id, "time": self.time}
        return {option: column for option, column in every.items() if column is not None}


@dataclass(frozen=True)
class Labelled:
    """n sequences of a file."""

    name: str
    """What messages call the file."""
    x: Any
    """As the estimators take it: a list of texts or of lists of tokens, or a frame of numbers."""
    labels: Labels
    """For each sequence its label, or one of each step; empty where none were read."""
    ids: list[str]
    """What the output calls each."""
    lines: list[int]
    """Where each begins in the file."""
    length: list[int]
    """Steps of each; 1 of a text that is one row."""
    times: Labels = field(default_factory=list)
    """For each sequence the cells of its column of times; empty where none was named."""

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, chosen: Array) -> Labelled:
        """Some of the sequences, by a mask ``[n]``."""
        at = np.flatnonzero(chosen)

        def some(values: Sequence[Any]) -> list[Any]:
            return [values[int(i)] for i in at] if values else []

        if isinstance(self.x, list):
            x: Any = some(self.x)
        elif "sequence" in self.x.columns:
            x = self.x.filter(np.asarray(chosen)[self.x["sequence"].to_numpy()])
        else:
            x = self.x.filter(np.asarray(chosen))
        parts = (self.labels, self.ids, self.lines, self.length, self.times)
        return Labelled(self.name, x, *(some(part) for part in parts))


def read_rows(file: str, named: Named, *, steps: bool) -> Labelled:
    """The sequences of a table.

    With an id, its rows are steps, in the order of the time or of the file: of tokens in the text
    column, or of numbers. Without one, each row is a sequence: a text, or numbers.

    Args:
        file: a CSV file; - for stdin.
        named: the columns that are meant.
        steps: whether each step has a label of its own.

    Raises:
        DataError: for a column that is not there, a cell that is empty or no number, or a label
            that differs within a sequence; it says in which line.
    """
    from ..data import read_table

    table = read_table(file)
    for column in (named.text, named.id, named.time, named.label, *(named.values or ())):
        if column is not None and column not in table.cells.columns:
            raise DataError(
                f"{table.name}: there is no column {column!r}; the columns are "
                f"{', '.join(table.cells.columns)}"
            )
    labels = _labels(table, named)
    lines = table.lines.tolist()
    if named.id is None:
        x: Any = _numbers(table, named) if named.text is None else _filled(table, named.text)
        each = [[label] for label in labels]
        return Labelled(table.name, x, each, [str(line) for line in lines], lines, [1] * len(lines))
    number, names = _numbered(_filled(table, named.id))
    order = _order(table, named, number)
    starts = np.flatnonzero(np.diff(number[order], prepend=-1))
    ends = [*starts[1:].tolist(), len(order)]
    bounds = list(zip(starts.tolist(), ends, strict=True))
    if named.text is None:
        x = _long(_numbers(table, named), number, order)
    else:
        tokens = _filled(table, named.text)
        x = [[tokens[i] for i in order[a:b]] for a, b in bounds]
    each = [[labels[i] for i in order[a:b]] for a, b in bounds] if labels else []
    if not steps:
        hint = "tidegate tag labels every step"
        if named.numeric:
            hint = "regress tells one number of each, so its rows must all have the same"
        pairs = zip(each, bounds, strict=False)
        each = [_same(part, order[a:b], table, hint) for part, (a, b) in pairs]
    first = [int(table.lines[order[a:b]].min()) for a, b in bounds]
    times: Labels = []
    if named.time is not None:
        cells = table.cells[named.time].to_list()
        times = [[cells[i] for i in order[a:b]] for a, b in bounds]
    return Labelled(table.name, x, each, names, first, [b - a for a, b in bounds], times)


def read_tokens(file: str, *, label: bool) -> Labelled:
    """The sentences of a file with a token a line, its label behind it, and blank lines between.

    Args:
        file: of lines with fields between tabs or, where there are none, blanks; the first is the
            token, the last the label. - for stdin.
        label: whether there are labels.

    Raises:
        DataError: for a line without a label, and for a CSV file.
    """
    from ..data.text import read_text

    name, data = read_text(file, table=False)
    text = data.decode().split("\n")
    filled = [line for line in text if line.strip()]
    commas = len(filled) > 1 and all("," in line and "\t" not in line for line in filled)
    if commas or file.lower().endswith(".csv"):
        columns = "--id, --text and --label" if label else "--text"
        raise DataError(
            f"{name}: expected a token a line, and this looks like a CSV file; name its {columns}"
        )
    _check_words(name, data.decode())
    x: list[list[str]] = [[]]
    labels: Labels = [[]]
    lines = [1]
    for number, line in enumerate(text, 1):
        fields = line.split("\t") if "\t" in line else line.split()
        fields = [field.strip() for field in fields]
        if not any(fields):
            if x[-1]:
                x.append([])
                labels.append([])
            lines[len(x) - 1 :] = [number + 1]
            continue
        if label and (len(fields) < 2 or not fields[-1]):
            raise DataError(f"{name}, line {number}: expected a token and its label, got {line!r}")
        if not fields[0]:
            raise DataError(f"{name}, line {number}: the token is empty")
        x[-1].append(fields[0])
        labels[-1].append(fields[-1])
    if not x[-1]:
        del x[-1], labels[-1], lines[-1]
    if not x:
        raise DataError(f"{name}: there is nothing in the file; expected a token a line")
    ids = [str(line) for line in lines]
    return Labelled(name, x, labels if label else [], ids, lines, [len(part) for part in x])


def _check_words(name: str, text: str) -> None:
    """Sees to it that what stands where a token belongs is not the number of one.

    Raises:
        DataError: if they count 1, 2, 3, ... in each sentence, as CoNLL-U has them.
    """
    counts = []
    for part in re.split(r"\n{2,}", text.strip("\n")):
        first = [line.partition("\t")[0] for line in part.split("\n") if not line.startswith("#")]
        counts.append([number for number in first if not re.fullmatch(r"\d+[-.]\d+", number)])
    counted = all(found == [str(i + 1) for i in range(len(found))] for found in counts)
    if counted and sum(map(len, counts)) > 1:
        raise DataError(
            f"{name}: this looks like CoNLL-U, whose lines begin with numbers; keep the word and "
            f"the label behind it: grep -Ev '^(#|[0-9]+[-.])' {name} | cut -f 2,4"
        )


def _labels(table: TextTable, named: Named) -> list[str]:
    """Of each row; numbers as Python writes them."""
    if named.label is None:
        return []
    found = _filled(table, named.label)
    if not named.numeric:
        return found
    from ..data.numbers import to_numbers

    where = _where(table, named.label)
    values = to_numbers(table.cells[named.label], table.separator, where).to_list()
    for row, value in enumerate(values):
        if value is None or not math.isfinite(value):
            raise DataError(f"{where(row)}: {found[row]!r} is no finite number")
        if abs(value) > LARGEST:
            raise DataError(
                f"{where(row)}: {found[row]!r} is too large to tell how far off an answer is; "
                f"count in a larger unit"
            )
    return [repr(float(value)) for value in values]


def _filled(table: TextTable, column: str) -> list[str]:
    cells = table.cells[column]
    empty = cells == ""
    if empty.any():
        line = table.lines[int(empty.arg_max() or 0)]
        raise DataError(
            f"{table.name}, line {line}: the cell in column {column!r} is empty; fill it, or leave "
            f"the row out"
        )
    found: list[str] = cells.to_list()
    return found


def _numbers(table: TextTable, named: Named) -> pl.DataFrame:
    import polars as pl

    other = (named.text, named.id, named.time, named.label, table.unnamed)
    names = named.values
    if names is None:
        names = tuple(name for name in table.cells.columns if name not in other)
    if not names:
        raise DataError(f"{table.name}: beside those that are named, there is no column of numbers")
    for name, option in (("sequence", "--id"), ("step", "--time")):
        if name in names:  # what the estimators know a long frame by
            raise DataError(
                f"{table.name}: a column of numbers may not be called {name!r}; name it with "
                f"{option} if that is what it says, or rename it"
            )
    try:
        return pl.DataFrame([_column(table, name) for name in names])
    except DataError as error:
        if named.values is not None:
            raise
        name = "the columns of numbers with --value"
        if named.id is None:
            name = f"the texts with --text, the sequence of each row with --id, or {name}"
        raise DataError(f"{error}, or name {name}") from None


def _column(table: TextTable, name: str) -> pl.Series:
    """The numbers of a column, finite or missing."""
    from ..data.numbers import to_numbers

    where = _where(table, name)
    found = to_numbers(table.cells[name], table.separator, where)
    if (wrong := found.is_infinite().fill_null(False)).any():
        row = int(wrong.arg_max() or 0)
        cell = table.cells[name][row]
        raise DataError(f"{where(row)}: {cell!r} is no finite number; correct it")
    return found


def _where(table: TextTable, name: str) -> Callable[[int], str]:
    return lambda row: f"{table.name}, line {table.lines[row]}, column {name!r}"


def _numbered(ids: list[str]) -> tuple[Array, list[str]]:
    """The number of each row's sequence as they first appear, and what each is called."""
    known: dict[str, int] = {}
    number = np.array([known.setdefault(name, len(known)) for name in ids])
    return number, list(known)


def _order(table: TextTable, named: Named, number: Array) -> Array:
    """The rows, sequence after sequence, step after step."""
    if named.time is None:
        return np.argsort(number, kind="stable")
    from ..data.dates import looks_like_dates, to_times
    from ..data.numbers import to_numbers

    cells, where = table.cells[named.time], _where(table, named.time)
    dates = looks_like_dates(cells)
    times = to_times(cells, where) if dates else to_numbers(cells, table.separator, where)
    if times.null_count():
        line = table.lines[int(times.is_null().arg_max() or 0)]
        raise DataError(f"{table.name}, line {line}: the time in column {named.time!r} is empty")
    step = times.to_numpy()
    order = np.lexsort((step, number))
    again = (np.diff(number[order]) == 0) & (step[order][1:] == step[order][:-1])
    if again.any():
        row = int(order[1:][again][0])
        raise DataError(
            f"{table.name}, line {table.lines[row]}: this sequence has the time {cells[row]} a "
            f"second time"
        )
    return order


def _long(values: pl.DataFrame, number: Array, order: Array) -> pl.DataFrame:
    """A frame that the estimators know by its columns ``sequence`` and ``step``."""
    import polars as pl

    keys = [pl.Series("sequence", number[order]), pl.Series("step", np.arange(len(order)))]
    return pl.DataFrame([*keys, *values[order].get_columns()])


def _same(labels: list[str], rows: Array, table: TextTable, hint: str) -> list[str]:
    for label, row in zip(labels, rows, strict=True):
        if label != labels[0]:
            raise DataError(
                f"{table.name}, line {table.lines[row]}: {label!r} is another than {labels[0]!r} "
                f"before it, in the same sequence; {hint}"
            )
    return labels[:1]
