"""A loss of one's own trains like a built-in one, and is told when its answer makes no sense."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runs import SPEC, bits, held, run, settings
from tidegate.errors import ArgumentError
from tidegate.network import Loss, Optimizer
from tidegate.train import DivergedError, Held

BARE = SPEC.but(loss=None)
VALIDATION = held(30, first=60)


def squares(target: np.ndarray, output: np.ndarray) -> tuple[float, np.ndarray]:
    error = output - target
    return float((error * error).mean()), 2 * error / error.size


@pytest.mark.parametrize("readout", ["last", "each"])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_the_same_as_the_built_in_loss(readout: str, dropout: float) -> None:
    data, validation = held(), VALIDATION
    if readout == "each":
        data, validation = (Held(d.rows, d.spans, d.targets) for d in (data, validation))
    spec = SPEC.but(readout=readout, dtype="float64", layers=2, dropout=dropout)
    built_in, history = run(spec, data=data, validation=validation)
    own, own_history = run(spec.but(loss=None), data=data, validation=validation, loss=squares)
    # the same formulas in float64; Adam may enlarge the rounding of a tiny gradient
    np.testing.assert_allclose(own.parameters, built_in.parameters, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(own_history.loss, history.loss, rtol=1e-9)
    np.testing.assert_allclose(
        [epoch.validation or 0 for epoch in own_history.epochs],
        [epoch.validation or 0 for epoch in history.epochs],
        rtol=1e-9,
    )


def test_it_may_have_any_targets() -> None:
    """A chance and an amount: two outputs, and a table of targets of three columns."""
    data = held()
    table = np.zeros((200, 3, 2), "f4")
    table[:, 2, 1] = np.asarray(data.targets)[:, 0]
    shapes = set()

    def loss(target: np.ndarray, output: np.ndarray) -> tuple[float, np.ndarray]:
        shapes.add((target.shape, output.shape))
        error = output - target[:, 2]
        return (error**2).sum(), 2 * error

    changed = Held(data.rows, data.spans, table, data.target_index)
    _, history = run(BARE.but(outputs=2), data=changed, loss=loss)
    assert shapes == {((8, 3, 2), (8, 2)), ((4, 3, 2), (4, 2))}
    assert history.epochs[-1].loss < history.epochs[0].loss


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda t, o: 1.0, r"must return \(value, gradient\), got float"),
        (lambda t, o: (1.0, o, o), r"must return \(value, gradient\)"),
        (lambda t, o: (o, o), r"value of a custom loss must be one number, got .*\(8, 1\)"),
        (lambda t, o: ("low", o), "must be one number"),
        (lambda t, o: (None, o), "must be one number"),
        (lambda t, o: (1.0, o[:, 0]), r"output's shape \(8, 1\), got \(8,\)"),
        (lambda t, o: (1.0, o[:-1]), r"output's shape \(8, 1\), got \(7, 1\)"),
        (lambda t, o: (1.0, 0.0), r"output's shape \(8, 1\), got \(\)"),
        (lambda t, o: (1.0, o.astype(str)), "output's shape"),
    ],
)
def test_answers_are_checked(answer: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        run(BARE, loss=answer)
    with pytest.raises(ArgumentError, match=message.replace("8", "1").replace("7", "0")):
        run(BARE, loss=answer, validation=VALIDATION)  # seen before the first update


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("where", ["value", "gradient"])
def test_numbers_that_are_none_stop_the_run(bad: float, where: str) -> None:
    calls = []

    def loss(target: np.ndarray, output: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = squares(target, output)
        calls.append(value)
        if len(calls) == 5:
            if where == "value":
                return bad, gradient
            gradient[3, 0] = bad
        return value, gradient

    with pytest.raises(DivergedError) as caught:
        run(BARE, loss=loss)
    what = f"the loss is {bad}"
    if where == "gradient":
        what = f"the custom loss's gradient is {bad} at [3, 0]"
    assert str(caught.value).startswith(f"{what} at update 5 (epoch 2, ")
    assert len(caught.value.history.loss) == 4


def test_an_error_in_it_is_not_hidden() -> None:
    def loss(target: np.ndarray, output: np.ndarray) -> tuple[float, np.ndarray]:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        run(BARE, loss=loss)


def test_it_wins_over_the_loss_of_the_spec() -> None:
    a, _ = run(BARE, loss=squares)
    b, _ = run(SPEC.but(loss=Loss("mae")), loss=squares)
    assert bits(a) == bits(b)


class Shifted:
    """Squared errors of the output and a shift, which learns at each update, as its memory."""

    def __init__(self, rate: float) -> None:
        self.shift = np.zeros(1)
        self.rate = rate

    def memory(self) -> list[np.ndarray]:
        return [self.shift]

    def __call__(self, target: np.ndarray, output: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = squares(target[:, :1], output + self.shift)
        if target[:, 1].all():  # learnt from, not judged by
            self.shift -= self.rate * gradient.sum()
        return value, gradient


def marked(data: Held, learnt: float) -> Held:
    targets = np.column_stack([data.targets, np.full(len(data.targets), learnt)])
    return Held(data.rows, data.spans, targets, data.target_index)


@pytest.mark.parametrize("resumed", [False, True])
def test_what_it_remembers_is_that_of_the_best_epoch(resumed: bool, tmp_path: Path) -> None:
    """A rate far too high makes later epochs worse; network and loss are those of the best one."""

    def learn(epochs: int, judged: bool = True, **changes: Any) -> tuple[Any, Shifted, Any]:
        chosen = settings(epochs=epochs, optimizer=Optimizer("sgd", 0.4), **changes)
        loss = Shifted(rate=0.4)
        validation = marked(VALIDATION, 0.0) if judged else None
        data = marked(held(), 1.0)
        network, history = run(BARE, chosen, data=data, loss=loss, validation=validation)
        return network, loss, history

    path = {"checkpoint": tmp_path / "run.safetensors", "resume": True} if resumed else {}
    for _ in range(1 + resumed):  # again, it is at its end
        network, loss, history = learn(25, **path)
    assert history.best_epoch is not None and history.best_epoch < 24, "this run says nothing"
    short, other, _ = learn(history.best_epoch + 1, judged=False)
    assert bits(network) == bits(short)
    assert loss.shift.tobytes() == other.shift.tobytes()
