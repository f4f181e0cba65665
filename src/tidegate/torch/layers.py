"""What a recurrent layer of torch is to the core, and one pass of it forwards and backwards."""

from __future__ import annotations

import atexit
import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import torch
from torch import Tensor

from ..network import Network, NetworkSpec, NumberInput
from ..network.parameters import layout, size
from ..network.threads import get_threads, set_threads
from .layout import Places

CELLS = {"LSTM": "lstm", "GRU": "gru", "RNN_TANH": "rnn", "RNN_RELU": "rnn_relu"}
"""The mode of a module of torch.nn → its cell."""
State: TypeAlias = tuple[Tensor | None, Tensor | None]
"""(h, c), ``[layers*D, B, H]``; None for zero, or where there is no c."""
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

    @cached_property
    def size(self) -> int:
        """Values of the core's flat buffer, which has biases always."""
        return size(self.spec)

    @cached_property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Of the weights, in torch's order."""
        own = layout(self.spec)
        return tuple([s for name, s in own if self.bias or not name.startswith("bias")])

    @cached_property
    def sizes(self) -> list[int]:
        """Of the parts of the core's flat buffer, biases too where there are none."""
        return [math.prod(shape) for _, shape in layout(self.spec)]

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


def dense(tensor: Tensor) -> Tensor:
    """Itself, or a copy whose memory holds just its values, as the core reads them."""
    return tensor.contiguous().resolve_neg()


class Pass(NamedTuple):
    """What a pass forwards leaves."""

    h: Tensor
    """``[layers*D, B, H]``, at each sequence's own end."""
    c: Tensor | None
    tape: Any
    """Of the core. It holds a copy of the weights, for they may change before the way back."""


def forwards(
    layers: Layers,
    weights: tuple[Tensor, ...],
    rows: Tensor,
    places: Places,
    state: State,
    *,
    keep: bool,
    seed: int | None,
    step: int = 0,
    y: Tensor | None,
) -> Pass:
    """The layers over some sequences.

    Args:
        layers: which.
        weights: in torch's order.
        rows: ``[.., inputs]``.
        places: B sequences in them.
        state: where they start.
        keep: whether there is a way back.
        seed, step: of the dropout masks; no dropout if seed is None.
        y: ``[.., D*H]`` dense, filled where a sequence has a row; None if nobody asks.
    """
    threads = torch.get_num_threads()
    if threads != get_threads():
        set_threads(threads)
    shape = (layers.layers * layers.directions, len(places), layers.hidden)
    h = rows.new_empty(shape)
    c = rows.new_empty(shape) if layers.has_c else None
    h_0, c_0 = [part if part is None else dense(part) for part in state]
    tape = network_of(layers).native.network.unfold(
        tuple([dense(weight) for weight in weights]),
        dense(rows),
        places.native,
        h_0,
        c_0,
        keep,
        seed is not None,
        seed or 0,
        step,
        y,
        h,
        c,
    )
    return Pass(h, c, tape)


class Back(NamedTuple):
    """What a pass backwards leaves; None of what nobody asked for."""

    rows: Tensor | None
    h: Tensor | None
    c: Tensor | None
    values: Tensor
    """Of all weights, flat."""


def backwards(
    layers: Layers,
    tape: Any,
    places: Places,
    grads: tuple[Tensor | None, ...],
    *,
    rows: Tensor | None,
    state: bool,
    values: Tensor,
) -> Back:
    """From the gradients of outputs and last states to those of all that went in.

    Args:
        layers: which.
        tape: from `forwards`; it is used up.
        places: as given there.
        grads: of y ``[.., D*H]``, and of the last states ``[layers*D, B, H]``; None for zero.
        rows: ``[.., inputs]`` dense, to be filled where a sequence has a row; None if nobody asks.
        state: whether somebody asks for that of the first states.
        values: ``[size]``, to be filled.
    """
    h = c = None
    if state:
        h = values.new_empty((layers.layers * layers.directions, len(places), layers.hidden))
        c = torch.empty_like(h) if layers.has_c else None
    given = [grad if grad is None else dense(grad) for grad in grads]
    network_of(layers).native.network.unfold_backward(tape, *given, values, rows, h, c)
    return Back(rows, h, c, values)


def apart(layers: Layers, values: Tensor) -> list[Tensor]:
    """A flat gradient as views of the weights' shapes, in torch's order."""
    parts = values.split_with_sizes(layers.sizes)
    own = parts if layers.bias else [part for i, part in enumerate(parts) if i % 4 < 2]
    return [
        part if len(shape) == 1 else part.view(shape)
        for part, shape in zip(own, layers.shapes, strict=True)
    ]
