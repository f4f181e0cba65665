"""Frames with a row for each step, beside what `test_sequences` has of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tidegate import DataError
from tidegate.data.sequences import read_sequences


def test_columns_that_are_numbered_go_by_their_place() -> None:
    frame = pd.DataFrame(np.array([[1.0, 2.0], [3.0, 4.0]]))  # so pandas calls them 0 and 1
    x = read_sequences(frame.assign(sequence=[1, 1], step=[1, 0]))
    assert x.rows.tolist() == [[3, 4], [1, 2]] and x.form.names is None
    tokens = pd.DataFrame(["b", "a"]).assign(sequence=[1, 1], step=[1, 0])
    assert read_sequences(tokens).rows.tolist() == ["a", "b"]


def test_whole_numbers_that_no_float_holds() -> None:
    frame = pd.DataFrame({"sequence": [1, 1], "step": [0, 1], "v": [10**400, 1]})
    with pytest.raises(DataError, match="'v' of X must hold numbers, got Object"):
        read_sequences(frame)
