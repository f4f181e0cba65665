"""Every gate and state of a few examples, step by step."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from ..audit.ablation import NAMES
from .blocks import Block, Table
from .chart import COLOURS, Chart, Choice, Mark, Set
from .gradient import some
from .numbers import Array, short, whole
from .page import Page, Section

if TYPE_CHECKING:
    from ..audit.gates import Gates, LayerGates

EXAMPLES, STEPS, UNITS = 6, 120, 24
"""That a reader can look at, at most."""
CELLS = 80_000
"""Of all maps together, at most: what a page may hold."""
LABELS = 40
"""Steps that are called by their name below a map, at most."""
WORD = 14
"""Signs of such a name."""
BETWEEN = {"token": " ", "word": " ", "character": ""}
"""What stands between the steps of a text."""
BLUE, ORANGE = "#2f80c8", "#d9702b"
"""That can be seen on white and on black."""
SHADES = [f"{BLUE}00", BLUE]
SIGNED = [ORANGE, "#88888800", BLUE]


def gates_page(gates: Gates, sequence: int | None = None) -> Page:
    """The page of gates alone.

    Args:
        gates: what `tidegate.gates` gave.
        sequence: the one to draw; None for the first few, among which a reader can pick.
    """
    title = f"Gates of {gates.model}"
    lead = f"Every gate and state of {gates.cell.upper()}, step by step"
    return Page(title, lead, (), (Section("Step by step", gates_blocks(gates, sequence)),))


def gates_blocks(gates: Gates, sequence: int | None = None) -> tuple[Block, ...]:
    """A map of the units, their mean as lines, and how open each unit's gates are."""
    if sequence is None:
        shown = list(range(min(len(gates.lengths), EXAMPLES)))
        shown = shown[: max(CELLS // (_cells(gates, shown) * UNITS), 1)]
    else:
        gates.steps(sequence)  # refuses one that there is not
        shown = [sequence % len(gates.lengths)]
    units = min(UNITS, max(CELLS // (_cells(gates, shown) * len(shown)), 1))
    return (_map(gates, shown, units), _lines(gates, shown), _levels(gates))


def _cells(gates: Gates, shown: list[int]) -> int:
    """Values of one unit in the maps of one example: the longest that is shown."""
    steps = max(min(gates.lengths[i], STEPS) for i in shown)
    return steps * len(gates.names) * len(gates.layers)


def _map(gates: Gates, shown: list[int], units: int) -> Chart:
    """A square for each unit and step."""
    names = [f"{name}, {NAMES.get(name, name)}" for name in gates.names]
    sets = [
        _map_set(gates, i, layer, name, units)
        for i, layer, name in product(shown, gates.layers, gates.names)
    ]
    tips = (("", "label"), ("unit", "unit"), ("value", "value"))
    place = {"x": "step", "y": "unit"}
    signs = {
        "x": "step",
        "text": "label",
        "frameAnchor": "bottom",
        "rotate": -50,
        "textAnchor": "end",
        "dy": 10,
    }
    return Chart(
        "Every unit at every step",
        f"A map of {gates.model}: a row for each unit, a column for each {gates.step}.",
        f"A row for each unit, a column for each {gates.step}. A gate goes from 0, closed, to 1, "
        f"open: the stronger the blue, the more open. Candidates and states have a sign: blue is "
        f"above zero, orange below. At most {units} units are shown, those that move most.",
        (
            Mark("cell", "cells", {**place, "fill": "value", "inset": 0}),
            Mark("text", "steps", signs),
            Mark("tip", "cells", place, tips, "xy"),
        ),
        {
            "marginLeft": 48,
            "marginBottom": 76,
            "x": {"axis": None, "padding": 0.04},
            "y": {"label": "unit", "few": 12},
        },
        tuple(sets),
        (
            *_examples(gates, shown),
            *_layers(gates),
            Choice("Gate or state", tuple(names)),
        ),
        (
            ("a gate, from 0 to 1", f"linear-gradient(90deg,{','.join(SHADES)})", "scale"),
            (
                "a state, from below 0 to above",
                f"linear-gradient(90deg,{','.join(SIGNED)})",
                "scale",
            ),
        ),
    )


def _map_set(gates: Gates, sequence: int, layer: LayerGates, name: str, most: int) -> Set:
    values, labels = _part(gates, sequence, layer, name)
    spread = layer.values[name].std(axis=0)
    units = np.sort(np.argsort(-spread, kind="stable")[:most])
    grid = {
        "steps": np.arange(len(labels)),
        "labels": labels,
        "units": units,
        "values": values[:, units].round(2),
    }
    every = max(-(-len(labels) // LABELS), 1)
    named = {
        "step": np.arange(len(labels))[::every],
        "label": [label[:WORD] for label in labels[::every]],
    }
    gate = _is_gate(gates, name)
    largest = 1.0 if gate else max(float(np.abs(values).max(initial=0)), 1e-6)
    color = {
        "type": "linear",
        "domain": [0, 1] if gate else [-largest, 0, largest],
        "range": SHADES if gate else SIGNED,
    }
    at = some(len(labels))
    mean, low, high = (f(values[at], axis=1) for f in (np.mean, np.min, np.max))
    table = Table(
        f"{name} over all units of {_called(gates, sequence)}",
        {
            gates.step: [labels[i] for i in at],
            "mean": [short(float(v), 3) for v in mean],
            "lowest": [short(float(v), 3) for v in low],
            "highest": [short(float(v), 3) for v in high],
        },
    )
    plot = {"color": color, "height": 96 + 13 * max(len(units), 6)}
    return Set({"cells": {"grid": grid}, "steps": named}, table, plot)


def _lines(gates: Gates, shown: list[int]) -> Chart:
    """The mean of each gate over the units, and the size of the states, through time."""
    colours = [COLOURS[i % len(COLOURS)] for i in range(len(gates.names))]
    sets = []
    for i, layer in product(shown, gates.layers):
        parts: dict[str, list[Any]] = {key: [] for key in ("step", "label", "value", "name", "ink")}
        columns: dict[str, list[str]] = {}
        for name, colour in zip(gates.names, colours, strict=True):
            values, labels = _part(gates, i, layer, name)
            mean = values.mean(axis=1) if _is_gate(gates, name) else np.abs(values).mean(axis=1)
            parts["step"] += range(gates.lengths[i] - len(labels), gates.lengths[i])
            parts["label"] += labels
            parts["value"] += mean.tolist()
            parts["name"] += [name] * len(labels)
            parts["ink"] += [colour] * len(labels)
            at = some(len(labels))
            columns.setdefault(gates.step, [labels[i] for i in at])
            columns[name] = [short(float(mean[i]), 3) for i in at]
        table = Table(f"Means over the units of {_called(gates, i)}", columns)
        axis = {"label": f"{gates.step}, from 0", "tickFormat": "say"}
        sets.append(Set({"lines": parts}, table, {"x": axis | whole(gates.lengths[i] - 1)}))
    place = {"x": "step", "y": "value"}
    tips = (("", "label"), ("", "name"), ("mean", "value"))
    return Chart(
        "Gates and states through time",
        f"Lines of the mean of {', '.join(gates.names)} over all units by {gates.step}.",
        "The mean over all units: of a gate how open it is, of candidates and states their size. "
        "Where the line of the gate that keeps falls, the network forgets.",
        (
            Mark("lineY", "lines", {**place, "z": "name", "stroke": {"as_is": "ink"}}),
            Mark("tip", "lines", place, tips, "xy"),
        ),
        {
            "height": 260,
            "marginLeft": 48,
            "y": {"label": "mean over units", "grid": True, "zero": True, "tickFormat": "say"},
        },
        tuple(sets),
        (*_examples(gates, shown), *_layers(gates)),
        tuple((name, colour, "line") for name, colour in zip(gates.names, colours, strict=True)),
    )


def _levels(gates: Gates) -> Chart:
    """How open the gates of each unit are, over all sequences."""
    names = [name for name in gates.names if _is_gate(gates, name)] or [gates.names[-1]]
    sets = []
    for layer, name in product(gates.layers, names):
        mean = layer.values[name].mean(axis=0)
        low, high = np.quantile(layer.values[name], (0.1, 0.9), axis=0)
        order = np.argsort(-mean, kind="stable")
        data = {
            "units": {
                "rank": np.arange(1, len(order) + 1),
                "unit": order,
                "mean": mean[order],
                "low": low[order],
                "high": high[order],
            }
        }
        at = {"lowest": order[-1], "in the middle": order[len(order) // 2], "highest": order[0]}
        table = Table(
            f"{name} by unit, over all sequences",
            {
                "unit": [f"{words}: {unit}" for words, unit in at.items()],
                "mean": [short(float(mean[unit]), 3) for unit in at.values()],
                "80 % from": [short(float(low[unit]), 3) for unit in at.values()],
                "to": [short(float(high[unit]), 3) for unit in at.values()],
            },
        )
        sets.append(Set({"units": data["units"]}, table))
    place = {"x": "rank", "y": "mean"}
    tips = (("unit", "unit"), ("mean", "mean"), ("80 % from", "low"), ("to", "high"))
    gated = _is_gate(gates, names[0])
    told = "A dot for each unit, the highest first, over all sequences; its line holds 80 % of the "
    told += "steps."
    if gated:
        told += " A gate that keeps lets nothing go near 1, and all at once near 0."
    return Chart(
        "How open each unit keeps its gates" if gated else "Where the state of each unit stands",
        f"Dots of the mean of {', '.join(names)} by unit, over all sequences.",
        told,
        (
            Mark(
                "ruleX",
                "units",
                {
                    "x": "rank",
                    "y1": "low",
                    "y2": "high",
                    "stroke": COLOURS[0],
                    "strokeWidth": 3,
                    "strokeOpacity": 0.35,
                },
            ),
            Mark("dot", "units", {**place, "fill": COLOURS[0], "r": 3}),
            Mark("tip", "units", place, tips, "x"),
        ),
        {
            "height": 240,
            "marginLeft": 48,
            "x": {"label": "units, the highest first", "tickFormat": "say"},
            "y": {"label": "open" if gated else "state", "grid": True, "tickFormat": "say"},
        },
        tuple(sets),
        (
            *_layers(gates),
            Choice("Gate" if gated else "State", tuple(f"{n}, {NAMES.get(n, n)}" for n in names)),
        ),
    )


def _part(gates: Gates, sequence: int, layer: LayerGates, name: str) -> tuple[Array, list[str]]:
    """The newest steps of a sequence, ``[steps, H]``, and what they are called."""
    values = gates.of(name, sequence, layer.layer, layer.direction)[-STEPS:]
    return np.asarray(values, float), list(gates.steps(sequence)[-STEPS:])


def _is_gate(gates: Gates, name: str) -> bool:
    return name not in ("h", "c", *gates.candidates)


def _called(gates: Gates, sequence: int) -> str:
    """An example by how it begins; one of numbers by where, or how long it is."""
    steps, number = gates.steps(sequence), f"{sequence + 1}"
    if steps == tuple(map(str, range(len(steps)))):
        return f"{number}: {len(steps):,} steps"
    if gates.step not in BETWEEN:
        return f"{number}: {steps[0]} to {steps[-1]}"
    words = BETWEEN[gates.step].join(steps)
    return f"{number}: {words[:40].strip()}{'…' if len(words) > 40 else ''}"


def _examples(gates: Gates, shown: list[int]) -> tuple[Choice, ...]:
    return (Choice("Example", tuple(_called(gates, i) for i in shown)),)


def _layers(gates: Gates) -> tuple[Choice, ...]:
    if len(gates.layers) < 2:
        return ()
    both = any(layer.direction == "reverse" for layer in gates.layers)
    return (
        Choice(
            "Layer",
            tuple(
                f"{layer.layer}{f', {layer.direction}' if both else ''}" for layer in gates.layers
            ),
        ),
    )
