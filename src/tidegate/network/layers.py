"""Recurrent layers as arrays in, arrays out: tg.LSTM, tg.GRU, tg.RNN."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..errors import ArgumentError
from .checks import whole_number
from .named import Named
from .native import Array, State, as_array
from .network import Network
from .parameters import views
from .recycled import Recycled
from .shown import as_call
from .spec import NetworkSpec, NumberInput
from .to_torch import layer_to_torch

Dtype = Literal["float32", "float64"]


@dataclass(frozen=True)
class LayerOutput:
    """What `Layer.forward` gives."""

    y: Array
    """[B, T, D*H], zero beyond a length."""
    state: State
    """(h, c) for LSTM, (h,) otherwise; each [num_layers*D, B, H], at each sequence's own end."""
    record: list[dict[str, Array]] | None
    """One entry for each layer and direction: name → [B, T, H], zero beyond a length."""
    tape: Any = None
    """What `Layer.backward` needs; it can be used once."""
    ragged: bool = False
    """Whether any sequence is shorter than T."""


class LayerGradients(NamedTuple):
    """What `Layer.backward` gives."""

    x: Array
    """[B, T, I], zero beyond a length."""
    state: State
    """Of the states before the first step, as in `LayerOutput.state`."""
    params: dict[str, Array]
    """By name, as in `Layer.params`."""


class Layer:
    """A stack of recurrent layers of one cell; `LSTM`, `GRU` and `RNN` make one."""

    def __init__(self, spec: NetworkSpec, seed: int) -> None:
        assert isinstance(spec.input, NumberInput)
        self._network = Network(spec, seed=seed)
        self._native = self._network.native
        self._columns = spec.input.columns
        self._room = Recycled(self._native.dtype)
        layers, states = spec.layers, len(spec.cell_spec.states)
        # What step() fills, [end, n, hidden]: y, then h up to a first end, then c if there is one.
        self._step = (1 + layers, 1 + states * layers, spec.hidden)
        # The last states that step() gave, the shape of its x, h and c: they need no check.
        self._known: tuple[State | None, tuple[int, ...], Array | None, Array | None]
        self._known = (None, (-1,), None, None)

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.spec, self._network.values)

    @property
    def spec(self) -> NetworkSpec:
        """The layers as a network without a head."""
        return self._network.spec

    def __repr__(self) -> str:
        spec = self.spec
        given = {
            "input_size": self._columns,
            "hidden_size": spec.hidden,
            "num_layers": spec.layers,
            "bidirectional": spec.bidirectional,
            "dropout": spec.dropout,
            "dtype": spec.dtype,
            "nonlinearity": {"rnn_relu": "relu", "rnn_linear": "linear"}.get(spec.cell, "tanh"),
        }
        return as_call({"lstm": LSTM, "gru": GRU}.get(spec.cell, RNN), given)

    @property
    def params(self) -> dict[str, Array]:
        """name → array, torch's names and shapes; what is written or assigned is copied in."""
        return Named(self._network.params)

    def forward(
        self,
        x: ArrayLike,
        lengths: ArrayLike | None = None,
        state: State | None = None,
        record: bool = False,
        *,
        keep: bool = True,
        dropout_seed: int | None = None,
    ) -> LayerOutput:
        """The states of every step.

        Args:
            x: [B, T, I]. What lies beyond a length is never read.
            lengths: [B], each from 1 to T; T by default.
            state: where the sequences start, as in `LayerOutput.state`; zero by default.
            record: give every gate and state of every step too: for LSTM i, f, g, o, c, h;
                for GRU r, z, n, h; for RNN h.
            keep: save what `backward` needs; False is faster.
            dropout_seed: masks are drawn from it; None for no dropout.

        Raises:
            ArgumentError: if a shape or a length does not fit.

        Example:
            >>> import numpy as np
            >>> out = LSTM(input_size=3, hidden_size=4).forward(np.ones((2, 5, 3)), lengths=[5, 2])
            >>> out.y.shape, out.state[0].shape
            ((2, 5, 4), (1, 2, 4))
        """
        network, native, spec = self._network, self._native, self.spec
        array = native.numbers("x", x)
        if array.ndim != 3 or array.shape[2] != self._columns or 0 in array.shape[:2]:
            raise ArgumentError(
                f"x must be [B, T, {self._columns}] with B and T at least 1, got an array of "
                f"{array.shape}"
            )
        batch, steps = array.shape[:2]
        sizes = np.full(batch, steps) if lengths is None else _lengths(lengths, batch, steps)
        tape = network.run(
            native.sequences(array, sizes, state), keep=keep or record, seed=dropout_seed
        )
        ragged = lengths is not None and bool((sizes < steps).any())
        y = self._room.empty((batch, steps, spec.readout_size))
        if ragged:
            y.fill(0)
        tape.output(y)
        out_state = network.final_state(tape, batch)
        records = self._record(tape, (batch, steps, spec.hidden)) if record else None
        return LayerOutput(y, out_state, records, tape if keep else None, ragged)

    def backward(
        self, out: LayerOutput, dy: ArrayLike | None, dstate: State | None = None
    ) -> LayerGradients:
        """The gradients of x, of the first states and of the parameters.

        Args:
            out: from `forward`; it can be used once.
            dy: [B, T, D*H], the gradient of ``out.y``; None for none. Not read beyond a length.
            dstate: that of ``out.state``; None for none.

        Raises:
            ArgumentError: if a shape does not fit, or ``out`` was used before.
        """
        if out.tape is None or out.tape.used:
            raise ArgumentError(
                "this output has no tape: forward() was called with keep=False, or backward() "
                "has used it; call forward() again"
            )
        network, native = self._network, self._native
        batch, steps = out.y.shape[:2]
        d_output = None
        if dy is not None:
            d_output = native.numbers("dy", dy)
            if d_output.shape != out.y.shape:
                raise ArgumentError(f"dy must have shape {out.y.shape}, got {d_output.shape}")
        gradient = np.empty_like(network.values)
        d_input = self._room.empty((batch, steps, self._columns))
        if out.ragged:
            d_input.fill(0)
        d_initial = native.empty_state(batch)
        network.native_backward(
            out.tape,
            d_output,
            gradient=gradient,
            d_state=native.state(dstate, batch, "dstate"),
            d_input=d_input,
            d_initial=(d_initial[0], d_initial[1] if len(d_initial) > 1 else None),
        )
        return LayerGradients(d_input, d_initial, views(self.spec, gradient))

    def __audit__(self, data: ArrayLike) -> Any:
        """The layers with an array ``[B, T, I]``, as `tg.audit` sees them."""
        from .audited import of_layer

        return of_layer(self._network, data)

    def step(self, x_t: ArrayLike, state: State | None = None) -> tuple[Array, State]:
        """One step of a stream: equal, bit for bit, to the same step of `forward`.

        Args:
            x_t: [B, I].
            state: from the step before; zero by default.

        Returns:
            y [B, H] and the new state.

        Raises:
            ArgumentError: if the layer is bidirectional, or a shape does not fit.
        """
        state_before, shape, h, c = self._known
        x: Array = x_t  # type: ignore[assignment]
        # What the step before had is not checked again: the checks take as long as the step.
        if (
            state is not state_before
            or type(x) is not np.ndarray
            or x.shape != shape
            or x.dtype is not self._native.dtype
            or not x.flags.c_contiguous
        ):
            x, h, c = self._checked_step(x_t, state)
            shape = x.shape
        end_h, end, hidden = self._step
        # y, h and c in one piece of memory: one array to make, and to hand over
        out = np.empty((end, shape[0], hidden), x.dtype)
        network = self._network
        self._native.network.step(network.values, network.changed(), x, h, c, out)
        h = out[1:end_h]
        states: State
        if end > end_h:
            c = out[end_h:]
            states = (h, c)
        else:
            states = (h,)
        self._known = (states, shape, h, c)
        return out[0], states

    def to_torch(self) -> Any:
        """The same as an `nn.LSTM`, `nn.GRU` or `nn.RNN`, batch first, with copied parameters.

        Raises:
            ArgumentError: if torch is not installed.

        Example:
            >>> LSTM(input_size=3, hidden_size=4, num_layers=2).to_torch()
            LSTM(3, 4, num_layers=2, batch_first=True)
        """
        return layer_to_torch(self._network)

    def to_onnx(self, path: str | os.PathLike[str]) -> None:
        """Writes the layers as an ONNX file, whole or not at all: see `Network.to_onnx`."""
        self._network.to_onnx(path)

    def _checked_step(
        self, x_t: ArrayLike, state: State | None
    ) -> tuple[Array, Array | None, Array | None]:
        if self.spec.bidirectional:
            raise ArgumentError(
                "step() needs one direction; a bidirectional layer reads the end first"
            )
        x = self._native.numbers("x_t", x_t)
        if x.ndim != 2 or x.shape[1] != self._columns or not len(x):
            raise ArgumentError(
                f"x_t must be [B, {self._columns}] with B at least 1, got an array of {x.shape}"
            )
        return x, *self._native.state(state, len(x))

    def _record(self, tape: Any, shape: tuple[int, ...]) -> list[dict[str, Array]]:
        cell = self.spec.cell_spec
        names = [*cell.gates, *(("c",) if "c" in cell.states else ()), "h"]
        records = []
        for layer in range(self.spec.layers):
            for direction in range(self.spec.directions):
                entry = {}
                for name in cell.record:
                    entry[name] = np.zeros(shape, self.spec.dtype)
                    tape.record(layer, direction, names.index(name), entry[name])
                records.append(entry)
        return records


def LSTM(
    input_size: int,
    hidden_size: int,
    num_layers: int = 1,
    bidirectional: bool = False,
    dropout: float = 0.0,
    dtype: Dtype = "float32",
    seed: int = 0,
) -> Layer:
    """LSTM layers: c(t) = f·c(t−1) + i·g and h(t) = o·tanh c(t), with gates i, f, g, o.

    Args:
        input_size: I, numbers in a step.
        hidden_size: H, units of each layer and direction.
        num_layers: layers, one above the other.
        bidirectional: read each sequence from both ends.
        dropout: share of each layer's outputs, save the last's, that a `dropout_seed` sets to zero.
        dtype: of parameters and results; NumPy's own will do, too.
        seed: of the initial parameters: orthogonal recurrent, Glorot input, forget bias 1.

    Raises:
        ArgumentError: for a value that makes no sense.

    Example:
        >>> layer = LSTM(input_size=3, hidden_size=4, bidirectional=True)
        >>> layer.params["weight_hh_l0_reverse"].shape
        (16, 4)
        >>> layer.forward([[[1, 2, 3], [4, 5, 6]]]).y.shape
        (1, 2, 8)
    """
    return _layer("lstm", input_size, hidden_size, num_layers, bidirectional, dropout, dtype, seed)


def GRU(
    input_size: int,
    hidden_size: int,
    num_layers: int = 1,
    bidirectional: bool = False,
    dropout: float = 0.0,
    dtype: Dtype = "float32",
    seed: int = 0,
) -> Layer:
    """GRU layers: h(t) = (1 − z)·n + z·h(t−1), with gates r, z, n, reset after the product.

    As in torch. Arguments and errors as for `LSTM`.

    Example:
        >>> GRU(input_size=3, hidden_size=4).params["weight_hh_l0"].shape
        (12, 4)
    """
    return _layer("gru", input_size, hidden_size, num_layers, bidirectional, dropout, dtype, seed)


def RNN(
    input_size: int,
    hidden_size: int,
    num_layers: int = 1,
    bidirectional: bool = False,
    dropout: float = 0.0,
    dtype: Dtype = "float32",
    seed: int = 0,
    nonlinearity: Literal["tanh", "relu", "linear"] = "tanh",
) -> Layer:
    """Vanilla layers: h(t) = f(U·x(t) + V·h(t−1) + b). Other arguments and errors as for `LSTM`.

    Args:
        nonlinearity: f; "linear" is none, the network whose gradient is a power of V.

    Example:
        >>> RNN(input_size=3, hidden_size=4, nonlinearity="relu").params["weight_hh_l0"].shape
        (4, 4)
    """
    cells = {"tanh": "rnn", "relu": "rnn_relu", "linear": "rnn_linear"}
    if not isinstance(nonlinearity, str) or nonlinearity not in cells:
        raise ArgumentError(f"nonlinearity must be one of {list(cells)}, got {nonlinearity!r}")
    cell = cells[nonlinearity]
    return _layer(cell, input_size, hidden_size, num_layers, bidirectional, dropout, dtype, seed)


def _layer(
    cell: str,
    input_size: int,
    hidden_size: int,
    num_layers: int,
    bidirectional: bool,
    dropout: float,
    dtype: Dtype,
    seed: int,
) -> Layer:
    inputs = NumberInput(whole_number(input_size, "input_size", 1))
    try:
        spec = NetworkSpec(
            inputs,
            cell=cell,
            hidden=whole_number(hidden_size, "hidden_size", 1),
            layers=whole_number(num_layers, "num_layers", 1, 1000),
            bidirectional=bidirectional,
            dropout=dropout,
            readout="each",
            dtype=dtype,
        )
    except ArgumentError as error:  # of arguments, as they are called here
        raise ArgumentError(str(error).removeprefix("NetworkSpec.")) from None
    return Layer(spec, seed)


def _again(spec: NetworkSpec, values: Array) -> Layer:
    """A layer with parameters that another one had."""
    layer = Layer(spec, seed=0)
    layer._network.parameters[:] = values
    return layer


def _lengths(lengths: ArrayLike, batch: int, steps: int) -> Array:
    sizes = as_array("lengths", lengths)
    if sizes.shape != (batch,) or sizes.dtype.kind not in "iu":
        raise ArgumentError(
            f"lengths must be {batch} whole numbers, got an array of {sizes.shape} of {sizes.dtype}"
        )
    wrong = np.flatnonzero((sizes < 1) | (sizes > steps))
    if wrong.size:
        raise ArgumentError(
            f"lengths must be from 1 to {steps}, got {sizes[wrong[0]]} for sequence {wrong[0]}"
        )
    return sizes.astype(np.int64)
