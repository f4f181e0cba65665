"""Intervals corrected by windows held out: a factor for each quantile's distance from the median.

What is held out is the last windows of the series, from a second, shorter training on the rows
before them; the model that the user gets has seen all rows, and takes over the factors alone. The
factor of a quantile above the median is the one with which it would have held as many of the values
held out as its level says (Romano, Patterson and Candès 2019, with the distance itself as the
score's unit, as in normalised conformal prediction).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

PRIOR = 200
"""Values held out that a factor of 1 counts for: few values say little."""


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
            levels: of the quantiles, with 0.5 among them.
            actual: ``[m]``, values; NaN where missing.
            quantiles: ``[m, levels]``, forecasts of them.

        Example:
            >>> levels, actual = (0.25, 0.5, 0.75), np.linspace(-2, 2, 100_001)
            >>> Correction.of(levels, actual, np.tile([-0.5, 0, 0.5], (100_001, 1))).factor.round(2)
            array([2., 1., 2.])
        """
        known = ~np.isnan(actual)
        actual, quantiles = actual[known], quantiles[known]
        middle = levels.index(0.5)
        factor = np.ones(len(levels))
        error = actual - quantiles[:, middle]
        for i, level in enumerate(levels):
            distance = quantiles[:, i] - quantiles[:, middle]
            if i == middle or not len(actual):
                continue
            score = error / np.where(distance == 0, 1e-12, distance)
            # above the median: score ≤ c; below it distances are negative: score ≥ ... turns round
            share = level if i > middle else 1 - level
            found = float(np.quantile(score, share))
            weight = len(actual) / (len(actual) + PRIOR)
            factor[i] = np.exp(weight * np.log(np.clip(found, 0.25, 4)))
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
