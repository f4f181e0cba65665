"""A network with its parameters, run and trained by the native core."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _core
from ..data.spans import Spans
from ..errors import ArgumentError
from .initial import initial
from .optimizer import Optimizer
from .parameters import size, views
from .spec import NetworkSpec, NumberInput

Array = NDArray[Any]
State = tuple[Array, ...]


class Outputs(NamedTuple):
    """What a forward pass gives."""

    output: Array
    """[n, O] for a pooled readout; [sum of steps, O] for "each", span after span."""
    state: State
    """(h, c) for LSTM, (h,) otherwise: [layers*D, n, H], at each span's own end."""


class StepResult(NamedTuple):
    """What a training step reports."""

    loss: float
    norm: float
    """Of the whole gradient, before clipping."""


class Tape:
    """What `Network.forward_train` leaves for `Network.backward`, which uses it up."""

    def __init__(self, native: Any, spans: Spans, output: Array) -> None:
        self.native = native
        self.spans = spans
        self.output = output
        """[n, O] or [sum of steps, O]."""


class Network:
    """A recurrent network: spec, one flat buffer of parameters, and the core that runs it.

    Example:
        >>> import numpy as np
        >>> from tidegate.data.spans import Spans
        >>> from tidegate.network import Loss, NetworkSpec, NumberInput
        >>> spec = NetworkSpec(NumberInput(1), hidden=8, outputs=1, loss=Loss("mse"))
        >>> rows = np.arange(20.0).reshape(-1, 1)
        >>> spans = Spans(np.array([0, 3]), np.array([5, 9]))
        >>> Network(spec, seed=1).forward(rows, spans).output.shape
        (2, 1)
    """

    def __init__(
        self, spec: NetworkSpec, *, seed: int = 0, parameters: Array | None = None
    ) -> None:
        self.spec = spec
        self._flat = np.array(
            initial(spec, seed) if parameters is None else parameters, spec.dtype, order="C"
        )
        if self._flat.shape != (size(spec),):
            raise ArgumentError(
                f"this network has {size(spec)} parameters, got an array of {self._flat.shape}"
            )
        suffix = "F32" if spec.dtype == "float32" else "F64"
        self._spans = getattr(_core, f"SpansNetwork{suffix}")
        self._targets = getattr(_core, f"TargetsNetwork{suffix}")
        self._native = getattr(_core, f"Network{suffix}")(**_description(spec))
        self._dirty = True
        self._references = sys.getrefcount(self._flat)

    @property
    def parameters(self) -> Array:
        """All parameters, [size]; writable: what is written counts from the next call on."""
        self._dirty = True
        return self._flat

    @property
    def params(self) -> dict[str, Array]:
        """The parameters by name, as writable views of ``parameters``; torch's names and shapes."""
        return views(self.spec, self.parameters)

    def forward(self, rows: ArrayLike, spans: Spans, *, state: State | None = None) -> Outputs:
        """Runs the network over each span; no dropout.

        Args:
            rows: [N, columns] numbers, or [N] token ids.
            spans: n sequences in them.
            state: where they start, as in `Outputs.state`; zero if None.

        Raises:
            ArgumentError: if rows, spans or state do not fit the network.
        """
        native_spans = self._native_spans(rows, spans, state)
        tape = self._run(native_spans, keep=False, seed=None, step=0)
        return Outputs(self._output(tape, spans), self.final_state(tape, len(spans)))

    def loss(
        self,
        rows: ArrayLike,
        spans: Spans,
        targets: ArrayLike,
        *,
        target_index: ArrayLike | None = None,
        weights: ArrayLike | None = None,
    ) -> float:
        """The spec's loss over these spans; no dropout. Arguments as in `train_step`."""
        native_spans = self._native_spans(rows, spans, None)
        table = self._native_targets(targets, target_index, weights)
        return float(_call(self._native.loss, self._flat, native_spans, table))

    def train_step(
        self,
        rows: ArrayLike,
        spans: Spans,
        targets: ArrayLike,
        optimizer: Optimizer,
        *,
        learning_rate: float | None = None,
        target_index: ArrayLike | None = None,
        weights: ArrayLike | None = None,
        seed: int = 0,
    ) -> StepResult:
        """One step of training, in one call of the core: gather, forward, loss, backward, update.

        If loss or gradient is not finite, nothing is updated.

        Args:
            rows: [N, columns] numbers, or [N] token ids.
            spans: the batch.
            targets: [M, targets] numbers (NaN: no target), or [M] class ids (negative: no target).
                Row target_index[i] belongs to span i; for the readout "each", step t of a span has
                row start + (t+1)·segment − 1.
            optimizer: settings and state; its state moves on.
            learning_rate: in place of the optimizer's own.
            target_index: [n]; by default 0..n−1.
            weights: [M], of the rows of targets.
            seed: of the dropout masks, together with the optimizer's step.

        Raises:
            ArgumentError: if anything does not fit the network.
        """
        native_spans = self._native_spans(rows, spans, None)
        table = self._native_targets(targets, target_index, weights)
        state = optimizer.begin(self._flat)
        self._dirty = True
        loss, norm = _call(
            self._native.train_step,
            self._flat,
            state.m,
            state.v,
            native_spans,
            table,
            self.spec.dropout > 0,
            seed,
            _native_optimizer(optimizer, learning_rate, state.step + 1),
            optimizer.clip or 0.0,
        )
        if np.isfinite(loss) and np.isfinite(norm):
            state.step += 1
        return StepResult(loss, norm)

    def forward_train(
        self,
        rows: ArrayLike,
        spans: Spans,
        *,
        state: State | None = None,
        seed: int | None = None,
        step: int = 0,
    ) -> Tape:
        """The first half of a training step: a forward pass that keeps what `backward` needs.

        Dropout masks come from (seed, step); no dropout if seed is None.
        """
        native = self._run(self._native_spans(rows, spans, state), keep=True, seed=seed, step=step)
        return Tape(native, spans, self._output(native, spans))

    def backward(self, tape: Tape, d_output: ArrayLike) -> Array:
        """The gradient of all parameters, flat, given that of the output. Uses the tape up."""
        gradient = np.empty_like(self._flat)
        self.native_backward(tape.native, self._like_output(tape, d_output), gradient=gradient)
        return gradient

    def custom_step(
        self,
        rows: ArrayLike,
        spans: Spans,
        function: Callable[[Array], tuple[float, Array]],
        optimizer: Optimizer,
        *,
        learning_rate: float | None = None,
        seed: int = 0,
    ) -> StepResult:
        """A training step with a loss of one's own between its two halves.

        Args:
            function: (output) → (value, gradient of the output).
        """
        state = optimizer.begin(self._flat)
        dropout = seed if self.spec.dropout > 0 else None
        tape = self.forward_train(rows, spans, seed=dropout, step=state.step + 1)
        value, d_output = function(tape.output)
        d_output = self._like_output(tape, d_output)
        if not np.isfinite(value):
            return StepResult(float(value), 0.0)
        self._dirty = True
        norm = _call(
            self._native.apply,
            self._flat,
            state.m,
            state.v,
            tape.native,
            d_output,
            _native_optimizer(optimizer, learning_rate, state.step + 1),
            optimizer.clip or 0.0,
        )
        if np.isfinite(norm):
            state.step += 1
        return StepResult(float(value), norm)

    # What the layers share with networks; arrays are checked by the caller.

    def native_backward(
        self,
        native_tape: Any,
        d_output: Array | None,
        *,
        gradient: Array,
        d_state: tuple[Array | None, Array | None] = (None, None),
        d_input: Array | None = None,
        d_initial: tuple[Array | None, Array | None] = (None, None),
    ) -> None:
        """Fills gradient, d_input and d_initial from the gradients of outputs and last states."""
        _call(
            self._native.backward,
            native_tape,
            d_output,
            *d_state,
            gradient,
            d_input,
            *d_initial,
        )

    def final_state(self, native_tape: Any, n: int) -> State:
        """The last states, [layers*D, n, H] each."""
        states = self.empty_state(n)
        native_tape.final_state(states[0], states[1] if len(states) > 1 else None)
        return states

    def empty_state(self, n: int) -> State:
        """Room for the states of n sequences, not filled."""
        shape = (self.spec.layers * self.spec.directions, n, self.spec.hidden)
        return tuple(np.empty(shape, self.spec.dtype) for _ in self.spec.cell_spec.states)

    def changed(self) -> bool:
        """Whether the parameters may have been written to since the last call.

        They may if someone outside holds a view of them, or held one at the last call.
        """
        exposed = sys.getrefcount(self._flat) > self._references
        changed = exposed or self._dirty
        self._dirty = exposed
        return changed

    def _run(self, native_spans: Any, *, keep: bool, seed: int | None, step: int) -> Any:
        return _call(
            self._native.forward,
            self._flat,
            native_spans,
            keep,
            self.changed(),
            seed is not None and self.spec.dropout > 0,
            seed or 0,
            step,
        )

    def _output(self, native_tape: Any, spans: Spans) -> Array:
        rows = len(spans)
        if self.spec.readout == "each":
            rows = int(spans.length.sum()) // self.spec.input.segment
        output = np.empty((rows, self.spec.output_size), self.spec.dtype)
        native_tape.output(output)
        return output

    def _like_output(self, tape: Tape, d_output: ArrayLike) -> Array:
        array = np.ascontiguousarray(d_output, self.spec.dtype)
        if array.shape != tape.output.shape:
            raise ArgumentError(
                f"the gradient of the output must have its shape {tape.output.shape}, "
                f"got {array.shape}"
            )
        return array

    def _native_spans(self, rows: ArrayLike, spans: Spans, state: State | None) -> Any:
        spec = self.spec
        steps = np.asarray(spans.length, np.int64)
        if isinstance(spec.input, NumberInput):
            table = np.ascontiguousarray(rows, spec.dtype)
            if table.ndim != 2 or table.shape[1] != spec.input.columns:
                raise ArgumentError(
                    f"rows must be [N, {spec.input.columns}], got an array of {table.shape}"
                )
            if spec.input.segment > 1:
                if np.any(steps % spec.input.segment):
                    raise ArgumentError(
                        f"the length of a span must be a multiple of the segment, "
                        f"{spec.input.segment}, got {steps[steps % spec.input.segment > 0][0]}"
                    )
                steps = steps // spec.input.segment
            tokens = None
        else:
            table, tokens = None, np.ascontiguousarray(rows, np.int32)
            if tokens.ndim != 1:
                raise ArgumentError(f"token rows must be [N], got an array of {tokens.shape}")
        item = np.zeros(len(steps), np.int64)
        np.cumsum(steps[:-1], out=item[1:])
        scale = [
            None if array is None else np.ascontiguousarray(array, spec.dtype)
            for array in (spans.shift, spans.factor)
        ]
        return _call(
            self._spans,
            np.ascontiguousarray(spans.start, np.int64),
            steps,
            item,
            table,
            tokens,
            *scale,
            *self.check_state(state, len(steps)),
        )

    def check_state(self, state: State | None, n: int) -> tuple[Array | None, Array | None]:
        """(h, c) as the core takes them; None where there is none."""
        if state is None:
            return None, None
        names = self.spec.cell_spec.states
        shape = (self.spec.layers * self.spec.directions, n, self.spec.hidden)
        if not isinstance(state, tuple | list) or len(state) != len(names):
            raise ArgumentError(f"state must be a tuple ({', '.join(names)}), got {type(state)}")
        arrays = [np.ascontiguousarray(array, self.spec.dtype) for array in state]
        for name, array in zip(names, arrays, strict=True):
            if array.shape != shape:
                raise ArgumentError(f"state {name} must have shape {shape}, got {array.shape}")
        return arrays[0], arrays[1] if len(arrays) > 1 else None

    def _native_targets(
        self, targets: ArrayLike, target_index: ArrayLike | None, weights: ArrayLike | None
    ) -> Any:
        spec = self.spec
        if spec.loss is None or not spec.outputs:
            raise ArgumentError("a network needs a head (outputs > 0) and a loss to be trained")
        numbers = ids = None
        if spec.loss.kind == "categorical":
            ids = np.ascontiguousarray(targets)
            if ids.ndim != 1 or ids.dtype.kind not in "iu":
                raise ArgumentError(
                    f"targets must be [M] class ids, got an array of {ids.shape} of {ids.dtype}"
                )
            ids = ids.astype(np.int64, copy=False)
        else:
            numbers = np.ascontiguousarray(targets, spec.dtype)
            if numbers.ndim == 1 and spec.target_size == 1:
                numbers = numbers[:, None]
            if numbers.ndim != 2 or numbers.shape[1] != spec.target_size:
                raise ArgumentError(
                    f"targets must be [M, {spec.target_size}], got an array of {numbers.shape}"
                )
        return self._targets(
            numbers,
            ids,
            None if weights is None else np.ascontiguousarray(weights, spec.dtype),
            None if target_index is None else np.ascontiguousarray(target_index, np.int64),
        )


def _call(function: Callable[..., Any], *args: Any) -> Any:
    """The core's answer; what it refuses becomes an error of ours."""
    try:
        return function(*args)
    except ValueError as error:
        raise ArgumentError(str(error)) from None


def _description(spec: NetworkSpec) -> dict[str, Any]:
    loss, numbers = spec.loss, isinstance(spec.input, NumberInput)
    return {
        "cell": spec.cell,
        "hidden": spec.hidden,
        "layers": spec.layers,
        "bidirectional": spec.bidirectional,
        "dropout": spec.dropout,
        "columns": spec.input.columns if numbers else 0,
        "segment": spec.input.segment,
        "dense": spec.input.dense if numbers else 0,
        "vocabulary": 0 if numbers else spec.input.vocabulary,
        "width": 0 if numbers else spec.input.width,
        "readout": spec.readout,
        "outputs": spec.outputs,
        "loss": loss.kind if loss else "none",
        "targets": spec.target_size,
        "quantiles": list(loss.quantiles) if loss else [],
        "delta": loss.delta if loss else 1.0,
        "smoothing": loss.smoothing if loss else 0.0,
        "class_weight": list(loss.class_weight) if loss else [],
        "sum": loss is not None and loss.reduction == "sum",
    }


def _native_optimizer(optimizer: Optimizer, learning_rate: float | None, step: int) -> Any:
    return _core.Optimizer(
        kind=optimizer.kind,
        learning_rate=optimizer.learning_rate if learning_rate is None else learning_rate,
        beta1=optimizer.betas[0],
        beta2=optimizer.betas[1],
        eps=optimizer.eps,
        weight_decay=optimizer.weight_decay,
        momentum=optimizer.momentum,
        step=step,
    )
