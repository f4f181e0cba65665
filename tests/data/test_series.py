"""A frame of any library, its rows in any order, gives the same series."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libraries import LIBRARIES, Data, days, each_library
from tidegate.data import Series, read_series
from tidegate.data.frequency import Frequency

DAY = 86_400_000_000


def assert_same(a: Series, b: Series) -> None:
    for name in ("values", "time", "start", "length"):
        left, right = getattr(a, name), getattr(b, name)
        assert left.dtype == right.dtype
        assert left.tolist() == right.tolist()
    assert (a.ids, a.frequency) == (b.ids, b.frequency)


@each_library
def test_two_series(library: str) -> None:
    data: Data = {
        "unique_id": ["b", "a", "b", "a", "a"],
        "ds": [days(3)[i] for i in (1, 2, 0, 0, 1)],
        "y": [1, 2, 3, 4, 5],
        "other": ["x", "x", None, "x", "x"],
    }
    series = read_series(LIBRARIES[library](data))
    assert series.ids == ["a", "b"]
    assert len(series) == 2
    assert series.values.tolist() == [4.0, 5.0, 2.0, 3.0, 1.0]
    assert series.time.dtype == "datetime64[us]"
    assert series.time.tolist() == [*days(3), *days(2)]
    assert (series.start.tolist(), series.length.tolist()) == ([0, 3], [3, 2])
    assert series.last.tolist() == [days(3)[2], days(2)[1]]
    assert series.frequency == Frequency("microsecond", DAY)
    assert series.frame.library == library


@pytest.mark.parametrize("library", ["pandas", "polars"])
@given(st.data())
def test_the_order_of_rows_does_not_matter(library: str, data: st.DataObject) -> None:
    lengths = data.draw(st.lists(st.integers(1, 12), min_size=1, max_size=5))
    step = data.draw(st.sampled_from(["D", "h", "ME", "MS", "B", "W", "integer"]))
    # two weekends, from which weekdays are seen, or two rows
    lengths[0] = max(lengths[0], 12 if step == "B" else 2)
    rows: Data = {"unique_id": [], "ds": [], "y": []}
    for i, length in enumerate(lengths):
        if step == "integer":
            times: list[Any] = list(range(i, i + length))
        else:
            times = pd.date_range("2023-03-01", periods=length, freq=step).to_pydatetime().tolist()
        rows["unique_id"] += [f"id {i}"] * length
        rows["ds"] += times
        rows["y"] += [100.0 * i + j for j in range(length)]
    order = data.draw(st.permutations(range(len(rows["y"]))))
    shuffled = {name: [column[i] for i in order] for name, column in rows.items()}
    sorted_series = read_series(LIBRARIES[library](rows))
    assert_same(read_series(LIBRARIES[library](shuffled)), sorted_series)
    assert sorted_series.values.tolist() == rows["y"]
    assert sorted_series.length.tolist() == lengths


@each_library
@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([10, 10, 9, 9], [9, 10]),
        (["10", "10", "9", "9"], ["10", "9"]),
        (["", "", "é", "é"], ["", "é"]),
    ],
)
def test_ids_are_kept_as_written(library: str, ids: list[Any], expected: list[Any]) -> None:
    data = {"shop": ids, "ds": [1, 2, 1, 2], "y": [0.0, 1.0, 2.0, 3.0]}
    series = read_series(LIBRARIES[library](data), id="shop")
    assert series.ids == expected
    assert all(type(a) is type(b) for a, b in zip(series.ids, expected, strict=True))


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_categories_are_text(frame: Any) -> None:
    df = frame({"unique_id": ["b", "b", "a", "a"], "ds": [1, 2, 1, 2], "y": [1, 2, 3, 4]})
    if frame is pd.DataFrame:
        df["unique_id"] = pd.Categorical(df["unique_id"], categories=["b", "a", "unused"])
    else:
        df = df.with_columns(pl.col("unique_id").cast(pl.Enum(["b", "a", "unused"])))
    assert read_series(df).ids == ["a", "b"]
    assert read_series(df).values.tolist() == [3.0, 4.0, 1.0, 2.0]


def test_rows_may_share_a_label() -> None:
    one = pd.DataFrame({"unique_id": "a", "ds": [1, 2], "y": [1.0, 2.0]})
    series = read_series(pd.concat([one.assign(unique_id="b", y=[3.0, 4.0]), one]))
    assert series.ids == ["a", "b"]
    assert series.values.tolist() == [1.0, 2.0, 3.0, 4.0]


@each_library
def test_without_id(library: str) -> None:
    data = {"unique_id": ["a", "a"], "ds": [1, 2], "y": [3, 4]}
    assert read_series(LIBRARIES[library](data), id=None).ids is None
    del data["unique_id"]
    series = read_series(LIBRARIES[library](data))
    assert series.ids is None
    assert series.frame.id is None
    assert (series.start.tolist(), series.length.tolist()) == ([0], [2])


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_units_of_pandas(unit: str) -> None:
    times = pd.date_range("2024-01-01", periods=3, unit=unit)
    series = read_series(pd.DataFrame({"ds": times, "y": [1, 2, 3]}))
    assert series.time.dtype == "datetime64[us]"
    assert series.time.tolist() == days(3, "2024-01-01")


@pytest.mark.parametrize("dtype", ["int8", "uint16", "Int64", "int64"])
def test_whole_numbers_for_times(dtype: str) -> None:
    df = pd.DataFrame({"ds": pd.Series([3, 5, 1], dtype=dtype), "y": [3, 5, 1]})
    series = read_series(df)
    assert series.time.dtype == np.int64
    assert series.time.tolist() == [1, 3, 5]
    assert series.frequency == Frequency("integer", 2)


@pytest.mark.parametrize("dtype", ["int8", "uint64", "float32", "Int64", "Float32"])
def test_values_are_float64_whatever_they_were(dtype: str) -> None:
    df = pd.DataFrame({"ds": [1, 2], "y": pd.Series([3, 7], dtype=dtype)})
    assert read_series(df).values.dtype == np.float64
    assert read_series(df).values.tolist() == [3.0, 7.0]


def test_the_frame_is_left_alone() -> None:
    df = pd.DataFrame({"ds": [2, 1], "y": [2.0, 1.0]})
    before = df.copy(deep=True)
    series = read_series(df)
    series.values[:] = 7
    series.time[:] = 7
    pd.testing.assert_frame_equal(df, before)
    polars = pl.DataFrame({"ds": [1, 2], "y": [1.0, 2.0]})
    read_series(polars).values[:] = 7
    assert polars["y"].to_list() == [1.0, 2.0]


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize("first", ["2024-03-29", "2024-10-25", "2024-03-08", "2024-11-01"])
def test_a_day_is_a_day_on_the_wall_and_an_hour_an_hour_in_utc(
    library: str, zone: str, first: str
) -> None:
    def read(times: pd.DatetimeIndex) -> Series:
        df: Any = pd.DataFrame({"ds": times, "y": range(len(times))})
        return read_series(df if library == "pandas" else pl.from_pandas(df))

    by_day = pd.date_range(first, periods=7, freq="D", tz=zone)
    series = read(by_day)
    assert series.frequency == Frequency("microsecond", DAY)
    assert series.time.tolist() == by_day.tz_localize(None).to_pydatetime().tolist()
    assert series.frame.wall

    by_hour = pd.date_range(first, periods=100, freq="h", tz=zone)
    series = read(by_hour)
    assert series.frequency == Frequency("microsecond", DAY // 24)
    utc = by_hour.tz_convert("UTC").tz_localize(None)
    assert series.time.tolist() == utc.to_pydatetime().tolist()
    assert not series.frame.wall


def test_no_frame_library_is_loaded_before_it_is_needed() -> None:
    code = (
        "import sys, tidegate.data\n"
        "print(sorted({'pandas', 'polars', 'narwhals', 'pyarrow'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "[]\n"
