"""What is known ahead: each step of each series is there once, or the error says which is not."""

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
from tidegate.data import Series, extend, read_future, read_series
from tidegate.errors import ArgumentError, DataError

D = days(9)
PAST: Data = {
    "unique_id": ["b", "b", "a", "a", "a"],
    "ds": [D[1], D[2], D[0], D[1], D[2]],
    "y": [1.0, 2.0, 3.0, 4.0, 5.0],
    "price": [1.0, 2.0, 3.0, 4.0, 5.0],
    "kind": ["x", "y", "x", "y", "x"],
}
AHEAD: Data = {
    "unique_id": ["a", "b", "a", "b"],
    "ds": [D[4], D[3], D[3], D[4]],
    "price": [14.0, 23.0, 13.0, 24.0],
    "kind": ["x", "y", "y", "x"],
}
EXPECTED = [[[13, 0, 1], [14, 1, 0]], [[23, 0, 1], [24, 1, 0]]]


def known(library: str = "polars") -> Series:
    return read_series(LIBRARIES[library](PAST), future=["price", "kind"])


@each_library
def test_the_steps_ahead_of_each_series(library: str) -> None:
    series = known(library)
    assert read_future(LIBRARIES[library](AHEAD), series, 2).tolist() == EXPECTED


@each_library
def test_other_rows_are_left_alone(library: str) -> None:
    more = {
        "unique_id": ["a", "a", "c", "a", "a"],
        # known already, twice; another series; beyond the horizon; between two steps
        "ds": [D[0], D[0], D[3], D[5], D[3] + dt.timedelta(hours=1)],
        "price": [None] * 5,
        "kind": ["z"] * 5,
    }
    data = {name: more[name] + AHEAD[name] for name in AHEAD}
    assert read_future(LIBRARIES[library](data), known(library), 2).tolist() == EXPECTED


def test_no_future_columns() -> None:
    series = read_series(pl.DataFrame(PAST))
    assert read_future(pl.DataFrame(AHEAD), series, 2).shape == (2, 2, 0)


@given(st.data())
def test_any_frequency_in_any_order(data: st.DataObject) -> None:
    frequency = data.draw(st.sampled_from(["D", "h", "MS", "ME", "B", "W", "QE"]))
    zone = data.draw(st.sampled_from([None, "Europe/Berlin", "America/New_York", "UTC"]))
    first = data.draw(st.sampled_from(["2024-03-04", "2024-10-21", "2023-12-30"]))
    horizon = data.draw(st.integers(1, 30))
    times = pd.date_range(first, periods=14 + horizon, freq=frequency, tz=zone)
    whole = pd.DataFrame({"ds": times, "y": 1.0, "n": np.arange(len(times))})
    series = read_series(whole[:14], future=["n"])
    order = data.draw(st.permutations(range(len(whole))))
    ahead = read_future(whole.iloc[order].drop(columns="y"), series, horizon)
    assert ahead.tolist() == [[[14.0 + k] for k in range(horizon)]]


def without(*rows: int) -> Data:
    return {name: [v for i, v in enumerate(AHEAD[name]) if i not in rows] for name in AHEAD}


FAULTS: list[tuple[Data, str]] = [
    (
        without(2),
        "series 'a': there is no row for 2024-03-01 in the frame of what is known ahead; add one, "
        "with 'price', 'kind'",
    ),
    (
        without(0, 3),
        "series 'a': there is no row for 2024-03-02 in the frame of what is known ahead (and 1 "
        "more row is missing); add one, with 'price', 'kind'",
    ),
    (
        without(0, 1, 3),
        "series 'a': there is no row for 2024-03-02 in the frame of what is known ahead (and 2 "
        "more rows are missing); add one, with 'price', 'kind'",
    ),
    (
        {**AHEAD, "price": [14.0, None, 13.0, 24.0]},
        "row 1, series 'b', column 'price', 2024-03-01: the value is missing; fill it in",
    ),
    (
        {**AHEAD, "kind": ["x", "y", "y", "z"]},
        "row 3, series 'b', column 'kind', 2024-03-02: 'z' is none of the values that were learnt "
        "from, 'x', 'y'; correct it, or fit again with rows that have it",
    ),
    (
        {name: AHEAD[name] + AHEAD[name][:1] for name in AHEAD},
        "row 4, series 'a', column 'ds': 2024-03-02 is already in row 0; keep one row for each "
        "time",
    ),
    (
        {name: AHEAD[name] for name in AHEAD if name != "price"},
        "there is no column 'price', only 'unique_id', 'ds', 'kind'; the model was fitted with it; "
        "name it as it was then",
    ),
    (
        {**AHEAD, "ds": [4, 3, 3, 4]},
        "row 0, series 'a', column 'ds': the series known already have dates for times, got whole "
        "numbers; give dates",
    ),
    (
        {**AHEAD, "ds": [time.replace(tzinfo=dt.UTC) for time in AHEAD["ds"]]},
        "row 0, series 'a', column 'ds': the series known already have times without a time zone, "
        "got times in UTC; convert them",
    ),
    (
        {**AHEAD, "unique_id": [1, 2, 1, 2]},
        "row 0, series 1, column 'unique_id': the ids known already are text, got whole numbers; "
        "convert them",
    ),
]


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize(("data", "message"), FAULTS, ids=[f[1][:60] for f in FAULTS])
def test_faults(library: str, data: Data, message: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_future(LIBRARIES[library](data), known(), 2)


def test_a_time_zone_that_is_another() -> None:
    times = pd.date_range("2024-01-01", periods=4, tz="Europe/Berlin")
    df = pd.DataFrame({"ds": times, "y": 1.0, "n": 1.0})
    series = read_series(df[:3], future=["n"])
    for other in (df[3:].assign(ds=times[3:].tz_convert("UTC")), pl.DataFrame({"ds": [D[0]]})):
        frame: Any = other if isinstance(other, pd.DataFrame) else other.with_columns(n=1.0)
        with pytest.raises(
            DataError, match=r"times in the time zone Europe/Berlin, got times .* c"
        ):
            read_future(frame, series, 1)


def test_a_time_that_the_frame_shows_on_another_clock_is_said_to_be_utc() -> None:
    times = pd.date_range("2024-10-26 20:00", periods=12, freq="h", tz="Europe/Berlin")
    df = pd.DataFrame({"ds": times, "y": range(12), "price": 1.0})
    series = read_series(df[:4], future=["price"])
    # on this clock both 2:00 before and 2:00 after it was put back are hours of their own
    assert [str(time) for time in times[6:8]] == [f"2024-10-27 02:00:00+0{i}:00" for i in (2, 1)]
    for missing, hour in ((6, "00"), (7, "01")):
        with pytest.raises(DataError, match=f"there is no row for 2024-10-27 {hour}:00 UTC in"):
            read_future(df[4:].drop(missing), series, 8)
    with pytest.raises(DataError, match="2024-10-27 00:00 UTC is left out, so 'price'"):
        read_series(df.drop(6), future=["price"], gaps="fill")
    with pytest.raises(DataError, match="2024-10-26 21:00 UTC is not after 2024-10-26 21:00 UTC"):
        extend(series, read_series(df[3:5], like=series))
    wall = pd.date_range("2024-10-26", periods=4, tz="Europe/Berlin")
    whole = pd.DataFrame({"ds": wall, "y": range(4), "price": 1.0})
    with pytest.raises(DataError, match="there is no row for 2024-10-29 in"):
        read_future(whole[:3], read_series(whole[:3], future=["price"]), 1)


@pytest.mark.parametrize(
    ("zone", "hour", "date"),
    [("America/Santiago", 0, "2024-09-08"), ("Europe/Berlin", 2, "2024-03-31")],
)
def test_days_that_begin_at_an_hour_that_the_clock_skips_once(
    zone: str, hour: int, date: str
) -> None:
    first = pd.Timestamp(date) - pd.Timedelta(days=40) + pd.Timedelta(hours=hour)
    clock = pd.date_range(first, periods=60)
    times = clock.tz_localize(zone, nonexistent="shift_forward")
    assert times[40].hour == hour + 1 and times[41].hour == hour
    df = pd.DataFrame({"ds": times, "y": range(60), "price": range(60)})
    whole = read_series(df, future=["price"])
    assert whole.time.tolist() == clock.to_pydatetime().tolist()
    series = read_series(df[:30], future=["price"])
    assert extend(series, read_series(df[30:], like=series)).time.tolist() == whole.time.tolist()
    alone = read_series(df[:40], future=["price"])
    for day in (40, 41):
        alone = extend(alone, read_series(df[day : day + 1], like=alone))
    assert alone.time.tolist() == whole.time[:42].tolist()
    assert read_future(df, series, 20)[0, :, 0].tolist() == list(range(30, 50))


def test_several_time_zones_in_one_column() -> None:
    mixed = [D[0].replace(tzinfo=dt.UTC), D[1].replace(tzinfo=dt.timezone(dt.timedelta(hours=1)))]
    df = pd.DataFrame({"ds": pd.Series(mixed, dtype=object), "y": [1.0, 2.0]})
    with pytest.raises(DataError, match=r"^row 1, column 'ds': the column mixes time zones, here"):
        read_series(df)


def test_what_is_no_frame() -> None:
    with pytest.raises(ArgumentError, match="expected a pandas or a polars frame, got a dict"):
        read_future(AHEAD, known(), 2)
