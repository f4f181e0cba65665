"""From a CSV file to series: what works, and for each fault the line that names it."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tidegate.data import Series, choose_columns, place, read_series, read_table, to_frame
from tidegate.errors import DataError

EXAMPLE = Path(__file__).parents[2] / "examples" / "seattle-rain.csv"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(
    path: str | Path,
    *,
    time: str | None = None,
    target: str | None = None,
    id: str | None = None,
) -> Series:
    """As the command line does it."""
    table = read_table(str(path))
    columns = choose_columns(table, time, target, id)
    frame = to_frame(table, columns)
    return read_series(
        frame, id=columns.id, time=columns.time, target=columns.target, place=place(table)
    )


def test_the_example_against_another_reader() -> None:
    series = read(EXAMPLE)
    expected = pl.read_csv(EXAMPLE, try_parse_dates=True)
    assert series.values.tolist() == expected["precipitation"].to_list()
    assert series.time.astype("datetime64[D]").tolist() == expected["date"].to_list()
    assert series.frequency.name == "day"
    assert (series.frame.kind, series.frame.id) == ("date", None)


PLAIN = "ds,y\n2024-02-28,1.5\n2024-02-29,2\n2024-03-01,-3\n"
VARIANTS = {
    "plain": PLAIN.encode(),
    "a byte order mark": b"\xef\xbb\xbf" + PLAIN.encode(),
    "CRLF": PLAIN.replace("\n", "\r\n").encode(),
    "semicolons": PLAIN.replace(",", ";").encode(),
    "semicolons and decimal commas": PLAIN.replace(",", ";").replace(".", ",").encode(),
    "tabs": PLAIN.replace(",", "\t").encode(),
    "UTF-16": PLAIN.encode("utf-16"),
    "quotes": re.sub("[^,\n]+", lambda cell: f'"{cell[0]}"', PLAIN).encode(),
    "blanks": PLAIN.replace(",", " , ").encode(),
    "other order": b"y,ds\n-3,2024-03-01\n1.5,2024-02-28\n2,2024-02-29\n",
    "blank lines": PLAIN.replace("\n", "\n\n").encode(),
    "day first": b"ds,y\n28.02.2024,1.5\n29.02.2024,2\n01.03.2024,-3",
    "month first": b"ds,y\n2/28/2024,1.5\n2/29/2024,2\n3/1/2024,-3",
    "no end of line": PLAIN.strip().encode(),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_one_table_written_in_many_ways(variant: str, folder: Path) -> None:
    (folder / "rain.csv").write_bytes(VARIANTS[variant])
    series = read("rain.csv")
    assert series.values.tolist() == [1.5, 2.0, -3.0]
    days = [dt.datetime(2024, 2, 28), dt.datetime(2024, 2, 29), dt.datetime(2024, 3, 1)]
    assert series.time.tolist() == days


FAULTS = [
    ("", {}, "rain.csv: the file is empty; expected a header line, then rows"),
    ("ds,y\n", {}, "rain.csv, line 1: there is a header and no row below it; add rows"),
    (
        "ds,y\n2024-02-28,1\n",
        {},
        "rain.csv, line 2, column 'ds': this is the only row; a series needs 2 rows at least, "
        "from which the step between them is seen",
    ),
    (
        PLAIN,
        {"target": "rain"},
        "rain.csv: --target rain: there is no such column; the columns are ds, y",
    ),
    (
        PLAIN.replace("ds,y", "y,y"),
        {},
        "rain.csv, line 1: the column 'y' is there twice; rename or remove one of them",
    ),
    (
        PLAIN.replace("02-29", "02-28"),
        {},
        "rain.csv, line 3, column 'ds': 2024-02-28 is already in rain.csv, line 2; keep one row "
        "for each time, or name the id column if they belong to different series",
    ),
    (
        PLAIN.replace("02-29", "02-30"),
        {},
        "rain.csv, line 3, column 'ds': '2024-02-30' is no date; write it like '2024-02-28'",
    ),
    (
        PLAIN.replace("2024-02-29", ""),
        {},
        "rain.csv, line 3, column 'ds': the date is missing; fill it in",
    ),
    (
        PLAIN.replace(",2", ",abc"),
        {},
        "rain.csv, line 3, column 'y': 'abc' is no number; correct it",
    ),
    (
        PLAIN.replace(",2", ",NaN"),
        {},
        "rain.csv, line 3, column 'y': the value is missing (NaN); fill it in",
    ),
    (
        PLAIN.replace(",2\n", ",\n"),
        {},
        "rain.csv, line 3, column 'y': the value is missing; fill it in",
    ),
    (
        PLAIN.replace(",2", ",-inf"),
        {},
        "rain.csv, line 3, column 'y': the value is infinite; correct it",
    ),
    (
        PLAIN.replace(",2", ",1e999"),
        {},
        "rain.csv, line 3, column 'y': the value is infinite; correct it",
    ),
    (
        PLAIN + "2024-03-04,5\n",
        {},
        "rain.csv, line 5, column 'ds': 2024-03-02 is missing before 2024-03-04 (2 days in a row); "
        "add a row, with a value, for each missing day",
    ),
    (
        PLAIN + "2024-03-02\n",
        {},
        "rain.csv, line 5: has 1 field, but the header in line 1 has 2; fill in what is missing",
    ),
    (
        PLAIN + "\x00\x01\x02",
        {},
        "rain.csv, line 5: holds the byte 0x00, so this is no text; give a file in UTF-8",
    ),
    (
        PLAIN + "2024-03-02," + "1" * 1_000_000,
        {},
        "rain.csv, line 5: has 1,000,011 characters, and 100,000 are the most; is this a CSV file?",
    ),
    (
        "ds,y\nx,1\ny,2\n",
        {"time": "ds"},
        "rain.csv, line 2, column 'ds': 'x' is no date, and no whole number; write dates like "
        "2024-01-31",
    ),
    *(
        (
            "ds,sold\n" + "".join(f"{date},{i}\n" for i, date in enumerate(dates)),
            given,
            f"rain.csv{place} {dates[0]!r}{verb} has no year of four digits; write it like "
            "2024-01-31",
        )
        for dates in (
            ("13/01/24", "14/01/24"),
            ("1.2.24 00:00", "1.2.24 01:00"),
            ("24-01-01", "24-01-02"),
            ("1-Jan-24", "2-Jan-24"),
            ("Jan-24", "Feb-24"),
        )
        for given, place, verb in (
            ({}, ": the column 'ds' holds", ", which"),
            ({"time": "ds"}, ", line 2, column 'ds':", ""),
        )
    ),
    (
        "year,y\n1990,1\n1991,2\n1992x,2\n",
        {},
        "rain.csv, line 4, column 'year': '1992x' is no whole number; correct it",
    ),
    (
        "shop,ds,y\na,1,1\na,2,2\n,3,3\n",
        {"time": "ds", "id": "shop"},
        "rain.csv, line 4, column 'shop': the id is missing; fill it in",
    ),
    (
        "shop,ds,y\n1,1,1\n1,2,2\nNA,3,3\n",
        {"time": "ds", "id": "shop"},
        "rain.csv, line 4, column 'shop': the id is missing; fill it in",
    ),
    (
        "shop,ds,y\nb,1,1\nb,2,2\na,1,3\na,3,3\na,4,7\na,5,7\n",
        {"id": "shop"},
        "rain.csv, line 5, series 'a', column 'ds': 2 is missing before 3; "
        "add a row, with a value, for each missing step",
    ),
]


@pytest.mark.parametrize(("text", "options", "message"), FAULTS, ids=[f[2][:50] for f in FAULTS])
def test_faults(text: str, options: dict[str, str], message: str, folder: Path) -> None:
    (folder / "rain.csv").write_text(text)
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read("rain.csv", **options)


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (["10", "9"], [9, 10]),
        (["-1", "0"], [-1, 0]),
        (["07", "8"], ["07", "8"]),
        (["1.0", "2"], ["1.0", "2"]),
        (["Seattle", "9"], ["9", "Seattle"]),
        (["NA", "DE", "null"], ["DE", "NA", "null"]),  # Namibia, and a person's name
    ],
)
def test_ids_that_are_all_whole_numbers_are_numbers(
    ids: list[str], expected: list[object], folder: Path
) -> None:
    rows = [f"{i},2024-01-0{day},{day}" for day in (1, 2) for i in ids]
    (folder / "rain.csv").write_text("\n".join(["unique_id,ds,y", *rows]))
    assert read("rain.csv").ids == expected


def test_types_and_rows_stay_where_they_were(folder: Path) -> None:
    (folder / "rain.csv").write_text("a;when;y\nx;2024-01-02 10:00;\nx;2024-01-01 10:00;1,5\n")
    table = read_table("rain.csv")
    frame = to_frame(table, choose_columns(table))
    assert frame.schema == {"when": pl.Datetime("us"), "y": pl.Float64}
    assert frame["y"].to_list() == [None, 1.5]
    assert frame["when"].to_list() == [dt.datetime(2024, 1, 2, 10), dt.datetime(2024, 1, 1, 10)]


def test_whole_numbers_may_be_missing(folder: Path) -> None:
    (folder / "rain.csv").write_text("year,y\n1990,1\n1991,2\n,3\n1993,3\n")
    message = "rain.csv, line 4, column 'year': the date is missing; fill it in"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read("rain.csv")


def test_hours_over_a_change_of_clocks(folder: Path) -> None:
    rows = ["2024-03-31T01:00+01:00,1", "2024-03-31T03:00+02:00,2", "2024-03-31T04:00+02:00,3"]
    (folder / "rain.csv").write_text("\n".join(["ds,y", *rows]))
    series = read("rain.csv")
    assert series.frequency.name == "hour"
    assert series.time.tolist() == [dt.datetime(2024, 3, 31, hour) for hour in (0, 1, 2)]
    assert np.all(series.values == [1, 2, 3])


def test_of_a_column_of_texts_the_empty_cell_alone_is_missing(folder: Path) -> None:
    cells = "1,1,NA,NA\n2,2,EU,4\n3,3,,5\n4,4,null,6\n"  # North America; of numbers NA is none
    (folder / "sales.csv").write_text(f"ds,y,zone,price\n{cells}")
    table = read_table("sales.csv")
    frame = to_frame(table, choose_columns(table, "ds", "y"), ["zone", "price"])
    assert frame["zone"].to_list() == ["NA", "EU", None, "null"]
    assert frame["price"].to_list() == [None, 4.0, 5.0, 6.0]


def test_covariates_from_text(folder: Path) -> None:
    (folder / "sales.csv").write_text(
        "ds;y;price;kind;note\n1;1;1,5;a;x\n2;;2,5;;\n4;4;3,5;b;\n5;5;;a;\n"
    )
    (folder / "ahead.csv").write_text("ds;price\n6;4,5\n7;1,5\n")
    table = read_table("sales.csv")
    columns = choose_columns(table, "ds", "y")
    frame = to_frame(table, columns, ["price", "kind"])
    assert frame.columns == ["ds", "y", "price", "kind"]
    series = read_series(frame, past=["price", "kind"], missing="keep", gaps="fill")
    n = np.nan
    np.testing.assert_array_equal(
        series.past, [[1.5, 1, 0], [2.5, n, n], [n, n, n], [3.5, 0, 1], [n, 1, 0]]
    )
    frame = to_frame(read_table("ahead.csv"), columns, ["price"], target=False)
    assert frame.to_dict(as_series=False) == {"ds": [6, 7], "price": [4.5, 1.5]}
    with pytest.raises(DataError, match=r"^ahead.csv: there is no column 'kind'; the columns are"):
        to_frame(read_table("ahead.csv"), columns, ["kind"], target=False)
