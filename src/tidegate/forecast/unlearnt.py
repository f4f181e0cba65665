"""What the usable memory of a forecaster is judged by: windows that it did not learn from.

A network knows a few rows by heart, so that of white noise, too, the past seems to be of use. If
the frame has rows after those that were learnt from, these judge. If not, and if rows are few, a
second network of the same plan learns from the first two thirds, which takes a moment, and is
judged by the rest. Of many rows so little is known by heart that they judge as they are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data.series import Series
from .learn import Learned, learn, table_of
from .model import Model
from .windows import Table, Windows

Array = NDArray[Any]

FEW = 1_000
"""Rows, up to which a second network learns."""
HELD = 1 / 3
"""The share of rows that it is judged by."""
UPDATES, BATCH = 150, 64
"""Of its training: as many as the first had, so many at most, and half as large."""
ENOUGH = 4
"""Windows without which nothing can be said."""


class Judged(NamedTuple):
    """Who is judged, and by which windows; no two of them share a row that is forecast."""

    models: list[Model]
    windows: Windows


def judged(learned: tuple[Learned, ...], windows: Windows, series: Series, known: Series) -> Judged:
    """The networks themselves by rows that they have not seen; else a second one, or all rows.

    Args:
        learned: that answer together, on these series.
        windows: of all rows.
        series: n of them, that are audited.
        known: the newest rows that were learnt from.
    """
    models, plan = [each.model for each in learned], windows.plan
    table, horizon = windows.table, plan.horizon
    before = _learnt(series, known)
    newer = _ahead_of(table, horizon, np.where(before, before, plan.reach))
    if newer is not None and len(newer[0]) >= ENOUGH:
        return Judged(models, Windows.before(table, plan, *newer))
    if int(series.length.sum()) <= FEW:
        held = np.maximum(np.round(HELD * series.length / horizon), 1).astype(np.int64) * horizon
        rows = series.length - held
        later = _ahead_of(table, horizon, rows)
        if later is not None and rows.max() >= plan.needed and rows.min() > 0:
            updates = min(models[0].inputs.updates(int(rows.sum())), UPDATES)
            training = replace(plan.training, calibrate=False, updates=updates, batch=BATCH)
            short = replace(plan, training=training)
            second = learn(short, series, rows, progress=False)[0]
            own = table_of(short, series, second.scaling, second.units)
            return Judged([second.model], Windows.before(own, short, *later))
    return Judged([*models], take(windows, without_overlap(windows)))


def _learnt(series: Series, known: Series) -> Array:
    """``[n]``, how many first rows of each series were learnt from: all up to the last one that is
    known."""
    last = dict(zip(known.ids or [None], known.last, strict=True))
    found = np.zeros(len(series), np.int64)
    for i, name in enumerate(series.ids or [None]):
        if name in last:
            times = series.time[series.start[i] : series.start[i] + series.length[i]]
            found[i] = np.searchsorted(times, last[name], side="right")
    return found


def _ahead_of(table: Table, horizon: int, rows: Array) -> tuple[Array, Array] | None:
    """The series and the cuts of windows that forecast none of the first rows, ``[n]``, of each;
    None if there are none."""
    count = np.maximum((table.length - rows) // horizon, 0)
    if not count.any():
        return None
    series = np.repeat(np.arange(len(count)), count)
    number = np.arange(len(series)) - np.repeat(np.cumsum(count) - count, count)
    # the last one ends with the series
    end = (table.start + table.length)[series]
    return series, end - horizon * (count[series] - number)


def without_overlap(windows: Windows) -> Array:
    """Windows of which no two forecast one row, so that each is an observation of its own."""
    chosen: list[int] = []
    end: dict[int, int] = {}
    for i in np.argsort(windows.cut, kind="stable").tolist():
        series, cut = int(windows.series[i]), int(windows.cut[i])
        if cut >= end.get(series, cut):
            chosen.append(i)
            end[series] = cut + windows.plan.horizon
    return np.array(chosen)


def take(windows: Windows, chosen: Array) -> Windows:
    """Some of the windows."""
    columns = ("series", "cut", "z", "seen", "zero", "shift", "deviation", "static")
    some = {name: getattr(windows, name)[chosen] for name in columns}
    for name in ("beside", "ahead"):
        some[name] = tuple(column[chosen] for column in getattr(windows, name))
    return replace(windows, **some)
