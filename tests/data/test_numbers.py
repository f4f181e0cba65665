"""Numbers as people write them, and what is none."""

from __future__ import annotations

import math
import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.data.numbers import looks_like_numbers, to_numbers
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
    cells = ["", "NA", "n/a", "null", "NULL", "None", "1"]
    assert numbers(*cells) == [None] * 6 + [1.0]


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
        (["12 mm"], ",", "row 0: '12 mm' is no number; correct it"),
        (["-"], ",", "row 0: '-' is no number; correct it"),
        (["x\ny"], ",", r"row 0: 'x\ny' is no number; correct it"),
        (["z" * 50], ",", f"row 0: '{'z' * 37}...' is no number; correct it"),
        (
            ["7", "1,234"],
            "\t",
            "row 1: '1,234' may have a decimal comma or one between thousands; "
            "write it with a decimal point and without commas",
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
        (["NaN", ""], True),
        (["2024-01-01"], False),
    ],
)
def test_what_looks_like_numbers(cells: list[str], expected: bool) -> None:
    assert looks_like_numbers(pl.Series(cells)) is expected
