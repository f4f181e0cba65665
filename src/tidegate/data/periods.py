"""Columns of pandas's periods: read as the times at which they begin, written as periods again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

if TYPE_CHECKING:
    import narwhals as nw

    Column = nw.Series[Any]

NAME = re.compile(r"period\[[\w-]+\]")
"""How pandas calls their type: ``period[M]``, ``period[W-SUN]``."""


def name_of(column: Column) -> str | None:
    """The name of the type of a column of periods; None for any other column."""
    name = str(getattr(column.to_native(), "dtype", None))
    return name if NAME.fullmatch(name) else None


def starts(column: Column) -> Column:
    """When each period begins; other columns as they are."""
    import narwhals as nw

    if name_of(column) is None:
        return column
    times: Column = nw.from_native(column.to_native().dt.to_timestamp(), series_only=True)
    return times


def column_of(name: str, times: NDArray[Any], dtype: str) -> Column:
    """A column of the periods that some times are in, ``[N]`` datetime64.

    Args:
        name: of the column.
        times: such as `starts` gives.
        dtype: as `name_of` gives it.
    """
    import narwhals as nw
    import pandas as pd

    periods = pd.Series(pd.PeriodIndex(times, dtype=dtype), name=name)
    column: Column = nw.from_native(periods, series_only=True)
    return column
