"""Keras's arrays come in with the outputs that Keras documents.

The equations below are those of keras.io/api/layers/recurrent_layers, in Keras's order of gates,
without a line of tidegate; `benchmarks/keras_weights.py` runs Keras itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from problems import assert_same
from tidegate.errors import ArgumentError
from tidegate.torch import from_keras

I, H = 3, 4
Arrays = list[np.ndarray]


def sigmoid(a: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-a))


def lstm(x: np.ndarray, weights: Arrays) -> np.ndarray:
    """[T, I] → [T, H]; gates i, f, c, o."""
    kernel, recurrent, bias = weights
    h = c = np.zeros(H)
    found = []
    for x_t in x:
        i, f, g, o = np.split(x_t @ kernel + h @ recurrent + bias, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        found.append(h)
    return np.stack(found)


def gru(x: np.ndarray, weights: Arrays) -> np.ndarray:
    """Gates z, r, h; reset_after=True, so the bias is [2, 3H]."""
    kernel, recurrent, bias = weights
    h = np.zeros(H)
    found = []
    for x_t in x:
        x_z, x_r, x_h = np.split(x_t @ kernel + bias[0], 3)
        h_z, h_r, h_h = np.split(h @ recurrent + bias[1], 3)
        z, r = sigmoid(x_z + h_z), sigmoid(x_r + h_r)
        h = z * h + (1 - z) * np.tanh(x_h + r * h_h)
        found.append(h)
    return np.stack(found)


def simple(x: np.ndarray, weights: Arrays) -> np.ndarray:
    kernel, recurrent, bias = weights
    h = np.zeros(H)
    found = []
    for x_t in x:
        h = np.tanh(x_t @ kernel + h @ recurrent + bias)
        found.append(h)
    return np.stack(found)


LAYERS: dict[str, tuple[int, Callable[[np.ndarray, Arrays], np.ndarray]]] = {
    "lstm": (4, lstm),
    "gru": (3, gru),
    "rnn": (1, simple),
}
each_cell = pytest.mark.parametrize("cell", LAYERS)


def arrays(cell: str, inputs: int = I, seed: int = 0) -> Arrays:
    random, width = np.random.default_rng(seed), LAYERS[cell][0] * H
    bias = (2, width) if cell == "gru" else (width,)
    return [random.normal(size=shape) for shape in ((inputs, width), (H, width), bias)]


def both(cell: str, x: np.ndarray, weights: Arrays) -> np.ndarray:
    """A Bidirectional that concatenates."""
    run = LAYERS[cell][1]
    return np.concatenate([run(x, weights[:3]), run(x[::-1], weights[3:])[::-1]], axis=1)


X = np.random.default_rng(9).normal(size=(2, 6, I))


@each_cell
def test_one_direction(cell: str) -> None:
    weights = arrays(cell)
    expected = np.stack([LAYERS[cell][1](x, weights) for x in X])
    assert_same(from_keras(weights).forward(X).y, expected, 1e-12)


@each_cell
def test_both_directions(cell: str) -> None:
    weights = arrays(cell) + arrays(cell, seed=1)
    expected = np.stack([both(cell, x, weights) for x in X])
    assert_same(from_keras(weights).forward(X).y, expected, 1e-12)


@each_cell
def test_layers_above_one_another(cell: str) -> None:
    below = arrays(cell) + arrays(cell, seed=1)
    above = arrays(cell, 2 * H, seed=2) + arrays(cell, 2 * H, seed=3)
    expected = np.stack([both(cell, both(cell, x, below), above) for x in X])
    assert_same(from_keras([below, above]).forward(X).y, expected, 1e-12)


@each_cell
def test_without_biases(cell: str) -> None:
    weights = arrays(cell)
    weights[2][...] = 0
    expected = np.stack([LAYERS[cell][1](x, weights) for x in X])
    assert_same(from_keras(weights[:2]).forward(X).y, expected, 1e-12)


def test_types_and_activations() -> None:
    weights = arrays("rnn")
    assert from_keras(weights).spec.dtype == "float64"
    assert from_keras([a.astype(np.float32) for a in weights]).spec.dtype == "float32"
    for activation, f in (("relu", lambda a: np.maximum(a, 0)), ("linear", lambda a: a)):
        layer = from_keras(weights, activation=activation)  # type: ignore[arg-type]
        expected = f(X[0, 0] @ weights[0] + weights[2])
        assert_same(layer.forward(X[:1, :1]).y[0, 0], expected, 1e-12)


REFUSED: list[tuple[Any, dict[str, Any], str]] = [
    ([*arrays("gru")[:2], np.zeros(3 * H)], {}, "reset_after=False"),
    (arrays("lstm")[:1], {}, "2 or 3 arrays"),
    ([], {}, "got 0"),
    ([np.zeros((I, 2 * H)), np.zeros((H, 2 * H))], {}, "1, 3 or 4 gates"),
    ([*arrays("lstm")[:2], np.zeros(H)], {}, "bias must be numbers of shape"),
    ([*arrays("lstm"), *arrays("lstm", 2)], {}, "as many numbers"),
    ([arrays("lstm"), arrays("lstm")], {}, "layer 1 must read 4 numbers, its kernel reads 3"),
    ([arrays("lstm"), arrays("gru")], {}, "alike in cell"),
    ([["kernel"], "recurrent", "bias"], {}, "2 or 3 arrays"),
    ([np.zeros((I, H), int), *arrays("rnn")[1:]], {}, "kernel must be numbers"),
    (None, {}, "the list of arrays that its get_weights.. gives, got NoneType"),
    ([arrays("lstm"), None], {}, "the list of arrays that its get_weights.. gives, got NoneType"),
    ([*arrays("rnn")[:2], np.array([None] * H)], {}, "bias must be numbers"),
    (arrays("rnn"), {"activation": ["relu"]}, "activation must be one of"),
    (arrays("lstm"), {"activation": "relu"}, "an lstm has tanh"),
    (arrays("rnn"), {"activation": "selu"}, "activation must be one of"),
]


@pytest.mark.parametrize(("weights", "more", "message"), REFUSED, ids=[m for *_, m in REFUSED])
def test_refused(weights: Any, more: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        from_keras(weights, **more)
