"""What the usable memory of an estimator is judged by: sequences that it did not learn from.

A network knows many sequences by heart, so that the past seems to be of use where labels have
nothing to do with it. Those that `fit` has not seen judge. If there are none, or few, a second
network learns from two thirds of them and the last third judges it: first in a sixteenth of the
updates that a network of the estimator had, then in a quarter, then in as many. As soon as the
third that it did not see proves that the past is of use, the estimator's own networks are judged by
all sequences: they have learnt longer and from more. If the second network knows the others by
heart and nothing was proved, or has learnt to the end, it is judged itself.
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
from .learn import Learned, split
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
    share: float = 1.0
    """How far the outputs are taken from the constant ones: 0 for networks that know nothing of
    sequences which they have not seen."""

    def towards(self, constant: Array, outputs: Array) -> Array:
        """Its outputs, from those of the networks."""
        found: Array = constant + self.share * (outputs - constant)
        return found if self.share < 1 else outputs


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
        return _shrunk(whole._replace(which=fresh), known, answers)
    if not seen.any() or len(x) < ENOUGH:
        return whole
    apart, rest = _split(known)
    if len(rest) < len(apart):  # nearly all come twice
        return whole
    found = whole
    full = known.job.updates(len(rest), learned.inputs)
    for part in TRIES:
        updates = min(max(full // part, LEAST), full)
        try:
            second = _learnt(known, rest, updates)
        except TrainingError:  # at so steep a rise of the rate; the next one is less so
            continue
        found = _shrunk(Judged(second, apart), known, answers)
        if _used(found, known, answers):
            return whole
        if updates == full:
            break
        full_loss, nothing = _beside_nothing(Judged(second, rest), known, answers)
        if full_loss.mean() < (1 - BY_HEART) * nothing.mean():
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


def _losses(judged: Judged, known: Known, answers: Answers, rows: int) -> Array:
    outputs, which = answers(judged, rows, MOST)
    return known.loss(judged.towards(known.constant, outputs), which)


def _beside_nothing(judged: Judged, known: Known, answers: Answers) -> tuple[Array, Array]:
    """The losses with everything seen, and with nothing."""
    longest = int(known.samples.x.length.max())
    return _losses(judged, known, answers, longest), _losses(
        judged._replace(share=0.0), known, answers, 1
    )


def _shrunk(judged: Judged, known: Known, answers: Answers) -> Judged:
    """With the share of its outputs that answers best: a network is as sure of what it has not
    seen as of what it knows by heart, and its loss then says nothing of what the past is worth."""
    outputs, which = answers(judged, int(known.samples.x.length.max()), MOST)
    each = [judged._replace(share=share) for share in np.linspace(1, 0, 11).tolist()]
    losses = [known.loss(one.towards(known.constant, outputs), which).mean() for one in each]
    best = int(np.argmin(losses))
    return each[best] if losses[best] < (1 - NEAR) * losses[0] else judged


def _used(judged: Judged, known: Known, answers: Answers) -> bool:
    """Whether the past is of use on what was not learnt from, beyond chance.

    A first step from the best answer with the least context towards that with all of it must lower
    the loss (Rao's score test): of targets that are hard to tell this is seen long before the loss
    itself is lower beyond chance.
    """
    longest = int(known.samples.x.length.max())
    full, which = answers(judged, longest, MOST)
    short, constant = answers(judged, 1, MOST)[0] - known.constant, known.constant
    shares = np.linspace(0, 1, 11)

    def best(base: Array, towards: Array) -> Array:
        each = [base + share * towards for share in shares]
        found: Array = each[int(np.argmin([known.loss(one, which).mean() for one in each]))]
        return found

    base = best(constant + 0 * short, short)
    before = known.loss(base, which)
    after = known.loss(best(base, full - constant), which)
    lead = (before - known.loss(base + STEP * (full - constant), which)) / STEP
    if before.mean() - after.mean() < NEAR * before.mean() or lead.mean() <= 0:
        return False
    return of_mean(lead) < SURE / len(TRIES)
