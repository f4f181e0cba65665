"""Clipping by value, against torch's, and against a step that clips nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from problems import assert_same, problem, same_bits
from tidegate.data import Spans
from tidegate.network import Loss, Network, NetworkSpec, NumberInput, Optimizer, TokenInput

SPEC = NetworkSpec(
    NumberInput(3), cell="gru", hidden=4, outputs=2, loss=Loss("mse"), dtype="float64"
)
LIMIT = 0.02


def slope_of(network: Network, p: Any) -> np.ndarray:
    """The gradient: what plain descent at rate 1 takes off."""
    other = Network(network.spec, parameters=network.parameters)
    step(other, p, Optimizer("sgd", 1.0))
    found: np.ndarray = network.parameters - other.parameters
    return found


def step(network: Network, p: Any, optimizer: Optimizer) -> Any:
    index = None if network.spec.readout == "each" else p.target_index
    return network.train_step(p.rows, Spans(*p.spans), p.targets, optimizer, target_index=index)


@pytest.mark.parametrize("clip", [None, 0.05])
def test_equals_torchs_clipping(clip: float | None) -> None:
    """clip_grad_value_, then clip_grad_norm_, which adds 1e-6 to the norm."""
    torch = pytest.importorskip("torch")
    p, network = problem(SPEC), Network(SPEC, seed=1)
    slope, before = slope_of(network, p), network.parameters.copy()
    flat = torch.nn.Parameter(torch.zeros(len(slope), dtype=torch.float64))
    flat.grad = torch.from_numpy(slope.copy())
    torch.nn.utils.clip_grad_value_([flat], LIMIT)
    if clip:
        torch.nn.utils.clip_grad_norm_([flat], clip)
    result = step(network, p, Optimizer("sgd", 0.5, clip=clip, clip_value=LIMIT))
    assert 0 < np.count_nonzero(np.abs(slope) > LIMIT) < len(slope)
    assert_same(network.parameters, before - 0.5 * flat.grad.numpy(), 1e-5 * LIMIT)
    assert_same(result.norm, np.linalg.norm(slope), 1e-12)


@pytest.mark.parametrize("kind", ["sgd", "adam", "adamw"])
def test_a_limit_that_nothing_reaches_changes_nothing(kind: Any) -> None:
    spec = SPEC.but(layers=2, dropout=0.4)  # whose masks are those of the optimizer's steps
    p, found = problem(spec), []
    for limit in (None, 1e6):
        network, optimizer = Network(spec, seed=1), Optimizer(kind, 0.1, clip_value=limit)
        found.append([step(network, p, optimizer), step(network, p, optimizer), network])
    for plain, clipped in zip(*(each[:2] for each in found), strict=True):
        assert plain.loss == clipped.loss
        assert_same(clipped.norm, plain.norm, 1e-12)  # added up in another order
    assert same_bits(found[0][2].parameters, found[1][2].parameters)


def test_a_loss_of_ones_own_is_clipped_alike() -> None:
    p, (a, b) = problem(SPEC), (Network(SPEC, seed=1), Network(SPEC, seed=1))
    targets = p.targets[p.target_index]
    known = ~np.isnan(targets)

    def loss(output: np.ndarray) -> tuple[float, np.ndarray]:
        error = np.where(known, output - np.nan_to_num(targets), 0)
        return float((error**2).sum() / known.sum()), 2 * error / known.sum()

    ours, theirs = Optimizer("sgd", 0.1, clip_value=LIMIT), Optimizer("sgd", 0.1, clip_value=LIMIT)
    custom = a.custom_step(p.rows, Spans(*p.spans), loss, ours)
    built_in = step(b, p, theirs)
    assert_same(np.array(custom), np.array(built_in), 1e-12)
    assert_same(a.parameters, b.parameters, 1e-12)


def test_rows_of_an_embedding_that_are_not_read_stay() -> None:
    spec = NetworkSpec(
        TokenInput(9, 4), hidden=3, readout="each", outputs=9, loss=Loss("categorical")
    )
    network, optimizer = Network(spec), Optimizer("adam", 0.1, clip_value=1e-3, weight_decay=0.1)
    before = network.params["embedding_weight"].copy()
    ids = np.array([1, 5, 1, 2])
    for _ in range(2):
        network.train_step(ids, Spans([0], [3]), np.array([5, 1, 2, 0]), optimizer)
    moved = (network.params["embedding_weight"] != before).any(axis=1)
    assert np.flatnonzero(moved).tolist() == [1, 5]


def test_what_is_not_finite_is_not_cut_off_and_used() -> None:
    network, optimizer = Network(SPEC, seed=0), Optimizer("adam", 0.1, clip_value=0.1)
    rows, spans = np.ones((4, 3)), Spans([0], [4])
    before = network.parameters.copy()
    assert not np.isfinite(network.train_step(rows, spans, np.full((1, 2), np.inf), optimizer).loss)
    bad = network.custom_step(rows, spans, lambda o: (1.0, o * np.inf), optimizer)
    assert not np.isfinite(bad.norm)
    assert same_bits(network.parameters, before)
    assert optimizer.state is not None
    assert optimizer.state.step == 0
