"""Times left out of a series: rows for them, with nothing in them, and a report of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .frequency import Frequency
from .order import text

Index = NDArray[np.int64]

FEW = 1000
"""Rows that may be filled in, however few are given. Beyond it, a series must not have more rows
filled in than given: one date with a wrong year asks for tens of thousands."""


@dataclass(frozen=True)
class Gap:
    """Times that follow one another, each of which a series had no row for."""

    series: Any
    """Its id, or None where the frame has no id column."""
    first: Any
    """int64 or datetime64[us]"""
    last: Any
    rows: int


@dataclass(frozen=True, eq=False)
class Layout:
    """Where rows go once there is one for each time."""

    time: NDArray[Any]
    """``[M]``, every time, series after series."""
    start: Index
    """``[n]``, the first row of each series."""
    length: Index
    """``[n]``, its rows."""
    row: Index
    """``[N]``, where each given row goes; empty where none was filled in."""
    filled: tuple[Gap, ...]

    @classmethod
    def complete(cls, time: NDArray[Any], start: Index, length: Index) -> Layout:
        """That of series with a row for each time."""
        return cls(time, start, length, np.empty(0, np.int64), ())

    def spread(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """``[M, ...]`` for ``[N, ...]``, NaN where a row was filled in."""
        if not self.filled:
            return values
        result = np.full((len(self.time), *values.shape[1:]), np.nan)
        result[self.row] = values
        return result


def lay_out(
    time: NDArray[Any],
    start: Index,
    length: Index,
    steps: Index,
    frequency: Frequency,
    ids: list[Any] | None,
) -> Layout:
    """A row for each time between the first and the last of each series.

    Args:
        time: ``[N]``, increasing within each series.
        start: ``[n]``, the first row of each series.
        length: ``[n]``, its rows, 1 or more.
        steps: ``[N − 1]``, from each row to the next, 1 or more; 1 from one series to another.
        frequency: what a step is.
        ids: of the n series; None for one without a name.
    """
    row = np.concatenate([[0], np.cumsum(steps)])
    if row[-1] == len(time) - 1:
        return Layout.complete(time, start, length)
    before = np.flatnonzero(steps > 1)
    rows = steps[before] - 1
    first_row = row[before] + 1
    inside = np.arange(rows.sum()) - np.repeat(np.cumsum(rows) - rows, rows)
    missing = frequency.after(np.repeat(time[before], rows), inside + 1)
    every = np.empty(row[-1] + 1, time.dtype)
    every[row] = time
    every[np.repeat(first_row, rows) + inside] = missing
    which = np.searchsorted(start, before, side="right") - 1
    names = which.tolist() if ids is None else [ids[i] for i in which.tolist()]
    filled = tuple(
        Gap(None if ids is None else name, *found)
        for name, *found in zip(
            names, every[first_row], every[first_row + rows - 1], rows.tolist(), strict=True
        )
    )
    last = start + length - 1
    return Layout(every, row[start], row[last] - row[start] + 1, row, filled)


def check_size(
    time: NDArray[Any],
    start: Index,
    length: Index,
    steps: Index,
    where: Callable[[int], str],
    clock: str = "",
) -> None:
    """Raises a DataError where gaps would take more rows than are given: a date must be wrong.

    Args:
        time, start, length, steps: as for `lay_out`.
        where: how an error calls a row of ``time``.
        clock: see `order.text`.
    """
    extra = np.concatenate([[0.0], steps - 1.0])  # as floats: wrong times may be 2**62 apart
    of_series = np.add.reduceat(extra, start)
    large = of_series > np.maximum(length, FEW)
    if large.any():
        i = int(np.argmax(large))
        rows = slice(start[i], start[i] + length[i])
        j = int(start[i] + np.argmax(extra[rows]))
        given, would = int(length[i]), of_series[i]
    elif extra.sum() > max(len(time), FEW):
        j, given, would = int(np.argmax(extra)), len(time), extra.sum()
    else:
        return
    after, before = (text(t, clock) for t in (time[j], time[j - 1]))
    raise DataError(
        f"{where(j)}: {after} comes after {before}, and filling in such gaps "
        f"would take {would:,.0f} rows, where {given:,} are given; correct the time, or leave out "
        f"the rows on one side of the gap"
    )


def refuse_unknown(
    filled: tuple[Gap, ...], frequency: Frequency, column: str, target: str, clock: str = ""
) -> NoReturn:
    """Raises the DataError of times left out where a column was to be known ahead."""
    gap, rows = filled[0], sum(gap.rows for gap in filled)
    of = "" if gap.series is None else f"series {gap.series!r}: "
    all_of = f" ({frequency.steps(rows)} in all)" if rows > 1 else ""
    each = "a row for it" if rows == 1 else "a row for each"
    raise DataError(
        f"{of}{text(gap.first, clock)} is left out{all_of}, so {column!r}, which is known ahead, "
        f"has no value there; add {each}, with an empty {target!r}"
    )


def summary(filled: tuple[Gap, ...], frequency: Frequency) -> str:
    """What was filled in, as one line; empty where nothing was.

    Example:
        >>> import numpy as np
        >>> gaps = (Gap(None, np.int64(4), np.int64(5), 2), Gap(None, np.int64(9), np.int64(9), 1))
        >>> summary(gaps, Frequency("integer"))
        '3 steps left out count as missing, in 2 gaps; the longest: 4 to 5'
    """
    if not filled:
        return ""
    rows = sum(gap.rows for gap in filled)
    longest = max(filled, key=lambda gap: gap.rows)
    n = len({gap.series for gap in filled})
    span = text(longest.first) + (f" to {text(longest.last)}" if longest.rows > 1 else "")
    of = "" if longest.series is None else f" in series {longest.series!r}"
    left_out = f"{frequency.steps(rows)} left out count{'s' * (rows == 1)} as missing"
    if len(filled) == 1:
        return f"{left_out}: {span}{of}"
    many = f" of {n} series" if n > 1 else ""
    return f"{left_out}, in {len(filled)} gaps{many}; the longest: {span}{of}"
