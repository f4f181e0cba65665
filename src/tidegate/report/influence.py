"""Which inputs an output depends on, and how far back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .blocks import Block, Table
from .chart import BLUE, ROSE, Chart, Choice, Mark, Set
from .gradient import some
from .numbers import short

if TYPE_CHECKING:
    from ..audit.result import Audit

OUTPUTS, INPUTS = 24, 24
"""That are shown, at most."""
BLUES = ["#2f80c800", "#2f80c8"]
"""From nothing to a blue that can be seen on white and on black."""


def influence_charts(audit: Audit) -> list[Block]:
    """The sum over all inputs by lag; where there are several inputs, each by lag; and those that
    have no lag."""
    found: list[Block] = [_total(audit)]
    if len(audit.influence.inputs) > 1:
        found.append(_by_input(audit))
    if audit.influence.once:
        found.append(_once(audit))
    return found


def _once(audit: Audit) -> Table:
    """The inputs that have one value in a sequence."""
    influence = audit.influence
    columns = {"output": list(influence.outputs[:OUTPUTS])}
    for j, name in enumerate(influence.once):
        columns[name] = [short(float(v)) for v in influence.once_mean[:OUTPUTS, j]]
    return Table(f"Influence of what has one value in a sequence ({influence.unit})", columns)


def _weighed(audit: Audit) -> str:
    """How inputs are made comparable, if they are not so already."""
    if len(audit.influence.inputs) < 2 or not audit.influence.sizes:
        return ""
    first = audit.influence.inputs[0]
    return f"; inputs are weighed by how much they vary, beside {first}"


def _choices(audit: Audit) -> tuple[Choice, ...]:
    outputs = audit.influence.outputs
    return (Choice("Output", outputs[:OUTPUTS]),) if len(outputs) > 1 else ()


def _total(audit: Audit) -> Chart:
    influence = audit.influence
    total = influence.total()
    sets = []
    peaks = []
    for k in range(min(len(influence.outputs), OUTPUTS)):
        known = ~np.isnan(total[k])
        lags, values = influence.lag[known], total[k][known]
        blind = {
            lag
            for each in audit.blind
            if each.output == influence.outputs[k] and each.input in ("all inputs", *_single(audit))
            for lag in each.lags
        }
        unseen = [lag for lag in lags.tolist() if lag in blind]
        data = {
            "lags": {"lag": lags, "value": values},
            "blind": {"lag": unseen, "value": [0.0] * len(unseen)},
        }
        peaks.append(int(lags[int(np.argmax(values))]) if len(lags) else 0)
        at = some(len(lags))
        table = Table(
            f"Influence on {influence.outputs[k]} by {audit.step}s back ({influence.unit})",
            {
                f"{audit.step}s back": [str(int(lags[i])) for i in at],
                "influence": [short(values[i]) for i in at],
                "": ["cannot be seen" if int(lags[i]) in blind else "" for i in at],
            }
            if blind
            else {
                f"{audit.step}s back": [str(int(lags[i])) for i in at],
                "influence": [short(values[i]) for i in at],
            },
        )
        sets.append(Set(data, table))
    place = {"x": "lag", "y": "value"}
    tips = ((f"{audit.step}s back", "lag"), ("influence", "value"))
    legend = [("influence", BLUE, "line")]
    if audit.blind:
        legend.append(("cannot depend on it", ROSE, "dot"))
    return Chart(
        "What the outputs depend on",
        f"Influence on {influence.outputs[0]} by lag; it is largest {peaks[0]} {audit.step}"
        f"{'' if peaks[0] == 1 else 's'} back.",
        f"How much an output changes with the input so many {audit.step}s before it, all inputs "
        f"together ({influence.unit}{_weighed(audit)}). A peak is what the model looks at; where "
        f"the line lies on the ground, the past is not used.",
        (
            Mark("areaY", "lags", {**place, "fill": BLUE, "fillOpacity": 0.2}),
            Mark("lineY", "lags", {**place, "stroke": BLUE}),
            Mark("dot", "blind", {**place, "fill": ROSE, "r": 3.5}),
            Mark("tip", "lags", place, tips, "x"),
        ),
        {
            "height": 260,
            "marginLeft": 64,
            "x": {"label": f"{audit.step}s back", "tickFormat": "say"},
            "y": {
                "label": "influence",
                "grid": True,
                "ticks": 5,
                "tickFormat": "say",
                "zero": True,
            },
        },
        tuple(sets),
        _choices(audit),
        tuple(legend),
    )


def _single(audit: Audit) -> tuple[str, ...]:
    """The name of the input, where there is one alone."""
    return audit.influence.inputs if len(audit.influence.inputs) == 1 else ()


def _by_input(audit: Audit) -> Chart:
    influence = audit.influence
    weighed = influence.weighed()
    means = np.nan_to_num(weighed)
    strongest = np.argsort(-(means**2).sum(axis=(0, 1)), kind="stable")[:INPUTS]
    names = [influence.inputs[i] for i in sorted(strongest.tolist())]
    at = [influence.inputs.index(name) for name in names]
    sets = []
    for k in range(min(len(influence.outputs), OUTPUTS)):
        values = weighed[k][:, at]
        grid = {
            "steps": influence.lag,
            "labels": [str(int(lag)) for lag in influence.lag],
            "units": names,
            "values": np.nan_to_num(values),
        }
        largest = float(np.nanmax(np.abs(values), initial=0)) or 1.0
        peaks = [int(np.argmax(np.nan_to_num(values[:, i]))) for i in range(len(at))]
        table = Table(
            f"Influence on {influence.outputs[k]} by input",
            {
                "input": names,
                "largest": [short(values[p, i]) for i, p in enumerate(peaks)],
                f"{audit.step}s back": [str(int(influence.lag[p])) for p in peaks],
            },
        )
        color = {"type": "linear", "domain": [0, largest], "range": BLUES}
        sets.append(Set({"cells": {"grid": grid}}, table, {"color": color}))
    tips = (("input", "unit"), (f"{audit.step}s back", "label"), ("influence", "value"))
    place = {"x": "step", "y": "unit"}
    left = 24 + 7 * min(max(len(name) for name in names), 22)
    return Chart(
        "By input and lag",
        f"A map of influence by input and lag; inputs are {', '.join(names)}.",
        "A row for each input: the stronger the blue, the more the output changes with it at that "
        f"lag{_weighed(audit)}.",
        (
            Mark("cell", "cells", {**place, "fill": "value", "inset": 0}),
            Mark("tip", "cells", place, tips, "xy"),
        ),
        {
            "height": 60 + 24 * len(names),
            "marginLeft": left,
            "x": {"label": f"{audit.step}s back", "few": 10},
            "y": {"label": None, "domain": names},
        },
        tuple(sets),
        _choices(audit),
        (("nothing to much", f"linear-gradient(90deg,{BLUES[0]},{BLUES[1]})", "scale"),),
    )
