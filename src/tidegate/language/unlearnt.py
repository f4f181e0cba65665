"""What the usable memory of a language model is judged by: text that it did not learn from.

A network knows a short text by heart, so that of random letters, too, the past seems to be of use.
If it is asked about what it has learnt, a second network of the same kind learns from the first two
thirds and is asked about the last: first with a quarter of the updates, then with as many as the
first had. As soon as the part that it has not read proves that the past is of use, the model's own
network is judged, by all of the text; else the second one, whose chances are mixed with how often
each token occurs as far as that helps, for each length of context by itself. Whether a text was
learnt from is told by hashes, which `fit` keeps of texts so short that they may be known by heart.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import TrainingError
from ..evidence import SURE, of_mean
from ..network import Network
from ..train import fit_carried
from .sampled import sampler

if TYPE_CHECKING:
    from .training import LanguageTraining

Array = NDArray[Any]

LONGEST = 20_000
"""Tokens of a text of which hashes are kept, and a second network learns."""
SHORTEST = 300
"""Tokens, of fewer nothing can be said."""
WINDOW, KEPT = 16, 8
"""Tokens of a hash; one hash in so many is kept."""
MIXED = 0x9E3779B97F4A7C15
"""An odd number of 64 bits, the golden ratio's, which spreads what it multiplies (Knuth)."""
HELD = 1 / 3
"""The share of a text that judges."""
TRIES = (4, 1)
"""The part of the updates that a second network has, one after the other."""
NEAR = 0.01
"""A loss that is lower by this share is a gain."""
MOST = 400
"""Tokens that are asked."""
SHARES = np.linspace(0, 1, 11)
"""Of a network's chances, the rest being how often a token occurs."""


class Judged(NamedTuple):
    """Who is judged, and by which tokens of the text."""

    network: Network
    first: int
    """The first one that counts."""
    usual: Array | None = None
    """``[V]``, how often each token occurs; None where chances are taken as they are."""

    def drawn(self, nats: Array, ids: Array) -> Array:
        """What tokens cost with that share of the network's chances that is best.

        Args:
            nats: ``[k]``, what they cost the network.
            ids: ``[k]``, which they are.
        """
        if self.usual is None:
            return nats
        chances = np.exp(-nats)
        each = [-np.log(share * chances + (1 - share) * self.usual[ids]) for share in SHARES]
        found: Array = min(each, key=lambda cost: float(cost.mean()))
        return found


Losses = Callable[[Judged, int, int], Array]
"""(who, tokens seen, at most so many observations) → ``[k]`` nats."""


def hashes_of(ids: Array) -> Array:
    """Of runs of tokens, 32 bits each, sorted, one in `KEPT`: equal for equal runs, anywhere.

    Example:
        >>> ids = np.arange(1000) ** 2 % 97
        >>> float(np.isin(hashes_of(ids[500:]), hashes_of(ids)).mean()), len(hashes_of(ids[:15]))
        (1.0, 0)
    """
    count = max(len(ids) - WINDOW + 1, 0)
    found = np.zeros(count, np.uint64)
    for i in range(WINDOW):
        found = (found + ids[i : i + count].astype(np.uint64) + np.uint64(1)) * np.uint64(MIXED)
        found ^= found >> np.uint64(29)
    each = np.unique(found >> np.uint64(32)).astype(np.int64)
    kept: Array = each[each % KEPT == 0]
    return kept


def learnt(ids: Array, seen: Array) -> bool:
    """Whether half of a text was learnt from, by the hashes of that."""
    given = hashes_of(ids)
    return bool(len(given)) and float(np.isin(given, seen).mean()) > 0.5


def judged(
    network: Network, ids: Array, seen: Array, training: LanguageTraining, losses: Losses
) -> Judged:
    """The network itself, by the whole text, unless it knows that by heart; else a second one.

    Args:
        network: of the model.
        ids: the text.
        seen: hashes of what it learnt from.
        training: how it learnt.
        losses: of anybody, with a part of the context.
    """
    whole = Judged(network, 0)
    if not SHORTEST <= len(ids) <= LONGEST or not learnt(ids, seen):
        return whole
    first = round((1 - HELD) * len(ids))
    counts = np.bincount(ids[:first], minlength=network.spec.output_size)
    usual = (counts + 1) / (counts + 1).sum()
    full, found = training.updates_for(len(ids)), whole
    for part in TRIES:
        settings = replace(training.settings(first, 0), updates=max(full // part, 1), patience=None)
        second = Network(network.spec, seed=0)
        sample = sampler(counts, training.sampled, 0)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of its gradients: the audit itself says more
                fit_carried(
                    second, ids[:first], settings, steps=training.steps, sample=sample,
                    progress=False,
                )  # fmt: skip
        except TrainingError:
            continue
        found = Judged(second, first, usual)
        if _used(found, len(ids), losses):
            return whole
    return found


def _used(judged: Judged, tokens: int, losses: Losses) -> bool:
    """Whether what was not read costs less with all of the past, beyond chance."""
    before = losses(judged, 1, MOST)
    gain = before - losses(judged, tokens, MOST)
    return bool(gain.mean() >= NEAR * before.mean() and of_mean(gain) < SURE)
