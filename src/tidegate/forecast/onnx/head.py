"""What an output means: `Head.parts`, `Correction.apply` and `Model.forecast` once more."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..conformal import Correction
from ..distribution import logit
from ..head import Head
from ..normal import normal
from .formula import Array, Formula


class Lean(NamedTuple):
    """What a forecast leans on beside the network."""

    share: str
    """[B, 1, 1], from 0 to 1."""
    mean: str
    """[B, h, 1]"""
    deviation: str
    """[B, h, 1]"""


def add_quantiles(
    f: Formula,
    head: Head,
    correction: Correction,
    each: str,
    paths: str,
    lean: Lean | None = None,
    moved: tuple[str, str] | None = None,
) -> str:
    """The quantiles that are learnt, [B, h, quantiles], in units of the window.

    Args:
        f: that writes.
        head: how the output is laid out.
        correction: of the intervals.
        each: [B, h, width] float64, the output.
        paths: [B, h, paths].
        lean: what the quantiles are averaged with; None for nothing.
        moved: how far the median is then moved, [B, 1, 1] from 0 to 1, and to what, [B, h, 1], all
            quantiles with it; None for nowhere.
    """
    count, middle = len(head.quantiles), head.middle
    logits = f.part(each, 0, head.paths, 2)
    weights = f("Softmax", logits, attributes={"axis": 2})
    mixed = f.total(f("Mul", weights, paths), 2)
    median = f("Add", mixed, f.part(each, head.paths, head.paths + 1, 2))
    x = f.part(each, head.paths + 1, head.paths + count, 2)
    small = f("Exp", f("Neg", f("Abs", x)))
    gaps = f("Add", f("Max", x, 0.0), f("Log", f("Add", 1.0, small)))
    # a gap moves all quantiles beyond it
    moves = np.zeros((count - 1, count))
    for i in range(count - 1):
        moves[i, i + 1 :] = i >= middle
        moves[i, : i + 1] = -1.0 * (i < middle)
    away = f("MatMul", gaps, moves)
    if lean is not None:
        theirs = f("Mul", lean.deviation, normal(head.quantiles))
        median = f("Add", median, f("Mul", lean.share, f("Sub", lean.mean, median)))
        away = f("Add", away, f("Mul", lean.share, f("Sub", theirs, away)))
    if moved is not None:
        share, to = moved
        median = f("Add", median, f("Mul", share, f("Sub", to, median)))
    gain = f("Mul", away, correction.factor - 1)
    below = f("Neg", _rising(f, f("Neg", gain), range(middle, -1, -1)))
    above = _rising(f, gain, range(middle, count))
    order = f("Gather", below, np.arange(middle, 0, -1), attributes={"axis": 2})
    return f("Add", median, f("Add", away, f.join(order, above, axis=2)))


def add_chance(f: Formula, each: str, zeros: str) -> str:
    """[B, h, 1], of a value that is not zero; 1 where zeros are not counted apart, [B, 1]."""
    chance = f("Sigmoid", f.part(each, -1, 2**62, 2))
    return f("Where", f.beside(zeros, 2), chance, 1.0)


def add_at(f: Formula, head: Head, levels: Array, chance: str, known: str) -> tuple[str, str]:
    """The quantiles of all values at some levels, and where they are zero.

    Args:
        f: that writes.
        head: which quantiles are known.
        levels: increasing, in (0, 1).
        chance: [B, h, 1], of a value that is not zero.
        known: [B, h, quantiles], if it is not.

    Returns:
        [B, h, levels] float64, in units of the window; and [B, h, levels] bool.
    """
    inner = f("Div", f("Sub", levels, f("Sub", 1.0, chance)), chance)
    none = f("LessOrEqual", inner, 0.0)
    inner = f("Where", none, 0.5, inner)
    x = f("Sub", f("Log", inner), f("Log", f("Sub", 1.0, inner)))
    knots = logit(np.array(head.quantiles))
    beyond = f.cast(f("Greater", f.beside(x, 3), knots), np.int64)
    right = f("ReduceSum", beyond, np.array([3]), attributes={"keepdims": 0})
    right = f("Min", f("Max", right, 1), len(knots) - 1)
    left = f("Sub", right, 1)
    start, end = f("Gather", knots, left), f("Gather", knots, right)
    share = f("Div", f("Sub", x, start), f("Sub", end, start))
    low, high = (
        f("GatherElements", known, place, attributes={"axis": 2}) for place in (left, right)
    )
    return f("Add", low, f("Mul", share, f("Sub", high, low))), none


def add_rising(f: Formula, values: str, count: int) -> str:
    """[.., count], each at least the one before it: rounding may let equal ones cross."""
    return _rising(f, values, range(count))


def _rising(f: Formula, values: str, places: range) -> str:
    """Some columns of [B, h, ..] in this order, each at least the one before it."""
    columns = [f("Gather", values, np.array([i]), attributes={"axis": 2}) for i in places]
    for i in range(1, len(columns)):
        columns[i] = f("Max", columns[i - 1], columns[i])
    return f.join(*columns, axis=2)
