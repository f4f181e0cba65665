"""The simple recurrent cell (Elman 1990; torch.nn.RNN): h(t) = f(U·x(t) + V·h(t−1) + b).

Three cells share the formula: f is tanh, relu, or nothing at all.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .base import Array, CellSpec, Record, State, Weights, products_grad


def _cell(
    name: str, title: str, f: Callable[[Array], Array], slope: Callable[[Array], Array]
) -> CellSpec:
    """The cell with nonlinearity ``f``, whose derivative at h = f(a) is ``slope(h)``."""

    def step(x: Array, state: State, w: Weights) -> tuple[State, Record]:
        (h,) = state
        h = f(w.U @ x + w.b_x + w.V @ h + w.b_h)
        return (h,), {"h": h}

    def step_grad(
        d_state: State, x: Array, state: State, record: Record, w: Weights
    ) -> tuple[Array, State, Weights]:
        (d_h,), (h,) = d_state, state
        d_a = d_h * slope(record["h"])
        d_x, d_h, d_w = products_grad(d_a, d_a, x, h, w)
        return d_x, (d_h,), d_w

    return CellSpec(name, title, ("h",), ("h",), ("h",), step, step_grad)


TANH = _cell("rnn", "RNN", np.tanh, lambda h: 1 - h * h)
RELU = _cell(
    "rnn_relu", "RNN (relu)", lambda a: np.maximum(a, 0), lambda h: (h > 0).astype(h.dtype)
)
LINEAR = _cell("rnn_linear", "RNN (linear)", lambda a: a, np.ones_like)
