"""What `fit` promises, each as a test that can fail."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runs import DROPOUT, SPEC, bits, held, run, settings, untimed
from tidegate.data import Spans, TokenBags
from tidegate.errors import ArgumentError
from tidegate.network import Loss, Network, NumberInput, Optimizer, TokenInput
from tidegate.train import FitSettings, Held, fit
from tidegate.train.sequences import batches

VALIDATION = held(30, first=60)


def validation_loss(network: Network, data: Held = VALIDATION) -> float:
    return network.loss(data.rows, data.spans, data.targets, target_index=data.target_index)


def test_it_learns() -> None:
    before = validation_loss(Network(SPEC, seed=3))
    network, history = run(chosen=settings(epochs=60), data=held(50))
    assert validation_loss(network) < 0.2 * before
    assert history.epochs[-1].loss < 0.2 * history.epochs[0].loss


def test_it_is_the_plain_loop() -> None:
    """The same as the updates written out by hand, to the bit."""
    data = held()
    plain = Network(SPEC, seed=3)
    optimizer = Optimizer("adam", 0.02, clip=1.0)
    chosen = settings(epochs=2, schedule="cosine", seed=5)
    expected = []
    for epoch in range(2):
        for batch in batches(data.spans.length, 8, 5, epoch, False):
            rate = chosen.learning_rate(len(expected), 6)
            step = plain.train_step(
                data.rows,
                data.spans[batch],
                data.targets,
                optimizer,
                learning_rate=rate,
                target_index=np.asarray(data.target_index)[batch],
                seed=5,
            )
            expected.append((step.loss, step.norm, rate))
    network, history = run(chosen=chosen)
    assert bits(network) == bits(plain)
    assert list(zip(history.loss, history.norm, history.learning_rate, strict=True)) == expected
    sizes = [8, 8, 4]
    assert [epoch.updates for epoch in history.epochs] == [3, 6]
    np.testing.assert_allclose(
        [epoch.loss for epoch in history.epochs],
        [np.average(history.loss[i : i + 3], weights=sizes) for i in (0, 3)],
    )
    assert (history.stopped, history.best_epoch) == ("epochs", None)


@pytest.mark.parametrize("spec", [SPEC, DROPOUT], ids=["gru", "dropout"])
def test_the_result_follows_from_spec_data_and_seed(spec: Any) -> None:
    first, history = run(spec, validation=VALIDATION)
    np.random.default_rng().random(), np.random.random()  # noqa: NPY002
    again, history_again = run(spec, validation=VALIDATION)
    assert bits(first) == bits(again)
    assert untimed(history) == untimed(history_again)
    other, _ = run(spec, settings(seed=1), validation=VALIDATION)
    assert bits(first) != bits(other)


def test_settings_are_not_changed() -> None:
    chosen = settings()
    run(chosen=chosen)
    assert chosen.optimizer.state is None
    assert chosen == settings()


def test_a_number_of_updates() -> None:
    _, history = run(chosen=settings(updates=7), validation=VALIDATION)
    assert len(history.loss) == 7
    assert [epoch.updates for epoch in history.epochs] == [3, 6, 7]
    assert history.stopped == "updates"
    # the first of them are those of any other run
    assert history.loss[:6] == run(chosen=settings(epochs=2))[1].loss
    assert history.epochs[-1].loss == history.loss[-1]


def test_the_best_weights_are_kept() -> None:
    """A rate far too high makes later epochs worse; the network is that of the best one."""
    chosen = settings(epochs=25, optimizer=Optimizer("sgd", 0.6))
    network, history = run(chosen=chosen, validation=VALIDATION)
    losses = [epoch.validation for epoch in history.epochs]
    assert history.best_epoch == int(np.argmin(losses))
    assert history.best_epoch < len(losses) - 1, "this run says nothing"
    assert validation_loss(network) == min(losses)
    # they are the very weights that a run up to there would have
    short, _ = run(chosen=settings(epochs=history.best_epoch + 1, optimizer=Optimizer("sgd", 0.6)))
    assert bits(short) == bits(network)


@pytest.mark.parametrize("patience", [1, 3])
def test_early_stopping(patience: int) -> None:
    chosen = settings(epochs=200, patience=patience, optimizer=Optimizer("sgd", 0.6))
    network, history = run(chosen=chosen, validation=VALIDATION)
    losses = [epoch.validation for epoch in history.epochs]
    assert history.stopped == "patience"
    assert len(losses) < 200
    assert history.best_epoch == len(losses) - 1 - patience
    assert validation_loss(network) == min(losses)
    # never before had it waited as long
    for k in range(len(losses) - 1):
        assert k - int(np.argmin(losses[: k + 1])) < patience


def test_patience_needs_validation() -> None:
    with pytest.raises(ArgumentError, match="patience needs a validation loss"):
        run(chosen=settings(patience=2))


def test_validation_that_does_not_fit_shows_at_once() -> None:
    seen: list[Any] = []
    wide = Held(np.zeros((9, 2)), Spans(np.array([0]), np.array([3])), np.zeros((1, 1)))
    with pytest.raises(ArgumentError, match="rows must be"):
        run(validation=wide, progress=seen.append)
    assert not seen


@pytest.mark.parametrize(
    "changes", [{"targets": np.full((200, 1), np.nan)}, {"weights": np.zeros(200)}]
)
def test_data_without_a_target_are_refused(changes: dict[str, Any]) -> None:
    """Their loss is 0: nothing would be learnt, and any epoch be the best."""
    empty = Held(**{**vars(held()), **changes})
    with pytest.raises(ArgumentError, match="the training data has no target that counts: all are"):
        run(data=empty)
    with pytest.raises(ArgumentError, match="the validation data has no target that counts"):
        run(validation=empty)
    ids = Held(**{**vars(held()), "targets": np.full(200, -1)})
    with pytest.raises(ArgumentError, match="no target that counts"):
        run(SPEC.but(outputs=3, loss=Loss("categorical")), data=ids)


def test_history_is_plain_data() -> None:
    _, history = run(validation=VALIDATION)
    data = history.to_json()
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert len(data["loss"]) == len(data["norm"]) == len(data["learning_rate"]) == 12
    assert all(type(value) is float for value in data["loss"] + data["norm"])
    assert len(data["epochs"]) == 4
    assert data["epochs"][0].keys() == {"loss", "validation", "seconds", "updates"}
    assert all(epoch["seconds"] > 0 for epoch in data["epochs"])


def test_the_norm_is_before_clipping() -> None:
    _, free = run(chosen=settings(updates=1, optimizer=Optimizer("sgd", 0.0)))
    _, clipped = run(chosen=settings(updates=1, optimizer=Optimizer("sgd", 0.0, clip=1e-3)))
    assert free.norm == clipped.norm
    assert free.norm[0] > 1e-3


def test_weights_count() -> None:
    """Sequences of weight 0 teach nothing: whatever their targets, the result is the same."""
    data = held()
    weights = np.ones(200)
    weights[::2] = 0
    targets = np.array(data.targets)
    results = []
    for wrong in (0.0, 50.0):
        targets[::2] = wrong
        changed = Held(data.rows, data.spans, targets, data.target_index, weights)
        results.append(bits(run(data=changed, validation=changed)[0]))
    assert results[0] == results[1]
    assert results[0] != bits(run()[0])


def test_ragged_tokens_at_each_step_in_buckets() -> None:
    """The other kinds of input, target and readout go the same way."""
    random = np.random.default_rng(0)
    rows = random.integers(0, 5, 300)
    length = random.integers(2, 9, 30)
    start = random.integers(0, 290, 30)
    targets = (rows + 1) % 5  # which follows from the token alone
    targets[::7] = -1
    spec = SPEC.but(
        input=TokenInput(5, 3), readout="each", outputs=5, loss=Loss("categorical"), hidden=8
    )
    data = Held(rows, Spans(start, length), targets)
    chosen = settings(epochs=40, bucket=True, optimizer=Optimizer("adamw", 0.03))
    network, history = run(spec, chosen, data=data, validation=data)
    assert history.epochs[-1].loss < 0.1 * history.epochs[0].loss
    output = network.forward(rows, Spans(np.array([0]), np.array([50]))).output
    assert (output.argmax(axis=1) == (rows[:50] + 1) % 5).mean() > 0.95


def test_scaled_spans_and_segments() -> None:
    data = held(10, length=6)
    scaled = Spans(
        data.spans.start, data.spans.length, np.full((10, 1), 0.1), np.full((10, 1), 2.0)
    )
    spec = SPEC.but(input=NumberInput(1, segment=3, dense=4))
    changed = Held(data.rows, scaled, data.targets, data.target_index)
    _, history = run(spec, settings(epochs=30), data=changed)
    assert history.epochs[-1].loss < history.epochs[0].loss


def test_defaults() -> None:
    data = held(4)
    network = Network(SPEC, seed=0)
    history = fit(network, data.rows, data.spans, data.targets, progress=False)
    assert len(history.epochs) == FitSettings().epochs


def test_bags_of_one_row_train_as_tokens(tmp_path: Path) -> None:
    """A checkpoint is taken of them, too."""
    spec = SPEC.but(input=TokenInput(5, 3))
    ids = np.random.default_rng(0).integers(0, 5, 40).astype(np.int32)
    data = held(20)
    bags = TokenBags(ids, np.arange(6), np.arange(5), np.ones(5))
    trained = []
    for rows in (ids, bags):
        network = Network(spec, seed=3)
        chosen = settings(epochs=2, checkpoint=tmp_path / f"{len(trained)}.tg")
        fit(network, rows, data.spans, data.targets, chosen, target_index=data.target_index)
        trained.append(bits(network))
    assert trained[0] == trained[1]
