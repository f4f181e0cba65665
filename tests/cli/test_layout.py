"""Columns of text, and numbers that fit them."""

from __future__ import annotations

import numpy as np
import pytest

from tidegate.cli.layout import columns, decimals, number


@pytest.mark.parametrize(
    ("largest", "places"),
    [(0.0, 0), (0.012, 5), (0.5, 4), (9.99, 3), (10.0, 2), (1234.0, 0), (1e11, 0), (1e12, None)],
)
def test_the_largest_number_has_four_digits(largest: float, places: int | None) -> None:
    assert decimals(np.array([0.0, -largest])) == places


def test_tiny_numbers_have_an_exponent() -> None:
    assert decimals(np.array([3e-9])) is None
    assert number(3.14159e-9, None) == "3.142e-09"


def test_no_numbers_need_no_places() -> None:
    assert decimals(np.array([])) == 0


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [(-0.04, 1, "0.0"), (1234567.0, 0, "1,234,567"), (2.5, 2, "2.50"), (-1.0, 0, "-1")],
)
def test_numbers(value: float, places: int, text: str) -> None:
    assert number(value, places) == text


def test_columns_stand_below_their_names() -> None:
    text = columns({"id": ["a", "bcd"], "x": ["1", "10"]}, left=1)
    assert text.split("\n") == ["id    x", "a     1", "bcd  10"]
