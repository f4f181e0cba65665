"""What a seasonal autoregression makes of a window: `autoregressed.autoregressed` once more."""

from __future__ import annotations

import numpy as np

from ..autoregressed import BEYOND, CHOSEN, FLAT, LASTING, PRIOR, SURE, weights
from ..plan import Plan
from .formula import Formula


def add_autoregressed(f: Formula, plan: Plan, z: str, seen: str) -> tuple[str, str]:
    """What comes after windows [B, R]: mean and deviation, [B, h] float64 both."""
    m, M, R, horizon = plan.season, plan.long_season, plan.reach, plan.horizon

    def product(*values: str) -> str:
        found = values[0]
        for value in values[1:]:
            found = f("Mul", found, value)
        return f.total(found)

    unit = f.mean(squared(f, f("Sub", z, f.mean(z))))
    unit = f("Where", f("Greater", unit, FLAT), unit, 1.0)
    pair = f("And", f.part(seen, M, R), f.part(seen, M - m, R - m))
    weight = f("Mul", f.cast(pair, np.float64), weights(R, m, M)[None])
    count = f.total(weight)
    parts = [f.part(z, M, R), f.part(z, M - m, R - m), f.part(z, 0, R - M)]
    means = [f("Div", product(weight, part), f("Max", count, SURE)) for part in parts]
    y, x, long = (f("Sub", part, mean) for part, mean in zip(parts, means, strict=True))
    prior = f("Mul", unit, PRIOR)
    xx, ll, xy = (f("Add", product(weight, *two), prior) for two in ((x, x), (long, long), (x, y)))
    xl, ly = product(weight, x, long), product(weight, long, y)
    room = f("Sub", f("Mul", xx, ll), f("Mul", xl, xl))
    b = f("Div", f("Sub", f("Mul", xy, ll), f("Mul", ly, xl)), room)
    c = f("Div", f("Sub", f("Mul", ly, xx), f("Mul", xy, xl)), room)
    explained = f("Add", f("Mul", b, means[1]), f("Mul", c, means[2]))
    a = f("Sub", means[0], explained)
    error = f("Sub", y, f("Add", f("Mul", b, x), f("Mul", c, long)))
    rows = R - M
    last, earlier = f.part(error, 1, rows), f.part(error, 0, rows - 1)
    later = f.part(weight, 1, rows)
    certain = f("Mul", unit, SURE)
    r = f("Div", product(later, earlier, last), f("Add", product(later, earlier, earlier), certain))
    r = f("Min", f("Max", r, 0.0), LASTING)
    left = f("Pow", r, np.arange(1.0, m + 1)[None])
    chosen = f("Max", f("Sub", count, float(CHOSEN)), f("Mul", count, 0.5))
    variance = f("Add", product(weight, error, error), certain)
    variance = f("Div", variance, f("Add", chosen, SURE))
    largest, least = (f(of, z, np.array([1])) for of in ("ReduceMax", "ReduceMin"))
    beyond = f("Mul", f("Sub", largest, least), BEYOND)
    low, high = f("Sub", least, beyond), f("Add", largest, beyond)
    known = f("Greater", f.part(weight, rows - 1, rows), 0.0)
    newest = f("Where", known, f.part(error, rows - 1, rows), 0.0)
    ahead, spread = z, []
    moves, squares = [f("Add", f("Mul", b, 0.0), 1.0)], f("Mul", b, 0.0)
    fresh = f("Sub", 1.0, f("Mul", left, left))
    for season in range(-(-horizon // m)):
        end = R + season * m
        found = f("Mul", c, f.part(ahead, end - M, end - M + m))
        found = f("Add", found, f("Mul", b, f.part(ahead, end - m, end)))
        found = f("Add", found, a)
        if season == 0:
            found = f("Add", found, f("Mul", left, newest))
        ahead = f.join(ahead, f("Min", f("Max", found, low), high), axis=1)
        square = squared(f, moves[-1])
        spread.append(f("Mul", variance, f("Add", squares, f("Mul", square, fresh))))
        squares = f("Add", squares, square)
        move = f("Mul", b, moves[-1])
        if len(moves) >= M // m:
            move = f("Add", move, f("Mul", c, moves[-(M // m)]))
        moves.append(f("Min", f("Max", move, -1.0), 1.0))
    deviation = f("Sqrt", f.part(f.join(*spread, axis=1), 0, horizon))
    return f.part(ahead, R, R + horizon), deviation


def squared(f: Formula, value: str) -> str:
    """Squares."""
    return f("Mul", value, value)
