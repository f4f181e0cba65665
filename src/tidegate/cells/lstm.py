"""Long short-term memory (Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000).

The equations are torch.nn.LSTM's. Every gate has its own rows of U, V and b:

    i(t) = σ(U_i·x(t) + V_i·h(t−1) + b_i)        what to write
    f(t) = σ(U_f·x(t) + V_f·h(t−1) + b_f)        what to keep
    g(t) = tanh(U_g·x(t) + V_g·h(t−1) + b_g)     the candidate
    o(t) = σ(U_o·x(t) + V_o·h(t−1) + b_o)        what to show
    c(t) = f(t)·c(t−1) + i(t)·g(t)
    h(t) = o(t)·tanh(c(t))
"""

from __future__ import annotations

import numpy as np

from .base import Array, CellSpec, Record, State, Weights, products_grad, sigmoid


def step(x: Array, state: State, w: Weights) -> tuple[State, Record]:
    """One step: the states ``(h, c)`` after it, and its record."""
    h, c = state
    a_i, a_f, a_g, a_o = np.split(w.U @ x + w.b_x + w.V @ h + w.b_h, 4)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c = f * c + i * g
    h = o * np.tanh(c)
    return (h, c), {"i": i, "f": f, "g": g, "o": o, "c": c, "h": h}


def step_grad(
    d_state: State, x: Array, state: State, record: Record, w: Weights
) -> tuple[Array, State, Weights]:
    """The step backward: gradients by x, by the states before it, and by the weights."""
    d_h, d_c = d_state
    h, c = state
    i, f, g, o = (record[gate] for gate in LSTM.gates)
    tanh_c = np.tanh(record["c"])

    d_o = d_h * tanh_c
    d_c = d_c + d_h * o * (1 - tanh_c * tanh_c)
    d_i, d_f, d_g = d_c * g, d_c * c, d_c * i
    d_a = np.concatenate(
        [d_i * i * (1 - i), d_f * f * (1 - f), d_g * (1 - g * g), d_o * o * (1 - o)]
    )
    d_x, d_h, d_w = products_grad(d_a, d_a, x, h, w)
    return d_x, (d_h, d_c * f), d_w


LSTM = CellSpec(
    name="lstm",
    title="LSTM",
    gates=("i", "f", "g", "o"),
    states=("h", "c"),
    record=("i", "f", "g", "o", "c", "h"),
    step=step,
    step_grad=step_grad,
    forget="f",
    chrono=(("f", 1.0), ("i", -1.0)),
    candidates=("g",),
)
