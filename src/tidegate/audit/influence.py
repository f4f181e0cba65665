"""How outputs change with the input so many rows before, and with which they cannot at all."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..network.lags import spread
from ..network.subject import Subject
from .budget import steps
from .result import Blind, Influence

Array = NDArray[Any]

MOST = 16
"""Sequences that are looked at."""
FAR = 5_000
"""Steps of a sequence, from which on one is enough: what is kept of each takes memory."""
SHARE, STEPS = 0.03, 3_000
"""Of the steps of all sequences, and so many in any case."""
ALL = "all inputs"


def influence(subject: Subject) -> tuple[Influence, tuple[Blind, ...]]:
    """The mean influence, and what outputs are blind to."""
    about, which = subject.about, chosen(subject)
    lag, table = subject.influence(which)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a lag that no sequence has: NaN
        mean = np.nanmean(table, axis=0)
        zero = np.nanmax(table, axis=0) == 0
    found = Influence(about.outputs, about.inputs, lag, mean, about.unit)
    if not zero.any():
        return found, ()
    other, certain = subject.fresh(), False
    if other is not None:
        again = other.influence(which)[1]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            zero &= np.nanmax(again, axis=0) == 0
        certain = True
    return found, blind(
        about.outputs, about.inputs, lag, zero, np.isfinite(mean).any(axis=2), certain
    )


def blind(
    outputs: tuple[str, ...],
    inputs: tuple[str, ...],
    lag: Array,
    zero: Array,
    given: Array,
    certain: bool,
) -> tuple[Blind, ...]:
    """Which outputs know nothing of which inputs; those of all columns are one finding.

    Args:
        outputs, inputs: names.
        lag: ``[L]``
        zero: ``[outputs, L, inputs]``, whether there is no influence.
        given: ``[outputs, L]``, whether there is such a row at all.
        certain: whether other parameters were tried.

    Example:
        >>> zero, given = np.zeros((1, 3, 2), bool), np.ones((1, 3), bool)
        >>> zero[0, :2] = True
        >>> [str(each) for each in blind(("t+1",), ("a", "b"), np.arange(1, 4), zero, given, True)]
        ['t+1 cannot depend on the newest 2 rows of all inputs']
    """
    found = []
    for i, output in enumerate(outputs):
        whole = zero[i].all(axis=1)
        newest = int(lag[np.argmax(given[i])])
        parts = [(ALL, whole)]
        parts += [(name, zero[i, :, j] & ~whole) for j, name in enumerate(inputs)]
        for name, rows in parts:
            if rows.any():
                found.append(Blind(output, name, tuple(int(n) for n in lag[rows]), newest, certain))
    return tuple(found)


def chosen(subject: Subject) -> Array:
    """The sequences that are looked at: some of the longer ones, within a budget."""
    length = subject.length
    probes = len(subject.about.outputs)
    budget = steps(subject, SHARE, STEPS)
    least = 4 if np.median(length) <= FAR else 1
    count = int(np.clip(budget / (probes * np.median(length)), least, MOST))
    long = np.flatnonzero(length >= np.median(length))
    return np.asarray(long[spread(len(long), count)])
