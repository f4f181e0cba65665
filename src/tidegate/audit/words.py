"""An audit in a few lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .result import Audit


def told(audit: Audit) -> str:
    """The verdict, then what stands behind it, a line each."""
    memory = audit.memory
    many = f"{audit.sequences} sequence{'s' if audit.sequences != 1 else ''}"
    lines = [str(audit.verdict), f"model: {audit.model}, {many}"]
    for rate in audit.rate:
        where = f"layer {rate.layer}, {rate.direction}, {rate.state}"
        life = f"{rate.half_life:.3g}" if rate.half_life < 1e9 else "no"
        lines.append(
            f"gradient ({where}): × {rate.growth:.4g} a step "
            f"[{rate.low:.4g}, {rate.high:.4g}], half-life {life} steps"
        )
    lines.append(
        f"usable memory: {memory.usable} of {int(memory.context[-1])} {audit.step}s "
        f"({memory.name} {memory.score[0]:.4g} → {memory.full:.4g})"
    )
    lines += [f"blind: {blind}" for blind in audit.blind]
    lines += [f"try: {fix.title}: {fix.why}" for fix in audit.fixes]
    return "\n".join(lines)
