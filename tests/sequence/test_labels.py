"""Labels and tokens of types that users have of their own."""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tidegate.data.sequences import read_sequences
from tidegate.errors import DataError
from tidegate.sequence.labels import of_sequences
from tidegate.sequence.steps import of_steps


class Mood(str, Enum):  # noqa: UP042  # a StrEnum prints what it holds
    """Labels as programs have them; printed they are `Mood.GLAD` and `Mood.SAD`."""

    GLAD = "glad"
    SAD = "sad"


@pytest.mark.parametrize("kind", [list, tuple, pd.Series, lambda y: np.array(y, object)])
def test_members_of_an_enum_are_the_texts_that_they_hold(kind: Any) -> None:
    y = kind([Mood.SAD, Mood.GLAD, Mood.SAD])
    ids, classes = of_sequences(y, 3)
    assert classes.tolist() == ["glad", "sad"] and ids.tolist() == [1, 0, 1]
    x = read_sequences([[1.0, 2.0, 3.0]])
    targets, found = of_steps([y], x)
    assert found is not None and found.tolist() == ["glad", "sad"]
    assert targets.ravel().tolist() == [1, 0, 1]


def test_tokens_that_are_members_of_an_enum() -> None:
    for lower in (False, True):
        x = read_sequences([[Mood.SAD, "day"]], lower=lower)
        assert x.rows.tolist() == ["sad", "day"] and type(x.rows[0]) is str


@pytest.mark.parametrize("make", [iter, set, dict.fromkeys, lambda y: dict.fromkeys(y).values()])
def test_what_has_no_order_or_ends_is_no_list_of_labels(make: Any) -> None:
    with pytest.raises(DataError, match=r"^y must be a list or an array of labels.* into a list$"):
        of_sequences(make(["a", "b"]), 2)
