"""What a run saw of its gradient by lag, as plain data: whether it is a fault, and what to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from ..network import NetworkSpec
from ..network.subject import GROWN, Burst
from ..network.subject import worst as worst_of

Fault: TypeAlias = Literal["", "vanishes", "explodes"]

GONE = 2.0**-23
"""A share that is lost in rounding beside 1, in float32: what comes from so far back adds nothing
to what comes from near."""
LARGE = 10.0
"""A gradient so many times that of the first update may have ruined a network: it is looked at."""
FOR_LONG, FEW, LONGER = 0.25, 4, 0.5
"""The share of a run for which nothing may arrive: many networks learn to remember in this time.
Of a run so short that there are fewer looks, a larger one."""


@dataclass(frozen=True)
class Look:
    """The gradient by lag at one moment of a run."""

    update: int
    """Updates done before."""
    steps: int
    """Of the longest sequence that was looked at."""
    gradient: tuple[float, ...]
    """By the states 1, 2, 4, 8, ... steps before the last ones: its norm over all layers and
    states, beside that of the probe; the root mean square over the sequences."""

    @property
    def lag(self) -> tuple[int, ...]:
        """``1, 2, 4, 8, ...``, all below ``steps``.

        Example:
            >>> Look(100, 9, (0.9, 0.8, 0.5, 0.1)).lag
            (1, 2, 4, 8)
        """
        return tuple(2**k for k in range(len(self.gradient)))


def burst(norms: Sequence[float], times: float = GROWN) -> bool:
    """Whether the newest gradient is the first one so many times that of the first update.

    Where the first is below 1, as of a network that begins at its best constant answer, it counts
    as 1.

    Example:
        >>> burst([2.0, 3e8]), burst([2.0, 3e8, 4e8]), burst([2.0, 20.0]), burst([1e-9, 0.5])
        (True, False, False, False)
    """
    bound = times * max(norms[0], 1.0)
    return norms[-1] > bound and max(norms[:-1], default=0.0) <= bound


def worst(looks: list[Look], norms: Sequence[float]) -> Burst | None:
    """The look at which most came back, if the gradient grew out of measure: there it grew `GROWN`
    times on its way back, or the norm of the whole gradient was `LARGE` times that of the first
    update. None if it never did.

    Args:
        looks: of a run.
        norms: of the whole gradient, of all its updates.

    Example:
        >>> looks = [Look(1, 64, (0.9, 20.0, 4e5)), Look(3, 64, (0.9, 0.1, 0.0))]
        >>> worst(looks, [2.0, 6.0, 1.0, 1.0]), worst(looks[1:], [2.0, 6.0, 1.0, 1.0])
        (Burst(update=1, norm=3.0, lag=4, size=400000.0), None)
    """
    found = []
    for look in looks:
        place = int(np.argmax(look.gradient))
        norm = norms[look.update] / max(norms[0], 1.0) if look.update < len(norms) else 1.0
        if norm >= LARGE or look.gradient[place] >= GROWN:
            found.append(Burst(look.update, norm, look.lag[place], look.gradient[place]))
    return worst_of(found)


def fault(looks: list[Look], total: int, pools: bool = False) -> Fault:
    """What the newest looks of a run of ``total`` updates show.

    Vanishing is said only if from the second half of a sequence nothing has arrived for a quarter
    of the run, or for half of it where there were fewer than `FEW` looks in that time, and never of
    a network that `pools`; exploding at the second look in a row.

    Example:
        >>> looks = [Look(update, 64, (0.5,) * 5 + (1e-9,)) for update in (10, 20, 30, 40)]
        >>> fault(looks, total=100), fault(looks, total=200)
        ('vanishes', '')
    """
    streak = 0
    for look in reversed(looks):
        if max(look.gradient) < GROWN:
            break
        streak += 1
    if streak >= 2:
        return "explodes"
    gone = []
    for look in reversed(looks):
        if look.gradient[-1] >= GONE:
            break
        gone.append(look.update)
    if pools or not gone:
        return ""
    part = FOR_LONG if len(gone) >= FEW else LONGER
    return "vanishes" if gone[0] - gone[-1] >= part * total else ""


def advice(
    what: Fault,
    looks: list[Look],
    spec: NetworkSpec,
    clips: bool = False,
    burst: Burst | None = None,
) -> str:
    """The warning, one line: what was seen, what it means, what to try that was not done."""
    look = looks[-1]
    if what == "explodes":
        lag = look.lag[int(np.argmax(look.gradient))]
        seen = f"it is {max(look.gradient):.1e} times as large {lag} steps back"
        if burst is not None and max(look.gradient) < GROWN:
            seen = f"its norm is {burst.norm:.1e} times that of the first update"
        means = "a single update may undo what was learnt"
    else:
        near = (at for at, g in zip(look.lag, look.gradient, strict=True) if g >= GONE)
        seen = f"{look.gradient[-1]:.1e} of it is left {look.lag[-1]} steps back"
        back = "back"
        if spec.bidirectional:
            back = "away" if spec.readout == "each" else "from both ends"
        means = (
            f"of sequences of {look.steps} steps, little that lies more than "
            f"{max(near, default=0)} steps {back} is learnt from"
        )
    fix = _fix(what, look.steps, spec, clips)
    return f"the gradient {what} (update {look.update}): {seen}, so {means}; try {fix}"


def _fix(what: Fault, steps: int, spec: NetworkSpec, clips: bool) -> str:
    """What to try; "in Python" is said of what the commands have no option for."""
    if what == "explodes":
        fix = "a smaller learning_rate" if clips else "Optimizer(clip=1.0), a smaller learning_rate"
        if spec.cell in ("rnn_relu", "rnn_linear"):
            return f"the cell 'gru' or 'lstm', or in Python {fix}, Init(recurrent='orthogonal')"
        return f"{fix} (in Python)"
    if not spec.cell_spec.chrono:
        return f"the cell 'gru' or 'lstm', in Python with Init(chrono={steps})"
    if spec.init.chrono is None:
        return f"Init(chrono={steps}) (in Python)"
    return "longer segments or windows of fewer steps, for fewer steps in between"
