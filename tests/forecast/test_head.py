"""What the outputs mean, and the gradient of the loss."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.forecast.head import Head
from tidegate.network.reference_loss import loss


def problem(head: Head, k: int = 5, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Targets ``[k, h, width]`` with some unknown, and an output."""
    random = np.random.default_rng(seed)
    targets = random.normal(size=(k, head.horizon, head.target_width))
    event = random.random((k, head.horizon)) < 0.5
    targets[..., 1] = event if head.chance else np.nan
    targets[..., 0][~event] = np.nan
    targets[0, 1:] = np.nan
    targets[..., 2:] = random.normal(size=targets[..., 2:].shape)
    return targets, random.normal(size=(k, head.outputs))


def loss_of(head: Head, targets: np.ndarray, output: np.ndarray) -> tuple[float, np.ndarray]:
    return loss(head.loss, output, targets.reshape(len(targets), -1))


@pytest.mark.parametrize("horizon", [1, 3])
def test_a_window_knows_no_company(horizon: int) -> None:
    head = Head(horizon, 8, False)
    targets, output = problem(head, k=20)
    paths = targets[..., 2:]
    together = head.parts(output, paths).quantiles
    alone = [head.parts(output[i : i + 1], paths[i : i + 1]).quantiles[0] for i in range(20)]
    np.testing.assert_array_equal(together, alone)


@pytest.mark.parametrize("chance", [False, True])
def test_gradient_of_the_loss_is_that_of_finite_differences(chance: bool) -> None:
    head = Head(3, 3, chance)
    targets, output = problem(head, k=12)
    _, gradient = loss_of(head, targets, output)
    numeric = np.empty_like(output)
    for place in np.ndindex(output.shape):
        sides = []
        for step in (1e-6, -1e-6):
            moved = output.copy()
            moved[place] += step
            sides.append(loss_of(head, targets, moved)[0])
        numeric[place] = (sides[0] - sides[1]) / 2e-6
    # central differences: 1e-12 of curvature, 1e-10 of rounding
    np.testing.assert_allclose(gradient, numeric, atol=1e-8)
    assert (gradient[1:] != 0).any(axis=0).all()


def test_the_loss_is_that_of_the_formula() -> None:
    head = Head(2, 3, True)
    targets, output = problem(head, k=4)
    parts = head.parts(output, targets[..., 2:])
    pinballs, entropies = [], []
    for i, step in np.ndindex(4, 2):
        value, event = targets[i, step, :2]
        if not np.isnan(value):
            losses = [
                max(q * (value - f), (q - 1) * (value - f))
                for q, f in zip(head.quantiles, parts.quantiles[i, step], strict=True)
            ]
            pinballs.append(2 * np.mean(losses) + abs(value - parts.quantiles[i, step, 3]))
        if not np.isnan(event):
            assert parts.logit is not None
            p = 1 / (1 + np.exp(-parts.logit[i, step]))
            entropies.append(-np.log(p if event else 1 - p))
    expected = np.mean(pinballs) + np.mean(entropies)
    assert loss_of(head, targets, output)[0] == pytest.approx(expected, rel=1e-12)


def test_nothing_known_costs_nothing() -> None:
    head = Head(2, 3, True)
    targets, output = problem(head, k=12)
    targets[..., :2] = np.nan
    value, gradient = loss_of(head, targets, output)
    assert value == 0
    assert not gradient.any()


@given(st.integers(0, 2**31), st.floats(0.01, 1e4))
def test_quantiles_never_cross(seed: int, scale: float) -> None:
    head = Head(3, 3, False)
    random = np.random.default_rng(seed)
    output = scale * random.normal(size=(4, head.outputs))
    parts = head.parts(output, random.normal(size=(4, 3, 3)))
    assert np.isfinite(parts.quantiles).all()
    assert (np.diff(parts.quantiles, axis=-1) >= 0).all()
    assert parts.logit is None


@pytest.mark.parametrize("spread", [1e-3, 2.0, 1e3])
def test_it_starts_from_the_mean_of_the_paths(spread: float) -> None:
    head = Head(2, 3, True)
    output = np.tile(head.start(spread=spread, chance=0.25), (1, 2))
    paths = np.array([[[1.0, 2.0, 6.0], [0.0, 0.0, 3.0]]])
    parts = head.parts(output, paths)
    np.testing.assert_allclose(parts.quantiles[0, :, 3], [3.0, 1.0])
    assert parts.logit is not None
    np.testing.assert_allclose(1 / (1 + np.exp(-parts.logit)), 0.25)
    # a logistic distribution with this scale has the standard deviation spread·π/√3/1.7
    np.testing.assert_allclose(
        parts.quantiles[0, 0, 5] - 3.0, spread / 1.7 * np.log(9.0), rtol=1e-6
    )
