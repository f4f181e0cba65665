"""How fast a gradient grows or fades from step to step, and by how much at the most.

Products of many Jacobians grow or shrink by the same factor in each step in the long run, whatever
the sequence (Furstenberg and Kesten 1960; for recurrent networks: Engelken et al. 2023): the
logarithm of their size is a line, and its slope is what is reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..network.blas import one_blas_thread
from ..network.lags import spread
from ..network.subject import Ends, Subject
from .budget import steps as affordable
from .gradient import Norms
from .result import Rate

Array = NDArray[Any]

TINY = 1e-300
"""What is smaller counts as nothing."""
LARGE = 1e300
RESAMPLED = 1000
PLACES, FAR = 4, 16
"""Whole Jacobians that are taken, if as many can be over so many steps; one if not."""
LAGS = 10
"""Lags whose singular values are taken."""
SHARE, STEPS = 0.02, 2_000
"""The steps that all Jacobians of a state take: a share of all, and so many in any case."""


def rates(networks: Sequence[Subject], found: list[Norms], seed: int) -> list[Rate]:
    """The growth of each state's gradient, and its singular values.

    Args:
        networks: the model and its data, once for each network that answers in it.
        found: the sizes by lag.
        seed: of the bootstrap.
    """
    result = []
    values: dict[tuple[int, str], list[tuple[Array, Array, Array]]] = {}
    for norms in found:
        key = norms.layer, norms.state
        if key not in values:
            values[key] = _mean([singular(each, *key) for each in networks[:PLACES]])
        lag, largest, smallest = values[key][norms.direction == "reverse"]
        growth, low, high = grown(norms.table, seed, norms.group)
        life = np.inf if growth >= 1 else 0.0 if growth == 0 else np.log(0.5) / np.log(growth)
        tables = np.split(norms.table, len(networks))
        each = tuple(grown(table, seed)[0] for table in tables) if len(tables) > 1 else ()
        where = norms.layer, norms.direction, norms.state
        ends = growth, low, high, float(life)
        result.append(Rate(*where, *ends, lag, largest, smallest, each))
    return result


def _mean(each: list[list[tuple[Array, Array, Array]]]) -> list[tuple[Array, Array, Array]]:
    """Of several networks, the geometric mean of their singular values."""
    found = []
    for parts in zip(*each, strict=True):
        with np.errstate(divide="ignore"):  # relu may leave nothing of a gradient
            largest, smallest = (
                np.exp(np.mean([np.log(part[i]) for part in parts], axis=0)) for i in (1, 2)
            )
        found.append((parts[0][0], largest, smallest) if len(parts) > 1 else parts[0])
    return found


def grown(table: Array, seed: int = 0, group: Array | None = None) -> tuple[float, float, float]:
    """The factor of a step, and its 95 % interval: by the line through each place's logarithms.

    Args:
        table: ``[m, L]``, sizes by lag; NaN beyond the end of a run.
        seed: of the bootstrap.
        group: ``[m]``, what is drawn in the bootstrap; None for each place by itself, as where all
            are of one group.

    Example:
        >>> growth, low, high = grown(2.0 ** np.arange(51)[None])
        >>> round(growth, 12), low
        (2.0, nan)
    """
    count = (~np.isnan(table)).sum(axis=1)
    kept = count > 1
    if not kept.any():
        return np.nan, np.nan, np.nan
    table, count = table[kept], count[kept]
    beyond = (table < TINY) | (table > LARGE)
    last = np.where(beyond.any(axis=1), beyond.argmax(axis=1), count)
    t = np.arange(table.shape[1]) - (last[:, None] - 1) / 2
    in_line = np.arange(table.shape[1]) < last[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.where(in_line, t * np.log(table), 0).sum(axis=1)
        slope /= np.where(in_line, t * t, 0).sum(axis=1)
    # gone, or beyond all numbers, in a single step
    slope = np.where(last < 2, np.log(np.where(table[:, 1] < TINY, TINY, LARGE)), slope)
    weight = np.maximum(last, 1).astype(np.float64)
    growth = _factor(float(np.average(slope, weights=weight)))
    number = np.arange(len(slope))
    if group is not None and np.ptp(group):
        number = np.unique(group[kept], return_inverse=True)[1]
    total, weights = np.bincount(number, slope * weight), np.bincount(number, weight)
    if len(weights) < 2:
        return growth, np.nan, np.nan
    chosen = np.random.default_rng(seed).integers(len(weights), size=(RESAMPLED, len(weights)))
    means = total[chosen].sum(axis=1) / weights[chosen].sum(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return growth, _factor(float(low)), _factor(float(high))


def singular(subject: Subject, layer: int, state: str) -> list[tuple[Array, Array, Array]]:
    """For each direction: lags, and the largest and the smallest singular value at each.

    The whole Jacobian is taken, a probe for each unit, over as many steps as can be afforded.
    """
    about, length = subject.about, subject.length
    h = about.hidden
    budget = affordable(subject, SHARE, STEPS)
    longest = int(length.max())
    places = PLACES if budget // (h * PLACES) >= min(FAR, longest) else 1
    steps = int(np.clip(budget // (h * places), min(3, longest), longest))
    able = np.flatnonzero(length >= steps)
    which = able[spread(len(able), places)]
    count = len(which)
    ends = Ends(np.repeat(which, h), np.repeat(length[which] - steps, h), np.full(count * h, steps))
    probe = np.tile(np.eye(h), (about.directions, count, 1))
    trail = subject.trail(ends, layer, state, probe)
    lags = np.unique(np.geomspace(1, steps - 1, LAGS).round().astype(np.int64))
    result = []
    for direction in range(about.directions):
        jacobians = trail[direction].reshape(count, h, steps, h)
        largest, smallest = [], []
        with one_blas_thread():
            for lag in lags:
                at = lag if direction else steps - 1 - lag
                largest_of, smallest_of = zip(*map(_extremes, jacobians[:, :, at]), strict=True)
                largest.append(_middle(largest_of))
                smallest.append(_middle(smallest_of))
        result.append((lags, np.array(largest), np.array(smallest)))
    return result


def _extremes(jacobian: Array) -> tuple[float, float]:
    if not np.isfinite(jacobian).all():
        return np.inf, np.inf
    scale = float(np.abs(jacobian).max())
    if scale == 0:
        return 0.0, 0.0
    found = np.linalg.svd(jacobian / scale, compute_uv=False) * scale
    return float(found[0]), float(found[-1])


def _middle(values: tuple[float, ...]) -> float:
    """The geometric mean; 0 if any is."""
    array = np.array(values)
    if len(array) == 1 or not array.all() or not np.isfinite(array).all():
        return float(array.min() if not array.all() else array.max())
    return float(np.exp(np.log(array).mean()))


def _factor(slope: float) -> float:
    return 0.0 if slope <= np.log(TINY) else float(np.exp(slope))
