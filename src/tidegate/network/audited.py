"""A network with data, as the audit sees it: `NetworkSubject`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..data.spans import Spans
from ..errors import DataError
from .blas import one_blas_thread
from .influence import influence
from .lags import CHANGE, change, doubling, spread
from .network import Network
from .parameters import size
from .spec import Init, NetworkSpec, NumberInput
from .subject import About, Array, Context, Ends

FEW = 12
"""Outputs that are looked at one by one; of more, a random sum is."""
OPEN = 8.0
"""The bias of a gate that is to keep nearly all: 1 − σ(8) is a third of a thousandth."""
Acts = Callable[[Array], tuple[Array, Array]]
"""Numbers of sequences → what `Subject.influence` gives."""
Pull = Callable[[Array, Array], tuple[Array, Array]]
"""(numbers of sequences, gradient by the rows that the network read of them, one sequence after the
other) → the gradient by the rows of the data ``[N, inputs]``, and their number for each."""


@dataclass(frozen=True, eq=False)
class NetworkSubject:
    """A network over spans of a table; see `network.subject.Subject`.

    Example:
        >>> spec = NetworkSpec(NumberInput(2), hidden=3, outputs=1)
        >>> subject = subject_of(Network(spec), np.ones((9, 2)), Spans([0, 5], [5, 4]))
        >>> subject.length.tolist(), subject.about.inputs
        ([5, 4], ('x0', 'x1'))
    """

    about: About
    network: Network
    rows: Any
    spans: Spans
    score: Callable[[Array], Array]
    """The network's output for all spans → ``[n]``, the loss of each sequence."""
    pull: Pull | None = None
    """From what the network reads to what the user gave; None where they are the same."""
    acts: Acts | None = None
    """In place of `influence`, for a model that does more to its input than the network."""
    contexts: Context | None = None
    """The loss by length of context; None for how far the output changes."""
    labels: tuple[str, ...] | None = None
    """What each step of each span is called, one span after the other."""
    others: tuple[NetworkSubject, ...] = ()
    """Further networks that answer together with this one, over the same spans."""
    anew: Callable[[Network], Acts] | None = None
    """``acts`` of the model with another network in the place of all of its own."""

    @property
    def spec(self) -> NetworkSpec:
        """Of the network."""
        return self.network.spec

    @property
    def model(self) -> str:
        """What it is, in words."""
        return self.about.model

    @property
    def loss(self) -> str:
        """The name of the loss."""
        return self.about.loss

    @cached_property
    def length(self) -> Array:
        """``[n]``, the steps of each sequence."""
        found: Array = self.spans.length // self.spec.input.segment
        return found

    @cached_property
    def exact(self) -> Network:
        """The same network in float64."""
        if not np.isfinite(self.network.parameters).all():
            raise DataError(
                f"the parameters of this {self.about.model} hold NaN or infinity, so there "
                f"is nothing to audit; train it anew with a smaller learning rate"
            )
        spec = self.spec.but(dtype="float64")
        return Network(spec, parameters=self.network.parameters.astype(np.float64))

    @cached_property
    def trunk(self) -> Network:
        """The recurrent layers alone, in float64: no step is read out that nobody asks for."""
        spec = self.spec.but(
            dtype="float64", readout="last", read_last=0, outputs=0, tied=False, loss=None,
            head_dropout=0.0,
        )  # fmt: skip
        return Network(spec, parameters=self.exact.parameters[: size(spec)])

    @cached_property
    def exact_rows(self) -> Any:
        """The rows in float64."""
        return _exact(self.spec, self.rows)

    @cached_property
    def context(self) -> Context:
        """The loss by length of context."""
        if self.contexts is not None:
            return self.contexts
        segment, spec = self.spec.input.segment, self.spec
        longest = int(self.length.max())
        lengths = [segment * n for n in doubling(longest) if n >= spec.read_last]
        return Context(tuple(lengths), self._changes)

    def trail(self, ends: Ends, layer: int, state: str, probe: Array) -> Array:
        """See `network.subject.Subject`."""
        network, spec = self.trunk, self.spec
        k, rows = len(ends.which), int(ends.steps.sum())
        start = self._before(ends)
        spans = self._spans(ends.which, ends.first, ends.steps)
        tape = network.forward_train(self.exact_rows, spans, state=start)
        number = spec.cell_spec.states.index(state)
        d_state = [np.zeros_like(part) for part in network.native.empty_state(k)]
        own = slice(layer * spec.directions, (layer + 1) * spec.directions)
        d_state[number][own] = probe
        network.native_backward(
            tape.native,
            None,
            gradient=np.empty_like(network.values),
            d_state=(d_state[0], d_state[1] if len(d_state) > 1 else None),
            trail=True,
        )
        found = np.empty((spec.directions, rows, spec.hidden))
        for direction in range(spec.directions):
            tape.native.trail(layer, direction, number, found[direction])
        return found

    def record(self, which: Array) -> list[dict[str, Array]]:
        """See `network.subject.Subject`."""
        spec, spans = self.spec, self.spans[which]
        tape = self.network.forward_train(self.rows, spans).native
        steps, cell = int(self.length[which].sum()), spec.cell_spec
        names = [*cell.gates, *(("c",) if "c" in cell.states else ()), "h"]
        found = []
        for layer in range(spec.layers):
            for direction in range(spec.directions):
                entry = {}
                for name in cell.record:
                    entry[name] = np.empty((steps, spec.hidden), spec.dtype)
                    tape.record(layer, direction, names.index(name), entry[name])
                found.append(entry)
        return found

    def influence(self, which: Array) -> tuple[Array, Array]:
        """See `network.subject.Subject`; of several networks, that of the mean of their outputs."""
        return influence(self, which) if self.acts is None else self.acts(which)

    def fresh(self) -> NetworkSubject | None:
        """See `network.subject.Subject`: orthogonal, gates open, and rows of small numbers."""
        network = opened(self.spec)
        if self.acts is not None:
            acts = None if self.anew is None else self.anew(network)
            return None if acts is None else replace(self, network=network, acts=acts, others=())
        rows = self.exact_rows
        if isinstance(network.spec.input, NumberInput):
            rows = np.random.default_rng(0).normal(0, 0.01, np.shape(rows))
        return replace(self, network=network, rows=rows, others=())

    # ---- what they share ----

    def _spans(self, which: Array, first: Array, steps: Array) -> Spans:
        spans, segment = self.spans[which], self.spec.input.segment
        start, length = spans.start + first * segment, steps * segment
        return Spans(start, length, spans.shift, spans.factor)

    def _before(self, ends: Ends) -> tuple[Array, ...] | None:
        """The states that runs start from: of forward directions those before, else zero."""
        late = np.flatnonzero(ends.first)
        if not late.size:
            return None
        network, spec = self.trunk, self.spec
        states = network.native.empty_state(len(ends.which))
        # many runs may start at one place: it is read once
        places = np.stack([ends.which[late], ends.first[late]])
        each, back = np.unique(places, axis=1, return_inverse=True)
        spans = self._spans(each[0], np.zeros_like(each[1]), each[1])
        reached = network.forward(self.exact_rows, spans).state
        for part, end in zip(states, reached, strict=True):
            part[...] = 0
            part[:: spec.directions, late] = end[:: spec.directions, back.ravel()]
        return states

    @cached_property
    def _whole(self) -> dict[int, Array]:
        """For a number of sequences: their last output, with everything seen."""
        return {}

    def _changes(self, rows: int, most: int) -> Array:
        """How far the last output is from what it is with everything seen."""
        spans = self.spans[spread(len(self.spans), most)]
        if most not in self._whole:
            self._whole[most] = self._last(spans)
        full = self._whole[most]
        if rows >= spans.length.max():
            return np.zeros(len(spans))
        size = np.minimum(rows, spans.length)
        late = Spans(spans.start + spans.length - size, size, spans.shift, spans.factor)
        return change(self._last(late), full)

    def _last(self, spans: Spans) -> Array:
        """``[n, O]``, the last output of each span; of both directions, the middle one."""
        network, spec = self.network, self.spec
        if spec.readout == "each" and not spec.read_last and not spec.bidirectional:
            network = Network(spec.but(readout="last"), parameters=network.parameters)
        output = network.forward(self.rows, spans).output
        if network.spec.readout != "each":
            return output
        if spec.read_last:
            return output.reshape(len(spans), -1)
        length = spans.length // spec.input.segment
        found: Array = output[np.cumsum(length) - 1]
        return found


def subject_of(
    network: Network, rows: Any, spans: Spans, about: About | None = None
) -> NetworkSubject:
    """A network without targets: it is judged by how far its output changes."""
    if about is None:
        about = about_of(network.spec, burst=network.burst, magnifies=magnifies(network))
    full: list[Array] = []

    def score(output: Array) -> Array:
        if not full:
            full.append(network.forward(rows, spans).output)
        by_row = change(output, full[0])
        count = len(output) // len(spans)
        if len(by_row) == len(spans):
            return by_row
        if network.spec.read_last:
            found: Array = by_row.reshape(len(spans), count).mean(axis=1)
            return found
        length = spans.length // network.spec.input.segment
        return np.add.reduceat(by_row, np.cumsum(length) - length) / length

    return NetworkSubject(about, network, rows, spans, score)


def of_network(network: Network, data: Any) -> NetworkSubject:
    """A network with (rows, spans), or with an array ``[B, T, I]`` if it reads numbers.

    Raises:
        DataError: if it is none of these, or holds what is no finite number.
    """
    pair = isinstance(data, tuple) and len(data) == 2 and isinstance(data[1], Spans)
    if not pair and isinstance(network.spec.input, NumberInput):
        return of_layer(network, data)
    if not pair:
        raise DataError(
            f"an audit of a network that reads tokens needs (ids, Spans), got {type(data).__name__}"
        )
    return subject_of(network, *data)


def of_layer(network: Network, data: Any) -> NetworkSubject:
    """A stack of layers with an array ``[B, T, I]``.

    Raises:
        DataError: if it is none, or holds what is no finite number.
    """
    columns = network.spec.input.columns  # type: ignore[union-attr]
    try:
        array = np.asarray(data)
    except ValueError:  # a list of unequal parts
        raise DataError(
            f"an audit of it needs an array [B, T, {columns}], got sequences of unequal length; "
            f"cut or pad them to one"
        ) from None
    if array.dtype.kind not in "fiub" or array.ndim != 3 or array.shape[2] != columns:
        raise DataError(
            f"an audit of it needs an array [B, T, {columns}], got one of {array.shape} of "
            f"{array.dtype}"
        )
    if not array.size or not np.isfinite(array).all():
        what = "is empty" if not array.size else "holds NaN or infinity"
        raise DataError(f"the array {what}; an audit needs finite numbers")
    batch, steps = array.shape[:2]
    rows = np.ascontiguousarray(array.reshape(-1, columns), network.native.dtype)
    spans = Spans(np.arange(batch) * steps, np.full(batch, steps))
    return subject_of(network, rows, spans)


def magnifies(network: Network) -> float:
    """As in `About`.

    Example:
        >>> spec = NetworkSpec(NumberInput(1), cell="rnn_relu", hidden=4)
        >>> magnifies(Network(spec.but(init=Init(recurrent="identity"))))
        1.0
    """
    if network.spec.cell != "rnn_relu" or not np.isfinite(network.parameters).all():
        return float("nan")
    weights = [values for name, values in network.params.items() if name.startswith("weight_hh")]
    with one_blas_thread():
        found = [np.linalg.eigvals(each.astype(np.float64)) for each in weights]
    return max(float(np.abs(each).max()) for each in found)


def about_of(spec: NetworkSpec, **words: Any) -> About:
    """What can be said of a network by its spec; further fields of `About` by name.

    Example:
        >>> about_of(NetworkSpec(NumberInput(1), hidden=4, readout="each", read_last=2)).outputs
        ('t+1', 't+2')
    """
    title = f"{spec.cell_spec.title} of {spec.hidden} units"
    if spec.layers > 1:
        title += f" in each of {spec.layers} layers"
    if spec.bidirectional:
        title += ", read from both ends"
    size, name = spec.output_size, "y" if spec.outputs else "h"
    if spec.read_last and not spec.outputs:
        size = FEW + 1
    each = [f"t+{step + 1}" for step in range(spec.read_last)]
    if size > FEW:
        outputs = tuple(each) or ("all outputs",)
    elif each:
        outputs = tuple(f"{t} {name}{i}" if size > 1 else t for t in each for i in range(size))
    else:
        outputs = tuple(f"{name}{i}" for i in range(size))
    source = spec.input
    inputs: tuple[str, ...] = ("token",)
    if isinstance(source, NumberInput):
        inputs = tuple(f"x{i}" for i in range(source.columns))
    settled: dict[str, Any] = {"outputs": outputs, "inputs": inputs, "loss": CHANGE, **words}
    settled["direct"] = spec.pools
    for name in ("cell", "hidden", "layers", "directions"):
        settled[name] = getattr(spec, name)
    for name in ("chrono", "recurrent"):
        settled[name] = getattr(spec.init, name)
    return About(title, rows=source.segment, **settled)


def _exact(spec: NetworkSpec, rows: Any) -> Any:
    return np.asarray(rows, np.float64) if isinstance(spec.input, NumberInput) else rows


def opened(spec: NetworkSpec) -> Network:
    """A network in float64 whose states pass and whose units all work: nothing vanishes in it.

    Recurrent weights are orthogonal, gates keep nearly all, and relu units are above zero.
    """
    spec = spec.but(dtype="float64", init=Init(recurrent="orthogonal", bias="uniform"))
    network = Network(spec, seed=1)
    for name, values in network.params.items():
        if name == "dense_bias":
            values[...] = 1.0
        if not name.startswith("bias_ih"):
            continue
        gates = dict(zip(spec.cell_spec.gates, np.split(values, len(spec.cell_spec.gates)),
                         strict=True))  # fmt: skip
        for gate, block in gates.items():
            if spec.cell == "rnn_relu":
                block[...] = 1.0
            elif gate == spec.cell_spec.forget or (gate, 1.0) in spec.cell_spec.chrono:
                block[...] = OPEN
    return network
