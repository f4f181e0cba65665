"""Whether the gradient survives the way back through time: looked at now and then during a run.

A random probe of the last states goes backwards through two sequences of a batch. What arrives at
the states before them, beside what set out, says how far back a loss at the end can teach anything
(Pascanu, Mikolov and Bengio 2013). It reads the weights and changes nothing. When it is time for a
look follows from numbers of steps and weights, not from a clock: so a run is the same to the bit,
and its looks too.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.bags import TokenBags
from ..data.spans import Spans
from ..network import Network, NetworkSpec, NumberInput, TokenInput
from .looks import LARGE, Fault, Look, advice, burst, fault, worst
from .source import Chunk, Part

Array = NDArray[Any]

SEQUENCES = 2
"""Of a batch that are looked at."""
SHORT = 64
"""Steps; what is shorter is not looked at: there a network learns though it forgets soon."""
SHARE = 0.01
"""Of the operations of a run that looks may take."""
CALL = 1e7
"""Operations that are done in the time that a look takes beside its products."""
SLOW = 4.0
"""How much longer a product takes for two sequences than as a part of a batch."""
BRIEF = 16
"""Steps, from which on it is looked after a burst: in fewer no gradient explodes."""
EARLY, LIGHT = 200, 1_000_000
"""Updates in which a burst is looked for, and weights of a network that are copied before each."""
OFTEN = 10
"""Updates between two looks, at the least."""
BEYOND = float(np.finfo(np.float32).max)
"""What stands for a number that float32 does not hold."""


class GradientWarning(UserWarning):
    """The gradient vanishes or explodes on its way back through time."""


_TOLD: ContextVar[set[Fault] | None] = ContextVar("told", default=None)
"""What has been warned of within `once`; None outside of it."""


@contextmanager
def once() -> Iterator[None]:
    """Within it, several runs warn of a fault once: networks that differ in their seed alone."""
    token = _TOLD.set(set())
    try:
        yield
    finally:
        _TOLD.reset(token)


class Watch:
    """Looks at the gradient of a run, and warns once."""

    def __init__(
        self,
        network: Network,
        total: int,
        looks: list[Look],
        clips: bool = False,
        norms: Sequence[float] = (),
    ) -> None:
        """
        Args:
            network: that learns.
            total: updates of the run.
            looks: those before, which further ones are added to.
            clips: whether the gradient's norm is limited already.
            norms: of the gradients of all updates before.
        """
        self.clips = clips
        self.network = network
        self.total = total
        self.looks = looks
        self._every = 0
        self._kept: tuple[Part, Array] | None = None
        self._room: Array | None = None
        self._trunk: Network | None = None
        ends = range(1, len(looks) + 1)
        self._warned = any(fault(looks[:end], total, network.spec.pools) for end in ends)
        network.burst = worst(looks, norms) or network.burst

    def before(self, done: int, batch: Part, size: int) -> None:
        """To be called before an update; looks if it is time.

        Args:
            done: updates done.
            batch: what the update reads.
            size: the sequences of a batch.
        """
        if not self._every:
            self._every = every(self.network.spec, size)
        self._kept = None
        if 0 < done < EARLY and self.network.values.size <= LIGHT:
            if self._room is None:
                self._room = np.empty_like(self.network.values)
            np.copyto(self._room, self.network.values)
            self._kept = (batch, self._room)
        if not done or done % self._every:
            return
        spans = batch.spans[:SEQUENCES]
        steps = spans.length // self.network.spec.input.segment
        if steps.max() < SHORT:
            return
        self._look(done, batch, spans, int(steps.max()), self.network.values)
        if what := fault(self.looks, self.total, self.network.spec.pools):
            self._warn(what)

    def after(self, norms: list[float]) -> None:
        """To be called after an update: of a sudden burst, looks at the weights that it came from.

        One such update may ruin a network, and no look would see why: afterwards its units are
        dead, and the gradient is gone. The network keeps what was seen.

        Args:
            norms: of the gradients of all updates up to now.
        """
        newest, bursts = len(norms) - 1, burst(norms)
        looked = bool(self.looks) and self.looks[-1].update == newest
        if (bursts or burst(norms, LARGE)) and not looked and self._kept is not None:
            batch, values = self._kept
            spans = batch.spans[:SEQUENCES]
            steps = spans.length // self.network.spec.input.segment
            if looked := bool(steps.max() >= BRIEF):
                self._look(newest, batch, spans, int(steps.max()), values)
        if looked:
            self.network.burst = worst(self.looks, norms) or self.network.burst
            if bursts:
                self._warn("explodes")

    def _look(self, done: int, batch: Part, spans: Spans, steps: int, values: Array) -> None:
        if self._trunk is None:
            self._trunk = Network(trunk(self.network.spec))
        gradient = self._gradient(self._trunk, done, batch, spans, values)
        self.looks.append(Look(done, steps, gradient))

    def _warn(self, what: Fault) -> None:
        told = _TOLD.get()
        if not self._warned and not (told and what in told):
            if told is not None:
                told.add(what)
            line = advice(what, self.looks, self.network.spec, self.clips, self.network.burst)
            warnings.warn(line, GradientWarning, stacklevel=3)
        self._warned = True

    def _gradient(
        self, net: Network, done: int, batch: Part, spans: Spans, values: Array
    ) -> tuple[float, ...]:
        spec = net.spec
        embedding = self.network.spec.input
        first = 0
        rows: Any = batch.rows
        state = batch.state if isinstance(batch, Chunk) else None
        if isinstance(embedding, TokenInput):
            first = embedding.vocabulary * embedding.width
            rows = embedded(rows, spans, values[:first].reshape(-1, embedding.width))
            spans = spans.laid()
        net.parameters[...] = values[first : first + net.values.size]
        start = None
        if state is not None:
            start = tuple(np.ascontiguousarray(part[:, : len(spans)]) for part in state)
        # Signs: they have one norm, so that nothing is to be divided but by it.
        shape = (spec.layers * spec.directions, len(spans), spec.hidden)
        random = np.random.Generator(np.random.PCG64(done))
        probe = (2.0 * random.integers(0, 2, shape) - 1).astype(spec.dtype)
        others = (np.zeros_like(probe) for _ in spec.cell_spec.states[1:])
        trail = net.vjp(net.forward_train(rows, spans, state=start), None, (probe, *others)).trail
        squares = by_lag(trail, spans.length // spec.input.segment, spec.directions)
        lags = [2**k for k in range((len(squares) - 1).bit_length())]
        shares = np.sqrt(squares[lags] / squares[0])
        found = np.nan_to_num(np.minimum(shares, BEYOND), nan=BEYOND)
        return tuple(float(share) for share in found)


def every(spec: NetworkSpec, size: int) -> int:
    """Updates from one look to the next, so that all looks together cost little.

    Args:
        spec: of the network.
        size: sequences in an update, all about equally long.

    Example:
        >>> small = NetworkSpec(NumberInput(1), hidden=8)
        >>> every(small, 32) > every(small.but(hidden=128), 32) > every(small, 10_000)
        True
    """
    shapes = spec.cell_spec.shapes(spec.hidden, spec.hidden)
    weights = sum(math.prod(shapes[name]) for name in ("weight_ih", "weight_hh"))
    step = 6.0 * weights * spec.layers * spec.directions * SHORT
    look, update = CALL + SLOW * SEQUENCES * step, CALL / 10 + size * step
    return max(OFTEN, math.ceil(look / (SHARE * update)))


def trunk(spec: NetworkSpec) -> NetworkSpec:
    """The recurrent layers of a network and what is in front of them, given embedded tokens."""
    source = NumberInput(spec.input.width) if isinstance(spec.input, TokenInput) else spec.input
    return spec.but(
        input=source,
        readout="last",
        read_last=0,
        outputs=0,
        tied=False,
        loss=None,
        head_dropout=0.0,
    )


def embedded(rows: Array | TokenBags, spans: Spans, embedding: Array) -> Array:
    """What the first layer is given for the tokens of some spans, ``[sum of lengths, width]``."""
    places = zip(spans.start, spans.length, strict=True)
    ids = rows.ids if isinstance(rows, TokenBags) else rows
    read = np.concatenate([ids[start : start + length] for start, length in places])
    if not isinstance(rows, TokenBags):
        found: Array = embedding[read]
        return found
    entries = [np.arange(rows.first[bag], rows.first[bag + 1]) for bag in read]
    token = np.repeat(np.arange(len(read)), [len(each) for each in entries])
    entry = np.concatenate(entries)
    found = np.zeros((len(read), embedding.shape[1]), embedding.dtype)
    weights = rows.weights[entry, None].astype(embedding.dtype)
    np.add.at(found, token, weights * embedding[rows.rows[entry]])
    return found


def by_lag(trail: list[dict[str, Array]], steps: Array, directions: int) -> Array:
    """``[longest]``, the squared norm so many steps before the end, the mean over the sequences.

    Args:
        trail: as `Network.vjp` gives it.
        steps: of each sequence.
        directions: of a layer; the second one reads from the end.
    """
    total = np.zeros(steps.max())
    count = np.zeros(steps.max())
    for length in steps:
        count[:length] += 1
    for number, entry in enumerate(trail):
        squares = sum((array.astype(np.float64) ** 2).sum(axis=1) for array in entry.values())
        parts = np.split(np.asarray(squares), np.cumsum(steps)[:-1])
        for part in parts:
            backwards = number % directions == 1
            total[: len(part)] += part if backwards else part[::-1]
    found: Array = total / count
    return found
