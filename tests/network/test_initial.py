"""Initial values have the distribution that their name promises, and come from the seed alone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from problems import assert_same
from tidegate.cells import CELLS
from tidegate.errors import ArgumentError
from tidegate.network import Init, NetworkSpec, NumberInput, TokenInput
from tidegate.network.initial import initial
from tidegate.network.parameters import views

H = 32


def params_of(cell: str = "lstm", seed: int = 0, **settings: object) -> dict[str, np.ndarray]:
    base = {"input": NumberInput(20, dense=10), "layers": 2, "bidirectional": True, "outputs": 50}
    spec = NetworkSpec(cell=cell, hidden=H, dtype="float64", **{**base, **settings})  # type: ignore[arg-type]
    return views(spec, initial(spec, seed))


def gate(params: dict[str, np.ndarray], cell: str, parameter: str, name: str) -> np.ndarray:
    gates = CELLS[cell].gates
    return np.split(params[parameter], len(gates))[gates.index(name)]


def assert_uniform(values: np.ndarray, bound: float) -> None:
    """Fills ±bound: nothing beyond, the variance bound²/3 within four standard errors.

    The variance of a sample of n uniform values has the standard error bound²·√(4/45/n).
    """
    assert np.abs(values).max() <= bound
    assert np.abs(values).max() > 0.9 * bound
    error = bound**2 * np.sqrt(4 / 45 / values.size)
    assert abs(np.mean(values**2) - bound**2 / 3) < 4 * error


@pytest.mark.parametrize("cell", CELLS)
def test_recurrent_weights_are_orthogonal_gate_by_gate(cell: str) -> None:
    params = params_of(cell)
    for suffix in ("_l0", "_l0_reverse", "_l1", "_l1_reverse"):
        blocks = np.split(params[f"weight_hh{suffix}"], len(CELLS[cell].gates))
        for block in blocks:
            assert_same(block @ block.T, np.eye(H), 1e-13)
        for a, b in pairwise(blocks):
            assert not np.allclose(a, b)


@pytest.mark.parametrize("cell", CELLS)
def test_identity(cell: str) -> None:
    weight = params_of(cell, init=Init(recurrent="identity"))["weight_hh_l1"]
    assert np.array_equal(weight, np.tile(np.eye(H), (len(CELLS[cell].gates), 1)))


@pytest.mark.parametrize("cell", CELLS)
def test_glorot_gate_by_gate(cell: str) -> None:
    params = params_of(cell)
    assert_uniform(params["weight_ih_l0"], np.sqrt(6 / (10 + H)))
    assert_uniform(params["weight_ih_l1"], np.sqrt(6 / (2 * H + H)))
    assert_uniform(params["dense_weight"], np.sqrt(6 / (20 + 10)))
    assert_uniform(params["head_weight"], np.sqrt(6 / (2 * H + 50)))


@pytest.mark.parametrize("cell", CELLS)
def test_biases_are_zero_but_for_the_forget_gates(cell: str) -> None:
    for name, value in params_of(cell, init=Init(forget_bias=1.5)).items():
        if "bias" not in name:
            continue
        expected = np.zeros_like(value)
        if CELLS[cell].forget is not None and name.startswith("bias_ih"):
            gate = CELLS[cell].gates.index(CELLS[cell].forget)
            expected[gate * H : (gate + 1) * H] = 1.5
        assert np.array_equal(value, expected), name


@pytest.mark.parametrize("cell", [cell for cell in CELLS if CELLS[cell].chrono])
@pytest.mark.parametrize("init", [Init(chrono=100), Init(bias="uniform", chrono=100)], ids=str)
def test_chrono(cell: str, init: Init) -> None:
    signs = {"lstm": {"f": 1, "i": -1}, "gru": {"z": 1}}.get(cell, dict(CELLS[cell].chrono))
    params = params_of(cell, init=init)
    total = {
        name: params[name] + params[name.replace("_ih", "_hh")]
        for name in params
        if "bias_ih" in name
    }
    for name in total:
        b_f, *others = (sign * gate(total, cell, name, each) for each, sign in signs.items())
        assert b_f.min() >= 0 and b_f.max() <= np.log(99)
        # the forget gate's own time scale, 1/(1 − σ(b)) = 1 + e^b, spreads over the lags asked for
        assert 0.25 < np.mean(np.exp(b_f) < 50) < 0.75
        assert all(np.array_equal(other, b_f) for other in others)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_torchs_uniform(cell: str) -> None:
    params = params_of(cell, init=Init.torch())
    for name, value in params.items():
        fan = {"dense": 20, "head": 2 * H}.get(name.split("_")[0], H)
        if value.size > 100:
            assert_uniform(value, 1 / np.sqrt(fan))
        else:
            assert 0 < np.abs(value).max() <= 1 / np.sqrt(fan)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_torchs_uniform_is_what_torch_draws(cell: str) -> None:
    torch = pytest.importorskip("torch")
    makers = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}
    for name, value in makers[cell](10, H, num_layers=2).named_parameters():
        assert value.abs().max() <= 1 / np.sqrt(H), name
        if value.numel() > 1000:
            assert_uniform(value.detach().numpy().astype(float), 1 / np.sqrt(H))


@pytest.mark.parametrize(("init", "scale"), [(Init(), 0.2), (Init.torch(), 1.0)], ids=str)
def test_embedding(init: Init, scale: float) -> None:
    weight = params_of(input=TokenInput(400, 25), init=init)["embedding_weight"]
    # the standard error of a standard deviation from n values is σ/√(2n)
    assert abs(weight.std() - scale) < 4 * scale / np.sqrt(2 * weight.size)


def test_the_seed_alone_decides() -> None:
    first, again, other = params_of(seed=1), params_of(seed=1), params_of(seed=2)
    for name, value in first.items():
        assert np.array_equal(value, again[name])
        assert np.array_equal(value, other[name]) == ("bias" in name)


def test_float32_is_the_rounded_float64() -> None:
    spec = NetworkSpec(NumberInput(2), hidden=8)
    values = initial(spec, 3)
    assert values.dtype == np.float32
    assert np.array_equal(values, initial(spec.but(dtype="float64"), 3).astype(np.float32))


@pytest.mark.parametrize("seed", [-1, 1.0, True, None, "0"])
def test_a_seed_is_a_whole_number(seed: object) -> None:
    with pytest.raises(ArgumentError, match="seed must be a whole number from 0 up"):
        initial(NetworkSpec(NumberInput(1)), seed)  # type: ignore[arg-type]
