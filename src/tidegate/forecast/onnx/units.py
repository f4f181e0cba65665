"""The units of series: `scaling.Scaling` and `Learned.on` once more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..plan import Plan
from ..scaling import FAR, LARGEST, LEAST, MANY_ZEROS, NARROW, SOME_ZEROS, WIDE, Scaling
from .formula import Formula


@dataclass(frozen=True)
class Units:
    """Those of each series of a batch, ``[B, 1]`` float64 each, but for the last two."""

    centre: str
    scale: str
    unit: str
    floor: str
    zeros: str
    """[B, 1] bool, whether zeros are counted apart."""
    rooted: str
    """[B, 1] bool, whether a series is read in roots."""

    def apply(self, f: Formula, y: str) -> str:
        """u of finite y ``[B, R]``."""
        size = f("Where", f("Greater", self.scale, 0.0), self.scale, 1.0)
        unit = f("Where", self.zeros, self.unit, 1.0)
        logs = f("Log", f("Add", 1.0, f("Max", f("Div", y, unit), 0.0)))
        roots = f("Mul", f("Sign", y), f("Sqrt", f("Abs", y)))
        read = f("Where", self.zeros, logs, f("Where", self.rooted, roots, y))
        u = f("Div", f("Sub", read, self.centre), size)
        return f("Clip", u, -FAR, FAR)

    def undo(self, f: Formula, u: str) -> str:
        """y of u ``[B, h, levels]``, not below the floor."""
        centre, scale, unit, floor, zeros, rooted = (
            f.beside(each, 2)
            for each in (self.centre, self.scale, self.unit, self.floor, self.zeros, self.rooted)
        )
        plain = f("Add", centre, f("Mul", scale, u))
        powers = f("Mul", unit, f("Sub", f("Exp", f("Where", zeros, plain, 0.0)), 1.0))
        plain = f("Where", rooted, f("Mul", plain, f("Abs", plain)), plain)
        y = f("Max", f("Where", zeros, powers, plain), f("Max", floor, -LARGEST))
        return f("Min", y, LARGEST)


def add_units(
    f: Formula, scaling: Scaling, series: str, y: str, seen: str, apart: bool, plan: Plan
) -> Units:
    """The units that a series had when the model learnt, or its own if it is new.

    Args:
        f: that writes.
        scaling: of the series learnt from.
        series: [B] int64, their numbers; below 0 for new ones.
        y: [B, T] float64, 0 where nothing was seen.
        seen: [B, T] bool.
        apart: as for `Scaling.of`.
        plan: of what was learnt.
    """
    own = _own(f, y, seen, apart, plan)
    number, rooted = f("Max", series, 0), scaling.rooted.astype(np.float64)
    known = [
        f.beside(f("Gather", column, number), 1)
        for column in (scaling.centre, scaling.scale, scaling.unit, scaling.floor, rooted)
    ]
    old = f.beside(f("GreaterOrEqual", series, 0), 1)
    # of nothing but zeros no units were learnt
    keep = f("And", old, f("Greater", known[1], 0.0))
    found = [f("Where", keep, a, b) for a, b in zip(known, own, strict=True)]
    centre, scale, unit, floor, roots = found
    zeros = f("Greater", unit, 0.0)
    floor = f("Min", floor, f("Where", zeros, 0.0, own[3]))
    return Units(centre, scale, unit, floor, zeros, f("Greater", roots, 0.0))


def _own(f: Formula, y: str, seen: str, apart: bool, plan: Plan) -> tuple[str, ...]:
    """`Scaling._of` of what was seen, ``[B, 1]`` each: centre, scale, unit, floor, and 1 for what
    is read in roots."""
    some = f("Greater", f.total(f.cast(seen, np.float64)), 0.0)
    count = _count(f, seen)
    size = f("Abs", y)
    scale = f("Div", f.total(size), count)
    mean = f("Div", f.total(y), count)
    rest = f("Where", seen, f("Sub", y, mean), 0.0)
    spread = f("Sqrt", f("Div", f.total(f("Mul", rest, rest)), count))
    varies = f("Greater", spread, f("Mul", LEAST, scale))
    narrow = f("And", varies, f("Less", spread, f("Mul", NARROW, scale)))
    wide = f("GreaterOrEqual", spread, f("Mul", WIDE, scale))
    middle = f("Where", narrow, mean, 0.0)
    scale = f("Where", varies if plan.anchored else narrow, spread, scale)
    scale = f("Where", some, scale, 1.0)
    lowest = f("ReduceMin", y, np.array([1]))
    floor = f("Where", f("Less", lowest, 0.0), -np.inf, 0.0)
    nothing = rooted = f("Mul", scale, 0.0)
    if plan.roots:
        some = f("Greater", f("ReduceMax", y, np.array([1])), 0.0)
        wide = f("And", wide, f("And", f("GreaterOrEqual", lowest, 0.0), some))
        rooted = f.cast(wide, np.float64)
        roots = f("Sqrt", size)
        of_roots = f("Div", f.total(roots), count)
        if plan.anchored:
            rest = f("Where", seen, f("Sub", roots, of_roots), 0.0)
            of_roots = f("Sqrt", f("Div", f.total(f("Mul", rest, rest)), count))
        scale = f("Where", wide, of_roots, scale)
    if not apart:
        return middle, scale, nothing, floor, rooted
    zero = f("And", seen, f("Equal", y, 0.0))
    number = f.total(f.cast(zero, np.float64))
    amount = f("And", seen, f("Greater", y, 0.0))
    many = f("GreaterOrEqual", f("Div", number, count), MANY_ZEROS)
    many = f("And", many, f("GreaterOrEqual", number, float(SOME_ZEROS)))
    many = f("And", many, f("GreaterOrEqual", lowest, 0.0))
    many = f("And", many, f("Greater", f.total(f.cast(amount, np.float64)), 0.0))
    logs = f("Log", f("Where", amount, y, 1.0))
    number = _count(f, amount)
    typical = f("Exp", f("Div", f.total(logs), number))
    logs = f("Log", f("Add", 1.0, f("Div", f("Where", amount, y, 0.0), typical)))
    centre = f("Div", f.total(logs), number)
    rest = f("Where", amount, f("Sub", logs, centre), 0.0)
    spread = f("Sqrt", f("Div", f.total(f("Mul", rest, rest)), number))
    spread = f("Where", f("Greater", spread, f("Mul", LEAST, centre)), spread, centre)
    return (
        f("Where", many, centre, middle),
        f("Where", many, spread, scale),
        f("Where", many, typical, nothing),
        floor,
        f("Where", many, nothing, rooted),
    )


def _count(f: Formula, seen: Any) -> str:
    """[B, 1] float64, how many were, 1 at least."""
    return f("Max", f.total(f.cast(seen, np.float64)), 1.0)
