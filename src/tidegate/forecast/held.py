"""Which rows are held out to judge a model: the last windows of each series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .plan import Plan

Array = NDArray[Any]

MOST = 52
"""Windows held out of a series, at most; a year of weeks, for daily rows and a horizon of 7."""
SHARE = 0.25
"""Of a series's rows that are held out, at most, unless that is less than one horizon."""
IN_ALL = 5000
"""Windows held out of all series together, at most, save for one of each."""


@dataclass(frozen=True)
class Held:
    """The windows held out: k of them."""

    series: Array
    """``[k]``"""
    cut: Array
    """``[k]``, first row."""
    known: Array
    """``[n]``, the rows of each series before its windows."""

    @classmethod
    def of(cls, length: Array, start: Array, plan: Plan) -> Held:
        """The last windows of each series that is long enough.

        Raises:
            DataError: if none is.
        """
        horizon = plan.horizon
        most = min(MOST, max(IN_ALL // len(length), 1))
        share = np.maximum(SHARE * length // horizon, 1)
        count = np.minimum(np.minimum(share, most), (length - plan.needed) // horizon)
        count = np.maximum(count, 0).astype(np.int64)
        if not count.any():
            raise DataError(
                f"to hold out {horizon} steps and learn from the rows before them, a series must "
                f"have {plan.needed + horizon} rows at least, got {length.max()}; give more rows"
            )
        known = length - count * horizon
        series = np.repeat(np.arange(len(length)), count)
        number = np.arange(len(series)) - np.repeat(np.cumsum(count) - count, count)
        return cls(series, (start + known)[series] + number * horizon, known)
