"""Dates as people write them: against Python's own parser, and by hand where it has none."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.data.dates import looks_like_dates, to_times
from tidegate.errors import DataError

DATES = st.dates(dt.date(1, 1, 1), dt.date(9999, 12, 31))
TIMES = st.datetimes(dt.datetime(1000, 1, 1), dt.datetime(9998, 12, 31))


def times(*cells: str) -> pl.Series:
    return to_times(pl.Series(cells), "row {}".format)


@given(st.lists(DATES, min_size=1), st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d"]))
def test_year_first(dates: list[dt.date], form: str) -> None:
    cells = [date.strftime(form).rjust(len("2024") + len(form) - 2, "0") for date in dates]
    read = times(*cells)
    assert read.dtype == pl.Date
    assert read.to_list() == dates


@given(st.lists(DATES, min_size=1))
def test_day_first(dates: list[dt.date]) -> None:
    assert times(*[f"{d.day:02}.{d.month:02}.{d.year:04}" for d in dates]).to_list() == dates
    assert times(*[f"{d.day}.{d.month}.{d.year:04}" for d in dates]).to_list() == dates


@given(st.lists(DATES, min_size=1), st.sampled_from("/-"))
def test_a_day_above_12_tells_day_from_month(dates: list[dt.date], mark: str) -> None:
    dates = [*dates, dt.date(2024, 1, 31)]
    day_first = [f"{d.day:02}{mark}{d.month:02}{mark}{d.year:04}" for d in dates]
    month_first = [f"{d.month}{mark}{d.day}{mark}{d.year:04}" for d in dates]
    assert times(*day_first).to_list() == times(*month_first).to_list() == dates


@given(
    st.lists(DATES, min_size=1), st.sampled_from(["%d %B", "%d-%b", "%-d. %b", "%B %d,", "%b %d"])
)
def test_months_by_name(dates: list[dt.date], form: str) -> None:
    mark = "-" if "-" in form[1:] and "%-d" not in form else " "
    cells = [f"{date.strftime(form)}{mark}{date.year:04}" for date in dates]
    assert times(*cells).to_list() == dates
    assert times(*[cell.upper() for cell in cells]).to_list() == dates


@pytest.mark.parametrize("day", [1, 12])
def test_the_same_day_of_each_month_tells_day_from_month(day: int) -> None:
    dates = [dt.date(2020 + i // 12, i % 12 + 1, day) for i in range(13)]
    assert times(*[f"{d.month}/{d.day}/{d.year}" for d in dates]).to_list() == dates
    assert times(*[f"{d.day}/{d.month}/{d.year}" for d in dates]).to_list() == dates


@given(st.lists(TIMES, min_size=1), st.sampled_from(["T", " "]))
def test_with_a_time(given_times: list[dt.datetime], mark: str) -> None:
    read = times(*[time.isoformat(mark) for time in given_times])
    assert read.dtype == pl.Datetime("us")
    assert read.to_list() == given_times


@given(st.lists(st.tuples(TIMES, st.integers(-14 * 60, 14 * 60)), min_size=2))
def test_with_offsets(rows: list[tuple[dt.datetime, int]]) -> None:
    aware = [t.replace(tzinfo=dt.timezone(dt.timedelta(minutes=m))) for t, m in rows]
    read = times(*[time.isoformat() for time in aware])
    offsets = {m for _, m in rows}
    if offsets == {0}:
        expected: list[Any] = aware
    elif len(offsets) == 1 or len({time.time() for time in aware}) == 1:
        expected = [t for t, _ in rows]
    else:
        expected = [time.astimezone(dt.UTC) for time in aware]
    assert read.to_list() == expected


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1949-01", "1949-12"], [dt.date(1949, 1, 1), dt.date(1949, 12, 1)]),
        (["2024/1", ""], [dt.date(2024, 1, 1), None]),
        (["Jan 2024", "Sept 2024"], [dt.date(2024, 1, 1), dt.date(2024, 9, 1)]),
        (["May-2024", "june-2024"], [dt.date(2024, 5, 1), dt.date(2024, 6, 1)]),
        (["31-Jan-2024 7:05 pm"], [dt.datetime(2024, 1, 31, 19, 5)]),
        (["2020-W53", "2021-W01"], [dt.date(2020, 12, 28), dt.date(2021, 1, 4)]),
        (["2020W01", "2024W52"], [dt.date(2019, 12, 30), dt.date(2024, 12, 23)]),
        (["2024Q1", "2024Q4"], [dt.date(2024, 1, 1), dt.date(2024, 10, 1)]),
        (["2024-q2"], [dt.date(2024, 4, 1)]),
        (["Q3 2024", "Q4/2024"], [dt.date(2024, 7, 1), dt.date(2024, 10, 1)]),
        (["2024-1-2", "NA"], [dt.date(2024, 1, 2), None]),
        (["2024-02-29T07:05"], [dt.datetime(2024, 2, 29, 7, 5)]),
        (["29.02.2024 7:05"], [dt.datetime(2024, 2, 29, 7, 5)]),
        (["2/29/2024 12:05 AM"], [dt.datetime(2024, 2, 29, 0, 5)]),
        (["2/29/2024 12:05:06 pm"], [dt.datetime(2024, 2, 29, 12, 5, 6)]),
        (["2/29/2024 1:05 PM"], [dt.datetime(2024, 2, 29, 13, 5)]),
        (["2024-02-29 00:00:00.5"], [dt.datetime(2024, 2, 29, microsecond=500_000)]),
        (["2024-02-29 00:00:00,123456789"], [dt.datetime(2024, 2, 29, microsecond=123_456)]),
        (["2024-02-29T01:00Z"], [dt.datetime(2024, 2, 29, 1, tzinfo=dt.UTC)]),
        (["199912", "200001"], [dt.date(1999, 12, 1), dt.date(2000, 1, 1)]),
        (["2024-02-29 01:00 UTC"], [dt.datetime(2024, 2, 29, 1, tzinfo=dt.UTC)]),
        (["2024-02-29 01:00 GMT"], [dt.datetime(2024, 2, 29, 1, tzinfo=dt.UTC)]),
        (
            ["202402290105", "202402292359"],
            [dt.datetime(2024, 2, 29, *t) for t in ((1, 5), (23, 59))],
        ),
        (["2024022901"], [dt.datetime(2024, 2, 29, 1)]),
        (["20240229T010506Z"], [dt.datetime(2024, 2, 29, 1, 5, 6, tzinfo=dt.UTC)]),
        (["20240229 1:05"], [dt.datetime(2024, 2, 29, 1, 5)]),
        (["2024M01", "2024M12"], [dt.date(2024, 1, 1), dt.date(2024, 12, 1)]),
        (["01/2024", "12/2024"], [dt.date(2024, 1, 1), dt.date(2024, 12, 1)]),
        (["2024 JAN", "2024-Feb"], [dt.date(2024, 1, 1), dt.date(2024, 2, 1)]),
        (["2024-Feb-29"], [dt.date(2024, 2, 29)]),
        (["Thu, 29 Feb 2024", "Friday 1 Mar 2024"], [dt.date(2024, 2, 29), dt.date(2024, 3, 1)]),
        (["2024-02-29 01:00 +0530"], [dt.datetime(2024, 2, 29, 1)]),
        (
            ["2024-02-29 01:00-03", "2024-02-29 02:00+0130"],
            [dt.datetime(2024, 2, 29, hour, m, tzinfo=dt.UTC) for hour, m in ((4, 0), (0, 30))],
        ),
    ],
)
def test_by_hand(cells: list[str], expected: list[Any]) -> None:
    assert times(*cells).to_list() == expected


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (
            ["2024-02-28", "2024-02-30"],
            "row 1: '2024-02-30' is no date; write it like '2024-02-28'",
        ),
        (["2024-02-28", "soon"], "row 1: 'soon' is no date; write it like '2024-02-28'"),
        (
            ["2024-02-28", "2024-02-29", "01.03.2024"],
            "row 2: '01.03.2024' is no date; write it like '2024-02-28'",
        ),
        (
            ["2024-02-28", "2024-02-29", "2024-03-01 12:00"],
            "row 2: '2024-03-01 12:00' is no date; write it like '2024-02-28'",
        ),
        (
            ["2024-02-28 00:00Z", "2024-02-29 00:00Z", "2024-03-01 00:00"],
            "row 2: '2024-03-01 00:00' is no date; write it like '2024-02-28 00:00Z'",
        ),
        (["Jan 2024", "Jam 2024"], "row 1: 'Jam 2024' is no date; write it like 'Jan 2024'"),
        (["Feb 30, 2024"], "row 0: 'Feb 30, 2024' is no date; write it like '2024-01-31'"),
        (["2020-W53", "2024-W53"], "row 1: '2024-W53' is no date; write it like '2020-W53'"),
        (["2024-W00"], "row 0: '2024-W00' is no date; write it like '2024-01-31'"),
        (["2024Q5"], "row 0: '2024Q5' is no date; write it like '2024-01-31'"),
        (["2024-13"], "row 0: '2024-13' is no date; write it like '2024-01-31'"),
        (["0000-01-01"], "row 0: '0000-01-01' is no date; write it like '2024-01-31'"),
        (["2024-01-01 24:00"], "row 0: '2024-01-01 24:00' is no date; write it like '2024-01-31'"),
        (
            ["2024-01-01 13:00 pm"],
            "row 0: '2024-01-01 13:00 pm' is no date; write it like '2024-01-31'",
        ),
        (["01/02/24"], "row 0: '01/02/24' is no date; write it like '2024-01-31'"),
        (
            ["", "01/02/2024", "12/12/2024"],
            "row 1: '01/02/2024' may be day/month or month/day, as may all dates of the column; "
            "write them like '2024-01-31'",
        ),
        (
            ["31/01/2024", "30/01/2024", "01/31/2024"],
            "row 2: '01/31/2024' is no date; write it like '31/01/2024'",
        ),
    ],
)
def test_no_date(cells: list[str], message: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        times(*cells)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["2024-01-01", "x"], True),
        (["2024-01-01", "x", "y"], False),
        (["01/02/2024"], True),
        (["20240131", "20240201"], True),
        (["20249131", "12345678"], False),
        (["199912", "200001"], True),
        (["200013", "200099"], False),
        ([str(200_000 + i) for i in range(100)], False),
        (["1949", "1950"], False),
        (["1704067200", "1704153600"], False),
        (["2024019901", "2024999901"], False),
        (["2024 abc"], False),
        (["1234.05", "1234.11"], False),
        (["1.5", "2"], False),
        (["", "NA"], False),
    ],
)
def test_what_looks_like_dates(cells: list[str], expected: bool) -> None:
    assert looks_like_dates(pl.Series(cells)) is expected


@given(st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1)))
def test_weeks_as_python_numbers_them(day: dt.date) -> None:
    year, week, number = day.isocalendar()
    cells = pl.Series([f"{year}-W{week:02}"])
    assert to_times(cells, "row {}".format).to_list() == [day - dt.timedelta(days=number - 1)]
