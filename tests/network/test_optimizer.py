"""Training steps against torch.optim in float64: parameters, norms and the optimizer's memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from problems import (
    LOSSES,
    OUTPUTS,
    assert_relative,
    assert_same,
    dropout_masks,
    fill_biases,
    loss_id,
    problem,
    random_targets,
    same_bits,
)
from tidegate.data import Spans
from tidegate.errors import ArgumentError
from tidegate.network import Loss, Network, NetworkSpec, NumberInput, Optimizer, TokenInput
from tidegate.network.parameters import flatten
from tidegate.network.reference_loss import loss as reference_loss
from tidegate.network.reference_network import loss_and_gradients

STEPS = 6
# float64 rounding through six steps; Adam divides by the root of v, which is small for small slopes
TOLERANCE = 1e-9

OPTIMIZERS = [
    Optimizer("sgd", 0.1),
    Optimizer("sgd", 0.1, momentum=0.9),
    Optimizer("sgd", 0.1, momentum=0.5, weight_decay=0.1, clip=0.05),
    Optimizer("adam", 0.01),
    Optimizer("adam", 0.01, betas=(0.8, 0.9), eps=1e-4, weight_decay=0.1, clip=0.1),
    Optimizer("adamw", 0.01, weight_decay=0.1),
    Optimizer("adamw", 0.01, betas=(0.5, 0.99), weight_decay=0.3, clip=1e9),
]


def optimizer_id(optimizer: Optimizer) -> str:
    extras = {"decay": optimizer.weight_decay, "clip": optimizer.clip}
    return "-".join(
        [optimizer.kind, f"{optimizer.momentum:g}", *(k for k, v in extras.items() if v)]
    )


def spec_of(**settings: object) -> NetworkSpec:
    base = {"input": NumberInput(3), "cell": "gru", "hidden": 5, "outputs": 2, "layers": 2}
    fixed = {"loss": Loss("mse"), "dtype": "float64"}
    return NetworkSpec(**{**base, **fixed, **settings})  # type: ignore[arg-type]


def fresh(optimizer: Optimizer) -> Optimizer:
    return Optimizer(**{**vars(optimizer), "state": None})


def torch_optimizer(o: Optimizer, parameter: Any) -> Any:
    import torch

    if o.kind == "sgd":
        return torch.optim.SGD(
            [parameter], o.learning_rate, momentum=o.momentum, weight_decay=o.weight_decay
        )
    kind = torch.optim.Adam if o.kind == "adam" else torch.optim.AdamW
    return kind([parameter], o.learning_rate, o.betas, o.eps, o.weight_decay)


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=optimizer_id)
def test_equals_torch(optimizer: Optimizer, dropout: float) -> None:
    """Each step with the twin's gradient, which torch.optim clips and applies."""
    torch = pytest.importorskip("torch")
    spec = spec_of(dropout=dropout)
    network = Network(spec, seed=3)
    fill_biases(network.params)
    flat = torch.nn.Parameter(torch.from_numpy(network.parameters.copy()))
    theirs, ours = torch_optimizer(optimizer, flat), fresh(optimizer)
    for step in range(1, STEPS + 1):
        p = problem(spec, seed=step)
        spans, options = Spans(*p.spans), {"target_index": p.target_index, "weights": p.weights}
        masks = dropout_masks(spec, spans, 11, step)
        now = Network(spec, parameters=flat.detach().numpy()).params
        value, gradients = loss_and_gradients(
            spec, now, p.rows, spans, p.targets, masks=masks, **options
        )
        slope = flatten(spec, gradients.params)
        norm = float(np.sqrt((slope**2).sum()))
        # as torch.nn.utils.clip_grad_norm_, which adds 1e-6 to the norm
        flat.grad = torch.from_numpy(slope * min(1.0, (ours.clip or np.inf) / norm))
        theirs.step()
        result = network.train_step(p.rows, spans, p.targets, ours, seed=11, **options)
        assert_same(result.loss, value, TOLERANCE, "loss")
        assert_same(result.norm, norm, TOLERANCE, "norm")
        assert_same(network.parameters, flat.detach().numpy(), TOLERANCE, "parameters")
        assert ours.state is not None
        assert ours.state.step == step


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=optimizer_id)
def test_memory_is_torchs(optimizer: Optimizer) -> None:
    torch = pytest.importorskip("torch")
    spec = spec_of()
    network, ours = Network(spec, seed=3), fresh(optimizer)
    ours.clip = None
    flat = torch.nn.Parameter(torch.from_numpy(network.parameters.copy()))
    theirs = torch_optimizer(optimizer, flat)
    for step in range(3):
        p = problem(spec, seed=step)
        before = Network(spec, parameters=network.parameters)
        slope = Optimizer("sgd")
        before.train_step(p.rows, Spans(*p.spans), p.targets, slope, target_index=p.target_index)
        assert slope.state is not None
        flat.grad = torch.from_numpy(slope.state.m)
        theirs.step()
        network.train_step(p.rows, Spans(*p.spans), p.targets, ours, target_index=p.target_index)
    memory = theirs.state[flat]
    assert ours.state is not None
    if optimizer.kind != "sgd":
        assert_relative(ours.state.m, memory["exp_avg"].numpy(), TOLERANCE, "m")
        assert_relative(ours.state.v, memory["exp_avg_sq"].numpy(), TOLERANCE, "v")
    else:
        assert not ours.state.v.any()
        if optimizer.momentum:
            assert_relative(ours.state.m, memory["momentum_buffer"].numpy(), TOLERANCE, "m")


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=optimizer_id)
def test_only_embedding_rows_that_are_read_move(optimizer: Optimizer) -> None:
    """And those move as in a network whose vocabulary is no larger than what is read."""
    spec = spec_of(input=TokenInput(vocabulary=50, width=4), layers=1)
    small = spec.but(input=TokenInput(vocabulary=3, width=4))
    network, ours = Network(spec, seed=0), fresh(optimizer)
    read, rest = [7, 20, 49], [i for i in range(50) if i not in (7, 20, 49)]
    compact = Network(small, seed=0)
    for name, value in compact.params.items():
        source = network.params[name]
        value[...] = source[read] if name == "embedding_weight" else source
    other = fresh(optimizer)
    spans = Spans([0, 2, 1], [4, 5, 3])
    targets = np.arange(6.0).reshape(3, 2)
    initial = network.params["embedding_weight"].copy()
    for step in range(4):
        rows = np.random.default_rng(step).integers(0, 3, 7).astype(np.int32)
        rows[:3] = [0, 1, 2]  # every row of the small one is read
        ids = np.array(read, np.int32)[rows]
        a = network.train_step(ids, spans, targets, ours)
        b = compact.train_step(rows, spans, targets, other)
        assert same_bits(np.array(a.loss), np.array(b.loss))
        # the norm adds up in another order
        assert_same(a.norm, b.norm, 1e-14, "norm")
    assert ours.state is not None
    assert other.state is not None
    for mine, compacts in (
        (network.params, compact.params),
        (views_of(spec, ours.state.m), views_of(small, other.state.m)),
        (views_of(spec, ours.state.v), views_of(small, other.state.v)),
    ):
        for name, value in compacts.items():
            part = mine[name][read] if name == "embedding_weight" else mine[name]
            assert_same(part, value, 1e-12, name)
    moved = network.params["embedding_weight"]
    assert same_bits(moved[rest], initial[rest])
    assert (moved[read] != initial[read]).all()
    for memory in (ours.state.m, ours.state.v):
        assert not views_of(spec, memory)["embedding_weight"][rest].any()


def views_of(spec: NetworkSpec, flat: np.ndarray) -> dict[str, np.ndarray]:
    return Network(spec, parameters=flat).params


def test_an_embedding_row_that_is_not_read_keeps_its_memory() -> None:
    """Its decay and momentum wait until it is read again."""
    spec = spec_of(input=TokenInput(vocabulary=4, width=3))
    network = Network(spec, seed=0)
    optimizer = Optimizer("adamw", 0.1, weight_decay=0.5)
    spans, targets = Spans([0], [3]), np.ones((1, 2))
    network.train_step([0, 1, 2], spans, targets, optimizer)
    assert optimizer.state is not None
    before = [
        views_of(spec, part)["embedding_weight"][1].copy()
        for part in (network.parameters, optimizer.state.m, optimizer.state.v)
    ]
    assert before[1].any()
    network.train_step([0, 3, 2], spans, targets, optimizer)
    after = [
        views_of(spec, part)["embedding_weight"][1]
        for part in (network.parameters, optimizer.state.m, optimizer.state.v)
    ]
    assert all(map(same_bits, before, after))


@pytest.mark.parametrize(
    "source", [NumberInput(3), NumberInput(3, dense=4), TokenInput(9, 4)], ids=str
)
@pytest.mark.parametrize("loss", LOSSES, ids=loss_id)
def test_custom_step_equals_the_built_in_loss(loss: Loss, source: Any) -> None:
    """With the loss of the NumPy twin between the two halves of the step."""
    spec = spec_of(input=source, loss=loss, outputs=OUTPUTS, dropout=0.3)
    p = problem(spec)
    spans, weights = Spans(*p.spans), p.weights[p.target_index]
    a, b = Network(spec, seed=2), Network(spec, seed=2)
    ours, theirs = Optimizer("adam", 0.01, clip=0.1), Optimizer("adam", 0.01, clip=0.1)

    def function(output: np.ndarray) -> tuple[float, np.ndarray]:
        return reference_loss(loss, output, p.targets[p.target_index], weights, len(spans))

    for step in range(1, 4):
        given = {"target_index": p.target_index, "weights": p.weights}
        built_in = b.train_step(p.rows, spans, p.targets, theirs, seed=4, **given)
        custom = a.custom_step(p.rows, spans, function, ours, seed=4)
        assert_same(custom.loss, built_in.loss, 1e-12, "loss")
        assert_same(custom.norm, built_in.norm, 1e-10, "norm")
        # Adam turns the rounding of a slope near zero into one of the step; eps bounds it
        assert_same(a.parameters, b.parameters, 1e-7, "parameters")
        assert ours.state is not None
        assert ours.state.step == step


@pytest.mark.parametrize("readout", ["last", "each", "mean+max"])
@pytest.mark.parametrize("loss", LOSSES, ids=loss_id)
def test_no_target_left_gives_loss_zero_and_gradient_zero(loss: Loss, readout: str) -> None:
    spec = spec_of(loss=loss, outputs=OUTPUTS, readout=readout)
    p = problem(spec)
    targets = random_targets(spec, np.random.default_rng(0), len(p.targets))
    targets[...] = -1 if loss.kind == "categorical" else np.nan
    network = Network(spec, seed=0)
    before = network.parameters.copy()
    optimizer = Optimizer("sgd", 0.1)
    given = {"target_index": p.target_index}
    assert network.loss(p.rows, Spans(*p.spans), targets, **given) == 0.0
    assert network.train_step(p.rows, Spans(*p.spans), targets, optimizer, **given) == (0.0, 0.0)
    assert same_bits(network.parameters, before)
    # weights of zero say the same
    zero = np.zeros(len(p.targets))
    value = network.loss(p.rows, Spans(*p.spans), p.targets, weights=zero, **given)
    assert value == 0.0


def test_nothing_is_updated_where_the_loss_is_not_finite() -> None:
    spec = spec_of()
    network, optimizer = Network(spec, seed=0), Optimizer("adam", 0.1)
    rows, spans = np.ones((4, 3)), Spans([0], [4])
    network.train_step(rows, spans, np.ones((1, 2)), optimizer)
    assert optimizer.state is not None
    kept = [part.copy() for part in (network.parameters, optimizer.state.m, optimizer.state.v)]
    result = network.train_step(rows, spans, np.full((1, 2), np.inf), optimizer)
    assert not np.isfinite(result.loss)
    rows[2] = np.nan
    assert np.isnan(network.train_step(rows, spans, np.ones((1, 2)), optimizer).loss)
    rows[2] = 1
    bad = network.custom_step(rows, spans, lambda o: (np.nan, o), optimizer)
    assert np.isnan(bad.loss)
    bad = network.custom_step(rows, spans, lambda o: (1.0, o * np.inf), optimizer)
    assert not np.isfinite(bad.norm)
    after = [network.parameters, optimizer.state.m, optimizer.state.v]
    assert all(map(same_bits, kept, after))
    assert optimizer.state.step == 1


def test_learning_rate_of_a_step_takes_the_place_of_the_optimizers() -> None:
    spec = spec_of()
    p = problem(spec)
    networks = [Network(spec, seed=0) for _ in range(2)]
    given = (p.rows, Spans(*p.spans), p.targets)
    networks[0].train_step(*given, Optimizer("adam", 0.25), target_index=p.target_index)
    networks[1].train_step(
        *given, Optimizer("adam", 0.1), learning_rate=0.25, target_index=p.target_index
    )
    assert same_bits(networks[0].parameters, networks[1].parameters)
    before = networks[0].parameters.copy()
    networks[0].train_step(
        *given, Optimizer("adam", 0.1), learning_rate=0.0, target_index=p.target_index
    )
    assert same_bits(networks[0].parameters, before)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "lion"}, "Optimizer.kind must be one of 'sgd', 'adam', 'adamw', got 'lion'"),
        ({"learning_rate": -1}, "Optimizer.learning_rate must be at least 0, got -1.0"),
        ({"learning_rate": np.nan}, "Optimizer.learning_rate must be a finite number, got nan"),
        ({"momentum": 1.0}, "Optimizer.momentum must be at least 0 and below 1, got 1.0"),
        ({"clip": 0}, "Optimizer.clip must be above 0, or None for no limit, got 0.0"),
        ({"clip_value": -1}, "Optimizer.clip_value must be at least 0, got -1.0"),
        ({"betas": (0.9,)}, "Optimizer.betas must be two numbers from 0 to below 1, got (0.9,)"),
        (
            {"betas": (0.9, 1.0)},
            "Optimizer.betas must be two numbers from 0 to below 1, got (0.9, 1.0)",
        ),
        ({"clip": -0.1}, "Optimizer.clip must be above 0, or None for no limit, got -0.1"),
        ({"clip_value": np.inf}, "Optimizer.clip_value must be a finite number, got inf"),
        ({"weight_decay": "much"}, "Optimizer.weight_decay must be a finite number, got 'much'"),
    ],
)
def test_settings_are_checked(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError) as error:
        Optimizer(**settings)
    assert str(error.value) == message


def test_a_state_of_another_network_is_refused() -> None:
    spec = spec_of()
    optimizer = Optimizer()
    p = problem(spec)
    given = (p.rows, Spans(*p.spans), p.targets, optimizer)
    Network(spec).train_step(*given, target_index=p.target_index)
    with pytest.raises(ArgumentError, match="state of another network"):
        Network(spec.but(hidden=6)).train_step(*given, target_index=p.target_index)
    with pytest.raises(ArgumentError, match="state of another network"):
        Network(spec.but(dtype="float32")).train_step(*given, target_index=p.target_index)
