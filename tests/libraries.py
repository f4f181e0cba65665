"""The same table as a frame of each library that may be given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pandas as pd
import polars as pl
import pytest

Data = dict[str, list[Any]]


def to_pyarrow(data: Data) -> Any:
    return pytest.importorskip("pyarrow").table(data)


LIBRARIES: dict[str, Callable[[Data], Any]] = {
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "pyarrow": to_pyarrow,
}
each_library = pytest.mark.parametrize("library", LIBRARIES)


def days(count: int, first: str = "2024-02-27") -> list[dt.datetime]:
    start = dt.datetime.fromisoformat(first)
    return [start + dt.timedelta(days=i) for i in range(count)]
