"""What a forecast starts from: `paths.paths` once more."""

from __future__ import annotations

import numpy as np

from ..paths import SEASONS, level_weights
from ..plan import Plan
from .formula import Formula


def add_paths(f: Formula, plan: Plan, z: str, seen: str) -> str:
    """The paths of windows [B, R]: [B, h, count] float64."""
    m, R, ahead = plan.season, plan.reach, np.arange(plan.horizon)
    level = np.zeros(plan.horizon)
    number = np.arange(R)[None]
    newest = f("ReduceMax", f("Where", seen, number, -1), np.array([1]))
    newest = f("Where", f("Less", newest, 0), R - 1, newest)
    last = _at(f, z, newest)
    usual = _usual(f, z, R, m)
    again = f("Gather", z, R - m + ahead % m, attributes={"axis": 1})
    if m == 1:
        oldest = f("ReduceMin", f("Where", seen, number, R), np.array([1]))
        oldest = f("Where", f("Equal", oldest, R), 0, oldest)
        rows = f("Max", f("Sub", newest, oldest), 1)
        rise = f("Sub", last, _at(f, z, oldest))
        slope = f("Div", rise, f.cast(rows, np.float64))
        growth = f("Add", last, f("Mul", slope, (1.0 + ahead)[None]))
    elif R // m > 1:
        before = f.mean(f.part(z, R - 2 * m, R - m))
        grown = f("Sub", f.mean(f.part(z, R - m, R)), before)
        growth = f("Add", again, f("Mul", grown, (1.0 + ahead // m)[None]))
    else:
        growth = again
    shape = f("Sub", usual, f.mean(usual))
    weights, of_phase = level_weights(R, m)
    height = f("Sub", f.total(f("Mul", z, weights)), f.total(f("Mul", shape, of_phase)))
    phase = ahead % m
    columns = [
        f("Add", last, level),
        f("Mul", again, 0.0),
        f("Gather", usual, phase, attributes={"axis": 1}),
        growth,
        f("Add", height, f("Gather", shape, phase, attributes={"axis": 1})),
    ]
    if m > 1:
        columns.append(again)
    if M := plan.long_season:
        phase = ahead % M
        columns.append(f("Gather", z, R - M + phase, attributes={"axis": 1}))
        columns.append(f("Gather", _usual(f, z, R, M), phase, attributes={"axis": 1}))
    return f.join(*(f.beside(column, 2) for column in columns), axis=2)


def _at(f: Formula, z: str, place: str) -> str:
    """[B, 1]"""
    return f("GatherElements", z, place, attributes={"axis": 1})


def _usual(f: Formula, z: str, rows: int, season: int) -> str:
    """[B, season], the mean of the last seasons, by phase."""
    whole = min(SEASONS, rows // season)
    seasons = f.shaped(f.part(z, rows - whole * season, rows), 0, whole, season)
    return f("ReduceMean", seasons, np.array([1]), attributes={"keepdims": 0})
