"""What a cell is: the names of its parts, and one step of it forward and backward.

Letters, here and in every cell's file, are those of a lecture: ``x`` is the input x(t) of a step,
``h`` the hidden state it starts from, h(t−1). ``U`` weighs the input, ``V`` the state:

    h(t) = f(U·x(t) + V·h(t−1) + b)

A cell with gates stacks one such formula per gate: the rows of ``U``, ``V`` and ``b`` are blocks of
H rows, one block a gate, in torch's order. Like torch, it has two biases, ``b_x`` beside the
input's product and ``b_h`` beside the state's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.floating[Any]]
State: TypeAlias = tuple[Array, ...]
"""What a cell carries from step to step: ``(h,)`` or ``(h, c)``, each ``[H]``."""
Record: TypeAlias = dict[str, Array]
"""The gates and states of one step by name, each ``[H]``."""


class Weights(NamedTuple):
    """The parameters of one layer in one direction, or their gradients; G gates."""

    U: Array
    """``weight_ih``, ``[G*H, I]``."""
    V: Array
    """``weight_hh``, ``[G*H, H]``."""
    b_x: Array
    """``bias_ih``, ``[G*H]``."""
    b_h: Array
    """``bias_hh``, ``[G*H]``."""


Step: TypeAlias = Callable[[Array, State, Weights], tuple[State, Record]]
StepGrad: TypeAlias = Callable[[State, Array, State, Record, Weights], tuple[Array, State, Weights]]


@dataclass(frozen=True)
class CellSpec:
    """A recurrent cell, described once for everything that needs to know about it.

    Example:
        >>> from tidegate.cells import CELLS
        >>> CELLS["lstm"].gates
        ('i', 'f', 'g', 'o')
        >>> CELLS["lstm"].shapes(inputs=8, hidden=64)["weight_ih"]
        (256, 8)
    """

    name: str
    """The cell's key in ``CELLS``."""
    title: str
    """The cell's name in print, for example ``LSTM``."""
    gates: tuple[str, ...]
    """The gates, in the order of their blocks in every parameter: torch's."""
    states: tuple[str, ...]
    """What is carried from step to step; the first is the layer's output."""
    record: tuple[str, ...]
    """What ``step`` reports of itself: gates first, then states."""
    step: Step
    """``(x, state, weights) -> (state, record)``: one step of one sequence, x ``[I]``."""
    step_grad: StepGrad
    """``(d_state, x, state, record, weights) -> (d_x, d_state, d_weights)``: one step backward.

    The first argument is the gradient by the states that ``step`` returned; ``state`` is what it
    started from and ``record`` what it reported."""
    forget: str | None = None
    """The gate that a forget bias is added to, if the cell has one."""
    chrono: tuple[tuple[str, float], ...] = ()
    """The gates that a chrono initialisation sets, each with its sign; empty for none."""
    apart: tuple[str, ...] = ()
    """The gates that use the input's and the state's product apart, not their sum."""
    candidates: tuple[str, ...] = ()
    """Of the gates, those that are no share from 0 to 1 but new content, a tanh from −1 to 1."""

    def shapes(self, inputs: int, hidden: int) -> dict[str, tuple[int, ...]]:
        """Name and shape of each parameter of one layer and direction, in their order."""
        rows = len(self.gates) * hidden
        return {
            "weight_ih": (rows, inputs),
            "weight_hh": (rows, hidden),
            "bias_ih": (rows,),
            "bias_hh": (rows,),
        }


def sigmoid(a: Array) -> Array:
    """1 / (1 + e^−a), without overflow for any a."""
    e = np.exp(-np.abs(a))
    return np.where(a >= 0, 1 / (1 + e), e / (1 + e))


def products_grad(
    d_u: Array, d_v: Array, x: Array, h: Array, w: Weights
) -> tuple[Array, Array, Weights]:
    """Gradients of the two products that every cell starts with, u = U·x + b_x and v = V·h + b_h.

    Args:
        d_u: gradient by u, ``[G*H]``.
        d_v: gradient by v, ``[G*H]``.
        x: input of the step, ``[I]``.
        h: hidden state the step started from, ``[H]``.
        w: the layer's weights.

    Returns:
        The gradients by x, by h and by the weights.
    """
    return w.U.T @ d_u, w.V.T @ d_v, Weights(np.outer(d_u, x), np.outer(d_v, h), d_u, d_v)
