"""What the numbers that leave the network mean, and the loss that trains them.

For each step ahead the network says how to mix a few baselines (its *paths*), what to add, and
how far the quantiles lie apart; for series with many zeros also the chance that the value is not
zero. The quantiles are then those of the value, given that it is not zero. `network/mixing.py` has
the formulas.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..network import Loss
from ..network.mixing import back, by_column, mixed

Array = NDArray[Any]

QUANTILES = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)


class Parts(NamedTuple):
    """The network's output, understood; n windows, h steps ahead."""

    quantiles: Array
    """``[n, h, quantiles]``, never crossing, in the units of the window."""
    logit: Array | None
    """``[n, h]``, of the chance that the value is not zero; None if no series has many zeros."""


@dataclass(frozen=True)
class Head:
    """The layout of the output: ``[n, h * width]``, with a step ahead's numbers side by side."""

    horizon: int
    paths: int
    chance: bool
    quantiles: tuple[float, ...] = QUANTILES

    @cached_property
    def loss(self) -> Loss:
        """What trains it. Targets of a step ahead are the value (NaN: unknown, or zero where zeros
        are counted apart), 1 or 0 for whether it is not zero (NaN: unknown, or not counted apart),
        and the paths."""
        return Loss("mixing", self.quantiles, paths=self.paths, chance=self.chance)

    @property
    def width(self) -> int:
        """Outputs for a step ahead."""
        return self.loss.together

    @property
    def outputs(self) -> int:
        """Outputs of the network."""
        return self.horizon * self.width

    @property
    def target_width(self) -> int:
        """Targets for a step ahead."""
        return 2 + self.paths

    @property
    def middle(self) -> int:
        """Which of the quantiles is the median."""
        return self.loss.middle

    def start(self, spread: float, chance: float) -> Array:
        """``[width]``, the output of a step ahead that is a baseline: the mean of the paths, with
        fixed intervals.

        Args:
            spread: the standard deviation of the value around the paths' mean.
            chance: the share of values that are not zero.
        """
        bias = np.zeros(self.width)
        gaps = spread * np.abs(np.diff([np.log(q / (1 - q)) / 1.7 for q in self.quantiles]))
        # of which softplus is the gap: log(e^gap - 1)
        bias[self.paths + 1 : self.paths + len(self.quantiles)] = gaps + np.log(-np.expm1(-gaps))
        if self.chance:
            bias[-1] = np.log(chance / (1 - chance))
        return bias

    def parts(self, output: Array, paths: Array) -> Parts:
        """Understands an output.

        Args:
            output: ``[n, h * width]``.
            paths: ``[n, h, paths]``, in the units of the window.
        """
        found = mixed(self.loss, by_column(output, self.width), by_column(paths, self.paths))
        shape = (len(output), self.horizon)
        quantiles = np.ascontiguousarray(found.quantiles.T).reshape(*shape, -1)
        return Parts(quantiles, None if found.logit is None else found.logit.reshape(shape))

    def median_slopes(self, output: Array, paths: Array) -> tuple[Array, Array]:
        """How the median of each step ahead moves with its numbers of the output, ``[n, h *
        width]``, and with its paths, ``[n, h, paths]``; arguments as for `parts`."""
        columns = by_column(paths, self.paths)
        found = mixed(self.loss, by_column(output, self.width), columns)
        slope = np.zeros_like(found.quantiles)
        slope[self.middle] = 1
        by_output = back(self.loss, slope, columns, found)
        return by_output.T.reshape(output.shape), found.weights.T.reshape(paths.shape)
