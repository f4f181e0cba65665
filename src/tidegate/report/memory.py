"""What a longer past is worth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ..audit.memory import NEAR
from ..evidence import SURE
from ..network.lags import CHANGE
from .blocks import Table
from .chart import BLUE, ORANGE, Chart, Mark, Set
from .numbers import Array, between, margin, short

if TYPE_CHECKING:
    from ..audit.result import Audit

APART = 0.07
"""Between two marks of the axis, as a share of it."""


def memory_chart(audit: Audit) -> Chart:
    """The loss by how much of the past is seen, with its interval."""
    memory = audit.memory
    words = [between(low, high) for low, high in zip(memory.low, memory.high, strict=True)]
    data = {
        "scores": {
            "context": memory.context,
            "score": memory.score,
            "low": memory.low,
            "high": memory.high,
            "words": words,
        },
        "usable": {"context": [memory.usable], "words": [f"usable memory: {memory.usable}"]},
    }
    table = Table(
        f"{memory.name} by {audit.step}s that are seen",
        {
            f"{audit.step}s seen": [str(int(k)) for k in memory.context],
            memory.name: [short(v) for v in memory.score],
            "95 % interval": words,
        },
    )
    place = {"x": "context", "y": "score"}
    tips = ((f"{audit.step}s seen", "context"), (memory.name, "score"), ("95 % interval", "words"))
    known = [v for v in (memory.low, memory.high, memory.score) for v in v[np.isfinite(v)]]
    right = memory.usable > memory.context[-1] / 4
    return Chart(
        "What a longer past is worth",
        f"{memory.name} by how many of the newest {audit.step}s are seen: {short(memory.score[0])} "
        f"with {int(memory.context[0])}, {short(memory.full)} with all "
        f"{int(memory.context[-1])}; {memory.usable} are enough.",
        f"{_measured(audit)} when the model sees only the newest {audit.step}s. {_worth(audit)} "
        f"The band is a 95 % interval.",
        (
            Mark("areaY", "scores", _band()),
            Mark("lineY", "scores", {**place, "stroke": BLUE}),
            Mark("dot", "scores", {**place, "fill": BLUE, "r": 3}),
            Mark("ruleX", "usable", {"x": "context", "stroke": ORANGE, "strokeDasharray": "5,4"}),
            Mark(
                "text",
                "usable",
                {
                    "x": "context",
                    "text": "words",
                    "frameAnchor": "top",
                    "textAnchor": "end" if right else "start",
                    "dx": -6 if right else 6,
                    "dy": 4,
                    "fill": ORANGE,
                },
            ),
            Mark("tip", "scores", place, tips, "x"),
        ),
        {
            "height": 280,
            "marginLeft": margin([short(min(known)), short(max(known))]) if known else 60,
            "x": {
                "type": "symlog",
                "label": f"newest {audit.step}s that are seen",
                "ticks": _ticks(memory.context),
                "tickFormat": "say",
            },
            "y": {"label": memory.name, "grid": True, "nice": True, "tickFormat": "say"},
        },
        (Set(data, table),),
    )


def _measured(audit: Audit) -> str:
    """What the curve is of."""
    if audit.memory.name == CHANGE:
        return "How far the output moves, squared, beside its variance,"
    return f"The loss ({audit.memory.name}, lower is better)"


def _worth(audit: Audit) -> str:
    """What is gained by a longer past, in words."""
    memory = audit.memory
    if memory.name == CHANGE:
        return (
            f"From the dashed line on, {memory.usable} of {int(memory.context[-1])}, it moves by "
            f"less than 1 %. Without right answers nobody can say whether a longer past makes the "
            f"output better."
        )
    sure = "" if math.isnan(memory.p) else f" (p = {memory.p:.2g})"
    moves = (
        f"{'lowers' if memory.gain >= 0 else 'raises'} the loss by {100 * abs(memory.gain):.0f} %"
    )
    if memory.gain < NEAR or memory.p >= SURE:
        return f"All of the past together {moves}{sure}: it is not proved to be of use."
    enough = f"From the dashed line on, {memory.usable} of {int(memory.context[-1])}, a longer past"
    return f"{enough} lowers it by less than 1 %. All of it together {moves}{sure}."


def _band() -> dict[str, object]:
    return {"x": "context", "y1": "low", "y2": "high", "fill": BLUE, "fillOpacity": 0.16}


def _ticks(context: Array) -> list[int]:
    """Those contexts that have room beside one another: of what doubles from the first on, and the
    last.

    Example:
        >>> _ticks(np.array([0, 1, 2, 4, 8, 11, 12, 16, 32, 64, 112]))
        [0, 1, 2, 4, 8, 16, 32, 64, 112]
    """
    times = context // context[context > 0].min()
    doubles = context[(times & (times - 1)) == 0]
    context = np.unique([*doubles, context[-1]])
    place = np.log1p(context.astype(float))
    room = APART * max(float(place[-1] - place[0]), 1e-9)
    kept = [len(context) - 1]
    for i in range(len(context) - 2, -1, -1):
        if place[kept[-1]] - place[i] >= room:
            kept.append(i)
    return [int(context[i]) for i in kept[::-1]]
