"""A training step in parts: the gradients of the parts, summed, move what the whole would move."""

from dataclasses import replace

import numpy as np
import pytest

from tidegate.data import Spans, TokenBags
from tidegate.network import Classes, Loss, Network, NetworkSpec, NumberInput, Optimizer, TokenInput
from tidegate.network.halves import loss_gradient, touched_rows, update

N, ROWS = 7, 60
RANDOM = np.random.default_rng(0)
STARTS = RANDOM.integers(0, 40, N)
SPANS = Spans(STARTS, RANDOM.integers(1, 20, N))
SETTINGS = {"hidden": 6, "dtype": "float64"}
DROPS = {"dropout": 0.4, "layers": 2, "input_dropout": 0.3, "head_dropout": 0.3}


def in_parts(network, optimizer, rows, spans, targets, cuts, classes=None, state=None, **others):
    """What `Network.train_step` does, from parts of the batch that are cut at `cuts`."""
    parts = []
    index = others.get("target_index")
    if index is None and network.spec.readout != "each":
        index = np.arange(len(spans))
    step = optimizer.begin(network.parameters).step + 1
    for first, last in zip([0, *cuts], [*cuts, len(spans)], strict=True):
        own = slice(first, last)
        some = dict(others)
        if index is not None:
            some["target_index"] = index[own]
        if state is not None:
            some["state"] = tuple(np.ascontiguousarray(part[:, own]) for part in state)
        found = loss_gradient(
            network,
            rows,
            spans[own],
            targets,
            classes=classes,
            seed=5,
            step=step,
            first=first,
            **some,
        )
        if state is not None:
            for part, moved in zip(state, some["state"], strict=True):
                part[:, own] = moved
        parts.append(found)
    weight = sum(part.weight for part in parts)
    gradient = sum(part.values * (part.weight / weight) for part in parts)
    touched = touched_rows(network.spec, rows, spans, classes)
    norm = update(network, gradient, optimizer, touched, classes=classes)
    return sum(part.loss * part.weight for part in parts) / weight, norm


def check(spec, rows, spans, targets, **others):
    """Three steps in one piece and in two or three parts leave the same, to rounding."""
    whole, split = Network(spec, seed=2), Network(spec, seed=2)
    one = Optimizer("adam", 0.01, clip=0.1)
    other = replace(one)
    for cuts in ([3], [1, 5], [2]):
        expected = whole.train_step(rows, spans, targets, one, seed=5, **others)
        loss, norm = in_parts(split, other, rows, spans, targets, cuts, **others)
        assert loss == pytest.approx(expected.loss, rel=1e-12)
        assert norm == pytest.approx(expected.norm, rel=1e-12)
    np.testing.assert_allclose(split.parameters, whole.parameters, rtol=1e-9, atol=1e-12)
    for name in ("m", "v"):
        np.testing.assert_allclose(
            getattr(other.state, name), getattr(one.state, name), rtol=1e-9, atol=1e-14
        )
    return whole


@pytest.mark.parametrize("kind", ["mse", "mae", "huber"])
@pytest.mark.parametrize("readout", ["last", "each", "mean+max"])
def test_numbers(kind, readout):
    spec = NetworkSpec(
        NumberInput(2), cell="gru", outputs=3, loss=Loss(kind), readout=readout, **SETTINGS, **DROPS
    )
    rows, targets = RANDOM.normal(size=(ROWS, 2)), RANDOM.normal(size=(ROWS, 3))
    targets[RANDOM.random(targets.shape) < 0.3] = np.nan
    index = None if readout == "each" else RANDOM.integers(0, ROWS, N)
    weights = RANDOM.random(ROWS)
    check(spec, rows, SPANS, targets, target_index=index, weights=weights)


def test_a_sum_over_steps_is_divided_by_the_sequences_of_all_parts():
    loss = Loss("mse", reduction="sum")
    spec = NetworkSpec(NumberInput(2), outputs=1, loss=loss, readout="each", **SETTINGS)
    check(spec, RANDOM.normal(size=(ROWS, 2)), SPANS, RANDOM.normal(size=(ROWS, 1)))


def test_recurrent_dropout_has_one_mask_for_all_parts():
    spec = NetworkSpec(
        NumberInput(2), outputs=1, loss=Loss("mse"), recurrent_dropout=0.5, **SETTINGS
    )
    check(spec, RANDOM.normal(size=(ROWS, 2)), SPANS, RANDOM.normal(size=(ROWS, 1)))


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("some", [False, True])
def test_tokens_change_the_rows_that_any_part_reads(tied, some):
    spec = NetworkSpec(
        TokenInput(30, 6),
        outputs=30,
        loss=Loss("categorical"),
        readout="each",
        tied=tied,
        **SETTINGS,
    )
    tokens = RANDOM.integers(0, 25, ROWS).astype(np.int32)
    targets = RANDOM.integers(0, 12, ROWS)
    classes = Classes([*range(12), 28], RANDOM.random(13)) if some else None
    trained = check(spec, tokens, SPANS, targets, classes=classes)
    changed = trained.params["embedding_weight"] != Network(spec, seed=2).params["embedding_weight"]
    if some or not tied:
        touched = touched_rows(spec, tokens, SPANS, classes)
        assert set(np.flatnonzero(changed.any(1))) == set(touched)
        assert len(touched) < 30


def test_bags_change_the_rows_of_their_parts():
    spec = NetworkSpec(TokenInput(9, 4), outputs=2, loss=Loss("mse"), **SETTINGS)
    bags = TokenBags([0, 1, 2, 1], [0, 1, 3, 5], [8, 0, 3, 3, 7], [1, 0.5, 0.5, 0.2, 0.8])
    spans = Spans([0, 1, 3], [2, 1, 1])
    assert touched_rows(spec, bags, spans).tolist() == [0, 3, 8]
    spans = Spans([0, 1, 3, 0, 0, 0, 1], [2, 1, 1, 1, 4, 1, 1])
    check(spec, bags, spans, RANDOM.normal(size=(N, 2)))


def test_states_that_move_on_are_moved_on_in_parts():
    spec = NetworkSpec(
        TokenInput(9, 4),
        cell="lstm",
        outputs=9,
        loss=Loss("categorical"),
        readout="each",
        **SETTINGS,
    )
    tokens = RANDOM.integers(0, 9, ROWS).astype(np.int32)
    spans = Spans(np.arange(N) * 5, np.full(N, 5))
    whole, split = Network(spec, seed=2), Network(spec, seed=2)
    states = [tuple(np.zeros((1, N, 6)) for _ in range(2)) for _ in range(2)]
    one, other = Optimizer("adam", 0.01), Optimizer("adam", 0.01)
    for _ in range(3):
        whole.train_step(tokens, spans, np.roll(tokens, -1), one, state=states[0], seed=5)
        in_parts(split, other, tokens, spans, np.roll(tokens, -1), [4], state=states[1])
    np.testing.assert_allclose(states[1][1], states[0][1], rtol=1e-9)
    np.testing.assert_allclose(split.parameters, whole.parameters, rtol=1e-9, atol=1e-12)


def test_a_loss_that_is_no_number_moves_nothing():
    spec = NetworkSpec(NumberInput(2), outputs=1, loss=Loss("mse"), **SETTINGS)
    network, optimizer = Network(spec), Optimizer("sgd", 0.1)
    before = network.parameters.copy()
    found = loss_gradient(network, np.full((9, 2), 1e308), Spans([0], [9]), [[1e308]])
    assert not np.isfinite(found.loss) and not found.values.any()
    norm = update(network, np.full_like(before, np.inf), optimizer, np.empty(0, np.int64))
    assert norm == np.inf and optimizer.state.step == 0
    np.testing.assert_array_equal(network.parameters, before)


def test_rows_and_classes_that_are_not_there_are_refused():
    spec = NetworkSpec(TokenInput(9, 4), outputs=2, loss=Loss("mse"), **SETTINGS)
    network = Network(spec)
    zero = np.zeros_like(network.parameters)
    with pytest.raises(ValueError, match="no such row"):
        update(network, zero, Optimizer(), np.array([9]))
    with pytest.raises(ValueError, match="no such class"):
        update(network, zero, Optimizer(), np.array([8]), classes=Classes([2]))
