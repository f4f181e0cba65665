"""The functions of `reference.py` put together: many sequences through a stack of layers, and back.

Sequences are spans over one table of rows, and go through the network one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..cells import Array, State, Weights
from ..data.bags import TokenBags
from .classes import Classes
from .reference import (
    Params,
    Unfolded,
    head,
    head_grad,
    read,
    read_grad,
    readout,
    readout_grad,
    unfold,
    unfold_grad,
)
from .reference_loss import loss
from .spec import NetworkSpec, NumberInput


class SpansLike(Protocol):
    """Sequences as parts of one table; `tidegate.data.Spans` is one."""

    @property
    def start(self) -> Any:
        """First row of each sequence, ``[n]``."""

    @property
    def length(self) -> Any:
        """Its number of rows, ``[n]``: a multiple of the input's segment."""

    @property
    def shift(self) -> Any:
        """Taken off its rows, ``[n, columns]``, or None."""

    @property
    def factor(self) -> Any:
        """Multiplied to its rows then, ``[n, columns]``, or None."""


@dataclass(frozen=True)
class Masks:
    """Dropout made explicit: what the numbers of a training step are multiplied with."""

    between: Sequence[Array] = ()
    """The outputs of layer l with ``between[l]`` ``[sum of steps, D*H]``, all layers but the
    last."""
    head: Array | None = None
    """What the head is given, ``[rows of output, R]``."""
    input: Array | None = None
    """What the first layer is given, ``[sum of steps, I]``."""
    weights: Params = field(default_factory=dict)
    """Parameters, by name."""


NO_MASKS = Masks()


@dataclass(frozen=True)
class _Sequence:
    """One sequence on its way: what `_back` needs."""

    read_steps: NDArray[Any]
    inputs: list[Array]
    """Of each layer, ``[T, I]``."""
    runs: list[Unfolded]
    """Of each layer and direction."""
    top: Array
    """The top layer's states, ``[T, D*H]``."""
    r: Array
    """The readout, ``[rows, R]``."""


@dataclass(frozen=True)
class Forward:
    """The network's outputs for some spans, and what `backward` needs."""

    output: Array
    """``[n, O]``, or for readout ``each`` ``[sum of steps, O]``, spans and steps in order."""
    state: State
    """Each ``[layers*D, n, H]``: after each sequence's own last step."""
    sequences: list[_Sequence]

    @property
    def record(self) -> list[dict[str, Array]]:
        """For each layer and direction, every gate and state by name, ``[sum of steps, H]``."""
        runs = zip(*(sequence.runs for sequence in self.sequences), strict=True)
        steps = [[record for run in layer for record in run.records] for layer in runs]
        return [
            {name: np.stack([record[name] for record in layer]) for name in layer[0]}
            for layer in steps
        ]


@dataclass(frozen=True)
class Gradients:
    """The gradients of a loss by all that a forward pass was given."""

    params: dict[str, Array]
    """By parameter name, of the parameter's shape."""
    rows: Array | None
    """Of the table's shape; None for tokens."""
    state: State
    """By the initial states, each ``[layers*D, n, H]``."""


def forward(
    spec: NetworkSpec,
    params: Params,
    rows: NDArray[Any] | TokenBags,
    spans: SpansLike,
    *,
    state: State | None = None,
    masks: Masks = NO_MASKS,
) -> Forward:
    """The outputs of the network for each span.

    Args:
        spec: the network.
        params: its parameters by name.
        rows: the table, ``[N, columns]`` numbers or ``[N]`` token ids, or
            TokenBags.
        spans: n sequences of the table.
        state: the states to start from, each ``[layers*D, n, H]``; None for zero.
        masks: of dropout.

    Example:
        >>> from types import SimpleNamespace
        >>> from tidegate.network import NetworkSpec, NumberInput
        >>> from tidegate.network.initial import initial
        >>> from tidegate.network.parameters import views
        >>> spec = NetworkSpec(NumberInput(columns=1), cell="gru", hidden=4, outputs=2)
        >>> spans = SimpleNamespace(start=[0, 3, 5], length=[7, 2, 5], shift=None, factor=None)
        >>> rows = np.sin(np.arange(10.0))[:, None]
        >>> forward(spec, views(spec, initial(spec, seed=0)), rows, spans).output.shape
        (3, 2)
    """
    params = _masked(params, masks)
    state = _zero_state(spec, params, len(spans.start)) if state is None else state
    ends = [np.zeros_like(part) for part in state]
    sequences: list[_Sequence] = []
    outputs: list[Array] = []
    for s, (rows_of, shift, factor) in enumerate(_cut(spec, params, rows, spans)):
        X, read_steps = read(spec.input, params, rows_of, shift, factor)
        if masks.input is not None:
            X = X * _part(masks.input, spec, spans, s)
        inputs, runs = [], []
        for layer in range(spec.layers):
            inputs.append(X)
            for reverse, index in enumerate(_places(spec, layer)):
                w = _weights(spec, params, index)
                first = tuple(part[index, s] for part in state)
                runs.append(unfold(spec.cell_spec, w, X, first, bool(reverse)))
                for end, part in zip(ends, runs[-1].state, strict=True):
                    end[index, s] = part
            X = np.concatenate([run.H for run in runs[-spec.directions :]], axis=1)
            if masks.between and layer + 1 < spec.layers:
                X = X * _part(masks.between[layer], spec, spans, s)
        r = readout(spec.readout, X, spec.hidden, spec.read_last)
        if masks.head is not None:
            done = sum(len(output) for output in outputs)
            r = r * masks.head[done : done + len(r)]
        outputs.append(head(params, r))
        sequences.append(_Sequence(read_steps, inputs, runs, X, r))
    return Forward(np.concatenate(outputs), tuple(ends), sequences)


def backward(
    spec: NetworkSpec,
    params: Params,
    rows: NDArray[Any] | TokenBags,
    spans: SpansLike,
    passed: Forward,
    d_output: Array,
    *,
    d_state: State | None = None,
    masks: Masks = NO_MASKS,
) -> Gradients:
    """The way back through `forward`, given the gradients by its output and by its last states.

    Args:
        spec, params, rows, spans, masks: as they were for `forward`.
        passed: what `forward` returned.
        d_output: gradient by its output, of the same shape.
        d_state: gradient by its last states, each ``[layers*D, n, H]``; None for zero.
    """
    params = _masked(params, masks)
    d_last = _zero_state(spec, params, len(spans.start)) if d_state is None else d_state
    d_first = [np.zeros_like(part) for part in d_last]
    d_params = {name: np.zeros_like(value) for name, value in params.items()}
    d_rows = None
    if isinstance(rows, np.ndarray) and isinstance(spec.input, NumberInput):
        d_rows = np.zeros(rows.shape, d_output.dtype)
    offset = 0
    for s, (sequence, (_, _, factor)) in enumerate(
        zip(passed.sequences, _cut(spec, params, rows, spans), strict=True)
    ):
        at = slice(offset, offset + len(sequence.r))
        offset = at.stop
        d_r, d_head = head_grad(params, sequence.r, d_output[at])
        if masks.head is not None:
            d_r = d_r * masks.head[at]
        d_X = readout_grad(spec.readout, sequence.top, d_r, spec.hidden)
        _add(d_params, d_head)
        for layer in reversed(range(spec.layers)):
            if masks.between and layer + 1 < spec.layers:
                d_X = d_X * _part(masks.between[layer], spec, spans, s)
            d_inputs = np.zeros_like(sequence.inputs[layer])
            d_H = np.split(d_X, spec.directions, axis=1)
            for direction, index in enumerate(_places(spec, layer)):
                w = _weights(spec, params, index)
                d_end = tuple(part[index, s] for part in d_last)
                d_in, d_begin, d_w = unfold_grad(
                    spec.cell_spec, w, sequence.runs[index], d_H[direction], d_end
                )
                d_inputs += d_in
                _add(d_params, dict(zip(_names(spec, index), d_w, strict=True)))
                for total, part in zip(d_first, d_begin, strict=True):
                    total[index, s] = part
            d_X = d_inputs
        if masks.input is not None:
            d_X = d_X * _part(masks.input, spec, spans, s)
        d_part, d_input = read_grad(
            spec.input, params, sequence.read_steps, sequence.inputs[0], d_X, factor
        )
        _add(d_params, d_input)
        if d_part is not None and d_rows is not None:
            d_rows[spans.start[s] : spans.start[s] + spans.length[s]] += d_part
    for name, mask in masks.weights.items():
        d_params[name] *= mask
    return Gradients(d_params, d_rows, tuple(d_first))


def loss_and_gradients(
    spec: NetworkSpec,
    params: Params,
    rows: NDArray[Any] | TokenBags,
    spans: SpansLike,
    targets: NDArray[Any],
    *,
    target_index: NDArray[np.integer[Any]] | None = None,
    weights: Array | None = None,
    classes: Classes | None = None,
    state: State | None = None,
    masks: Masks = NO_MASKS,
) -> tuple[float, Gradients]:
    """The spec's loss over some spans, and its gradients: one training step without the update.

    Args:
        spec, params, rows, spans, state, masks: as for `forward`; the spec has a loss.
        targets: a table, ``[M, targets]`` numbers or ``[M]`` class ids.
        target_index: the row of ``targets`` for each span, default its number. For readout ``each``
            that of its first step that is read out, by default beside the rows: see `target_rows`.
        weights: of the rows of ``targets``, ``[M]``; None for 1.
        classes: the only ones that are scored; None for all.
    """
    assert spec.loss is not None, "the spec has no loss"
    passed = forward(spec, params, rows, spans, state=state, masks=masks)
    index = target_rows(spec, spans, target_index)
    weight = None if weights is None else weights[index]
    if classes is None:
        value, d_output = loss(spec.loss, passed.output, targets[index], weight, len(spans.start))
    else:
        some = passed.output[:, classes.ids] + np.asarray(classes.shift)
        place = {-1: -1} | {int(c): i for i, c in enumerate(classes.ids)}
        among = np.array([place[max(-1, int(target))] for target in targets[index]])
        value, d_some = loss(spec.loss, some, among, weight, len(spans.start))
        d_output = np.zeros_like(passed.output)
        d_output[:, classes.ids] = d_some
    gradients = backward(spec, params, rows, spans, passed, d_output, masks=masks)
    return value, gradients


def target_rows(
    spec: NetworkSpec, spans: SpansLike, target_index: NDArray[np.integer[Any]] | None = None
) -> NDArray[np.integer[Any]]:
    """The target row of each row of output: for ``each``, by default the last row that the step has
    read."""
    if spec.readout != "each":
        return np.arange(len(spans.start)) if target_index is None else target_index
    if target_index is not None:
        steps = np.asarray(spans.length) // spec.input.segment
        read = np.minimum(steps, spec.read_last or steps)
        return np.concatenate([i + np.arange(k) for i, k in zip(target_index, read, strict=True)])
    segment = spec.input.segment
    return np.concatenate(
        [
            (start + segment * np.arange(1, length // segment + 1) - 1)[-spec.read_last :]
            for start, length in zip(spans.start, spans.length, strict=True)
        ]
    )


# ---- where things lie ----------------------------------------------------------------------------


def _places(spec: NetworkSpec, layer: int) -> range:
    """Where a layer's directions lie among all layers and directions."""
    return range(layer * spec.directions, (layer + 1) * spec.directions)


def _names(spec: NetworkSpec, index: int) -> list[str]:
    layer, direction = divmod(index, spec.directions)
    shapes = spec.cell_spec.shapes(1, spec.hidden)
    return [f"{name}_l{layer}{spec.suffixes[direction]}" for name in shapes]


def _weights(spec: NetworkSpec, params: Params, index: int) -> Weights:
    return Weights(*(params[name] for name in _names(spec, index)))


def _masked(params: Params, masks: Masks) -> Params:
    """The parameters that a step works with."""
    return {**params, **{name: params[name] * mask for name, mask in masks.weights.items()}}


def _cut(
    spec: NetworkSpec, params: Params, rows: NDArray[Any] | TokenBags, spans: SpansLike
) -> list[tuple[NDArray[Any] | TokenBags, Array | None, Array | None]]:
    """Each span's own rows, shift and factor; numbers in the parameters' dtype."""
    if isinstance(spec.input, NumberInput) and not isinstance(rows, TokenBags):
        rows = rows.astype(params["weight_hh_l0"].dtype)
    return [
        (
            _rows(rows, slice(start, start + length)),
            None if spans.shift is None else spans.shift[s],
            None if spans.factor is None else spans.factor[s],
        )
        for s, (start, length) in enumerate(zip(spans.start, spans.length, strict=True))
    ]


def _rows(rows: NDArray[Any] | TokenBags, part: slice) -> NDArray[Any] | TokenBags:
    return rows.of(rows.ids[part]) if isinstance(rows, TokenBags) else rows[part]


def _part(mask: Array, spec: NetworkSpec, spans: SpansLike, s: int) -> Array:
    """The rows of sequence s in a table with a row for every step of every sequence."""
    ends = np.cumsum(np.asarray(spans.length) // spec.input.segment)
    return np.split(mask, ends[:-1])[s]


def _zero_state(spec: NetworkSpec, params: Params, n: int) -> State:
    dtype = params["weight_hh_l0"].dtype
    shape = (spec.layers * spec.directions, n, spec.hidden)
    return tuple(np.zeros(shape, dtype) for _ in spec.cell_spec.states)


def _add(totals: dict[str, Array], parts: dict[str, Array]) -> None:
    for name, part in parts.items():
        totals[name] += part
