"""Which rows are held out to judge a model: the last windows of each series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError

Array = NDArray[Any]

MOST = 52
"""Windows held out of a series, at most; a year of weeks, for daily rows and a horizon of 7."""
SHARE = 0.25
"""Of a series's rows that are held out, at most, unless that is less than one horizon."""
IN_ALL = 5000
"""Windows held out of all series together, at most, save for one of each."""


@dataclass(frozen=True)
class Held:
    """The windows held out: k of them, those of a series one after the other."""

    series: Array
    """``[k]``"""
    cut: Array
    """``[k]``, first row."""
    origin: Array
    """``[k]``, 0 for the last window of a series, -1 for the one before it, and so on."""
    known: Array
    """``[n]``, the rows of each series before its windows."""

    @classmethod
    def of(
        cls,
        length: Array,
        start: Array,
        horizon: int,
        needed: int,
        windows: int | None = None,
        step: int | None = None,
    ) -> Held:
        """The last windows of each series that is long enough.

        Args:
            length: ``[n]``, rows of each series.
            start: ``[n]``, the first of them.
            horizon: rows of a window.
            needed: rows that must come before a series's first window.
            windows: of each series, or as many as it has rows for; None for what suits the rows.
            step: rows from one window to the next; None for the horizon: no two overlap.

        Raises:
            DataError: if no series is long enough.
        """
        step = horizon if step is None else step
        most = min(MOST, max(IN_ALL // len(length), 1)) if windows is None else windows
        room = np.maximum(length - needed - horizon, -1) // step + 1
        count = np.minimum(room, most)
        if windows is None:
            share = np.maximum((SHARE * length - horizon) // step + 1, 1)
            count = np.minimum(count, share)
        count = np.maximum(np.where(length >= needed + horizon, count, 0), 0).astype(np.int64)
        if not count.any():
            steps = "1 step" if horizon == 1 else f"{horizon} steps"
            raise DataError(
                f"to hold out {steps} and learn from the rows before them, a series must "
                f"have {needed + horizon} rows at least, got {length.max()}; give more rows"
            )
        known = np.where(count > 0, length - horizon - (count - 1) * step, length)
        series = np.repeat(np.arange(len(length)), count)
        number = np.arange(len(series)) - np.repeat(np.cumsum(count) - count, count)
        cut = (start + known)[series] + number * step
        return cls(series, cut, number - count[series] + 1, known)

    def rounds(self, refit: bool | int) -> list[tuple[Array, Array]]:
        """Which windows one training serves, and the rows of each series that it may learn from.

        Args:
            refit: False for one training before all windows; True for one at every origin; a number
                for one at every so many.

        Returns:
            ``(windows [j], known [n])``, the oldest first.
        """
        if not refit:
            return [(np.arange(len(self.cut)), self.known)]
        every = int(refit)
        number = (self.origin - self.origin.min()) // every
        rounds = []
        for i in np.unique(number):
            mine = np.flatnonzero(number == i)
            # what a series without a window in this round has before its first one, is known
            known = self.known.copy()
            first = mine[np.unique(self.series[mine], return_index=True)[1]]
            last = self.cut - self._start()
            known[self.series[first]] = last[first]
            rounds.append((mine, known))
        return rounds

    def _start(self) -> Array:
        """``[k]``, the first row of each window's series."""
        first = np.unique(self.series, return_index=True)[1]
        start = np.zeros(len(self.known), np.int64)
        start[self.series[first]] = self.cut[first] - self.known[self.series[first]]
        found: Array = start[self.series]
        return found
