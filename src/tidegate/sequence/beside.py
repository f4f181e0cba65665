"""What stands beside networks that label whole series: random kernels and a ridge regression.

How much they count is told by the sequences that the temperature comes from, which a first network
and a first regression have not learnt from: where recurrent networks are ahead, next to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.spans import Spans
from ..errors import ArgumentError
from .kernels import Kernels
from .ridge import Ridge, solve
from .samples import Samples
from .temperature import fitted, loss

Array = NDArray[Any]

MOST, ROWS = 5000, 500_000
"""Sequences and their rows, at most: networks that learn from more have seen enough."""
LEAST = 0.02
"""A share that would be less is none."""
SHARES = np.arange(10) / 10
"""How much the kernels may count."""
STEEP = 5.0
"""What the regression's outputs, around 1 for the right label and −1 for others, are times, before
a temperature is looked for."""


@dataclass(frozen=True, eq=False)
class Beside:
    """Kernels, and what they say of each label."""

    kernels: Kernels
    ridge: Ridge
    """Its outputs are logits, times the share."""
    share: float
    """How much they count; the networks count for the rest."""

    def joined(self, outputs: Array, table: Array, spans: Spans) -> Array:
        """The networks' outputs ``[n, O]`` and these of some spans of the table that both read."""
        own = self.ridge.outputs(self.kernels.features(table, spans))
        found: Array = (1 - self.share) * outputs + own
        return found

    def tensors(self) -> dict[str, Array]:
        """Arrays for a file."""
        return {
            "kernels.read": self.kernels.read.astype(np.uint8),
            "kernels.weight": self.kernels.weight,
            "kernels.ridge.weight": self.ridge.weight,
            "kernels.ridge.bias": self.ridge.bias,
        }

    @classmethod
    def from_file(
        cls, share: Any, tensors: dict[str, Array], columns: int, outputs: int
    ) -> Beside | None:
        """As `tensors` gave it; None if the share is.

        Args:
            share: how much they count.
            tensors: of the file.
            columns: of the table that is read.
            outputs: the labels.

        Raises:
            ArgumentError: if anything is amiss.
        """
        if share is None:
            return None
        if type(share) not in (int, float) or not 0 < share < 1:
            raise ArgumentError(f"its kernels' share must be from 0 to 1, got {share!r}")
        names = ("read", "weight", "ridge.weight", "ridge.bias")
        read, weight, slope, bias = (tensors.get(f"kernels.{name}") for name in names)
        if read is None or weight is None or slope is None or bias is None:
            raise ArgumentError("the kernels beside its networks are missing")
        kernels = Kernels.of(read > 0, weight, columns)
        if slope.shape != (kernels.count, outputs) or bias.shape != (outputs,):
            raise ArgumentError("the regression beside its networks is of another shape")
        return cls(kernels, Ridge(slope, bias), float(share))


def learnt(
    table: Array, samples: Samples, apart: Array, rest: Array, outputs: Array, seed: int
) -> Beside | None:
    """Kernels that have learnt all samples; None if they are of no use.

    Args:
        table: ``[N, columns]``, all rows of the samples, as the networks read them.
        samples: series and their labels.
        apart: numbers of those that were held out.
        rest: of the others.
        outputs: ``[m, O]``, what a network that learnt from the others says of these: calibrated.
        seed: of the kernels.
    """
    labels = samples.targets[:, 0].astype(np.int64)
    kernels = Kernels.drawn(table.shape[1], int(np.median(samples.x.length)), seed)
    features = kernels.features(table, samples.x.spans)
    count = outputs.shape[1]
    weights = samples.weights
    ridge = _calibrated(features[rest], labels[rest], weights[rest], count)
    held = ridge.outputs(features[apart]).astype(np.float64)
    share = _share(outputs, held, labels[apart], weights[apart])
    if not share:
        return None
    return Beside(kernels, _calibrated(features, labels, weights, count).times(share), share)


def _calibrated(features: Array, labels: Array, weights: Array, count: int) -> Ridge:
    """A regression whose outputs are logits: times what suits sequences that are left out."""
    ridge, left_out = solve(features, 2 * np.eye(count)[labels] - 1, weights)
    targets = labels[:, None].astype(np.float64)
    return ridge.times(STEEP / fitted(STEEP * left_out, targets, weights, "categorical"))


def _share(network: Array, kernels: Array, labels: Array, weights: Array) -> float:
    """The mean of `SHARES`, each as likely as the labels are by it; 0 for less than the least."""
    targets, each = labels[:, None].astype(np.float64), weights / weights.mean()
    logs = np.array(
        [-loss((1 - w) * network + w * kernels, targets, each) * len(labels) for w in SHARES]
    )
    likely = np.exp(logs - logs.max())
    found = float(likely @ SHARES / likely.sum())
    return found if found >= LEAST else 0.0
