"""How far apart the times of a series are, and so which times come next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError, DataError
from . import calendar
from .blocks import pairs
from .plain import from_json

Times: TypeAlias = NDArray[Any]
"""int64, or datetime64[us]."""
Unit: TypeAlias = Literal[
    "integer", "microsecond", "weekday", "half-month", "month", "month-weekday"
]

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
_NAMES = {
    1: "microsecond",
    1000: "millisecond",
    SECOND: "second",
    60 * SECOND: "minute",
    HOUR: "hour",
    DAY: "day",
    7 * DAY: "week",
}
_MONTHS = {1: "month", 3: "quarter", 12: "year"}
_OF_MONTHS = ("month", "month-weekday")
_HALF = 13 * DAY, 18 * DAY
"""From a day of the month to one half a month later, at least and at most."""
_LONGEST = 288
"""Steps in a season, at most: the days of 5 minutes."""


@dataclass(frozen=True)
class Frequency:
    """One step of time: a fixed one, or one of the calendar.

    Example:
        >>> import numpy as np
        >>> monthly = Frequency("month", day=31)
        >>> monthly.ahead(np.array(["2024-01-31"], "datetime64[us]"), 2).astype("M8[D]").tolist()
        [[datetime.date(2024, 2, 29), datetime.date(2024, 3, 31)]]
    """

    unit: Unit
    """``weekday``: Monday to Friday, as on stock exchanges; ``half-month``: two days of each;
    ``month-weekday``: the first or the last of its weekdays."""
    step: int = 1
    """How many of the unit."""
    day: int = 0
    """For months: the day that the times stand at, or the month's last where it is shorter; 31 for
    the month's end, 0 where each series has a day of its own. For halves of months: the first of
    the two days, from 1 on. For weekdays of months: 1 for the first, 31 for the last."""
    second: int = 0
    """For halves of months: the second day, or the month's last where it is shorter."""

    def __post_init__(self) -> None:
        if self.unit not in get_args(Unit):
            raise ArgumentError(
                f"Frequency.unit must be one of {', '.join(get_args(Unit))}, got {self.unit!r}"
            )
        for name, least, most in (("step", 1, 2**62), ("day", 0, 31), ("second", 0, 31)):
            value = getattr(self, name)
            if type(value) is not int or not least <= value <= most:
                raise ArgumentError(
                    f"Frequency.{name} must be a whole number from {least} to {most}, got {value!r}"
                )
        if self.unit == "half-month":
            if not 0 < self.day < self.second:
                raise ArgumentError(
                    f"Frequency.day must be above 0 and below second for unit 'half-month', got "
                    f"{self.day} and {self.second}"
                )
        elif self.second:
            raise ArgumentError(
                f"Frequency.second is for unit 'half-month', got {self.second} with {self.unit!r}"
            )
        elif self.unit == "month-weekday":
            if self.day not in (1, 31):
                raise ArgumentError(
                    f"Frequency.day must be 1 or 31 for unit 'month-weekday', got {self.day}"
                )
        elif self.day and (self.unit != "month" or self.day < 29):
            raise ArgumentError(
                f"Frequency.day is for unit 'month' and from 29 on, got {self.day} with "
                f"{self.unit!r}"
            )

    @classmethod
    def infer(cls, times: Times, start: NDArray[np.int64], length: NDArray[np.int64]) -> Frequency:
        """The step that the fewest rows break.

        Args:
            times: ``[N]``, series after series, increasing within each.
            start: ``[n]``, the first row of each series.
            length: ``[n]``, its rows.

        Raises:
            DataError: where no series has two rows.
        """
        apart = _counts((b - a).astype(np.int64) for a, b in pairs(times, start))
        if not apart:
            raise DataError("a frequency needs a series of 2 rows at least, got 1 row in each")
        fixed = _most_frequent(apart)
        if times.dtype.kind != "M":
            return cls("integer", fixed)
        total = sum(apart.values())
        candidates = [cls("microsecond", fixed)]
        if fixed == DAY:
            # a single weekend left out is a gap
            candidates += [cls("weekday")] if total - apart[DAY] > 1 else []
        elif 2 * sum(count for size, count in apart.items() if size >= 28 * DAY) > total:
            months = _most_frequent(
                _counts(calendar.month(b) - calendar.month(a) for a, b in pairs(times, start))
            )
            # 31 and 0 first: of equally good ones the first is taken
            step = max(months, 1)
            candidates = [
                *(cls("month", step, day) for day in (31, 0, 30, 29)),
                *(cls("month-weekday", step, day) for day in (31, 1)),
                *candidates,
            ]
        elif (
            2 * sum(count for size, count in apart.items() if _HALF[0] <= size <= _HALF[1]) > total
        ):
            candidates += [cls("half-month", 1, *days) for days in _two_days(times)]
        best, fewest = candidates[0], total + 1
        for candidate in candidates:
            breaks = sum(
                int(np.count_nonzero(candidate.between(a, b) != 1)) for a, b in pairs(times, start)
            )
            if breaks < fewest:
                best, fewest = candidate, breaks
            if not breaks:
                break
        return best

    def between(self, before: Times, after: Times) -> NDArray[np.int64]:
        """``[k]``, the steps from one time to a later one; 0 where it is no whole number."""
        if self.unit == "month":
            count = calendar.month(after) - calendar.month(before)
            good = calendar.add_months(before, count, self.day) == after
        elif self.unit == "month-weekday":
            count = calendar.month(after) - calendar.month(before)
            same, later = (
                calendar.add_month_weekdays(before, n, self.day) for n in (0 * count, count)
            )
            good = (same == before) & (later == after)
        elif self.unit == "half-month":
            first, second = (calendar.half_month(t, self.second) for t in (before, after))
            count = second - first
            good = (self.after(before, 0 * count) == before) & (self.after(before, count) == after)
        elif self.unit == "weekday":
            works, first, rest = calendar.weekday(before)
            works_too, second, other = calendar.weekday(after)
            count, good = second - first, works & works_too & (rest == other)
        else:
            count = (after - before).astype(np.int64)
            good = np.ones(len(count), bool)
        steps, rest = np.divmod(count, self.step)
        return np.where(good & (rest == 0), steps, 0)

    def ahead(self, last: Times, horizon: int) -> Times:
        """``[n, horizon]``, the times that follow the ``[n]`` last ones."""
        return self.after(np.asarray(last)[:, None], np.arange(1, horizon + 1))

    def after(self, times: Times, steps: NDArray[np.int64]) -> Times:
        """The times some steps later, of a shape that goes with both; 0 steps after a time that the
        frequency does not know, such as a Sunday for weekdays, is another time."""
        count = self.step * steps
        if self.unit == "month":
            return calendar.add_months(times, count, self.day)
        if self.unit == "month-weekday":
            return calendar.add_month_weekdays(times, count, self.day)
        if self.unit == "half-month":
            return calendar.add_half_months(times, count, self.day, self.second)
        if self.unit == "weekday":
            return calendar.add_weekdays(times, count)
        later: Times = times + count.astype(times.dtype.str.replace("M8", "m8"))
        return later

    @property
    def season(self) -> int:
        """Steps in the season to expect, 1 for none: 24 for hours, 7 for days, 12 for months."""
        if self.unit == "integer":
            return 1
        if self.unit == "weekday":
            return 5 if self.step == 1 else 1
        if self.unit in _OF_MONTHS:
            return 12 // self.step if 12 % self.step == 0 else 1
        if self.unit == "half-month":
            return 24
        if self.step >= 7 * DAY:  # weeks: of the year
            return max(1, round(365.25 * DAY / self.step)) if self.step % (7 * DAY) == 0 else 1
        if self.step >= DAY:
            return 7 if self.step == DAY else 1
        for period in (DAY, HOUR, 60 * SECOND, SECOND):
            count, rest = divmod(period, self.step)
            if not rest and 1 < count <= _LONGEST:
                return count
        return 1

    def within_a_day(self, season: int) -> bool:
        """Whether so many steps are one day.

        Example:
            >>> Frequency("microsecond", HOUR).within_a_day(24)
            True
        """
        return self.unit == "microsecond" and season > 1 and season * self.step == DAY

    @property
    def name(self) -> str:
        """What one step is, in words: ``day``, ``15 minutes``, ``step``."""
        count, word = self._words
        return word if count == 1 else f"{count} {word}s"

    def steps(self, count: int) -> str:
        """A number of steps, in words: ``7 days``, ``1 month``, ``3 steps of 15 minutes``."""
        size, word = self._words
        if size == 1:
            return f"{count} {word}" + ("" if count == 1 else "s")
        return f"{count} step" + ("" if count == 1 else "s") + f" of {self.name}"

    @property
    def _words(self) -> tuple[int, str]:
        if self.unit == "integer":
            return 1, "step"
        if self.unit in ("weekday", "half-month"):
            return self.step, self.unit
        table = _MONTHS if self.unit in _OF_MONTHS else _NAMES
        size = max(size for size in table if self.step % size == 0)
        return self.step // size, table[size]

    def calendar(self, times: Times) -> NDArray[np.float64]:
        """``[N, c]``: sine and cosine of the time of day, of week and of year, of those of them
        that are longer than a step; no columns for integers."""
        if self.unit == "integer":
            return np.empty((len(times), 0))
        if self.unit in _OF_MONTHS:
            shares = [calendar.month(times) % 12 / 12] if self.step % 12 else []
        elif self.unit == "half-month":
            shares = [calendar.half_month(times, self.second) % 24 / 24]
        else:
            step = DAY if self.unit == "weekday" else self.step
            periods = ((DAY, calendar.of_day), (7 * DAY, calendar.of_week))
            shares = [share(times) for period, share in periods if step < period]
            shares += [calendar.of_year(times)] if step < 180 * DAY else []
        columns = [wave(2 * np.pi * share) for share in shares for wave in (np.sin, np.cos)]
        return np.stack(columns, axis=1) if columns else np.empty((len(times), 0))

    def to_json(self) -> dict[str, Any]:
        """A dict that ``json.dumps`` takes and ``from_json`` turns back into an equal value."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Any) -> Frequency:
        """The frequency that ``to_json`` described.

        Raises:
            ArgumentError: for a key that is not known or is missing, or a value out of range.
        """
        return from_json(cls, data)


def _two_days(times: Times) -> list[tuple[int, ...]]:
    """The two days of the month that most times stand at, if there are two: with the last of each
    month as a 31st, and by number."""
    days = (times.astype("datetime64[D]") - times.astype("datetime64[M]")).astype(np.int64) + 1
    last = calendar.add_months(times, 0, 31) == times
    found = []
    for numbers in (np.where(last, 31, days), days):
        different, counts = np.unique(numbers, return_counts=True)
        if len(different) > 1:
            found.append(tuple(sorted(different[np.argsort(-counts)[:2]].tolist())))
    return found


def _counts(parts: Iterable[NDArray[np.int64]]) -> dict[int, int]:
    """How often each number is there."""
    found: Counter[int] = Counter()
    for numbers in parts:
        if len(numbers) and (numbers == numbers[0]).all():  # no need to sort them
            found[int(numbers[0])] += len(numbers)
            continue
        values, counts = np.unique(numbers, return_counts=True)
        found.update(dict(zip(values.tolist(), counts.tolist(), strict=True)))
    return dict(found)


def _most_frequent(counts: dict[int, int]) -> int:
    """The smallest of the most frequent ones."""
    most = max(counts.values())
    return min(number for number, count in counts.items() if count == most)
