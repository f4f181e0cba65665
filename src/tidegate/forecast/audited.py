"""A forecaster with a frame, as the audit sees it.

The gradient and the gates are those of its first network. What a forecast owes to a value of the
past also comes by way of the window's mean and deviation and of the baselines that the network
mixes, so influence is taken of all of that together, by differences. By length of context, older
values are hidden from the network and from its baselines; the units of the window are kept.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..data.series import Series, read_series
from ..errors import ArgumentError, DataError
from ..network.audited import FEW, NetworkSubject, about_of
from ..network.lags import doubling, spread
from ..network.subject import Context
from .learn import table_of
from .members import Members
from .model import AT_ONCE, Model
from .windows import Table, Windows, filled

if TYPE_CHECKING:
    from .forecaster import Forecaster

Array = NDArray[Any]

MOST = 200
"""Windows that are looked at."""
MOVED = 0.01
"""Deviations of its window that a value is moved by, up and down."""


def subject(forecaster: Forecaster, df: Any) -> NetworkSubject:
    """The forecaster with the windows of a frame that are followed by a whole horizon.

    Raises:
        NotFittedError: before `fit`.
        ArgumentError: if it is no network.
        DataError: if the frame cannot be used, or has too few rows.
    """
    answers, known, plan = forecaster._fitted()
    if not isinstance(answers, Members):
        raise ArgumentError(
            f"this forecaster is a baseline, {answers.name}, which has no network to audit; give "
            f"cell='gru' or another cell in place of 'auto'"
        )
    series = read_series(df, missing="keep", gaps="fill", like=known)
    number = {name: i for i, name in enumerate(known.ids or [None])}
    fitted = np.array([number.get(name, -1) for name in series.ids or [None]])
    first = answers.on(series, fitted).learned[0]
    model, table = first.model, table_of(plan, series, first.scaling, first.units)
    windows = _windows(model, table)
    rows, spans = model.inputs.rows(windows)
    horizon, spec = plan.horizon, model.network.spec
    ahead = spread(horizon, FEW)
    about = replace(
        about_of(spec),
        outputs=tuple(f"t+{i + 1}" for i in ahead),
        inputs=(forecaster.target,),
        step="row",
        rows=plan.segment,
        unit="by a change of 1 of the value",
        loss="absolute error",
        settings=("cell", "window", "hidden", "learning_rate"),
    )
    if len(answers.learned) > 1:
        about = replace(about, model=f"{about.model}, the first of {len(answers.learned)} networks")
    targets = windows.targets()[..., 0].astype(np.float64)
    head, inputs = model.inputs.head, model.inputs

    def score(output: Array) -> Array:
        answer = inputs.answer(output).astype(np.float64)
        return _error(head.parts(answer, windows.paths).quantiles[..., head.middle], targets)

    def losses(seen: int, most: int) -> Array:
        chosen = spread(len(windows), most)
        if not seen:
            return _error(np.zeros_like(targets[chosen]), targets[chosen])
        some = hidden(_take(windows, chosen), seen)
        return _error(model.parts(some)[0][..., head.middle], targets[chosen])

    return NetworkSubject(
        about,
        model.network,
        rows,
        spans,
        score,
        acts=lambda which: influence(model, table, _take(windows, which), ahead),
        contexts=Context((0, *doubling(plan.reach)), losses),
        labels=_labels(series, windows),
    )


def hidden(windows: Windows, seen: int) -> Windows:
    """The same windows with only the newest values known; their units stay."""
    beyond = windows.z.shape[1] - seen
    z, known = windows.z.copy(), windows.seen.copy()
    z[:, :beyond] = np.nan
    known[:, :beyond] = False
    zero = windows.zero.copy()
    zero[:, :beyond] = False
    z = np.nan_to_num(filled(z, windows.plan.season), nan=0.0)
    beside = tuple(np.where(np.arange(z.shape[1]) < beyond, 0, column) for column in windows.beside)
    return replace(windows, z=z, seen=known, zero=zero, beside=beside)


def influence(model: Model, table: Table, windows: Windows, ahead: Array) -> tuple[Array, Array]:
    """How far a median forecast moves with each value, in their own units.

    Args:
        model: what forecasts.
        table: of the series.
        windows: k of them.
        ahead: ``[O]``, steps of the horizon, from 0.

    Returns:
        lag ``[L]``, in rows before the one that is forecast, and ``[k, O, L, 1]``; NaN where no
        value was observed.
    """
    k, reach = windows.z.shape
    found = np.full((k, len(ahead), reach + int(ahead[-1]), 1), np.nan)
    unit = windows.deviation * table.scaling.scale[windows.series]
    for i in range(k):
        seen = np.flatnonzero(windows.seen[i])
        size = float(MOVED * unit[i])
        for first in range(0, len(seen), AT_ONCE // 2):
            rows = seen[first : first + AT_ONCE // 2]
            moved = np.zeros((2, len(rows), reach))
            moved[0, np.arange(len(rows)), rows] = size
            moved[1] = -moved[0]
            both = moved.reshape(-1, reach)
            values: Any = _Moved(table.values, both)
            which = np.full(len(both), windows.series[i])
            cut = np.full(len(both), windows.cut[i])
            other = Windows.before(replace(table, values=values), windows.plan, which, cut)
            z = model.parts(other)[0][:, ahead, model.inputs.head.middle]
            y = table.scaling.undo(other.undo(z), which).reshape(2, len(rows), -1)
            slope = (y[0] - y[1]) / (2 * size)
            for j, step in enumerate(ahead):
                found[i, j, reach - 1 - rows + step, 0] = np.abs(slope[:, j])
    return np.arange(1, found.shape[2] + 1), found


class _Moved:
    """The values of a table as windows read them, each window with a change of its own."""

    def __init__(self, values: Array, change: Array) -> None:
        self.values = values
        self.change = change

    def __getitem__(self, index: Array) -> Array:
        found: Array = self.values[index] + self.change
        return found


def _windows(model: Model, table: Table) -> Windows:
    """Some windows that are followed by a whole horizon; whole ones, if there are any."""
    plan = model.plan
    for rows in (plan.reach, plan.least):
        count = np.maximum(table.length - rows - plan.horizon + 1, 0)
        if count.any():
            chosen = spread(int(count.sum()), MOST)
            series = np.searchsorted(np.cumsum(count), chosen, side="right")
            number = chosen - (np.cumsum(count) - count)[series]
            return Windows.before(table, plan, series, table.start[series] + rows + number)
    raise DataError(
        f"an audit needs a series of {plan.needed} rows at least, to compare the forecast of "
        f"{plan.horizon} steps with what came; the longest has {int(table.length.max())}"
    )


def _take(windows: Windows, chosen: Array) -> Windows:
    columns = ("series", "cut", "z", "seen", "zero", "shift", "deviation", "static")
    some = {name: getattr(windows, name)[chosen] for name in columns}
    for name in ("beside", "ahead"):
        some[name] = tuple(column[chosen] for column in getattr(windows, name))
    return replace(windows, **some)


def _error(z: Array, targets: Array) -> Array:
    """``[k]``, the mean absolute error in deviations of the window, of what is known."""
    known = ~np.isnan(targets)
    error = np.where(known, np.abs(z - np.where(known, targets, 0)), 0).sum(axis=1)
    found: Array = error / np.maximum(known.sum(axis=1), 1)
    return found


def _labels(series: Series, windows: Windows) -> tuple[str, ...]:
    """What each step of the network is called: the time of its newest row, or how far ahead."""
    plan = windows.plan
    newest = windows.cut[:, None] - plan.reach - 1 + plan.segment * np.arange(1, plan.steps + 1)
    start = series.start[windows.series][:, None]
    times = series.time[np.maximum(newest, start)]
    if times.dtype.kind == "M":
        times = times.astype("datetime64[m]")
    names = [[str(time).removesuffix("T00:00") for time in row] for row in times]
    ahead = [f"+{min((i + 1) * plan.segment, plan.horizon)}"
             for i in range(-(-plan.horizon // plan.segment))]  # fmt: skip
    return tuple(name for row in names for name in (*row, *ahead))
