"""Each fault of a frame is one line: the row, the series, the column, and what to do."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pandas as pd
import polars as pl
import pytest

from libraries import LIBRARIES, Data, days, each_library
from tidegate.data import read_series
from tidegate.errors import ArgumentError, DataError

GOOD: Data = {"ds": days(4), "y": [1.0, 2.0, 3.0, 4.0]}


def but(**changes: Any) -> Data:
    return {**GOOD, **changes}


D = days(9)
FAULTS: list[tuple[Data, dict[str, Any], str]] = [
    ({"ds": [], "y": []}, {}, "the frame has no rows, only the columns 'ds', 'y'"),
    (
        {"date": days(4), "y": [1, 2, 3, 4]},
        {},
        "there is no column 'ds', only 'date', 'y'; name another with time=...",
    ),
    (
        {"DS": days(4), "y": [1, 2, 3, 4]},
        {},
        "there is no column 'ds', only 'DS', 'y'; did you mean 'DS'? Then pass time='DS'",
    ),
    (
        GOOD,
        {"target": "rain"},
        "there is no column 'rain', only 'ds', 'y'; name another with target=...",
    ),
    (
        GOOD,
        {"id": "shop"},
        "there is no column 'shop', only 'ds', 'y'; name another with id=...",
    ),
    (
        but(y=[1.0, None, None, 4.0]),
        {},
        "row 1, column 'y': the value is missing (and 1 more); fill it in",
    ),
    (
        but(y=[1.0, 2.0, 3.0, float("inf")]),
        {},
        "row 3, column 'y': the value is infinite; correct it",
    ),
    (
        but(y=[1.0, 2.0, -float("inf"), float("inf")]),
        {},
        "row 2, column 'y': the value is infinite (and 1 more); correct it",
    ),
    (
        but(y=["1", "2", "abc", "4"]),
        {},
        "row 2, column 'y': 'abc' is no number; correct it",
    ),
    (
        but(ds=[D[0], None, D[2], D[3]]),
        {},
        "row 1, column 'ds': the date is missing; fill it in",
    ),
    (
        but(ds=[D[0], D[1], D[3], D[1]]),
        {},
        "row 3, column 'ds': 2024-02-28 is already in row 1; keep one row for each time, or name "
        "the id column if they belong to different series",
    ),
    (
        but(ds=[D[1], D[1], D[2], D[1]], unique_id=["a", "b", "b", "b"]),
        {},
        "row 3, series 'b', column 'ds': 2024-02-28 is already in row 1; keep one row for each "
        "time",
    ),
    (
        but(ds=[D[0], D[0], D[1], D[1]]),
        {},
        "row 1, column 'ds': 2024-02-27 is already in row 0 (2 such rows); keep one row for each "
        "time, or name the id column if they belong to different series",
    ),
    (
        but(ds=[dt.datetime(2023, 10, 29, hour) for hour in (1, 2, 2, 3)]),
        {},
        "row 2, column 'ds': 2023-10-29 02:00 is already in row 1; keep one row for each time, or "
        "name the id column if they belong to different series; if the clock was put back then, "
        "write times with their UTC offset",
    ),
    (
        but(ds=[dt.datetime(2023, 10, 30, hour) for hour in (1, 2, 2, 3)]),
        {},
        "row 2, column 'ds': 2023-10-30 02:00 is already in row 1; keep one row for each time, or "
        "name the id column if they belong to different series",
    ),
    (
        but(ds=[D[3], D[4], D[0], D[1]]),
        {},
        "row 0, column 'ds': 2024-02-29 is missing before 2024-03-01; "
        "add a row, with a value, for each missing day",
    ),
    (
        but(ds=[D[0], D[1], D[5], D[6]]),
        {},
        "row 2, column 'ds': 2024-02-29 is missing before 2024-03-03 (3 days in a row); "
        "add a row, with a value, for each missing day",
    ),
    (
        {"ds": [D[i] for i in (0, 1, 2, 5, 6, 8)], "y": [0.0] * 6},
        {},
        "row 3, column 'ds': 2024-03-01 is missing before 2024-03-03 (3 days in 2 gaps); "
        "add a row, with a value, for each missing day",
    ),
    (
        {"ds": [1, 2, 3, 6], "y": [0.0] * 4, "unique_id": ["x"] * 4},
        {},
        "row 3, series 'x', column 'ds': 4 is missing before 6 (2 steps in a row); "
        "add a row, with a value, for each missing step",
    ),
    (
        {"ds": [D[0], D[1], D[2], D[2] + dt.timedelta(hours=30), D[4], D[5]], "y": [0.0] * 6},
        {},
        "row 3, column 'ds': 2024-03-01 06:00 is no whole number of steps after 2024-02-29, but "
        "most rows are 1 day apart; correct the time, bring all rows to one step, or number the "
        "rows and take the number for the time",
    ),
    (
        {"ds": [1, 2, 4, 8, 15], "y": [0.0] * 5},
        {},
        "row 2, column 'ds': the times follow no fixed step, here 4 after 2; "
        "sum or average the rows to one step, for example to days, or number the rows and take the "
        "number for the time",
    ),
    (
        {"ds": [1], "y": [0.0]},
        {},
        "row 0, column 'ds': this is the only row; a series needs 2 rows at least, from which the "
        "step between them is seen",
    ),
    (
        {"ds": [1, 1], "y": [0.0, 1.0], "unique_id": ["a", "b"]},
        {},
        "row 0, series 'a', column 'ds': this is the only row, as in each of the 2 series; a "
        "series needs 2 rows at least, from which the step between them is seen",
    ),
    (
        but(unique_id=["a", "a", None, "a"]),
        {},
        "row 2, column 'unique_id': the id is missing; fill it in",
    ),
    (
        {"ds": [1, 2, 2**62 + 1], "y": [0.0] * 3},
        {},
        "row 2, column 'ds': expected a number of at most 2**62, got 4611686018427387905",
    ),
]


@each_library
@pytest.mark.parametrize(("data", "options", "message"), FAULTS, ids=[f[2][:60] for f in FAULTS])
def test_faults(library: str, data: Data, options: dict[str, Any], message: str) -> None:
    frame = LIBRARIES[library](data)
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_series(frame, **options)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (
            pl.DataFrame(but(y=[1.0, 2.0, float("nan"), float("nan")])),
            "row 2, column 'y': the value is missing (NaN) (and 1 more); fill it in",
        ),
        *(
            (
                kind({"ds": pd.Series([0, 2000, 3500, 6000]).astype("M8[ns]"), "y": [0.0] * 4}),
                "row 2, column 'ds': 1970-01-01T00:00:00.000003500 is finer than a microsecond, "
                "and no step may be; round the times, or number the rows and take the number for "
                "the time",
            )
            for kind in (pd.DataFrame, pl.DataFrame)
        ),
        (
            pl.DataFrame(but(y=["1", "2", "3", "4"])),
            "row 0, column 'y': expected numbers, but the column holds String, here '1'; convert "
            "it, for example: df = df.with_columns(pl.col('y').cast(pl.Float64))",
        ),
        (
            pd.DataFrame(but(y=["1", "2", "3", "4"])),
            "row 0, column 'y': expected numbers, but the column holds String, here '1'; convert "
            "it, for example: df['y'] = pd.to_numeric(df['y'])",
        ),
        (
            pd.DataFrame(but(y=[1.0, 2.0, "x\ny", 4.0])),
            r"row 2, column 'y': 'x\ny' is no number; correct it",
        ),
        (
            pd.DataFrame(but(ds=["2024-01-01"] * 4)),
            "row 0, column 'ds': expected dates or whole numbers, but the column holds String, "
            "here '2024-01-01'; convert it, for example: df['ds'] = pd.to_datetime(df['ds'])",
        ),
        (
            pd.DataFrame(
                but(ds=pd.Series([*pd.period_range("2024-01", periods=4, freq="M")], dtype=object))
            ),
            "row 0, column 'ds': expected dates or whole numbers, but the column holds Object, "
            "here Period('2024-01', 'M'); convert it, for example: "
            "df['ds'] = df['ds'].astype('period[M]')",
        ),
        (
            pl.DataFrame(but(ds=["2024-01-01"] * 4)),
            "row 0, column 'ds': expected dates or whole numbers, but the column holds String, "
            "here '2024-01-01'; convert it, for example: "
            "df = df.with_columns(pl.col('ds').str.to_datetime())",
        ),
        (
            pl.DataFrame(but(ds=[1.5, 2.5, 3.5, 4.5])),
            "row 0, column 'ds': expected dates or whole numbers, but the column holds Float64, "
            "here 1.5; convert it",
        ),
        (
            pl.DataFrame(but(y=[True, False, True, True])),
            "row 0, column 'y': expected numbers, but the column holds Boolean, here True; "
            "convert it",
        ),
        (
            pl.DataFrame(but(unique_id=[0.5] * 4)),
            "row 0, column 'unique_id': an id must be text or a whole number, but the column "
            "holds Float64, here 0.5; convert it to text",
        ),
        (
            pd.DataFrame(GOOD).set_index("ds"),
            "there is no column 'ds', only 'y'; it is in the index: call df.reset_index() first",
        ),
        (
            pd.DataFrame({"y": [1.0, 2.0]}, index=pd.date_range("2024-01-01", periods=2)),
            "there is no column 'ds', only 'y'; if it is the index, call "
            "df.rename_axis('ds').reset_index() first",
        ),
        (
            pd.DataFrame(
                but(ds=pd.date_range("2024-03-29", periods=4, tz="Europe/Berlin").tz_convert("UTC"))
            ),
            "row 3, column 'ds': 2024-03-31 22:00 is no whole number of steps after 2024-03-30 "
            "23:00, but most rows are 1 day apart; if a clock was changed then, convert times to "
            "its time zone; else correct the time, bring all rows to one step, or number the rows "
            "and take the number for the time",
        ),
        (
            pl.DataFrame(but(ds=[202411, 202412, 202501, 202502])),
            "row 2, column 'ds': 202501 comes after 202412, as of months written as numbers; "
            "convert the column to dates, or number the rows",
        ),
        (
            pl.DataFrame(but(ds=[20240301, 20240229, 20240228, 20240227])),
            "row 0, column 'ds': 20240301 comes after 20240229, as of days written as numbers; "
            "convert the column to dates, or number the rows",
        ),
        (
            pl.DataFrame(but(ds=[202451, 202452, 202501, 202502])),
            "row 2, column 'ds': 202501 comes after 202452, as of weeks written as numbers; "
            "convert the column to dates, or number the rows",
        ),
        (
            pl.DataFrame({"ds": [*range(2350, 2353), *range(2401, 2453), 2501], "y": 1.0}),
            "row 3, column 'ds': 2401 comes after 2352, as of weeks written as numbers; "
            "convert the column to dates, or number the rows",
        ),
        (
            pl.DataFrame(but(ds=[20243, 20244, 20251, 20252])),
            "row 2, column 'ds': 20251 comes after 20244, as of quarters or halves of a year "
            "written as numbers; convert the column to dates, or number the rows",
        ),
        (
            pl.DataFrame(but(ds=[2023364, 2023365, 2024001, 2024002])),
            "row 2, column 'ds': 2024001 comes after 2023365, as of days of a year written as "
            "numbers; convert the column to dates, or number the rows",
        ),
        (
            pl.DataFrame(but(ds=pl.Series([1, 2, 3, 4], dtype=pl.Int128))),
            "row 0, column 'ds': expected dates or whole numbers, but the column holds Int128, "
            "here 1; convert it",
        ),
        (
            pd.DataFrame([[1, 2.0, 3.0]], columns=["ds", "y", "y"]),
            "the frame has 2 columns 'y'; rename or drop all but one",
        ),
        (
            pl.DataFrame({f"column {i}": [i] for i in range(25)}),
            "there is no column 'ds', only "
            + ", ".join(f"'column {i}'" for i in range(20))
            + " and 5 more; name another with time=...",
        ),
    ],
)
def test_faults_of_one_library(frame: Any, message: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_series(frame)


def test_whole_numbers_that_are_no_dates_may_leave_out_some() -> None:
    for ds in ([1999, 2000, 2002, 2003], [200098, 200099, 200101, 200102]):
        series = read_series(pl.DataFrame(but(ds=ds)), gaps="fill")
        assert series.time.tolist() == list(range(ds[0], ds[-1] + 1))


def test_an_error_calls_rows_as_told() -> None:
    df = pl.DataFrame(but(ds=[D[0], D[1], D[1], D[2]], unique_id=["a"] * 4))
    with pytest.raises(DataError) as caught:
        read_series(df, place=lambda row: f"rain.csv, line {row + 2}")
    assert str(caught.value) == (
        "rain.csv, line 4, series 'a', column 'ds': 2024-02-28 is already in rain.csv, line 3; "
        "keep one row for each time"
    )


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        ({"ds": [1]}, {}, "expected a pandas or a polars frame, got a dict"),
        (None, {}, "expected a pandas or a polars frame, got a NoneType"),
        (pl.LazyFrame(GOOD), {}, r"frame, got a LazyFrame; call .collect\(\) first"),
        (pl.Series([1]), {}, "expected a pandas or a polars frame, got a Series"),
        (pl.DataFrame(GOOD), {"time": "y"}, "must be different columns, got unique_id, y, y"),
        (pl.DataFrame(GOOD), {"id": "ds"}, "must be different columns, got ds, ds, y"),
        (pd.DataFrame({0: [1], 1: [2]}), {"time": 0}, "^time must be the name of a .* text, got 0"),
        (pl.DataFrame(GOOD), {"target": None}, "^target must be the name of a .* text, got"),
    ],
)
def test_what_is_no_frame(frame: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        read_series(frame, **options)


@pytest.mark.parametrize("library", [pd, pl])
@pytest.mark.parametrize(
    ("text", "first_days"),
    [
        (["2024-03-31", "2024-04-30"], ["2024-03-31", "2024-04-30"]),
        (["2024-03", "2024-04"], ["2024-03-01", "2024-04-01"]),
        (["2024Q3", "2024Q4"], ["2024-07-01", "2024-10-01"]),
        (["2024-Q3", "2024-Q4"], ["2024-07-01", "2024-10-01"]),
        (["Q3 2024", "Q4 2024"], ["2024-07-01", "2024-10-01"]),
    ],
)
def test_what_is_said_of_dates_as_text_works(
    library: Any, text: list[str], first_days: list[str]
) -> None:
    df = library.DataFrame({"a \"d'ay": text, "y": [1.0, 2.0]})
    with pytest.raises(DataError, match="expected dates or whole numbers") as caught:
        read_series(df, time="a \"d'ay")
    names = {"df": df, "pd": pd, "pl": pl}
    exec(str(caught.value).split("for example: ")[1], names)
    times = read_series(names["df"], time="a \"d'ay").time
    assert times.astype("datetime64[D]").astype(str).tolist() == first_days
