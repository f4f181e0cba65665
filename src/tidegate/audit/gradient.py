"""How large d state(t) / d state(t − lag) is, by lag.

A random probe v on a state at t, sent back once, meets the state of every step before: the gradient
it leaves at t − lag is Jᵀv with J = d state(t) / d state(t − lag). With entries ±1/√H, the mean of
|Jᵀv|² is |J|²/H in the Frobenius norm (Hutchinson 1990), so one backward pass over a few dozen
sequences gives all lags at once. Of small models a probe of each unit is sent back instead: then it
is |J|/√H itself, without error; and of small data, from every step of every sequence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..network.lags import spread
from ..network.subject import Ends, Subject
from .budget import steps
from .result import LagCurve

Array = NDArray[Any]

LEAST, MOST = 12, 48
"""Places that are looked at, for each state."""
SHARE = 0.05
"""Of the steps of all sequences, that a pass looks at; more where this is fewer than `LEAST`."""
STEPS = 5_000
"""That are looked at in any case."""
WHOLE = 50_000
"""Steps that probes of all units may take, for the gradient without error."""
EVERY = 2_000
"""Places, of which all are looked at where that takes no more than `WHOLE` steps."""
RUN = 2_000
"""Steps that a probe is followed back, at most: what is kept of each takes memory."""


@dataclass(frozen=True, eq=False)
class Norms:
    """Of one state: what came of each probe."""

    layer: int
    direction: str
    state: str
    table: Array
    """``[m, L]``: the size at each lag; NaN where a run is not so long. Of several networks, the
    places in the first, then the same in the next."""
    group: Array
    """``[m]``, a number for each sequence in each network: places of one are not independent."""

    def curve(self) -> LagCurve:
        """Over all places."""
        ordered = np.sort(self.table, axis=0)  # NaN last
        count = (~np.isnan(ordered)).sum(axis=0)
        with np.errstate(over="ignore"):
            mean = np.nansum(ordered, axis=0) / count
        low, median, high = (_quantile(ordered, count, q) for q in (0.1, 0.5, 0.9))
        lag = np.arange(self.table.shape[1])
        return LagCurve(self.layer, self.direction, self.state, lag, mean, low, median, high, count)


def norms(networks: Sequence[Subject], states: tuple[str, ...], seed: int) -> list[Norms]:
    """For each layer, direction and state: the gradient by lag, of several places.

    Of small models and data these are all steps; else half of them are the ends of sequences, and
    the others lie anywhere in them.

    Args:
        networks: the model and its data, once for each network that answers in it.
        states: of the cell.
        seed: of the places and the probes.
    """
    random, subject = np.random.default_rng(seed), networks[0]
    about, length = subject.about, subject.length
    all_steps = about.hidden * (length * (length + 1) / 2).sum()
    if all_steps <= WHOLE and length.sum() <= EVERY:
        ends = every_place(length)
        back = ends._replace(first=length[ends.which] - ends.steps)
    else:
        ends = back = places(length, steps(subject, SHARE, STEPS) / len(networks), random)
    group = np.concatenate([ends.which + i * len(length) for i in range(len(networks))])
    found = []
    for layer in range(about.layers):
        for state in states:
            trails = [_trail(each, ends, layer, state, random) for each in networks]
            for direction in range(about.directions):
                if direction and back is not ends:  # a reverse one reads what follows a place
                    trails = [_trail(each, back, layer, state, random) for each in networks]
                tables = [
                    by_lag(trail[direction], ends.steps, reverse=direction == 1) for trail in trails
                ]
                name = ("forward", "reverse")[direction]
                found.append(Norms(layer, name, state, np.concatenate(tables), group))
    return found


def _trail(
    subject: Subject, ends: Ends, layer: int, state: str, random: np.random.Generator
) -> Array:
    """``[directions, sum of steps]``: the size of what comes to each step from the end of its run,
    by random probes, or of small models by probes of all units."""
    about, k = subject.about, len(ends.which)
    h, rows = about.hidden, int(ends.steps.sum())
    if rows * h > WHOLE:
        probe = random.choice([-1.0, 1.0], (about.directions, k, h)) / np.sqrt(h)
        trail = subject.trail(ends, layer, state, probe)
        return np.stack([sizes(each) for each in trail])
    probe = np.tile(np.eye(h), (about.directions, k, 1))
    trail = subject.trail(Ends(*(np.repeat(part, h) for part in ends)), layer, state, probe)
    # each run h times, one after the other
    first = np.repeat(np.cumsum(ends.steps) - ends.steps, ends.steps)
    own = np.arange(rows) - first
    start = h * first + own
    place = start[:, None] + np.repeat(ends.steps, ends.steps)[:, None] * np.arange(h)
    whole = [sizes(each[place].reshape(rows, h * h)) / np.sqrt(h) for each in trail]
    return np.stack(whole)


def every_place(length: Array) -> Ends:
    """All steps of all sequences that have one before them.

    Example:
        >>> [part.tolist() for part in every_place(np.array([3, 2]))]
        [[0, 0, 1], [0, 0, 0], [2, 3, 2]]
    """
    which = np.repeat(np.arange(len(length)), length - 1)
    steps = np.concatenate([np.arange(2, n + 1) for n in length])
    return Ends(which, np.zeros_like(which), steps)


def places(length: Array, budget: float, random: np.random.Generator) -> Ends:
    """Where states are probed: runs from the first step of some sequences on, if not too long."""
    count = int(np.clip(budget / min(float(np.median(length)), RUN), LEAST, MOST))
    long = np.flatnonzero(length >= np.median(length))
    which = np.concatenate(
        [long[spread(len(long), count // 2)], random.choice(np.flatnonzero(length > 1), count // 2)]
    )
    end = length[which]
    late = slice(min(len(long), count // 2), None)
    end[late] = random.integers(2, end[late] + 1)
    return Ends(which, np.maximum(end - RUN, 0), np.minimum(end, RUN))


def by_lag(sizes: Array, steps: Array, *, reverse: bool) -> Array:
    """``[m, L]`` of ``[sum of steps]``; a reverse direction comes to the first step last.

    Example:
        >>> by_lag(np.array([4.0, 2.0, 1.0, 3.0, 1.0]), np.array([3, 2]), reverse=False).tolist()
        [[1.0, 2.0, 4.0], [1.0, 3.0, nan]]
    """
    first = np.repeat(np.cumsum(steps) - steps, steps)
    place = np.arange(len(sizes)) - first
    lag = place if reverse else np.repeat(steps, steps) - 1 - place
    table = np.full((len(steps), int(steps.max())), np.nan)
    table[np.repeat(np.arange(len(steps)), steps), lag] = sizes
    return table


def _quantile(ordered: Array, count: Array, q: float) -> Array:
    """``[L]``, of the first ``count`` rows of each column, between the two nearest."""
    place = q * (count - 1)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, count - 1)
    column = np.arange(len(count))
    low, high = ordered[below, column], ordered[above, column]
    with np.errstate(invalid="ignore", over="ignore"):
        between = low + (place - below) * (high - low)
    return np.where((low == high) | (place == below), low, between)


def sizes(rows: Array) -> Array:
    """The length of each row; the largest entry is taken out first, so that squares neither
    overflow nor vanish: 0.2⁵⁰⁰ is a number, its square is none."""
    largest = np.abs(rows).max(axis=1)
    safe = np.where((largest > 0) & np.isfinite(largest), largest, 1.0)
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = rows / safe[:, None]
        found: Array = safe * np.sqrt(np.einsum("rh,rh->r", scaled, scaled))
    return np.where(np.isfinite(found), found, np.inf)
