"""An audit as text for a person: the verdict first, then what stands behind it."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..network.lags import CHANGE
from ..network.subject import read_by
from .bars import bars
from .layout import WIDTH, columns

if TYPE_CHECKING:
    from ..audit.result import Audit, Fix

ROWS = 10
"""Lags or contexts in a list, at most."""
INPUTS = 20
"""Inputs in a list, at most."""
BLIND = 8
"""Outputs that cannot see something, at most."""


def report(audit: Audit) -> str:
    """All of it, with line breaks."""
    parts = [_wrapped(f"Verdict: {audit.verdict}."), _about(audit), _gradient(audit)]
    parts += [_rates(audit), _influence(audit), _memory(audit)]
    if audit.blind:
        shown = [f"{each}" for each in audit.blind[:BLIND]]
        if more := len(audit.blind) - len(shown):
            shown.append(f"... and {more} more")
        parts.append("\n".join(["Blind:", *(f"  {line}" for line in shown)]))
    if audit.fixes:
        lines = [
            _wrapped(f"{i}. {fix.title} ({_how(fix)}): {fix.why}", "   ")
            for i, fix in enumerate(audit.fixes, 1)
        ]
        trained = "In Python, audit.try_fixes() trains each of them and tells what it gains."
        parts.append("\n".join(["What to try, best first:", *lines, trained]))
    return "\n\n".join(parts) + "\n"


def _how(fix: Fix) -> str:
    """Where it is set: the commands have an option for the cell alone."""
    return f"--cell {fix.changes['cell']}" if set(fix.changes) == {"cell"} else "in Python"


def _about(audit: Audit) -> str:
    many = f"{audit.sequences:,} sequence{'s' if audit.sequences != 1 else ''}"
    rows = audit.length * audit.rows
    return _wrapped(f"{audit.model}; {many} looked at, of {rows:,} {audit.step}s in the median")


def _gradient(audit: Audit) -> str:
    """The state that keeps the gradient longest, as bars by lag."""
    best = max(range(len(audit.rate)), key=lambda i: audit.rate[i].half_life)
    curve = audit.gradient[best]
    at = _some(curve.lag)
    words = bars(
        [str(int(curve.lag[i])) for i in at],
        [float(curve.mean[i]) for i in at],
        ("steps back", "gradient"),
        logarithmic=True,
    )
    where = _where(audit, curve.layer, curve.direction, curve.state)
    each = f", in steps of {read_by(audit.step, audit.rows)}" if audit.rows > 1 else ""
    head = f"How much of the gradient of {where} is left{each}; each power of ten is as long"
    return f"{_wrapped(head)}\n{words}"


def _rates(audit: Audit) -> str:
    body: dict[str, list[str]] = {"state": [], "factor a step": [], "95 %": [], "half-life": []}
    for rate in audit.rate:
        body["state"].append(_where(audit, rate.layer, rate.direction, rate.state))
        body["factor a step"].append(f"{rate.growth:.4g}")
        body["95 %"].append(f"{rate.low:.4g} to {rate.high:.4g}")
        life = "no end" if rate.half_life > 1e9 else f"{rate.half_life:.3g} steps"
        body["half-life"].append(life)
        if audit.networks > 1:
            ends = f"{min(rate.networks):.4g} to {max(rate.networks):.4g}"
            body.setdefault(f"in each of {audit.networks} networks", []).append(ends)
    return columns(body, left=1)


def _influence(audit: Audit) -> str:
    """The first output: where it looks, nearest first, and the strongest lag."""
    influence = audit.influence
    total = influence.total()[0]
    known = np.flatnonzero(~np.isnan(total))
    if not len(known):
        return "Influence: not known"
    strongest = known[np.argsort(-total[known], kind="stable")][:ROWS]
    at = sorted(strongest.tolist())
    words = bars(
        [str(int(influence.lag[i])) for i in at],
        [float(total[i]) for i in at],
        (f"{audit.step}s back", "influence"),
    )
    peak = int(influence.lag[strongest[0]])
    head = (
        f"Influence on {influence.outputs[0]}, the strongest lags; most from {peak} "
        f"{audit.step}{'' if peak == 1 else 's'} back"
    )
    return "\n\n".join([f"{head}\n{words}", *_inputs(audit)])


def _inputs(audit: Audit) -> list[str]:
    """Of several inputs, the strongest lag of each; and those that have no lag."""
    influence = audit.influence
    if len(influence.inputs) + len(influence.once) < 2:
        return []
    body: dict[str, list[str]] = {"input": [], f"{audit.step}s back": [], "influence": []}
    for j, name in enumerate(influence.inputs[:INPUTS]):
        values = influence.mean[0, :, j]
        known = np.flatnonzero(~np.isnan(values))
        peak = known[np.argmax(values[known])] if len(known) else None
        cells = ("", "not known")
        if peak is not None:
            cells = (str(int(influence.lag[peak])), f"{values[peak]:.3g}")
        for key, cell in zip(body, (name, *cells), strict=True):
            body[key].append(cell)
    for j, name in enumerate(influence.once):
        for key, cell in zip(body, (name, "any", f"{influence.once_mean[0, j]:.3g}"), strict=True):
            body[key].append(cell)
    more = len(influence.inputs) - INPUTS
    rest = f"\n... and {more} inputs more" if more > 0 else ""
    return [f"Where each input counts most, {influence.unit}\n{columns(body, left=1)}{rest}"]


def _memory(audit: Audit) -> str:
    memory = audit.memory
    enough = int(np.searchsorted(memory.context, memory.usable))
    at = sorted({*_some(memory.context), enough})
    words = bars(
        [str(int(memory.context[i])) for i in at],
        [float(memory.score[i]) for i in at],
        (f"{audit.step}s seen", memory.name),
    )
    last = int(memory.context[-1])
    head = f"Usable memory: {memory.usable} of {last} {audit.step}s; "
    if memory.name == CHANGE:
        head += (
            "with fewer the output moves by more than 1 % of its variance. --label, or --target of "
            "numbers, names the right answers; without them it is not known whether a longer past "
            "makes it better"
        )
        return f"{_wrapped(head)}\n{words}"
    sure = "" if math.isnan(memory.p) else f" (p = {memory.p:.2g})"
    share = round(100 * memory.gain)
    worth = f"{abs(share)} % {'lower' if share >= 0 else 'higher'} with all of the past{sure}"
    return f"{_wrapped(f'{head}{memory.name} is {worth}')}\n{words}"


def _where(audit: Audit, layer: int, direction: str, state: str) -> str:
    """A state by as much as tells it from the others."""
    words = [state]
    if any(curve.layer for curve in audit.gradient):
        words.append(f"of layer {layer}")
    if any(curve.direction == "reverse" for curve in audit.gradient):
        words.append(direction)
    return " ".join(words)


def _some(values: NDArray[np.generic]) -> list[int]:
    """Places of a long list: the first, the last, and ever fewer between.

    Example:
        >>> _some(np.arange(4)), _some(np.arange(1000))
        ([0, 1, 2, 3], [0, 1, 4, 9, 21, 45, 99, 214, 463, 999])
    """
    if len(values) <= ROWS:
        return list(range(len(values)))
    return sorted({round(float(v)) - 1 for v in np.geomspace(1, len(values), ROWS)})


def _wrapped(words: str, indent: str = "") -> str:
    return textwrap.fill(words, WIDTH, subsequent_indent=indent, break_long_words=False)
