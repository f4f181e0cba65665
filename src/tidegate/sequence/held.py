"""Which samples are held out, to judge those that have not learnt from them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .samples import Samples
from .tasks import Task

Array = NDArray[Any]

FIFTHS = 2
"""At most: each costs a training."""


def generator(seed: int, *purpose: int) -> np.random.Generator:
    """Random numbers for one purpose, which a seed and its number decide."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *purpose])))


def split(samples: Samples, share: float, seed: int, task: Task) -> tuple[Array, Array]:
    """Which samples are held out, and which remain: of each class the same share.

    Example:
        >>> from tidegate.data.sequences import read_sequences
        >>> from tidegate.network import Loss
        >>> x = read_sequences(np.arange(10.0)[:, None])
        >>> found = Samples(x, np.repeat([[0.0], [1.0]], 5, axis=0), np.ones(10))
        >>> apart, rest = split(found, 0.4, 0, Task(Loss("categorical"), 2))
        >>> np.bincount(apart // 5).tolist(), len(rest)
        ([2, 2], 6)
    """
    n = len(samples)
    order = _by_label(samples, seed, task)
    # every 1/share-th in this order, from the middle of the first such step on
    out = np.diff(np.floor((np.arange(n + 1) - 0.5) * share + 0.5)) > 0
    if out.all() or n < 2:
        out[...] = np.arange(n) > 0
    elif not out.any():
        out[n // 2] = True
    return np.sort(order[out]), np.sort(order[~out])


def folds(samples: Samples, count: int, seed: int, task: Task) -> Array:
    """In which fold each sample is, ``[n]``: of each class as many in each, from 0 up.

    -1 for the only one of its class: who has not learnt from it cannot know it.

    Example:
        >>> from tidegate.data.sequences import read_sequences
        >>> from tidegate.network import Loss
        >>> x = read_sequences(np.arange(7.0)[:, None])
        >>> found = Samples(x, np.array([[0.0, 0, 0, 1, 1, 1, 2]]).T, np.ones(7))
        >>> of_each = folds(found, 3, 0, Task(Loss("categorical"), 3))
        >>> sorted(of_each[:3].tolist()), sorted(of_each[3:6].tolist()), int(of_each[6])
        ([0, 1, 2], [0, 1, 2], -1)
    """
    order = _by_label(samples, seed, task)
    if task.labels:
        classes = samples.targets[:, 0].astype(np.int64)
        order = order[np.bincount(classes)[classes[order]] > 1]
    found = np.full(len(samples), -1)
    found[order] = np.arange(len(order)) % count
    return found


def fifths(samples: Samples, least: int, enough: int, seed: int, task: Task) -> list[Array]:
    """The numbers of those that are held out: a fifth, then another one, until enough were.

    Args:
        least: samples of which another has the same label, from which on any are.
        enough: samples.
    """
    fold = folds(samples, 5, seed, task)
    found: list[Array] = []
    if (fold >= 0).sum() >= least:
        while len(found) < FIFTHS and sum(map(len, found)) < enough:
            found.append(np.flatnonzero(fold == len(found)))
    return found


def _by_label(samples: Samples, seed: int, task: Task) -> Array:
    """Samples at random, ``[n]``; those of a class one after the other."""
    order = generator(seed, 2).permutation(len(samples))
    return order[np.argsort(samples.targets[order, 0], kind="stable")] if task.labels else order
