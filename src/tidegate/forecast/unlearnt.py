"""What the usable memory of a forecaster is judged by: windows that it did not learn from.

A network knows a few rows by heart, so that of white noise, too, the past seems to be of use. If
the frame has rows after those that were learnt from, these judge. If not, and if rows are few, a
second network of the same plan learns from the first two thirds, which takes a moment, and is
judged by the rest. Of more rows the networks judge as they are; but if they have the past to be of
use, a second network must show it on its last third, too, first with few updates, then with as many
as the first one had. Of many rows so little is known by heart that this is not asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data.series import Series
from ..evidence import SURE, of_mean
from .learn import Learned, learn, table_of
from .model import Model
from .windows import Table, Windows

Array = NDArray[Any]

FEW, MANY = 1_000, 20_000
"""Rows, up to which a second network judges; up to which one must agree."""
HELD = 1 / 3
"""The share of rows that it is judged by."""
UPDATES, BATCH = 150, 64
"""Of its training: as many as the first had, so many at most, and half as large."""
NEAR = 0.01
"""A loss that is lower by this share is a gain."""
MOST = 200
"""Windows that are asked."""
ENOUGH = 4
"""Windows without which nothing can be said."""


class Judged(NamedTuple):
    """Who is judged, and by which windows; no two of them share a row that is forecast."""

    models: list[Model]
    windows: Windows


Losses = Callable[[Judged, int, int], Array]
"""(who, rows seen before a cut, at most so many windows) → ``[k]``."""


def judged(
    learned: tuple[Learned, ...],
    windows: Windows,
    series: Series,
    known: Series,
    losses: Losses,
) -> Judged:
    """The networks themselves by rows that they have not seen; else a second one, or all rows.

    Args:
        learned: that answer together, on these series.
        windows: of all rows.
        series: n of them, that are audited.
        known: the newest rows that were learnt from.
        losses: of anybody, with a part of the context.
    """
    models, plan = [each.model for each in learned], windows.plan
    table, horizon = windows.table, plan.horizon
    before = _learnt(series, known)
    newer = _ahead_of(table, horizon, np.where(before, before, plan.reach))
    if newer is not None and len(newer[0]) >= ENOUGH:
        return Judged(models, Windows.before(table, plan, *newer))
    whole = Judged([*models], take(windows, without_overlap(windows)))
    rows = int(series.length.sum())
    if rows <= FEW:
        return _second(learned, windows, series, UPDATES) or whole
    if rows > MANY or not _used(whole, losses):
        return whole
    found, full = None, models[0].inputs.updates(rows)
    for updates in sorted({min(UPDATES, full), full}):
        found = _second(learned, windows, series, updates)
        if found is None or _used(found, losses):
            return whole
    return found or whole


def _second(
    learned: tuple[Learned, ...], windows: Windows, series: Series, most: int
) -> Judged | None:
    """A network that has learnt the first rows, in so many updates at most, and windows of the
    others; None where there are too few."""
    plan, table = windows.plan, windows.table
    held = np.maximum(np.round(HELD * series.length / plan.horizon), 1).astype(np.int64)
    rows = series.length - held * plan.horizon
    later = _ahead_of(table, plan.horizon, rows)
    if later is None or rows.max() < plan.needed or rows.min() <= 0:
        return None
    updates = min(learned[0].model.inputs.updates(int(rows.sum())), most)
    training = replace(plan.training, calibrate=False, updates=updates, batch=BATCH)
    short = replace(plan, training=training)
    found = learn(short, series, rows, progress=False)[0]
    own = table_of(short, series, found.scaling, found.units)
    return Judged([found.model], Windows.before(own, short, *later))


def _used(judged: Judged, losses: Losses) -> bool:
    """Whether the loss is lower with the whole window than with its level alone, beyond chance."""
    before = losses(judged, 0, MOST)
    gain = before - losses(judged, judged.windows.plan.reach, MOST)
    return bool(gain.mean() >= NEAR * before.mean() and of_mean(gain) < SURE)


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
