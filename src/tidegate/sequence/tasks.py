"""What is learnt of a sequence: how wide the answer is, where it is read, and what a mistake costs.

The core is given targets and weights apart; for a loss of one's own, every row of targets ends with
its weight.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..network import Loss
from ..network.reference_loss import loss as loss_of
from .samples import Samples

Array = NDArray[Any]


@dataclass(frozen=True)
class Task:
    """An answer for each sequence, or one for each step."""

    loss: Loss
    outputs: int
    stepwise: bool = False

    @property
    def labels(self) -> bool:
        """Whether each sequence has a label."""
        return self.loss.kind == "categorical" and not self.stepwise

    def varies(self, augment: bool | None) -> bool:
        """Whether its sequences are varied, where `Training.augment` leaves it open."""
        return self.labels if augment is None else augment

    def table(self, samples: Samples) -> tuple[Array, Array | None]:
        """``[n, K]`` float32, or ``[n]`` class ids, and their weights ``[n]``; None where they are
        all alike."""
        targets = samples.targets
        if self.loss.kind == "categorical":
            found = targets[:, 0].astype(np.int64)
        else:
            found = targets.astype(np.float32)
        weights = samples.weights / samples.weights.mean()
        return found, None if (weights == weights[0]).all() else weights.astype(np.float32)

    def targets(self, samples: Samples) -> Array:
        """``[n, K + 1]``, or ``[N, K + 1]`` where each step has targets: with their weights."""
        weights = samples.weights / samples.weights.mean()
        if self.stepwise:
            weights = np.repeat(weights, samples.x.length)
        return np.column_stack([samples.targets, weights])

    def cost(self) -> Callable[[Array, Array], tuple[float, Array]]:
        """The loss and its gradient, as `train.fit_drawn` wants it."""
        spec = self.loss

        def cost(targets: Array, output: Array) -> tuple[float, Array]:
            target: Array = targets[:, :-1]
            if spec.kind == "categorical":
                target = target[:, 0].astype(np.int64)
            return loss_of(spec, output.astype(np.float64), target, targets[:, -1])

        return cost
