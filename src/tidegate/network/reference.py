"""The whole network in NumPy: slow, readable, and the oracle that the native core is held against.

A recurrent network reads a sequence step by step and carries a state h from each step to the next:

    x(t)                                    what step t reads                    read()
    h(t) = f(U·x(t) + V·h(t−1) + b)         the cell, see tidegate.cells         unfold()
    r(t) = h(t), or one r for all steps     which states reach the head          readout()
    o(t) = W·h(t) + b                       the head                             head()
    y(t) = softmax(o(t))                    chances, where classes are asked     softmax()

Layers are stacked: the states of one are the inputs of the next. Below, each formula is a function
of one sequence, a matrix with a row for each step. Its derivative ``..._grad`` stands beside it:
from the gradient by what the function returned to the gradients by what it was given, which for
`unfold` is backpropagation through time. `reference_network.py` puts them together for many
sequences, and `reference_loss.py` has the losses.

Letters: T steps, I inputs of a step, H hidden units, D directions, R width of the readout,
O outputs. A name that starts with ``d_`` is the gradient of the loss by what follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..cells import Array, CellSpec, Record, State, Weights
from ..data.bags import TokenBags
from .reference_loss import softmax as softmax
from .spec import NumberInput, Readout, TokenInput

Params: TypeAlias = Mapping[str, Array]
"""Parameters by torch's names, see `parameters.layout`."""


# ---- x(t): what a step reads ---------------------------------------------------------------------


def read(
    spec: NumberInput | TokenInput,
    params: Params,
    rows: NDArray[Any] | TokenBags,
    shift: Array | None = None,
    factor: Array | None = None,
) -> tuple[Array, NDArray[Any]]:
    """The inputs of the first layer, one row a step.

    Args:
        spec: how rows become steps.
        params: ``embedding_weight``, or ``dense_weight`` and ``dense_bias``, if the spec asks.
        rows: of one sequence; ``[T*segment, columns]`` numbers, or ``[T]`` token ids,
            or TokenBags of them.
        shift: ``[columns]``, taken off every row first; None for 0.
        factor: ``[columns]``, multiplied to it then; None for 1.

    Returns:
        ``X [T, I]``, and what `read_grad` needs: token ids, bags, or the steps before
        the dense layer.
    """
    if isinstance(rows, TokenBags):
        bags = rows.matrix(len(params["embedding_weight"]))[rows.ids]
        return bags @ params["embedding_weight"], bags
    if isinstance(spec, TokenInput):
        return params["embedding_weight"][rows], rows
    scaled = (rows - (0 if shift is None else shift)) * (1 if factor is None else factor)
    steps = scaled.reshape(-1, spec.size)
    if not spec.dense:
        return steps, steps
    return np.maximum(steps @ params["dense_weight"].T + params["dense_bias"], 0), steps


def read_grad(
    spec: NumberInput | TokenInput,
    params: Params,
    read_steps: NDArray[Any],
    X: Array,
    d_X: Array,
    factor: Array | None = None,
) -> tuple[Array | None, dict[str, Array]]:
    """The gradients by the rows (None for tokens) and by the input's own parameters."""
    if isinstance(spec, TokenInput):
        if read_steps.ndim == 2:  # bags
            return None, {"embedding_weight": read_steps.T @ d_X}
        d_embedding = np.zeros_like(params["embedding_weight"])
        np.add.at(d_embedding, read_steps, d_X)  # a token that comes twice counts twice
        return None, {"embedding_weight": d_embedding}
    d_params = {}
    if spec.dense:
        d_X = d_X * (X > 0)
        d_params = {"dense_weight": d_X.T @ read_steps, "dense_bias": d_X.sum(axis=0)}
        d_X = d_X @ params["dense_weight"]
    return d_X.reshape(-1, spec.columns) * (1 if factor is None else factor), d_params


# ---- h(t) = f(U·x(t) + V·h(t−1) + b): the one loop over time -------------------------------------


@dataclass(frozen=True)
class Unfolded:
    """A cell that has been run over a sequence, and all that its way back needs."""

    X: Array
    """Inputs, ``[T, I]``."""
    order: range
    """The steps in the order they were run: backwards for the reverse direction."""
    before: list[State]
    """The state each step started from, by step."""
    records: list[Record]
    """The gates and states of each step, by step."""
    state: State
    """The state after the last step that was run."""

    @property
    def H(self) -> Array:
        """The hidden state of every step, ``[T, H]``."""
        return np.stack([record["h"] for record in self.records])


def unfold(cell: CellSpec, w: Weights, X: Array, state: State, reverse: bool = False) -> Unfolded:
    """Runs a cell over the steps of ``X`` ``[T, I]``, from the first to the last or in reverse.

    Example: with U = 1 and V = 2 a linear cell doubles what it holds and adds what it reads.
        >>> from tidegate.cells import CELLS
        >>> w = Weights(np.ones((1, 1)), 2 * np.ones((1, 1)), np.zeros(1), np.zeros(1))
        >>> X = np.array([[1.0], [0.0], [5.0]])
        >>> unfold(CELLS["rnn_linear"], w, X, state=(np.zeros(1),)).H.tolist()
        [[1.0], [2.0], [9.0]]
    """
    order = range(len(X))[::-1] if reverse else range(len(X))
    before: list[State] = [()] * len(X)
    records: list[Record] = [{}] * len(X)
    for t in order:
        before[t] = state
        state, records[t] = cell.step(X[t], state, w)
    return Unfolded(X, order, before, records, state)


def unfold_grad(
    cell: CellSpec, w: Weights, run: Unfolded, d_H: Array, d_state: State
) -> tuple[Array, State, Weights]:
    """The run backward, last step first.

    Args:
        cell: the cell that was run, and
        w: its weights.
        run: what `unfold` returned.
        d_H: gradient by the hidden state of every step, ``[T, H]``.
        d_state: gradient by the state after the last step.

    Returns:
        The gradients by X ``[T, I]``, by the first state, and by the weights.
    """
    d_X = np.zeros_like(run.X)
    d_w = Weights(*(np.zeros_like(part) for part in w))
    for t in reversed(run.order):
        d_state = (d_state[0] + d_H[t], *d_state[1:])  # h(t) is seen from above and from t+1
        d_X[t], d_state, d_w_t = cell.step_grad(d_state, run.X[t], run.before[t], run.records[t], w)
        for total, part in zip(d_w, d_w_t, strict=True):
            total += part
    return d_X, d_state, d_w


# ---- r: which states reach the head --------------------------------------------------------------


def readout(kind: Readout, H: Array, hidden: int, last: int = 0) -> Array:
    """What the head is given: one row for each step (``each``), or one for the sequence.

    Args:
        kind: ``last`` takes each direction's state after its own last step, which for the reverse
            direction is step 0; ``mean``, ``max`` and ``mean+max`` pool over the steps.
        H: the top layer's states, directions side by side, ``[T, D*hidden]``.
        hidden: units of one direction.
        last: for ``each``, so many of the last steps alone; 0 for all.

    Returns:
        ``[T, D*hidden]`` or ``[last, D*hidden]`` for ``each``, else ``[1, R]``.
    """
    if kind == "each":
        return H[-last:]
    if kind == "last":
        return np.concatenate([H[-1:, :hidden], H[:1, hidden:]], axis=1)
    pools = {"mean": H.mean(axis=0, keepdims=True), "max": H.max(axis=0, keepdims=True)}
    return np.concatenate([pools[pool] for pool in kind.split("+")], axis=1)


def readout_grad(kind: Readout, H: Array, d_r: Array, hidden: int) -> Array:
    """The gradient by H; that of a maximum goes to the first step that reaches it."""
    d_H = np.zeros_like(H)
    if kind == "each":
        d_H[len(H) - len(d_r) :] = d_r
        return d_H
    if kind == "last":
        d_H[-1, :hidden] += d_r[0, :hidden]
        d_H[0, hidden:] += d_r[0, hidden:]
        return d_H
    pools = kind.split("+")
    for pool, d_pool in zip(pools, np.split(d_r[0], len(pools)), strict=True):
        if pool == "mean":
            d_H += d_pool / len(H)
        else:
            d_H[H.argmax(axis=0), np.arange(H.shape[1])] += d_pool
    return d_H


# ---- o = W·r + b: the head -----------------------------------------------------------------------


def head(params: Params, r: Array) -> Array:
    """The outputs ``[rows, O]`` for readouts ``r [rows, R]``; ``r`` itself without a head."""
    if "head_bias" not in params:
        return r
    return r @ params[_head_weight(params)].T + params["head_bias"]


def head_grad(params: Params, r: Array, d_o: Array) -> tuple[Array, dict[str, Array]]:
    """The gradients by r and by the head's parameters."""
    if "head_bias" not in params:
        return d_o, {}
    weight = _head_weight(params)
    return d_o @ params[weight], {weight: d_o.T @ r, "head_bias": d_o.sum(axis=0)}


def _head_weight(params: Params) -> str:
    """Its name: a tied head has the embedding's."""
    return "head_weight" if "head_weight" in params else "embedding_weight"
