"""The temperature that chances are divided by."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from tidegate.sequence.temperature import LEAST, MOST, fitted, loss


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
