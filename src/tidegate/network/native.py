"""The edge of the native core: what it is given is checked here, once, and made what it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .. import _core
from ..data.bags import TokenBags
from ..data.spans import Spans
from ..errors import ArgumentError
from .classes import Classes
from .optimizer import Optimizer
from .spec import NetworkSpec, NumberInput, TokenInput

Array = NDArray[Any]
State = tuple[Array, ...]
_SEQUENCES = (tuple, list)
_WHOLE = (int, np.integer)


class Native:
    """The core's network of a spec, and the arguments of its calls."""

    def __init__(self, spec: NetworkSpec) -> None:
        self.spec = spec
        self.dtype = np.dtype(spec.dtype)
        suffix = "F32" if spec.dtype == "float32" else "F64"
        self.network = getattr(_core, f"Network{suffix}")(**_description(spec))
        self._spans = getattr(_core, f"SpansNetwork{suffix}")
        self._targets = getattr(_core, f"TargetsNetwork{suffix}")
        self._names = spec.cell_spec.states
        self._has_c = len(self._names) > 1
        self._shape = (spec.layers * spec.directions, 0, spec.hidden)

    def numbers(self, name: str, values: ArrayLike) -> Array:
        """``values`` as the core reads them: contiguous, of the network's dtype."""
        if type(values) is np.ndarray and values.dtype is self.dtype and values.flags.c_contiguous:
            return values
        return as_numbers(name, values, self.dtype)

    def spans(self, rows: ArrayLike | TokenBags, spans: Spans, state: State | None = None) -> Any:
        """The sequences of a call; see `Network.forward`."""
        spec, steps = self.spec, spans.length
        table = tokens = None
        bags: tuple[Array | None, ...] = (None, None, None)
        if isinstance(spec.input, NumberInput):
            if isinstance(rows, TokenBags):
                raise ArgumentError("TokenBags are for a network with a TokenInput")
            table = self.numbers("rows", rows)
            if table.ndim != 2 or table.shape[1] != spec.input.columns:
                raise ArgumentError(
                    f"rows must be [N, {spec.input.columns}], got an array of {table.shape}"
                )
            segment = spec.input.segment
            if segment > 1:
                if np.any(steps % segment):
                    raise ArgumentError(
                        f"the length of a span must be a multiple of the segment, {segment}, "
                        f"got {steps[steps % segment > 0][0]}"
                    )
                steps = steps // segment
        else:
            if isinstance(rows, TokenBags):
                bags = (rows.first, rows.rows, np.asarray(rows.weights, self.dtype))
            tokens = rows.ids if isinstance(rows, TokenBags) else as_tokens("rows", rows)
        n = len(steps)
        if not n:
            raise ArgumentError("a network needs one span at least, got none")
        if spec.read_last > 1 and (few := np.flatnonzero(steps < spec.read_last)).size:
            raise ArgumentError(
                f"a span needs {spec.read_last} steps at least, as many as are read out; "
                f"span {few[0]} has {steps[few[0]]}"
            )
        item = np.zeros(n, np.int64)
        np.cumsum(steps[:-1], out=item[1:])
        shift, factor = self._scale(spans)
        start, steps = np.ascontiguousarray(spans.start), np.ascontiguousarray(steps)
        states = self.state(state, n)
        return self._spans(start, steps, item, table, tokens, shift, factor, *states, *bags)

    def sequences(self, x: Array, lengths: Array, state: State | None) -> Any:
        """The sequences of a layer: x ``[B, T, I]``, their outputs in rows of ``[B*T, ..]``."""
        batch, steps, columns = x.shape
        start = np.arange(batch, dtype=np.int64) * steps
        table = x.reshape(-1, columns)
        return self._spans(
            start, lengths, start, table, None, None, None, *self.state(state, batch)
        )

    def placed(
        self, rows: Array, start: Array, length: Array, offset: Array | None, state: State | None
    ) -> Any:
        """Sequences of a layer whose outputs lie where their rows do, step by step.

        Args:
            rows: ``[N, columns]``.
            start, length: ``[n]`` int64, the first row and the steps of each.
            offset: ``[longest]``, increasing, where step t lies from ``start``; None for t.
            state: where they start.
        """
        states = self.state(state, len(start))
        none = (None,) * 3
        return self._spans(start, length, start, rows, *none, *states, *none, offset)

    def state(
        self, state: State | None, n: int, name: str = "state"
    ) -> tuple[Array | None, Array | None]:
        """(h, c) of n sequences as the core takes them; None where there is none."""
        if state is None:
            return None, None
        if not isinstance(state, _SEQUENCES) or len(state) != len(self._names):
            what = len(state) if isinstance(state, _SEQUENCES) else type(state).__name__
            raise ArgumentError(
                f"{name} must be a tuple of {len(self._names)}, ({', '.join(self._names)}), "
                f"got {what}"
            )
        layers, _, hidden = self._shape
        shape = (layers, n, hidden)
        h = self.numbers(name, state[0])
        c = self.numbers(name, state[1]) if self._has_c else None
        if h.shape != shape or (c is not None and c.shape != shape):
            wrong = h.shape if c is None or h.shape != shape else c.shape
            raise ArgumentError(f"{name} must be arrays of {shape}, got one of {wrong}")
        return h, c

    def moving(self, state: State | None, n: int) -> tuple[Array | None, Array | None]:
        """A state that a call moves on where it lies: nothing of it may be a copy."""
        states = self.state(state, n)
        if state is not None:
            for given, used in zip(state, states, strict=False):
                if given is not used or not given.flags.writeable:
                    raise ArgumentError(
                        f"a state that moves on must be contiguous, writable arrays of "
                        f"{self.dtype}, as Network.forward returns it"
                    )
        return states

    def empty_state(self, n: int) -> State:
        """Room for the states of n sequences, not filled."""
        layers, _, hidden = self._shape
        h = np.empty((layers, n, hidden), self.dtype)
        return (h, np.empty_like(h)) if self._has_c else (h,)

    def targets(
        self,
        targets: ArrayLike,
        target_index: ArrayLike | None,
        weights: ArrayLike | None,
        n: int,
        classes: Classes | None = None,
    ) -> Any:
        """The targets of n spans; see `Network.train_step`."""
        spec = self.spec
        if spec.loss is None or not spec.outputs:
            raise ArgumentError("a network needs a head (outputs > 0) and a loss to be trained")
        numbers = ids = None
        if spec.loss.kind == "categorical":
            ids = _whole("targets", targets, "[M] class ids")
            count = len(ids)
        else:
            numbers = self.numbers("targets", targets)
            if numbers.ndim == 1 and spec.target_size == 1:
                numbers = numbers[:, None]
            if numbers.ndim != 2 or numbers.shape[1] != spec.target_size:
                raise ArgumentError(
                    f"targets must be [M, {spec.target_size}], got an array of {numbers.shape}"
                )
            count = len(numbers)
        weight = None if weights is None else self.numbers("weights", weights)
        if weight is not None and weight.shape != (count,):
            raise ArgumentError(
                f"weights must be [{count}], one for each row of targets, "
                f"got an array of {weight.shape}"
            )
        index = None
        if target_index is not None:
            index = _whole("target_index", target_index, f"[{n}] rows of targets")
            if len(index) != n:
                raise ArgumentError(
                    f"target_index must have one row of targets for each of the {n} spans, "
                    f"got {len(index)}"
                )
        if classes is None:
            return self._targets(numbers, ids, weight, index)
        shift = np.asarray(classes.shift, self.dtype)
        return self._targets(numbers, ids, weight, index, classes.ids, shift)

    def why(
        self,
        rows: ArrayLike | TokenBags,
        spans: Spans,
        targets: ArrayLike | None = None,
        target_index: ArrayLike | None = None,
    ) -> str | None:
        """What is wrong with a call that the core has refused, and where."""
        table = rows.ids if isinstance(rows, TokenBags) else np.asarray(rows)
        if (beyond := np.flatnonzero(spans.start > len(table) - spans.length)).size:
            first, length = int(spans.start[beyond[0]]), int(spans.length[beyond[0]])
            return (
                f"span {beyond[0]} reads rows {first} to {first + length - 1}, "
                f"but there are {len(table)}"
            )
        last = spans.start + spans.length - 1
        if isinstance(rows, TokenBags) and isinstance(self.spec.input, TokenInput):
            if (wrong := np.flatnonzero(rows.rows >= self.spec.input.vocabulary)).size:
                return (
                    f"entry {wrong[0]} of TokenBags holds row {rows.rows[wrong[0]]}, which is "
                    f"outside of the vocabulary of {self.spec.input.vocabulary}"
                )
        elif isinstance(self.spec.input, TokenInput):
            for start, end in zip(spans.start, last, strict=True):
                ids = table[start : end + 1]
                wrong = np.flatnonzero((ids < 0) | (ids >= self.spec.input.vocabulary))
                if wrong.size:
                    return (
                        f"row {start + wrong[0]} holds token id {ids[wrong[0]]}, which is outside "
                        f"of the vocabulary of {self.spec.input.vocabulary}"
                    )
        if targets is None:
            return None
        given = np.asarray(targets)
        index = np.arange(len(spans)) if target_index is None else np.asarray(target_index)
        if self.spec.readout == "each":
            read = self.spec.read_last or spans.length // self.spec.input.segment
            after = last if target_index is None else index + read - 1
            index = np.where(index < 0, index, after)
        if (outside := np.flatnonzero((index < 0) | (index >= len(given)))).size:
            i = outside[0]
            return f"span {i} has its target in row {index[i]}, but there are {len(given)} rows"
        categorical = self.spec.loss is not None and self.spec.loss.kind == "categorical"
        if categorical and (wrong := np.flatnonzero(given >= self.spec.outputs)).size:
            return (
                f"row {wrong[0]} of targets holds class {given[wrong[0]]}, "
                f"but the network has {self.spec.outputs} outputs"
            )
        return None

    def _scale(self, spans: Spans) -> tuple[Array | None, Array | None]:
        if spans.shift is None and spans.factor is None:
            return None, None
        if isinstance(self.spec.input, TokenInput):
            raise ArgumentError("spans.shift and spans.factor are for numbers, got rows of tokens")
        shape = (len(spans), self.spec.input.columns)
        scale = []
        for name, given, default in (("shift", spans.shift, 0), ("factor", spans.factor, 1)):
            value = np.full(shape, default, self.dtype) if given is None else given
            scale.append(self.numbers(f"spans.{name}", value))
            if scale[-1].shape != shape:
                raise ArgumentError(
                    f"spans.{name} must be {list(shape)}, got an array of {scale[-1].shape}"
                )
        return scale[0], scale[1]


def call(
    function: Callable[..., Any], *args: Any, why: Callable[[], str | None] = lambda: None
) -> Any:
    """The core's answer; what it refuses becomes an error of ours, in words of ``why`` if any."""
    try:
        return function(*args)
    except ValueError as error:
        raise ArgumentError(why() or str(error)) from None


def as_array(name: str, values: ArrayLike) -> Array:
    """Any array, or what NumPy makes one of."""
    try:
        return np.asarray(values)
    except ValueError:
        raise ArgumentError(f"{name} must be an array, got rows of different lengths") from None


def as_numbers(name: str, values: ArrayLike, dtype: DTypeLike) -> Array:
    """A contiguous array of a dtype, from anything but text, objects and complex numbers."""
    array = as_array(name, values)
    if array.dtype.kind not in "fiub":
        raise ArgumentError(f"{name} must be numbers, got an array of {array.dtype}")
    return np.ascontiguousarray(array, dtype)


def as_tokens(name: str, rows: ArrayLike) -> Array:
    """Token ids ``[N]`` as int32; one that it cannot hold is refused."""
    if type(rows) is np.ndarray and rows.dtype == np.int32 and rows.ndim == 1:
        return np.ascontiguousarray(rows)
    wide = _whole(name, rows, "[N] token ids")
    tokens = wide.astype(np.int32)
    if (tokens != wide).any():
        wrong = int(np.flatnonzero(tokens != wide)[0])
        raise ArgumentError(f"row {wrong} holds {wide[wrong]}, which is no token id")
    return tokens


def native_optimizer(optimizer: Optimizer, learning_rate: float | None, step: int) -> Any:
    """The settings of one step, counted from 1."""
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


def checked_seed(seed: int) -> int:
    """A seed of dropout masks, as the core counts them."""
    if isinstance(seed, bool) or not isinstance(seed, _WHOLE) or not 0 <= seed < 2**64:
        raise ArgumentError(f"a seed must be a whole number from 0 to 2^64 - 1, got {seed!r}")
    return int(seed)


def _whole(name: str, values: ArrayLike, what: str) -> Array:
    array = as_array(name, values)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise ArgumentError(
            f"{name} must be {what}, whole numbers, got an array of {array.shape} of {array.dtype}"
        )
    return np.ascontiguousarray(array, np.int64)


def _description(spec: NetworkSpec) -> dict[str, Any]:
    source, loss = spec.input, spec.loss
    numbers = isinstance(source, NumberInput)
    return {
        "cell": spec.cell,
        "hidden": spec.hidden,
        "layers": spec.layers,
        "bidirectional": spec.bidirectional,
        "dropout": spec.dropout,
        "input_dropout": spec.input_dropout,
        "recurrent_dropout": spec.recurrent_dropout,
        "columns": source.columns if isinstance(source, NumberInput) else 0,
        "segment": source.segment,
        "dense": source.dense if isinstance(source, NumberInput) else 0,
        "vocabulary": 0 if isinstance(source, NumberInput) else source.vocabulary,
        "width": 0 if numbers else source.width,
        "readout": spec.readout,
        "read_last": spec.read_last,
        "head_dropout": spec.head_dropout,
        "outputs": spec.outputs,
        "tied": spec.tied,
        "loss": loss.kind if loss else "none",
        "targets": spec.target_size,
        "quantiles": list(loss.quantiles) if loss else [],
        "paths": loss.paths if loss else 0,
        "chance": loss is not None and loss.chance,
        "delta": loss.delta if loss else 1.0,
        "smoothing": loss.smoothing if loss else 0.0,
        "class_weight": list(loss.class_weight) if loss else [],
        "sum": loss is not None and loss.reduction == "sum",
    }
