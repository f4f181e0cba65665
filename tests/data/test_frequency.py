"""The step of a series, against what pandas generates for each of its frequencies."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.data import Frequency
from tidegate.errors import ArgumentError, DataError

DAY = 86_400_000_000

# pandas' alias, our frequency, its name, its season, columns of the calendar
KNOWN = [
    ("D", Frequency("microsecond", DAY), "day", 7, 4),
    ("2D", Frequency("microsecond", 2 * DAY), "2 days", 1, 4),
    ("W", Frequency("microsecond", 7 * DAY), "week", 52, 2),
    ("2W", Frequency("microsecond", 14 * DAY), "2 weeks", 26, 2),
    ("28D", Frequency("microsecond", 28 * DAY), "4 weeks", 13, 2),
    ("B", Frequency("weekday"), "weekday", 5, 4),
    ("h", Frequency("microsecond", DAY // 24), "hour", 24, 6),
    ("15min", Frequency("microsecond", DAY // 96), "15 minutes", 96, 6),
    ("7min", Frequency("microsecond", 7 * DAY // 1440), "7 minutes", 1, 6),
    ("min", Frequency("microsecond", DAY // 1440), "minute", 60, 6),
    ("s", Frequency("microsecond", 1_000_000), "second", 60, 6),
    ("us", Frequency("microsecond", 1), "microsecond", 1, 6),
    ("MS", Frequency("month", 1), "month", 12, 2),
    ("ME", Frequency("month", 1, 31), "month", 12, 2),
    ("QS", Frequency("month", 3), "quarter", 4, 2),
    ("QE", Frequency("month", 3, 31), "quarter", 4, 2),
    ("BMS", Frequency("month-weekday", 1, 1), "month", 12, 2),
    ("BME", Frequency("month-weekday", 1, 31), "month", 12, 2),
    ("BQE-NOV", Frequency("month-weekday", 3, 31), "quarter", 4, 2),
    ("BYS", Frequency("month-weekday", 12, 1), "year", 1, 0),
    ("SMS", Frequency("half-month", 1, 1, 15), "half-month", 24, 2),
    ("SME", Frequency("half-month", 1, 15, 31), "half-month", 24, 2),
    ("5MS", Frequency("month", 5), "5 months", 1, 2),
    ("YS", Frequency("month", 12), "year", 1, 0),
    ("2YE", Frequency("month", 24, 31), "2 years", 1, 0),
]


def infer(*series: Any) -> Frequency:
    parts = [np.asarray(part) for part in series]
    length = np.array([len(part) for part in parts])
    return Frequency.infer(np.concatenate(parts), np.cumsum(length) - length, length)


def dates(*days: str) -> np.ndarray:
    return np.array(days, "datetime64[us]")


@pytest.mark.parametrize(("alias", "expected", "name", "season", "columns"), KNOWN)
@pytest.mark.parametrize("start", ["2019-12-31 09:30", "2024-02-29"])
def test_known_to_pandas(
    alias: str, expected: Frequency, name: str, season: int, columns: int, start: str
) -> None:
    all_times = pd.date_range(start, periods=60, freq=alias).to_numpy().astype("datetime64[us]")
    times, later = all_times[:40], all_times[40:]
    frequency = infer(times)
    assert frequency == expected
    assert (frequency.name, frequency.season) == (name, season)
    assert frequency.ahead(times[-1:], 20).tolist() == [later.tolist()]
    assert frequency.between(all_times[:-1], all_times[1:]).tolist() == [1] * 59
    assert frequency.between(times[:1], all_times[-1:]).tolist() == [59]
    assert frequency.calendar(times).shape == (40, columns)


@pytest.mark.parametrize(("first", "second"), [(1, 16), (5, 20), (10, 25), (15, 30), (14, 28)])
def test_two_days_of_a_month(first: int, second: int) -> None:
    months = pd.period_range("2023-01", periods=15, freq="M")
    days = [(m, d) for m in months for d in (first, min(second, m.days_in_month))]
    times = dates(*(f"{month}-{day:02}T06" for month, day in days))
    frequency = infer(np.delete(times, [7, 20]))
    assert frequency == Frequency("half-month", 1, first, second)
    assert frequency.between(times[[0, 6, 1]], times[[3, 8, 29]]).tolist() == [3, 2, 28]
    assert frequency.between(times[:2], times[1:3] + np.timedelta64(1, "h")).tolist() == [0, 0]
    assert frequency.between(times[:1] + np.timedelta64(3, "D"), times[1:2]).tolist() == [0]
    assert frequency.ahead(times[9:10], 20).tolist() == [times[10:].tolist()]


@given(st.integers(-(2**61), 2**61), st.integers(1, 2**40), st.integers(2, 30))
def test_whole_numbers(first: int, step: int, count: int) -> None:
    times = first + step * np.arange(count)
    frequency = infer(times)
    assert frequency == Frequency("integer", step)
    assert frequency.ahead(times[-1:], 2).tolist() == [
        [first + step * count, first + step * (count + 1)]
    ]
    assert (frequency.name, frequency.season) == ("step", 1)
    assert frequency.calendar(times).shape == (count, 0)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (dates("2021-02-01", "2021-03-01"), Frequency("month")),  # 28 days, but months
        (dates("2021-01-01", "2021-01-29"), Frequency("microsecond", 28 * DAY)),
        (dates("2021-01-30", "2021-02-28", "2021-03-30"), Frequency("month", 1, 30)),
        (dates("2021-04-30", "2021-06-30", "2021-08-31"), Frequency("month", 2, 31)),
        (dates("2021-02-28", "2022-02-28", "2023-02-28"), Frequency("month", 12, 31)),
        # a weekend never crossed: days
        (dates("2024-01-08", "2024-01-09", "2024-01-10"), Frequency("microsecond", DAY)),
        # one weekend left out: days with a gap
        (dates("2024-01-04", "2024-01-05", "2024-01-08"), Frequency("microsecond", DAY)),
        # one left out, one at an odd time: still what most are
        (
            dates("2024-01-01", "2024-01-02", "2024-01-04", "2024-01-05", "2024-01-06"),
            Frequency("microsecond", DAY),
        ),
        (
            dates("2024-01-01", "2024-02-01", "2024-03-15", "2024-04-01", "2024-05-01"),
            Frequency("month"),
        ),
        # two weeks, of which some fall on the same days of the month
        (dates("2024-01-01", "2024-01-15", "2024-01-29"), Frequency("microsecond", 14 * DAY)),
        # as many of one as of the other: the smaller
        (np.array([0, 1, 3]), Frequency("integer", 1)),
        (
            pd.bdate_range("2024-01-05", "2024-01-15").to_numpy().astype("datetime64[us]"),
            Frequency("weekday"),
        ),
    ],
)
def test_the_step_that_fewest_rows_break(times: np.ndarray, expected: Frequency) -> None:
    assert infer(times) == expected


def test_steps_between_series_do_not_count() -> None:
    far, near = np.arange(10) * 7 + 1_000_000, np.arange(3) * 7
    assert infer(far, near, [5], far + 3) == Frequency("integer", 7)
    one = dates("2024-01-01", "2024-02-01", "2024-03-01")
    assert infer(one, one + np.timedelta64(14, "D")) == Frequency("month")


def test_one_row_in_each_series() -> None:
    with pytest.raises(DataError, match="needs a series of 2 rows at least, got 1 row in each"):
        infer([1], [5])


@pytest.mark.parametrize(
    ("frequency", "before", "after", "steps"),
    [
        (Frequency("microsecond", DAY), "2024-01-01", "2024-01-04", 3),
        (Frequency("microsecond", DAY), "2024-01-01", "2024-01-04T12", 0),
        (Frequency("month"), "2024-01-15", "2024-03-15", 2),
        (Frequency("month"), "2024-01-15", "2024-03-16", 0),
        (Frequency("month"), "2024-01-15", "2024-03-15T01", 0),
        (Frequency("month", 3), "2024-01-15", "2024-03-15", 0),
        (Frequency("month", 1, 31), "2024-02-29", "2024-04-30", 2),
        (Frequency("month", 1, 31), "2024-02-29", "2024-04-29", 0),
        (Frequency("month-weekday", 1, 31), "2024-02-29", "2024-05-31", 3),
        (Frequency("month-weekday", 1, 31), "2024-03-31", "2024-05-31", 0),  # a Sunday
        (Frequency("month-weekday", 1, 1), "2024-05-01", "2024-06-01", 0),  # to a Saturday
        (Frequency("weekday"), "2024-01-05", "2024-01-08", 1),
        (Frequency("weekday"), "2024-01-05", "2024-01-06", 0),
        (Frequency("weekday"), "2024-01-06", "2024-01-08", 0),
        (Frequency("weekday"), "2024-01-05", "2024-01-08T01", 0),
    ],
)
def test_steps_between(frequency: Frequency, before: str, after: str, steps: int) -> None:
    assert frequency.between(dates(before), dates(after)).tolist() == [steps]


def test_steps_in_words() -> None:
    quarter_hour = Frequency("microsecond", DAY // 96)
    assert Frequency("microsecond", DAY).steps(1) == "1 day"
    assert Frequency("month").steps(7) == "7 months"
    assert quarter_hour.steps(1) == "1 step of 15 minutes"
    assert quarter_hour.steps(3) == "3 steps of 15 minutes"
    assert Frequency("integer", 10).steps(2) == "2 steps"


def test_the_calendar_is_the_same_a_period_later() -> None:
    hours = Frequency("microsecond", DAY // 24)
    times = dates("2023-05-03T07", "2023-12-31T23", "2023-01-01")
    day, week, year = np.split(hours.calendar(times), 3, axis=1)
    later = hours.calendar(times + np.timedelta64(7, "D"))
    np.testing.assert_allclose(later[:, :4], np.hstack([day, week]), atol=1e-9)
    assert np.abs(later[:, 4:] - year).max() > 0.05
    next_year = hours.calendar(times + np.timedelta64(365, "D"))
    # 2024 is a day longer: 1/366 of a turn at most
    np.testing.assert_allclose(next_year[:, 4:], year, atol=2 * np.pi / 366)
    for columns in (day, week, year):
        np.testing.assert_allclose((columns**2).sum(1), 1, atol=1e-12)
    # midnight of a new year: sine 0, cosine 1
    np.testing.assert_allclose(np.hstack([day, year])[2], [0, 1, 0, 1], atol=1e-12)


def test_months_of_the_calendar() -> None:
    columns = Frequency("month", 3).calendar(dates("2023-01-31", "2023-04-30", "2024-07-31"))
    np.testing.assert_allclose(columns, [[0, 1], [1, 0], [0, -1]], atol=1e-12)


@pytest.mark.parametrize("frequency", [row[1] for row in KNOWN], ids=str)
def test_json_and_back(frequency: Frequency) -> None:
    assert Frequency.from_json(json.loads(json.dumps(frequency.to_json()))) == frequency


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"unit": "fortnight"}, "unit must be one of integer, .* got 'fortnight'"),
        ({"unit": ["month"]}, "unit must be one of"),
        ({"unit": "month", "step": 0}, r"step must be a whole number from 1 to .* got 0"),
        ({"unit": "month", "step": True}, "step must be .* got True"),
        ({"unit": "month", "step": 1.5}, "step must be .* got 1.5"),
        ({"unit": "month", "day": 28}, "day is for unit 'month' and from 29 on, got 28"),
        ({"unit": "integer", "day": 31}, "day is for unit 'month' .* with 'integer'"),
        ({"unit": "half-month", "day": 15}, "day must be above 0 and below second .* 15 and 0"),
        ({"unit": "month-weekday"}, "day must be 1 or 31 for unit 'month-weekday', got 0"),
        ({"unit": "month", "second": 15}, "second is for unit 'half-month', got 15 with 'month'"),
        ({"unit": "month", "day": 32}, "day must be a whole number from 0 to 31, got 32"),
        ({"unit": "month", "length": 2}, "no entry 'length'; it has unit, step, day, second"),
        ({"step": 2}, "needs the entry 'unit'"),
        ([], "Frequency must be a JSON object, got list"),
    ],
)
def test_json_refused(data: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        Frequency.from_json(data)
