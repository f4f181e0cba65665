"""What a network says that mixes paths, and the loss that trains it, in NumPy; ``native/mixing.h``
is the same in the core.

For each step ahead there are P *paths*, numbers that are known beforehand, such as baselines, and
the network's numbers, which lie side by side: a logit for each path, a residual, for each of the Q
quantiles but the median its distance to its inner neighbour, before softplus, and, if it is asked
for, the logit of the chance of an event.

    median      softmax(logits) · paths + residual
    quantile i  the median and the distances on the way from it, so that quantiles never cross

The loss of a step is twice the mean pinball loss of its quantiles, plus the absolute error of the
median; and the cross-entropy of the chance. Each is a mean over what is known.
"""

from __future__ import annotations

from functools import reduce
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..cells.base import sigmoid
from .loss import Loss

Array = NDArray[Any]


class Mixed(NamedTuple):
    """What m steps of output mean, with what the way back needs."""

    quantiles: Array
    """``[Q, m]``, never crossing."""
    logit: Array | None
    """``[m]``, of the chance; None if it is not asked for."""
    weights: Array
    """``[P, m]``, of the paths."""
    mean: Array
    """``[m]``, the paths mixed."""
    rise: Array
    """``[Q - 1, m]``, how each distance grows with its output: the slope of softplus."""


def mixed(spec: Loss, each: Array, paths: Array) -> Mixed:
    """Understands m steps of output, ``[together, m]``, with paths ``[P, m]``."""
    count, middle = len(spec.quantiles), spec.middle
    weights = each[: spec.paths] - each[: spec.paths].max(0)
    np.exp(weights, out=weights)
    weights /= _total(weights)
    mean = _total(weights * paths)
    x = each[spec.paths + 1 : spec.paths + count]
    small = np.exp(-np.abs(x))
    gaps = np.maximum(x, 0) + np.log(1 + small)
    quantiles = np.empty((count, each.shape[1]), each.dtype)
    np.add(mean, each[spec.paths], out=quantiles[middle])
    for i in range(middle + 1, count):
        np.add(quantiles[i - 1], gaps[i - 1], out=quantiles[i])
    for i in range(middle - 1, -1, -1):
        np.subtract(quantiles[i + 1], gaps[i], out=quantiles[i])
    rise = np.where(x < 0, small, 1) / (1 + small)
    return Mixed(quantiles, each[-1] if spec.chance else None, weights, mean, rise)


def back(spec: Loss, slope: Array, paths: Array, found: Mixed) -> Array:
    """The gradient by m steps of output, ``[together, m]``, from that by their quantiles, ``[Q,
    m]``, which is overwritten; 0 by the logit of the chance."""
    first, middle, rise = spec.paths + 1, spec.middle, found.rise
    gradient = np.zeros((spec.together, slope.shape[1]), slope.dtype)
    d_median = slope.sum(0)
    # a distance moves all quantiles beyond it
    for i in range(len(slope) - 2, middle, -1):
        slope[i] += slope[i + 1]
    for i in range(1, middle):
        slope[i] += slope[i - 1]
    gaps = gradient[first : first + len(rise)]
    np.multiply(slope[middle + 1 :], rise[middle:], out=gaps[middle:])
    np.multiply(slope[:middle], -rise[:middle], out=gaps[:middle])
    gradient[spec.paths] = d_median
    gradient[: spec.paths] = (paths - found.mean) * found.weights * d_median
    return gradient


def loss(
    spec: Loss, output: Array, target: Array, weight: Array | None = None
) -> tuple[float, Array]:
    """The loss and its gradient by the output.

    Args:
        spec: of kind ``mixing``.
        output: ``[M, steps * together]``.
        target: ``[M, steps * (2 + P)]``: of each step the value (NaN: unknown), the event, 1 or 0
            (NaN: unknown), and the paths.
        weight: of each row, ``[M]``; None for 1.
    """
    columns = by_column(target, 2 + spec.paths)
    value, event, paths = columns[0], columns[1], columns[2:]
    found = mixed(spec, by_column(output, spec.together), paths)
    known = ~np.isnan(value)
    w = np.ones(known.shape, output.dtype)
    if weight is not None:
        w *= np.repeat(weight, len(value) // len(weight))

    share = w * known / max(float(w[known].sum()), _TINY)
    error = np.where(known, value - found.quantiles, 0)
    levels = np.array(spec.quantiles, output.dtype)[:, None]
    factor = np.full_like(levels, 2 / len(levels))
    factor[spec.middle] += 2  # |error| is twice its pinball loss
    # the slope of max(q·e, (q − 1)·e) by e, times e, is the loss itself
    slope = (np.where(error > 0, levels, 0) - np.where(error < 0, 1 - levels, 0)) * factor * share
    total = float(np.vdot(slope, error))
    gradient = back(spec, -slope, paths, found)

    if found.logit is not None:
        known = ~np.isnan(event)
        share = w * known / max(float(w[known].sum()), _TINY)
        event = np.where(known, event, 0)
        # log(1 + e^x) - y x
        entropy = np.logaddexp(0, found.logit) - event * found.logit
        total += float(np.vdot(entropy, share))
        gradient[-1] = (sigmoid(found.logit) - event) * share
    return total, np.ascontiguousarray(gradient.T).reshape(output.shape)


_TINY = np.finfo(np.float32).tiny


def by_column(x: Array, columns: int) -> Array:
    """``[columns, m]`` of ``[..., m * columns]``, each column in one piece: a sum over a few
    columns is then one of long rows, several times as fast."""
    return np.ascontiguousarray(x.reshape(-1, columns).T)


def _total(x: Array) -> Array:
    """``[m]`` of ``[columns, m]``, added one after the other; NumPy adds a single column's numbers
    in another order."""
    total: Array = reduce(np.add, x)
    return total
