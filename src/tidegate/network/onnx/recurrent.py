"""The recurrent layers as ONNX's operators RNN, GRU and LSTM.

ONNX orders the gates of an LSTM i o f c and those of a GRU z r h; torch and tidegate i f g o, where
g is ONNX's c, and r z n, where n is its h.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from ..spec import NetworkSpec
from .graph import Graph

Params = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Operator:
    """The operator of a cell."""

    name: str
    order: tuple[int, ...]
    """For each of its gates, which of the cell's it is."""
    attributes: Mapping[str, Any]
    activation: str = ""
    """For each direction; "" for the operator's own."""


OPERATORS = {
    "lstm": Operator("LSTM", (0, 3, 1, 2), {}),
    "gru": Operator("GRU", (1, 0, 2), {"linear_before_reset": 1}),
    "rnn": Operator("RNN", (0,), {}, "Tanh"),
    "rnn_relu": Operator("RNN", (0,), {}, "Relu"),
    "rnn_linear": Operator(
        "RNN", (0,), {"activation_alpha": [1.0], "activation_beta": [0.0]}, "Affine"
    ),
}
"""By the cell's key in ``CELLS``."""


def add_layers(
    graph: Graph,
    spec: NetworkSpec,
    params: Params,
    x: str,
    lengths: str,
    state: tuple[str, ...],
) -> tuple[str, tuple[str, ...]]:
    """Runs all layers.

    Args:
        graph: that they are added to.
        spec: of the network.
        params: its parameters by name, float32.
        x: [B, S, I].
        lengths: [B] int32, steps of each sequence.
        state: (h,) or (h, c), [layers*D, B, H] each; none for zero.

    Returns:
        The top layer's states, [B, S, D*H], and the last ones of all layers, like ``state``.
    """
    if spec.cell not in OPERATORS:
        raise ArgumentError(f"ONNX has no operator for the cell {spec.cell!r}")
    operator, directions = OPERATORS[spec.cell], spec.directions
    starts = [_split(graph, part, spec.layers) for part in state]
    attributes: dict[str, Any] = {
        "hidden_size": spec.hidden,
        "direction": "bidirectional" if spec.bidirectional else "forward",
    }
    for name, value in operator.attributes.items():
        attributes[name] = value * directions if isinstance(value, list) else value
    if operator.activation:
        attributes["activations"] = [operator.activation] * directions
    count = len(spec.cell_spec.states)
    ends: list[list[str]] = [[] for _ in range(count)]
    x = graph.add("Transpose", x, attributes={"perm": [1, 0, 2]})  # time comes first there
    for layer in range(spec.layers):
        inputs = [x, *_weights(graph, spec, params, layer, operator.order), lengths]
        inputs += [part[layer] for part in starts]
        y, *last = graph.add_several(
            operator.name, *inputs, outputs=1 + count, attributes=attributes
        )
        for kept, value in zip(ends, last, strict=True):
            kept.append(value)
        # [S, D, B, H] → [S, B, D*H]
        y = graph.add("Transpose", y, attributes={"perm": [0, 2, 1, 3]})
        x = graph.add("Reshape", y, graph.integers(0, 0, directions * spec.hidden))
    states = tuple(_join(graph, part) for part in ends)
    return graph.add("Transpose", x, attributes={"perm": [1, 0, 2]}), states


def _weights(
    graph: Graph, spec: NetworkSpec, params: Params, layer: int, order: tuple[int, ...]
) -> list[str]:
    """W ``[D, G*H, I]``, R ``[D, G*H, H]`` and both biases side by side, ``[D, 2*G*H]``."""

    def blocks(name: str, suffix: str) -> NDArray[Any]:
        parts = np.split(params[f"{name}_l{layer}{suffix}"], len(order))
        return np.concatenate([parts[place] for place in order])

    sides = spec.suffixes
    W, R, b_x, b_h = (
        np.stack([blocks(name, suffix) for suffix in sides])
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    return [graph.constant(table) for table in (W, R, np.concatenate([b_x, b_h], axis=1))]


def _split(graph: Graph, value: str, parts: int) -> list[str]:
    """Equal parts along the first axis."""
    if parts == 1:
        return [value]
    attributes = {"axis": 0, "num_outputs": parts}
    return graph.add_several("Split", value, outputs=parts, attributes=attributes)


def _join(graph: Graph, values: list[str]) -> str:
    return values[0] if len(values) == 1 else graph.add("Concat", *values, attributes={"axis": 0})
