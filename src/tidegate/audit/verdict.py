"""What an audit comes to: one of five words, a sentence, and the numbers that decided.

In this order, the first that holds (docs/design/audit.md says why):

exploding    a gradient grows by more than `GROWN` within a sequence, and by more than 1 a step;
             or it did so while the network learnt, and the past has been of no use since; of a cell
             without bounds, if it grew less, and what is left vanishes
saturated    the gradient vanishes, and most units stand at the ends of their tanh
vanishing    less than `GONE` of the gradient is left after a quarter of a sequence; or at its end,
             what arrives is not used, and what does not would tell of the target; but not where
             the mean or the maximum of all states is read out
unused past  the loss is as good when only the newest rows are seen
healthy      none of these
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..evidence import SURE, chance
from ..network.lags import CHANGE
from ..network.subject import GROWN, About, Burst, read_by
from .memory import NEAR
from .result import LagCurve, Memory, Rate, Units, Verdict

GONE = 1e-3
"""A gradient of which less is left is lost in that of the other steps."""
PART = 0.25
"""The share of a sequence that a gradient must pass."""
FULL = 0.5
"""The share of units and steps at the end of a tanh, from which on a layer is saturated."""
SAME = 1e-12
"""The share of its variance by which an output differs from itself, by rounding."""
SHORTEST = 0.25
"""Steps; what halves faster is gone, a fifteenth is left, after one."""
DEAD = 0.25
"""The share of dead units that is no chance."""
UNBOUNDED = ("rnn_relu", "rnn_linear")
"""Cells whose states can grow without end."""


class Far(NamedTuple):
    """The state whose gradient comes farthest, or grows most."""

    rate: Rate
    lag: int
    size: float


def judge(
    length: int,
    about: About,
    gradient: tuple[LagCurve, ...],
    rate: tuple[Rate, ...],
    memory: Memory,
    units: tuple[Units, ...],
    beyond: Callable[[int], float] | None = None,
    sequences: int = 0,
) -> Verdict:
    """The verdict on what was measured.

    Args:
        length: steps of a sequence of median length.
        about: what a row of the data is called, and how many a step reads.
        gradient, rate, memory, units: as in `Audit`.
        beyond: as in `network.subject.Context`.
        sequences: of the data.
    """
    step = about.step
    if not gradient:
        return stateless(step, memory)
    large, best = largest(gradient, rate), surviving(gradient, rate, length)
    full = max((each.saturation for each in units), default=0.0)
    reached = reach(gradient, length)
    evidence = {
        "growth": best.rate.growth,
        "growth, low": best.rate.low,
        "growth, high": best.rate.high,
        "half-life": best.rate.half_life,
        "lag": float(best.lag),
        "gradient left": best.size,
        "largest gradient": large.size,
        "reach": float(reached),
        "saturation": full,
        "dead units": float(np.mean([each.dead.mean() for each in units])) if units else 0.0,
        "usable memory": float(memory.usable),
        "gain by the past": memory.gain,
        "p of the gain": memory.p,
    }
    times = large.rate.growth
    matters = _matters(memory, step)
    reads = read_by(step, about.rows)
    large_as = f" of {reads}" if reads else ""
    ever = f"the gradient halves every {best.rate.half_life:.3g} steps{large_as}"
    if best.rate.half_life < SHORTEST:
        ever = f"the gradient does not outlive a step{large_as}"
    left = f"{_share(best.size)} after {best.lag}"
    lead = large.rate.low if np.isfinite(large.rate.low) else times
    if any(np.isnan(each.saturation) for each in units):
        return Verdict("exploding", "its states grow beyond all numbers", evidence)
    if large.size > GROWN and lead > 1:
        return Verdict(
            "exploding",
            f"the gradient grows {times:.4g} times with each step{large_as}, and is "
            f"{large.size:.3g} times as large {large.lag} steps back",
            evidence,
        )
    unused = _unused(memory)
    faded = best.size < GONE and reached < PART * length
    lost = faded and (unused or not about.direct)
    dead = evidence["dead units"]
    then = f"{100 * dead:.0f} % of its units are dead, and " if dead else ""
    then += f"{left} steps{large_as}" if lost else "the past is not used"
    burst = about.burst
    if burst is not None and burst.certain and (lost or unused):
        return Verdict("exploding", f"{_told(burst)}; since such updates {then}", evidence)
    tells = float("nan")
    if unused and best.size < GONE and beyond is not None and not about.direct:
        tells = evidence["p of what lies beyond"] = beyond(reached * about.rows)
        lost = tells < SURE if np.isfinite(tells) else lost
    if lost and burst is not None and about.cell in UNBOUNDED:
        return Verdict("exploding", f"{_told(burst)}; since such updates {then}", evidence)
    if lost and burst is None and dead > DEAD and about.magnifies > GROWN ** (1 / length):
        return Verdict(
            "exploding",
            f"{100 * dead:.0f} % of its units are dead, as after updates that were too large: its "
            f"recurrent weights would make a state {about.magnifies:.3g} times as large with each "
            f"step{large_as} if they were not. {left[0].upper()}{left[1:]} steps{large_as}",
            evidence,
        )
    if lost and full > FULL:
        return Verdict(
            "saturated",
            f"{100 * full:.0f} % of all units and steps stand at an end of their tanh, where "
            f"no gradient passes: {left} steps{large_as}",
            evidence,
        )
    if lost and not about.direct:
        rest = "what it reaches of the past is not used" if unused else matters
        if tells < SURE:
            rest += f", and what lies beyond tells of the target ({chance(tells)})"
        return Verdict("vanishing", f"{ever}: {left} of {length} steps; {rest}", evidence)
    far = (
        f"the gradient comes {reached} steps{large_as} back, of {length}, before less than "
        f"{GONE:g} is left"
    )
    if reached >= length:
        far = f"{left} of {length} steps{large_as}"
    elif about.direct and not unused:
        far = f"all states are read out, so that each step counts, though from state to state {far}"
    if unused:
        seen = int(memory.context[0])
        only = f"only the newest {f'{seen} {step}s' if seen != 1 else step}"
        only = only if seen else "no more than the level of a window"
        said = f"{_as_good(memory, f'with {only} seen')}, though {far}"
        if tells >= SURE:
            said += ", and what lies beyond is not seen to tell of the target"
            if sequences < (values := (length - reached) * about.rows * len(about.inputs)):
                few = "1 sequence is" if sequences == 1 else f"{sequences} sequences are"
                said += (
                    f"; {few} few to see it by, each has {values} values "
                    f"there: audit with more before you believe it"
                )
        return Verdict("unused past", said, evidence)
    return Verdict("healthy", f"{far}; {matters}", evidence)


def _told(burst: Burst) -> str:
    """What was seen while a network learnt."""
    when = f"while it learnt, after {burst.update} update{'s' if burst.update != 1 else ''}, "
    if burst.size >= GROWN:
        return f"{when}the gradient was {burst.size:.3g} times as large {burst.lag} steps back"
    return f"{when}the norm of the gradient was {burst.norm:.3g} times that of the first update"


def surviving(gradient: tuple[LagCurve, ...], rate: tuple[Rate, ...], length: int) -> Far:
    """The state of which most is left at the end of a sequence of median length."""
    found = []
    for curve, of in zip(gradient, rate, strict=True):
        lag = min(length, len(curve.lag)) - 1
        found.append(Far(of, lag, float(curve.median[lag])))
    return max(found, key=lambda far: far.size)


def largest(gradient: tuple[LagCurve, ...], rate: tuple[Rate, ...]) -> Far:
    """The state whose gradient grows most, and where."""
    found = []
    for curve, of in zip(gradient, rate, strict=True):
        lag = int(np.argmax(curve.median))
        found.append(Far(of, lag, float(curve.median[lag])))
    return max(found, key=lambda far: far.size)


def reach(gradient: tuple[LagCurve, ...], length: int) -> int:
    """The first lag at which less than `GONE` is left of every state; the length if none."""
    most = np.max([np.pad(c.median, (0, 0)) for c in gradient], axis=0)
    gone = np.flatnonzero(most < GONE)
    return int(gone[0]) if gone.size else max(length, len(most))


def _unused(memory: Memory) -> bool:
    """Whether a longer past is worth nothing; without targets, whether it changes nothing."""
    if memory.name == CHANGE:
        return bool(memory.score.max() <= SAME)
    return memory.gain < NEAR or not memory.p < SURE


def _matters(memory: Memory, step: str) -> str:
    """How much of the past decides."""
    what = "output" if memory.name == CHANGE else _measure(memory)
    longest = int(memory.context[-1])
    decide = f"{memory.usable} of {longest} {step}s decide"
    if memory.usable == 1:
        decide = f"of {longest} {step}s decides"
    return f"the newest {decide} the {what} to within 1 %"


def _as_good(memory: Memory, least: str) -> str:
    """That a longer past is not proved to be of use; if the score is better with it, with p."""
    longest = int(memory.context[-1])
    if memory.name == CHANGE:
        return f"the output is the same {least} as with all {longest}"
    perhaps = ""
    if memory.gain >= NEAR:
        perhaps = ", of too few to tell"
        if memory.p >= SURE:
            perhaps = f", which may be chance ({chance(memory.p)})"
    return (
        f"the {_measure(memory)} is {memory.score[0]:.4g} {least}, and {memory.full:.4g} with all "
        f"{longest}{perhaps}"
    )


def _measure(memory: Memory) -> str:
    """What the score is, as a sentence calls it."""
    return f"loss in {memory.name}" if memory.name.startswith("nats") else memory.name


def _share(size: float) -> str:
    if size >= 1.5:
        return f"the gradient is {size:.3g} times as large"
    part = f"{100 * size:.0f} %" if size >= 0.01 else f"{size:.2g}"
    if size == 0:
        part = "nothing"
    if size >= 0.995:
        part = "all"
    return f"{part} of the gradient is left"


def stateless(step: str, memory: Memory) -> Verdict:
    """Of a model in which no recurrent layer was found: by what a longer past is worth alone."""
    evidence = {
        "usable memory": float(memory.usable),
        "gain by the past": memory.gain,
        "p of the gain": memory.p,
    }
    if _unused(memory):
        said = _as_good(memory, f"with the newest {step} alone")
        return Verdict("unused past", said, evidence)
    return Verdict(
        "healthy",
        f"no recurrent layer was found, so nothing is known of its gradient; "
        f"{_matters(memory, step)}",
        evidence,
    )
