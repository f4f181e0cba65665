"""Which token is written next, given how likely each one is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..network import checks

Array = NDArray[Any]


@dataclass(frozen=True)
class Choice:
    """How a text is drawn from the chances of its tokens.

    Example:
        >>> chances = np.array([0.1, 0.6, 0.3])
        >>> Choice(top_k=2).chances(np.log(chances)).round(3).tolist()
        [0.0, 0.667, 0.333]
        >>> Choice(temperature=0.0).chances(np.log(chances)).tolist()
        [0.0, 1.0, 0.0]
    """

    internal: ClassVar[bool] = True  # errors name the arguments alone
    temperature: float = 1.0
    """Below 1, likely tokens are more likely still; 0 takes the likeliest."""
    top_k: int | None = None
    """Only so many of the likeliest tokens are drawn from."""
    top_p: float = 1.0
    """Only the likeliest tokens that have this chance together are drawn from."""

    def __post_init__(self) -> None:
        checks.number(self, "temperature", least=0)
        if self.top_k is not None:
            checks.whole(self, "top_k", 1)
        checks.number(self, "top_p", least=0)
        if not 0 < self.top_p <= 1:
            raise ArgumentError(f"top_p must be above 0 and at most 1, got {self.top_p!r}")

    def chances(self, logits: Array) -> Array:
        """``[V]`` logits, minus infinity for what must not come, to the chances of a draw."""
        if self.temperature == 0:
            only = np.zeros(len(logits))
            only[np.argmax(logits)] = 1
            return only
        # the largest first, so that a small temperature does not overflow
        order = np.argsort(-logits, kind="stable")
        with np.errstate(over="ignore"):
            scaled = np.exp((logits[order] - logits[order[0]]) / self.temperature)
        scaled /= scaled.sum()
        if self.top_k is not None:
            scaled[self.top_k :] = 0
        # a token is left out if those before it have the chance already
        reached = np.cumsum(scaled) - scaled >= self.top_p * scaled.sum()
        scaled[reached] = 0
        result = np.zeros(len(logits))
        result[order] = scaled / scaled.sum()
        return result

    def draw(self, logits: Array, random: np.random.Generator) -> int:
        """The number of a token."""
        chances = self.chances(logits)
        place = int(np.searchsorted(np.cumsum(chances), random.random(), side="right"))
        # rounding may leave the sum just below 1
        return min(place, int(np.flatnonzero(chances)[-1]))
