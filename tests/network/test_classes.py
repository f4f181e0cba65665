"""A training step over some classes: the twin's, and nothing else is touched."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tidegate as tg
from problems import Problem, assert_relative, assert_same, fill_biases, problem, same_bits
from tidegate.data import Spans, TokenBags
from tidegate.errors import ArgumentError
from tidegate.network import Classes, Loss, Network, NetworkSpec, NumberInput, Optimizer, TokenInput
from tidegate.network.parameters import flatten, views
from tidegate.network.reference_network import loss_and_gradients

OUTPUTS = 23
BASE = NetworkSpec(
    TokenInput(OUTPUTS, 6),
    cell="gru",
    hidden=6,
    readout="each",
    outputs=OUTPUTS,
    loss=Loss("categorical"),
    dtype="float64",
)
SPECS = {
    "tokens": BASE,
    "tied": BASE.but(tied=True),
    "numbers": BASE.but(input=NumberInput(3, segment=2)),
    "both directions": BASE.but(bidirectional=True, readout="mean+max", hidden=19),
    "summed": BASE.but(loss=Loss("categorical", reduction="sum")),
}


def few(spec: NetworkSpec, classes: int = 9) -> tuple[Problem, Classes]:
    """A problem whose targets are few classes, in no order, and those."""
    random = np.random.default_rng(5)
    p = problem(spec)
    chosen = random.permutation(OUTPUTS)[:classes]
    targets = np.where(p.targets < 0, -1, chosen[p.targets % (classes - 2)])
    return p._replace(targets=targets), Classes(chosen, random.normal(size=classes))


def trained(
    spec: NetworkSpec, optimizer: Optimizer, steps: int = 1
) -> tuple[Network, float, float]:
    p, classes = few(spec)
    network = Network(spec, seed=1)
    fill_biases(network.params)
    for _ in range(steps):
        result = network.train_step(
            p.rows,
            Spans(*p.spans),
            p.targets,
            optimizer,
            target_index=p.target_index,
            weights=p.weights,
            classes=classes,
        )
    return network, result.loss, result.norm


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_equals_the_reference(spec: NetworkSpec) -> None:
    p, classes = few(spec)
    network = Network(spec, seed=1)
    fill_biases(network.params)
    value, gradients = loss_and_gradients(
        spec,
        network.params,
        p.rows,
        Spans(*p.spans),
        p.targets,
        target_index=p.target_index,
        weights=p.weights,
        classes=classes,
    )
    expected = flatten(spec, gradients.params)
    optimizer = Optimizer("sgd", learning_rate=0.5)
    after, loss, norm = trained(spec, optimizer)
    assert optimizer.state is not None
    assert_same(loss, value, 1e-12, "loss")
    assert_relative(optimizer.state.m, expected, 1e-10, "gradient")
    assert_relative(norm, np.sqrt((expected**2).sum()), 1e-10, "norm")
    assert_same(after.parameters, network.parameters - 0.5 * optimizer.state.m, 1e-15)


def test_all_classes_in_order_are_the_whole_head() -> None:
    spec = BASE.but(dtype="float32")
    p = problem(spec)
    networks = []
    for classes in (None, Classes(np.arange(OUTPUTS))):
        network, optimizer = Network(spec, seed=1), Optimizer("adamw", 0.1, weight_decay=0.1)
        for _ in range(2):
            options: dict[str, Any] = {"weights": p.weights, "classes": classes}
            network.train_step(p.rows, Spans(*p.spans), p.targets, optimizer, **options)
        networks.append(network.parameters)
    assert same_bits(*networks)


@pytest.mark.parametrize("kind", ["tokens", "tied"])
def test_other_classes_are_not_touched(kind: str) -> None:
    """Not even by weight decay, or by the memory of Adam."""
    spec = SPECS[kind]
    p, classes = few(spec)
    network, *_ = trained(spec, Optimizer("adamw", 0.1, weight_decay=0.1), steps=3)
    new = Network(spec, seed=1)
    fill_biases(new.params)
    same_bias = network.params["head_bias"] == new.params["head_bias"]
    assert not same_bias[classes.ids].any()
    assert np.delete(same_bias, classes.ids).all()
    name = "embedding_weight" if spec.tied else "head_weight"
    spans = zip(p.spans.start, p.spans.length, strict=True)
    read = np.concatenate([p.rows[start : start + length] for start, length in spans])
    used = np.union1d(classes.ids, read) if spec.tied else np.sort(classes.ids)
    changed = (network.params[name] != new.params[name]).any(axis=1)
    assert np.flatnonzero(changed).tolist() == used.tolist()


def test_a_tied_head_and_bags() -> None:
    spec = SPECS["tied"]
    p, classes = few(spec)
    bags = TokenBags(p.rows, np.arange(OUTPUTS + 1), np.arange(OUTPUTS), np.ones(OUTPUTS))
    networks = []
    for rows in (p.rows, bags):
        network, optimizer = Network(spec, seed=1), Optimizer("adam", 0.1)
        network.train_step(rows, Spans(*p.spans), p.targets, optimizer, classes=classes)
        networks.append(network.parameters)
    assert same_bits(*networks)


def test_the_whole_head_is_there_again_afterwards() -> None:
    spec = BASE
    network, *_ = trained(spec, Optimizer("adam", 0.1))
    p, _ = few(spec)
    spans = Spans(*p.spans)
    fresh = Network(spec, parameters=network.parameters)
    assert same_bits(network.forward(p.rows, spans).output, fresh.forward(p.rows, spans).output)


def test_a_tape_from_before_still_has_the_whole_head() -> None:
    network = Network(BASE, seed=1)
    p, classes = few(BASE)
    spans = Spans(*p.spans)
    expected = network.backward(network.forward_train(p.rows, spans), np.ones((16, OUTPUTS)))
    tape = network.forward_train(p.rows, spans)
    optimizer = Optimizer("sgd", learning_rate=1e-300)
    network.train_step(p.rows, spans, p.targets, optimizer, classes=classes)
    assert same_bits(network.backward(tape, np.ones((16, OUTPUTS))), expected)


@pytest.mark.parametrize("kind", SPECS)
def test_any_number_of_threads(kind: str) -> None:
    before, results = tg.get_threads(), []
    for threads in (1, 2, 3):
        tg.set_threads(threads)
        network, loss, norm = trained(SPECS[kind], Optimizer("adam", 0.1, clip=0.1), steps=2)
        results.append(np.array([*network.parameters, loss, norm]))
    tg.set_threads(before)
    assert same_bits(results[1], results[0])
    assert same_bits(results[2], results[0])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (([],), r"Classes.ids must be \[K\] class ids, whole numbers, got an array of \(0,\)"),
        (([0.5],), r"Classes.ids must be \[K\] class ids"),
        (([1, 2], [0.0]), r"Classes.shift must be \[2\] numbers, one for each class, got an array"),
        (([1, 2], [0.0, np.inf]), "Classes.shift must be finite numbers, got inf at 1"),
    ],
)
def test_bad_classes(given: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        Classes(*given)


@pytest.mark.parametrize(
    ("spec", "ids", "message"),
    [
        (BASE, [0, OUTPUTS], "classes must be different outputs"),
        (BASE, [-1], "classes must be different outputs"),
        (BASE, [3, 3], "classes must be different outputs"),
        (BASE, [3], "a target is not among the classes"),
        (BASE.but(loss=Loss("categorical", smoothing=0.1)), [3], "classes are for a categorical"),
        (BASE.but(loss=Loss("binary")), [3], "classes are for a categorical"),
    ],
)
def test_a_step_refuses_what_does_not_fit(spec: NetworkSpec, ids: list[int], message: str) -> None:
    p, network = problem(spec), Network(spec)
    before = views(spec, network.parameters.copy())
    with pytest.raises(ArgumentError, match=message):
        network.train_step(p.rows, Spans(*p.spans), p.targets, Optimizer(), classes=Classes(ids))
    assert all(np.array_equal(before[name], value) for name, value in network.params.items())
