"""Every cell in CELLS: its description, its step against torch, its derivative."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from problems import assert_relative, assert_same
from tidegate.cells import CELLS, CellSpec, Weights
from tidegate.cells.base import sigmoid


def random_weights(cell: CellSpec, inputs: int, hidden: int, seed: int) -> Weights:
    random = np.random.default_rng(seed)
    return Weights(*(random.normal(size=shape) for shape in cell.shapes(inputs, hidden).values()))


def random_start(cell: CellSpec, inputs: int, hidden: int, seed: int) -> tuple:
    random = np.random.default_rng(seed + 1)
    return random.normal(size=inputs), tuple(random.normal(size=hidden) for _ in cell.states)


@pytest.mark.parametrize("cell", CELLS.values(), ids=lambda cell: cell.name)
def test_description_holds_together(cell: CellSpec) -> None:
    assert CELLS[cell.name] is cell
    assert cell.states[0] == "h"
    assert set(cell.states) <= set(cell.record)
    assert len(set(cell.record)) == len(cell.record)
    assert set(cell.apart) <= set(cell.gates)
    assert {gate for gate, _ in cell.chrono} <= set(cell.gates)
    assert cell.forget is None or cell.forget in cell.gates
    assert tuple(cell.shapes(2, 3)) == ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


@pytest.mark.parametrize("cell", CELLS.values(), ids=lambda cell: cell.name)
def test_step_equals_torch(cell: CellSpec) -> None:
    torch = pytest.importorskip("torch")
    cells = {
        "lstm": torch.nn.LSTMCell,
        "gru": torch.nn.GRUCell,
        "rnn": torch.nn.RNNCell,
        "rnn_relu": lambda i, h: torch.nn.RNNCell(i, h, nonlinearity="relu"),
    }
    if cell.name not in cells:
        pytest.skip(f"torch has no {cell.name}")
    w, (x, state) = random_weights(cell, 3, 4, seed=0), random_start(cell, 3, 4, seed=0)
    module = cells[cell.name](3, 4).double()
    with torch.no_grad():
        for parameter, value in zip(module.parameters(), w, strict=True):
            parameter.copy_(torch.from_numpy(value))
        tensors = tuple(torch.from_numpy(part) for part in state)
        expected = module(torch.from_numpy(x), tensors if len(tensors) > 1 else tensors[0])
    expected = expected if isinstance(expected, tuple) else (expected,)

    ends, record = cell.step(x, state, w)
    assert tuple(record) == cell.record
    for name, ours, theirs in zip(cell.states, ends, expected, strict=True):
        assert_same(ours, theirs.numpy(), 1e-14, name)  # one step: a few roundings of float64
        assert record[name] is ours


def test_linear_cell_is_its_formula() -> None:
    cell = CELLS["rnn_linear"]
    w, (x, state) = random_weights(cell, 3, 4, seed=0), random_start(cell, 3, 4, seed=0)
    (h,), _ = cell.step(x, state, w)
    assert_same(h, x @ w.U.T + state[0] @ w.V.T + w.b_x + w.b_h, 1e-14)


@pytest.mark.parametrize("cell", CELLS.values(), ids=lambda cell: cell.name)
@given(inputs=st.integers(1, 5), hidden=st.integers(1, 5), seed=st.integers(0, 2**16))
@settings(max_examples=15)
def test_step_grad_is_the_slope(cell: CellSpec, inputs: int, hidden: int, seed: int) -> None:
    """Moving input, states and weights together changes the step as step_grad says."""
    w, (x, state) = (
        random_weights(cell, inputs, hidden, seed),
        random_start(cell, inputs, hidden, seed),
    )
    random = np.random.default_rng(seed + 2)
    d_state = tuple(random.normal(size=hidden) for _ in cell.states)

    _, record = cell.step(x, state, w)
    d_x, d_before, d_w = cell.step_grad(d_state, x, state, record, w)
    assert d_x.shape == x.shape
    assert [part.shape for part in d_w] == [part.shape for part in w]

    given_values = [x, *state, *w]
    gradients = [d_x, *d_before, *d_w]
    directions = [random.normal(size=value.shape) for value in given_values]

    def value(eps: float) -> float:
        moved = [v + eps * d for v, d in zip(given_values, directions, strict=True)]
        n = len(cell.states)
        ends, _ = cell.step(moved[0], tuple(moved[1 : 1 + n]), Weights(*moved[1 + n :]))
        return float(sum((d * end).sum() for d, end in zip(d_state, ends, strict=True)))

    slope = float(sum((g * d).sum() for g, d in zip(gradients, directions, strict=True)))
    # Two step sizes, since a relu may switch within one; the error of central differences is about
    # eps² times a third derivative plus rounding / eps.
    measured = [(value(eps) - value(-eps)) / (2 * eps) for eps in (1e-4, 1e-5, 1e-7)]
    scale = max(
        1.0, float(sum(np.abs(g * d).sum() for g, d in zip(gradients, directions, strict=True)))
    )
    assert min(abs(m - slope) for m in measured) <= 1e-6 * scale


def test_sigmoid_overflows_nowhere_and_keeps_its_symmetry() -> None:
    a = np.array([-1e4, -800.0, -40.0, -1.0, 0.0, 1.0, 40.0, 800.0, 1e4])
    s = sigmoid(a)
    assert s[0] == 0 and s[-1] == 1 and s[4] == 0.5
    assert_relative(s + sigmoid(-a), np.ones_like(a), 1e-15)
    assert_relative(s[2], np.exp(-40.0), 1e-15)
