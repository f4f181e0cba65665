"""What a model sees before a cut: `windows.Windows` once more, and the rows of `Inputs.rows`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ...network.onnx import Rows, size_of
from ..covariates import FAR
from ..covariates import Units as Columns
from ..inputs import Inputs
from ..plan import Plan
from ..windows import ALONE, FLAT
from .formula import Array, Formula
from .units import Units


class Given(NamedTuple):
    """What a run is given of B series; a name is "" where the model has no such thing."""

    values: str
    """[B, T] float64, NaN where missing."""
    lengths: str
    """[B] int64, from 1: the first row that is not seen."""
    calendar: str
    """[B, 2] float64, at the last row."""
    future: str
    """[B, T + h, F] float64."""
    past: str
    """[B, T, P] float64, NaN where missing."""
    static: str
    """[B, S] float64."""


@dataclass(frozen=True)
class Windows:
    """As `windows.Windows` has them; R rows each."""

    z: str
    seen: str
    zero: str
    shift: str
    """[B, 1]"""
    scale: str
    """[B, 1]"""
    static: str
    """[B, 3 + c + S] float64."""
    beside: tuple[str, ...]
    """[B, R] float64 each."""
    ahead: tuple[str, ...]
    """[B, R + h] float64 each."""


def add_windows(
    f: Formula,
    plan: Plan,
    given: Given,
    units: Units,
    columns: Columns,
    counts: tuple[int, int, int],
) -> Windows:
    """`Windows.before` for the rows that a run is given.

    Args:
        f: that writes.
        plan: of the model.
        given: what a run is given.
        units: of each series.
        columns: how covariates are read.
        counts: F, P and S, of covariates.
    """
    index, inside = _rows_before(f, plan, given.lengths)
    cut, lost = _seen_cut(f, plan, given)
    other, within = _rows_before(f, plan, cut)
    raw = f("GatherElements", given.values, other, attributes={"axis": 1})
    missing = f("IsNaN", raw)
    raw = f("Where", missing, 0.0, raw)
    counted = f("And", within, f("Not", missing))
    seen = f("And", counted, f("Not", lost))
    u = add_filled(f, f("Where", missing, np.nan, units.apply(f, raw)), plan)
    count = f("Max", f.total(f.cast(counted, np.float64)), 1.0)
    known = f("Where", counted, u, 0.0)
    mean = f("Div", f.total(known), count)
    size = f("Div", f.total(f("Abs", known)), count)
    rest = f("Where", counted, f("Sub", u, mean), 0.0)
    deviation = f("Sqrt", f("Div", f.total(f("Mul", rest, rest)), count))
    deviation = f("Max", deviation, f("Mul", f("Div", ALONE, count), size))
    floor = f("Max", deviation, f("Mul", FLAT, size))
    floor = f("Where", f("Less", floor, np.finfo(np.float64).tiny), 1.0, floor)
    m, R = plan.season, plan.reach
    steps = f("Abs", f("Sub", f.part(u, m, R), f.part(u, 0, R - m)))
    pairs = f("And", f.part(counted, m, R), f.part(counted, 0, R - m))
    steps = f.total(f("Where", pairs, steps, 0.0))
    steps = f("Div", steps, f("Max", f.total(f.cast(pairs, np.float64)), 1.0))
    size = f("Where", f("Greater", size, 0.0), size, 1.0)
    own = [_log(f, f("Div", steps, size)), _log(f, f("Div", deviation, size))]
    own.append(f.mean(f.cast(seen, np.float64)))
    if plan.anchored:
        mean = _number(f, f.mean(f.part(u, R - m, R)))
        floor = f("Add", f("Mul", mean, 0.0), 1.0)
    shift = f("Where", units.zeros, 0.0, mean)
    scale = f("Where", units.zeros, 1.0, floor)
    # not a single value may have been observed
    z = _number(f, f("Div", f("Sub", u, shift), scale))
    zero = f("And", f("And", f("Equal", raw, 0.0), seen), units.zeros)
    F, P, _ = counts
    if given.calendar:
        own.append(given.calendar)
    if given.static:
        own.append(_read(f, given.static, columns, slice(F + P, None)))
    beside: list[str] = []
    if given.past:
        place = f.beside(index, 2)
        x = f("GatherND", given.past, place, attributes={"batch_dims": 1})
        gone = f("IsNaN", x)
        x = _read(f, f("Where", gone, 0.0, x), columns, slice(F, F + P))
        x = f("Where", gone, 0.0, x)
        there = f.cast(f("And", f.beside(inside, 2), f("Not", gone)), np.float64)
        for i in range(P):
            beside += [_column(f, x, i), _column(f, there, i)]
    ahead: tuple[str, ...] = ()
    if given.future:
        later = f("Add", f.beside(given.lengths, 1), np.arange(plan.horizon)[None])
        place = f.beside(f.join(index, later, axis=1), 2)
        x = f("GatherND", given.future, place, attributes={"batch_dims": 1})
        x = _read(f, x, columns, slice(0, F))
        ahead = tuple(_column(f, x, i) for i in range(F))
    static = f.join(*own, axis=1)
    return Windows(z, seen, zero, shift, scale, static, tuple(beside), ahead)


def add_filled(f: Formula, u: str, plan: Plan) -> str:
    """`windows.filled`: by phase, then by what came before, then by the first that there is."""
    u = _carried(f, u, plan.season, plan.reach)
    u = _carried(f, u, 1, plan.reach)
    return _carried(f, u, -1, plan.reach)


def add_rows(f: Formula, inputs: Inputs, windows: Windows) -> Rows:
    """`Inputs.rows`: what the network reads, [B, steps, columns] float32."""
    plan = inputs.plan
    p, steps, R = plan.segment, plan.steps, plan.reach
    flags = [windows.seen, *([windows.zero] if inputs.zeros else [])]
    values = [windows.z, *(f.cast(flag, np.float64) for flag in flags), *windows.beside]
    values += [f.part(column, 0, R) for column in windows.ahead]
    newest = [windows.z, f.cast(windows.zero, np.float64), *windows.beside]
    same = f.join(*(f.part(column, R - 1, R) for column in newest), windows.static, axis=1)
    width = inputs.columns - p * inputs.channels - 1

    def beside(part: str, count: int, last: Array) -> str:
        """A part of the table with the numbers that all its steps have, and its last column."""
        each = f.spread(f.beside(same, 1), same, count, width)
        number = f.spread(last.reshape(1, count, 1), same, count, 1)
        return f.join(part, each, number, axis=2)

    past = f.join(*(f.shaped(column, 0, steps, p) for column in values), axis=2)
    size = (inputs.channels - inputs.future) * p
    later = [f.spread(np.zeros((1, 1, 1)), same, inputs.ahead, size)]
    over = inputs.ahead * p - plan.horizon
    for column in windows.ahead:
        x = f("Pad", f.part(column, R, R + plan.horizon), np.array([0, 0, 0, over]))
        later.append(f.shaped(x, 0, inputs.ahead, p))
    number = np.arange(1, inputs.ahead + 1) / inputs.ahead
    table = f.join(
        beside(past, steps, np.zeros(steps)),
        beside(f.join(*later, axis=2), inputs.ahead, number),
        axis=1,
    )
    return Rows(f.cast(table, np.float32), f.spread(np.array([steps + inputs.ahead]), same))


def _seen_cut(f: Formula, plan: Plan, given: Given) -> tuple[str, str]:
    """[B] int64, the cut whose window has values, see `windows._earlier`; [B, 1], whether it is
    another, as none was seen in the newest rows."""
    lengths = f.beside(given.lengths, 1)
    row = f("Range", 0, f("Squeeze", size_of(f.graph, given.values, 1)), 1)
    observed = f("And", f("Less", row, lengths), f("Not", f("IsNaN", given.values)))
    last = f("ReduceMax", f("Where", observed, row, -1), np.array([1]))
    season = plan.long_season or plan.season
    seasons = f("Div", f("Sub", f("Sub", lengths, 1), last), season)
    lost = f("Less", last, f("Sub", lengths, plan.reach))
    lost = f("And", lost, f("GreaterOrEqual", last, 0))
    cut = f("Where", lost, f("Sub", lengths, f("Mul", seasons, season)), lengths)
    return f("Squeeze", cut, np.array([1])), lost


def _rows_before(f: Formula, plan: Plan, lengths: str) -> tuple[str, str]:
    """`windows.rows_before` for series that begin at row 0: [B, R] both."""
    end, m = f.beside(lengths, 1), plan.season
    index = f("Add", end, np.arange(-plan.reach, 0)[None])
    inside = f("GreaterOrEqual", index, 0)
    seasons = f("Div", f("Sub", m - 1, index), m)
    later = f("Add", index, f("Mul", seasons, m))
    later = f("Min", later, f("Sub", end, 1))
    return f("Where", inside, index, later), inside


def _carried(f: Formula, u: str, step: int, rows: int) -> str:
    """Each missing value of [B, rows] is the last one so many rows before it, or twice, or three
    times as many; below 0: after it. Each pass looks twice as far back as the one before."""
    while abs(step) < rows:
        moved = f("Pad", u, np.array([0, step, 0, -step]), np.nan)
        u = f("Where", f("IsNaN", u), moved, u)
        step *= 2
    return u


def _log(f: Formula, ratio: str) -> str:
    return f("Mul", 0.3, f("Log", f("Clip", ratio, 1e-4, 1e4)))


def _number(f: Formula, value: str) -> str:
    """0 for NaN."""
    return f("Where", f("IsNaN", value), 0.0, value)


def _column(f: Formula, table: str, number: int) -> str:
    """[B, R] of [B, R, columns]."""
    return f("Gather", table, number, attributes={"axis": 2})


def _read(f: Formula, x: str, columns: Columns, some: slice) -> str:
    """`Covariates._read` of numbers; rounded to float32 with all else."""
    z = f("Div", f("Sub", x, columns.centre[some]), columns.scale[some])
    return f("Clip", z, -FAR, FAR)
