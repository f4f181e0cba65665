"""Every cell as written, every row with its line, whatever the separator and the quotes."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tidegate.data import TextTable, place, read_table
from tidegate.errors import DataError

EXAMPLE = Path(__file__).parents[2] / "examples" / "seattle-rain.csv"


def table(text: str | bytes) -> TextTable:
    return read_table("-", io.BytesIO(text if isinstance(text, bytes) else text.encode()))


def test_the_example() -> None:
    read = read_table(str(EXAMPLE))
    assert read.cells.columns == ["date", "precipitation"]
    assert read.cells.row(0) == ("2012-01-01", "0.0")
    assert read.cells.row(-1) == ("2015-12-31", "0.0")
    assert read.cells.height == 1461
    assert place(read)(1460) == f"{EXAMPLE}, line 1462"


CELL = st.text(st.sampled_from("abé0.,;|\t\"' \n"), max_size=6)


@given(
    st.integers(2, 5).flatmap(
        lambda width: st.lists(
            st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=12
        )
    ),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.booleans(),
)
def test_what_the_csv_module_writes(
    rows: list[list[str]], separator: str, end: str, quoting: int, mark: bool
) -> None:
    header = [f"column{i}" for i in range(len(rows[0]))]
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator, lineterminator=end, quoting=quoting)
    writer.writerow(header)
    lines = []
    for row in rows:
        # the line that the row begins in: the ends of lines so far, in quotes or not
        lines.append(file.getvalue().count("\n") + 1)
        writer.writerow(row)
    data = ("\ufeff" * mark + file.getvalue()).encode()

    # as the file says it, a row of nothing but blanks and separators is no row
    full = [i for i, row in enumerate(rows) if "".join(row).strip(' \t\n";|,')]
    if not full:
        with pytest.raises(DataError, match="stdin, line 1: there is a header and no row below"):
            table(data)
        return
    read = table(data)
    assert read.separator == separator
    assert read.cells.columns == header
    assert read.lines.tolist() == [lines[i] for i in full]
    assert read.cells.rows() == [tuple(cell.strip() for cell in rows[i]) for i in full]


@given(st.binary(max_size=60))
@example(b'a,b\n1"2,"3\n')
@example(b'"a"b,c\n1,2\n')
@example(b";;\n,\n")
@example(b'""""\n"\n"')
def test_junk_gives_a_table_or_one_line(data: bytes) -> None:
    _table_or_one_line(data)


@given(st.text(st.sampled_from('a1,;"\n \t|-.'), max_size=40))
def test_almost_a_table_gives_a_table_or_one_line(text: str) -> None:
    _table_or_one_line(text.encode())


def _table_or_one_line(data: bytes) -> None:
    try:
        read = table(data)
    except DataError as error:
        assert re.fullmatch(r"stdin(, line \d+)?: .{15,300}", str(error))
    else:
        assert read.cells.height == len(read.lines) > 0
        assert not any(cell is None for row in read.cells.rows() for cell in row)


def test_blank_lines_and_rows_do_not_count() -> None:
    read = table("\n  \na,b\n\n1,2\n , \n,\n3,4\n\n")
    assert read.cells.rows() == [("1", "2"), ("3", "4")]
    assert read.lines.tolist() == [5, 8]


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("a,b\n1;5,2\n", ","),
        ("a;b\n1,5;2\n", ";"),
        ("a;b\n1,5;2,5\n3;4\n", ";"),
        ("a, in mm;b\n1;2\n3;4\n", ";"),
        ('"a;b",c\n1,2\n', ","),
        ("a|b|c\n1|2|3\n", "|"),
        ("a\tb, c\n1\t2, 3\n", "\t"),
        ("a\n1\n", ","),
    ],
)
def test_the_separator(text: str, separator: str) -> None:
    assert table(text).separator == separator


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n", "stdin, line 1: there is a header and no row below it; add rows"),
        ("\n\na,b\n\n", "stdin, line 3: there is a header and no row below it; add rows"),
        (
            ";;\n;\n",
            "stdin: there is nothing in the file; expected a header line, then rows",
        ),
        (
            "a,b\n1,2\n3\n",
            "stdin, line 3: has 1 field, but the header in line 1 has 2; fill in what is missing",
        ),
        (
            "a,b\n1,2\n3,4,5\n6\n",
            "stdin, line 3: has 3 fields, but the header in line 1 has 2; "
            "put text that has a ',' in it in quotes",
        ),
        (
            "Rain of 2023\n\na,b\n1,2\n",
            "stdin, line 3: has 2 fields, but the header in line 1 has 1; if that is a title, "
            "remove it, so that the names of the columns come first",
        ),
        (
            'a,b\n"x\ny",2\n3\n',
            "stdin, line 4: has 1 field, but the header in line 1 has 2; fill in what is missing",
        ),
        (
            'a,b\n1,2\n3,"4\n5,6\n',
            'stdin, line 3: a quote (") is opened and never closed; close or remove it',
        ),
        (
            "a,b,a\n1,2,3\n",
            "stdin, line 1: the column 'a' is there twice; rename or remove one of them",
        ),
        (
            "a,,b\n1,2,3\n",
            "stdin, line 1: column 2 has no name; give it one, or remove the column",
        ),
        ('{"a": 1, "b": 2}\n{"a": 3}\n', "stdin: this looks like JSON; give a CSV file"),
        ('[\n  {"a": 1}\n]\n', "stdin: this looks like JSON; give a CSV file"),
        ("<!DOCTYPE html>\n<p>\n", "stdin: this looks like a web page or XML; give a CSV file"),
        (
            "2024-01-01,1.5\n2024-01-02,2\n",
            "stdin, line 1: expected the names of the columns, got values (2024-01-01, 1.5); "
            "add a header line such as date,value",
        ),
    ],
)
def test_no_table(text: str, message: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        table(text)


def test_years_may_be_names_of_columns() -> None:
    assert table("country,1990,1991\nx,1,2\n").cells.columns == ["country", "1990", "1991"]


def test_a_first_column_without_a_name_is_that_of_the_rows() -> None:
    read = table(",day,mm\n0,2024-01-01,5\n1,2024-01-02,7\n")
    assert read.cells.columns == ["column 1", "day", "mm"]
    assert read.unnamed == "column 1"
    assert table("day,mm\n2024-01-01,5\n").unnamed is None


def test_columns_with_nothing_in_them_count_as_absent() -> None:
    assert table("day,mm,,\n2024-01-01,5,,\n2024-01-02,7, ,\n").cells.columns == ["day", "mm"]


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;"])
def test_the_line_by_which_excel_tells_the_separator_is_none_of_the_table(line: str) -> None:
    read = table(f"{line}\r\na;b\r\n1,5;2\r\n")
    assert read.cells.columns == ["a", "b"]
    assert read.lines.tolist() == [3]
