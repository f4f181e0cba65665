"""What the calls of a network give."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..data.spans import Spans
from .native import Array, State


class Outputs(NamedTuple):
    """What a forward pass gives."""

    output: Array
    """[n, O] for a pooled readout; [sum of steps read out, O] for "each", span after span."""
    state: State
    """(h, c) for LSTM, (h,) otherwise: [layers*D, n, H], at each span's own end."""


class StepResult(NamedTuple):
    """What a training step reports."""

    loss: float
    norm: float
    """Of the whole gradient, before clipping."""


class Vjp(NamedTuple):
    """What `Network.vjp` gives: the gradient of a sum, by all that went into it.

    Rows lie span after span, a row for each step.
    """

    input: Array
    """[sum of steps, inputs of a step]: of rows as the network reads them; of an embedding's rows
    for tokens."""
    initial: State
    """Of the states before the first step, [layers*D, n, H] each."""
    trail: list[dict[str, Array]]
    """One entry for each layer and direction: state, "h" or "c" → [sum of steps, H], the gradient
    by that state of each step as the next step is given it."""
    parameters: Array
    """Of all parameters, flat."""


class Tape:
    """What `Network.forward_train` leaves for `Network.backward`, which uses it up."""

    def __init__(self, native: Any, spans: Spans, output: Array) -> None:
        self.native = native
        self.spans = spans
        self.output = output
        """[n, O] or [sum of steps, O]."""
