"""What stands beside networks that label whole series: random kernels and a ridge regression.

How much they count is told by the sequences that the temperature comes from, and by what networks
and a regression say of each that did not learn from it: where recurrent networks are ahead, next to
nothing.
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
from .temperature import fitted, loss, surer

Array = NDArray[Any]

MOST, ROWS = 5000, 500_000
"""Sequences and their rows, at most: networks that learn from more have seen enough."""
ANSWERS = 500_000
"""Sequences times labels, at most: 1,500 labels of 3,000 series took ten times as long with
kernels as without."""
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
    """Its outputs are logits, times what they count for."""
    rest: float
    """What the networks count for."""

    def joined(self, outputs: Array, table: Array, spans: Spans) -> Array:
        """The networks' outputs ``[n, O]`` and these of some spans of the table that both read."""
        own = self.ridge.outputs(self.kernels.features(table, spans))
        found: Array = self.rest * outputs + own
        return found

    def tensors(self) -> dict[str, Array]:
        """Arrays for a file."""
        return {
            "kernels.read": self.kernels.read.astype(np.uint8),
            "kernels.weight": self.kernels.weight,
            "kernels.level": self.kernels.level,
            "kernels.ridge.weight": self.ridge.weight,
            "kernels.ridge.bias": self.ridge.bias,
        }

    @classmethod
    def from_file(
        cls, rest: Any, tensors: dict[str, Array], columns: int, outputs: int
    ) -> Beside | None:
        """As `tensors` gave it; None of a file without.

        Args:
            rest: what the networks count for.
            tensors: of the file.
            columns: of the table that is read.
            outputs: the labels.

        Raises:
            ArgumentError: if anything is amiss.
        """
        level = tensors.get("kernels.level")
        if (rest is None or level is None) and "kernels.weight" in tensors:
            raise ArgumentError(
                "it does not say all of its kernels, as one of an earlier version: fit and save it "
                "again"
            )
        if rest is None:
            return None
        if type(rest) not in (int, float) or not rest > 0:
            raise ArgumentError(f"the rest beside its kernels must be above 0, got {rest!r}")
        names = ("read", "weight", "ridge.weight", "ridge.bias")
        read, weight, slope, bias = (tensors.get(f"kernels.{name}") for name in names)
        if read is None or weight is None or level is None or slope is None or bias is None:
            raise ArgumentError("the kernels beside its networks are missing")
        kernels = Kernels.of(read > 0, weight, level, columns)
        if slope.shape != (kernels.count, outputs) or bias.shape != (outputs,):
            raise ArgumentError("the regression beside its networks is of another shape")
        return cls(kernels, Ridge(slope, bias), float(rest))


def learnt(
    table: Array, samples: Samples, apart: Array, outputs: Array, seed: int
) -> Beside | None:
    """Kernels that have learnt all samples; None if they are of no use.

    Args:
        table: ``[N, columns]``, all rows of the samples, as the networks read them.
        samples: series and their labels.
        apart: numbers of those that were held out.
        outputs: ``[m, O]``, what networks that had not learnt from these say of them: calibrated.
        seed: of the kernels.
    """
    labels, weights = samples.targets[:, 0].astype(np.int64), samples.weights
    kernels = Kernels.drawn(table, samples.x.spans, seed)
    signs = np.full((len(labels), outputs.shape[1]), -1.0)
    signs[np.arange(len(labels)), labels] = 1
    ridge, left_out = solve(kernels.features(table, samples.x.spans), signs, weights)
    steep = STEEP / fitted(STEEP * left_out, samples.targets, weights, "categorical")
    held, targets, weights = steep * left_out[apart], samples.targets[apart], weights[apart]
    share = _share(outputs, held, targets, weights)
    if not share:
        return None
    # halves that err apart are surer together than either
    both = (1 - share) * outputs + share * held
    temperature = min(fitted(both, targets, weights, "categorical"), 1.0)
    # a row left out of the regression has been told by all others
    temperature *= surer(both / temperature, targets, weights, part=1 - share)
    return Beside(kernels, ridge.times(steep * share / temperature), (1 - share) / temperature)


def _share(network: Array, kernels: Array, targets: Array, weights: Array) -> float:
    """The mean of `SHARES`, each as likely as the labels are by it; 0 for less than the least."""
    each, n = weights / weights.mean(), len(weights)
    logs = np.array([-loss((1 - w) * network + w * kernels, targets, each) * n for w in SHARES])
    likely = np.exp(logs - logs.max())
    found = float(likely @ SHARES / likely.sum())
    return found if found >= LEAST else 0.0
