"""What Theta makes of a window, beside smoothing: `theta.theta` and `theta.share` once more."""

from __future__ import annotations

import numpy as np

from ..plan import Plan
from ..rules.smoothing import TINY
from ..theta import CONSTANTS, TELLING, TWICE, centred, phases_of
from .formula import Formula


def add_theta(f: Formula, plan: Plan, z: str, moves: str, smoothed: str, errors: str) -> str:
    """The mean of smoothing, [B, h], moved to that of Theta as far as this fits as well.

    Args:
        f: that writes.
        plan: of the windows.
        z: [B, R] float64.
        moves: [B, R], 1 for what counts, else 0.
        smoothed: [B, h], the mean of smoothing.
        errors: [B, 1], the squared errors that it made.
    """
    m, R = plan.season, plan.reach
    place, step = np.arange(R, dtype=np.float64)[None], np.arange(1.0, plan.horizon + 1)[None]
    shape = _shrunken(f, z, moves, m, R)
    phase = np.eye(m)[:, (np.arange(R) - R) % m]
    left = f("Sub", z, f("MatMul", shape, phase))
    count = f.total(moves)

    def mean_of(value: str) -> str:
        return f("Div", f.total(f("Mul", moves, value)), count)

    middle, mean = mean_of(f.name(place)), mean_of(left)
    away = f("Sub", place, middle)
    counted = f("Mul", moves, away)
    slope = f.total(f("Mul", counted, f("Sub", left, mean)))
    slope = f("Div", slope, f("Max", f.total(f("Mul", counted, away)), TINY))
    far = f("Sub", f("Sub", f("Mul", left, 2.0), mean), f("Mul", slope, away))
    level = square = f("Mul", slope, np.zeros((1, len(CONSTANTS))))
    begun = f("Mul", slope, 0.0)
    for t in range(R):
        one = f.part(moves, t, t + 1)
        error = f("Mul", f("Sub", f.part(far, t, t + 1), level), one)
        square = f("Add", square, f("Mul", f("Mul", error, error), begun))
        gain = f("Where", f("Greater", begun, 0.0), CONSTANTS[None], 1.0)
        level = f("Add", level, f("Mul", error, gain))
        begun = f("Max", begun, one)
    square = f("Mul", square, 0.25)
    room = f("Max", f("Sub", count, 1.0), 1.0)
    criterion = f("Mul", room, f("Log", f("Max", f("Div", square, room), TINY)))
    least = f("ReduceMin", criterion, np.array([1]))
    weight = f("Exp", f("Mul", f("Sub", least, criterion), 0.5))
    weight = f("Div", weight, f.total(weight))
    line = f("Add", mean, f("Mul", slope, f("Sub", R - 1.0, middle)))
    now = f("Mul", f("Add", f.total(f("Mul", weight, level)), line), 0.5)
    found = f("Add", now, f("Mul", slope, step / 2))
    ahead = np.arange(plan.horizon) % m
    found = f("Add", found, f("Gather", shape, ahead, attributes={"axis": 1}))
    own = f("Log", f("Max", f.total(f("Mul", weight, square)), TINY))
    other = f("Log", f("Max", errors, TINY))
    share = f("Sigmoid", f("Mul", f("Sub", other, own), TELLING))
    return f("Add", smoothed, f("Mul", share, f("Sub", found, smoothed)))


def _shrunken(f: Formula, z: str, moves: str, season: int, rows: int) -> str:
    """`theta.shrunken`: [B, m]."""
    weights, first = centred(season)
    phase = np.eye(season)[phases_of(rows, season)]
    columns = len(phase)
    trend = np.zeros((rows, columns))
    for i, weight in enumerate(weights):
        trend[i + np.arange(columns), np.arange(columns)] = weight
    beside = f("Sub", f.part(z, first, first + columns), f("MatMul", z, trend))
    counted = f.part(moves, first, first + columns)
    count = f("MatMul", counted, phase)
    shape = f("Div", f("MatMul", f("Mul", counted, beside), phase), f("Max", count, 1.0))
    error = f("Sub", beside, f("MatMul", shape, phase.T.copy()))
    spread = f.total(f("Mul", counted, f("Mul", error, error)))
    shape = f("Sub", shape, f.mean(shape))
    every = f.total(count)
    chance = f("Div", spread, f("Max", f("Sub", every, float(season)), 1.0))
    chance = f("Div", f("Mul", chance, float(season)), f("Max", every, 1.0))
    size = f("Div", f.total(f("Mul", shape, shape)), season - 1.0)
    kept = f("Max", f("Sub", 1.0, f("Div", chance, f("Max", size, TINY))), 0.0)
    known = f("GreaterOrEqual", f("ReduceMin", count, np.array([1])), float(TWICE))
    return f("Mul", shape, f("Mul", kept, f.cast(known, np.float64)))
