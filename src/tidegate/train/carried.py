"""Training on one long row of tokens: each update reads on where the one before has stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..data.spans import Spans
from ..errors import ArgumentError
from ..network.classes import Classes
from ..network.native import as_tokens
from .history import History
from .interrupt import Interrupt
from .progress import Listener, listener
from .run import Run
from .sequences import Held, Sequences
from .settings import FitSettings
from .source import Chunk

if TYPE_CHECKING:
    from ..network import Network

Ids: TypeAlias = NDArray[np.int32]
Sample: TypeAlias = Callable[[Ids, int], Classes]
"""(targets of an update ``[B*T]``, updates done) → the classes that it scores."""
FORGET = 0.05
"""The chance that a lane begins an update without memory, as every text does that is read later."""
LOOK = 1024
"""Tokens that are read in one go where a loss is taken without training."""


@dataclass(frozen=True)
class Lanes:
    """A row of tokens, cut into lanes that are read side by side."""

    tokens: Ids
    """[N]"""
    lanes: int
    steps: int
    """Tokens of each lane that an update reads."""

    @classmethod
    def of(cls, tokens: Ids, lanes: int, steps: int) -> Lanes:
        """As many lanes and steps as there are tokens for.

        Example:
            >>> Lanes.of(np.arange(7, dtype=np.int32), lanes=32, steps=3).lanes
            2
        """
        targets = len(tokens) - 1
        steps = min(steps, targets)
        return cls(tokens, max(min(lanes, targets // steps), 1), steps)

    @property
    def per_epoch(self) -> int:
        """Updates that read every lane once."""
        # an offset takes up to a step's tokens from the front
        left = len(self.tokens) - self.steps
        return max(left // (self.lanes * self.steps), 1)

    def chunk(self, offset: int, number: int) -> tuple[Ids, Ids]:
        """What an update reads, and what follows each token of it: ``[lanes * steps]`` each.

        Args:
            offset: tokens left out at the front, below ``steps``.
            number: of the update in its epoch.
        """
        offset = min(offset, len(self.tokens) - 1 - self.lanes * self.steps)
        length = (len(self.tokens) - 1 - offset) // self.lanes
        first = offset + np.arange(self.lanes) * length + number * self.steps
        at = first[:, None] + np.arange(self.steps)
        return self.tokens[at].ravel(), self.tokens[at + 1].ravel()


class Carried:
    """The batches of a run over lanes; the state goes from each to the next within an epoch.

    Now and then a lane forgets: a network that never starts from nothing while it learns may go
    astray from there, and stay so for thousands of tokens.
    """

    def __init__(
        self, network: Network, lanes: Lanes, settings: FitSettings, sample: Sample | None
    ) -> None:
        spec = network.spec
        self.lanes = lanes
        self.settings = settings
        self.sample = sample
        self.per_epoch = lanes.per_epoch
        shape = (spec.layers, lanes.lanes, spec.hidden)
        self._state = tuple(np.zeros(shape, spec.dtype) for _ in spec.cell_spec.states)
        steps = np.full(lanes.lanes, lanes.steps)
        self._spans = Spans(np.arange(lanes.lanes) * lanes.steps, steps)

    def batch(self, epoch: int, number: int) -> Chunk:
        """What the next update reads; to be asked for in order."""
        random = np.random.default_rng((self.settings.seed, epoch))
        read, targets = self.lanes.chunk(int(random.integers(self.lanes.steps)), number)
        draw = np.random.default_rng((self.settings.seed, epoch, number)).random(self.lanes.lanes)
        forgets = draw < (FORGET if number else 1)
        for part in self._state:
            part[:, forgets] = 0
        done = epoch * self.per_epoch + number
        classes = None if self.sample is None else self.sample(targets, done)
        return Chunk(read, self._spans, targets, self._state, classes)

    def size(self, epoch: int, number: int) -> int:
        """The lanes."""
        return self.lanes.lanes

    def memory(self) -> list[NDArray[Any]]:
        """Where the lanes go on."""
        return list(self._state)


def fit_carried(
    network: Network,
    tokens: ArrayLike,
    settings: FitSettings,
    *,
    steps: int = 64,
    validation: ArrayLike | None = None,
    sample: Sample | None = None,
    progress: bool | Listener | None = None,
) -> History:
    """Trains a network in place to say which token comes next in one long row.

    The row is cut into ``settings.batch`` lanes. An update reads ``steps`` tokens of each, from
    the state that the update before has left; gradients end there (truncated backpropagation
    through time). One lane in twenty begins anew instead. Afterwards the network holds the last
    weights or, with ``validation``, those of the best epoch.

    Args:
        network: of tokens, in one direction, with readout "each", a head as wide as the
            vocabulary and a categorical loss.
        tokens: ``[N]`` ids, 2 at least.
        settings: how to train; without checkpoint.
        steps: tokens of a lane in an update.
        validation: ``[M]`` ids held out, 2 at least.
        sample: which classes an update scores; None for all.
        progress: as for `fit`.

    Raises:
        ArgumentError, DivergedError: as `fit`.

    Example:
        >>> from tidegate.network import Loss, Network, NetworkSpec, TokenInput
        >>> loss = Loss("categorical")
        >>> spec = NetworkSpec(TokenInput(4, 8), hidden=8, readout="each", outputs=4, loss=loss)
        >>> tokens = np.arange(200) % 4
        >>> history = fit_carried(Network(spec), tokens, FitSettings(updates=30, batch=4), steps=8)
        >>> history.loss[-1] < history.loss[0]
        True
    """
    if settings.checkpoint is not None:
        raise ArgumentError("FitSettings.checkpoint cannot be used by fit_carried; leave it out")
    _check(network)
    lanes = Lanes.of(_row("tokens", tokens), settings.batch, steps)
    held_out = None
    if validation is not None:
        held_out = Sequences.of(network.spec, _held(validation), "the validation data", False)
    elif settings.patience is not None:
        raise ArgumentError("FitSettings.patience needs a validation loss; give validation")
    source = Carried(network, lanes, settings, sample)
    run = Run(network, source, held_out, settings, None)
    with Interrupt() as interrupt, listener(progress) as tell:
        return run.run(tell, interrupt)


def _check(network: Network) -> None:
    spec = network.spec
    one_way = not spec.bidirectional and spec.readout == "each" and not spec.read_last
    if not one_way or spec.loss is None or spec.loss.kind != "categorical":
        raise ArgumentError(
            "fit_carried needs a network in one direction with readout 'each' and a categorical "
            "loss"
        )


def _row(name: str, tokens: Any) -> Ids:
    row = as_tokens(name, tokens)
    if len(row) < 2:
        raise ArgumentError(
            f"{name} must be [N] token ids, 2 at least, got an array of {row.shape}"
        )
    return row


def _held(validation: Any) -> Held:
    row = _row("validation", validation)
    start = np.arange(0, len(row) - 1, LOOK)
    length = np.minimum(LOOK, len(row) - 1 - start)
    return Held(row[:-1], Spans(start, length), row[1:])
