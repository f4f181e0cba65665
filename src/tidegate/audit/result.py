"""What an audit found, as plain data: frozen dataclasses of arrays, JSON both ways.

Lags, contexts and lengths are counted in steps of the network; where a step reads several rows of
the data, ``Audit.rows`` says how many. What is counted in rows says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .plain import from_plain, to_plain

Array: TypeAlias = NDArray[Any]
Word: TypeAlias = Literal["vanishing", "exploding", "saturated", "healthy", "unused past"]

WORDS: tuple[Word, ...] = ("vanishing", "exploding", "saturated", "healthy", "unused past")


@dataclass(frozen=True, eq=False)
class LagCurve:
    """How large d state(t) / d state(t − lag) is, for one state of one layer and direction.

    The size of a Jacobian J is its Frobenius norm over √H: by how much a change of a random
    direction grows on its way, in the root mean square. It is 1 at lag 0, and 1 at every lag for a
    layer that neither loses nor magnifies anything. Of small models and data it is without error,
    and all steps of all sequences are looked at; else it is by random probes from some of them.
    """

    layer: int
    """From 0, the one that reads the input."""
    direction: str
    """"forward" or "reverse"."""
    state: str
    """"h" or "c"."""
    lag: Array
    """``[L]``, 0, 1, 2, ..."""
    mean: Array
    """``[L]``, over the places t and the sequences; 0 where it is below any number."""
    low: Array
    """``[L]``, the quantile 0.1."""
    median: Array
    """``[L]``"""
    high: Array
    """``[L]``, the quantile 0.9."""
    count: Array
    """``[L]``, how many places were looked at: only late ones have a long past."""


@dataclass(frozen=True, eq=False)
class Rate:
    """How the gradient of one state grows from step to step."""

    layer: int
    direction: str
    state: str
    growth: float
    """The factor of a step: below 1 the gradient vanishes, above 1 it explodes."""
    low: float
    """The end of a 95 % interval, by bootstrap over the sequences. Of a single one it is over its
    places, which are alike, and too narrow for what another sequence would show; NaN from a single
    place."""
    high: float
    half_life: float
    """Steps until half is left; inf if nothing is lost."""
    lag: Array
    """``[K]``, lags of the singular values."""
    largest: Array
    """``[K]``, the largest singular value of d state(t) / d state(t − lag), the geometric mean over
    places; exact, from the whole Jacobian in float64."""
    smallest: Array
    """``[K]``"""
    networks: tuple[float, ...] = ()
    """The growth in each network, where several answer together."""


@dataclass(frozen=True, eq=False)
class Influence:
    """How much an output changes with the input so many rows before: ``|d output / d input|``."""

    outputs: tuple[str, ...]
    inputs: tuple[str, ...]
    lag: Array
    """``[L]`` in rows of the data before the one that an output is about: 0 for that row itself, of
    a whole sequence its last. The newest row that a forecast of t+3 may know has lag 3. Below 0 are
    rows after a step that is tagged, which only reading from both ends can see."""
    mean: Array
    """``[outputs, L, inputs]``, over the sequences; NaN where none is so long, or nothing was known
    of that row."""
    unit: str
    """What it is measured in."""
    sizes: tuple[float, ...] = ()
    """How much each input varies, where they are measured in units of their own; else none."""
    once: tuple[str, ...] = ()
    """Inputs that have one value in a sequence, and so no lag."""
    once_mean: Array = field(default_factory=lambda: np.empty((0, 0)))
    """``[outputs, once]``, the influence of these."""

    def weighed(self) -> Array:
        """``[outputs, L, inputs]``, inputs side by side: a change by as much as each varies counts
        as one by as much as the first varies."""
        if not self.sizes or not self.sizes[0] > 0:
            return self.mean
        return self.mean * (np.array(self.sizes) / self.sizes[0])

    def total(self) -> Array:
        """``[outputs, L]``, over all inputs: the root of the sum of squares, `weighed`; NaN where
        nothing was known."""
        each = self.weighed()
        known = np.isfinite(each)
        each = np.where(known, each, 0)
        largest = each.max(axis=2, keepdims=True)  # of 1e-200 the square is none
        safe = np.where(largest > 0, largest, 1.0)
        found = safe[..., 0] * np.sqrt(((each / safe) ** 2).sum(axis=2))
        return np.where(known.any(axis=2), found, np.nan)


@dataclass(frozen=True, eq=False)
class Memory:
    """What a longer past is worth: the loss when only the newest rows are seen."""

    name: str
    """Of the loss; lower is better."""
    context: Array
    """``[K]`` in rows of the data, increasing; the last one is everything. 0 is where nothing is
    seen but how large values are."""
    score: Array
    """``[K]``, the mean over sequences."""
    low: Array
    """``[K]``, 95 % interval, by bootstrap over sequences."""
    high: Array
    usable: int
    """Rows: the smallest context from which on the loss is within 1 % of the full one; the smallest
    of all where a longer one is not proved to be of use."""
    gain: float
    """How much lower the full loss is than that of the smallest context, as a share of the latter;
    below 0 if it is higher."""
    p: float
    """How often chance alone makes so large a difference between these two; NaN for too few."""

    @property
    def full(self) -> float:
        """The loss with everything seen."""
        return float(self.score[-1])


@dataclass(frozen=True)
class Blind:
    """An output that cannot depend on an input that it was given, whatever the parameters."""

    output: str
    input: str
    """A column, or "all inputs"."""
    lags: tuple[int, ...]
    """In rows, as in `Influence.lag`; none of an input that has no lag."""
    newest: int
    """The lag of the newest row that it was given; 0 of an input that has no lag."""
    certain: bool
    """Whether it is so for other parameters too; if not, that could not be tried, and the zeros
    are those of these parameters."""

    def __str__(self) -> str:
        if not self.lags:
            return f"{self.output} cannot depend on {self.input}"
        newest = self.lags == tuple(range(self.newest, self.newest + len(self.lags)))
        n = len(self.lags)
        what = "row" if n == 1 else f"{n} rows"
        if newest:
            where = f"the newest {what}"
        else:
            where = f"lag{'s' if n > 1 else ''} {', '.join(map(str, self.lags[:12]))}"
            where += ", ..." if n > 12 else ""
        after = f", which come{'s' if n == 1 else ''} after it" if max(self.lags) < 0 else ""
        return f"{self.output} cannot depend on {where} of {self.input}{after}"


@dataclass(frozen=True, eq=False)
class Units:
    """What the units of one layer and direction do; H of them."""

    layer: int
    direction: str
    forget_time: Array
    """``[H]`` steps, −1 / mean log of the gate that keeps (LSTM's f, GRU's z): after so many a
    memory is 1/e of what it was. NaN for a cell without such a gate; inf if it loses nothing."""
    own_time: Array
    """``[H]`` steps, after which the autocorrelation of the unit's state (c, else h) is below 1/e;
    NaN for a unit that does not change."""
    closed: dict[str, Array]
    """Gate → ``[H]``, the share of steps in which it is below 0.1; of what is a tanh, below −0.95.
    """
    opened: dict[str, Array]
    """Gate → ``[H]``, the share in which it is above 0.9; of what is a tanh, above 0.95."""
    dead: Array
    """``[H]``, whether it says the same at every step of every sequence."""
    saturation: float
    """The share of units and steps at which the state is at an end of its tanh, where no gradient
    passes; 0 for a cell without, NaN where states grow beyond all numbers."""
    network: int = 0
    """Of several that answer together, its number."""


@dataclass(frozen=True)
class Verdict:
    """What it comes to."""

    word: Word
    sentence: str
    evidence: dict[str, float]
    """The numbers that decided, by name."""

    def __str__(self) -> str:
        return f"{self.word}: {self.sentence}"


@dataclass(frozen=True)
class Fix:
    """Something to try."""

    title: str
    """Such as "an LSTM with chrono initialisation"."""
    why: str
    changes: dict[str, Any]
    """The estimator's argument → its new value, a plain word or number; "init.chrono" and the like
    for a part of an argument, or of a part of ``training``."""


@dataclass(frozen=True, eq=False)
class Audit:
    """What a model remembers. `tg.audit` makes one; it is plain data but for where it came from."""

    model: str
    """What was audited, in words."""
    cell: str
    hidden: int
    sequences: int
    """That were looked at."""
    length: int
    """Steps of the network over a sequence of median length."""
    step: str
    """What a row of the data is called: "token", "day", "step"."""
    rows: int
    """Of the data, that a step of the network reads."""
    gradient: tuple[LagCurve, ...]
    """For each layer, direction and state."""
    rate: tuple[Rate, ...]
    """In the same order."""
    influence: Influence
    memory: Memory
    blind: tuple[Blind, ...]
    units: tuple[Units, ...]
    """For each network, layer and direction."""
    verdict: Verdict
    fixes: tuple[Fix, ...]
    """What to try, best first."""
    networks: int = 1
    """That answer together: gradient and rate are over the places in all of them, influence and
    memory those of what they say together; each has units of its own."""
    source: Any = field(default=None, compare=False, repr=False)
    """(model, data), for `try_fixes`; None for an audit that was read from JSON."""

    def to_json(self) -> dict[str, Any]:
        """A dict that ``json.dumps`` takes and `from_json` turns back into an equal audit."""
        found: dict[str, Any] = to_plain(self)
        return found

    @classmethod
    def from_json(cls, data: Any) -> Audit:
        """The audit that `to_json` described. Raises: ArgumentError, if it describes none."""
        return from_plain(cls, data)

    def to_frame(self) -> Any:
        """A long frame (polars): layer, direction, state, lag, mean, low, high."""
        from .frames import of_curves

        return of_curves(self.gradient)

    def try_fixes(self, budget: float = 60.0) -> Any:
        """Trains what the fixes say, within so many seconds; before and after, on held-out data."""
        return import_module("tidegate.audit.tried").try_fixes(self, budget)

    def plot(self) -> Any:
        """Charts of it, for a notebook."""
        return _report().plot(self)

    def report(self, path: Any) -> None:
        """Writes one HTML file that needs no network."""
        _report().write(self, path)

    def __str__(self) -> str:
        from .words import told

        return told(self)

    __repr__ = __str__


def _report() -> Any:
    """The package above this one, which draws: loaded by name when someone asks for a picture."""
    return import_module("tidegate.report")
