"""The order of rows: sorted by series and time, no time twice, and none left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .blocks import blocks, pairs
from .frequency import Frequency

Index = NDArray[np.int64]
Call = Callable[[int], str]
"""How an error calls a row of the frame."""


SEVERAL, ALIKE = 8, 1.2
"""So many steps, the longest of which is so many times the shortest at the most, are those of
another frequency; months of days among them."""


@dataclass(frozen=True, eq=False)
class Order:
    """Which row of a frame comes where, sorted by series and time."""

    row: Index | None
    """``[N]``; None where they are sorted already, which saves this and every sorted copy."""

    def of(self, values: NDArray[Any]) -> NDArray[Any]:
        """``[N, ...]``, sorted; the same array where there is nothing to sort."""
        return values if self.row is None else values[self.row]

    def at(self, place: Any) -> Any:
        """The rows of the frame at some places."""
        return place if self.row is None else self.row[place]


def sort(series: NDArray[Any], times: NDArray[Any], n: int) -> tuple[Order, Index, Index]:
    """What sorts rows by series, then by time; the first row of each series then; its length."""
    order = Order(None if _is_sorted(series, times) else np.lexsort((times, series)))
    length = np.bincount(series, minlength=n)
    return order, np.cumsum(length) - length, length


def _is_sorted(series: NDArray[Any], times: NDArray[Any]) -> bool:
    """Whether each row is of a later series than the one before it, or of a later time."""
    for some in blocks(len(series) - 1):
        later = slice(some.start + 1, some.stop + 1)
        more, same = series[later] > series[some], series[later] == series[some]
        if not np.all(more | (same & (times[later] > times[some]))):
            return False
    return True


def check_unique(
    times: NDArray[Any],
    order: Order,
    start: Index,
    where: Call,
    call: Call,
    has_id: bool,
    clock: str = "",
) -> None:
    """Raises a DataError where a time, sorted by now, comes twice in a series."""
    twice = times[1:] == times[:-1]
    twice[start[1:] - 1] = False
    if not twice.any():
        return
    i = _earliest(twice, order)
    count = int(twice.sum())
    more = f" ({count} such rows)" if count > 1 else ""
    hint = "" if has_id else ", or name the id column if they belong to different series"
    if _clock_put_back(times[i]):
        hint += "; if the clock was put back then, write times with their UTC offset"
    raise DataError(
        f"{where(int(order.at(i + 1)))}: {text(times[i], clock)} is already in "
        f"{call(int(order.at(i)))}{more}; keep one row for each time{hint}"
    )


def _clock_put_back(time: Any) -> bool:
    """Whether it may: early on a Sunday."""
    if not isinstance(time, np.datetime64):
        return False
    day = time.astype("datetime64[D]")
    early = np.timedelta64(0, "h") < time - day < np.timedelta64(4, "h")
    return bool(early and (day.astype(int) + 3) % 7 == 6)


def _clock_changed(before: Any, time: Any) -> bool:
    """Whether it may have been: by an hour, between days that begin at one of that clock."""
    if not isinstance(time, np.datetime64):
        return False
    hours, rest = divmod(time - before, np.timedelta64(1, "h"))
    return bool(hours > 12 and not rest and hours % 24 in (1, 23))


def check_steps(
    times: NDArray[Any],
    order: Order,
    start: Index,
    frequency: Frequency,
    where: Call,
    *,
    gaps: bool = False,
    inferred: bool = True,
    clock: str = "",
) -> Index | None:
    """``[N − 1]``, the steps from each row to the next, 1 from one series to another; None where
    all are 1.

    Args:
        gaps: whether times may be left out.
        inferred: whether the frequency was seen from these times; most must follow it then.
        clock: see `text`.

    Raises:
        DataError: where a time lies between two steps, or is left out.
    """
    if all(np.all(frequency.between(*pair) == 1) for pair in pairs(times, start)):
        return None
    steps = frequency.between(times[:-1], times[1:])
    steps[start[1:] - 1] = 1
    wrong = np.not_equal(steps, 1)
    # more than half of all steps within a series
    irregular = inferred and bool(2 * wrong.sum() > len(times) - len(start))
    if not irregular and gaps:
        wrong = np.less(steps, 1)
    if not wrong.any():
        if not inferred:
            _check_coarser(times, order, start, frequency, where, steps, clock)
        return steps
    i = _earliest(wrong, order)
    here = where(int(order.at(i + 1)))
    time, before = (text(t, clock) for t in (times[i + 1], times[i]))
    if irregular:
        raise DataError(
            f"{here}: the times follow no fixed step, here {time} after {before}; "
            f"sum or average the rows to one step, for example to days, or number the rows and "
            f"take the number for the time"
        )
    if steps[i] < 1:
        changed = not clock and _clock_changed(times[i], times[i + 1])
        usual = (
            f"but most rows are {frequency.steps(1)} apart"
            if inferred
            else f"but the series known already have a row for each {frequency.name}"
        )
        clock_hint = "if a clock was changed then, convert times to its time zone; else "
        raise DataError(
            f"{here}: {time} is no whole number of steps after {before}, {usual}; "
            f"{clock_hint if changed else ''}correct the time, "
            f"bring all rows to one step, or number the rows and take the number for the time"
        )
    longer = steps > 1
    count, missing = int(longer.sum()), int((steps[longer] - 1).sum())
    first = frequency.ahead(times[i : i + 1], 1)[0, 0]
    total = (
        f" ({frequency.steps(missing)} in {count} gaps)"
        if count > 1
        else (f" ({frequency.steps(missing)} in a row)" if missing > 1 else "")
    )
    raise DataError(
        f"{here}: {text(first, clock)} is missing before {time}{total}; "
        f"add a row, with a value, for each missing {frequency.name}"
    )


def _check_coarser(
    times: NDArray[Any],
    order: Order,
    start: Index,
    frequency: Frequency,
    where: Call,
    steps: Index,
    clock: str,
) -> None:
    """Raises a DataError where all rows are about as far apart, and more than a step, as weeks are
    among days: filled in, they would be read as days."""
    inside = np.ones(len(steps), bool)
    inside[start[1:] - 1] = False
    own = steps[inside]
    if len(own) < SEVERAL or own.min() < 2 or own.max() > ALIKE * own.min():
        return
    i = int(np.argmax(inside))
    raise DataError(
        f"{where(int(order.at(i + 1)))}: {text(times[i + 1], clock)} comes "
        f"{frequency.steps(int(steps[i]))} after {text(times[i], clock)}, and so does each row, "
        f"but the series known already have one for each {frequency.name}; give such rows, or fit "
        f"again"
    )


_COUNTS = (
    ("months", 100, 12),
    ("weeks", 100, 53),
    ("quarters or halves of a year", 10, 4),
    ("days of a year", 1000, 366),
)
"""What is counted anew each year, as 202412, 202452, 20244 and 2024366 are: the year times the
second number, and a count up to the third."""


def check_counts(
    times: NDArray[Any], order: Order, start: Index, frequency: Frequency, where: Call
) -> None:
    """Raises a DataError where whole numbers are dates in disguise, such as 202412 and 202501."""
    steps = np.diff(times)
    steps[start[1:] - 1] = frequency.step
    uneven = np.flatnonzero(steps != frequency.step)
    if not len(uneven):
        return
    words = _disguised(times, uneven)
    if words:
        i = int(uneven[0])
        raise DataError(
            f"{where(int(order.at(i + 1)))}: {times[i + 1]} comes after {times[i]}, as of {words} "
            f"written as numbers; convert the column to dates, or number the rows"
        )


def _disguised(times: NDArray[Any], uneven: Index) -> str:
    """What the numbers count, if they are dates; empty where they are just numbers.

    Args:
        times: ``[N]``
        uneven: the rows that the next does not follow by a usual step.
    """
    months, day = np.divmod(times, 100)
    if day.min() >= 1 and day.max() <= 31 and _of_years(*np.divmod(months, 100), 12) == 4:
        return "days"
    for words, below, most in _COUNTS:
        year, count = np.divmod(times, below)
        digits = _of_years(year, count, most)
        last = count[uneven] >= min(count.max(), most - 1)
        anew = (count[uneven + 1] == 1) & (year[uneven + 1] == year[uneven] + 1)
        over = int((last & anew & (count[uneven] > 1)).sum())
        # six digits that end in 01 to 12 are months; else years must go over, those of two digits
        # more than once
        least = 2 if digits == 2 else 0 if most == 12 else 1
        if digits and over >= least:
            return words
    return ""


def _of_years(year: Index, count: Index, most: int) -> int:
    """The digits of the years, where all are some people's and the counts in them up to ``most``,
    2 or 4; else 0."""
    if not 1 <= count.min() <= count.max() <= most:
        return 0
    if year.min() >= 1000 and year.max() < 3000:
        return 4
    return 2 if year.min() >= 10 and year.max() < 100 else 0


def text(time: Any, clock: str = "") -> str:
    """A time as an error shows it: no more digits than it needs.

    Args:
        clock: what follows a time of day that is not that of the clock in the frame: " UTC".

    Example:
        >>> text(np.datetime64("2024-10-27T01:00")), text(np.datetime64("2024-10-27"), " UTC")
        ('2024-10-27 01:00', '2024-10-27 00:00 UTC')
    """
    if not isinstance(time, np.datetime64):
        return str(time)
    if not clock and time == time.astype("datetime64[D]"):
        return str(time.astype("datetime64[D]"))
    unit = "m" if time == time.astype("datetime64[m]") else "s"
    unit = unit if time == time.astype(f"datetime64[{unit}]") else "us"
    return str(time.astype(f"datetime64[{unit}]")).replace("T", " ") + clock


def _earliest(mask: NDArray[np.bool_], order: Order) -> int:
    """Of the marked steps, the one whose later row stands first in the frame."""
    steps = np.flatnonzero(mask)
    return int(steps[np.argmin(order.at(steps + 1))])
