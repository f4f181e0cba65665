"""What to try, best first, as changes to the estimator's arguments."""

from __future__ import annotations

import numpy as np

from ..cells import CELLS
from ..network.subject import About
from .memory import NEAR
from .result import Blind, Fix, Memory, Verdict
from .verdict import DEAD, UNBOUNDED

GATED = "lstm"


def fixes(
    about: About, length: int, verdict: Verdict, memory: Memory, blind: tuple[Blind, ...]
) -> tuple[Fix, ...]:
    """What suits the verdict, as far as the model's arguments allow it.

    Args:
        about: the model.
        length: steps of a sequence of median length.
        verdict, memory, blind: what was found.
    """
    found: list[Fix] = []
    can, gated = about.settings, bool(CELLS[about.cell].chrono)
    horizon = max(length, 3)
    chrono = {"init.chrono": horizon}
    # where a gradient does not come all the way, nobody can say that what is there is of no use
    short = verdict.word == "unused past" and verdict.evidence.get("reach", length) < length
    if verdict.word in ("vanishing", "saturated") or short:
        if not gated and {"cell", "init"} <= set(can):
            found.append(
                Fix(
                    f"an LSTM with chrono initialisation, T_max = {horizon}",
                    "its cell state is carried by a gate, not through a matrix at every step, and "
                    "the gate begins open for so many steps",
                    {"cell": GATED, **chrono},
                )
            )
        if about.cell in UNBOUNDED and "clip" in can:
            found.append(
                Fix(
                    "gradients clipped by their norm, at 1",
                    "states without a bound have gradients that are huge at first, and no limit of "
                    "the norm is set; one of them weighs in Adam's steps for hundreds of updates",
                    {"clip": 1.0},
                )
            )
        if not gated and "cell" in can:
            found.append(
                Fix(
                    "an LSTM",
                    "its cell state is carried by a gate, not through a matrix at every step",
                    {"cell": GATED},
                )
            )
        if gated and "init" in can and (about.chrono or 0) < horizon:
            found.append(
                Fix(
                    f"chrono initialisation, T_max = {horizon}",
                    "the gate that keeps begins so far open that memories last as long as the "
                    "sequences; it now begins with a few steps",
                    chrono,
                )
            )
        if about.cell == "gru" and "cell" in can:
            found.append(
                Fix(
                    "an LSTM",
                    "what its cell keeps is a matter of one gate, and not of what is written",
                    {"cell": GATED, **(chrono if "init" in can else {})},
                )
            )
        dead = verdict.evidence.get("dead units", 0.0)
        if about.cell == "rnn_relu" and dead > DEAD and "learning_rate" in can:
            found.append(
                Fix(
                    "a smaller learning rate",
                    f"{100 * dead:.0f} % of the units are dead: a large step has pushed their relu "
                    f"below zero for good",
                    {"training.learning_rate": 1e-3},
                )
            )
        if about.cell == "rnn" and "init" in can:
            found.append(
                Fix(
                    "identity recurrent weights and relu units",
                    "a state that is passed on unchanged loses nothing (Le et al. 2015)",
                    {"cell": "rnn_relu", "init.recurrent": "identity"},
                )
            )
        if "segment" in can and length > 40:
            size = about.rows * max(length // 40, 2)
            found.append(
                Fix(
                    f"{size} rows in a step",
                    f"the gradient then passes {-(-length * about.rows // size)} steps in place "
                    f"of {length}",
                    {"segment": size},
                )
            )
        if "readout" in can:
            found.append(
                Fix(
                    "the mean and the maximum of all states as readout",
                    "every step is then one step away from the answer",
                    {"readout": "mean+max"},
                )
            )
    if verdict.word == "exploding":
        if about.cell in ("rnn_relu", "rnn_linear", "rnn") and "cell" in can:
            found.append(
                Fix(
                    "a GRU",
                    "what it carries is a mean of old and new, and cannot grow",
                    {"cell": "gru"},
                )
            )
        if "init" in can and about.recurrent != "orthogonal":
            found.append(
                Fix(
                    "orthogonal recurrent weights",
                    "they neither magnify nor lose anything at the start",
                    {"init.recurrent": "orthogonal"},
                )
            )
        if "learning_rate" in can:
            found.append(
                Fix(
                    "a smaller learning rate",
                    "recurrent weights that grow past 1 are what makes gradients explode",
                    {"training.learning_rate": 1e-3},
                )
            )
        if "clip" in can:
            found.append(
                Fix(
                    "gradients clipped by their norm, at 1",
                    "a single update then cannot undo what was learnt",
                    {"clip": 1.0},
                )
            )
        if "clip_value" in can:
            found.append(
                Fix(
                    "gradients clipped by value, at 0.1",
                    "this cuts off what a few weights have too much of, before a limit of the norm "
                    "lets it drown the others",
                    {"clip_value": 0.1},
                )
            )
    if verdict.word == "unused past" and "window" in can:
        enough = np.flatnonzero(memory.score <= memory.full * (1 + NEAR))[0]
        found.append(
            Fix(
                "a shorter window",
                "the past is not used; a model without it says the same and learns faster",
                {"window": max(int(memory.context[enough]), 2)},
            )
        )
    return tuple(found)
