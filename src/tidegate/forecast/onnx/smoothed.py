"""What exponential smoothing makes of a window: `smoothed.smoothed` once more."""

from __future__ import annotations

import numpy as np

from ..plan import Plan
from ..rules.smoothing import FORMS, TINY, Problem, candidates, numbers_of, problem_of
from ..smoothed import growth
from .formula import Array, Formula
from .theta import add_theta


def add_smoothed(f: Formula, plan: Plan, z: str, seen: str) -> tuple[str, str]:
    """What comes after windows [B, R]: mean and deviation, [B, h] float64 both."""
    m, R, ahead = plan.season, plan.reach, np.arange(plan.horizon)
    form, constants = candidates()
    alpha, beta, phi, gamma = constants.T
    trend, seasonal = (flag.astype(np.float64) for flag in np.array(FORMS)[form].T)
    # where all of a window counts, where its states begin is linear in its values
    every = np.ones((R, R), bool)
    first = problem_of(np.eye(R), every, every, m)
    moves = f.cast(seen, np.float64)
    moves = f("Where", f("Greater", f.total(moves), 0.0), moves, 1.0)
    phases, line = f("MatMul", z, first.phases), f("MatMul", z, first.line)
    level = f("Mul", f("MatMul", z, first.level[:, None]), 1 - trend)
    level = f("Add", level, f("Mul", f.part(line, 0, 1), trend))
    slope = f("Mul", f.part(line, 1, 2), trend)
    season = [f("Mul", f.part(phases, i, i + 1), seasonal) for i in range(m)]
    square = f("Mul", level, 0.0)
    for t in range(R):
        slope = f("Mul", slope, phi)
        level = f("Add", level, slope)
        error = f("Sub", f.part(z, t, t + 1), f("Add", level, season[t % m]))
        error = f("Mul", error, f.part(moves, t, t + 1))
        level = f("Add", level, f("Mul", error, alpha))
        slope = f("Add", slope, f("Mul", error, alpha * beta))
        season[t % m] = f("Add", season[t % m], f("Mul", error, (1 - alpha) * gamma))
        square = f("Add", square, f("Mul", error, error))
    weight = _likely(f, first, form, square, f.total(moves), phases)
    shape = f.join(*(f.total(f("Mul", weight, part)) for part in season), axis=1)
    found = f("Gather", shape, (R + ahead) % m, attributes={"axis": 1})
    found = f("Add", found, f.total(f("Mul", weight, level)))
    drift = f("Mul", weight, slope)
    for left in np.unique(phi[trend > 0]):
        mine = f.total(f("Mul", drift, (phi == left).astype(np.float64)))
        found = f("Add", found, f("Mul", mine, np.cumsum(left ** (ahead + 1))[None]))
    count = f.total(moves)
    if plan.theta:
        errors = f.total(f("Mul", weight, square))
        found = add_theta(f, plan, z, moves, found, errors)
    room = f("Max", f("Sub", count, numbers_of(form, m) - 1.0), f("Mul", count, 0.5), 1.0)
    variance = f("Div", f("Mul", weight, square), room)
    return found, f("Sqrt", f("MatMul", variance, growth(constants, plan.horizon, m)))


def _likely(f: Formula, problem: Problem, form: Array, square: str, count: str, phases: str) -> str:
    """`smoothed.likely` of `rules.smoothing.aicc`: [B, C]."""
    _, seasonal = np.array(FORMS)[form].T
    number = numbers_of(form, problem.phases.shape[1]).astype(np.float64)
    room = f("Sub", count, number + 1)
    mean = f("Max", f("Div", square, f("Max", count, 1.0)), TINY)
    found = f("Add", f("Mul", count, f("Log", mean)), 2 * number)
    few = f("Div", 2 * number * (number + 1), f("Max", room, 1.0))
    blank = f("Equal", f("ReduceMax", f("Abs", phases), np.array([1])), 0.0)
    none = f("Or", f("LessOrEqual", room, 0.0), f("And", blank, seasonal))
    found = f("Where", none, 1e300, f("Add", found, few))
    nothing = f("Greater", f("ReduceMin", found, np.array([1])), 1e299)
    found = f("Where", nothing, np.where(form == 0, 0.0, 1e300), found)
    least = f("ReduceMin", found, np.array([1]))
    weight = f("Exp", f("Mul", f("Sub", least, found), 0.5))
    return f("Div", weight, f.total(weight))
