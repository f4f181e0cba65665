"""Recurrent layers of torch.nn in tidegate's words: a cell, its sizes and its parameters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..errors import ArgumentError
from ..network import NetworkSpec, NumberInput
from ..network.layers import Layer
from ..network.torch_module import LinearRNN
from .layers import CELLS

Array = NDArray[Any]
Dtype = Literal["float32", "float64"]


@dataclass(frozen=True)
class Recurrent:
    """Some layers of one cell, one above the other.

    Example:
        >>> found = recurrent_of(nn.LSTM(3, 4, bidirectional=True))
        >>> found.cell, found.inputs, found.width, sorted(found.params)[0]
        ('lstm', 3, 8, 'bias_hh_l0')
    """

    cell: str
    inputs: int
    hidden: int
    layers: int
    bidirectional: bool
    dropout: float
    """Between the layers."""
    dtype: Dtype
    params: dict[str, Array]
    """By torch's names."""

    @property
    def width(self) -> int:
        """Numbers that the top layer gives."""
        return self.hidden * (2 if self.bidirectional else 1)

    def layer(self) -> Layer:
        """The same as a `Layer`, with a copy of the parameters."""
        spec = NetworkSpec(
            NumberInput(self.inputs),
            cell=self.cell,
            hidden=self.hidden,
            layers=self.layers,
            bidirectional=self.bidirectional,
            dropout=self.dropout,
            readout="each",
            dtype=self.dtype,
        )
        layer = Layer(spec, seed=0)
        for name, view in layer.params.items():
            if self.params[name].shape != view.shape:
                raise ArgumentError(
                    f"{name} must have shape {view.shape}, got {self.params[name].shape}"
                )
            view[...] = self.params[name]
        return layer

    def below(self, above: Recurrent) -> Recurrent:
        """These layers with others above them.

        Raises:
            ArgumentError: if those are of another kind, or read another width.
        """
        for name in ("cell", "hidden", "bidirectional", "dtype"):
            mine, other = getattr(self, name), getattr(above, name)
            if mine != other:
                raise ArgumentError(
                    f"recurrent layers above one another must be alike: one has {name} {mine!r}, "
                    f"the next {other!r}"
                )
        if above.inputs != self.width:
            raise ArgumentError(
                f"a recurrent layer gives {self.width} numbers, the next one takes {above.inputs}"
            )
        moved = {}
        for name, value in above.params.items():
            part, _, rest = name.partition("_l")
            number, _, suffix = rest.partition("_")
            place = f"{part}_l{int(number) + self.layers}"
            moved[f"{place}_{suffix}" if suffix else place] = value
        layers = self.layers + above.layers
        dropout = max(self.dropout, above.dropout)
        return replace(self, layers=layers, dropout=dropout, params=self.params | moved)


def recurrent_of(module: nn.RNNBase | LinearRNN) -> Recurrent:
    """A layer of torch in these words; without biases they are zero.

    Raises:
        ArgumentError: for projections, types below float32, or another kind of layer.
    """
    dtype = dtype_of(module)
    if isinstance(module, LinearRNN):
        first = module.weight_ih_l0
        assert isinstance(first, Tensor)
        cell, inputs, hidden, layers = "rnn_linear", first.shape[1], module.hidden, module.layers
        bidirectional, dropout = len(module.suffixes) > 1, module.dropout.p
    else:
        if module.proj_size:
            raise ArgumentError(
                f"an nn.LSTM with proj_size={module.proj_size} has no counterpart: tidegate's "
                f"cells have no projection"
            )
        if module.mode not in CELLS:
            raise ArgumentError(f"tidegate has no cell for torch's {module.mode}")
        cell, inputs, hidden = CELLS[module.mode], module.input_size, module.hidden_size
        layers, bidirectional, dropout = module.num_layers, module.bidirectional, module.dropout
    params = {name: as_array(value) for name, value in module.named_parameters()}
    gates = {"lstm": 4, "gru": 3}.get(cell, 1)
    for layer in range(layers):
        for suffix in ("", "_reverse")[: 1 + bidirectional]:
            for name in ("bias_ih", "bias_hh"):
                params.setdefault(f"{name}_l{layer}{suffix}", np.zeros(gates * hidden))
    return Recurrent(cell, inputs, hidden, layers, bidirectional, float(dropout), dtype, params)


def dtype_of(module: nn.Module) -> Dtype:
    """What a module's parameters are of.

    Raises:
        ArgumentError: if they are not all float32, or all float64, or have no values.
    """
    if any(parameter.is_meta for parameter in module.parameters()):
        raise ArgumentError("the module is on the meta device, where parameters have no values")
    found = {parameter.dtype for parameter in module.parameters()}
    if found == {torch.float32}:
        return "float32"
    if found == {torch.float64}:
        return "float64"
    names = ", ".join(sorted(str(dtype) for dtype in found)) or "none"
    raise ArgumentError(
        f"all parameters must be float32 or all float64, got {names}; call module.float() first"
    )


def what(value: Any) -> str:
    """What a value is, for an error.

    Example:
        >>> what(3), what(nn.LSTM)
        ('int', 'the class LSTM; make one of it first')
    """
    if isinstance(value, type):
        return f"the class {value.__name__}; make one of it first"
    return type(value).__name__


def as_array(value: Tensor) -> Array:
    """A tensor's values as an array of its own."""
    found: Array = np.array(value.detach().cpu().numpy())
    return found
