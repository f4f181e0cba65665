"""The core against the NumPy twin: outputs, losses and every gradient of whole networks."""

from __future__ import annotations

import pickle
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from problems import (
    LOSSES,
    OUTPUTS,
    Problem,
    assert_relative,
    assert_same,
    dropout_masks,
    fill_biases,
    loss_id,
    philox,
    problem,
    same_bits,
)
from tidegate.cells import CELLS
from tidegate.data import Spans, TokenBags
from tidegate.network import Loss, Network, NetworkSpec, NumberInput, Optimizer, TokenInput
from tidegate.network.parameters import flatten
from tidegate.network.reference_network import backward, forward, loss_and_gradients

FORWARD = 1e-12  # float64 rounding, some 7 steps of sums of up to 30 terms
GRADIENT = 1e-10  # the same after the way back; relative to the largest of all
READOUTS = ["last", "each", "mean", "max", "mean+max"]
MSE = Loss("mse")
INPUTS = [
    NumberInput(1),
    NumberInput(2, segment=3),
    NumberInput(3, dense=5),
    NumberInput(2, segment=2, dense=4),
    NumberInput(20, dense=1),
    TokenInput(vocabulary=6, width=3),
    TokenInput(vocabulary=1, width=17),
]


def spec_of(**settings: object) -> NetworkSpec:
    base = {"input": NumberInput(3), "hidden": 6, "outputs": 2, "loss": MSE, "dtype": "float64"}
    return NetworkSpec(**{**base, **settings})  # type: ignore[arg-type]


def network_of(spec: NetworkSpec) -> Network:
    network = Network(spec, seed=1)
    fill_biases(network.params)
    return network


def check_against_reference(spec: NetworkSpec, **options: object) -> None:
    """Everything that the core computes, with dropout if the spec has it."""
    p = problem(spec, **options)  # type: ignore[arg-type]
    network, spans = network_of(spec), Spans(*p.spans)
    check_forward(network, p, spans)
    check_backward(network, p, spans)
    check_training(network, p, spans)


def check_forward(network: Network, p: Problem, spans: Spans) -> None:
    expected = forward(network.spec, network.params, p.rows, spans, state=p.state)
    output, state = network.forward(p.rows, spans, state=p.state)
    assert_same(output, expected.output, FORWARD, "output")
    for ours, theirs in zip(state, expected.state, strict=True):
        assert_same(ours, theirs, FORWARD, "last state")


def check_backward(network: Network, p: Problem, spans: Spans) -> None:
    """The two halves of a step with a gradient from outside between them."""
    spec = network.spec
    masks = dropout_masks(spec, spans, 5, 9)
    passed = forward(spec, network.params, p.rows, spans, state=p.state, masks=masks)
    tape = network.forward_train(p.rows, spans, state=p.state, seed=5, step=9)
    assert_same(tape.output, passed.output, FORWARD, "output of a kept tape")
    d_output = np.random.default_rng(3).normal(size=passed.output.shape)
    expected = backward(spec, network.params, p.rows, spans, passed, d_output, masks=masks)
    gradient = network.backward(tape, d_output)
    assert_relative(gradient, flatten(spec, expected.params), GRADIENT, "gradient")


def check_training(network: Network, p: Problem, spans: Spans) -> None:
    """The loss, and the gradient that a training step takes."""
    spec = network.spec
    options = {"target_index": p.target_index, "weights": p.weights}
    masks = dropout_masks(spec, spans, 7, 1)
    value, gradients = loss_and_gradients(
        spec,
        network.params,
        p.rows,
        spans,
        p.targets,
        masks=masks,
        **options,
    )
    expected = flatten(spec, gradients.params)
    if not spec.drops:
        assert_same(network.loss(p.rows, spans, p.targets, **options), value, FORWARD, "loss")
    before = network.parameters.copy()
    optimizer = Optimizer("sgd", learning_rate=0.5)
    result = network.train_step(p.rows, spans, p.targets, optimizer, seed=7, **options)
    assert_same(result.loss, value, FORWARD, "loss of a step")
    assert optimizer.state is not None
    taken = optimizer.state.m  # without momentum, the gradient itself
    assert_relative(taken, expected, GRADIENT, "gradient of a step")
    assert_relative(result.norm, np.sqrt((expected**2).sum()), GRADIENT, "norm")
    assert_same(network.parameters, before - 0.5 * taken, 1e-15, "parameters")


@pytest.mark.parametrize(
    ("cell", "layers", "bidirectional", "readout"),
    list(product(CELLS, [1, 2], [False, True], READOUTS)),
)
def test_equals_the_reference(cell: str, layers: int, bidirectional: bool, readout: str) -> None:
    check_against_reference(
        spec_of(cell=cell, layers=layers, bidirectional=bidirectional, readout=readout)
    )


@pytest.mark.parametrize("readout", ["last", "each"])
@pytest.mark.parametrize("loss", LOSSES, ids=loss_id)
def test_equals_the_reference_with_every_loss(loss: Loss, readout: str) -> None:
    spec = spec_of(cell="gru", loss=loss, outputs=OUTPUTS, readout=readout)
    check_against_reference(spec, steps=(4, 1, 2, 6))
    check_against_reference(spec, steps=(1,), seed=4)


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("source", INPUTS, ids=str)
def test_equals_the_reference_with_every_input(
    source: NumberInput | TokenInput, readout: str
) -> None:
    spec = spec_of(input=source, readout=readout)
    check_against_reference(spec)
    check_against_reference(spec.but(bidirectional=True, layers=2), scaled=True)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("hidden", [1, 4, 6, 19])
def test_equals_the_reference_with_dropout(cell: str, bidirectional: bool, hidden: int) -> None:
    check_against_reference(
        spec_of(cell=cell, layers=3, dropout=0.4, bidirectional=bidirectional, hidden=hidden)
    )


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_equals_the_reference_with_dropout_before_the_head(
    readout: str, bidirectional: bool
) -> None:
    spec = spec_of(bidirectional=bidirectional, readout=readout, head_dropout=0.3)
    check_against_reference(spec)
    check_against_reference(spec.but(layers=2, dropout=0.4, hidden=19))


@pytest.mark.parametrize("source", INPUTS, ids=str)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_equals_the_reference_with_dropout_of_the_input(
    source: NumberInput | TokenInput, bidirectional: bool
) -> None:
    spec = spec_of(input=source, bidirectional=bidirectional, input_dropout=0.4)
    check_against_reference(spec, scaled=True)
    check_against_reference(spec.but(layers=2, dropout=0.3, head_dropout=0.2))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_equals_the_reference_with_dropout_of_the_recurrent_weights(
    cell: str, bidirectional: bool
) -> None:
    spec = spec_of(cell=cell, bidirectional=bidirectional, recurrent_dropout=0.4, hidden=19)
    check_against_reference(spec)
    check_against_reference(spec.but(layers=2, dropout=0.3, input_dropout=0.2))


@pytest.mark.parametrize("masked", [False, True], ids=["whole", "masked"])
def test_a_way_back_uses_the_weights_of_its_own_way_there(masked: bool) -> None:
    """Other calls between the two halves must not change what the second one sees."""
    spec = spec_of(input=TokenInput(6, 3), recurrent_dropout=0.4 if masked else 0.0)
    p, network = problem(spec), network_of(spec)
    spans, other = Spans(*p.spans), np.zeros(9, np.int32)
    gradients = []
    for between in (False, True):
        tape = network.forward_train(p.rows, spans, seed=5, step=9)
        if between:
            network.forward_train(other, Spans([2], [4]), seed=5, step=10)
            network.forward(other, Spans([2], [4]))
        gradients.append(network.backward(tape, np.ones_like(tape.output)))
    assert np.array_equal(*gradients)


@pytest.mark.parametrize("options", [{}, {"input_dropout": 0.4, "recurrent_dropout": 0.3}], ids=str)
@pytest.mark.parametrize("readout", ["last", "each"])
def test_equals_the_reference_with_a_tied_head(readout: str, options: dict[str, float]) -> None:
    spec = spec_of(
        input=TokenInput(vocabulary=7, width=5),
        hidden=5,
        outputs=7,
        tied=True,
        readout=readout,
        loss=Loss("categorical"),
        **options,
    )
    check_against_reference(spec)
    assert "head_weight" not in network_of(spec).params


def bags_problem(spec: NetworkSpec, **options: object) -> Problem:
    """Tokens as bags: an empty one, one with a row twice, one that no token has."""
    p = problem(spec, **options)  # type: ignore[arg-type]
    first = [0, 1, 4, 4, 6, 9, 10]
    rows, weights = [5, 0, 2, 2, 1, 5, 3, 0, 4, 2], np.linspace(-1, 1.5, 10)
    return p._replace(rows=TokenBags(p.rows, first, rows, weights))


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("options", [{}, {"bidirectional": True, "input_dropout": 0.4}], ids=str)
def test_equals_the_reference_with_bags_of_tokens(readout: str, options: dict[str, object]) -> None:
    spec = spec_of(input=TokenInput(vocabulary=6, width=3), readout=readout, **options)
    p, network = bags_problem(spec), network_of(spec)
    check_forward(network, p, Spans(*p.spans))
    check_backward(network, p, Spans(*p.spans))
    check_training(network, p, Spans(*p.spans))


def test_bags_of_one_row_are_tokens() -> None:
    spec = spec_of(input=TokenInput(vocabulary=6, width=3), dtype="float32")
    p, network = problem(spec), network_of(spec)
    bags = TokenBags(p.rows, np.arange(7), np.arange(6), np.ones(6))
    spans = Spans(*p.spans)
    assert same_bits(network.forward(bags, spans).output, network.forward(p.rows, spans).output)


@pytest.mark.parametrize("cell", CELLS)
def test_a_training_step_starts_from_a_state_and_moves_it_on(cell: str) -> None:
    spec = spec_of(cell=cell, readout="each", layers=2)
    p, network = problem(spec), network_of(spec)
    spans = Spans(*p.spans)
    options = {"target_index": p.target_index, "weights": p.weights}
    value, gradients = loss_and_gradients(
        spec, network.params, p.rows, spans, p.targets, state=p.state, **options
    )
    after = network.forward(p.rows, spans, state=p.state).state
    state = tuple(part.copy() for part in p.state)
    optimizer = Optimizer("sgd", learning_rate=0.5)
    result = network.train_step(p.rows, spans, p.targets, optimizer, state=state, **options)
    assert_same(result.loss, value, FORWARD, "loss")
    assert optimizer.state is not None
    assert_relative(optimizer.state.m, flatten(spec, gradients.params), GRADIENT, "gradient")
    for ours, theirs in zip(state, after, strict=True):
        assert same_bits(ours, theirs)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("options", [{}, {"bidirectional": True}, {"head_dropout": 0.5}], ids=str)
def test_equals_the_reference_where_the_last_steps_are_read_out(
    cell: str, options: dict[str, object]
) -> None:
    spec = spec_of(cell=cell, readout="each", read_last=2, **options)
    check_against_reference(spec, steps=(4, 2, 3, 6))


def test_the_last_steps_are_those_of_a_readout_of_each() -> None:
    spec = spec_of(readout="each")
    p = problem(spec, steps=(4, 2, 3))
    every = network_of(spec).forward(p.rows, Spans(*p.spans)).output
    last = network_of(spec.but(read_last=2)).forward(p.rows, Spans(*p.spans)).output
    assert (last == every[[2, 3, 4, 5, 7, 8]]).all()


def test_dropout_comes_from_philox_as_published() -> None:
    """Random123's known answers for philox4x32-10."""
    assert philox((0, 0, 0, 0), (0, 0)) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    ones = 0xFFFFFFFF
    words = [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]
    assert philox((ones, ones, ones, ones), (ones, ones)) == words


@pytest.mark.parametrize("readout", READOUTS)
def test_equals_the_reference_without_a_head(readout: str) -> None:
    spec = spec_of(outputs=0, loss=None, readout=readout, bidirectional=True)
    p = problem(spec.but(loss=MSE, outputs=1))
    check_forward(network_of(spec), p, Spans(*p.spans))
    check_backward(network_of(spec), p, Spans(*p.spans))


@given(
    cell=st.sampled_from(list(CELLS)),
    columns=st.integers(1, 40),
    segment=st.integers(1, 3),
    dense=st.integers(0, 20),
    hidden=st.integers(1, 70),
    layers=st.integers(1, 3),
    bidirectional=st.booleans(),
    readout=st.sampled_from(READOUTS),
    loss=st.sampled_from(LOSSES),
    dropout=st.sampled_from([0.0, 0.5]),
    steps=st.lists(st.integers(1, 6), min_size=1, max_size=12),
    seed=st.integers(0, 2**16),
)
@settings(max_examples=25)
def test_equals_the_reference_whatever_the_shapes(
    columns: int, segment: int, dense: int, steps: list[int], seed: int, **settings: object
) -> None:
    source = NumberInput(columns, segment, dense)
    spec = spec_of(input=source, outputs=OUTPUTS, **settings)
    # its states may repeat, and then rounding decides which of them is the largest
    assume(spec.cell != "rnn_relu" or "max" not in spec.readout)
    check_against_reference(spec, steps=tuple(steps), seed=seed, scaled=bool(seed % 2))


@given(
    vocabulary=st.integers(1, 100),
    width=st.integers(1, 40),
    hidden=st.integers(1, 40),
    bidirectional=st.booleans(),
    readout=st.sampled_from(READOUTS),
    steps=st.lists(st.integers(1, 20), min_size=1, max_size=12),
    seed=st.integers(0, 2**16),
)
@settings(max_examples=15)
def test_equals_the_reference_whatever_the_tokens(
    vocabulary: int, width: int, steps: list[int], seed: int, **settings: object
) -> None:
    spec = spec_of(input=TokenInput(vocabulary, width), cell="gru", **settings)
    check_against_reference(spec, steps=tuple(steps), seed=seed)


@pytest.mark.parametrize("loss", LOSSES, ids=loss_id)
def test_float32_is_close_to_float64(loss: Loss) -> None:
    """Within 1e-5 of the largest: some hundred roundings of 6e-8."""
    single = spec_of(loss=loss, outputs=OUTPUTS, layers=2, dtype="float32", hidden=20)
    p, results = problem(single), []
    network = network_of(single)
    exact = Network(single.but(dtype="float64"), parameters=network.parameters)
    for each in (network, exact):
        optimizer = Optimizer("sgd", learning_rate=0.0)
        options = {"target_index": p.target_index, "weights": p.weights}
        result = each.train_step(p.rows, Spans(*p.spans), p.targets, optimizer, **options)
        assert optimizer.state is not None
        output = each.forward(p.rows, Spans(*p.spans)).output
        results.append((result.loss, optimizer.state.m, output))
    assert results[0][2].dtype == results[0][1].dtype == np.float32
    assert_same(results[0][0], results[1][0], 1e-5, "loss")
    assert_relative(results[0][1], results[1][1], 1e-5, "gradient")
    assert_same(results[0][2], results[1][2], 1e-5, "output")


def test_targets_of_one_number_may_be_a_vector() -> None:
    spec = spec_of(outputs=1)
    p = problem(spec)
    network, spans = network_of(spec), Spans(*p.spans)
    column = network.loss(p.rows, spans, p.targets, target_index=p.target_index)
    assert network.loss(p.rows, spans, p.targets[:, 0], target_index=p.target_index) == column


def test_parameters_count_as_changed_while_someone_may_write_to_them() -> None:
    """Else the core keeps them as it has packed them; what waits for its way back is no writer."""
    network = network_of(spec_of())
    rows, spans = np.ones((4, 3)), Spans([0], [4])
    assert network.changed()
    tape = network.forward_train(rows, spans)
    assert not network.changed()
    held = network.params["head_bias"]
    assert network.changed()
    assert network.changed()
    del held
    assert network.changed()  # what was written before it went
    assert not network.changed()
    network.backward(tape, tape.output)
    assert not network.changed()
    network.train_step(rows, spans, np.ones((1, 2)), Optimizer())
    assert network.changed()


def test_a_network_is_pickled_with_its_parameters() -> None:
    network = network_of(spec_of(cell="lstm", dropout=0.2, layers=2))
    copy = pickle.loads(pickle.dumps(network))
    assert copy.spec == network.spec
    assert same_bits(copy.parameters, network.parameters)
    p = problem(network.spec)
    ours, theirs = (each.forward(p.rows, Spans(*p.spans)).output for each in (network, copy))
    assert same_bits(ours, theirs)
