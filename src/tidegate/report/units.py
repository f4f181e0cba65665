"""What the units do: how long they remember, which of their gates stand still, which are dead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .blocks import Table
from .chart import BLUE, ORANGE, QUIET, Chart, Choice, Mark, Set
from .numbers import Array, percent, short

if TYPE_CHECKING:
    from ..audit.result import Audit, Units

BEYOND = 10
"""Lengths of the sequences; a unit that remembers longer, or never forgets, is drawn here."""


def units_charts(audit: Audit) -> list[Chart]:
    """Time constants of all units; saturation of the gates, where there are some."""
    names = [_named(part, audit) for part in audit.units]
    choices = (Choice("Layer", tuple(names)),) if len(names) > 1 else ()
    found = [_times(audit, choices)]
    if any(part.closed for part in audit.units):
        found.append(_saturation(audit, choices))
    return found


def _named(part: Units, audit: Audit) -> str:
    both = any(each.direction == "reverse" for each in audit.units)
    network = f"network {part.network + 1}, " if audit.networks > 1 else ""
    return f"{network}layer {part.layer}" + (f", {part.direction}" if both else "")


def _times(audit: Audit, choices: tuple[Choice, ...]) -> Chart:
    sets = tuple(_time_set(part, audit.length) for part in audit.units)
    gate = any(not np.isnan(part.forget_time).all() for part in audit.units)
    dead = sum(int(part.dead.sum()) for part in audit.units)
    count = sum(len(part.dead) for part in audit.units)
    legend = [("as long as it moves alike", ORANGE, "dot")]
    if gate:
        legend.insert(0, ("by the gate that keeps", BLUE, "dot"))
    marks = []
    for key, colour in (("own", ORANGE), ("gate", BLUE)):
        place = {"x": "rank", "y": "time"}
        tips = (("unit", "unit"), ("steps", "said"))
        marks += [
            Mark("dot", key, {**place, "fill": colour, "r": 3, "fillOpacity": 0.85}),
            Mark("tip", key, place, tips, "xy"),
        ]
    return Chart(
        "How long each unit remembers",
        f"Dots of the time constant of each unit on a logarithmic axis; {dead} of {count} units "
        f"are dead.",
        "A dot for each unit, the slowest first: after so many steps, what it holds has fallen to "
        "1/e, by the gate that keeps it; and so many steps its state moves alike. The dashed line "
        f"is the length of the sequences. {dead} of {count} units say the same at every step.",
        (
            Mark("ruleY", "length", {"y": "steps", "stroke": QUIET, "strokeDasharray": "4,4"}),
            *marks,
        ),
        {
            "height": 260,
            "marginLeft": 64,
            "x": {"label": "units, the slowest first", "tickFormat": "say"},
            "y": {
                "type": "log",
                "label": "steps",
                "grid": True,
                "ticks": 5,
                "tickFormat": "say",
            },
        },
        sets,
        choices,
        tuple(legend),
    )


def _time_set(part: Units, length: int) -> Set:
    data: dict[str, Any] = {"length": {"steps": [float(max(length, 1))]}}
    columns: dict[str, list[str]] = {"steps": ["shortest", "median", "longest"]}
    for key, title, times in (
        ("gate", "by the gate that keeps", part.forget_time),
        ("own", "moves alike", part.own_time),
    ):
        known = np.flatnonzero(~np.isnan(times))
        order = known[np.argsort(-times[known], kind="stable")]
        shown = np.clip(times[order], 1e-2, BEYOND * max(length, 1))
        data[key] = {
            "rank": np.arange(1, len(order) + 1),
            "time": shown,
            "unit": order,
            "said": [short(v, 3) for v in times[order]],
        }
        if len(order):
            columns[title] = [
                short(float(v), 3)
                for v in (times[order[-1]], _middle(times[order]), times[order[0]])
            ]
    return Set(data, Table("Time constants of the units", columns))


def _middle(values: Array) -> float:
    """The one in the middle, which may be without end."""
    return float(np.sort(values)[len(values) // 2])


def _saturation(audit: Audit, choices: tuple[Choice, ...]) -> Chart:
    sets = []
    for part in audit.units:
        gates = list(part.closed)
        closed = np.array([part.closed[gate].mean() for gate in gates])
        opened = np.array([part.opened[gate].mean() for gate in gates])
        moving = 1 - closed - opened
        rows: dict[str, list[Any]] = {"gate": [], "from": [], "to": [], "what": [], "share": []}
        colours: list[str] = []
        parts = (("closed", closed, ORANGE), ("between", moving, QUIET), ("open", opened, BLUE))
        start = np.zeros(len(gates))
        for what, share, colour in parts:
            rows["gate"] += gates
            rows["from"] += start.tolist()
            start = start + share
            rows["to"] += start.tolist()
            rows["what"] += [what] * len(gates)
            rows["share"] += [percent(v) for v in share]
            colours += [colour] * len(gates)
        table = Table(
            "How often a gate is closed or open",
            {
                "gate": gates,
                "closed": [percent(v) for v in closed],
                "between": [percent(v) for v in moving],
                "open": [percent(v) for v in opened],
            },
        )
        middle = [(a + b) / 2 for a, b in zip(rows["from"], rows["to"], strict=True)]
        data = {"parts": {**rows, "colour": colours, "middle": middle}}
        axis = {"label": None, "domain": gates}
        sets.append(Set(data, table, {"height": 70 + 30 * len(gates), "y": axis}))
    saturated = max((part.saturation for part in audit.units), default=0.0)
    bar = {"x1": "from", "x2": "to", "y": "gate", "fill": {"as_is": "colour"}}
    tips = (("gate", "gate"), ("", "what"), ("of all steps", "share"))
    return Chart(
        "Gates that stand still",
        "Bars of how often each gate is closed, between and open.",
        "A gate that is always closed or always open learns little: its own gradient is small "
        f"there. Closed is below 0.1, open above 0.9. The state itself is at an end of its tanh "
        f"at {percent(saturated)} of steps and units.",
        (
            Mark("barX", "parts", {**bar, "fillOpacity": 0.75, "inset": 2}),
            Mark("tip", "parts", {"x": "middle", "y": "gate"}, tips, "xy"),
        ),
        {
            "marginLeft": 40,
            "x": {"label": "share of steps and units", "domain": [0, 1], "tickFormat": "%"},
        },
        tuple(sets),
        choices,
        (("closed", ORANGE, "area"), ("between", QUIET, "area"), ("open", BLUE, "area")),
    )
