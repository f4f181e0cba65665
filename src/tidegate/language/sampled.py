"""Some words in place of all, where an update would cost too much (docs/design/language.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..network import Classes

MANY = 20_000
"""Tokens from which on an update scores a sample."""
USUAL = 4000


@dataclass(frozen=True)
class Sampler:
    """Draws the words that an update scores beside its own targets: frequent ones more often."""

    chance: NDArray[np.float64]
    """[V], of each word at one draw; they add up to 1."""
    draws: int
    seed: int

    @classmethod
    def of(cls, counts: NDArray[Any], draws: int, seed: int) -> Sampler:
        """By how often each word occurs, ``[V]``; a word that never does counts as one."""
        counts = np.maximum(counts, 1)
        return cls(counts / counts.sum(), draws, seed)

    def __call__(self, targets: NDArray[np.int32], done: int) -> Classes:
        """The classes of an update.

        The other targets of an update come with the words' frequency, as the sample does. So they
        and the sample hold a class with the chance π = 1 − (1 − q)^(targets − 1 + draws). Shifted
        by −log π, the loss over these classes is smallest at the true chances, as that over all
        is: among the classes given, the odds of being the target are those chances over π.
        """
        random = np.random.default_rng((self.seed, done))
        drawn = np.searchsorted(np.cumsum(self.chance), random.random(self.draws))
        ids = np.union1d(targets, np.minimum(drawn, len(self.chance) - 1))
        never = (len(targets) - 1 + self.draws) * np.log1p(-self.chance[ids])
        return Classes(ids, -np.log(-np.expm1(never)))


def sampler(counts: NDArray[Any], sampled: int | None, seed: int) -> Sampler | None:
    """What `LanguageTraining.sampled` asks for; None for all words, or as many as there are.

    Example:
        >>> sampler(np.ones(100), None, seed=0) is None
        True
    """
    if sampled is None:
        sampled = USUAL if len(counts) >= MANY else 0
    return Sampler.of(counts, sampled, seed) if 0 < sampled < len(counts) else None
