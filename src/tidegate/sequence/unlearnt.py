"""What the usable memory of an estimator is judged by: sequences that it did not learn from.

A network knows many sequences by heart, so that the past seems to be of use where labels have
nothing to do with it. Those that `fit` has not seen judge. If there are none, or few, a second
network learns from two thirds of them and the last third judges it: first in a sixteenth of the
updates that a network of the estimator had, then in a quarter, then in as many. As soon as the
third that it did not see proves that the past is of use, the estimator's own networks are judged by
all sequences: they have learnt longer and from more. If the second network knows the others by
heart and nothing was proved, or has learnt to the end, it is judged itself.

Of sequences that were not learnt from, answers are drawn towards the best constant one as far as
that helps, for each length of context by itself. A network is as sure of what it has not seen as of
what it knows by heart, and answers parts of sequences, which it has never seen, worse than nobody:
a whole past that is no better than the constant would seem to be of use beside that.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import TrainingError
from ..evidence import SURE, of_mean
from .fitting import Job
from .held import split
from .learn import Learned
from .samples import Samples
from .seen import Seen

Array = NDArray[Any]
Loss = Callable[[Array, Array], Array]

ENOUGH = 20
"""Sequences without which nothing can be said."""
HELD = 1 / 3
"""The share that judges a second network."""
TRIES = (16, 4, 1)
"""The part of a network's updates that a second one has, one after the other."""
LEAST = 50
"""Updates of the first try."""
NEAR = 0.01
"""A loss that is lower by this share is a gain."""
STEP = 1e-3
"""Of a way, from which its slope is told."""
SHARES = tuple(np.linspace(0, 1, 11).tolist())
"""Of a way, of which the best is looked for."""
BY_HEART = 0.5
"""The share of its loss that a network has lost that knows what it learnt from."""
MOST = 400
"""Sequences or steps that are asked."""


class Known(NamedTuple):
    """What is known of the sequences that are audited."""

    loss: Loss
    """Of outputs, and the numbers of their sequences or rows."""
    constant: Array
    """``[O]``, the outputs that are best if nothing is seen."""
    samples: Samples
    """The sequences with their targets, all with weight 1 in their order."""
    job: Job
    """As the estimator was fitted."""


class Judged(NamedTuple):
    """Who is judged, and by which sequences."""

    learned: Learned
    which: Array
    """``[m]``, numbers of sequences."""
    apart: bool = False
    """Whether these were not learnt from, so that answers are drawn to the constant one."""

    def loss(self, known: Known, outputs: Array, which: Array) -> Array:
        """``[m]``, of the networks' outputs."""
        if self.apart:
            outputs = drawn(known, outputs, which)
        return known.loss(outputs, which)


Answers = Callable[[Judged, int, int], tuple[Array, Array]]
"""(who, rows seen, at most so many observations) → outputs ``[m, O]``, and the numbers of their
sequences or rows."""


def judged(learned: Learned, known: Known, answers: Answers) -> Judged:
    """The networks themselves by sequences that they have not seen; else a second one.

    Args:
        learned: the networks.
        known: of the sequences.
        answers: of anybody, with a part of the context.
    """
    x = known.samples.x
    seen = learned.seen.holds(x)
    whole = Judged(learned, np.arange(len(x)))
    fresh = np.flatnonzero(~seen)
    if len(fresh) >= ENOUGH:
        return Judged(learned, fresh, apart=True)
    if not seen.any() or len(x) < ENOUGH:
        return whole
    apart, rest = _split(known)
    if len(rest) < len(apart):  # nearly all come twice
        return whole
    found, longest = whole, int(x.length.max())
    full = known.job.updates(len(rest), learned.inputs)
    for part in TRIES:
        updates = min(max(full // part, LEAST), full)
        try:
            second = _learnt(known, rest, updates)
        except TrainingError:  # at so steep a rise of the rate; the next one is less so
            continue
        found = Judged(second, apart, apart=True)
        if _used(found, known, answers):
            return whole
        if updates == full:
            break
        outputs, which = answers(Judged(second, rest), longest, MOST)
        nothing = known.loss(known.constant + 0 * outputs, which).mean()
        if known.loss(outputs, which).mean() < (1 - BY_HEART) * nothing:
            break
    return found


def _split(known: Known) -> tuple[Array, Array]:
    """A third of the sequences, and the rest, without those that are in the third too."""
    x, job = known.samples.x, known.job
    apart, rest = split(known.samples, HELD, job.seed, job.task)
    return apart, rest[~Seen().and_of(x.take(apart)).holds(x.take(rest))]


def _learnt(known: Known, rest: Array, updates: int) -> Learned:
    training = replace(
        known.job.training, updates=updates, members=1, calibrate=False, validation=0.0,
        patience=None,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its gradients: the audit itself says more
        return replace(known.job, training=training).run(known.samples.take(rest))


def drawn(known: Known, outputs: Array, which: Array, base: Array | None = None) -> Array:
    """The outputs on the way from a base, the constant one if None, that cost least."""
    start = known.constant if base is None else base
    each = [start + share * (outputs - start) for share in SHARES]
    found: Array = min(each, key=lambda one: float(known.loss(one, which).mean()))
    return found


def _used(judged: Judged, known: Known, answers: Answers) -> bool:
    """Whether the past is of use on what was not learnt from, beyond chance.

    A first step from the best answer with the least context towards that with all of it must lower
    the loss (Rao's score test): of targets that are hard to tell this is seen long before the loss
    itself is lower beyond chance.
    """
    longest = int(known.samples.x.length.max())
    full, which = answers(judged, longest, MOST)
    base = drawn(known, answers(judged, 1, MOST)[0], which)
    towards = full - known.constant
    before = known.loss(base, which)
    after = known.loss(drawn(known, base + towards, which, base), which)
    lead = (before - known.loss(base + STEP * towards, which)) / STEP
    if before.mean() - after.mean() < NEAR * before.mean() or lead.mean() <= 0:
        return False
    return of_mean(lead) < SURE / len(TRIES)
