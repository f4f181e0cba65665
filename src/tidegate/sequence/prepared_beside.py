"""What stands beside networks of whole series, as an ONNX graph: `beside.Beside` once more."""

from __future__ import annotations

import numpy as np

from ..network.onnx import Graph, Rows, code_of, inside_of
from .beside import Beside
from .kernels import CLEAR, RIVALS, TAPS, Kernels


def add_beside(graph: Graph, beside: Beside, outputs: str, table: Rows) -> str:
    """`Beside.joined`.

    Args:
        graph: that it is added to.
        beside: the kernels.
        outputs: [B, O], of the networks.
        table: [B, T, columns], as `prepared.add_features` makes it, and lengths.
    """
    features = add_kernels(graph, beside.kernels, table)
    weight, bias = (graph.constant(a) for a in (beside.ridge.weight, beside.ridge.bias))
    own = graph.add("Gemm", features, weight, bias)
    rest = graph.add("Mul", outputs, graph.constant(np.float32(beside.rest)))
    return graph.add("Add", rest, own)


def add_kernels(graph: Graph, kernels: Kernels, table: Rows) -> str:
    """`Kernels.features`: [B, count]."""
    column = graph.add("Unsqueeze", table.lengths, graph.integers(1))
    inside = inside_of(graph, table.x, column)  # [B, T, 1]
    seen = graph.add("Where", inside, table.x, graph.constant(np.float32(0)))
    seen = graph.add("Transpose", seen, attributes={"perm": [0, 2, 1]})
    inside = graph.add("Cast", inside, attributes={"to": code_of(np.float32)})
    inside = graph.add("Reshape", inside, graph.integers(0, 1, 1, 1, -1))  # [B, 1, 1, 1, T]
    count = graph.add("Cast", column, attributes={"to": code_of(np.float32)})
    wins, levels = [], []
    parts = zip(kernels.read, kernels.weight, kernels.level, strict=True)
    for d, (read, weight, level) in enumerate(parts):
        won, above = _sums(graph, read, weight, level, 2**d, seen, inside)
        wins.append(graph.add("Sqrt", graph.add("Div", won, count)))
        levels.append(graph.add("Div", above, count))
    return graph.add("Concat", *wins, *levels, attributes={"axis": 1})


def _sums(
    graph: Graph,
    read: np.ndarray,
    weight: np.ndarray,
    level: np.ndarray,
    dilation: int,
    seen: str,
    inside: str,
) -> tuple[str, str]:
    """What the kernels of a dilation did at all rows together: where they won and were last,
    [B, parts * 2 * width], and where they were above their level, [B, parts * width]."""
    parts, _, width = weight.shape
    # [parts * width, columns, TAPS]: each part reads its columns
    taps = np.einsum("sc,stw->swct", read, weight).reshape(parts * width, -1, TAPS)
    margin = dilation * (TAPS // 2)
    attributes = {"dilations": [dilation], "pads": [margin, margin]}
    answer = graph.add("Conv", seen, graph.constant(taps.astype(np.float32)), attributes=attributes)
    shape = graph.integers(0, parts, RIVALS, width // RIVALS, -1)
    answer = graph.add("Reshape", answer, shape)
    axes, one = graph.integers(-1), graph.constant(np.float32(1))
    two = graph.integers(2)
    totals = []
    for largest in (1, 0):
        best = graph.add_several(
            "TopK", answer, two, outputs=2, attributes={"axis": 2, "largest": largest}
        )[0]
        first, second = graph.add_several(
            "Split", best, outputs=2, attributes={"axis": 2, "num_outputs": 2}
        )
        lead = graph.add("Abs", graph.add("Sub", first, second))
        lead = graph.add("Div", lead, graph.constant(np.float32(CLEAR)))
        value = graph.add("Mul", graph.add("Min", lead, one), inside)
        if largest:
            value = graph.add("Mul", value, graph.add("Relu", first))
        zero = graph.constant(np.float32(0))
        each = graph.add("Where", graph.add("Equal", answer, first), value, zero)
        each = graph.add("ReduceSum", each, axes, attributes={"keepdims": 0})  # [B, parts, R, G]
        totals.append(graph.add("Unsqueeze", each, graph.integers(3)))
    won = graph.add("Flatten", graph.add("Concat", *totals, attributes={"axis": 3}))
    limit = level.reshape(1, parts, RIVALS, width // RIVALS, 1).astype(np.float32)
    above = graph.add("Sub", answer, graph.constant(limit))
    above = graph.add("Div", above, graph.constant(np.float32(CLEAR)))
    above = graph.add("Clip", above, graph.constant(np.float32(0)), one)
    above = graph.add("Mul", above, inside)
    above = graph.add("ReduceSum", above, axes, attributes={"keepdims": 0})
    return won, graph.add("Flatten", above)
