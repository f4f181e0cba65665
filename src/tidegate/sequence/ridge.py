"""A ridge regression on many features of few sequences, and what it says of each one left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..network.blas import one_blas_thread

Array = NDArray[Any]

STRENGTHS = np.logspace(-8, 0, 17)
"""Penalties to choose from, in shares of the sum of squares."""


@dataclass(frozen=True, eq=False)
class Ridge:
    """A linear map."""

    weight: Array
    """``[F, O]`` float32."""
    bias: Array
    """``[O]`` float32."""

    def times(self, factor: float) -> Ridge:
        """The same with its outputs times a factor."""
        return Ridge(self.weight * np.float32(factor), self.bias * np.float32(factor))

    def outputs(self, features: Array) -> Array:
        """``[n, O]`` of ``[n, F]``: each row by itself, so that none follows from those beside."""
        with one_blas_thread():
            found: Array = np.matmul(features[:, None], self.weight)[:, 0] + self.bias
        return found


def solve(x: Array, y: Array, weights: Array) -> tuple[Ridge, Array]:
    """The regression whose penalty makes the errors of what is left out least.

    Args:
        x: ``[n, F]``, n at least 2.
        y: ``[n, O]``
        weights: ``[n]``, above 0: what each row counts for.

    Returns:
        The regression; and ``[n, O]``, for each row the output of that which the others alone give.

    Example:
        >>> x = np.arange(10.0)[:, None]
        >>> found, left_out = solve(x, 2 * x + 1, np.ones(10))
        >>> found.outputs(x[:3]).round(2).tolist(), left_out[:3].round(2).tolist()
        ([[1.0], [3.0], [5.0]], [[1.0], [3.0], [5.0]])
    """
    share = weights / weights.sum()
    root = np.sqrt(share)[:, None]
    x = x.astype(np.float64)
    middle, y_mean = share @ x, share @ y
    # what differs from zero only now and then is not blown up (Dempster et al. 2023)
    scale = np.sqrt(share @ (x - middle) ** 2) + (share @ (x == 0)) ** 4 + 1e-8
    z, target = root * ((x - middle) / scale), root * (y - y_mean)
    with one_blas_thread():
        values, left = _turned(z)
        turned = left.T @ target
        strengths = STRENGTHS * z.shape[1]
        errors = [_left_out(values, left, turned, target, share, a) for a in strengths]
        best = int(np.argmin([(error**2).sum() for error in errors]))
        weight = z.T @ (left @ (turned / (values + strengths[best])[:, None])) / scale[:, None]
    bias = y_mean - middle @ weight
    return Ridge(weight.astype(np.float32), bias.astype(np.float32)), y - errors[best] / root


def _turned(z: Array) -> tuple[Array, Array]:
    """The squared singular values of ``[n, F]``, and its left vectors, ``[n, k]``."""
    if len(z) <= z.shape[1]:
        values, left = np.linalg.eigh(z @ z.T)
        return np.maximum(values, 0), left
    values, right = np.linalg.eigh(z.T @ z)
    kept = values > 1e-12 * max(float(values[-1]), 1e-300)
    return values[kept], z @ right[:, kept] / np.sqrt(values[kept])


def _left_out(
    values: Array, left: Array, turned: Array, target: Array, share: Array, strength: float
) -> Array:
    """``[n, O]``, the error of each row by a regression of the others (the sum of squares that
    Allen 1974 calls PRESS is made of them)."""
    kept = values / (values + strength)
    error = target - left @ (kept[:, None] * turned)
    leverage = left**2 @ kept + share  # of the slopes and of the mean
    found: Array = error / np.maximum(1 - leverage, 1e-12)[:, None]
    return found
