"""What reaches every input and every state of a run, backwards from its outputs and last states."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ..errors import ArgumentError
from .native import Array, State
from .results import Tape, Vjp
from .spec import NumberInput

if TYPE_CHECKING:
    from .network import Network


def vjp(
    network: Network, tape: Tape, d_output: ArrayLike | None = None, d_state: State | None = None
) -> Vjp:
    """The gradient of ``sum(d_output * output) + sum(d_state * last states)``. Uses tape up.

    A vector-Jacobian product: from a probe of what a network gives, or of a state at the end of
    each span, to every input and every state before it.

    Args:
        tape: from `forward_train`.
        d_output: like ``tape.output``; None for zero.
        d_state: as `Outputs.state`; None for zero.

    Raises:
        ArgumentError: if a shape does not fit, or the tape was used up.

    Example:
        >>> import numpy as np
        >>> from tidegate.data import Spans
        >>> from tidegate.network import Network, NetworkSpec, NumberInput
        >>> spec = NetworkSpec(NumberInput(1), cell="rnn_linear", hidden=1, dtype="float64")
        >>> network = Network(spec)
        >>> network.params["weight_hh_l0"][:] = 2.0
        >>> tape = network.forward_train(np.zeros((4, 1)), Spans(np.array([0]), np.array([4])))
        >>> found = network.vjp(tape, d_state=(np.ones((1, 1, 1)),))
        >>> found.trail[0]["h"].ravel().tolist()
        [8.0, 4.0, 2.0, 1.0]
    """
    spans, spec, source = tape.spans, network.spec, network.spec.input
    n, rows = len(spans), int(spans.length.sum()) // source.segment
    output = None if d_output is None else like_output(network, tape, d_output)
    gradient = np.empty_like(network.values)
    width = source.size if isinstance(source, NumberInput) else source.width
    d_input = np.empty((rows, width), network.native.dtype)
    initial = network.native.empty_state(n)
    network.native_backward(
        tape.native,
        output,
        gradient=gradient,
        d_state=network.native.state(d_state, n, "d_state"),
        d_input=d_input,
        d_initial=(initial[0], initial[1] if len(initial) > 1 else None),
        trail=True,
    )
    trail = []
    for layer in range(spec.layers):
        for direction in range(spec.directions):
            entry = {}
            for number, name in enumerate(spec.cell_spec.states):
                entry[name] = np.empty((rows, spec.hidden), network.native.dtype)
                tape.native.trail(layer, direction, number, entry[name])
            trail.append(entry)
    return Vjp(d_input, initial, trail, gradient)


def like_output(network: Network, tape: Tape, d_output: ArrayLike) -> Array:
    """A gradient of the tape's output as the core takes it.

    Raises:
        ArgumentError: if it does not have the output's shape.
    """
    array = network.native.numbers("the gradient of the output", d_output)
    if array.shape != tape.output.shape:
        raise ArgumentError(
            f"the gradient of the output must have its shape {tape.output.shape}, got {array.shape}"
        )
    return array
