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
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..data.bags import TokenBags
from ..data.spans import Spans
from ..network import Network, NetworkSpec, NumberInput, TokenInput
from ..network.subject import GROWN, Burst
from ..network.subject import worst as worst_of
from .source import Chunk, Part

Array = NDArray[Any]
Fault: TypeAlias = Literal["", "vanishes", "explodes"]

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

GONE = 2.0**-23
"""A share that is lost in rounding beside 1, in float32: what comes from so far back adds nothing
to what comes from near."""
LARGE = 10.0
"""A gradient so many times that of the first update may have ruined a network: it is looked at."""
FOR_LONG, FEW, LONGER = 0.25, 4, 0.5
"""The share of a run for which nothing may arrive: many networks learn to remember in this time.
Of a run so short that there are fewer looks, a larger one."""
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


@dataclass(frozen=True)
class Look:
    """The gradient by lag at one moment of a run."""

    update: int
    """Updates done before."""
    steps: int
    """Of the longest sequence that was looked at."""
    gradient: tuple[float, ...]
    """By the states 1, 2, 4, 8, ... steps before the last ones: its norm over all layers and
    states, beside that of the probe; the root mean square over the sequences."""

    @property
    def lag(self) -> tuple[int, ...]:
        """``1, 2, 4, 8, ...``, all below ``steps``.

        Example:
            >>> Look(100, 9, (0.9, 0.8, 0.5, 0.1)).lag
            (1, 2, 4, 8)
        """
        return tuple(2**k for k in range(len(self.gradient)))


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
        self._trunk: Network | None = None
        ends = range(1, len(looks) + 1)
        self._pooled = pooled(network.spec)
        self._warned = any(fault(looks[:end], total, self._pooled) for end in ends)
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
            self._kept = (batch, self.network.values.copy())
        if not done or done % self._every:
            return
        spans = batch.spans[:SEQUENCES]
        steps = spans.length // self.network.spec.input.segment
        if steps.max() < SHORT:
            return
        self._look(done, batch, spans, int(steps.max()), self.network.values)
        if what := fault(self.looks, self.total, self._pooled):
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
            spans = Spans(np.cumsum(spans.length) - spans.length, spans.length)
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


def burst(norms: Sequence[float], times: float = GROWN) -> bool:
    """Whether the newest gradient is the first one so many times that of the first update.

    Where the first is below 1, as of a network that begins at its best constant answer, it counts
    as 1.

    Example:
        >>> burst([2.0, 3e8]), burst([2.0, 3e8, 4e8]), burst([2.0, 20.0]), burst([1e-9, 0.5])
        (True, False, False, False)
    """
    bound = times * max(norms[0], 1.0)
    return norms[-1] > bound and max(norms[:-1], default=0.0) <= bound


def worst(looks: list[Look], norms: Sequence[float]) -> Burst | None:
    """The look at which most came back, if the gradient grew out of measure: there it grew `GROWN`
    times on its way back, or the norm of the whole gradient was `LARGE` times that of the first
    update. None if it never did.

    Args:
        looks: of a run.
        norms: of the whole gradient, of all its updates.

    Example:
        >>> looks = [Look(1, 64, (0.9, 20.0, 4e5)), Look(3, 64, (0.9, 0.1, 0.0))]
        >>> worst(looks, [2.0, 6.0, 1.0, 1.0]), worst(looks[1:], [2.0, 6.0, 1.0, 1.0])
        (Burst(update=1, norm=3.0, lag=4, size=400000.0), None)
    """
    found = []
    for look in looks:
        place = int(np.argmax(look.gradient))
        norm = norms[look.update] / max(norms[0], 1.0) if look.update < len(norms) else 1.0
        if norm >= LARGE or look.gradient[place] >= GROWN:
            found.append(Burst(look.update, norm, look.lag[place], look.gradient[place]))
    return worst_of(found)


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


def pooled(spec: NetworkSpec) -> bool:
    """Whether the output reads a mean or a maximum of all states: then each step has a way of its
    own to it, and a gradient that fades between states keeps nothing from being learnt.

    Example:
        >>> pooled(NetworkSpec(NumberInput(1), hidden=8, readout="mean+max"))
        True
    """
    return spec.readout not in ("last", "each")


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


def fault(looks: list[Look], total: int, pooled: bool = False) -> Fault:
    """What the newest looks of a run of ``total`` updates show.

    Vanishing is said only if from the second half of a sequence nothing has arrived for a quarter
    of the run, or for half of it where there were fewer than `FEW` looks in that time, and never of
    a network that is `pooled`; exploding at the second look in a row.

    Example:
        >>> looks = [Look(update, 64, (0.5,) * 5 + (1e-9,)) for update in (10, 20, 30, 40)]
        >>> fault(looks, total=100), fault(looks, total=200)
        ('vanishes', '')
    """
    streak = 0
    for look in reversed(looks):
        if max(look.gradient) < GROWN:
            break
        streak += 1
    if streak >= 2:
        return "explodes"
    gone = []
    for look in reversed(looks):
        if look.gradient[-1] >= GONE:
            break
        gone.append(look.update)
    if pooled or not gone:
        return ""
    part = FOR_LONG if len(gone) >= FEW else LONGER
    return "vanishes" if gone[0] - gone[-1] >= part * total else ""


def advice(
    what: Fault,
    looks: list[Look],
    spec: NetworkSpec,
    clips: bool = False,
    burst: Burst | None = None,
) -> str:
    """The warning, one line: what was seen, what it means, what to try that was not done."""
    look = looks[-1]
    if what == "explodes":
        lag = look.lag[int(np.argmax(look.gradient))]
        seen = f"it is {max(look.gradient):.1e} times as large {lag} steps back"
        if burst is not None and max(look.gradient) < GROWN:
            seen = f"its norm is {burst.norm:.1e} times that of the first update"
        means = "a single update may undo what was learnt"
    else:
        near = (at for at, g in zip(look.lag, look.gradient, strict=True) if g >= GONE)
        seen = f"{look.gradient[-1]:.1e} of it is left {look.lag[-1]} steps back"
        back = "back"
        if spec.bidirectional:
            back = "away" if spec.readout == "each" else "from both ends"
        means = (
            f"of sequences of {look.steps} steps, little that lies more than "
            f"{max(near, default=0)} steps {back} is learnt from"
        )
    fix = _fix(what, look.steps, spec, clips)
    return f"the gradient {what} (update {look.update}): {seen}, so {means}; try {fix}"


def _fix(what: Fault, steps: int, spec: NetworkSpec, clips: bool) -> str:
    """What to try; "in Python" is said of what the commands have no option for."""
    if what == "explodes":
        fix = "a smaller learning_rate" if clips else "Optimizer(clip=1.0), a smaller learning_rate"
        if spec.cell in ("rnn_relu", "rnn_linear"):
            return f"the cell 'gru' or 'lstm', or in Python {fix}, Init(recurrent='orthogonal')"
        return f"{fix} (in Python)"
    if not spec.cell_spec.chrono:
        return f"the cell 'gru' or 'lstm', in Python with Init(chrono={steps})"
    if spec.init.chrono is None:
        return f"Init(chrono={steps}) (in Python)"
    return "longer segments or windows of fewer steps, for fewer steps in between"
