"""How far back the gradient reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..network.subject import read_by
from .blocks import Table
from .chart import COLOURS, QUIET, Chart, Choice, Columns, Mark, Set
from .numbers import between, short, whole

if TYPE_CHECKING:
    from ..audit.result import Audit, LagCurve, Rate

TOGETHER = 4
"""Curves in one chart, at most."""
TABLE = 24
"""Lags in a table, at most."""


def named(part: LagCurve | Rate, audit: Audit, *, alone: bool = False) -> str:
    """What a reader calls the state of a layer: as much as tells it from the others.

    Args:
        part: of the audit.
        audit: with all the others.
        alone: whether no other layer stands beside it.
    """
    words: list[str] = []
    if alone:
        return part.state
    if max(each.layer for each in audit.gradient) > 0:
        words.append(f"layer {part.layer}")
    if any(each.direction == "reverse" for each in audit.gradient):
        words.append(part.direction)
    return ", ".join([*words, part.state])


def gradient_chart(audit: Audit) -> Chart:
    """The size of d state(t) / d state(t − lag) by lag, for each state, layer and direction."""
    groups = _groups(audit)
    tips = (("state", "state"), ("steps back", "lag"), ("gradient", "mean"), ("80 % in", "words"))
    band = {"x": "lag", "y1": "low", "y2": "high", "z": "state", "fillOpacity": 0.16}
    place = {"x": "lag", "y": "mean"}
    marks = (
        Mark("ruleY", "one", {"y": "one", "stroke": QUIET, "strokeDasharray": "4,4"}),
        Mark("areaY", "curves", {**band, "fill": {"as_is": "colour"}}),
        Mark("lineY", "curves", {**place, "z": "state", "stroke": {"as_is": "colour"}}),
        Mark("tip", "curves", place, tips, "xy"),
    )
    sets = []
    for chosen in groups.values():
        curves = [audit.gradient[i] for i in chosen]
        names = [named(curve, audit, alone=len(groups) > 1) for curve in curves]
        data = {"curves": _columns(curves, names), "one": {"one": [1.0]}}
        sets.append(Set(data, _table(curves, names)))
    longest = max(audit.gradient, key=lambda curve: len(curve.lag))
    said = ", ".join(f"{named(c, audit)} {short(float(c.mean[-1]), 2)}" for c in audit.gradient)
    return Chart(
        "The gradient, by steps back",
        f"Lines of the size of the gradient by lag on a logarithmic axis; at the largest lag, "
        f"{int(longest.lag[-1])} steps: {said}.",
        "How strongly a state still depends on itself so many steps before. At the dashed line "
        "nothing is lost; well below it there is next to nothing to learn from. The band holds "
        f"80 % of the places in the sequences{_many(audit)}.{_large(audit)}",
        marks,
        {
            "height": 320,
            "marginLeft": 64,
            "x": {"label": "steps back", "tickFormat": "say", **whole(int(longest.lag[-1]))},
            "y": {
                "type": "log",
                "label": "‖∂ state(t) / ∂ state(t − lag)‖",
                "grid": True,
                "ticks": 6,
                "tickFormat": "say",
            },
        },
        tuple(sets),
        _choices(groups),
        _legend(audit, groups),
    )


def _many(audit: Audit) -> str:
    """Whose places they are, where several networks answer together."""
    return f", of all {audit.networks} networks together" if audit.networks > 1 else ""


def _large(audit: Audit) -> str:
    """How many rows of the data a step reads, where it reads several."""
    return f" A step reads {read_by(audit.step, audit.rows)}." if audit.rows > 1 else ""


def _groups(audit: Audit) -> dict[str, list[int]]:
    """Which curves are drawn together: all, or those of a layer where they are too many."""
    if len(audit.gradient) <= TOGETHER:
        return {"": list(range(len(audit.gradient)))}
    both = any(curve.direction == "reverse" for curve in audit.gradient)
    found: dict[str, list[int]] = {}
    for i, curve in enumerate(audit.gradient):
        name = f"layer {curve.layer}" + (f", {curve.direction}" if both else "")
        found.setdefault(name, []).append(i)
    return found


def _choices(groups: dict[str, list[int]]) -> tuple[Choice, ...]:
    return (Choice("Layer", tuple(groups)),) if len(groups) > 1 else ()


def _legend(audit: Audit, groups: dict[str, list[int]]) -> tuple[tuple[str, str, str], ...]:
    first = next(iter(groups.values()))
    names = [named(audit.gradient[i], audit, alone=len(groups) > 1) for i in first]
    return tuple((name, COLOURS[i], "line") for i, name in enumerate(names))


def _columns(curves: list[LagCurve], names: list[str]) -> Columns:
    """The curves one after the other."""
    parts: dict[str, list[Any]] = {
        key: [] for key in ("lag", "mean", "low", "high", "words", "state", "colour")
    }
    for i, (name, curve) in enumerate(zip(names, curves, strict=True)):
        shown = curve.mean > 0  # a logarithm has no place for 0
        count = int(shown.sum())
        # an interval that reaches 0 is drawn to a thousandth of the mean
        floor = curve.mean * 1e-3
        low, high = np.maximum(curve.low, floor)[shown], np.maximum(curve.high, floor)[shown]
        parts["lag"] += curve.lag[shown].tolist()
        parts["mean"] += curve.mean[shown].tolist()
        parts["low"] += low.tolist()
        parts["high"] += high.tolist()
        ends = zip(curve.low[shown], curve.high[shown], strict=True)
        parts["words"] += [between(*pair) for pair in ends]
        parts["state"] += [name] * count
        parts["colour"] += [COLOURS[i]] * count
    return parts


def rates_table(audit: Audit) -> Table:
    """How the gradient of each state grows from step to step."""
    columns = {
        "state": [named(rate, audit) for rate in audit.rate],
        "factor a step": [f"× {short(rate.growth)}" for rate in audit.rate],
        "95 % interval": [between(rate.low, rate.high) for rate in audit.rate],
        "half-life, steps": [short(rate.half_life, 3) for rate in audit.rate],
    }
    if audit.networks > 1:
        ends = ((min(rate.networks), max(rate.networks)) for rate in audit.rate)
        columns[f"in each of {audit.networks} networks"] = [between(*pair) for pair in ends]
    return Table("Growth of the gradient from step to step, with its 95 % interval", columns)


def singular_chart(audit: Audit) -> Chart | None:
    """The largest and the smallest singular value by lag; None where they are not known."""
    if not all(len(rate.lag) for rate in audit.rate):
        return None
    groups, last = _groups(audit), max(int(rate.lag[-1]) for rate in audit.rate)
    sets = []
    for chosen in groups.values():
        parts: dict[str, list[Any]] = {key: [] for key in ("lag", "value", "state", "colour")}
        columns: dict[str, list[str]] = {}
        for place, i in enumerate(chosen):
            rate = audit.rate[i]
            columns.setdefault("steps back", [str(int(lag)) for lag in rate.lag])
            for end in ("largest", "smallest"):
                values = getattr(rate, end)
                name = f"{named(rate, audit, alone=len(groups) > 1)}, {end}"
                shown = values > 0
                parts["lag"] += rate.lag[shown].tolist()
                parts["value"] += values[shown].tolist()
                parts["state"] += [name] * int(shown.sum())
                parts["colour"] += [COLOURS[place]] * int(shown.sum())
                columns[name] = [short(float(v)) for v in values]
        sets.append(Set({"values": parts}, Table("Singular values by lag", columns)))
    look = {"as_is": "colour"}
    at = {"x": "lag", "y": "value"}
    tips = (("", "state"), ("steps back", "lag"), ("singular value", "value"))
    return Chart(
        "The best and the worst direction",
        "Lines of the largest and the smallest singular value of the Jacobian by lag.",
        "A change of the state may live on in one direction and die in another. The upper line of "
        "each pair is the direction that lives longest, the lower one that which dies first.",
        (
            Mark("lineY", "values", {**at, "z": "state", "stroke": look}),
            Mark("dot", "values", {**at, "fill": look, "r": 2.5}),
            Mark("tip", "values", at, tips, "xy"),
        ),
        {
            "height": 260,
            "marginLeft": 64,
            "x": {"label": "steps back", "tickFormat": "say", **whole(last)},
            "y": {
                "type": "log",
                "label": "singular value",
                "grid": True,
                "ticks": 5,
                "tickFormat": "say",
            },
        },
        tuple(sets),
        _choices(groups),
        _legend(audit, groups),
    )


def some(count: int) -> list[int]:
    """Places in a list that is too long for a table: all of the first, then ever fewer.

    Example:
        >>> some(5), some(1000)[:10], some(1000)[-1], len(some(1000))
        ([0, 1, 2, 3, 4], [0, 1, 2, 3, 4, 5, 6, 7, 8, 11], 999, 24)
    """
    if count <= TABLE:
        return list(range(count))
    spaced = np.geomspace(9, count, TABLE - 8).round().astype(int) - 1
    return sorted({*range(8), *spaced.tolist()})


def _table(curves: list[LagCurve], names: list[str]) -> Table:
    longest = max(curves, key=lambda curve: len(curve.lag))
    at = some(len(longest.lag))
    columns = {"steps back": [str(int(longest.lag[i])) for i in at]}
    for name, curve in zip(names, curves, strict=True):
        columns[name] = [short(float(curve.mean[i])) if i < len(curve.mean) else "–" for i in at]
    return Table("Size of the gradient by lag, the mean", columns)
