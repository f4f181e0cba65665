"""What the audit asks of a model: a small protocol, and no class of models.

Spans in, outputs out, vector-Jacobian products; `network.audited.NetworkSubject` gives it for the
core's networks. Estimators, forecasters and layers make one in ``__audit__(data)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from numpy.typing import NDArray

Array = NDArray[Any]


GROWN = 1e3
"""A gradient so many times as large has exploded, whatever the network."""


@dataclass(frozen=True)
class Burst:
    """An update of a training before which the gradient had grown out of measure."""

    update: int
    """Updates done before."""
    norm: float
    """Of the whole gradient, as a multiple of that of the first update."""
    lag: int
    """Steps back to where the gradient by the states is largest."""
    size: float
    """How many times as large it is there."""

    @property
    def certain(self) -> bool:
        """Whether it exploded, whatever became of the network."""
        return max(self.norm, self.size) >= GROWN


def worst(bursts: Iterable[Burst | None]) -> Burst | None:
    """Of several, the one that tells most; None of none.

    Example:
        >>> worst([None, Burst(1, 20.0, 8, 3.0), Burst(4, 5e3, 8, 2.0)])
        Burst(update=4, norm=5000.0, lag=8, size=2.0)
    """
    found = (burst for burst in bursts if burst is not None)
    return max(found, key=lambda burst: (burst.certain, burst.size), default=None)


@dataclass(frozen=True)
class About:
    """What a model is, in words and numbers."""

    model: str
    """In words, such as "GRU of 64 units"."""
    cell: str
    """A key of ``tidegate.cells.CELLS``."""
    hidden: int
    layers: int
    directions: int
    outputs: tuple[str, ...]
    inputs: tuple[str, ...]
    step: str = "step"
    """What a row of the data is called: "token", "day", "step"."""
    rows: int = 1
    """Of the data, that a step of the network reads."""
    unit: str = "as the network's numbers"
    """What `Subject.influence` is measured in."""
    loss: str = ""
    """Of `Subject.losses`; lower is better."""
    settings: tuple[str, ...] = ()
    """The arguments of the estimator that a fix may change: of "cell", "init", "window",
    "segment", "readout", "learning_rate", "clip_value", and "clip" where the norm of gradients is
    not limited; none for a bare network."""
    chrono: int | None = None
    """T_max that the gates' biases were set for; None if they were not."""
    recurrent: str = ""
    """How the recurrent weights were drawn."""
    sizes: tuple[float, ...] = ()
    """How much each input varies, in its own units; none where the influence is by deviation."""
    burst: Burst | None = None
    """If the gradient exploded while it learnt; None if it did not, or nobody knows."""
    magnifies: float = float("nan")
    """By how much the recurrent weights of a relu network of which nobody knows how it learnt would
    magnify a state in a step, were all units above zero: their spectral radius; else NaN."""
    direct: bool = False
    """Whether the output reads all states, so that every step has a way of its own to it."""
    once: tuple[str, ...] = ()
    """Inputs beside them that have one value in a sequence, and no lag."""


def read_by(step: str, rows: int) -> str:
    """What a step of the network reads, where that is more than a row of the data.

    Example:
        >>> read_by("hour", 24), read_by("step", 3), read_by("token", 1)
        ('24 hours', '3 rows', '')
    """
    return f"{rows} {'row' if step == 'step' else step}s" if rows > 1 else ""


class Ends(NamedTuple):
    """k runs of steps: where states are probed, at the last step of each."""

    which: Array
    """``[k]``, numbers of sequences."""
    first: Array
    """``[k]``, the first step, with what was known before it as the state that it starts from."""
    steps: Array
    """``[k]``"""


class Context(NamedTuple):
    """What a longer past is worth."""

    lengths: tuple[int, ...]
    """Rows of the data, increasing; the last one is everything."""
    losses: Callable[[int, int], Array]
    """(rows seen, at most so many observations) → ``[m]``, the loss of each; the same observations
    for the same number."""
    least: int = 40
    """Observations that are asked for in any case, however many steps that takes."""
    beyond: Callable[[int], float] | None = None
    """(rows) → how often chance makes what lies more than so many rows back tell as much of the
    targets, by `beyond.tells`; None where that cannot be asked."""


class Subject(Protocol):
    """A model with some data, as the audit sees it."""

    @property
    def about(self) -> About:
        """What it is."""
        ...

    @property
    def length(self) -> Array:
        """``[n]``, the steps of each sequence."""
        ...

    @property
    def others(self) -> tuple[Subject, ...]:
        """The other networks that answer together with this one, over the same sequences."""
        ...

    @property
    def context(self) -> Context:
        """The loss by length of context."""
        ...

    def trail(self, ends: Ends, layer: int, state: str, probe: Array) -> Array:
        """The gradient of probe · state at each end, by that state of every step of its run.

        Args:
            ends: k runs.
            layer: whose state is probed, and looked at.
            state: "h" or "c".
            probe: ``[directions, k, H]``; a reverse direction's end is its run's first step.

        Returns:
            ``[directions, sum of steps, H]`` float64, run after run; at the end itself the probe.
        """
        ...

    def record(self, which: Array) -> list[dict[str, Array]]:
        """For each layer and direction: gate or state → ``[sum of steps, H]`` of some sequences."""
        ...

    def influence(self, which: Array) -> tuple[Array, Array]:
        """How outputs change with the input before them.

        Returns:
            lag ``[L]`` in rows of the data, and ``[k, outputs, L, inputs]``: d output / d input,
            NaN where a sequence has no such row. Columns for ``about.once`` follow those of the
            inputs, and hold their values at the first lag.
        """
        ...

    def fresh(self) -> Subject | None:
        """The same model with other parameters, under which no gradient vanishes; None if there is
        none: of what the zeros of `influence` say is then not certain."""
        ...
