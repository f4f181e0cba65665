"""Newer rows behind the old ones give the series that the whole table would have given."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libraries import Data
from tidegate.data import Gap, Series, extend, newest, read_series
from tidegate.data.gaps import FEW
from tidegate.errors import ArgumentError, DataError

COLUMNS: dict[str, Any] = {"past": ["heat"], "static": ["kind"]}


def more(old: Series, df: Any, **options: Any) -> Series:
    return extend(old, read_series(df, like=old, missing="any", gaps="fill", **options))


@given(st.data())
def test_in_two_parts_as_in_one(data: st.DataObject) -> None:
    frequency = data.draw(st.sampled_from(["D", "h", "ME", "B", "integer"]))
    whole, cuts = [], []
    for i in range(data.draw(st.integers(1, 4))):
        count = data.draw(st.integers(16, 40))
        times = np.arange(count) * 5
        dates = pd.date_range("2023-10-27", periods=count, freq=frequency.replace("integer", "D"))
        table = pd.DataFrame({"ds": times if frequency == "integer" else dates})
        table["unique_id"], table["kind"] = f"id {i}", "xy"[i % 2]
        table["y"], table["heat"] = np.arange(count) + 100.0 * i, np.arange(count) * 2.0
        # rows 0 to 11, from which weekdays are seen, and the last stay
        kept = data.draw(st.sets(st.integers(12, count - 1))) | set(range(12)) | {count - 1}
        whole.append(table.iloc[sorted(kept)])
        cuts.append(data.draw(st.integers(12, len(kept))))
    old = pd.concat([table[:cut] for table, cut in zip(whole, cuts, strict=True)])
    new = pd.concat([table[cut:] for table, cut in zip(whole, cuts, strict=True)])
    known = read_series(old, missing="keep", gaps="fill", **COLUMNS)
    series = more(known, new) if len(new) else known
    expected = read_series(pd.concat(whole), like=known, missing="keep", gaps="fill")
    for name in ("values", "time", "start", "length", "past", "static"):
        np.testing.assert_array_equal(getattr(series, name), getattr(expected, name))
    assert series.ids == expected.ids
    assert (series.frequency, series.frame) == (expected.frequency, expected.frame)
    order = {gap: i for i, gap in enumerate(expected.filled)}
    assert sorted(series.filled, key=order.__getitem__) == list(expected.filled)


OLD: Data = {
    "unique_id": ["b", "b", "c", "c"],
    "ds": [1, 2, 1, 2],
    "y": [1.0, 2.0, 3.0, 4.0],
    "kind": ["x", "x", "y", "y"],
    "heat": [1.0, 2.0, 3.0, 4.0],
}


def old(**roles: Any) -> Series:
    return read_series(pl.DataFrame(OLD), **roles)


def test_new_series_come_last_so_each_keeps_its_number() -> None:
    new = {"unique_id": ["c", "a", "d"], "ds": [5, 7, 3], "y": [None, 8.0, 9.0]}
    series = more(old(), pl.DataFrame(new))
    n = np.nan
    assert series.ids == ["b", "c", "a", "d"]
    np.testing.assert_array_equal(series.values, [1, 2, 3, 4, n, n, n, 8, 9])
    assert series.time.tolist() == [1, 2, 1, 2, 3, 4, 5, 7, 3]
    assert (series.start.tolist(), series.length.tolist()) == ([0, 2, 7, 8], [2, 5, 1, 1])
    assert series.filled == (Gap("c", 3, 4, 2),)


def test_of_another_library() -> None:
    series = more(old(), pd.DataFrame({"unique_id": ["b"], "ds": [3], "y": [3.0]}))
    assert series.values.tolist() == [1, 2, 3, 3, 4]
    assert series.frame.library == "polars"


def test_the_newest_rows() -> None:
    series = newest(more(old(**COLUMNS), pl.DataFrame({**OLD, "ds": [3, 4, 3, 4]})), 3)
    assert series.time.tolist() == [2, 3, 4, 2, 3, 4]
    assert series.values.tolist() == [2, 1, 2, 4, 3, 4]
    assert series.past[:, 0].tolist() == [2, 1, 2, 4, 3, 4]
    assert (series.start.tolist(), series.length.tolist()) == ([0, 3], [3, 3])
    assert series.static.tolist() == [[1, 0], [0, 1]]
    assert newest(series, 9).values.tolist() == series.values.tolist()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"ds": [2]},
            "series 'b': 2 is not after 2, the newest time known already; leave out the rows up "
            "to it",
        ),
        (
            {"ds": [2 + FEW + 4]},
            f"series 'b': {FEW + 6} comes {FEW + 4} steps after 2, the newest time known already; "
            f"correct it, or fit again",
        ),
        (
            {"ds": [3], "kind": ["y"]},
            "series 'b': the static column 'kind' is another than before; correct it, or fit again",
        ),
        (
            {"unique_id": ["z"], "y": [None], "kind": ["y"]},
            "series 'z': it is not known yet and has no value at all; leave it out",
        ),
        (
            {"ds": [4], "heat": [1.0]},
            "series 'b': 3 is left out, so 'heat', which is known ahead, has no value there; add "
            "a row for it, with an empty 'y'",
        ),
    ],
)
def test_faults(change: Data, message: str) -> None:
    new: Data = {"unique_id": ["b"], "ds": [3], "y": [1.0], "heat": [1.0], **change}
    known = old(future=["heat"], static=["kind"])
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        more(known, pl.DataFrame(new))


@pytest.mark.parametrize(("frequency", "days"), [("W", 7), ("MS", 31)])
def test_weeks_and_months_are_no_days(frequency: str, days: int) -> None:
    known = read_series(pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=9), "y": 1.0}))
    times = pd.date_range("2024-07-01", periods=9, freq=frequency)
    frame = pd.DataFrame({"ds": times, "y": 1.0})
    words = f"comes {days} days after {times[0].date()}, and so does each row, but the series known"
    with pytest.raises(DataError, match=f"^row 1, column 'ds': {times[1].date()} {words}"):
        more(known, frame)
    assert len(more(known, frame[:8]).values) > 100  # too few to tell
    among = pd.concat([frame, frame[:1].assign(ds=times[0] + pd.Timedelta(days=1))])
    assert len(more(known, among).values) > 100


def test_rows_that_are_closer_than_those_known() -> None:
    known = read_series(pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=9), "y": 1.0}))
    hours = pd.DataFrame({"ds": pd.date_range("2024-01-10", periods=9, freq="h"), "y": 1.0})
    message = (
        "row 1, column 'ds': 2024-01-10 01:00 is no whole number of steps after 2024-01-10, but "
        "the series known already have a row for each day; correct the time"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}"):
        more(known, hours)


def test_a_time_between_two_steps() -> None:
    known = read_series(pl.DataFrame({"ds": [0, 5, 10], "y": [1.0, 2.0, 3.0]}))
    with pytest.raises(DataError, match=r"^13 is no whole number of steps after 10, the newest"):
        more(known, pl.DataFrame({"ds": [13], "y": [4.0]}))


@pytest.mark.parametrize(
    ("frequency", "time", "word"), [("B", "2024-03-09", "weekday"), ("ME", "2024-03-30", "month")]
)
def test_a_time_that_the_frequency_does_not_know(frequency: str, time: str, word: str) -> None:
    times = pd.date_range("2024-01-01", periods=20, freq=frequency)
    known = read_series(pd.DataFrame({"unique_id": "a", "ds": times, "y": 1.0}))
    new = pd.DataFrame({"unique_id": ["z"], "ds": pd.to_datetime([time]), "y": [1.0]})
    with pytest.raises(DataError, match=f"{time} is no time of .* have one for each {word}; "):
        read_series(new, like=known)


def test_read_otherwise() -> None:
    for other, name in (
        (read_series(pl.DataFrame({**OLD, "ds": [3, 5, 3, 5]})), "frequency"),
        (read_series(pl.DataFrame(OLD), past=["heat"]), "encoding"),
        (read_series(pl.DataFrame(OLD).rename({"ds": "t"}), time="t"), "frame"),
    ):
        with pytest.raises(ArgumentError, match=f"with like=series; their {name} is another"):
            extend(old(), other)


def test_a_gap_of_as_many_rows_as_may_be_filled() -> None:
    new = pl.DataFrame({"unique_id": ["b"], "ds": [2 + FEW + 1], "y": [1.0]})
    assert more(old(), new).length.tolist() == [2 + FEW + 1, 2]


def test_one_row_has_the_clock_of_the_rows_known() -> None:
    for frequency, clock in (("h", "UTC"), ("D", "Europe/Berlin")):
        times = pd.date_range("2024-03-29", periods=9, freq=frequency, tz="Europe/Berlin")
        table = pd.DataFrame({"ds": times, "y": 1.0})
        series = more(read_series(table[:8]), table[8:])
        expected = times.tz_convert(clock).tz_localize(None).to_pydatetime()
        assert series.time.tolist() == expected.tolist()
