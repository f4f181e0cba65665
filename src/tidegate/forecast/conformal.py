"""Intervals corrected by windows held out: a factor for each quantile's distance from the median.

What is held out is the last windows of the series, from a second, shorter training on the rows
before them; the model that the user gets has seen all rows, and takes over the factors alone. The
two ends of an interval have one factor: that with which it would have held as many of the values
held out as its level says (Romano, Patterson and Candès 2019, with the distance itself as the
score's unit, as in normalised conformal prediction). A factor for each end would take over that all
series rose, or fell, in the rows held out, which says nothing of the next.

How much of a factor is taken over depends on how well it is known. The share of values that an
interval holds differs from window to window, and, as the series of a table move together, from one
time to the next, however many series there are. Beside that stands how far a network's intervals
are off at all. So a factor counts as an observation with noise does beside what was known before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

OFF = 0.125
"""How far the share that an interval of a network holds is off, one standard deviation, in units of
the root of p (1 - p): 5 points of 80 %, 2.7 of 95 %."""
TIMES = 0.125
"""How far the share that all series hold differs from one time to the next, in the same units."""
DOUBT = 4.0
"""Squared standard errors of that share that chance may be; what is beyond, is believed."""
FEW = 4
"""Windows below which how they differ is not measured, nor anything beyond doubt: those of each
count as one value."""


@dataclass(frozen=True)
class Correction:
    """Factors, ``[quantiles]``, above 0; that of the median counts for nothing."""

    factor: Array

    @classmethod
    def none(cls, quantiles: int) -> Correction:
        """Leaves all as it is."""
        return cls(np.ones(quantiles))

    @classmethod
    def of(
        cls, levels: tuple[float, ...], actual: Array, quantiles: Array, time: Array
    ) -> Correction:
        """From what was held out.

        An interval is never made narrower: a model that learnt for a quarter as long knows less of
        its rows by heart, so it holds more of the next ones than the one that is corrected.

        Args:
            levels: of the quantiles, increasing, the first as far below 0.5 as the last is above,
                and so on, 0.5 in the middle.
            actual: ``[k, h]``, the values of k windows; NaN where missing.
            quantiles: ``[k, h, levels]``, forecasts of them.
            time: ``[k]``, a number for when a window was: equal ones were at the same time.

        Example:
            >>> actual = np.linspace(-2, 2, 10**6).reshape(1000, 1000).T
            >>> quantiles = np.tile([-0.5, 0, 0.5], (1000, 1000, 1))
            >>> Correction.of((0.25, 0.5, 0.75), actual, quantiles, np.arange(1000)).factor.round(2)
            array([2., 1., 2.])
        """
        seen = ~np.isnan(actual).all(axis=1)
        actual, quantiles, time = actual[seen], quantiles[seen], time[seen]
        middle = len(levels) // 2
        factor = np.ones(len(levels))
        if not len(actual):
            return cls(factor)
        error = actual - quantiles[..., middle]
        times = len(np.unique(time))
        for i in range(middle):
            level = levels[-1 - i] - levels[i]
            end = np.where(error < 0, quantiles[..., i], quantiles[..., -1 - i])
            distance = np.maximum(np.abs(end - quantiles[..., middle]), 1e-12)
            ratio = np.abs(error) / distance
            found = np.clip(np.nanquantile(ratio, level), 1, 4)
            noise = TIMES**2 / times + _spread(ratio, level) / len(actual)
            held = (ratio <= 1).sum() / (~np.isnan(ratio)).sum()
            off = OFF**2
            if len(actual) >= FEW:
                off = max(off, (held - level) ** 2 / (level * (1 - level)) - DOUBT * noise)
            factor[[i, -1 - i]] = found ** (off / (off + noise))
        return cls(factor)

    def apply(self, quantiles: Array) -> Array:
        """``[..., levels]``, never crossing.

        What an interval gains at an end, the wider ones gain there, too: a factor further out may
        be smaller, as less is known of it, and would leave both intervals the same.
        """
        middle = len(self.factor) // 2
        gain = (quantiles - quantiles[..., middle : middle + 1]) * (self.factor - 1)
        gain[..., middle:] = np.maximum.accumulate(gain[..., middle:], -1)
        below = np.minimum.accumulate(gain[..., middle::-1], -1)[..., ::-1]
        gain[..., : middle + 1] = below
        moved: Array = quantiles + gain
        return moved


def _spread(ratio: Array, level: float) -> float:
    """The variance of the share of values that an interval holds in a window, by p (1 - p): 1 if
    the values of a window are all in or all out, 1 / h if each is so for itself.

    Args:
        ratio: ``[k, h]``, how far each value is from the median, the end of the interval being 1;
            NaN where it is missing.
        level: p.
    """
    known = ~np.isnan(ratio)
    count = known.sum(axis=1)
    if len(ratio) < FEW:
        return 1.0
    share = (known & (ratio <= 1)).sum(axis=1) / count
    return max(float(share.var()) / (level * (1 - level)), 1 / float(count.mean()))
