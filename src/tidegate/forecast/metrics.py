"""How far forecasts lie from what came: each metric in a line or two.

Forecasts are ``[k, h]`` or, with quantiles, ``[k, h, levels]``; what came is ``[k, h]``. Results
are ``[k]``, one number for each, so that two ways to forecast can be compared pair by pair.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def mae(actual: Array, forecast: Array) -> Array:
    """The mean absolute error.

    Example:
        >>> mae(np.array([[1.0, 2.0]]), np.array([[1.0, 5.0]]))
        array([1.5])
    """
    errors: Array = np.abs(actual - forecast).mean(axis=1)
    return errors


def pinball(actual: Array, quantiles: Array, levels: Array) -> Array:
    """Twice the mean pinball loss; for the median alone, that is the mean absolute error.

    Koenker and Bassett 1978; in the limit of many levels, the continuous ranked probability score.

    Example:
        >>> pinball(np.array([[1.0]]), np.array([[[0.0, 2.0]]]), np.array([0.1, 0.9]))
        array([0.2])
    """
    errors = actual[..., None] - quantiles
    losses: Array = 2 * np.maximum(levels * errors, (levels - 1) * errors).mean(axis=(1, 2))
    return losses


def coverage(actual: Array, low: Array, high: Array) -> Array:
    """The share of values within their interval, its ends included.

    Example:
        >>> coverage(np.array([[1.0, 4.0]]), np.array([[0.0, 0.0]]), np.array([[1.0, 3.0]]))
        array([0.5])
    """
    shares: Array = ((low <= actual) & (actual <= high)).mean(axis=1)
    return shares


def brier(event: Array, chance: Array) -> Array:
    """The mean squared error of a chance (Brier 1950).

    Example:
        >>> brier(np.array([[True, False]]), np.array([[0.5, 0.5]]))
        array([0.25])
    """
    losses: Array = ((chance - event) ** 2).mean(axis=1)
    return losses
