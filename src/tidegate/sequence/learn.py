"""From samples to networks that answer: the one way that all estimators share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..data.bags import TokenBags
from ..data.ragged import Ragged, places
from ..data.spans import Spans
from ..errors import DataError
from ..network import Network, NetworkSpec, NumberInput, TokenInput
from ..train import FitSettings, Held, History, fit_drawn
from ..train.progress import Listener
from ..train.several import at_once, side_by_side
from .batches import Batches
from .begin import begun
from .beside import Beside
from .counted import Counts, Sparse
from .held import split
from .pooled import answer
from .recipe import Recipe
from .samples import Samples
from .seen import Seen
from .tasks import Task
from .training import Training
from .wide import Wide, WideLearner

Array = NDArray[Any]
Rows = Any

APART = 1_000_003
"""Between the seeds of two members."""
WIDE_RATE = 30_000.0
"""The learning rate of the linear layer beside a network of classes, as a multiple of that one's:
gradients are means over a batch of which few texts hold a word."""
WIDE_RATE_OF_NUMBERS = 1_500.0
"""The same for the other losses, which are steeper."""
STEPS = 10.0
"""Times both where each step is judged: a batch has so many more answers, of which it is a mean."""
CHECKS = 20
"""How often in a training the loss of what is held out is asked for."""


class Inputs(Protocol):
    """The way from sequences to what a network reads: `numbers.Numbers` and `texts.Texts`."""

    @property
    def network_input(self) -> NumberInput | TokenInput:
        """The first part of the network's spec."""
        ...

    @property
    def input_dropout(self) -> float:
        """The share of the input that training leaves out."""
        ...

    @property
    def wide(self) -> Counts | None:
        """What a linear layer beside the network counts; None without one."""
        ...

    def begin(self, params: dict[str, Array], x: Ragged, seed: int) -> None:
        """Sets what of a new network's parameters the sequences tell without their targets."""
        ...

    def table(self, x: Ragged) -> Array | TokenBags:
        """All rows, prepared once."""
        ...

    def views(self, table: Any, spans: Spans) -> list[tuple[Rows, Spans]]:
        """What is read to answer, once or several times; the mean of the outputs is the answer."""
        ...

    def batch(
        self, table: Any, spans: Spans, random: np.random.Generator, augment: bool
    ) -> tuple[Rows, Spans]:
        """What is read to learn."""
        ...


@dataclass(frozen=True, eq=False)
class Member:
    """One network."""

    network: Network
    wide: Wide | None = None
    """The linear layer beside it, for texts."""
    history: History = field(default_factory=History)

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C has ended its training."""
        return self.history.stopped == "interrupted"

    @property
    def best(self) -> int:
        """The updates after which the loss of what was held out was least; all without such."""
        best = self.history.best_epoch
        return len(self.history.loss) if best is None else self.history.epochs[best].updates


@dataclass(frozen=True)
class Learner:
    """Trains networks of one spec on samples, as often as is asked."""

    spec: NetworkSpec
    inputs: Inputs
    task: Task
    training: Training
    recipe: Recipe
    progress: bool | Listener | None = False

    @property
    def augment(self) -> bool:
        """Whether the sequences are varied."""
        return self.task.varies(self.training.augment)

    def each(
        self,
        samples: Samples,
        networks: Sequence[tuple[Array, int, Member | None]],
        recipes: Sequence[Recipe] | None = None,
    ) -> tuple[list[Member], bool]:
        """Networks of their own, several of which learn at a time, and whether Ctrl-C ended them.

        Args:
            networks: for each the samples that it learns from, its seed, and its start.
            recipes: for each; None for the learner's.

        Raises:
            KeyboardInterrupt: after Ctrl-C before anything was learnt.
        """

        counted = self._counted(samples)

        def learn(
            recipe: Recipe, chosen: Array, seed: int, start: Member | None, tell: Any
        ) -> Member:
            some, found = samples, counted
            if len(chosen) < len(samples):
                some = samples.take(chosen)
                if counted is not None:
                    found = counted.rows(samples.rows(chosen))
            return replace(self, recipe=recipe, progress=tell).learn(some, seed, start, found)

        each = zip(recipes or [self.recipe] * len(networks), networks, strict=True)
        trainings = [partial(learn, recipe, *network) for recipe, network in each]
        units = self.spec.hidden * self.spec.layers * self.spec.directions
        most = at_once(units, len(networks))
        found, ended = side_by_side(trainings, most, self.progress, lambda each: each.history)
        if not found[0].history.loss:
            raise KeyboardInterrupt
        return found, ended

    def learn(
        self,
        samples: Samples,
        seed: int,
        start: Member | None = None,
        counted: Sparse | None = None,
    ) -> Member:
        """A network, and the course of its training.

        Args:
            samples: what it learns from, and has held out.
            seed: of the weights, the order and all that varies.
            start: what to go on from; None for a new one.
            counted: what of them a linear layer counts, where that is known already.
        """
        settings = self.training.settings(
            self.recipe.updates, seed, self.recipe.rate, self.recipe.decay
        )
        cost: Any = None if self.native else self.task.cost()
        held, rest = None, np.arange(len(samples))
        if self.training.validation:
            if len(samples) < 2:
                raise DataError(
                    "to hold some out for validation takes 2 sequences at least, all different"
                )
            apart, rest = split(samples, self.training.validation, seed, self.task)
            held = self.held(samples, apart)
        if start is None:
            network = begun(self.spec, self.inputs, self.task, samples.take(rest), seed)
        else:
            network = start.network.copied(self.spec)
        counted = self._counted(samples) if counted is None else counted
        if counted is not None:
            cost = self._beside(network, counted, settings, None if start is None else start.wide)
        if self.native:
            network = network.copied(self.spec.but(loss=self.task.loss))
        history = fit_drawn(
            network,
            Batches(self, samples, rest, seed).draw,
            cost,
            settings,
            validation=held,
            epochs=CHECKS if held else 1,
            progress=self.progress,
        )
        if counted is None:
            return Member(network.copied(self.spec), history=history)
        wide = cost.learned()
        if cost.bias is not None:
            network.params["head_weight"][...] /= 2
            wide = wide.times(0.5)
        return Member(network, wide, history)

    def _counted(self, samples: Samples) -> Sparse | None:
        """What a linear layer beside a network counts; None without one."""
        return None if self.inputs.wide is None else self.inputs.wide.of(samples.x)

    def _beside(
        self, network: Network, counted: Sparse, settings: FitSettings, before: Wide | None
    ) -> WideLearner:
        """Learns the layer beside a network.

        Of classes the answer is the mean of the two. In a member the halves are in the weights, so
        that it is their sum for whoever asks; to go on learning, they are taken out again.
        """
        total = settings.updates or 1
        mean = self.task.loss.kind == "categorical"
        multiple = WIDE_RATE if mean else WIDE_RATE_OF_NUMBERS
        multiple *= STEPS if self.task.stepwise else 1
        if mean and before is not None:
            network.params["head_weight"][...] *= 2
            before = before.times(2)
        return WideLearner(
            counted,
            self.spec.outputs,
            self.task.cost(),
            lambda done: multiple * settings.learning_rate(min(done, total - 1), total),
            before,
            network.params["head_bias"] if mean else None,
        )

    def of_updates(self, updates: int) -> Learner:
        """The same with another number of updates."""
        return replace(self, recipe=replace(self.recipe, updates=updates))

    def rehearsed(self, samples: Samples, share: float, seed: int) -> Member:
        """A network that a share of the samples was held out from."""
        return replace(self, training=replace(self.training, validation=share)).learn(samples, seed)

    @property
    def native(self) -> bool:
        """Whether the loss is the core's: where no linear layer learns beside a network, and a
        sequence has one answer."""
        return self.inputs.wide is None and not self.task.stepwise

    def targets(self, samples: Samples) -> tuple[Array, Array | None]:
        """Those of the task and their weights, as the loss is given them.

        Where it is not the core's, each row ends with its weight; beside a linear layer, it begins
        with the number of its row of that one.
        """
        if self.native:
            return self.task.table(samples)
        found = self.task.targets(samples)
        if self.inputs.wide:
            found = np.column_stack([np.arange(len(found)), found])
        return found, None

    def held(self, samples: Samples, apart: Array) -> Held:
        """Some of the samples as the fit loop asks for their loss."""
        some = samples.take(apart)
        rows, spans = self.inputs.views(self.inputs.table(some.x), some.x.spans)[0]
        targets, weights = self.targets(samples)
        targets = targets[places(samples.x.spans[apart]) if some.stepwise else apart]
        if self.inputs.wide:
            targets[:, 0] = -1 - targets[:, 0]
        return Held(rows, spans, targets, weights=None if weights is None else weights[apart])


@dataclass(frozen=True)
class Learned:
    """Networks that answer together: the mean of their outputs, over a temperature."""

    inputs: Any
    members: tuple[Member, ...]
    temperature: float = 1.0
    seen: Seen = field(default_factory=Seen)
    """What they learnt from."""
    beside: Beside | None = None
    """What stands beside networks that label whole series, if it is of use."""
    interrupted: bool = False
    """Whether Ctrl-C has ended what was to be learnt."""

    @property
    def alone(self) -> Learned:
        """The networks without it."""
        return replace(self, beside=None)

    def outputs(self, x: Ragged) -> Array:
        """``[n, O]`` for n sequences, or ``[N, O]`` for their steps, in float64."""
        found = []
        spans = x.spans
        table = self.inputs.table(x)
        for part in parts(x.length):
            views = self.inputs.views(table, spans[part])
            total: Any = 0.0
            for member in self.members:
                for rows, view in views:
                    total = total + answer(member.network, rows, view).astype(np.float64)
            total = total / (len(views) * len(self.members) * self.temperature)
            if self.beside is not None:
                total = self.beside.joined(total, table, spans[part])
            wide: Counts | None = self.inputs.wide
            counted = None if wide is None else wide.of(x.take(part))
            for member in self.members:
                if member.wide is not None and counted is not None:
                    share = len(self.members) * self.temperature
                    total += member.wide.outputs(counted) / share
            found.append(total)
        outputs: Array = np.concatenate(found)
        return outputs

    @property
    def spec(self) -> NetworkSpec:
        """Of each network."""
        return self.members[0].network.spec


def parts(length: Array, rows: int = 100_000) -> list[slice]:
    """Runs of sequences with about so many rows, one sequence at the least.

    Example:
        >>> [(part.start, part.stop) for part in parts(np.array([5, 5, 5, 20, 1]), rows=10)]
        [(0, 2), (2, 3), (3, 4), (4, 5)]
    """
    found, first, held = [], 0, 0
    for i, size in enumerate(length.tolist()):
        if held and held + size > rows:
            found.append(slice(first, i))
            first, held = i, 0
        held += size
    return [*found, slice(first, len(length))]
