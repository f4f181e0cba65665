"""The way in from Keras: its lists of arrays as a layer. Keras itself is not needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..network import NetworkSpec, NumberInput
from ..network.layers import Layer

Array = NDArray[Any]

_CELLS = {4: "lstm", 3: "gru", 1: "rnn"}
"""By the number of gates, which the shapes of the arrays give away."""
_ORDERS = {
    "lstm": (0, 1, 2, 3),  # Keras: i f c o; here: i f g o, and g is what Keras calls c
    "gru": (1, 0, 2),  # Keras: z r h; here: r z n
    "rnn": (0,),
}
_ACTIVATIONS = {"tanh": "rnn", "relu": "rnn_relu", "linear": "rnn_linear"}


def from_keras(
    weights: Sequence[Any], *, activation: Literal["tanh", "relu", "linear"] = "tanh"
) -> Layer:
    """A layer with the outputs of a Keras layer, from what its ``get_weights()`` gives.

    The cell is told by the shapes: four gates are an LSTM, three a GRU, one a SimpleRNN.

    Args:
        weights: kernel ``[I, G*H]``, recurrent_kernel ``[H, G*H]`` and bias (none, with
            ``use_bias=False``); six arrays of a Bidirectional with ``merge_mode="concat"``; or a
            list of such lists, for layers above one another.
        activation: of a SimpleRNN. LSTM and GRU are those with tanh and sigmoid, Keras's defaults.

    Raises:
        ArgumentError: if the arrays are no such list, for a GRU with ``reset_after=False``, or for
            another activation of an LSTM or a GRU.

    Example:
        >>> kernel, recurrent, bias = np.ones((3, 8)), np.ones((2, 8)), np.zeros(8)
        >>> layer = from_keras([kernel, recurrent, bias])
        >>> layer.spec.cell, layer.spec.hidden, layer.forward(np.ones((1, 5, 3))).y.shape
        ('lstm', 2, (1, 5, 2))
    """
    if not isinstance(activation, str) or activation not in _ACTIVATIONS:
        raise ArgumentError(f"activation must be one of {list(_ACTIVATIONS)}, got {activation!r}")
    stacked = _is_list(weights) and len(weights) > 0 and _is_list(weights[0])
    layers = [_sides(each) for each in (weights if stacked else [weights])]
    first = layers[0][0]
    cells = {side.cell for sides in layers for side in sides}
    hiddens = {side.hidden for sides in layers for side in sides}
    if len(cells) > 1 or len(hiddens) > 1 or len({len(sides) for sides in layers}) > 1:
        raise ArgumentError(
            f"layers above one another must be alike in cell, units and directions, "
            f"got {', '.join(sorted(cells))} with {sorted(hiddens)} units"
        )
    if first.cell != "rnn" and activation != "tanh":
        raise ArgumentError(f"an {first.cell} has tanh in tidegate, got activation {activation!r}")
    spec = NetworkSpec(
        NumberInput(first.inputs),
        cell=_ACTIVATIONS[activation] if first.cell == "rnn" else first.cell,
        hidden=first.hidden,
        layers=len(layers),
        bidirectional=len(layers[0]) > 1,
        readout="each",
        dtype="float64" if first.kernel.dtype == np.float64 else "float32",
    )
    layer = Layer(spec, seed=0)
    params = layer.params
    for number, sides in enumerate(layers):
        for suffix, side in zip(spec.suffixes, sides, strict=True):
            for name, value in side.torch().items():
                target = params[f"{name}_l{number}{suffix}"]
                if target.shape != value.shape:
                    raise ArgumentError(
                        f"layer {number} must read {target.shape[-1]} numbers, its kernel reads "
                        f"{value.shape[-1]}"
                    )
                target[...] = value
    return layer


class _Side:
    """One direction of one layer."""

    def __init__(self, kernel: Any, recurrent: Any, bias: Any) -> None:
        self.kernel, self.recurrent = _array("kernel", kernel, 2), _array("recurrent", recurrent, 2)
        self.inputs, self.hidden = self.kernel.shape[0], self.recurrent.shape[0]
        gates, rest = divmod(self.recurrent.shape[1], max(self.hidden, 1))
        if rest or gates not in _CELLS or self.kernel.shape[1] != self.recurrent.shape[1]:
            raise ArgumentError(
                f"kernel and recurrent_kernel must be [I, G*H] and [H, G*H] with 1, 3 or 4 gates, "
                f"got {self.kernel.shape} and {self.recurrent.shape}"
            )
        self.cell = _CELLS[gates]
        self.bias = self._biases(bias, gates * self.hidden)

    def _biases(self, bias: Any, size: int) -> Array:
        """``[2, G*H]``: beside the input's product, and beside the state's."""
        found = np.zeros((2, size))
        if bias is None:
            return found
        given = np.asarray(bias)
        if self.cell == "gru" and given.shape == (size,):
            raise ArgumentError(
                f"this GRU's bias is [{size}], which Keras gives with reset_after=False: r times h "
                f"comes before the product there, and no cell here does that; train it with "
                f"reset_after=True, Keras's default"
            )
        expected = (2, size) if self.cell == "gru" else (size,)
        if given.shape != expected or given.dtype.kind != "f":
            raise ArgumentError(
                f"bias must be numbers of shape {expected}, got {given.dtype} of {given.shape}"
            )
        found[: 2 if self.cell == "gru" else 1] = given
        return found

    def torch(self) -> dict[str, Array]:
        """The parameters in torch's shapes and order of gates."""
        order = _ORDERS[self.cell]

        def blocks(table: Array) -> Array:
            """``[G*H, ..]``, with the gates in order."""
            parts = np.split(table, len(order))
            return np.concatenate([parts[place] for place in order])

        return {
            "weight_ih": blocks(self.kernel.T),
            "weight_hh": blocks(self.recurrent.T),
            "bias_ih": blocks(self.bias[0]),
            "bias_hh": blocks(self.bias[1]),
        }


def _sides(weights: Sequence[Any]) -> list[_Side]:
    """The directions of one layer."""
    if not _is_list(weights):
        raise ArgumentError(
            f"a Keras layer's weights are the list of arrays that its get_weights() gives, "
            f"got {type(weights).__name__}"
        )
    arrays: list[Any] = list(weights)
    if len(arrays) == 4:  # two directions without biases
        arrays = [arrays[0], arrays[1], None, arrays[2], arrays[3], None]
    elif len(arrays) == 2:
        arrays = [*arrays, None]
    if len(arrays) not in (3, 6):
        raise ArgumentError(
            f"a Keras layer has 2 or 3 arrays, of both directions 4 or 6; got {len(arrays)}"
        )
    sides = [_Side(*arrays[first : first + 3]) for first in range(0, len(arrays), 3)]
    if len({side.inputs for side in sides}) > 1:
        raise ArgumentError("both directions must read as many numbers")
    return sides


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _array(name: str, values: Any, dimensions: int) -> Array:
    array = np.asarray(values)
    if array.ndim != dimensions or array.dtype.kind != "f":
        raise ArgumentError(
            f"{name} must be numbers in {dimensions} dimensions, got {array.dtype} of {array.shape}"
        )
    return array
