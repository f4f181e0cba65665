"""Months, weekdays and shares of periods against pandas, NumPy's own and the standard library."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.data import calendar

TIMES = st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1))


def array(*times: dt.datetime) -> np.ndarray:
    return np.array(times, "datetime64[us]")


@given(TIMES, st.integers(-600, 600))
def test_months_later_as_in_pandas(time: dt.datetime, months: int) -> None:
    expected = pd.Timestamp(time) + pd.DateOffset(months=months)
    assert calendar.add_months(array(time), months).tolist() == [expected.to_pydatetime()]


@given(TIMES, st.integers(-600, 600))
def test_the_months_end_as_in_pandas(time: dt.datetime, months: int) -> None:
    there = pd.Timestamp(time) + pd.DateOffset(months=months)
    expected = there + pd.offsets.MonthEnd(0)
    assert calendar.add_months(array(time), months, 31).tolist() == [expected.to_pydatetime()]


@given(TIMES, st.integers(-600, 600))
def test_the_first_and_the_last_weekday_as_in_pandas(time: dt.datetime, months: int) -> None:
    there = pd.Timestamp(time).replace(day=1) + pd.DateOffset(months=months)
    first = there + pd.offsets.BMonthBegin(0)
    last = there + pd.offsets.BMonthEnd(0)
    for day, expected in ((1, first), (31, last)):
        found = calendar.add_month_weekdays(array(time), months, day)
        assert found.tolist() == [expected.to_pydatetime()]


def test_a_day_that_some_months_lack() -> None:
    start = np.array(["2023-02-28T06:30", "2024-02-29T06:30"], "datetime64[us]")
    later = calendar.add_months(start[:, None], [0, 1, 12], 30).astype("datetime64[m]").astype(str)
    assert later.tolist() == [
        ["2023-02-28T06:30", "2023-03-30T06:30", "2024-02-29T06:30"],
        ["2024-02-29T06:30", "2024-03-30T06:30", "2025-02-28T06:30"],
    ]


@given(TIMES, st.integers(-3000, 3000))
def test_weekdays_later_as_numpy_counts_them(time: dt.datetime, count: int) -> None:
    if time.weekday() >= 5:
        time -= dt.timedelta(days=2)
    day = np.busday_offset(np.datetime64(time.date()), count).astype(dt.date)
    later = calendar.add_weekdays(array(time), np.array([count]))
    assert later.tolist() == [dt.datetime.combine(day, time.time())]


@given(TIMES)
def test_which_days_are_weekdays(time: dt.datetime) -> None:
    works, _, of_day = calendar.weekday(array(time))
    assert works.tolist() == [time.weekday() < 5]
    assert of_day.tolist() == [time - dt.datetime.combine(time.date(), dt.time())]


@given(TIMES)
def test_shares_of_periods(time: dt.datetime) -> None:
    day = dt.datetime.combine(time.date(), dt.time())
    year, next_year = dt.datetime(time.year, 1, 1), dt.datetime(time.year + 1, 1, 1)
    of_day = (time - day) / dt.timedelta(days=1)
    # both sides round a quotient of integers below 2**53: some units in the last place
    assert calendar.of_day(array(time))[0] == pytest.approx(of_day, abs=1e-15)
    assert calendar.of_year(array(time))[0] == pytest.approx(
        (time - year) / (next_year - year), abs=1e-15
    )
    # the weeks since 1970 are subtracted: up to 12,000 of them cost four digits
    assert calendar.of_week(array(time))[0] == pytest.approx(
        (time.weekday() + of_day) / 7, abs=1e-11
    )
