"""A network of which a part is held still: gates by their parameters, states by a cut in time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.spans import Spans
from ..network import Network, NetworkSpec
from ..network.parameters import size, views
from ..network.reference import head, readout

Array = NDArray[Any]

END = 60.0
"""Where a sigmoid is 1 to the last bit of float64, or so close to 0 that nothing is left; and a
tanh 1 or −1."""


def hold(spec: NetworkSpec, flat: Array, gate: str, levels: Sequence[Any], layer: int) -> Array:
    """New parameters, with which a gate says the same at every step.

    Its rows of both weights are zero, so that nothing reaches it but its bias; no other gate is
    touched, and no core is needed that knows of it.

    Args:
        spec: of the network.
        flat: its parameters, which stay as they are.
        gate: a name of ``spec.cell_spec.gates``.
        levels: for each direction of the layer, a number or ``[H]``: from 0 to 1, or from −1 to 1
            of a candidate.
        layer: from 0.

    Example:
        >>> from tidegate.data import Spans
        >>> from tidegate.network import NumberInput
        >>> spec = NetworkSpec(NumberInput(1), cell="gru", hidden=2)
        >>> network = Network(spec, parameters=hold(spec, Network(spec).parameters, "z", [1.0], 0))
        >>> float(np.abs(network.forward(np.ones((5, 1)), Spans([0], [5])).output).max())
        0.0
    """
    result = np.array(flat)
    params, cell, h = views(spec, result), spec.cell_spec, spec.hidden
    first = cell.gates.index(gate) * h
    for suffix, level in zip(spec.suffixes, levels, strict=True):
        names = (f"{name}_l{layer}{suffix}" for name in cell.shapes(1, h))
        weight_ih, weight_hh, bias_ih, bias_hh = (params[name][first : first + h] for name in names)
        weight_ih[...] = weight_hh[...] = 0
        bias_hh[...] = 0
        bias_ih[...] = before(np.broadcast_to(level, h), candidate=gate in cell.candidates)
    return result


def before(level: Array, *, candidate: bool) -> Array:
    """What a gate's sigmoid, or a candidate's tanh, must be given to say this.

    Example:
        >>> before(np.array([0.5, 1.0]), candidate=False).tolist()
        [0.0, 60.0]
    """
    level = np.asarray(level, np.float64)
    with np.errstate(divide="ignore"):
        found = np.arctanh(level) if candidate else np.log(level) - np.log1p(-level)
    result: Array = np.clip(found, -END, END)
    return result


def cut(
    network: Network, rows: Any, spans: Spans, steps: int, states: Sequence[str]
) -> Array | None:
    """The output of a network whose states are set to zero once, on their way through a sequence.

    Args:
        network: any; of one that reads in both directions, all states are cut at once.
        rows, spans: as in `Network.forward`.
        steps: how many steps before the end; sequences that are not longer stay whole.
        states: which of the cell's, "h", "c" or both; those of all layers.

    Returns:
        As ``Network.forward(...).output``; None if a network of two directions is to keep a state:
        its two directions cross the cut at once, and neither can wait for the other.
    """
    spec = network.spec
    if spec.bidirectional and set(states) != set(spec.cell_spec.states):
        return None
    trunk_spec = spec.but(
        readout="each", read_last=0, outputs=0, tied=False, loss=None, head_dropout=0.0
    )
    trunk = Network(trunk_spec, parameters=network.values[: size(trunk_spec)])
    segment = spec.input.segment
    after = np.minimum(np.full(len(spans), steps), spans.length // segment) * segment
    ahead = spans.length - after
    parted = np.flatnonzero(ahead)
    late = Spans(spans.start + ahead, after, spans.shift, spans.factor)
    h: list[list[Array]] = [[] for _ in range(len(spans))]
    state = tuple(np.zeros((spec.layers * spec.directions, len(spans), spec.hidden), spec.dtype)
                  for _ in spec.cell_spec.states)  # fmt: skip
    if len(parted):
        some = spans[parted]
        early = Spans(some.start, ahead[parted], some.shift, some.factor)
        found = trunk.forward(rows, early)
        for i, part in zip(parted, _each(found.output, early.length // segment), strict=True):
            h[i].append(part)
        if not spec.bidirectional:
            for name, whole, end in zip(spec.cell_spec.states, state, found.state, strict=True):
                if name not in states:
                    whole[:, parted] = end
    found = trunk.forward(rows, late, state=state)
    for parts, part in zip(h, _each(found.output, after // segment), strict=True):
        parts.append(part)
    read = [readout(spec.readout, np.concatenate(p), spec.hidden, spec.read_last) for p in h]
    result: Array = head(network.params, np.concatenate(read))
    return result


def _each(rows: Array, sizes: Array) -> list[Array]:
    return np.split(rows, np.cumsum(sizes)[:-1])
