"""A ridge regression of a window: what forecasts of a few long series lean on, beside the network.

One linear model of all series says each step ahead from all rows of the window, in its units, and
from the time of the year where the network is told it. It is found in closed form from sums over
windows, so it takes a second or two, and errs in another way than the network, which does not learn
to mix it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..network.blas import one_blas_thread
from .plan import Plan
from .windows import OWN, Table, Windows, filled

Array = NDArray[Any]

WINDOWS = 10_000
"""So many windows are learnt from, at most."""
AT_ONCE = 512
"""Windows that are summed in one go."""
STRENGTHS = np.logspace(-4, 3, 15)
"""What the squares of the weights are multiplied by, to choose from, in units of the mean square
of what is read."""
NEWEST = 0.2
"""The share of each series's cuts, the last ones, that the strength is chosen by."""
FAR = 100.0
"""A window is not learnt from if what comes after it is so many deviations away."""
SPREAD = 0.2
"""How far the share that suits a table is from the usual one, one standard deviation."""
MOST = 0.6
"""The largest share that windows held out may give."""
TIMES = 4
"""Times at which windows were held out, from which on these say anything of it."""


@dataclass(frozen=True)
class Ridge:
    """Weights of what is read, and what is added."""

    weights: Array
    """``[R + c, h]``, of the rows of a window and the calendar at its last one."""
    bias: Array
    """``[h]``"""

    @classmethod
    def of(cls, table: Table, plan: Plan) -> Ridge:
        """Learns from windows of all series, drawn by the plan's seed.

        Series whose zeros are counted apart are left out, and windows less than half of whose rows,
        or of the rows that come after, were seen. Of these the missing ones are filled. The
        strength of the penalty is the best for the newest windows, of weights from the windows
        whose future ended before these began; the strongest where there are no such windows.
        """
        inputs = plan.reach + table.calendar(table.start[:1]).shape[1]
        none = _Sums.of(np.empty((0, inputs)), np.empty((0, plan.horizon)))
        early, between, newest = none, none, none
        for x, y, place in _examples(table, plan):
            early += _Sums.of(x[place < 0], y[place < 0])
            between += _Sums.of(x[place == 0], y[place == 0])
            newest += _Sums.of(x[place > 0], y[place > 0])
        strength = STRENGTHS[-1]
        if early.count and newest.count:
            strength = STRENGTHS[np.argmin([newest.error(r) for r in early.solved(*STRENGTHS)])]
        return (early + between + newest).solved(strength)[0]

    def ahead(self, windows: Windows) -> Array:
        """``[k, h]``, what comes after k windows, in their units."""
        found = np.tile(self.bias, (len(windows), 1))
        # row by row: the same bits whatever windows lie beside
        for column, weights in zip(_read(windows, len(self.weights)).T, self.weights, strict=True):
            found += column[:, None] * weights
        return found


def share(usual: float, error: Array, away: Array, time: Array) -> float:
    """How much a regression counts beside a network, from 0 to `MOST`, by windows held out.

    That is the slope of the network's errors on how far the regression lies from it, by least
    squares, which counts beside the usual share as an observation with noise does beside what was
    known before. The noise is what differs from one window, or one time, to the next.

    Args:
        usual: what it counts where nothing is known.
        error: ``[k, h]``, what came less what the network said; NaN where nothing was seen.
        away: ``[k, h]``, what the regression said less what the network said.
        time: ``[k]``, a number for when a window was: equal ones were at the same time.

    Example:
        >>> error = np.tile([1.0, -1.0], (8, 1))
        >>> [share(0.3, error, away, np.arange(8)) for away in (2 * error, 10 * error, -error)]
        [0.5, 0.1, 0.0]
    """
    seen = ~np.isnan(error)
    square = np.where(seen, away**2, 0).sum(axis=1)
    product = np.where(seen, error * away, 0).sum(axis=1)
    times, number = np.unique(time, return_inverse=True)
    size = square.sum()
    if len(times) < TIMES or not size > 0:
        return usual
    slope = product.sum() / size
    left = (product - slope * square) / size
    by_time = np.bincount(number, left)
    noise = max((left**2).sum(), (by_time**2).sum() * len(times) / (len(times) - 1))
    known = SPREAD**2 / (SPREAD**2 + noise)
    return float(np.clip(usual + known * (slope - usual), 0, MOST))


@dataclass(frozen=True)
class _Sums:
    """Sums over windows, of what is read, x, and what comes after, y."""

    count: int
    x: Array
    y: Array
    xx: Array
    xy: Array
    yy: float

    @classmethod
    def of(cls, x: Array, y: Array) -> _Sums:
        """Of some windows, ``[k, inputs]`` and ``[k, outputs]``."""
        with one_blas_thread():
            return cls(len(x), x.sum(0), y.sum(0), x.T @ x, x.T @ y, float((y**2).sum()))

    def __add__(self, other: _Sums) -> _Sums:
        return _Sums(
            self.count + other.count,
            self.x + other.x,
            self.y + other.y,
            self.xx + other.xx,
            self.xy + other.xy,
            self.yy + other.yy,
        )

    def solved(self, *strengths: float) -> list[Ridge]:
        """The ridge regression of each strength, its bias free."""
        count = max(self.count, 1)
        mean, target = self.x / count, self.y / count
        with one_blas_thread():
            values, vectors = np.linalg.eigh(self.xx - count * np.outer(mean, mean))
            turned = vectors.T @ (self.xy - count * np.outer(mean, target))
            values = np.maximum(values, 0)
            unit = max(float(values.mean()), np.finfo(np.float64).tiny)
            weights = [vectors @ (turned / (values + s * unit)[:, None]) for s in strengths]
            return [Ridge(each, target - mean @ each) for each in weights]

    def error(self, ridge: Ridge) -> float:
        """The squared error of a regression on these windows, in all."""
        w, b = ridge.weights, ridge.bias
        with one_blas_thread():
            square = (w * (self.xx @ w)).sum() + 2 * self.x @ w @ b + self.count * b @ b
        return float(self.yy - 2 * (w * self.xy).sum() - 2 * self.y @ b + square)


def _read(windows: Windows, inputs: int) -> Array:
    """``[k, inputs]``: the rows of each window, and the calendar."""
    rows = windows.z.shape[1]
    calendar = windows.static[:, OWN : OWN + inputs - rows]
    return np.concatenate([windows.z, calendar], axis=1)


def _examples(table: Table, plan: Plan) -> Iterator[tuple[Array, Array, Array]]:
    """What is read of some windows, ``[k, R + c]``, what came after, ``[k, h]``, and whether that
    was before the newest windows (-1), is one of them (1) or neither (0), ``[k]``."""
    h = plan.horizon
    room = np.where(table.zeros, 0, np.maximum(table.length - plan.least - h + 1, 0))
    before = np.cumsum(room) - room
    total = int(room.sum())
    drawn = np.random.default_rng(plan.seed).choice(total, min(total, WINDOWS), replace=False)
    drawn.sort()
    edge = room - np.ceil(NEWEST * room).astype(np.int64)
    for first in range(0, len(drawn), AT_ONCE):
        some = drawn[first : first + AT_ONCE]
        series = np.searchsorted(before + room, some, side="right")
        number = some - before[series]
        cut = table.start[series] + plan.least + number
        windows = Windows.before(table, plan, series, cut)
        y = windows.after()
        known = (~np.isnan(y)).mean(axis=1)
        y = filled(np.concatenate([windows.z, y], axis=1), plan.season)[:, -h:]
        usable = (known >= 0.5) & (windows.seen.mean(axis=1) >= 0.5) & (np.abs(y) < FAR).all(axis=1)
        place = (number >= edge[series]).astype(int) - (number + h <= edge[series])
        x = _read(windows, windows.z.shape[1] + table.calendar(cut[:1]).shape[1])
        yield x[usable], y[usable], place[usable]
