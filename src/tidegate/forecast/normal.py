"""What may come, normally distributed: what a rule makes of a window."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Normal(NamedTuple):
    """What comes after k windows, in their units."""

    mean: Array
    """``[k, h]``"""
    deviation: Array
    """``[k, h]``"""

    def at(self, levels: tuple[float, ...]) -> Array:
        """``[k, h, levels]``, its quantiles."""
        found: Array = self.mean[..., None] + self.deviation[..., None] * normal(levels)
        return found


def normal(levels: tuple[float, ...]) -> Array:
    """The quantiles of a standard normal distribution."""
    return np.array([NormalDist().inv_cdf(level) for level in levels])


def total(x: Array) -> Array:
    """Sums along the last axis, in one order however many windows lie beside: NumPy's follows how
    an array lies in memory."""
    found: Array = np.ascontiguousarray(x).sum(axis=-1)
    return found
