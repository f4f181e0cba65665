"""The temperature that chances are divided by."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

import tidegate as tg
from tidegate.data.sequences import read_sequences
from tidegate.sequence import temperature
from tidegate.sequence.temperature import LEAST, MOST, SURER, fitted, loss, surer


@pytest.mark.parametrize("kind", ["categorical", "binary"])
@pytest.mark.parametrize("size", [0.5, 3.0, 30.0])
def test_no_other_has_a_smaller_loss(kind: str, size: float) -> None:
    random = np.random.default_rng(int(size))
    outputs = random.normal(size=(200, 3)) * size
    noisy = outputs + random.normal(size=(200, 3))
    targets = noisy.argmax(axis=1)[:, None] if kind == "categorical" else noisy > 0.0
    targets = targets.astype(float)
    weights = random.uniform(0.1, 1.0, 200)

    def at(temperature: float) -> float:
        return loss(outputs / temperature, targets, weights, kind)

    best = minimize_scalar(at, bounds=(LEAST, MOST), method="bounded").fun
    # a minimum is only as precise as the root of the loss's own rounding, on either side
    assert at(fitted(outputs, targets, weights, kind)) <= best + 1e-9


def test_some_of_many_samples_tell_it() -> None:
    """Of 3,000 labels 666 are looked at: each is sure of the right one or of another, by turns."""
    label = np.arange(2000) % 3000
    outputs = np.zeros((2000, 3000))
    outputs[np.arange(2000), label] = 20.0
    targets = np.where(np.arange(2000) % 2, label, label + 1).astype(float)[:, None]
    whole = fitted(outputs[:600], targets[:600], np.ones(600), "categorical")
    assert fitted(outputs, targets, np.ones(2000), "categorical") == pytest.approx(whole, rel=0.05)


def test_what_is_usual_is_right_until_samples_tell_better() -> None:
    """Answers of ±2, of which nine in ten are right, want 4 / log 9 = 1.82."""
    outputs, right = np.array([[2.0, -2.0]] * 1000), np.arange(1000) % 10 > 0
    targets = np.where(right, 0.0, 1.0)[:, None]

    def of(n: int, usual: float | None) -> float:
        return fitted(outputs[:n], targets[:n], np.ones(n), "categorical", usual)

    assert of(9, None) == 1.0
    whole = of(1000, None)
    found = [of(n, 0.5) for n in (10, 20, 1000)]
    assert 0.5 < found[0] < 0.9 * found[1] < 0.9 * whole
    assert found[2] == pytest.approx(whole, rel=0.02)


def test_who_knows_more_is_surer_the_more_there_is_to_know() -> None:
    label = np.arange(300) % 3
    targets, weights = label[:, None].astype(float), np.random.default_rng(0).uniform(1, 2, 300)
    found = [surer(np.eye(3)[label] * size, targets, weights) for size in (0, 1, 3, 8)]
    assert found[0] == pytest.approx(1.0, abs=0.01)
    assert found[-1] == pytest.approx(SURER, rel=0.02)  # as if one more were wrong
    assert found == sorted(found, reverse=True)
    assert surer(np.eye(3)[label - 1] * 30, targets, weights) == 1.0
    assert surer(np.eye(3)[label] * 8, targets, weights, part=0.5) == pytest.approx(
        found[-1] ** 0.5
    )
    # labels of which one is rare tell little, if others are always wrong
    rare = np.where(np.arange(300) < 295, 0.0, 1.0)[:, None]
    assert surer(np.tile([3.0, 0.0, -3.0], (300, 1)), rare, weights) > 0.9


@pytest.mark.parametrize("kernels", [True, False])
def test_answers_for_series_are_surer_than_those_of_fewer(
    kernels: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(3)
    y = np.arange(60) % 2
    x = random.normal(size=(60, 12)) + y[:, None]
    training = tg.SequenceTraining(updates=40, members=1, kernels=kernels)

    def answers() -> np.ndarray:
        model = tg.SequenceClassifier(hidden=4, training=training, random_state=0).fit(x, y)
        assert kernels == (model.learned_.beside is not None)
        return model.learned_.outputs(read_sequences(x))

    found = answers()
    monkeypatch.setattr(temperature, "SURER", 1.0)
    ratio = answers() / found
    assert ratio == pytest.approx(ratio[0, 0], abs=1e-4)  # of outputs that are small, in float32
    assert SURER < ratio[0, 0] < 0.95
