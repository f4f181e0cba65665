"""How fast networks learn where nobody says it."""

from __future__ import annotations

import signal
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import tidegate as tg
from tidegate.network.threads import get_threads, set_threads
from tidegate.sequence import learn, paced, recipe
from tidegate.sequence.recipe import DECAY, MANY, QUICK, SLOW, WIDE
from tidegate.sequence.training import Training
from tidegate.train import Report

Asked = list[tuple[float, float]]
SHORT = Training(updates=2, members=2)
TEXTS = ["a b", "c d"] * (MANY // 2 + 10)


def series(n: int) -> tuple[np.ndarray, np.ndarray]:
    return np.random.default_rng(0).normal(size=(n, 5)), np.arange(n) % 2


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """The rate and the decay of each training from now on, one at a time."""
    seen: Asked = []
    real = learn.fit_drawn

    def watched(network: Any, draw: Any, cost: Any, settings: Any, **more: Any) -> Any:
        seen.append((settings.optimizer.learning_rate, settings.optimizer.weight_decay))
        return real(network, draw, cost, settings, **more)

    monkeypatch.setattr(learn, "fit_drawn", watched)
    monkeypatch.setattr(learn, "at_once", lambda spec, count: 1)
    return seen


@pytest.mark.parametrize("better", [0, 1])
def test_all_learn_as_fast_as_is_better_for_what_is_held_out(
    better: int, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fifth is held out from a network at either rate."""
    costs = [2.0, 1.0] if better else [1.0, 2.0]
    monkeypatch.setattr(paced, "loss", lambda *given: costs.pop(0))
    model = tg.SequenceClassifier(hidden=3, training=SHORT, random_state=0).fit(*series(MANY))
    both = [(SLOW, 0.01), (QUICK, 0.01)]
    assert asked == [*both, both[better], both[better]]
    assert len(model.learned_.members) == 2


def test_it_is_the_loss_that_decides(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a sign says outright is learnt in sixty updates by the quicker network alone."""
    monkeypatch.setattr(recipe, "SLOW", 1e-7)
    x, y = series(MANY)
    x[:, 0] = 4 * y - 2
    training = Training(updates=60, members=1)
    model = tg.SequenceClassifier(hidden=8, training=training, random_state=0).fit(x, y)
    assert asked[-1] == (QUICK, 0.01)
    assert model.score(x, y) > 0.95


@pytest.mark.parametrize(
    ("n", "hidden", "given", "expected"),
    [
        (MANY, 2 * WIDE, {}, {(SLOW, 0.01), (QUICK / 2, 0.01)}),
        (MANY, 8 * WIDE, {}, {(SLOW, 0.01)}),
        (MANY - 1, 3, {}, {(SLOW, 0.01)}),
        (MANY, 3, {"learning_rate": 0.02}, {(0.02, 0.01)}),
        (MANY, 3, {"weight_decay": 0.5}, {(SLOW, 0.5), (QUICK, 0.5)}),
        (MANY, 3, {"calibrate": False}, {(SLOW, 0.01)}),
    ],
)
def test_rates_that_are_tried(
    n: int, hidden: int, given: dict[str, Any], expected: set[tuple[float, float]], asked: Asked
) -> None:
    training = Training(updates=1, members=1, **given)
    tg.SequenceClassifier(hidden=hidden, training=training).fit(*series(n))
    assert set(asked) == expected


@pytest.mark.parametrize(
    ("fit", "expected"),
    [
        (lambda x, y: tg.SequenceRegressor(hidden=2, training=SHORT).fit(x, y), (QUICK, DECAY)),
        (
            lambda x, y: tg.SequenceRegressor(hidden=8 * WIDE, training=SHORT).fit(x, y),
            (SLOW, 0.01),
        ),
        (lambda x, y: tg.SequenceTagger(hidden=2, training=SHORT).fit(x, x > 0), (SLOW, 0.01)),
        (
            lambda x, y: tg.SequenceClassifier(training=SHORT).fit(TEXTS, y),
            (2e-3, 0.01),
        ),
    ],
)
def test_others_have_one_rate(
    fit: Callable[[Any, Any], Any], expected: tuple[float, float], asked: Asked
) -> None:
    fit(*series(MANY + 20))
    assert set(asked) == {expected}


def test_ctrl_c_keeps_the_network_that_was_tried() -> None:
    told: list[int] = []

    def tell(report: Report) -> None:
        told.append(report.update)
        if 1 + sum(b < a for a, b in pairwise(told)) == 2:
            signal.raise_signal(signal.SIGINT)

    x, y = series(MANY)
    training = Training(updates=100, members=3)
    model = tg.SequenceClassifier(hidden=4, training=training, random_state=0)
    threads = get_threads()
    set_threads(1)  # one after the other
    model.fit(x, y, progress=tell)
    set_threads(threads)
    assert model.learned_.interrupted
    assert len(model.learned_.members) == 1
    assert model.predict(x).shape == (MANY,)
