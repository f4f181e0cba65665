"""Cells side by side, gates held still, fixes that were tried: each a table and a chart."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..evidence import chance
from .blocks import Block, Steps, Table, Verdict
from .chart import BLUE, ORANGE, QUIET, Chart, Mark, Set
from .numbers import between, margin, short
from .page import Page, Section

if TYPE_CHECKING:
    from ..audit.ablation import Ablation
    from ..audit.comparison import Comparison
    from ..audit.tried import TriedFixes


def comparison_page(found: Comparison) -> Page:
    """Which cell to use, and why."""
    title = f"{', '.join(c.cell.upper() for c in found.contestants)}: which to use"
    lead = (
        f"{found.model}: equally many parameters, equally long training; judged by "
        f"{found.observations:,} {found.unit} held out"
    )
    verdict = Verdict(f"Use {found.use}", f"{found.why}.", "good")
    return Page(title, lead, (verdict,), (Section("Cells", _of_cells(found)),))


def ablation_page(found: Ablation) -> Page:
    """What each gate and state is worth."""
    many = f"{found.sequences:,} sequence{'s' if found.sequences != 1 else ''}"
    lead = f"{found.model}: each gate held still, each state cut, on {many}"
    held = dict.fromkeys((change.gate, change.layer) for change in found.changes)
    said = [found.what_does(gate, max(layer, 0)) for gate, layer in held]
    steps = Steps(tuple((a, b) for a, _, b in (words.partition(": ") for words in said)))
    blocks: tuple[Block, ...] = (steps, _of_changes(found))
    return Page(f"What the gates of {found.cell.upper()} do", lead, (), (Section("Gates", blocks),))


def tried_page(found: TriedFixes) -> Page:
    """Before and after."""
    lead = f"{found.model}: judged by {found.observations:,} {found.unit} that none has learnt from"
    best = found.best
    verdict = Verdict(
        best.title if best is not None else "Nothing helped",
        f"{found.loss_name} {short(found.before)} before, {short(best.loss)} after."
        if best is not None
        else f"{found.loss_name} was {short(found.before)} before, and no fix lowered it.",
        "good" if best is not None and best.p < 0.05 else "warn",
    )
    titles = ["before", *(each.title for each in found.attempts)]
    losses = [found.before, *(each.loss for each in found.attempts)]
    table = Table(
        f"{found.loss_name} on what was held out, lower is better",
        {
            "fix": titles,
            found.loss_name: [short(v) for v in losses],
            "usable memory": [
                f"{v:,}" for v in (found.memory, *(a.memory for a in found.attempts))
            ],
            "sure": ["", *(each.failed or _sure(each.p) for each in found.attempts)],
        },
        "before",
    )
    known = [i for i, loss in enumerate(losses) if not math.isnan(loss)]
    chart = _bars(
        "Before and after",
        found.loss_name,
        [titles[i] for i in known],
        [losses[i] for i in known],
        best.title if best is not None else "before",
        table,
    )
    return Page("Fixes that were tried", lead, (verdict,), (Section("Before and after", (chart,)),))


def _of_cells(found: Comparison) -> tuple[Block, ...]:
    each = found.contestants
    table = Table(
        f"{found.loss} on {found.observations:,} {found.unit} held out, lower is better",
        {
            "cell": [c.cell for c in each],
            "units": [f"{c.hidden:,}" for c in each],
            "parameters": [f"{c.parameters:,}" for c in each],
            found.loss: [short(c.loss) for c in each],
            "± over seeds": [short(c.spread, 2) for c in each],
            f"memory, {found.step}s": [f"{c.memory:,}" for c in each],
            "half-life, steps": [short(c.half_life, 3) for c in each],
            "seconds": [short(c.seconds, 3) for c in each],
            "differs from the best": ["" if c.cell == found.best else _sure(c.p) for c in each],
        },
        found.use,
    )
    names = [c.cell for c in each]
    dots: dict[str, Any] = {"cell": [], "loss": [], "seed": []}
    for c in each:
        dots["cell"] += [c.cell] * len(c.losses)
        dots["loss"] += c.losses
        dots["seed"] += range(1, len(c.losses) + 1)
    means = {
        "cell": names,
        "loss": [c.loss for c in each],
        "ink": [BLUE if c.cell == found.use else QUIET for c in each],
    }
    place = {"x": "loss", "y": "cell"}
    tips = (("", "cell"), ("seed", "seed"), (found.loss, "loss"))
    chart = Chart(
        "Loss by cell and seed",
        f"Dots of {found.loss} by cell; the lowest mean is that of {found.best}.",
        "A dot for each seed, a bar at their mean; further left is better. Where dots of two cells "
        "lie among one another, chance may have set them apart.",
        (
            Mark("tickX", "means", {**place, "stroke": {"as_is": "ink"}, "strokeWidth": 4}),
            Mark("dot", "dots", {**place, "stroke": ORANGE, "strokeWidth": 2, "r": 4}),
            Mark("tip", "dots", place, tips, "xy"),
        ),
        {
            "height": 70 + 36 * len(names),
            "marginLeft": margin(names),
            "x": {"label": found.loss, "grid": True, "nice": True, "tickFormat": "say"},
            "y": {"label": None, "domain": names},
        },
        (Set({"dots": dots, "means": means}, table),),
    )
    return (chart, table)


def _of_changes(found: Ablation) -> Chart:
    names = [str(change) for change in found.changes]
    matters = [change.matters(found.full) for change in found.changes]
    words = [between(change.low, change.high) for change in found.changes]
    data = {
        "name": names,
        "change": np.array([change.change for change in found.changes]),
        "low": np.array([change.low for change in found.changes]),
        "high": np.array([change.high for change in found.changes]),
        "ink": [ORANGE if counted else QUIET for counted in matters],
        "words": words,
    }
    table = Table(
        f"{found.loss} with something held still; {short(found.full)} with nothing",
        {
            "what": names,
            found.loss: [short(change.score) for change in found.changes],
            "change": [short(change.change) for change in found.changes],
            "95 % interval": words,
            "matters": ["yes" if counted else "no" for counted in matters],
        },
    )
    place = {"x": "change", "y": "name"}
    tips = (("", "name"), ("change", "change"), ("95 % interval", "words"))
    ends = {"x1": "low", "x2": "high", "y": "name", "stroke": {"as_is": "ink"}, "strokeWidth": 3}
    return Chart(
        f"How much the loss rises: {found.loss}",
        f"Dots of the change of {found.loss} when a gate or state is held still.",
        "A dot for each thing held still, with a 95 % interval; at 0 nothing changes, further "
        "right the model does worse. What has a colour matters: by more than chance and more than "
        "1 %.",
        (
            Mark("ruleX", "zero", {"x": "x", "stroke": QUIET, "strokeDasharray": "4,4"}),
            Mark("ruleY", "changes", ends),
            Mark("dot", "changes", {**place, "fill": {"as_is": "ink"}, "r": 4}),
            Mark("tip", "changes", place, tips, "xy"),
        ),
        {
            "height": 60 + 22 * len(names),
            "marginLeft": margin(names),
            "x": {"label": f"change of {found.loss}", "grid": True, "tickFormat": "say"},
            "y": {"label": None, "domain": names, "type": "band"},
        },
        (Set({"changes": data, "zero": {"x": [0]}}, table),),
    )


def _bars(
    title: str, loss: str, names: list[str], losses: list[float], own: str, table: Table
) -> Chart:
    data = {
        "name": names,
        "loss": np.array(losses),
        "ink": [BLUE if name == own else QUIET for name in names],
    }
    place = {"x": "loss", "y": "name"}
    return Chart(
        title,
        f"Bars of {loss}; the lowest is {names[int(np.argmin(losses))]}.",
        "A shorter bar is better; the best one has a colour.",
        (
            Mark("barX", "bars", {**place, "fill": {"as_is": "ink"}, "inset": 2}),
            Mark("tip", "bars", place, (("", "name"), (loss, "loss")), "xy"),
        ),
        {
            "height": 60 + 28 * len(names),
            "marginLeft": margin(names),
            "x": {"label": loss, "grid": True, "tickFormat": "say"},
            "y": {"label": None, "domain": names},
        },
        (Set({"bars": data}, table),),
    )


def _sure(p: float) -> str:
    return "too few to tell" if math.isnan(p) else chance(p)
