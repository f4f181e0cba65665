"""Targets of the readout "each" that lie in a table of their own, and not beside the rows."""

from __future__ import annotations

import numpy as np
import pytest

from problems import assert_same, problem, same_bits
from tidegate.data import Spans
from tidegate.errors import ArgumentError
from tidegate.network import Loss, Network, NetworkSpec, NumberInput, Optimizer
from tidegate.network.reference_network import loss_and_gradients, target_rows

SPEC = NetworkSpec(
    NumberInput(2, segment=2),
    hidden=5,
    readout="each",
    outputs=3,
    loss=Loss("mse"),
    dtype="float64",
)


@pytest.mark.parametrize("read_last", [0, 2])
def test_a_table_apart_is_as_good_as_one_beside_the_rows(read_last: int) -> None:
    spec = SPEC.but(read_last=read_last)
    p, found = problem(spec, steps=(5, 2, 3)), []
    spans = Spans(*p.spans)
    read = np.minimum(spans.length // 2, read_last or 99)
    first, second, third = np.split(target_rows(spec, spans), np.cumsum(read)[:-1])
    apart = np.concatenate([third, first, second])
    index = np.array([read[2], read[2] + read[0], 0])
    optimizer = Optimizer("sgd", learning_rate=0.1)
    for table, weights, where in (
        (p.targets, p.weights, None),
        (p.targets[apart], p.weights[apart], index),
    ):
        network = Network(spec, seed=1)
        optimizer.state = None
        given = {"target_index": where, "weights": weights}
        result = network.train_step(p.rows, spans, table, optimizer, **given)
        found.append((result, network.parameters.copy()))
    assert found[0][0] == found[1][0]
    assert same_bits(found[0][1], found[1][1])
    params = Network(spec, seed=1).params
    given = {"target_index": index, "weights": p.weights[apart]}
    value, _ = loss_and_gradients(spec, params, p.rows, p.spans, p.targets[apart], **given)
    assert_same(found[0][0].loss, value, 1e-14)  # sums of some twenty terms


@pytest.mark.parametrize("index", [[0, 1, 4], [0, -1, 2]])
def test_a_row_that_is_not_there(index: list[int]) -> None:
    spec = SPEC.but(read_last=2)
    p = problem(spec, steps=(5, 2, 3))
    with pytest.raises(ArgumentError, match="has its target in row"):
        Network(spec).train_step(
            p.rows, Spans(*p.spans), np.zeros((5, 3)), Optimizer(), target_index=index
        )
