"""A column is guessed only where no other can be meant; else the candidates are listed."""

from __future__ import annotations

import io
import re

import pytest

from tidegate.data import Columns, TextTable, choose_columns, read_table
from tidegate.errors import DataError

ONLY_DATES = "the only column of dates"
ONLY_NUMBERS = "the only other column of numbers"


def table(*rows: str) -> TextTable:
    return read_table("-", io.BytesIO("\n".join(rows).encode()))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            ["rain,day", "1.5,2024-01-01", "2,2024-01-02"],
            Columns("day", "rain", None, (f"--time day ({ONLY_DATES})",
                                          f"--target rain ({ONLY_NUMBERS})")),
        ),
        (
            ["ds;mm;sky", "01.02.2024;1,5;sun", "02.02.2024;;rain", "03.02.2024;x;rain"],
            Columns("ds", "mm", None, (f"--time ds ({ONLY_DATES})",
                                       f"--target mm ({ONLY_NUMBERS})")),
        ),
        (
            ["x,y,ds", "1.5,2,2024-01-01", "2,3,2024-01-02"],
            Columns("ds", "y", None, (f"--time ds ({ONLY_DATES})", "--target y (by its name)")),
        ),
        (
            ["Year,sales", "1990,7", "1991,8", "1992,9"],
            Columns("Year", "sales", None, ("--time Year (whole numbers under the name of a time)",
                                            f"--target sales ({ONLY_NUMBERS})")),
        ),
        (
            ["n,sales", "10,7", "20,8", "30,7"],
            Columns("n", "sales", None, (
                "--time n (the only whole numbers that grow from row to row)",
                f"--target sales ({ONLY_NUMBERS})")),
        ),
        (
            ["step,day,sales", "1,3,7", "2,1,8", "3,2,7"],
            Columns("step", "sales", None, ()),
        ),
        (
            ["unique_id,ds,y", "1,2024-01-01,2", "1,2024-01-02,3"],
            Columns("ds", "y", "unique_id", (f"--time ds ({ONLY_DATES})",
                                             "--id unique_id (by its name)",
                                             "--target y (by its name)")),
        ),
        (
            ["ID,ds,rain", "1,2024-01-01,2", "2,2024-01-01,3"],
            Columns("ds", "rain", "ID", (f"--time ds ({ONLY_DATES})", "--id ID (by its name)",
                                         f"--target rain ({ONLY_NUMBERS})")),
        ),
        (
            ["city,sky,ds,rain", "x,a,2024-01-01,2", "y,a,2024-01-01,3"],
            Columns("ds", "rain", "city", (
                f"--time ds ({ONLY_DATES})",
                "--id city (dates come twice, but once for each of its values)",
                f"--target rain ({ONLY_NUMBERS})")),
        ),
        (
            ["store_id,ds,sold", "7,2024-01-01,2", "8,2024-01-01,3", "7,2024-01-02,2",
             "8,2024-01-02,2"],
            Columns("ds", "sold", "store_id", (
                f"--time ds ({ONLY_DATES})",
                "--id store_id (dates come twice, but once for each of its values)",
                f"--target sold ({ONLY_NUMBERS})")),
        ),
        (  # one date that is there twice makes no id of the text beside it
            ["sky,ds,rain", *(f"a,2024-01-0{i},{i}" for i in range(1, 5)), "b,2024-01-04,2"],
            Columns("ds", "rain", None, (f"--time ds ({ONLY_DATES})",
                                         f"--target rain ({ONLY_NUMBERS})")),
        ),
        (  # the rows are numbered, as pandas does
            [",ds,rain", "0,2024-01-01,2", "1,2024-01-02,3"],
            Columns("ds", "rain", None, (f"--time ds ({ONLY_DATES})",
                                         f"--target rain ({ONLY_NUMBERS})")),
        ),
        (
            [",rain", "0,2", "1,3"],
            Columns("column 1", "rain", None, (
                "--time column 1 (the only whole numbers that grow from row to row)",
                f"--target rain ({ONLY_NUMBERS})")),
        ),
        (
            [",rain", "2024-01-01,2", "2024-01-02,3"],
            Columns("column 1", "rain", None, (f"--time column 1 ({ONLY_DATES})",
                                               f"--target rain ({ONLY_NUMBERS})")),
        ),
        (  # text that is no id: dates come once
            ["sky,ds,rain", "a,2024-01-01,2", "b,2024-01-02,3"],
            Columns("ds", "rain", None, (f"--time ds ({ONLY_DATES})",
                                         f"--target rain ({ONLY_NUMBERS})")),
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)  # fmt: skip
def test_guessed(rows: list[str], expected: Columns) -> None:
    if not expected.guessed:
        with pytest.raises(DataError, match="several columns hold numbers: day, sales"):
            choose_columns(table(*rows))
        return
    assert choose_columns(table(*rows)) == expected


def test_a_number_of_each_row_is_no_id() -> None:
    rows = ["2024-01-01", "2024-01-01", "2024-01-02", "2024-01-02"]
    text = ["order_id,ds,sold", *(f"{i},{day},{i % 2}" for i, day in enumerate(rows))]
    with pytest.raises(DataError, match="several columns hold numbers: order_id, sold"):
        choose_columns(table(*text))


WIDE = ["ds,when,a,b,city", "2024-01-01,2023-01-01,1,2,x", "2024-01-02,2023-01-02,1,2,x"]


def test_named_columns_are_not_guessed() -> None:
    wide = table(*WIDE)
    assert choose_columns(wide, "when", "b", "city") == Columns("when", "b", "city", ())
    assert choose_columns(wide, "when", "b").guessed == ()
    assert choose_columns(table(*(",".join(row.split(",")[1:3]) for row in WIDE)), "when") == (
        Columns("when", "a", None, (f"--target a ({ONLY_NUMBERS})",))
    )


def test_a_named_column_is_not_a_candidate_for_another() -> None:
    rows = table("n,m", "1,5", "2,6")
    assert choose_columns(rows, target="m").time == "n"
    assert choose_columns(rows, target="n").time == "m"
    assert choose_columns(rows, time="m").target == "n"


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        (
            ["shop,2024-01,2024-02,2024-03,2024-04", "x,1,2,3,4", "y,2,3,4,5"],
            {},
            "stdin: the names of columns are dates (2024-01, 2024-02, 2024-03 and 1 more); turn "
            "the table, so that there is a row for each date, with the date and the value in two "
            "columns",
        ),
        (WIDE, {}, "stdin: several columns hold dates: ds, when; choose one with --time"),
        (
            WIDE,
            {"time": "ds"},
            "stdin: several columns hold numbers: a, b; choose one with --target",
        ),
        (
            WIDE,
            {"time": "When"},
            "stdin: --time When: there is no such column; the columns are ds, when, a, b, city; "
            "did you mean --time when?",
        ),
        (
            WIDE,
            {"target": "rain"},
            "stdin: --target rain: there is no such column; the columns are ds, when, a, b, city",
        ),
        (
            WIDE,
            {"id": "cities"},
            "stdin: --id cities: there is no such column; the columns are ds, when, a, b, city; "
            "did you mean --id city?",
        ),
        (
            WIDE,
            {"time": "ds", "target": "ds"},
            "stdin: --time, --target and --id must be different columns, got ds, ds",
        ),
        (
            ["n,m", "1,2", "2,3"],
            {},
            "stdin: several columns may be the time: n, m; choose one with --time",
        ),
        (
            ["day,Date,y", "3,4,1", "2,5,1", "4,9,1"],
            {"time": None},
            None,
        ),
        (
            ["day,date,y", "3,6,1", "2,5,1", "4,9,1"],
            {},
            "stdin: several columns may be the time: day, date; choose one with --time",
        ),
        (
            ["a,b", "x,1.5", "y,2.5"],
            {},
            "stdin: no column holds dates or growing whole numbers; the columns are a, b; "
            "write dates like 2024-01-31, number the rows, or name a column with --time",
        ),
        (
            ["a,ds", "x,2024-01-01", "y,2024-01-02"],
            {},
            "stdin: no other column holds numbers; the columns are a, ds; name one with --target",
        ),
        (
            ["a,b,ds,y", "p,q,2024-01-01,1", "r,s,2024-01-01,2"],
            {},
            "stdin: dates come twice, and several columns may tell the series apart: a, b; "
            "choose one with --id",
        ),
        (
            ["shop,item,ds,y", *(f"{s},{i},2024-01-01,1" for s in "pq" for i in "rs")],
            {},
            "stdin: dates come twice, and 'shop' and 'item' together tell the series apart; write "
            "them as one column and name it with --id",
        ),
        (
            ["Date,Time,y", *(f"2024-01-0{d},{h}:00,1" for d in (1, 2) for h in (7, 8, 19))],
            {},
            "stdin: 'Date' holds days and 'Time' times of day; write them as one column, "
            "like 2024-01-31 07:00",
        ),
        (
            ["Year,month,y", "2024,11,1", "2024,12,1", "2025,1,1"],
            {},
            "stdin: several columns may be the time: Year, month; choose one with --time, "
            "or write them as one column, like 2024-01",
        ),
        (
            ["ds,Umsatz in €", "2024-01-01,1", "2024-01-02,2"],
            {"target": "Umsatz in"},
            "stdin: --target Umsatz in: there is no such column; the columns are ds, Umsatz in €; "
            "did you mean --target 'Umsatz in €'?",
        ),
        (
            [",".join(f"c{i}" for i in range(25)), ",".join(["x"] * 25)],
            {"time": "z"},
            "stdin: --time z: there is no such column; the columns are "
            + ", ".join(f"c{i}" for i in range(20))
            + " and 5 more",
        ),
    ],
)
def test_not_guessed(rows: list[str], options: dict[str, str], message: str | None) -> None:
    if message is None:  # of two names of a time, the one that grows
        assert choose_columns(table(*rows)).time == "Date"
        return
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        choose_columns(table(*rows), **options)


def test_what_is_known_ahead_is_not_the_target() -> None:
    found = table("day,price,sold", "2024-01-01,3,7", "2024-01-02,4,6")
    columns = choose_columns(found, ahead=("day", "price"))
    assert (columns.time, columns.target) == ("day", "sold")
    message = "in the file of what is known ahead as well: price, sold; name the one to forecast"
    with pytest.raises(DataError, match=message):
        choose_columns(found, ahead=("price", "sold"))
