"""Missing values stay NaN; times left out come back as rows of NaN, and are reported."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libraries import LIBRARIES, Data, days, each_library
from tidegate.data import Gap, Series, read_series, summary
from tidegate.data.gaps import FEW
from tidegate.errors import ArgumentError, DataError

FREQUENCIES = ["D", "h", "15min", "MS", "ME", "QE", "B", "W", "YS", "YE"]


def fill(df: Any, **options: Any) -> Series:
    return read_series(df, missing="keep", gaps="fill", **options)


@each_library
def test_a_missing_value_is_nan(library: str) -> None:
    data: Data = {"ds": days(4), "y": [None, 2.0, None, None]}
    series = fill(LIBRARIES[library](data))
    np.testing.assert_array_equal(series.values, [np.nan, 2, np.nan, np.nan])
    assert series.filled == ()
    assert series.last.tolist() == [days(4)[-1]]


@pytest.mark.parametrize("dtype", ["Int64", "Float32", "float64"])
def test_a_missing_value_of_pandas_is_nan(dtype: str) -> None:
    df = pd.DataFrame({"ds": [1, 2, 3], "y": pd.array([1, None, 3]).astype(dtype)})
    np.testing.assert_array_equal(fill(df).values, [1, np.nan, 3])


@pytest.mark.parametrize(
    "ds", [[20241, 20242, 20244], [202451, 202452, 202455, 202456], [113, 114, 121, 122]]
)
def test_numbers_that_may_be_dates_are_steps_until_a_year_goes_over(ds: list[int]) -> None:
    series = fill(pl.DataFrame({"ds": ds, "y": [float(i) for i in ds]}))
    assert series.time.tolist() == list(range(ds[0], ds[-1] + 1))


@each_library
def test_times_left_out_are_filled_in_and_reported(library: str) -> None:
    data: Data = {
        "unique_id": ["b"] * 5 + ["a"] * 5,
        "ds": [1, 2, 3, 4, 6, 10, 11, 15, 16, 17],
        "y": [float(i) for i in range(10)],
    }
    series = fill(LIBRARIES[library](data))
    n = np.nan
    assert series.time.tolist() == [*range(10, 18), *range(1, 7)]
    assert (series.start.tolist(), series.length.tolist()) == ([0, 8], [8, 6])
    np.testing.assert_array_equal(series.values, [5, 6, n, n, n, 7, 8, 9, 0, 1, 2, 3, n, 4])
    assert series.filled == (Gap("a", 12, 14, 3), Gap("b", 5, 5, 1))
    assert summary(series.filled, series.frequency) == (
        "4 steps left out count as missing, in 2 gaps of 2 series; the longest: 12 to 14 in "
        "series 'a'"
    )


def test_a_summary_of_one_gap_and_of_none() -> None:
    df = pl.DataFrame({"ds": [days(9)[i] for i in (0, 1, 2, 4)], "y": [0.0] * 4})
    series = fill(df)
    assert series.filled[0].series is None
    assert summary(series.filled, series.frequency) == (
        "1 day left out counts as missing: 2024-03-01"
    )
    assert summary((), series.frequency) == ""


@given(st.data())
def test_rows_dropped_come_back_as_missing(data: st.DataObject) -> None:
    frequency = data.draw(st.sampled_from(FREQUENCIES))
    first = data.draw(st.sampled_from(["2023-03-20", "2023-10-20", "2024-01-31"]))
    count = data.draw(st.integers(14, 60))
    every = pd.date_range(first, periods=count, freq=frequency)
    whole = pd.DataFrame({"ds": every, "y": np.arange(count, dtype=float)})
    known = read_series(whole)
    # the ends stay: what lies beyond them was never there
    kept = [0, *sorted(data.draw(st.sets(st.integers(1, count - 2)))), count - 1]
    series = fill(whole.iloc[kept], like=known)
    assert series.time.tolist() == known.time.tolist()
    assert np.flatnonzero(~np.isnan(series.values)).tolist() == kept
    assert series.values[kept].tolist() == known.values[kept].tolist()
    steps = series.frequency.between(series.time[:-1], series.time[1:])
    assert steps.tolist() == [1] * (count - 1)
    assert sum(gap.rows for gap in series.filled) == count - len(kept)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "UTC"])
@pytest.mark.parametrize("frequency", ["D", "h"])
@pytest.mark.parametrize("first", ["2024-03-08", "2024-03-29", "2024-10-25", "2024-11-01"])
def test_gaps_over_a_change_of_clocks(zone: str, frequency: str, first: str) -> None:
    whole = pd.DataFrame({"ds": pd.date_range(first, periods=96, freq=frequency, tz=zone)})
    whole["y"] = 1.0
    known = read_series(whole)
    changing = whole.drop(index=range(1, 80, 7))
    series = fill(changing)
    assert series.time.tolist() == known.time.tolist()
    assert (series.frequency, series.frame.wall) == (known.frequency, frequency == "D")


def test_missing_and_gaps_are_refused_unless_asked_for() -> None:
    values = pl.DataFrame({"ds": [1, 2, 3], "y": [1.0, None, 3.0]})
    gap = pl.DataFrame({"ds": [1, 2, 3, 5], "y": [0.0] * 4})
    with pytest.raises(DataError, match=r"^row 1, column 'y': the value is missing; fill it in$"):
        read_series(values, gaps="fill")
    with pytest.raises(DataError, match=r"^row 3, column 'ds': 4 is missing before 5; add a row"):
        read_series(gap, missing="keep")


FAULTS: list[tuple[Data, str]] = [
    (
        {"ds": [1, 2, 3], "y": [1.0, None, float("-inf")]},
        "row 2, column 'y': the value is infinite; correct it",
    ),
    (
        {"ds": [1, 2], "y": [None, float("nan")]},
        "the column 'y' has no value at all; fill it in",
    ),
    (
        {"unique_id": list("aabbcc"), "ds": [1, 2] * 3, "y": [1.0, 2.0, None, None, None, None]},
        "series 'b' has no value at all in column 'y' (nor have 1 others); leave it out, or fill "
        "it in",
    ),
    (
        {"ds": [*range(10), 10 + FEW + 1], "y": [0.0] * 11},
        "row 10, column 'ds': 1011 comes after 9, and filling in such gaps would take 1,001 rows, "
        "where 11 are given; correct the time, or leave out the rows on one side of the gap",
    ),
    (
        {"ds": [dt.date(2024, 1, 1), dt.date(2024, 1, 2), dt.date(2205, 1, 3)], "y": [0.0] * 3},
        "row 2, column 'ds': 2205-01-03 comes after 2024-01-02, and filling in such gaps would "
        "take 66,109 rows, where 3 are given; correct the time, or leave out the rows on one side "
        "of the gap",
    ),
    (
        {
            "unique_id": [f"{i}" for i in range(4) for _ in range(3)],
            "ds": [0, 1, 600] * 4,
            "y": [0.0] * 12,
        },
        "row 2, series '0', column 'ds': 600 comes after 1, and filling in such gaps would take "
        "2,392 rows, where 12 are given; correct the time, or leave out the rows on one side of "
        "the gap",
    ),
    (
        {"ds": [0, 1, 2**62], "y": [0.0] * 3},
        f"row 2, column 'ds': {2**62} comes after 1, and filling in such gaps would take "
        f"{2.0**62:,.0f} rows, where 3 are given; correct the time, or leave out the rows on one "
        f"side of the gap",
    ),
    (
        {"ds": [1, 2, 4, 8, 15], "y": [0.0] * 5},
        "row 2, column 'ds': the times follow no fixed step, here 4 after 2; sum or average the "
        "rows to one step, for example to days, or number the rows and take the number for the "
        "time",
    ),
    (
        {"ds": [*days(5)[:3], days(3)[2] + dt.timedelta(hours=30)], "y": [0.0] * 4},
        "row 3, column 'ds': 2024-03-01 06:00 is no whole number of steps after 2024-02-29, but "
        "most rows are 1 day apart; correct the time, bring all rows to one step, or number the "
        "rows and take the number for the time",
    ),
]


@pytest.mark.parametrize(("data", "message"), FAULTS, ids=[f[1][:40] for f in FAULTS])
def test_faults(data: Data, message: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        fill(pl.DataFrame(data, strict=False))


def test_a_gap_of_as_many_rows_as_may_be_filled() -> None:
    df = pl.DataFrame({"ds": [*range(10), 10 + FEW], "y": [0.0] * 11})
    assert fill(df).length.tolist() == [11 + FEW]


@pytest.mark.parametrize("option", ["missing", "gaps"])
def test_options_refused(option: str) -> None:
    with pytest.raises(ArgumentError, match=f"{option} must be one of refuse, .* got 'drop'"):
        read_series(pl.DataFrame({"ds": [1], "y": [1.0]}), **{option: "drop"})


def test_a_series_without_values_where_even_that_is_asked_for() -> None:
    df = pl.DataFrame({"ds": [1, 2], "y": [None, None]})
    assert np.isnan(read_series(df, missing="any").values).all()
