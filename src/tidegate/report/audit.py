"""The page of an audit: what a model remembers, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..network.lags import CHANGE
from .blocks import Block, Facts, Steps, Tone, Verdict, Words
from .gradient import gradient_chart, rates_table, singular_chart
from .influence import influence_charts
from .memory import memory_chart
from .numbers import short
from .page import Page, Section
from .unfolded import unfolded
from .units import units_charts

if TYPE_CHECKING:
    from ..audit.gates import Gates
    from ..audit.result import Audit

TONES: dict[str, Tone] = {
    "healthy": "good",
    "vanishing": "bad",
    "exploding": "bad",
    "saturated": "warn",
    "unused past": "warn",
}


def audit_page(audit: Audit, gates: Gates | None = None) -> Page:
    """The verdict first, then what stands behind it.

    Args:
        audit: what `tidegate.audit` gave.
        gates: of a few sequences that a reader may look at; None for those of the audit's own data,
            if it still knows them.
    """
    verdict, many = audit.verdict, f"{audit.sequences:,} sequence{'s' * (audit.sequences > 1)}"
    lead = f"{audit.model}: what it remembers, on {many}"
    return Page(f"Audit: {verdict.word}", lead, _first(audit), tuple(_sections(audit, gates)))


def audit_sections(audit: Audit) -> tuple[Section, ...]:
    """The same as a part of another page."""
    return (Section("What the network remembers", _first(audit)), *_sections(audit, None))


def _first(audit: Audit) -> tuple[Block, ...]:
    """The verdict, and the numbers to know first."""
    rate = max(audit.rate, key=lambda rate: rate.half_life)
    memory, verdict = audit.memory, audit.verdict
    facts = [
        ("cell", f"{audit.cell}, {audit.hidden} units"),
        ("sequences looked at", f"{audit.sequences:,}"),
        ("the gradient, a step", f"× {short(rate.growth)}"),
        ("its half-life, steps", short(rate.half_life, 3)),
        ("usable memory", f"{memory.usable} of {int(memory.context[-1])} {audit.step}s"),
    ]
    if memory.name != CHANGE:  # which is none with all of the past, whatever that is worth
        facts.append((f"{memory.name} with the past", _worth(memory.gain)))
    if audit.networks > 1:
        facts.insert(1, ("networks that answer together", str(audit.networks)))
    return Verdict(verdict.word, verdict.sentence, TONES[verdict.word]), Facts(tuple(facts))


def _sections(audit: Audit, gates: Gates | None) -> list[Section]:
    gates = _gates(audit) if gates is None else gates
    blind: list[Block] = []
    if audit.blind:
        blind = [Words(f"{'; '.join(map(str, audit.blind[:8]))}.")]
    singular = singular_chart(audit)
    sections = [
        Section("What to try", (_fixes(audit),)),
        Section(
            "How far the gradient reaches",
            (
                unfolded(audit),
                gradient_chart(audit),
                rates_table(audit),
                *([singular] if singular is not None else []),
            ),
        ),
        Section("What the outputs depend on", (*blind, *influence_charts(audit))),
        Section("Usable memory", (memory_chart(audit),)),
        Section("The units", tuple(units_charts(audit))),
    ]
    if gates is not None:
        from .gates import gates_blocks

        sections.append(Section("Gates and states, step by step", gates_blocks(gates)))
    return sections


def _gates(audit: Audit) -> Gates | None:
    """Of a few sequences of the audit's data; None for an audit that was read from JSON."""
    if audit.source is None:
        return None
    from ..audit.gates import gates
    from .gates import EXAMPLES

    return gates(*audit.source, most=EXAMPLES)


def _worth(gain: float) -> str:
    share = round(100 * gain)
    return "the same" if share == 0 else f"{abs(share):,} % {'lower' if share > 0 else 'higher'}"


def _fixes(audit: Audit) -> Block:
    if not audit.fixes and audit.verdict.word == "healthy":
        return Words("Nothing needs to be tried.")
    if not audit.fixes:
        return Words("No setting of this model is known to help.")
    return Steps(tuple((fix.title, fix.why) for fix in audit.fixes))
