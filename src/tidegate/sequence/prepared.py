"""What a network reads of sequences of numbers, as an ONNX graph: `numbers.Numbers` once more.

Rows are float64 up to the scaling, as they are there: deviations of a large mean would be lost.
"""

from __future__ import annotations

import numpy as np

from ..data.features import FAR, Features
from ..network.onnx import Graph, Rows, code_of, inside_of, size_of
from .segments import Segments


def add_features(graph: Graph, features: Features, rows: Rows) -> str:
    """`Features.rows` of a padded table.

    Args:
        graph: that it is added to.
        features: the scaling.
        rows: [B, T, F] float64, NaN where missing, and lengths.

    Returns:
        [B, T, width] float32.
    """
    missing = graph.add("IsNaN", rows.x)
    known = graph.add("Where", missing, graph.constant(np.float64(0)), rows.x)
    z = graph.add("Div", known, graph.constant(features.scale))
    z = graph.add("Sub", z, graph.constant(features.centre / features.scale))
    z = _filled(graph, _clipped(graph, z), missing, len(features.centre))
    parts = [z]
    if len(features.change):
        first = graph.add("Slice", z, *(graph.integers(n) for n in (0, 1, 1)))
        before = graph.add("Slice", z, *(graph.integers(n) for n in (0, -1, 1)))
        before = graph.add("Concat", first, before, attributes={"axis": 1})
        change = graph.add("Sub", z, before)
        parts.append(_clipped(graph, graph.add("Div", change, graph.constant(features.change))))
    if (heavy := features.small > 0).any():
        apart = graph.add("Sub", z, graph.constant(features.middle))
        size = graph.add(
            "Div", _columns(graph, apart, heavy), graph.constant(features.small[heavy])
        )
        logs = graph.add("Asinh", _float(graph, size))
        parts.append(graph.add("Div", logs, graph.constant(np.float32(3))))
    if features.own.any():
        parts.append(_own(graph, _columns(graph, z, features.own), rows))
    if features.marked.any():
        parts.append(_columns(graph, _float(graph, missing), features.marked))
    return graph.add("Concat", *(_float(graph, part) for part in parts), attributes={"axis": 2})


def add_segments(graph: Graph, segments: Segments, rows: Rows, offset: int) -> Rows:
    """`Segments.read` of a padded table: [B, T, K] to [B, T', K * copies], and its lengths."""
    size = segments.size
    if size == 1:
        return rows
    ahead = size - 1 + offset

    def whole(length: str) -> str:
        """Rows in whole segments, [n]."""
        more = graph.add("Add", length, graph.integers(ahead))
        parts = graph.add("Div", more, graph.integers(size))
        return graph.add("Mul", parts, graph.integers(size))

    count = graph.add("Squeeze", whole(size_of(graph, rows.x, 1)))
    place = graph.add("Range", graph.constant(np.int64(0)), count, graph.constant(np.int64(1)))
    lengths = whole(rows.lengths)
    copies = []
    for lag in (0, size):
        if segments.ended:  # each sequence begins at a place of its own
            copies.append(_ended(graph, rows, place, lengths, offset, lag))
            continue
        index = graph.add("Sub", place, graph.integers(ahead + lag))
        index = graph.add("Max", index, graph.integers(0))
        copies.append(graph.add("Gather", rows.x, index, attributes={"axis": 1}))
    return Rows(graph.add("Concat", *copies, attributes={"axis": 2}), lengths)


def _ended(graph: Graph, rows: Rows, place: str, count: str, offset: int, lag: int) -> str:
    """[B, T', K]: of each sequence the rows at T' places, of which the last are ``offset`` copies
    of the last row, or so many rows before them.

    Args:
        graph: that it is added to.
        rows: [B, T, K], and lengths.
        place: [T'], from 0 up.
        count: [B], the places of each sequence.
        offset: copies.
        lag: rows.
    """
    ahead = graph.add("Sub", graph.add("Sub", count, rows.lengths), graph.integers(offset - lag))
    column = graph.add("Unsqueeze", ahead, graph.integers(1))
    index = graph.add("Sub", place, column)
    last = graph.add("Sub", rows.lengths, graph.integers(1))
    index = graph.add("Min", index, graph.add("Unsqueeze", last, graph.integers(1)))
    index = graph.add("Max", index, graph.integers(0))
    index = graph.add("Unsqueeze", index, graph.integers(2))
    return graph.add("GatherND", rows.x, index, attributes={"batch_dims": 1})


def _filled(graph: Graph, z: str, missing: str, columns: int) -> str:
    """A missing value is the last one seen, or 0 before there was any."""
    body = Graph()
    last = body.input("last", np.float64, ("batch", columns))
    gap = body.input("gap", np.bool_, ("batch", columns))
    value = body.input("value", np.float64, ("batch", columns))
    found = body.add("Where", gap, last, value)
    body.output("next", found, ("batch", columns), np.float64)
    body.output("filled", found, ("batch", columns), np.float64)
    shape = graph.add(
        "Concat", size_of(graph, z, 0), graph.integers(columns), attributes={"axis": 0}
    )
    start = graph.add("Expand", graph.constant(np.float64(0)), shape)
    attributes = {
        "body": body.body("fill"),
        "num_scan_inputs": 2,
        "scan_input_axes": [1, 1],
        "scan_output_axes": [1],
    }
    return graph.add_several("Scan", start, missing, z, outputs=2, attributes=attributes)[1]


def _own(graph: Graph, z: str, rows: Rows) -> str:
    """Each sequence in deviations from its own mean."""
    column = graph.add("Unsqueeze", rows.lengths, graph.integers(1))
    inside = inside_of(graph, z, column)
    count = graph.add("Unsqueeze", column, graph.integers(2))
    count = graph.add("Cast", count, attributes={"to": code_of(np.float64)})
    zero = graph.constant(np.float64(0))

    def mean(value: str) -> str:
        """[B, 1, F], over the rows of each sequence."""
        seen = graph.add("Where", inside, value, zero)
        return graph.add("Div", graph.add("ReduceSum", seen, graph.integers(1)), count)

    apart = graph.add("Sub", z, mean(z))
    deviation = graph.add("Sqrt", mean(graph.add("Mul", apart, apart)))
    flat = graph.add("Less", deviation, graph.constant(np.float64(1e-12)))
    deviation = graph.add("Where", flat, graph.constant(np.float64(1)), deviation)
    return graph.add("Div", apart, deviation)


def _columns(graph: Graph, table: str, chosen: np.ndarray) -> str:
    """Some columns of [B, T, F]."""
    places = graph.constant(np.flatnonzero(chosen).astype(np.int64))
    return graph.add("Gather", table, places, attributes={"axis": 2})


def _clipped(graph: Graph, table: str) -> str:
    far = (graph.constant(np.float64(sign * FAR)) for sign in (-1, 1))
    return graph.add("Clip", table, *far)


def _float(graph: Graph, table: str) -> str:
    return graph.add("Cast", table, attributes={"to": code_of(np.float32)})
