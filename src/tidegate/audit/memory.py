"""Usable memory: what the loss is when only the newest rows are seen."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..evidence import SURE, of_mean
from ..network.lags import CHANGE
from ..network.subject import Subject
from .budget import steps as affordable
from .result import Memory

Array = NDArray[Any]

NEAR = 0.01
"""A loss within this share of the full one is as good."""
RESAMPLED = 500
MOST = 400
"""Observations."""
SHARE, STEPS = 0.35, 30_000
"""Of the steps of all sequences, that all contexts together read; so many in any case, to look
between those whose loss is within `NEAR` of the full one and those whose is not."""
FINE = 16
"""That is done until a context is known to within so small a part of it."""


def memory(subject: Subject, seed: int) -> Memory:
    """The loss by length of context, with intervals by bootstrap over the sequences."""
    context, about = subject.context, subject.about
    length, every = subject.length, float(np.median(subject.length))

    def steps(n: int) -> float:
        return min(n / about.rows, every)

    at_once = max(sum(map(steps, context.lengths)), 1.0)
    most = int(np.clip(SHARE * length.sum() / at_once, context.least, MOST))
    known = {n: context.losses(n, most) for n in context.lengths}
    m = len(known[context.lengths[0]])
    left = affordable(subject, SHARE, STEPS) - m * at_once
    unit = int(np.gcd.reduce(context.lengths))
    while True:
        found = curve(about.loss, np.array(list(known)), np.stack(list(known.values())), seed)
        n = between(found, unit)
        left -= m * steps(n)
        if not n or left < 0:
            return found
        known = dict(sorted({**known, n: context.losses(n, most)}.items()))


def between(memory: Memory, unit: int) -> int:
    """The context halfway from the largest whose loss is not good enough to the usable one; 0 where
    these are close.

    Args:
        memory: what is known.
        unit: contexts are multiples of it.

    Example:
        >>> losses = np.array([[9.0, 9.0, 8.0], [1.0, 0.5, 0.2], [1.0, 0.5, 0.2]])
        >>> between(curve("squared error", np.array([1, 8, 16]), losses, 0), 1)
        4
    """
    place = int(np.searchsorted(memory.context, memory.usable))
    if not place:
        return 0
    low, high = int(memory.context[place - 1]), memory.usable
    middle = (low + high) // (2 * unit) * unit
    return middle if low < middle and (high - low) * FINE > high else 0


def curve(name: str, context: Array, losses: Array, seed: int) -> Memory:
    """What losses by context come to.

    Args:
        name: of the loss.
        context: ``[K]`` rows, increasing.
        losses: ``[K, m]``
        seed: of the bootstrap.

    Example:
        >>> losses = np.array([[4.0, 3.0, 3.5], [1.0, 0.5, 0.2], [1.0, 0.5, 0.2]])
        >>> curve("squared error", np.array([1, 2, 4]), losses, 0).usable
        2
    """
    m = losses.shape[1]
    score = losses.mean(axis=1)
    chosen = np.random.default_rng(seed).integers(m, size=(RESAMPLED, m))
    low, high = np.quantile(losses[:, chosen].mean(axis=2), (0.025, 0.975), axis=1)
    lead = losses[0] - losses[-1]
    gain, p = float(lead.mean() / score[0]) if score[0] else 0.0, of_mean(lead)
    enough = usable(name, context, score)
    if name != CHANGE and (gain < NEAR or p >= SURE):  # what is longer is not proved to be of use
        enough = int(context[0])
    return Memory(name, context, score, low, high, enough, gain, p)


def usable(name: str, context: Array, score: Array) -> int:
    """The smallest context from which on the loss is within 1 % of the full one."""
    full = float(score[-1])
    margin = NEAR if name == CHANGE else NEAR * abs(full)
    beyond = np.flatnonzero(score > full + margin)
    return int(context[beyond[-1] + 1 if beyond.size else 0])
