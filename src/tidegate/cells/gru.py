"""The gated recurrent unit (Cho et al. 2014), in the variant of torch.nn.GRU and cuDNN.

The reset gate acts after the state's product, which is why n needs both biases:

    r(t) = σ(U_r·x(t) + V_r·h(t−1) + b_r)                      how much of the past n sees
    z(t) = σ(U_z·x(t) + V_z·h(t−1) + b_z)                      what to keep
    n(t) = tanh(U_n·x(t) + b_xn + r(t)·(V_n·h(t−1) + b_hn))    the candidate
    h(t) = (1 − z(t))·n(t) + z(t)·h(t−1)
"""

from __future__ import annotations

import numpy as np

from .base import Array, CellSpec, Record, State, Weights, products_grad, sigmoid


def step(x: Array, state: State, w: Weights) -> tuple[State, Record]:
    """One step: the state ``(h,)`` after it, and its record."""
    (h,) = state
    u_r, u_z, u_n = np.split(w.U @ x + w.b_x, 3)
    v_r, v_z, v_n = np.split(w.V @ h + w.b_h, 3)
    r = sigmoid(u_r + v_r)
    z = sigmoid(u_z + v_z)
    n = np.tanh(u_n + r * v_n)
    h = (1 - z) * n + z * h
    return (h,), {"r": r, "z": z, "n": n, "h": h}


def step_grad(
    d_state: State, x: Array, state: State, record: Record, w: Weights
) -> tuple[Array, State, Weights]:
    """The step backward: gradients by x, by the state before it, and by the weights."""
    (d_h,), (h,) = d_state, state
    r, z, n = (record[gate] for gate in GRU.gates)
    v_n = np.split(w.V @ h + w.b_h, 3)[2]

    d_n = d_h * (1 - z) * (1 - n * n)
    d_z = d_h * (h - n) * z * (1 - z)
    d_r = d_n * v_n * r * (1 - r)
    d_u = np.concatenate([d_r, d_z, d_n])
    d_v = np.concatenate([d_r, d_z, d_n * r])
    d_x, d_h_product, d_w = products_grad(d_u, d_v, x, h, w)
    return d_x, (d_h * z + d_h_product,), d_w


GRU = CellSpec(
    name="gru",
    title="GRU",
    gates=("r", "z", "n"),
    states=("h",),
    record=("r", "z", "n", "h"),
    step=step,
    step_grad=step_grad,
    chrono=(("z", 1.0),),
    apart=("n",),
    candidates=("n",),
)
