"""What a recurrent layer of torch is to the core, and one pass of it forwards and backwards."""

from __future__ import annotations

import atexit
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..network import Network, NetworkSpec, NumberInput
from ..network.layers import get_threads, set_threads
from ..network.parameters import size
from .layout import Places

Array = NDArray[Any]

CELLS = {"LSTM": "lstm", "GRU": "gru", "RNN_TANH": "rnn", "RNN_RELU": "rnn_relu"}
"""The mode of a module of torch.nn → its cell."""
DTYPES = {torch.float32: "float32", torch.float64: "float64"}
"""What the core computes in."""


@dataclass(frozen=True)
class Layers:
    """The layers of one module."""

    cell: str
    inputs: int
    hidden: int
    layers: int
    bidirectional: bool
    bias: bool
    dropout: float
    """Between the layers; 0 where nothing is dropped."""
    dtype: torch.dtype

    @property
    def directions(self) -> int:
        """1 or 2."""
        return 2 if self.bidirectional else 1

    @property
    def has_c(self) -> bool:
        """Whether there is a cell state."""
        return self.cell == "lstm"

    @property
    def per_layer(self) -> int:
        """Weights of a layer and direction: two matrices, and two biases if any."""
        return 4 if self.bias else 2

    @property
    def spec(self) -> NetworkSpec:
        """The same for the core, without a head."""
        return NetworkSpec(
            NumberInput(self.inputs),
            cell=self.cell,
            hidden=self.hidden,
            layers=self.layers,
            bidirectional=self.bidirectional,
            dropout=self.dropout,
            readout="each",
            dtype=DTYPES[self.dtype],  # type: ignore[arg-type]
        )


@lru_cache(maxsize=64)
def network_of(layers: Layers) -> Network:
    """The core's side of all modules of one kind; what parameters it holds does not matter."""
    spec = layers.spec
    return Network(spec, parameters=np.zeros(size(spec), spec.dtype))


# the core's objects go before the interpreter does
atexit.register(network_of.cache_clear)


def flat(layers: Layers, weights: tuple[Tensor, ...]) -> Array:
    """Torch's weights, in torch's order, as the one buffer that the core reads.

    A copy: an optimizer may change the weights before the way back. It is NumPy's, for torch's
    would wake its workers, which then wait at full speed on the cores that ours are to use.
    """
    parts = [weight.detach().numpy().ravel() for weight in weights]
    if not layers.bias:
        zero = np.zeros(2 * weights[0].shape[0], parts[0].dtype)
        parts = [part for i in range(0, len(parts), 2) for part in (*parts[i : i + 2], zero)]
    result: Array = np.concatenate(parts)
    return result


def apart(layers: Layers, gradient: Tensor, weights: tuple[Tensor, ...]) -> list[Tensor]:
    """The flat gradient as views of the weights' shapes."""
    found, at = [], 0
    for i, weight in enumerate(weights):
        found.append(gradient[at : at + weight.numel()].view(weight.shape))
        at += weight.numel()
        if not layers.bias and i % 2:
            at += 2 * weight.shape[0]
    return found


class Pass(NamedTuple):
    """What a pass forwards leaves."""

    h: Tensor
    """``[layers*D, B, H]``, at each sequence's own end."""
    c: Tensor | None
    tape: Any
    """Of the core."""


def forwards(
    layers: Layers,
    rows: Tensor,
    places: Places,
    state: tuple[Array, ...],
    values: Array,
    *,
    keep: bool,
    seed: int | None,
    step: int = 0,
    y: Tensor,
) -> Pass:
    """The layers over some sequences.

    Args:
        layers: which.
        rows: ``[N, inputs]``, contiguous.
        places: B sequences in them.
        state: (h, c) or (h,), ``[layers*D, B, H]`` contiguous.
        values: the parameters, from `flat`.
        keep: whether there is a way back.
        seed, step: of the dropout masks; no dropout if seed is None.
        y: ``[N, D*H]`` contiguous, filled where a sequence has a row.
    """
    threads = torch.get_num_threads()
    if threads != get_threads():
        set_threads(threads)
    network = network_of(layers)
    native = network.native
    sequences = native.placed(rows.numpy(), places.start, places.length, places.offset, state)
    tape = native.network.forward(
        values, sequences, keep, True, seed is not None, seed or 0, step, 0
    )
    tape.output(y.numpy())
    shape = (layers.layers * layers.directions, len(places), layers.hidden)
    h = rows.new_empty(shape)
    c = rows.new_empty(shape) if layers.has_c else None
    tape.final_state(h.numpy(), None if c is None else c.numpy())
    return Pass(h, c, tape)


class Back(NamedTuple):
    """What a pass backwards leaves."""

    h: Tensor
    c: Tensor | None
    values: Tensor
    """Flat."""


def backwards(
    layers: Layers,
    tape: Any,
    rows: Tensor,
    places: Places,
    dy: Tensor | None,
    dh: Tensor | None,
    dc: Tensor | None,
    *,
    d_rows: Tensor | None,
) -> Back:
    """From the gradients of outputs and last states to those of all that went in.

    Args:
        layers: which.
        tape: from `forwards`; it is used up.
        rows, places: as given there.
        dy: ``[rows, D*H]``; dh, dc: ``[layers*D, B, H]``, all contiguous; None for zero.
        d_rows: ``[N, inputs]``, to be filled where a sequence has a row; None if nobody asks.
    """
    network = network_of(layers)
    shape = (layers.layers * layers.directions, len(places), layers.hidden)
    values = rows.new_empty(len(network.values))
    h = rows.new_empty(shape)
    c = rows.new_empty(shape) if layers.has_c else None
    network.native_backward(
        tape,
        None if dy is None else dy.numpy(),
        gradient=values.numpy(),
        d_state=tuple(None if d is None else d.numpy() for d in (dh, dc)),  # type: ignore[arg-type]
        d_input=None if d_rows is None else d_rows.numpy(),
        d_initial=(h.numpy(), None if c is None else c.numpy()),
    )
    return Back(h, c, values)
