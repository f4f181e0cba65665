"""Whether what lies far back tells anything of a target, asked without a network.

Where no gradient arrives, a network says nothing of whether the past could have been of use: one
that fails and one of white noise answer the same constant. Two simple questions tell them apart.
Is any value of the far past, at a place of its own, correlated with the target? And do random
features of its rows, their mean and their maximum, tell it by ridge regression on what was held out
(random kitchen sinks, Rahimi and Recht 2008)? The first finds a value that is copied, the second
what is to be found anywhere, such as the two marked numbers of the adding problem.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..evidence import of_mean
from .blas import one_blas_thread

Array = NDArray[Any]

FEATURES = 128
"""Random ones of a row."""
FOLDS = 5
LEAST = 20
"""Observations, without which nothing can be said."""
SMALL = 1e-12
"""A deviation below is none."""
PENALTIES = 10.0 ** np.arange(-2, 7)
"""Of the ridge, as shares of the observations."""


def tells(far: Sequence[Array], targets: Array) -> float:
    """How often chance alone makes the far past tell as much of a target: the smaller p of the two
    questions, doubled; NaN for too few.

    Args:
        far: n parts of sequences ``[steps, C]``, the newest row last; NaN where unknown.
        targets: ``[n, K]``

    Example:
        >>> random = np.random.default_rng(0)
        >>> far = list(random.normal(size=(60, 30, 1)))
        >>> copied, other = np.array([part[7] for part in far]), random.normal(size=(60, 1))
        >>> tells(far, copied) < 0.001 < 0.05 < tells(far, other)
        True
    """
    if len(far) < LEAST or not len(far[0]) or targets.std(axis=0).max() < SMALL:
        return float("nan")
    rows = np.concatenate(far).astype(np.float64)
    known = np.isfinite(rows)
    count = np.maximum(known.sum(axis=0), 1)
    centre = np.where(known, rows, 0).sum(axis=0) / count
    deviation = np.sqrt((np.where(known, rows - centre, 0) ** 2).sum(axis=0) / count)
    scale = np.where(deviation > SMALL, deviation, 1.0)
    parts = [np.where(np.isfinite(part), (part - centre) / scale, 0) for part in far]
    varying = targets[:, targets.std(axis=0) > SMALL]
    return min(2 * min(_by_place(parts, varying), _anywhere(parts, varying)), 1.0)


def _by_place(parts: Sequence[Array], targets: Array) -> float:
    """p of the largest correlation of one value with one target, times how many there are."""
    n, steps = len(parts), int(np.median([len(part) for part in parts]))
    values = np.zeros((n, steps, parts[0].shape[1]))
    for i, part in enumerate(parts):
        newest = part[-steps:]
        values[i, steps - len(newest) :] = newest
    flat = values.reshape(n, -1)
    deviation = flat.std(axis=0)
    flat = (flat - flat.mean(axis=0))[:, deviation > SMALL] / deviation[deviation > SMALL]
    if not flat.shape[1]:
        return 1.0
    z = (targets - targets.mean(axis=0)) / targets.std(axis=0)
    each = np.abs(flat.T @ z / n)
    place, column = np.unravel_index(np.argmax(each), each.shape)
    return _of_correlation(float(each[place, column]), n) * float(each.size)


def _of_correlation(r: float, n: int) -> float:
    from scipy.special import stdtr

    t = r * np.sqrt((n - 2) / max(1 - r * r, SMALL))
    return float(2 * stdtr(n - 2, -t))


def _anywhere(parts: Sequence[Array], targets: Array) -> float:
    """p of what a ridge regression on random features gains on what was held out."""
    random = np.random.default_rng(0)
    columns = parts[0].shape[1]
    weights, bias = random.normal(size=(columns, FEATURES)), random.normal(size=FEATURES)
    found = np.empty((len(parts), 2 * FEATURES))
    for i, part in enumerate(parts):
        each = np.maximum(part @ weights + bias, 0)
        found[i, :FEATURES], found[i, FEATURES:] = each.mean(axis=0), each.max(axis=0)
    deviation = found.std(axis=0)
    found = (found - found.mean(axis=0)) / np.where(deviation > SMALL, deviation, 1.0)
    fold = random.permutation(len(parts)) % FOLDS
    gain = np.empty(len(parts))
    for k in range(FOLDS):
        out, rest = fold == k, fold != k
        mean = targets[rest].mean(axis=0)
        error = targets[out] - mean
        left = error - _ridge(found[rest], targets[rest] - mean, found[out])
        gain[out] = (error**2).sum(axis=1) - (left**2).sum(axis=1)
    return of_mean(gain) if gain.mean() > 0 else 1.0


def _ridge(x: Array, y: Array, asked: Array) -> Array:
    """What a ridge regression says, its penalty by generalised cross-validation."""
    with one_blas_thread():
        power, basis = np.linalg.eigh(x @ x.T)
    power, along = np.maximum(power, 0), basis.T @ y

    def cost(penalty: float) -> float:
        kept = power / (power + penalty)
        left = ((1 - kept)[:, None] * along) ** 2
        return float(left.sum() / max(len(x) - kept.sum(), SMALL) ** 2)

    best = min((PENALTIES * len(x)).tolist(), key=cost)
    found: Array = asked @ (x.T @ (basis @ (along / (power + best)[:, None])))
    return found
