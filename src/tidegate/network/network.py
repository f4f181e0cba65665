"""A network with its parameters, run and trained by the native core."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..data.bags import TokenBags
from ..data.spans import Spans
from ..errors import ArgumentError
from .classes import Classes
from .clipped import clipped_step, clipped_update
from .initial import initial
from .native import Array, Native, State, as_array, call, checked_seed, native_optimizer
from .onnx import write_network
from .optimizer import Optimizer
from .parameters import size, views
from .results import Outputs as Outputs
from .results import StepResult as StepResult
from .results import Tape as Tape
from .spec import NetworkSpec
from .subject import Burst
from .to_torch import network_to_torch
from .vjp import like_output, vjp
from .watched import Watched


class Network:
    """A recurrent network: spec, one flat buffer of parameters, and the core that runs it.

    Example:
        >>> import numpy as np
        >>> from tidegate.data import Spans
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
        given = initial(spec, seed) if parameters is None else as_array("parameters", parameters)
        if given.shape != (size(spec),) or given.dtype.kind != "f":
            raise ArgumentError(
                f"this network has {size(spec)} parameters, got an array of {given.shape} of "
                f"{given.dtype}"
            )
        self.native = Native(spec)
        """The core's side of it, for the layers."""
        self._watched = Watched(given, self.native.dtype)
        self.values = self._watched.own
        """What the core is given, and tapes hold on to."""
        self.burst: Burst | None = None
        """If the gradient exploded while it learnt: an audit asks, model files keep it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _network, (self.spec, self.values, self.burst)

    def copied(self, spec: NetworkSpec | None = None) -> Network:
        """Another one with the same parameters, and perhaps a spec that asks for as many."""
        return _network(spec or self.spec, self.values, self.burst)

    @property
    def parameters(self) -> Array:
        """All parameters, [size]; writable: what is written counts from the next call on."""
        return self._watched.lent()

    @property
    def params(self) -> dict[str, Array]:
        """The parameters by name, as writable views of ``parameters``; torch's names and shapes."""
        return views(self.spec, self.parameters)

    def forward(
        self, rows: ArrayLike | TokenBags, spans: Spans, *, state: State | None = None
    ) -> Outputs:
        """Runs the network over each span; no dropout.

        Args:
            rows: [N, columns] numbers, or [N] token ids, or TokenBags.
            spans: n sequences in them.
            state: where they start, as in `Outputs.state`; zero if None.

        Raises:
            ArgumentError: if rows, spans or state do not fit the network.
        """
        native_spans = self.native.spans(rows, spans, state)
        tape = self.run(native_spans, keep=False, why=lambda: self.native.why(rows, spans))
        return Outputs(self._output(tape, spans), self.final_state(tape, len(spans)))

    def loss(
        self,
        rows: ArrayLike | TokenBags,
        spans: Spans,
        targets: ArrayLike,
        *,
        target_index: ArrayLike | None = None,
        weights: ArrayLike | None = None,
    ) -> float:
        """The spec's loss over these spans; no dropout. Arguments as in `train_step`."""
        native_spans = self.native.spans(rows, spans)
        table = self.native.targets(targets, target_index, weights, len(spans))
        return float(
            call(
                self.native.network.loss,
                self.values,
                native_spans,
                table,
                why=lambda: self.native.why(rows, spans, targets, target_index),
            )
        )

    def train_step(
        self,
        rows: ArrayLike | TokenBags,
        spans: Spans,
        targets: ArrayLike,
        optimizer: Optimizer,
        *,
        learning_rate: float | None = None,
        target_index: ArrayLike | None = None,
        weights: ArrayLike | None = None,
        classes: Classes | None = None,
        state: State | None = None,
        seed: int = 0,
    ) -> StepResult:
        """One step of training, in one call of the core: gather, forward, loss, backward, update.

        If loss or gradient is not finite, nothing is updated.

        Args:
            rows: [N, columns] numbers, or [N] token ids, or TokenBags.
            spans: the batch.
            targets: [M, targets] numbers (NaN: no target), or [M] class ids (negative: no target).
                Row target_index[i] belongs to span i; for the readout "each", it and those after it
                to the steps that are read out.
            optimizer: settings and state; its state moves on.
            learning_rate: in place of the optimizer's own.
            target_index: [n]; by default 0..n−1, or beside the rows for the readout "each": step t
                then has row start + (t+1)·segment − 1.
            weights: [M], of the rows of targets.
            classes: the only ones that are scored and, of the head, updated; for a categorical loss
                without class weights and smoothing.
            state: where the sequences start, as in `Outputs.state`; zero if None. It is moved on,
                in place, to where they end: the next chunk of a long text starts from it, and
                gradients stop between the two (truncated backpropagation through time).
            seed: of the dropout masks, together with the optimizer's step.

        Raises:
            ArgumentError: if anything does not fit the network.
        """
        if optimizer.clip_value is not None:
            given = (rows, spans, targets, optimizer, target_index, weights, classes, state, seed)
            return clipped_step(self, *given, learning_rate=learning_rate)
        native_spans = self.native.spans(rows, spans, state)
        table = self.native.targets(targets, target_index, weights, len(spans), classes)
        moved = self.native.moving(state, len(spans))
        course = optimizer.begin(self.values)
        self._watched.written()
        loss, norm = call(
            self.native.network.train_step,
            self.values,
            course.m,
            course.v,
            native_spans,
            table,
            self.spec.drops,
            checked_seed(seed),
            native_optimizer(optimizer, learning_rate, course.step + 1),
            optimizer.clip or 0.0,
            *moved,
            why=lambda: self.native.why(rows, spans, targets, target_index),
        )
        if np.isfinite(loss) and np.isfinite(norm):
            course.step += 1
        return StepResult(loss, norm)

    def forward_train(
        self,
        rows: ArrayLike | TokenBags,
        spans: Spans,
        *,
        state: State | None = None,
        seed: int | None = None,
        step: int = 0,
        first: int = 0,
    ) -> Tape:
        """The first half of a training step: a forward pass that keeps what `backward` needs.

        Dropout masks come from (seed, step); no dropout if seed is None. The first span counts as
        number ``first`` of a batch: a part of one has the masks that it would have there.
        """
        native = self.run(
            self.native.spans(rows, spans, state),
            keep=True,
            seed=seed,
            step=step,
            first=first,
            why=lambda: self.native.why(rows, spans),
        )
        return Tape(native, spans, self._output(native, spans))

    def backward(self, tape: Tape, d_output: ArrayLike) -> Array:
        """The gradient of all parameters, flat, given that of the output. Uses the tape up."""
        gradient = np.empty_like(self.values)
        self.native_backward(tape.native, like_output(self, tape, d_output), gradient=gradient)
        return gradient

    def custom_step(
        self,
        rows: ArrayLike | TokenBags,
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
        state = optimizer.begin(self.values)
        dropout = seed if self.spec.drops else None
        tape = self.forward_train(rows, spans, seed=dropout, step=state.step + 1)
        value, d_output = function(tape.output)
        d_output = like_output(self, tape, d_output)
        if not np.isfinite(value):
            return StepResult(float(value), 0.0)
        if optimizer.clip_value is not None:
            gradient = self.backward(tape, d_output)
            norm = clipped_update(self, gradient, optimizer, rows, spans, learning_rate)
            return StepResult(float(value), norm)
        self._watched.written()
        norm = call(
            self.native.network.apply,
            self.values,
            state.m,
            state.v,
            tape.native,
            d_output,
            native_optimizer(optimizer, learning_rate, state.step + 1),
            optimizer.clip or 0.0,
        )
        if np.isfinite(norm):
            state.step += 1
        return StepResult(float(value), norm)

    vjp = vjp
    to_torch = network_to_torch
    to_onnx = write_network

    def __audit__(self, data: Any) -> Any:
        """The network with (rows, spans), or an array of numbers, as `tg.audit` sees it."""
        from .audited import of_network

        return of_network(self, data)

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
        trail: bool = False,
    ) -> None:
        """Fills gradient, d_input and d_initial from the gradients of outputs and last states."""
        call(
            self.native.network.backward,
            native_tape,
            d_output,
            *d_state,
            gradient,
            d_input,
            *d_initial,
            trail,
        )

    def final_state(self, native_tape: Any, n: int) -> State:
        """The last states, [layers*D, n, H] each."""
        states = self.native.empty_state(n)
        native_tape.final_state(states[0], states[1] if len(states) > 1 else None)
        return states

    def changed(self) -> bool:
        """Whether the parameters may have been written to since the last call."""
        return self._watched.changed()

    def run(
        self,
        native_spans: Any,
        *,
        keep: bool,
        seed: int | None = None,
        step: int = 0,
        first: int = 0,
        why: Callable[[], str | None] = lambda: None,
    ) -> Any:
        """A forward pass of the core: its tape. No dropout if seed is None."""
        return call(
            self.native.network.forward,
            self.values,
            native_spans,
            keep,
            self.changed(),
            seed is not None and self.spec.drops,
            0 if seed is None else checked_seed(seed),
            step,
            first,
            why=why,
        )

    def _output(self, native_tape: Any, spans: Spans) -> Array:
        rows = len(spans)
        if self.spec.readout == "each":
            last = self.spec.read_last
            rows = last * rows if last else int(spans.length.sum()) // self.spec.input.segment
        output = np.empty((rows, self.spec.output_size), self.native.dtype)
        native_tape.output(output)
        return output


def _network(spec: NetworkSpec, parameters: Array, burst: Burst | None = None) -> Network:
    """What a pickled network is made from."""
    network = Network(spec, parameters=parameters)
    network.burst = burst
    return network
