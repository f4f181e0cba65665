"""A ridge regression, and what it says of what is left out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import Ridge as Peer

from tidegate.sequence import ridge
from tidegate.sequence.ridge import solve

Array = np.ndarray[Any, Any]


def problem(n: int, features: int) -> tuple[Array, Array, Array]:
    random = np.random.default_rng(n)
    x = random.normal(size=(n, features)) * random.uniform(0.5, 2, features) + 3
    y = x[:, :2] @ random.normal(size=(2, 3)) + random.normal(size=(n, 3))
    return x, y, random.uniform(0.5, 2, n)


SHAPES = [(12, 30), (30, 12)]


def scaled(x: Array, weights: Array) -> Array:
    share = weights / weights.sum()
    return (x - share @ x) / np.sqrt(share @ (x - share @ x) ** 2)


@pytest.mark.parametrize("strength", [0.02, 1e-8])
@pytest.mark.parametrize(("n", "features"), SHAPES)
def test_as_scikit_learn_has_it(
    n: int, features: int, strength: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y, weights = problem(n, features)
    monkeypatch.setattr(ridge, "STRENGTHS", np.array([strength]))
    found, left_out = solve(x, y, weights)
    z = scaled(x, weights)
    # the penalty goes by the sum of squares, which is that of the features, all in deviations
    penalty = strength * features * weights.sum()
    whole = Peer(alpha=penalty).fit(z, y, sample_weight=weights)
    np.testing.assert_allclose(found.outputs(x.astype(np.float32)), whole.predict(z), atol=1e-4)
    for i in range(n):
        others = np.arange(n) != i
        # units of the features and penalty stay those of all
        part = Peer(alpha=penalty).fit(z[others], y[others], sample_weight=weights[others])
        np.testing.assert_allclose(left_out[i], part.predict(z[i : i + 1])[0], atol=1e-6)


@pytest.mark.parametrize(("n", "features"), SHAPES)
def test_a_weight_of_two_is_a_row_twice(n: int, features: int) -> None:
    x, y, _ = problem(n, features)
    twice = np.arange(n) % 3 == 0
    rows = np.repeat(np.arange(n), 1 + twice)
    for penalty in ridge.STRENGTHS[::5]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ridge, "STRENGTHS", np.array([penalty]))
            one = solve(x, y, 1.0 + twice)[0]
            other = solve(x[rows], y[rows], np.ones(len(rows)))[0]
        np.testing.assert_allclose(one.weight, other.weight, rtol=1e-3, atol=1e-5)


def test_noise_gets_a_large_penalty() -> None:
    random = np.random.default_rng(0)
    x, noise = random.normal(size=(40, 60)), random.normal(size=(40, 1))
    told = x[:, :1] * 3
    of_noise, of_told = solve(x, noise, np.ones(40))[0], solve(x, told, np.ones(40))[0]
    assert np.linalg.norm(of_noise.weight) < 0.2
    assert np.linalg.norm(of_told.weight) > 1


def test_columns_that_never_move() -> None:
    x = np.column_stack([np.arange(6.0), np.full(6, 7.0), np.zeros(6)])
    found, left_out = solve(x, x[:, :1], np.ones(6))
    np.testing.assert_allclose(found.outputs(x.astype(np.float32)), x[:, :1], atol=1e-2)
    assert np.isfinite(left_out).all()
