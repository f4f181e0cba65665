"""What the numbers that leave the network mean, and the loss that trains them.

For each step ahead the network says how to mix a few baselines (its *paths*), what to add, and
how far the quantiles lie apart; for series with many zeros also the chance that the value is not
zero. The quantiles are then those of the value, given that it is not zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..cells.base import sigmoid

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
    """The layout of the output: ``[n, h * width]``, with a step ahead's numbers side by side.

    They are: a logit for each path; the residual; for each quantile but the median its distance to
    its inner neighbour, before softplus; and the logit of the chance.
    """

    horizon: int
    paths: int
    chance: bool
    quantiles: tuple[float, ...] = QUANTILES

    @property
    def width(self) -> int:
        """Outputs for a step ahead."""
        return self.paths + len(self.quantiles) + self.chance

    @property
    def outputs(self) -> int:
        """Outputs of the network."""
        return self.horizon * self.width

    @property
    def target_width(self) -> int:
        """Targets for a step ahead: the value, whether it is not zero, and the paths."""
        return 2 + self.paths

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
        parts, _ = self._forward(output, paths)
        return parts

    def loss(self, targets: Array, output: Array) -> tuple[float, Array]:
        """The loss and its gradient by the output.

        Twice the mean pinball loss over the quantiles, plus the absolute error of the median, plus
        the cross-entropy of the chance; each a mean over what is known.

        Args:
            targets: ``[n, h, target_width]``: the value (NaN: unknown, or zero where zeros are
                counted apart), 1 or 0 for whether it is not zero (NaN: unknown, or not counted
                apart), the paths.
            output: ``[n, h * width]``.
        """
        value, nonzero, paths = targets[..., 0], targets[..., 1], targets[..., 2:]
        parts, inner = self._forward(output, paths)
        gradient = np.zeros((*value.shape, self.width), output.dtype)

        known = ~np.isnan(value)
        share = 1 / max(int(known.sum()), 1)
        error = np.where(known, value, 0)[..., None] - parts.quantiles
        error *= known[..., None]
        levels = np.array(self.quantiles, output.dtype)
        factor = np.full(len(levels), 2 / len(levels), output.dtype)
        # |error| of the median is twice its pinball loss
        factor[self.middle] += 2
        # the slope of max(q·e, (q − 1)·e) by e, times e, is the loss itself
        slope = (levels - (error < 0)) * (factor * share).astype(output.dtype)
        slope[error == 0] = 0
        total = float(np.vdot(slope, error))
        self._backward(np.negative(slope, out=slope), paths, inner, gradient)

        if parts.logit is not None:
            known = ~np.isnan(nonzero)
            share = 1 / max(int(known.sum()), 1)
            event = np.where(known, nonzero, 0)
            # log(1 + e^x) - y x
            entropy = np.logaddexp(0, parts.logit) - event * parts.logit
            total += float(entropy[known].sum()) * share
            gradient[..., -1] = np.where(known, sigmoid(parts.logit) - event, 0) * share
        return total, gradient.reshape(output.shape)

    @cached_property
    def middle(self) -> int:
        """Which of the quantiles is the median."""
        return self.quantiles.index(0.5)

    def _forward(self, output: Array, paths: Array) -> tuple[Parts, _Inner]:
        """The parts, and what the way back needs."""
        each = output.reshape(len(output), self.horizon, self.width)
        mix = each[..., : self.paths]
        weights = np.exp(mix - mix.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        count, middle = len(self.quantiles), self.middle
        quantiles = np.empty((*each.shape[:2], count), output.dtype)
        mean = np.einsum("khp,khp->kh", weights, paths)
        median = mean + each[..., self.paths]
        x = each[..., self.paths + 1 : self.paths + count]
        small = np.exp(-np.abs(x))
        gaps = np.maximum(x, 0) + np.log1p(small)
        quantiles[..., middle] = median
        for i in range(middle + 1, count):
            np.add(quantiles[..., i - 1], gaps[..., i - 1], out=quantiles[..., i])
        for i in range(middle - 1, -1, -1):
            np.subtract(quantiles[..., i + 1], gaps[..., i], out=quantiles[..., i])
        rise = np.where(x < 0, small, 1) / (1 + small)
        logit = each[..., -1] if self.chance else None
        return Parts(quantiles, logit), _Inner(weights, mean, rise)

    def _backward(self, slope: Array, paths: Array, inner: _Inner, gradient: Array) -> None:
        """Fills the gradient, ``[n, h, width]``, from that of the quantiles, save the chance's."""
        first, middle = self.paths + 1, self.middle
        d_median = slope.sum(-1)
        above = slope[..., middle + 1 :][..., ::-1].cumsum(-1)[..., ::-1]
        below = -slope[..., :middle].cumsum(-1)
        rise = inner.rise
        np.multiply(below, rise[..., :middle], out=gradient[..., first : first + middle])
        np.multiply(
            above, rise[..., middle:], out=gradient[..., first + middle : first + rise.shape[-1]]
        )
        gradient[..., self.paths] = d_median
        rest = paths - inner.mean[..., None]
        rest *= inner.weights
        np.multiply(rest, d_median[..., None], out=gradient[..., : self.paths])


class _Inner(NamedTuple):
    """Of a forward pass, for the way back."""

    weights: Array
    """``[n, h, paths]``, of the paths."""
    mean: Array
    """``[n, h]``, the paths mixed."""
    rise: Array
    """``[n, h, quantiles - 1]``, how each gap grows with its output: the slope of softplus."""
