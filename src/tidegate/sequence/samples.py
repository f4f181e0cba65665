"""What an estimator learns from: sequences with their targets and weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.ragged import Ragged, places
from ..data.vocabulary import as_bytes

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Samples:
    """n sequences.

    Example:
        >>> from tidegate.data.sequences import read_sequences
        >>> x = read_sequences([[2.0], [1.0, 3.0], [2.0]])
        >>> found = Samples(x, np.array([[1.0], [0.0], [1.0]]), np.array([1.0, 1.0, 2.0])).merged()
        >>> found.weights.tolist(), found.x.length.tolist()
        ([3.0, 1.0], [1, 2])
    """

    x: Ragged
    targets: Array
    """``[n, K]``, or ``[N, K]`` beside the rows where each step has a target."""
    weights: Array
    """``[n]``, above 0."""
    stepwise: bool = False
    """Whether each step has targets of its own."""

    def __len__(self) -> int:
        return len(self.x)

    def take(self, chosen: Array) -> Samples:
        """Some of them."""
        x, targets = self.x.take(chosen), self.targets[self.rows(chosen)]
        return Samples(x, targets, self.weights[chosen], self.stepwise)

    def rows(self, chosen: Array) -> Array:
        """Where the targets of some are: of each, or of each of its steps."""
        return places(self.x.spans[chosen]) if self.stepwise else chosen

    def merged(self) -> Samples:
        """The same, in an order of their own: equal ones once, with the sum of their weights.

        So what is learnt depends neither on the order in which sequences came, nor on whether one
        came twice or counts twice. Those that count nothing are left out.
        """
        spans = self.x.spans
        found: dict[bytes, list[int]] = {}
        for i in np.flatnonzero(self.weights > 0):
            rows = slice(spans.start[i], spans.start[i] + spans.length[i])
            value = self.x.rows[rows]
            key = as_bytes(value) if value.dtype == object else value.tobytes()
            target = self.targets[rows if self.stepwise else i]
            found.setdefault(key + b"\0" + target.tobytes(), []).append(int(i))
        groups = [found[key] for key in sorted(found, key=lambda key: (len(key), key))]
        chosen = self.take(np.array([group[0] for group in groups], np.int64))
        weights = np.array([np.sort(self.weights[group]).sum() for group in groups])
        return Samples(chosen.x, chosen.targets, weights, self.stepwise)
