"""A frame is written as the one that was read: its library, its columns, their types."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from zoneinfo import ZoneInfo
from zoneinfo._common import load_tzdata

import numpy as np
import pandas as pd
import polars as pl
import pytest
from dateutil import tz

from tidegate.data import FrameKind, frame, read_series, write_frame
from tidegate.errors import ArgumentError, DataError


def continued(df: Any, horizon: int = 2, **options: Any) -> Any:
    """What a forecaster does: read, keep the kind as JSON, write the times that follow."""
    series = read_series(df, **options)
    kind = FrameKind.from_json(json.loads(json.dumps(series.frame.to_json())))
    assert kind == series.frame
    times = series.frequency.ahead(series.last, horizon).ravel()
    ids = None if series.ids is None else [i for i in series.ids for _ in range(horizon)]
    columns = {"LSTM": np.arange(len(times)) / 2, "LSTM-p": np.zeros(len(times), np.float32)}
    return write_frame(kind, ids, times, columns)


# three to read, two that follow
PANDAS_TIMES = [
    pd.Series([1, 2, 3, 4, 5], dtype="int16"),
    pd.Series([1, 2, 3, 4, 5], dtype="uint64"),
    *(pd.Series(pd.date_range("2024-01-31", periods=5, freq="ME", unit=u)) for u in ("s", "ns")),
    *(
        pd.Series(pd.period_range("2024-01-01", periods=5, freq=freq))
        for freq in ("Y", "Q", "M", "W", "D", "h")
    ),
    *(
        pd.Series(pd.date_range("2024-03-30", periods=5, freq=freq, tz=zone))
        for freq in ("D", "h")
        for zone in ("Europe/Berlin", "America/New_York", "UTC", "+05:30")
    ),
]


@pytest.mark.parametrize("freq", ["D", "h"])
@pytest.mark.parametrize(
    ("zone", "name"),
    [
        (tz.tzutc(), "UTC"),
        (tz.tzoffset("X", 3600), "UTC+01:00"),
        (dt.timezone(dt.timedelta(hours=2), "CEST"), "UTC+02:00"),
        (ZoneInfo("America/Port-au-Prince"), "America/Port-au-Prince"),
    ],
)
def test_zones_of_other_libraries_are_written_by_name(
    zone: dt.tzinfo, name: str, freq: str
) -> None:
    times = pd.Series(pd.date_range("2024-01-01", periods=5, freq=freq, tz=zone))
    out = continued(pd.DataFrame({"ds": times[:3], "y": [1.0, 2.0, 3.0]}))
    assert out["ds"].tolist() == times[3:].tolist()
    assert str(out["ds"].dtype.tz) == name  # type: ignore[union-attr]


def test_a_zone_without_a_name_is_refused() -> None:
    with load_tzdata("Europe/Berlin") as file:
        nameless = ZoneInfo.from_file(file)
    times = pd.date_range("2024-01-01", periods=3, tz=nameless)
    with pytest.raises(DataError, match=r"^column 'ds': its time zone, .*, has no name by which"):
        read_series(pd.DataFrame({"ds": times, "y": [1.0, 2.0, 3.0]}))


@pytest.mark.parametrize("times", PANDAS_TIMES, ids=lambda times: str(times.dtype))
def test_pandas(times: pd.Series) -> None:
    given = pd.DataFrame({"when": times[:3], "rain": [1.0, 2.0, 3.0]})
    out = continued(given, time="when", target="rain")
    expected = pd.DataFrame({"when": times[3:].reset_index(drop=True)})
    expected["LSTM"], expected["LSTM-p"] = [0.0, 0.5], [0.0, 0.0]
    pd.testing.assert_frame_equal(out, expected)


@pytest.mark.parametrize(
    "times",
    [
        pl.Series([1, 2, 3], dtype=pl.Int32),
        pl.Series([1, 2, 3], dtype=pl.UInt8),
        pl.Series([dt.date(2024, 2, day) for day in (27, 28, 29)]),
        *(
            pl.datetime_range(
                dt.datetime(2024, 10, 26), dt.datetime(2024, 10, 28), time_unit=unit, eager=True
            )
            for unit in ("ms", "us", "ns")
        ),
        pl.datetime_range(
            dt.datetime(2024, 10, 26),
            dt.datetime(2024, 10, 28),
            time_zone="America/New_York",
            eager=True,
        ),
    ],
    ids=lambda times: str(times.dtype),
)
def test_polars(times: pl.Series) -> None:
    given = pl.DataFrame({"unique_id": [7, 7, 7], "ds": times, "y": [1.0, 2.0, 3.0]})
    out = continued(given.with_columns(pl.col("unique_id").cast(pl.Int16)))
    assert out.schema == {
        "unique_id": pl.Int16,
        "ds": times.dtype,
        "LSTM": pl.Float64,
        "LSTM-p": pl.Float64,
    }
    assert out["unique_id"].to_list() == [7, 7]
    following = [4, 5] if times.dtype.is_integer() else [times[2] + dt.timedelta(i) for i in (1, 2)]
    assert out["ds"].to_list() == following
    assert out["LSTM"].to_list() == [0.0, 0.5]


def test_pyarrow() -> None:
    pa = pytest.importorskip("pyarrow")
    data = {"unique_id": ["a", "a"], "ds": [dt.date(2024, 2, 28), dt.date(2024, 2, 29)]}
    out = continued(pa.table({**data, "y": [1, 2]}))
    assert isinstance(out, pa.Table)
    assert out.to_pydict() == {
        "unique_id": ["a", "a"],
        "ds": [dt.date(2024, 3, 1), dt.date(2024, 3, 2)],
        "LSTM": [0.0, 0.5],
        "LSTM-p": [0.0, 0.0],
    }
    assert out.schema.field("ds").type == pa.date32()


def test_the_id_comes_first_and_repeats() -> None:
    data = {"y": [1, 2, 3, 4], "ds": [1, 2, 1, 2], "shop": ["b", "b", "a", "a"]}
    for library in (pd.DataFrame, pl.DataFrame):
        out = continued(library(data), id="shop")
        assert list(out.columns) == ["shop", "ds", "LSTM", "LSTM-p"]
        assert list(out["shop"]) == ["a", "a", "b", "b"]
        assert list(out["ds"]) == [3, 4, 3, 4]


def test_without_an_id_column_none_is_written() -> None:
    assert continued(pl.DataFrame({"ds": [1, 2], "y": [1, 2]})).columns == ["ds", "LSTM", "LSTM-p"]


def test_whole_numbers_that_outgrow_their_type() -> None:
    df = pl.DataFrame({"ds": pl.Series([253, 254], dtype=pl.UInt8), "y": [1, 2]})
    out = continued(df)
    assert out["ds"].dtype == pl.Int64
    assert out["ds"].to_list() == [255, 256]


def test_nanoseconds_end_in_2262_and_larger_units_go_on() -> None:
    ds = pd.date_range("2262-04-08", periods=4).astype("datetime64[ns]")
    found = continued(pd.DataFrame({"ds": ds, "y": [1.0] * 4}))
    assert found["ds"].dtype == "datetime64[us]"
    assert found["ds"].astype(str).tolist() == ["2262-04-12", "2262-04-13"]


def test_no_rows() -> None:
    series = read_series(pl.DataFrame({"unique_id": ["a", "a"], "ds": [1, 2], "y": [1, 2]}))
    out = write_frame(series.frame, [], series.time[:0], {"LSTM": np.empty(0)})
    assert out.schema == {"unique_id": pl.String, "ds": pl.Int64, "LSTM": pl.Float64}
    assert out.height == 0


def test_polars_where_the_library_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    series = read_series(pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=2), "y": [1, 2]}))
    monkeypatch.setattr(frame, "find_spec", lambda name: None if name == "pandas" else object())
    out = write_frame(series.frame, None, series.time, {"LSTM": series.values})
    assert isinstance(out, pl.DataFrame)
    assert out["ds"].to_list() == [dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 2)]


def test_periods_without_pandas_are_dates(monkeypatch: pytest.MonkeyPatch) -> None:
    months = pd.period_range("2024-01", periods=2, freq="M")
    series = read_series(pd.DataFrame({"ds": months, "y": [1, 2]}))
    monkeypatch.setattr(frame, "find_spec", lambda name: None if name == "pandas" else object())
    out = write_frame(series.frame, None, series.time, {"LSTM": series.values})
    assert out["ds"].to_list() == [dt.datetime(2024, 1, 1), dt.datetime(2024, 2, 1)]


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_clocks_that_skip_or_repeat_an_hour(library: str) -> None:
    # 2:30 is skipped on 31 March and comes twice on 27 October
    for day, utc in (("2024-03-31", "2024-03-31T01:30"), ("2024-10-27", "2024-10-27T00:30")):
        last = pd.date_range(f"{day} 02:30", periods=3)[0] - pd.Timedelta(1, "D")
        times = pd.date_range(end=last, periods=3).tz_localize("Europe/Berlin")
        df: Any = pd.DataFrame({"ds": times, "y": [1.0, 2.0, 3.0]})
        out = continued(df if library == "pandas" else pl.from_pandas(df), horizon=1)
        first = out["ds"][0]
        assert first.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M") == utc


KIND: dict[str, Any] = {
    "library": "polars",
    "id": None,
    "time": "ds",
    "target": "y",
    "kind": "datetime",
    "dtype": "us",
    "zone": None,
    "wall": False,
    "id_dtype": "String",
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"library": "os"}, "library must be one of pandas, polars, .* got 'os'"),
        ({"kind": "week"}, "kind must be one of integer, date, datetime, period, got 'week'"),
        ({"kind": []}, "kind must be one of integer, date, datetime, period, got \\[\\]"),
        ({"dtype": "Int64"}, "dtype must be one of s, ms, us, ns, got 'Int64'"),
        ({"kind": "period"}, r"dtype must be one of period\[M\], ..., got 'us'"),
        ({"kind": "integer"}, "dtype must be one of Int8, .* got 'us'"),
        ({"id_dtype": "from_native"}, "id_dtype must be one of String, .* 'from_native'"),
        ({"wall": "yes"}, "wall must be one of True, False, got 'yes'"),
        ({"id": 3}, "id must be text, got 3"),
        ({"time": None}, "time must be text, got None"),
        ({"zone": 1}, "zone must be text, got 1"),
        ({"colour": 1}, "FrameKind has no entry 'colour'"),
    ],
)
def test_json_refused(change: dict[str, Any], message: str) -> None:
    assert FrameKind.from_json(KIND).time == "ds"
    with pytest.raises(ArgumentError, match=message):
        FrameKind.from_json({**KIND, **change})
