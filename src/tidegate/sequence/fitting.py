"""What fitting an estimator consists of, whatever it is an estimator of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..cells import CELLS
from ..data.ragged import Ragged
from ..errors import ArgumentError, NotFittedError
from ..network import NetworkSpec, checks
from ..network.spec import Readout
from ..train.progress import Listener
from ..train.watch import once
from .begin import NUMBERS as KINDS
from .begin import begun
from .beside import ANSWERS, MOST, ROWS, learnt
from .held import fifths
from .kept import corrected
from .learn import APART, Inputs, Learned, Learner, Member
from .numbers import Numbers
from .paced import paced, said
from .recipe import Recipe
from .samples import Samples
from .seen import Seen
from .tasks import Task
from .temperature import FEW, USUAL, fitted, surer
from .texts import Texts
from .training import Training

Array = NDArray[Any]

HELD = 0.2
"""The share that says how long to learn."""
TO_REHEARSE = 20
"""Sequences from which on it does."""
NUMBERS, TOKENS = (FEW, 50), (40, 20)
"""Sequences from which on some are held out, to correct the answer, and how many are enough. Few
texts take long to learn, and no share of kernels hangs on them."""


@dataclass(frozen=True)
class Architecture:
    """The network, as far as an estimator's arguments say."""

    internal: ClassVar[bool] = True  # errors name the arguments alone
    cell: str
    hidden: int
    layers: int
    bidirectional: bool
    readout: Readout
    dropout: float
    tokens: str

    def __post_init__(self) -> None:
        checks.choice(self, "cell", tuple(CELLS))
        checks.whole(self, "hidden", least=1)
        checks.whole(self, "layers", least=1, most=1000)
        checks.choice(self, "tokens", ("word", "char"))
        checks.choice(self, "readout", ("last", "mean", "max", "mean+max"))
        checks.number(self, "dropout", least=0, below=1)
        checks.flag(self, "bidirectional")

    def spec(self, inputs: Inputs, task: Task, training: Training) -> NetworkSpec:
        """The whole of it."""
        return NetworkSpec(
            inputs.network_input,
            cell=self.cell,
            hidden=self.hidden,
            layers=self.layers,
            bidirectional=self.bidirectional,
            dropout=self.dropout if self.layers > 1 else 0.0,
            head_dropout=self.dropout,
            input_dropout=inputs.input_dropout,
            readout="each" if task.stepwise else self.readout,
            outputs=task.outputs,
            init=training.init,
        )


@dataclass(frozen=True)
class Job:
    """A fit: what is to be learnt, and how."""

    architecture: Architecture
    task: Task
    training: Training
    seed: int
    progress: bool | Listener | None = False

    @once()
    def run(self, samples: Samples, before: Learned | None = None) -> Learned:
        """Networks that have learnt all samples.

        Args:
            samples: what to learn.
            before: what to go on from; None to begin anew.
        """
        samples = samples.merged()
        inputs = self._inputs(samples) if before is None else before.inputs
        learner = self._learner(inputs, len(samples))
        if before is not None:
            self._check_unchanged(learner.spec, before)
        starts: Any = (
            [None] * self._members(inputs, samples.x) if before is None else before.members
        )
        seen = (Seen() if before is None else before.seen).and_of(samples.x)
        if before is None and self._rehearses(samples, inputs):
            first = learner.rehearsed(samples, HELD, self.seed)
            if first.interrupted:
                return Learned(inputs, (first,), seen=seen, interrupted=True)
            learner = learner.of_updates(first.best)
        folds = self._held_out(learner.inputs, samples)
        apart: list[Member] = []
        if before is None:
            learner, apart, ended = paced(learner, samples, folds, self.seed)
            if ended:
                return Learned(inputs, tuple(apart[:1]), seen=seen, interrupted=True)
        everything = np.arange(len(samples))
        left = [] if apart else folds
        found, ended = learner.each(
            samples,
            [(everything, self.seed + APART * i, start) for i, start in enumerate(starts)]
            + [(np.setdiff1d(everything, fold), self.seed, None) for fold in left],
        )
        learned = Learned(inputs, tuple(found[: len(starts)]), seen=seen, interrupted=ended)
        if not folds or ended:  # Ctrl-C ends it all, and keeps what was learnt
            return learned
        return self._corrected(learned, samples, folds, apart or found[len(starts) :])

    def begun(self, samples: Samples) -> Learned:
        """Networks that have learnt nothing yet but how their input is scaled."""
        samples = samples.merged()
        inputs = self._inputs(samples)
        spec = self.architecture.spec(inputs, self.task, self.training)
        count = self._members(inputs, samples.x)
        seeds = (self.seed + APART * i for i in range(count))
        return Learned(
            inputs, tuple(Member(begun(spec, inputs, self.task, samples, seed)) for seed in seeds)
        )

    @once()
    def more(self, samples: Samples, before: Learned | None) -> Learned:
        """The same networks, or new ones, after five further epochs of some samples."""
        before = self.begun(samples) if before is None else before
        samples = samples.merged()
        learner = self._learner(before.inputs, len(samples))
        self._check_unchanged(learner.spec, before)
        updates = self.training.updates or 5 * -(-len(samples) // self.training.batch)
        # a part may be one of many: that it is small does not say that series are few
        learner = replace(learner, recipe=replace(learner.recipe, updates=updates, mixed=False))
        everything = np.arange(len(samples))
        members, ended = learner.each(
            samples,
            [(everything, self.seed + APART * i, start) for i, start in enumerate(before.members)],
        )
        members += before.members[len(members) :]  # that Ctrl-C let learn no more
        seen = before.seen.and_of(samples.x)
        return replace(before, members=tuple(members), seen=seen, interrupted=ended)

    def updates(self, n: int, inputs: Inputs) -> int:
        """Of each network, for n samples."""
        return self._learner(inputs, n).recipe.updates

    def _check_unchanged(self, spec: NetworkSpec, before: Learned) -> None:
        """Sees to it that what goes on learning is what was learnt.

        Raises:
            ArgumentError: if a setting asks for something else.
        """
        names = ("cell", "hidden", "layers", "bidirectional", "readout", "outputs")
        settings = [(name, getattr(before.spec, name), getattr(spec, name)) for name in names]
        if self.training.members is not None:
            settings.append(("members", len(before.members), self.training.members))
        # a tagger's steps are never joined
        training = replace(self.training, segment=None) if self.task.stepwise else self.training
        settings += before.inputs.settings(self.architecture.tokens, training)
        checks.unchanged(settings, "estimator")

    def _inputs(self, samples: Samples) -> Inputs:
        x, training, steps = samples.x, self.training, self.task.stepwise
        whole = self.architecture.bidirectional
        if x.form.kind == "tokens":
            return Texts.of(x, training, self.architecture.tokens, steps=steps, whole=whole)
        return Numbers.of(
            x,
            samples.weights,
            training,
            whole=whole,
            steps=steps,
            augment=self.task.varies(training.augment),
            labels=samples.targets[:, 0].astype(np.int64) if self.task.labels else None,
        )

    def _learner(self, inputs: Inputs, n: int) -> Learner:
        spec = self.architecture.spec(inputs, self.task, self.training)
        recipe = (
            Recipe.numbers(n, self.training, self.task, self.architecture.hidden)
            if isinstance(inputs, Numbers)
            else Recipe.tokens(n, self.training, self.task.stepwise)
        )
        return Learner(spec, inputs, self.task, self.training, recipe, self.progress)

    def _members(self, inputs: Inputs, x: Ragged) -> int:
        recipe = self._learner(inputs, len(x)).recipe
        return self.training.members or recipe.members(x, self.training.batch)

    def _rehearses(self, samples: Samples, inputs: Inputs) -> bool:
        """Whether a network that has some sequences held out says first how long to learn.

        A label for every step of a few noisy series is soon known by heart, and how soon depends on
        the noise. Who sets the updates, or holds some out, decides for himself.
        """
        left_open = self.training.updates is None and not self.training.validation
        steps = self.task.stepwise and isinstance(inputs, Numbers)
        return left_open and steps and len(samples) >= TO_REHEARSE

    def _held_out(self, inputs: Inputs, samples: Samples) -> list[Array]:
        """The numbers of the samples that some networks do not learn from, those of each; no
        networks where nothing hangs on it."""
        wanted = self.training.calibrate
        if wanted is None:
            # what is held out from a tagger of numbers has ended its training in time already, and
            # texts with numbers take long
            texts, labels = isinstance(inputs, Texts), self.task.loss.kind not in KINDS
            wanted = labels if texts else not self.task.stepwise
        least, enough = NUMBERS if isinstance(inputs, Numbers) else TOKENS
        return fifths(samples, least, enough, self.seed, self.task) if wanted else []

    def _corrected(
        self, learned: Learned, samples: Samples, apart: list[Array], members: list[Member]
    ) -> Learned:
        """What was learnt, with what samples tell that a network has not learnt from: what is kept
        of numbers; or the temperature, and what should stand beside the networks.

        Args:
            learned: the networks.
            samples: all of them.
            apart: the numbers of those that were held out, of each of the others.
            members: the others.
        """
        inputs, loss = learned.inputs, self.task.loss
        outputs = said(inputs, samples, apart, members)
        told = np.concatenate(apart)
        held = samples.take(told)
        if loss.kind in KINDS:
            kept = corrected(learned.members, outputs, held, samples, loss)
            return replace(learned, members=kept)
        weights = np.repeat(held.weights, held.x.length) if held.stepwise else held.weights
        series = isinstance(inputs, Numbers) and self.task.labels
        usual = USUAL if series and self.training.smoothing is None else None
        temperature = fitted(outputs, held.targets, weights, loss.kind, usual)
        beside = None
        if self._has_kernels(inputs, samples.x):
            table, calibrated = inputs.table(samples.x), outputs / temperature
            beside = learnt(table, samples, told, calibrated, self.seed)
        if series and beside is None:
            temperature *= surer(outputs / temperature, held.targets, weights)
        return replace(learned, temperature=temperature, beside=beside)

    def _has_kernels(self, inputs: Inputs, x: Ragged) -> bool:
        """Whether kernels may stand beside the networks: of labels of series that are read to both
        ends, for a stream has no end to tell."""
        series = isinstance(inputs, Numbers) and self.architecture.bidirectional
        few = len(x) <= MOST and len(x.rows) <= ROWS and len(x) * self.task.outputs <= ANSWERS
        return self.training.kernels and self.task.labels and series and few


def seed_of(random_state: Any) -> int:
    """A seed from what scikit-learn calls a random state."""
    state = checks.random_state(random_state)
    if isinstance(random_state, int | np.integer) and not isinstance(random_state, bool):
        return int(random_state)
    return int(state.randint(2**31 - 1))


def architecture_of(estimator: Any, readout: Readout = "last") -> Architecture:
    """The network that an estimator's arguments ask for."""
    e = estimator
    return Architecture(e.cell, e.hidden, e.layers, e.bidirectional, readout, e.dropout, e.tokens)


def check_fitted(estimator: Any) -> None:
    """Sees to it that an estimator has learnt something.

    Raises:
        NotFittedError: tidegate's, and scikit-learn's too.
    """
    if not hasattr(estimator, "learned_"):
        from sklearn import exceptions

        class SequenceNotFittedError(NotFittedError, exceptions.NotFittedError):  # type: ignore[misc]
            """Both of it."""

        name = type(estimator).__name__
        raise SequenceNotFittedError(f"this {name} is not fitted yet; call fit(X, y) first")


def training_of(given: Any) -> Training:
    """The training of an estimator."""
    if given is None:
        return Training()
    if not isinstance(given, Training):
        raise ArgumentError(f"training must be a SequenceTraining or None, got {given!r}")
    return given


def before(estimator: Any) -> Learned | None:
    """What an estimator goes on from; None if it has learnt nothing yet."""
    found: Learned | None = getattr(estimator, "learned_", None)
    return found


def warm(estimator: Any) -> Learned | None:
    """What its `fit` goes on from: None unless a warm start is asked for, and possible."""
    if not isinstance(estimator.warm_start, bool):
        raise ArgumentError(f"warm_start must be True or False, got {estimator.warm_start!r}")
    return before(estimator) if estimator.warm_start else None


def note_features(estimator: Any) -> None:
    """Sets what scikit-learn wants to know of what was learnt."""
    form = estimator.learned_.inputs.form
    estimator.n_features_in_ = form.features
    if form.names is not None:
        estimator.feature_names_in_ = np.array(form.names, object)
    elif hasattr(estimator, "feature_names_in_"):
        del estimator.feature_names_in_
    estimator.columns_ = {}  # of a command's file: it names them after this
