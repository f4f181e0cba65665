"""Intervals corrected by windows held out: a factor for each quantile's distance from the median.

What is held out is the last windows of the series, from a second, shorter training on the rows
before them; the model that the user gets has seen all rows, and takes over the factors alone. The
two ends of an interval have one factor: that with which it would have held as many of the values
held out as its level says (Romano, Patterson and Candès 2019, with the distance itself as the
score's unit, as in normalised conformal prediction). A factor for each end would take over that all
series rose, or fell, in the rows held out, which says nothing of the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

PRIOR = 2000
"""Values held out that a factor of 1 counts for: few values say little, and those of one
time say the same."""


@dataclass(frozen=True)
class Correction:
    """Factors, ``[quantiles]``, above 0; that of the median counts for nothing."""

    factor: Array

    @classmethod
    def none(cls, quantiles: int) -> Correction:
        """Leaves all as it is."""
        return cls(np.ones(quantiles))

    @classmethod
    def of(cls, levels: tuple[float, ...], actual: Array, quantiles: Array) -> Correction:
        """From what was held out.

        Args:
            levels: of the quantiles, increasing, the first as far below 0.5 as the last is above,
                and so on, 0.5 in the middle.
            actual: ``[m]``, values; NaN where missing.
            quantiles: ``[m, levels]``, forecasts of them.

        Example:
            >>> actual = np.linspace(-2, 2, 10**6)
            >>> quantiles = np.tile([-0.5, 0, 0.5], (10**6, 1))
            >>> Correction.of((0.25, 0.5, 0.75), actual, quantiles).factor.round(2)
            array([2., 1., 2.])
        """
        known = ~np.isnan(actual)
        actual, quantiles = actual[known], quantiles[known]
        middle = len(levels) // 2
        factor = np.ones(len(levels))
        if not len(actual):
            return cls(factor)
        error = actual - quantiles[:, middle]
        for i in range(middle):
            end = np.where(error < 0, quantiles[:, i], quantiles[:, -1 - i])
            distance = np.maximum(np.abs(end - quantiles[:, middle]), 1e-12)
            found = float(np.quantile(np.abs(error) / distance, levels[-1 - i] - levels[i]))
            weight = len(actual) / (len(actual) + PRIOR)
            factor[[i, -1 - i]] = np.exp(weight * np.log(np.clip(found, 0.25, 4)))
        return cls(factor)

    def apply(self, quantiles: Array) -> Array:
        """``[..., levels]``, never crossing."""
        middle = len(self.factor) // 2
        median = quantiles[..., middle : middle + 1]
        moved: Array = median + (quantiles - median) * self.factor
        moved[..., middle:] = np.maximum.accumulate(moved[..., middle:], -1)
        below = np.minimum.accumulate(moved[..., middle::-1], -1)[..., ::-1]
        moved[..., : middle + 1] = below
        return moved
