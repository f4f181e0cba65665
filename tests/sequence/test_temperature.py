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
