"""Bags hold what they are given, and refuse what names no row of an embedding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tidegate.data import TokenBags
from tidegate.errors import ArgumentError

GOOD: dict[str, Any] = {"ids": [1, 0], "first": [0, 2, 3], "rows": [4, 1, 4], "weights": [1, 2, 3]}


def test_a_matrix_has_a_row_for_each_bag() -> None:
    bags = TokenBags(**GOOD)
    assert len(bags) == 2
    assert bags.matrix(5).tolist() == [[0, 2, 0, 0, 1], [0, 0, 0, 0, 3]]


def test_a_row_that_comes_twice_counts_twice() -> None:
    bags = TokenBags([0], [0, 2], [1, 1], [0.5, 0.25])
    assert bags.matrix(2).tolist() == [[0, 0.75]]


def test_other_tokens_have_the_same_bags() -> None:
    bags = TokenBags(**GOOD).of([0, 0, 1])
    assert bags.ids.tolist() == [0, 0, 1]
    assert np.array_equal(bags.matrix(5), TokenBags(**GOOD).matrix(5))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ids": [0, 2]}, "ids must lie between 0 and 1, the last bag, got 2 in row 1"),
        ({"ids": [-1]}, "ids must lie between 0 and 1, the last bag, got -1 in row 0"),
        ({"ids": [0.5]}, "ids must be whole numbers in one dimension, got an array of"),
        ({"ids": [[0]]}, "ids must be whole numbers in one dimension, got an array of"),
        ({"ids": [2**40]}, "ids holds numbers beyond 2147483647"),
        (
            {"first": [1, 2, 3]},
            r"first must rise from 0 to 3, the entries of rows, got \[1, 2, 3\]",
        ),
        ({"first": [0, 2, 2]}, "first must rise from 0 to 3"),
        ({"first": [0, 4, 3]}, "first must rise from 0 to 3"),
        ({"first": []}, "first must rise from 0 to 3"),
        ({"rows": [4, -1, 4]}, "rows must be rows of an embedding, from 0 up, got -1 at 1"),
        ({"weights": [1, 2]}, r"weights must be \[3\], one for each of rows"),
        ({"weights": [1, np.nan, 2]}, "weights must be finite numbers, got nan at 1"),
    ],
)
def test_what_names_no_row_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        TokenBags(**{**GOOD, **changes})
