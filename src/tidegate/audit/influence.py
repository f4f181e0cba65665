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
    mean, zero, given = _over_sequences(table)
    certain = False
    if zero.any() and (other := subject.fresh()) is not None:
        zero &= _over_sequences(other.influence(which)[1])[1]
        certain = True
    timed = len(about.inputs)
    found = Influence(
        about.outputs, about.inputs, lag, mean[..., :timed], about.unit, about.sizes, about.once,
        mean[:, 0, timed:],
    )  # fmt: skip
    names = about.outputs, about.inputs
    rows = blind(*names, lag, zero[..., :timed], given[..., :timed], certain)
    once = (
        Blind(about.outputs[i], about.once[j], (), 0, certain)
        for i, j in np.argwhere(zero[:, 0, timed:])
    )
    return found, (*rows, *once)


def _over_sequences(table: Array) -> tuple[Array, Array, Array]:
    """``[outputs, L, inputs]`` each: the mean, whether it is zero in all, whether it is known."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a lag that no sequence has: NaN
        mean, most = np.nanmean(table, axis=0), np.nanmax(table, axis=0)
    return mean, most == 0, np.isfinite(mean)


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
        given: ``[outputs, L, inputs]``, whether there is such a row at all.
        certain: whether other parameters were tried.

    Example:
        >>> zero, given = np.zeros((1, 3, 2), bool), np.ones((1, 3, 2), bool)
        >>> zero[0, :2] = True
        >>> [str(each) for each in blind(("t+1",), ("a", "b"), np.arange(1, 4), zero, given, True)]
        ['t+1 cannot depend on the newest 2 rows of all inputs']
    """
    found = []
    for i, output in enumerate(outputs):
        some = given[i].any(axis=1)
        several = given[i].sum(axis=1) == len(inputs)
        whole = (zero[i] | ~given[i]).all(axis=1) & several
        parts = [(ALL, whole, some)]
        parts += [(n, zero[i, :, j] & ~whole, given[i, :, j]) for j, n in enumerate(inputs)]
        for name, rows, there in parts:
            if rows.any():
                newest = int(lag[np.argmax(there)])
                lags = tuple(int(n) for n in lag[rows])
                found.append(Blind(output, name, lags, newest, certain))
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
