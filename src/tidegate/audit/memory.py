"""Usable memory: what the loss is when only the newest rows are seen."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..evidence import SURE, of_mean
from ..network.lags import CHANGE
from ..network.subject import Subject
from .result import Memory

Array = NDArray[Any]

NEAR = 0.01
"""A loss within this share of the full one is as good."""
RESAMPLED = 500
MOST = 400
"""Observations."""
SHARE = 0.35
"""Of the steps of all sequences, that all contexts together read."""


def memory(subject: Subject, seed: int) -> Memory:
    """The loss by length of context, with intervals by bootstrap over the sequences."""
    context, about = subject.context, subject.about
    length = subject.length
    steps = sum(min(n / about.rows, float(np.median(length))) for n in context.lengths)
    most = int(np.clip(SHARE * length.sum() / max(steps, 1.0), context.least, MOST))
    losses = np.stack([context.losses(n, most) for n in context.lengths])
    return curve(about.loss, np.array(context.lengths), losses, seed)


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
