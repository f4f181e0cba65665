"""Numbers as people write them, and what is none."""

from __future__ import annotations

import math
import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.data.numbers import are_thousands, looks_like_numbers, to_numbers
from tidegate.errors import DataError


def numbers(*cells: str, separator: str = ",") -> list[float | None]:
    return to_numbers(pl.Series(cells), separator, "row {}".format).to_list()


@given(st.lists(st.floats(allow_nan=False), min_size=1))
def test_as_python_writes_them(values: list[float]) -> None:
    assert numbers(*map(repr, values)) == values


@given(st.lists(st.floats(-1e12, 1e12), min_size=1))
def test_with_a_decimal_comma(values: list[float]) -> None:
    cells = [f"{value:.4f}".replace(".", ",") for value in values]
    expected = [float(f"{value:.4f}") for value in values]
    assert numbers(*cells, separator=";") == expected
    assert numbers(*cells, separator=",") == expected


@given(st.lists(st.floats(1e3, 1e12), min_size=1), st.sampled_from(",;\t"))
def test_with_commas_or_points_between_thousands(values: list[float], separator: str) -> None:
    cells = [f"{value:,.2f}" for value in values]
    expected = [float(f"{value:.2f}") for value in values]
    assert numbers(*cells, separator=separator) == expected
    swapped = [cell.translate(str.maketrans(",.", ".,")) for cell in cells]
    assert numbers(*swapped, separator=separator) == expected


def test_what_stands_for_a_missing_value() -> None:
    cells = ["", "NA", "n/a", "#N/A", "<NA>", "null", "NULL", "None", "NaT", ".", "?", "1"]
    assert numbers(*cells) == [None] * 11 + [1.0]


def test_nan_and_infinity_are_left_to_who_reads_the_frame() -> None:
    nan, infinite, minus, large = numbers("NaN", "inf", "-inf", "1e400")
    assert nan is not None and math.isnan(nan)
    assert (infinite, minus, large) == (math.inf, -math.inf, math.inf)


@pytest.mark.parametrize(
    ("cells", "separator", "expected"),
    [
        (["1,234", "5,6"], ",", [1.234, 5.6]),
        (["1,234", "5,678,901"], ",", [1234.0, 5678901.0]),
        (["1,234"], ";", [1.234]),
        (["0,234"], ",", [0.234]),
        (["1.234", "1,5"], ";", [1234.0, 1.5]),
        (["-1.234,5", "+2"], ";", [-1234.5, 2.0]),
        ([",5", "1,", "1e3", "1,5e-3"], ";", [0.5, 1.0, 1000.0, 0.0015]),
        (["0.5", "1,5"], ";", [0.5, 1.5]),
        (["$5,000.5", "-$3", "£1", "N/A"], ",", [5000.5, -3.0, 1.0, None]),
        (["5,5 €", "1.000,5€", "7 %", "8%"], ";", [5.5, 1000.5, 7.0, 8.0]),
        (
            ["1 234,5", "12\u00a0345 €", "1\u202f234\u202f567,25\u00a0€"],
            ";",
            [1234.5, 12345.0, 1234567.25],
        ),
        (["1'234.50", "-12’345", "7"], ",", [1234.5, -12345.0, 7.0]),
        (["1 234", "-950"], ",", [1234.0, -950.0]),
        (["(5.5)", "($1,000.50)", "3"], ",", [-5.5, -1000.5, 3.0]),
        (["950", *["1,050"] * 10], ",", [950.0, *[1050.0] * 10]),
        ([*["1,050"] * 10, "1,05"], ",", [*[1.05] * 11]),
        (["1,050"] * 10, ";", [1.05] * 10),
        (["1.234.567", "1.234", "7"], ";", [1234567.0, 1234.0, 7.0]),
        (["1.234.567", "1.234"], ",", [1234567.0, 1234.0]),
        (["1.234"] * 20, ",", [1.234] * 20),
        ([*["1.234"] * 20, "0.5"], ";", [*[1.234] * 20, 0.5]),
        (["1.234", "1.23"], ";", [1.234, 1.23]),
        (["\N{MINUS SIGN}5.5", "3"], ",", [-5.5, 3.0]),
    ],
)
def test_which_comma_it_is(cells: list[str], separator: str, expected: list[float]) -> None:
    assert numbers(*cells, separator=separator) == expected


@pytest.mark.parametrize(
    ("cells", "separator", "message"),
    [
        (["1", "abc", "x"], ",", "row 1: 'abc' is no number; correct it"),
        (["1,5", "a,b"], ";", "row 1: 'a,b' is no number; correct it"),
        (["a,b", "1"], ",", "row 0: 'a,b' is no number; correct it"),
        (["1_000"], ",", "row 0: '1_000' is no number; correct it"),
        (["0x10"], ",", "row 0: '0x10' is no number; correct it"),
        (["1 23"], ",", "row 0: '1 23' is no number; correct it"),
        (["12 34 567"], ",", "row 0: '12 34 567' is no number; correct it"),
        (["(-5)"], ",", "row 0: '(-5)' is no number; correct it"),
        (["5 $ 3"], ",", "row 0: '5 $ 3' is no number; correct it"),
        (["%"], ",", "row 0: '%' is no number; leave it empty if nothing was observed"),
        (["12 mm"], ",", "row 0: '12 mm' is no number; correct it"),
        (["-"], ",", "row 0: '-' is no number; leave it empty if nothing was observed"),
        (["x\ny"], ",", r"row 0: 'x\ny' is no number; correct it"),
        (["z" * 50], ",", f"row 0: '{'z' * 37}...' is no number; correct it"),
        (
            ["7", "1,234"],
            "\t",
            "row 1: '1,234' may have a decimal comma or one between thousands; "
            "write it with a decimal point and without commas",
        ),
        (
            ["7", *["1.234"] * 10],
            ";",
            "row 1: '1.234' may have a decimal point or one between thousands, as may all of the "
            "column; write it with a decimal comma, or without points",
        ),
    ],
)
def test_no_number(cells: list[str], separator: str, message: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        numbers(*cells, separator=separator)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "2,5", "x"], True),
        (["1", "x"], True),
        (["1", "x", "y"], False),
        (["", "NA"], False),
        (["1,234,567"], True),
        (["1.234.567"], True),
        (["$1", "2 €", "x"], True),
        (["NaN", ""], True),
        (["2024-01-01"], False),
    ],
)
def test_what_looks_like_numbers(cells: list[str], expected: bool) -> None:
    assert looks_like_numbers(pl.Series(cells)) is expected


@pytest.mark.parametrize(
    ("cells", "separator", "expected"),
    [
        (["1,234"] * 10, ",", True),
        (["1,234"] * 9, ",", False),
        (["1,234"] * 10, ";", False),
        (["1,234"] * 10 + ["1,234.5"], ",", False),  # the last leaves nothing open
        (["1.5"] * 10, ",", False),
    ],
)
def test_what_is_thousands_by_number_alone(
    cells: list[str], separator: str, expected: bool
) -> None:
    assert are_thousands(pl.Series(cells), separator) is expected
