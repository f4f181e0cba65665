"""How a forecast moves with each value and covariate that it was given.

What the network reads is followed back exactly, in float64, to covariates, each of which stands in
rows of its own. A value of the past also moves the window's mean and deviation and the baselines
that the network mixes, so values are moved a little up and down, windows are made of them again,
and what changes in these is weighed with the exact slopes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.encoding import Code, Encoding
from ..network import Network
from .model import AT_ONCE, Model
from .ridge import Ridge
from .windows import Table, Windows

Array = NDArray[Any]

MOVED = 0.01
"""Deviations of its window that a value is moved by, up and down."""


@dataclass(frozen=True)
class Columns:
    """The covariates as the user knows them."""

    encoding: Encoding
    units: Any
    """`covariates.Units`, of all columns that these become."""

    @property
    def timed(self) -> tuple[str, ...]:
        """Those with a value in every row: of the past, then known ahead."""
        return tuple(code.name for code in (*self.encoding.past, *self.encoding.future))

    @property
    def sizes(self) -> tuple[float, ...]:
        """How much each of `timed` varies; 1 for a category, whose influence is that of a change of
        its level."""
        future, past, _ = self._scales()
        each = [*zip(self.encoding.past, past, strict=True)]
        each += zip(self.encoding.future, future, strict=True)
        return tuple(1.0 if code.levels else float(scale[0]) for code, scale in each)

    def of_past(self, slopes: Array) -> Array:
        """``[..., columns]`` by what is read → ``[..., names]`` by what the user gave."""
        return self._joined(self.encoding.past, slopes / self._flat(1))

    def of_future(self, slopes: Array) -> Array:
        """The same of what is known ahead."""
        return self._joined(self.encoding.future, slopes / self._flat(0))

    def of_static(self, slopes: Array) -> Array:
        """The same of what each series has one value of."""
        return self._joined(self.encoding.static, slopes / self._flat(2))

    def _scales(self) -> list[list[Array]]:
        """For each role, for each column of the user: the scales of what it becomes."""
        found, first = [], 0
        for role in ("future", "past", "static"):
            parts = []
            for code in getattr(self.encoding, role):
                width = len(code.columns)
                parts.append(self.units.scale[first : first + width])
                first += width
            found.append(parts)
        return found

    def _flat(self, role: int) -> Array:
        return np.concatenate([np.empty(0), *self._scales()[role]])

    @staticmethod
    def _joined(codes: tuple[Code, ...], slopes: Array) -> Array:
        """Of a category, the largest difference between two of its levels."""
        found = np.empty((*slopes.shape[:-1], len(codes)))
        first = 0
        for i, code in enumerate(codes):
            part = slopes[..., first : first + len(code.columns)]
            found[..., i] = np.ptp(part, axis=-1) if code.levels else part[..., 0]
            first += len(code.columns)
        return found


@dataclass(frozen=True)
class Slopes:
    """How the median of one model moves, for k windows and O steps ahead, in units of a window."""

    z: Array
    """``[k, O]``, the median itself."""
    by_read: Array
    """``[O, k, steps, columns]``, by what the network reads."""
    by_path: Array
    """``[k, O, paths]``"""
    by_smoothed: Array
    """``[k]``, by what exponential smoothing makes of the window."""
    by_ridge: Array
    """``[k]``, by what a ridge regression makes of it."""
    ridge: Ridge | None
    ridged: Array | None
    """``[k, h]``, what that says, where it counts."""

    @classmethod
    def of(cls, model: Model, windows: Windows, ahead: Array) -> Slopes:
        """By one pass back for each step ahead."""
        inputs, head = model.inputs, model.inputs.head
        network = _exact(model.network)
        rows, spans = inputs.rows(windows)
        by_read = []
        for step in ahead:
            tape = network.forward_train(rows, spans)
            answer = inputs.answer(tape.output)
            quantiles = head.parts(answer, windows.paths).quantiles
            z = model.leant(quantiles, windows)[:, ahead, head.middle]
            by_output, by_path = head.median_slopes(answer, windows.paths)
            probe = np.zeros((len(windows), inputs.ahead * inputs.plan.segment, head.width))
            probe[:, step] = by_output.reshape(len(windows), -1, head.width)[:, step]
            found = np.empty(rows.shape)
            network.native_backward(
                tape.native,
                probe.reshape(tape.output.shape),
                gradient=np.empty_like(network.values),
                d_input=found,
            )
            by_read.append(found.reshape(len(windows), -1, inputs.columns))
        smoothing, ridge = model.shares(windows)
        smoothing = (1 - ridge) * smoothing
        rest = (1 - ridge - smoothing)[:, None, None]
        by_path = rest * by_path[:, ahead]
        ridged = None if model.ridge is None else model.ridge.ahead(windows)
        read = rest * np.stack(by_read)
        return cls(z, read, by_path, smoothing, ridge, model.ridge, ridged)


def influence(
    models: Sequence[Model], windows: Windows, columns: Columns, ahead: Array
) -> tuple[Array, Array]:
    """How far the median of a forecast moves with each value, in their own units.

    Args:
        models: that answer together, by the median of what they say.
        windows: k of them.
        columns: the covariates.
        ahead: ``[O]``, steps of the horizon, from 0.

    Returns:
        lag ``[L]``, in rows before the one that is forecast, and ``[k, O, L, 1 + P + F + S]``: the
        target, the covariates of the past, those known ahead; and, at the first lag alone, those of
        the series. NaN where no value was observed.
    """
    each = [Slopes.of(model, windows, ahead) for model in models]
    inputs, plan = models[0].inputs, windows.plan
    k, reach = windows.z.shape
    later = plan.horizon if inputs.future else 0  # rows after the cut of which something is known
    names = columns.encoding
    last = 1 + len(columns.timed) + len(names.static)
    lag = np.arange(1 + min(int(ahead[0]) - later, 0), reach + int(ahead[-1]) + 1)
    table = np.full((k, len(ahead), len(lag), last), np.nan)

    def place(found: Array, column: slice, j: int, step: int) -> None:
        """Rows of a window, and those after it, at their lags."""
        oldest = reach + step - lag[0]
        table[:, j, oldest - np.arange(found.shape[1]), column] = np.abs(found)

    by_target = _by_target(each, models[0], windows, ahead)
    weights = _middle_ones(np.stack([slopes.z for slopes in each])) * _to_values(each, windows)
    read = sum(
        w.T[..., None, None] * slopes.by_read for w, slopes in zip(weights, each, strict=True)
    )
    p, past = plan.segment, 2 + inputs.zeros
    for j, step in enumerate(ahead):
        place(by_target[:, j, :, None], slice(0, 1), j, step)
        rows = np.asarray(read)[j]
        known = rows[:, : plan.steps]

        def channel(i: int, known: Array = known) -> Array:
            return known[:, :, i * p : (i + 1) * p].reshape(k, reach)

        whole = rows.sum(axis=1)
        if inputs.past:
            found = np.stack([channel(past + 2 * i) for i in range(inputs.past)], axis=-1)
            newest = p * inputs.channels + 2
            found[:, -1] += whole[:, newest : newest + 2 * inputs.past : 2]
            seen = np.stack(windows.beside[1::2], axis=-1) > 0
            found = columns.of_past(np.where(seen, found, np.nan))
            place(found, slice(1, 1 + found.shape[2]), j, step)
        if inputs.future:
            first = inputs.channels - inputs.future
            found = np.stack([channel(first + i) for i in range(inputs.future)], axis=-1)
            beyond = rows[:, plan.steps :, first * p : inputs.channels * p]
            beyond = beyond.reshape(k, inputs.ahead, inputs.future, p).transpose(0, 1, 3, 2)
            beyond = beyond.reshape(k, -1, inputs.future)[:, :later]
            found = columns.of_future(np.concatenate([found, beyond], axis=1))
            timed = slice(1 + len(names.past), 1 + len(columns.timed))
            place(found, timed, j, step)
        if names.static:
            end = p * inputs.channels + 2 + 2 * inputs.past + windows.static.shape[1]
            own = whole[:, end - inputs.static : end - plan.told_apart]
            found = columns.of_static(own)
            table[:, j, 0, 1 + len(columns.timed) :] = np.abs(found)
    return lag, table


def _exact(network: Network) -> Network:
    if network.spec.dtype == "float64":
        return network
    spec = network.spec.but(dtype="float64")
    return Network(spec, parameters=network.parameters.astype(np.float64))


def _middle_ones(z: Array) -> Array:
    """``[members, k, O]``: the share that each member has in the median; the one in the middle has
    all of it, or two have half each.

    Example:
        >>> _middle_ones(np.array([3.0, 1.0, 2.0]).reshape(3, 1, 1)).ravel().tolist()
        [0.0, 0.0, 1.0]
    """
    n = len(z)
    rank = np.argsort(np.argsort(z, axis=0, kind="stable"), axis=0, kind="stable")
    chosen = (rank == (n - 1) // 2) | (rank == n // 2)
    found: Array = chosen / chosen.sum(axis=0)
    return found


def _to_values(each: Sequence[Slopes], windows: Windows) -> Array:
    """``[members, k, O]``: how far a value moves with its number in units of the window."""
    step = 1e-4

    def values(z: Array) -> Array:
        return windows.table.scaling.undo(windows.undo(z), windows.series)

    return np.stack([(values(s.z + step) - values(s.z - step)) / (2 * step) for s in each])


def _by_target(each: Sequence[Slopes], model: Model, windows: Windows, ahead: Array) -> Array:
    """``[k, O, R]``, by the values of the window; NaN where none was observed."""
    k, reach = windows.z.shape
    found = np.full((k, len(ahead), reach), np.nan)
    scaling = windows.table.scaling
    before, spans = model.inputs.rows(windows)
    before = before.reshape(k, spans.length[0], -1)
    unit = spread_of(windows)
    for i in range(k):
        size = float(MOVED * unit[i]) or MOVED
        seen = np.flatnonzero(windows.seen[i])
        for first in range(0, len(seen), AT_ONCE // 2):
            rows = seen[first : first + AT_ONCE // 2]
            moved = np.zeros((2, len(rows), reach))
            moved[0, np.arange(len(rows)), rows] = size
            # a value of a series that is never negative goes down from 0 no further
            down = np.where(windows.zero[i, rows], 0.0, -size)
            moved[1, np.arange(len(rows)), rows] = down
            other = _moved(windows, i, moved.reshape(-1, reach))
            read = model.inputs.rows(other)[0].reshape(len(other), *before.shape[1:])
            read = (read - before[i].astype(np.float64)).reshape(len(other), -1)
            paths = other.paths[:, ahead] - windows.paths[i, ahead]
            said = []
            for slopes in each:
                z = slopes.z[i] + read @ slopes.by_read[:, i].reshape(len(ahead), -1).T
                z += np.einsum("mop,op->mo", paths, slopes.by_path[i])
                if slopes.by_smoothed[i]:
                    moves = other.smoothed.mean[:, ahead] - windows.smoothed.mean[i, ahead]
                    z += slopes.by_smoothed[i] * moves
                if slopes.ridge is not None and slopes.ridged is not None:
                    moves = slopes.ridge.ahead(other) - slopes.ridged[i]
                    z += slopes.by_ridge[i] * moves[:, ahead]
                said.append(scaling.undo(other.undo(z), other.series))
            y = np.median(said, axis=0).reshape(2, len(rows), -1)
            found[i][:, rows] = ((y[0] - y[1]) / (size - down)[:, None]).T
    return found


def _moved(windows: Windows, i: int, change: Array) -> Windows:
    """Window ``i`` again and again, its values moved by ``[m, R]``; zeros count as such still."""
    values: Any = _Moved(windows.table.values, change)
    which = np.full(len(change), windows.series[i])
    cut = np.full(len(change), windows.cut[i])
    moved = replace(windows.table, values=values)
    other = Windows.before(moved, windows.plan, which, cut)
    return replace(other, zero=np.repeat(windows.zero[i : i + 1], len(change), axis=0))


def spread_of(windows: Windows) -> Array:
    """``[k]``, how far the values of each window are apart; of a series with many zeros, the usual
    amount."""
    table, series = windows.table, windows.series
    ends = np.stack([windows.shift - windows.deviation, windows.shift + windows.deviation], axis=1)
    low, high = without_floor(table).scaling.undo(ends, series).T
    return np.where(table.zeros[series], table.scaling.unit[series], (high - low) / 2)


class _Moved:
    """The values of a table as windows read them, each window with a change of its own."""

    def __init__(self, values: Array, change: Array) -> None:
        self.values = values
        self.change = change

    def __getitem__(self, index: Array) -> Array:
        found: Array = self.values[index] + self.change
        return found


def without_floor(table: Table) -> Table:
    """The same, but that a forecast may fall below zero: on the floor nothing moves it."""
    floor = np.full_like(table.scaling.floor, -np.inf)
    return replace(table, scaling=replace(table.scaling, floor=floor))
