"""A whole network as an ONNX graph: input, layers, readout, head."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..spec import NetworkSpec, NumberInput, TokenInput
from .graph import Graph
from .recurrent import Params, add_layers

if TYPE_CHECKING:
    from ..network import Network

FOREVER = 2**62
"""A length that is longer than any sequence."""


class Answer(NamedTuple):
    """What a network says, in values of a graph."""

    output: str
    """[B, O], or for the readout "each" [B, S, O], zero beyond a length."""
    state: tuple[str, ...]
    """(h,) or (h, c), [layers*D, B, H] each, at each sequence's own end."""


class Rows(NamedTuple):
    """What a run is given of sequences."""

    x: str
    """[B, T, columns] float32, [B, T] ids, or of bags [B, T, P] ids."""
    lengths: str
    """[B] int64, rows of each."""
    weights: str | None = None
    """[B, T, P] float32: a token is the weighted sum of P rows of the embedding."""


def write_network(network: Network, path: str | os.PathLike[str]) -> None:
    """Writes the network as an ONNX file, whole or not at all; batch and time axes are free.

    Inputs: ``x`` [batch, time, columns] float32, or ``tokens`` [batch, time] int64; and, if a run
    gives them, ``lengths`` [batch] int64, in rows, of sequences that end before the table does, and
    ``h_0`` and ``c_0`` [layers*D, batch, hidden], where they start: zero by default. A length is a
    multiple of the segment, and 1 step at least.
    Outputs: ``output`` [batch, outputs], or [batch, steps, outputs] for the readout "each", zero
    beyond a length; ``h_n`` and ``c_n``, the states at each sequence's own end. All is computed
    in float32, as runtimes do; dropout is left out.

    Raises:
        ArgumentError: if onnx is not installed, or the file would be too large.
        ModelFileError: if it cannot be written.

    Example:
        >>> import tempfile, onnx
        >>> from tidegate.network import Network, NetworkSpec, NumberInput
        >>> network = Network(NetworkSpec(NumberInput(3), cell="gru", hidden=4, outputs=1))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     network.to_onnx(f"{folder}/gru.onnx")
        ...     graph = onnx.load(f"{folder}/gru.onnx").graph
        >>> [value.name for value in graph.input], [value.name for value in graph.output]
        (['x', 'lengths', 'h_0'], ['output', 'h_n'])
    """
    graph, _ = graph_of(network)
    spec = json.dumps(network.spec.to_json())
    graph.write(path, "A recurrent network of tidegate", {"spec": spec})


def graph_of(network: Network) -> tuple[Graph, str]:
    """The graph that `write_network` writes, and its output, for those that add to it."""
    spec, graph = network.spec, Graph()
    rows = rows_of(graph, spec.input)
    layers = spec.layers * spec.directions
    states = spec.cell_spec.states
    zeros = np.zeros((layers, 1, spec.hidden))
    starts = [
        graph.input(f"{name}_0", np.float32, (layers, f"{name}_0_batch", spec.hidden), zeros)
        for name in states
    ]
    sizes = graph.integers(layers), size_of(graph, rows.x, 0), graph.integers(spec.hidden)
    shape = graph.add("Concat", *sizes, attributes={"axis": 0})
    state = tuple(graph.add("Expand", start, shape) for start in starts)
    answer = add_network(graph, network, rows, state)
    each = ("steps",) if spec.readout == "each" else ()
    graph.output("output", answer.output, ("batch", *each, spec.output_size))
    for name, value in zip(states, answer.state, strict=True):
        graph.output(f"{name}_n", value, (layers, "batch", spec.hidden))
    return graph, answer.output


def rows_of(
    graph: Graph,
    source: NumberInput | TokenInput,
    dtype: Any = np.float32,
    *,
    bags: bool = False,
) -> Rows:
    """The inputs ``x`` or ``tokens``, or ``parts`` and ``weights`` of bags; and ``lengths``."""
    weights = None
    if bags:
        x = graph.input("parts", np.int64, ("batch", "time", "parts"))
        weights = graph.input("weights", np.float32, ("batch", "time", "parts"))
    elif isinstance(source, TokenInput):
        x = graph.input("tokens", np.int64, ("batch", "time"))
    else:
        x = graph.input("x", dtype, ("batch", "time", source.columns))
    given = graph.input("lengths", np.int64, ("lengths_batch",), np.array([FOREVER]))
    least = graph.add("Min", given, size_of(graph, x, 1))
    return Rows(x, graph.add("Expand", least, size_of(graph, x, 0)), weights)


def add_network(graph: Graph, network: Network, rows: Rows, state: tuple[str, ...] = ()) -> Answer:
    """Adds a network to a graph.

    Args:
        graph: that it is added to.
        network: with its parameters, which become constants.
        rows: of the sequences.
        state: where the sequences start; none for zero.
    """
    spec = network.spec
    params = {name: value.astype(np.float32) for name, value in network.params.items()}
    x = _read(graph, spec, params, rows)
    lengths = rows.lengths
    if spec.input.segment > 1:
        lengths = graph.add("Div", lengths, graph.integers(spec.input.segment))
    steps = graph.add("Cast", lengths, attributes={"to": code_of(np.int32)})
    states, ends = add_layers(graph, spec, params, x, steps, state)
    column = graph.add("Unsqueeze", lengths, graph.integers(1))  # [B, 1]
    read = _readout(graph, spec, states, ends[0], column)
    return Answer(_head(graph, spec, params, read, states, column), ends)


def _read(graph: Graph, spec: NetworkSpec, params: Params, rows: Rows) -> str:
    """What the first layer is given, [B, S, I]."""
    x = rows.x
    if isinstance(spec.input, TokenInput):
        x = graph.add("Gather", graph.constant(params["embedding_weight"]), x)
        if rows.weights is None:
            return x
        weights = graph.add("Unsqueeze", rows.weights, graph.integers(3))
        product = graph.add("Mul", x, weights)
        return graph.add("ReduceSum", product, graph.integers(2), attributes={"keepdims": 0})
    if spec.input.segment > 1:
        x = graph.add("Reshape", x, graph.integers(0, -1, spec.input.size))
    if not spec.input.dense:
        return x
    x = graph.add("MatMul", x, graph.constant(params["dense_weight"].T))
    return graph.add("Relu", graph.add("Add", x, graph.constant(params["dense_bias"])))


def _readout(graph: Graph, spec: NetworkSpec, states: str, end: str, lengths: str) -> str:
    """What the head is given, [B, R] or [B, S, R]."""
    if spec.readout == "each":
        return states if not spec.read_last else _last_steps(graph, spec, states, lengths)
    if spec.readout == "last":
        first = (spec.layers - 1) * spec.directions
        top = graph.add("Slice", end, graph.integers(first), graph.integers(FOREVER))
        top = graph.add("Transpose", top, attributes={"perm": [1, 0, 2]})
        return graph.add("Reshape", top, graph.integers(0, spec.readout_size))
    inside = inside_of(graph, states, lengths)
    pools = {}
    axis, flat = graph.integers(1), {"keepdims": 0}
    zero, least = graph.constant(np.float32(0)), graph.constant(np.float32(-np.inf))
    seen = graph.add("Where", inside, states, zero)
    count = graph.add("Cast", lengths, attributes={"to": code_of(np.float32)})
    total = graph.add("ReduceSum", seen, axis, attributes=flat)
    pools["mean"] = graph.add("Div", total, count)
    far = graph.add("Where", inside, states, least)
    pools["max"] = graph.add("ReduceMax", far, axis, attributes=flat)
    parts = [pools[pool] for pool in spec.readout.split("+")]
    return parts[0] if len(parts) == 1 else graph.add("Concat", *parts, attributes={"axis": 1})


def _last_steps(graph: Graph, spec: NetworkSpec, states: str, lengths: str) -> str:
    """The last steps of each sequence, [B, last, R]."""
    back = np.arange(-spec.read_last, 0)[None]
    place = graph.add("Add", lengths, graph.constant(back))
    place = graph.add("Unsqueeze", place, graph.integers(2))
    return graph.add("GatherND", states, place, attributes={"batch_dims": 1})


def _head(
    graph: Graph, spec: NetworkSpec, params: Params, read: str, states: str, lengths: str
) -> str:
    """The output; zero beyond a length."""
    if spec.outputs:
        if spec.tied:
            table = graph.constant(params["embedding_weight"])
            weight = graph.add("Transpose", table, attributes={"perm": [1, 0]})
        else:
            weight = graph.constant(params["head_weight"].T)
        product = graph.add("MatMul", read, weight)
        read = graph.add("Add", product, graph.constant(params["head_bias"]))
    if spec.readout != "each" or spec.read_last:
        return read
    return graph.add(
        "Where", inside_of(graph, states, lengths), read, graph.constant(np.float32(0))
    )


def inside_of(graph: Graph, table: str, lengths: str) -> str:
    """[B, S, 1]: whether a row of a table [B, S, ..] lies within its length, of [B, 1]."""
    steps = graph.add("Squeeze", size_of(graph, table, 1))
    number = graph.add("Range", graph.constant(np.int64(0)), steps, graph.constant(np.int64(1)))
    return graph.add("Unsqueeze", graph.add("Less", number, lengths), graph.integers(2))


def size_of(graph: Graph, value: str, axis: int) -> str:
    """[1], the size of one axis."""
    return graph.add("Shape", value, attributes={"start": axis, "end": axis + 1})


def code_of(dtype: Any) -> int:
    """ONNX's number of a type."""
    from onnx import helper

    return int(helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))
