"""Every wrong argument of a layer is one clear line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tidegate as tg
from problems import layer_of
from tidegate.network.layers import Layer

B, T, I, H = 2, 4, 3, 5
X = np.zeros((B, T, I))
STATE = (np.zeros((1, B, H)), np.zeros((1, B, H)))

Call = Callable[[Layer], Any]
FORWARD: list[tuple[Call, str]] = [
    (
        lambda l: l.forward(X[0]),
        "x must be [B, T, 3] with B and T at least 1, got an array of (4, 3)",
    ),
    (
        lambda l: l.forward(X[..., :2]),
        "x must be [B, T, 3] with B and T at least 1, got an array of (2, 4, 2)",
    ),
    (
        lambda l: l.forward(X[:0]),
        "x must be [B, T, 3] with B and T at least 1, got an array of (0, 4, 3)",
    ),
    (
        lambda l: l.forward(X[:, :0]),
        "x must be [B, T, 3] with B and T at least 1, got an array of (2, 0, 3)",
    ),
    (lambda l: l.forward(X.astype(complex)), "x must be numbers, got an array of complex128"),
    (lambda l: l.forward(X.astype(str)), "x must be numbers, got an array of <U32"),
    (lambda l: l.forward(None), "x must be numbers, got an array of object"),
    (
        lambda l: l.forward([[[1, 2, 3]], [[1, 2]]]),
        "x must be an array, got rows of different lengths",
    ),
    (lambda l: l.forward(X, [4]), "lengths must be 2 whole numbers, got an array of (1,) of int64"),
    (
        lambda l: l.forward(X, [4.0, 2.0]),
        "lengths must be 2 whole numbers, got an array of (2,) of float64",
    ),
    (lambda l: l.forward(X, [4, [2]]), "lengths must be an array, got rows of different lengths"),
    (lambda l: l.forward(X, [4, 0]), "lengths must be from 1 to 4, got 0 for sequence 1"),
    (lambda l: l.forward(X, [5, 4]), "lengths must be from 1 to 4, got 5 for sequence 0"),
    (
        lambda l: l.forward(X, [4, -(2**62)]),
        "lengths must be from 1 to 4, got -4611686018427387904 for sequence 1",
    ),
    (lambda l: l.forward(X, None, STATE[0]), "state must be a tuple of 2, (h, c), got ndarray"),
    (lambda l: l.forward(X, None, STATE[:1]), "state must be a tuple of 2, (h, c), got 1"),
    (
        lambda l: l.forward(X, None, (STATE[0], None)),
        "state must be numbers, got an array of object",
    ),
    (
        lambda l: l.forward(X[:1], None, STATE),
        "state must be arrays of (1, 1, 5), got one of (1, 2, 5)",
    ),
    (
        lambda l: l.forward(X, None, (STATE[0], STATE[1][0])),
        "state must be arrays of (1, 2, 5), got one of (2, 5)",
    ),
    (
        lambda l: l.forward(X, dropout_seed=-1),
        "a seed must be a whole number from 0 to 2^64 - 1, got -1",
    ),
    (
        lambda l: l.forward(X, dropout_seed=0.5),
        "a seed must be a whole number from 0 to 2^64 - 1, got 0.5",
    ),
]
BACKWARD: list[tuple[Call, str]] = [
    (lambda l: l.backward(l.forward(X), X), "dy must have shape (2, 4, 5), got (2, 4, 3)"),
    (lambda l: l.backward(l.forward(X), "?"), "dy must be numbers, got an array of <U1"),
    (
        lambda l: l.backward(l.forward(X), None, STATE[:1]),
        "dstate must be a tuple of 2, (h, c), got 1",
    ),
    (
        lambda l: l.backward(l.forward(X[:1]), None, STATE),
        "dstate must be arrays of (1, 1, 5), got one of (1, 2, 5)",
    ),
    (
        lambda l: l.backward(l.forward(X, keep=False), None),
        "this output has no tape: forward() was called with keep=False, or backward() has used it; "
        "call forward() again",
    ),
    (
        lambda l: layer_of("lstm", I, H).backward(l.forward(X), None),
        "the tape is of another network or used up",
    ),
]
STEP: list[tuple[Call, str]] = [
    (lambda l: l.step(X), "x_t must be [B, 3] with B at least 1, got an array of (2, 4, 3)"),
    (lambda l: l.step(X[0, 0]), "x_t must be [B, 3] with B at least 1, got an array of (3,)"),
    (lambda l: l.step(X[:0, 0]), "x_t must be [B, 3] with B at least 1, got an array of (0, 3)"),
    (lambda l: l.step([["a", "b", "c"]]), "x_t must be numbers, got an array of <U1"),
    (lambda l: l.step(X[:, 0], STATE[:1]), "state must be a tuple of 2, (h, c), got 1"),
    (lambda l: l.step(X[:1, 0], STATE), "state must be arrays of (1, 1, 5), got one of (1, 2, 5)"),
]
MAKE: list[tuple[Callable[[], Any], str]] = [
    (
        lambda: tg.LSTM(0, 4),
        "input_size must be a whole number from 1 to 2147483647, got 0",
    ),
    (
        lambda: tg.GRU(3, 1.5),
        "hidden_size must be a whole number from 1 to 2147483647, got 1.5",
    ),  # type: ignore[arg-type]
    (
        lambda: tg.RNN(3, 4, num_layers=0),
        "num_layers must be a whole number from 1 to 1000, got 0",
    ),
    (
        lambda: tg.RNN(3, 4, dropout=1.0),
        "dropout must be at least 0 and below 1, got 1.0",
    ),
    (
        lambda: tg.GRU(3, 4, bidirectional=2),
        "bidirectional must be True or False, got 2",
    ),  # type: ignore[arg-type]
    (
        lambda: tg.LSTM(3, 4, dtype="float16"),
        "dtype must be one of 'float32', 'float64', got 'float16'",
    ),  # type: ignore[arg-type]
    (
        lambda: tg.LSTM(3, 4, dtype=None),
        "dtype must be one of 'float32', 'float64', got None",
    ),  # type: ignore[arg-type]
    (lambda: tg.LSTM(3, 4, seed=-1), "seed must be a whole number from 0 up, got -1"),
    (
        lambda: tg.RNN(3, 4, nonlinearity="sin"),
        "nonlinearity must be one of ['tanh', 'relu', 'linear'], got 'sin'",
    ),  # type: ignore[arg-type]
    (
        lambda: tg.RNN(3, 4, nonlinearity=["tanh"]),
        "nonlinearity must be one of ['tanh', 'relu', 'linear'], got ['tanh']",
    ),  # type: ignore[arg-type]
    (
        lambda: tg.LSTM(1, 2**31 - 1),
        f"a network with {4 * (2**31 - 1) * (2**31 + 2)} parameters does not fit into memory; "
        "take fewer units or inputs",
    ),
]


@pytest.mark.parametrize("dtype", [np.float64, np.dtype("f8"), "f8", float])
def test_a_dtype_as_numpy_takes_it(dtype: Any) -> None:
    layer = tg.LSTM(3, 4, dtype=dtype)
    assert layer.spec == tg.LSTM(3, 4, dtype="float64").spec
    assert layer.forward(np.ones((1, 2, 3))).y.dtype == np.float64


@pytest.mark.parametrize(("call", "message"), FORWARD + BACKWARD + STEP)
def test_a_wrong_argument(call: Call, message: str) -> None:
    layer = layer_of("lstm", I, H)
    with pytest.raises(tg.ArgumentError) as error:
        call(layer)
    assert str(error.value) == message
    layer.backward(layer.forward(X), None)  # and the layer is as good as before


@pytest.mark.parametrize(("call", "message"), MAKE)
def test_a_wrong_layer(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(tg.ArgumentError) as error:
        call()
    assert str(error.value) == message


def test_a_state_goes_with_its_own_batch_and_layer() -> None:
    layer = layer_of("lstm", I, H)
    _, state = layer.step(X[:, 0])
    for call in (
        lambda: layer.step(X[:1, 0], state),
        lambda: layer_of("lstm", I, 2 * H).step(X[:, 0], state),
        lambda: layer_of("lstm", I, H, 2).step(X[:, 0], state),
    ):
        with pytest.raises(tg.ArgumentError, match="state must be arrays of"):
            call()


def test_only_one_direction_has_steps() -> None:
    layer = tg.GRU(I, H, bidirectional=True)
    with pytest.raises(tg.ArgumentError, match="a bidirectional layer reads the end first"):
        layer.step(X[:, 0])


def test_an_error_is_a_value_error_too() -> None:
    with pytest.raises(ValueError, match="x must be"):
        tg.LSTM(I, H).forward(X[0])
