"""The NumPy twin of the network against torch in float64, and against finite differences."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from problems import LOSSES, OUTPUTS, assert_relative, assert_same, loss_id, problem
from tidegate.cells import CELLS
from tidegate.network import Loss, NetworkSpec, NumberInput, TokenInput
from tidegate.network.initial import initial
from tidegate.network.parameters import views
from tidegate.network.reference_network import Masks, backward, forward, loss_and_gradients

FORWARD = 1e-12  # float64 rounding, some 7 steps of sums of up to 20 terms
GRADIENT = 1e-10  # the same after the way back; relative to the largest of each array
READOUTS = ["last", "each", "mean", "max", "mean+max"]
MSE = Loss("mse")


def spec_of(**settings: object) -> NetworkSpec:
    base = {"input": NumberInput(3), "hidden": 4, "outputs": 2, "loss": MSE, "dtype": "float64"}
    return NetworkSpec(**{**base, **settings})  # type: ignore[arg-type]


def check_against_torch(spec: NetworkSpec, **options: object) -> None:
    """Output, last states, loss, and every gradient: by parameters, rows and first states."""
    torch = pytest.importorskip("torch")
    from torch_twin import TorchTwin, torch_loss

    p = problem(spec, **options)  # type: ignore[arg-type]
    params = views(spec, initial(spec, seed=1))
    for name, value in params.items():
        if "bias" in name:  # zero biases would hide a mistake
            value += np.random.default_rng(2).normal(size=value.shape)
    masks = Masks(p.masks if spec.dropout else ())

    twin = TorchTwin(spec, params)
    rows = torch.from_numpy(p.rows).requires_grad_(p.rows.dtype == np.float64)
    state = tuple(torch.from_numpy(part).requires_grad_() for part in p.state)
    torch_masks = [torch.from_numpy(mask) for mask in masks.between] or None
    output, last = twin.forward(rows, p.spans, state, torch_masks)

    passed = forward(spec, params, p.rows, p.spans, state=p.state, masks=masks)
    assert_same(passed.output, output.detach().numpy(), FORWARD, "output")
    for ours, theirs in zip(passed.state, last, strict=True):
        assert_same(ours, theirs.detach().numpy(), FORWARD, "last state")

    # The training step: the spec's loss over the output
    segment = spec.input.segment
    index = p.target_index
    if index is None:  # readout each: the target beside the last row of each step
        index = np.concatenate(
            [
                np.arange(start + segment - 1, start + length, segment)
                for start, length in zip(p.spans.start, p.spans.length, strict=True)
            ]
        )
    assert spec.loss is not None
    n = len(p.spans.start)
    value = torch_loss(spec.loss, output, p.targets[index], p.weights[index], n)
    value.backward(retain_graph=True)
    ours_value, ours = loss_and_gradients(
        spec,
        params,
        p.rows,
        p.spans,
        p.targets,
        target_index=p.target_index,
        weights=p.weights,
        state=p.state,
        masks=masks,
    )
    assert_same(ours_value, value.item(), FORWARD, "loss")
    for name, gradient in twin.gradients().items():
        assert_relative(ours.params[name], gradient, GRADIENT, name)
    if ours.rows is not None:
        assert_relative(ours.rows, rows.grad.numpy(), GRADIENT, "rows")
    for part, theirs in zip(ours.state, state, strict=True):
        assert_relative(part, theirs.grad.numpy(), GRADIENT, "first state")

    # A gradient that comes in through the last states too
    random = np.random.default_rng(3)
    d_output = random.normal(size=passed.output.shape)
    d_state = tuple(random.normal(size=part.shape) for part in p.state)
    for tensor in [*twin.owners.values(), *state]:
        tensor.grad = None
    torch.autograd.backward([output, *last], [torch.from_numpy(d) for d in (d_output, *d_state)])
    ours = backward(spec, params, p.rows, p.spans, passed, d_output, d_state=d_state, masks=masks)
    for name, gradient in twin.gradients().items():
        assert_relative(ours.params[name], gradient, GRADIENT, name)
    for part, theirs in zip(ours.state, state, strict=True):
        assert_relative(part, theirs.grad.numpy(), GRADIENT, "first state")


@pytest.mark.parametrize(
    ("cell", "layers", "bidirectional", "readout"),
    list(product(CELLS, [1, 2], [False, True], READOUTS)),
)
def test_equals_torch(cell: str, layers: int, bidirectional: bool, readout: str) -> None:
    check_against_torch(
        spec_of(cell=cell, layers=layers, bidirectional=bidirectional, readout=readout)
    )


@pytest.mark.parametrize("readout", ["last", "each"])
@pytest.mark.parametrize("loss", LOSSES, ids=loss_id)
def test_equals_torch_with_every_loss(loss: Loss, readout: str) -> None:
    check_against_torch(
        spec_of(cell="gru", loss=loss, outputs=OUTPUTS, readout=readout), steps=(4, 1, 2, 6)
    )


@pytest.mark.parametrize("readout", ["last", "each"])
@pytest.mark.parametrize(
    "source",
    [
        NumberInput(1),
        NumberInput(2, segment=3),
        NumberInput(3, dense=5),
        NumberInput(2, segment=2, dense=4),
        TokenInput(vocabulary=6, width=3),
    ],
    ids=str,
)
def test_equals_torch_with_every_input(source: NumberInput | TokenInput, readout: str) -> None:
    check_against_torch(spec_of(input=source, readout=readout), scaled=True)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_equals_torch_with_dropout_masks(cell: str, bidirectional: bool) -> None:
    check_against_torch(spec_of(cell=cell, layers=3, dropout=0.5, bidirectional=bidirectional))


def test_equals_torch_without_a_head() -> None:
    check_against_torch(spec_of(outputs=0, readout="mean+max", bidirectional=True))


@given(
    cell=st.sampled_from(list(CELLS)),
    columns=st.integers(1, 4),
    segment=st.integers(1, 3),
    hidden=st.integers(1, 5),
    layers=st.integers(1, 3),
    bidirectional=st.booleans(),
    readout=st.sampled_from(READOUTS),
    steps=st.lists(st.integers(1, 6), min_size=1, max_size=4),
    seed=st.integers(0, 2**16),
)
@settings(max_examples=30)
def test_gradient_is_the_slope(
    cell: str,
    columns: int,
    segment: int,
    hidden: int,
    layers: int,
    bidirectional: bool,
    readout: str,
    steps: list[int],
    seed: int,
) -> None:
    """Along a random direction the loss changes as the gradient says, whatever the shapes."""
    spec = spec_of(
        input=NumberInput(columns, segment),
        cell=cell,
        hidden=hidden,
        layers=layers,
        bidirectional=bidirectional,
        readout=readout,
        loss=Loss("mse", reduction="sum"),
    )
    p = problem(spec, steps=tuple(steps), seed=seed)
    random = np.random.default_rng(seed)
    flat = initial(spec, seed)
    flat += 0.1 * random.normal(size=flat.shape)  # with zero biases, relu would sit on its kink
    direction = random.normal(size=flat.shape)

    def value(at: np.ndarray) -> float:
        options = {"target_index": p.target_index, "weights": p.weights}
        return loss_and_gradients(spec, views(spec, at), p.rows, p.spans, p.targets, **options)[0]

    _, gradients = loss_and_gradients(
        spec,
        views(spec, flat),
        p.rows,
        p.spans,
        p.targets,
        target_index=p.target_index,
        weights=p.weights,
    )
    slope = sum(
        float((gradients.params[name] * part).sum())
        for name, part in views(spec, direction).items()
    )
    # Two step sizes: where relu or max switches in between, one of them misses the switch. The
    # error is that of central differences, eps² times a third derivative, plus rounding / eps.
    errors = []
    for eps in (1e-5, 1e-7):
        measured = (value(flat + eps * direction) - value(flat - eps * direction)) / (2 * eps)
        errors.append(abs(measured - slope))
    assert min(errors) <= 1e-5 * max(1.0, abs(slope))


@pytest.mark.parametrize("cell", CELLS)
def test_a_sequence_cut_in_two_with_its_state_carried_is_the_same(cell: str) -> None:
    spec = spec_of(cell=cell, layers=2, readout="each")
    params = views(spec, initial(spec, seed=0))
    rows = np.random.default_rng(0).normal(size=(9, 3))
    spans = problem(spec, steps=(9,)).spans._replace(start=np.array([0]))
    whole = forward(spec, params, rows, spans)
    first = forward(spec, params, rows, spans._replace(length=np.array([4])))
    rest = spans._replace(start=np.array([4]), length=np.array([5]))
    second = forward(spec, params, rows, rest, state=first.state)
    assert np.array_equal(np.concatenate([first.output, second.output]), whole.output)
    for a, b in zip(second.state, whole.state, strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("cell", CELLS)
def test_record_holds_every_gate_and_state_of_every_step(cell: str) -> None:
    spec = spec_of(cell=cell, layers=2, bidirectional=True, readout="each", outputs=0)
    p = problem(spec)
    passed = forward(spec, views(spec, initial(spec, seed=0)), p.rows, p.spans)
    assert len(passed.record) == 4
    for record in passed.record:
        assert tuple(record) == spec.cell_spec.record
        assert {part.shape for part in record.values()} == {(16, 4)}
    top = np.concatenate([passed.record[2]["h"], passed.record[3]["h"]], axis=1)
    assert np.array_equal(top, passed.output)


def test_float32_stays_float32_and_close_to_float64() -> None:
    spec = spec_of(layers=2, dtype="float32")
    p = problem(spec)
    params = views(spec, initial(spec, seed=0))
    output = forward(spec, params, p.rows, p.spans).output
    exact = {name: value.astype(np.float64) for name, value in params.items()}
    assert output.dtype == np.float32
    assert_same(output, forward(spec, exact, p.rows, p.spans).output, 1e-5)
