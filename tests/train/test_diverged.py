"""A loss that is no number stops the run; the network keeps good weights, and one line says why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from runs import SPEC, bits, held, run, settings
from tidegate.data import Spans
from tidegate.errors import TrainingError
from tidegate.network import Network, Optimizer
from tidegate.train import DivergedError, Held, History

VALIDATION = held(30, first=60)
LINEAR = SPEC.but(cell="rnn_linear")
"""The one cell that explodes."""
WILD = settings(epochs=50, optimizer=Optimizer("sgd", 30.0))


def stopped(
    spec: Any = LINEAR, chosen: Any = WILD, **options: Any
) -> tuple[Network, DivergedError]:
    network = Network(spec, seed=3)
    with np.errstate(all="ignore"), pytest.raises(DivergedError) as caught:
        run(spec, chosen, network=network, **options)
    assert isinstance(caught.value, TrainingError)
    assert str(caught.value).isprintable(), "one line"
    assert caught.value.history.stopped == "diverged"
    assert np.isfinite(network.parameters).all()
    return network, caught.value


def loss_of(network: Network, data: Held = VALIDATION) -> float:
    return network.loss(data.rows, data.spans, data.targets, target_index=data.target_index)


def test_a_rate_far_too_high() -> None:
    network, error = stopped()
    n = len(error.history.loss)
    assert 1 <= n < 50 * 3
    assert np.isfinite(error.history.loss).all()
    assert error.update == n + 1
    message = str(error)
    assert f"at update {n + 1} (epoch {n // 3 + 1}, learning rate 30)" in message
    assert "try learning_rate=3, clip=1.0, or inputs and targets scaled to about ±1" in message
    assert np.isfinite(loss_of(network, held()))


def test_the_last_good_weights_are_those_it_names() -> None:
    """A custom loss that turns NaN at a chosen update: the weights are at most 10 updates old."""

    def failing(at: int) -> Any:
        calls = [0]

        def loss(target: np.ndarray, output: np.ndarray) -> tuple[float, np.ndarray]:
            calls[0] += 1
            error = output - target
            value = float((error * error).mean()) if calls[0] < at else np.nan
            return value, 2 * error / error.size

        return loss

    for at, good in ((1, 0), (2, 0), (10, 0), (11, 0), (12, 10), (21, 10), (25, 20)):
        network, error = stopped(SPEC, settings(epochs=50), loss=failing(at))
        assert error.update == at
        expected = Network(SPEC, seed=3)
        if good:
            run(SPEC, settings(updates=good), network=expected)
        np.testing.assert_allclose(network.parameters, expected.parameters, rtol=1e-4, atol=1e-5)
        what = f"its last good weights, those after update {good}"
        assert str(error).endswith(
            what if at > 1 else "the network holds the weights that it began with"
        )


def test_the_best_weights_if_there_are_any() -> None:
    chosen = settings(epochs=50, optimizer=Optimizer("sgd", 0.3))
    validations: list[bool] = []

    def loss(target: np.ndarray, output: np.ndarray) -> tuple[float, np.ndarray]:
        error = output - target
        validations.extend([True] * (len(output) == 30))
        spoilt = len(validations) == 6 and len(output) < 30
        value = np.inf if spoilt else float((error * error).mean())
        return value, 2 * error / error.size

    network, error = stopped(SPEC, chosen, loss=loss, validation=VALIDATION)
    best = error.history.best_epoch
    assert len(error.history.epochs) == 6
    assert best is not None
    assert str(error).endswith(f"holds its best weights, of epoch {best + 1}")
    assert loss_of(network) == pytest.approx(error.history.epochs[best].validation, rel=1e-5)


def test_a_validation_loss_that_is_none() -> None:
    data = held(30, first=60)
    rows = np.array(data.rows)
    rows[70] = np.nan
    bad = Held(rows, data.spans, data.targets, data.target_index)
    network, error = stopped(SPEC, settings(), validation=bad)
    assert "the validation loss is nan" in str(error)
    assert "row 70 of rows holds nan: correct it, or leave it out" in str(error)
    assert len(error.history.loss) == 3
    assert bits(network) != b""


def faulty(**changes: Any) -> Held:
    return Held(**{**vars(held()), **changes})


def test_it_names_what_is_wrong_with_the_data() -> None:
    rows = np.array(held().rows)
    rows[3], rows[11], rows[150] = 1.0, -np.inf, np.nan  # no window reads row 150
    spans = held().spans
    shift = np.zeros((20, 1))
    shift[4] = np.inf
    targets = np.array(held().targets)
    targets[8], targets[9], targets[0] = np.nan, np.inf, np.inf  # masked; wrong; of no window
    weights = np.ones(200)
    weights[17] = np.nan
    for data, fault in (
        (faulty(rows=rows), "row 11 of rows holds -inf"),
        (
            faulty(spans=Spans(spans.start, spans.length, shift, np.ones((20, 1)))),
            "spans.shift of the span at row 4 is not finite",
        ),
        (faulty(targets=targets), "row 9 of targets holds inf"),
        (faulty(weights=weights), "row 17 of weights holds nan"),
    ):
        network, error = stopped(SPEC, settings(batch=20), data=data)
        assert error.update == 1
        advice = f"{fault}: correct it, or leave it out; "
        assert str(error).endswith(advice + "the network holds the weights that it began with")
        assert bits(network) == bits(Network(SPEC, seed=3))


def test_numbers_that_are_only_large() -> None:
    data = held()
    huge = Held(np.asarray(data.rows) * 1e30, data.spans, data.targets, data.target_index)
    _, error = stopped(LINEAR, settings(), data=huge)
    assert "the gradient's norm is inf at update 1" in str(error)
    assert "try inputs and targets scaled to about ±1; the network" in str(error)


@pytest.mark.parametrize(
    ("optimizer", "what"),
    [
        (Optimizer("sgd", 1e38), "weights"),
        (Optimizer("adam", 0.0), "optimizer's squares"),
    ],
)
def test_what_the_last_update_leaves_is_looked_at(optimizer: Optimizer, what: str) -> None:
    """Loss and gradient of the only update are finite; what it makes of them is not."""
    data = held()
    large = Held(data.rows, data.spans, np.full((200, 1), 1e25, "f4"), data.target_index)
    chosen = settings(epochs=1, batch=20, optimizer=optimizer)
    network, error = stopped(SPEC, chosen, data=large)
    assert str(error).startswith(f"the {what} are no longer finite at update 2 (epoch 1, ")
    assert bits(network) == bits(Network(SPEC, seed=3))


def test_a_run_may_go_on_from_there() -> None:
    network, error = stopped()
    assert isinstance(error.history, History)
    before = loss_of(network, held())
    _, history = run(LINEAR, settings(epochs=20), network=network)
    assert history.stopped == "epochs"
    assert history.epochs[-1].loss < max(before, history.epochs[0].loss)
