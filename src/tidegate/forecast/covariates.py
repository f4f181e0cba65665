"""What stands beside the values: columns known ahead, columns of the past, numbers of a series, and
which series it is.

Each column is centred and divided by its deviation over the rows that may be learnt from, all
series together: how warm it is here, beside there, is what the network is to know.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.series import Series

Array = NDArray[Any]

FAR = 10.0
"""A covariate further than so many deviations away counts as that far."""


@dataclass(frozen=True)
class Units:
    """For each column: x is read as (x − centre) / scale."""

    centre: Array
    """``[F + P + S + K]``: columns known ahead, of the past, static ones, and one for each series
    that is told apart."""
    scale: Array
    """``[F + P + S + K]``, above 0."""
    place: Array
    """``[n]``, the number of each series among the K, -1 for another."""

    @classmethod
    def of(cls, series: Series, known: Array, told_apart: bool = False) -> Units:
        """From the first ``known`` rows, ``[n]``, of each series.

        Args:
            series, known: see above.
            told_apart: whether all series are told apart, or none is.
        """
        centre, scale = [], []
        if series.covariates:
            offset = np.arange(len(series.time)) - np.repeat(series.start, series.length)
            learnt = offset < np.repeat(known, series.length)
        for table, rows in (
            (series.future, "time"),
            (series.past, "time"),
            (series.static, "series"),
        ):
            for column in table.T:
                part = _part(column[learnt] if rows == "time" else column)
                centre.append(part[0])
                scale.append(part[1])
        place = np.arange(len(series)) if told_apart else np.full(len(series), -1)
        for column in np.eye(len(series)) if told_apart else ():
            part = _part(column)
            centre.append(part[0])
            scale.append(part[1])
        return cls(np.array(centre), np.array(scale), place)

    def on(self, fitted: Array) -> Units:
        """The same for other series, by the number ``[m]`` of each among these, -1 for none."""
        return replace(self, place=np.where(fitted >= 0, self.place[fitted], -1))


@dataclass(frozen=True)
class Covariates:
    """The columns of some series, and how to read them."""

    future: Array
    """``[N, F]``, finite."""
    past: Array
    """``[N, P]``, NaN where missing."""
    static: Array
    """``[n, S + K]``, finite: its numbers, and 1 in the column of its own."""
    end: Array
    """``[n]``, the row after each series's last."""
    units: Units

    @classmethod
    def of(cls, series: Series, units: Units) -> Covariates:
        """Those of the series."""
        end = series.start + series.length
        columns = (series.future.shape[1], series.past.shape[1], series.static.shape[1])
        told_apart = np.arange(len(units.centre) - sum(columns))
        static = np.column_stack([series.static, units.place[:, None] == told_apart])
        return cls(series.future, series.past, static, end, units)

    @property
    def counts(self) -> tuple[int, int, int]:
        """F, P and S + K."""
        return self.future.shape[1], self.past.shape[1], self.static.shape[1]

    def ahead(self, series: Array, index: Array, cut: Array, horizon: int, given: Any) -> Array:
        """``[k, R + h, F]`` float32, of the rows of windows and of the rows after their cuts.

        Args:
            series, index, cut: ``[k]``, ``[k, R]`` and ``[k]``, see `Windows`.
            horizon: h.
            given: ``[k, h, F]`` for the rows after the cuts; None to take the table's own, and
                where it ends its last one again.
        """
        end = self.end[series][:, None]
        later = np.minimum(cut[:, None] + np.arange(horizon), end - 1)
        if given is None:
            x = self.future[np.concatenate([index, later], axis=1)]
        else:
            x = np.concatenate([self.future[index], given], axis=1)
        return self._read(x, slice(0, self.counts[0]))

    def before(self, index: Array, inside: Array) -> tuple[Array, Array]:
        """``[k, R, P]`` float32, of the rows of windows, 0 where missing; and what was observed."""
        first = self.counts[0]
        x = self._read(self.past[index], slice(first, first + self.counts[1]))
        seen = inside[..., None] & ~np.isnan(x)
        return np.where(np.isnan(x), 0, x), seen

    def of_series(self, series: Array) -> Array:
        """``[k, S + K]`` float32."""
        return self._read(self.static[series], slice(sum(self.counts[:2]), None))

    def _read(self, x: Array, columns: slice) -> Array:
        centre, scale = self.units.centre[columns], self.units.scale[columns]
        with np.errstate(over="ignore"):
            found: Array = np.clip((x - centre) / scale, -FAR, FAR).astype(np.float32)
        return found


def _part(column: Array) -> tuple[float, float]:
    """The mean and the deviation of what is there; 1 where it is the same throughout."""
    column = column[np.isfinite(column)]
    largest = float(np.abs(column).max(initial=0))
    if largest == 0:
        return 0.0, 1.0
    centre = float(np.mean(column / largest))
    spread = float(np.std(column / largest))
    return centre * largest, (spread if spread > 1e-9 else 1.0) * largest
