"""What the numbers that leave the network mean, and the loss that trains them.

For each step ahead the network says how to mix a few baselines (its *paths*), what to add, and
how far the quantiles lie apart; for series with many zeros also the chance that the value is not
zero. The quantiles are then those of the value, given that it is not zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, reduce
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
        inner = self._forward(_rows(output.reshape(-1, self.width)), _rows(paths))
        shape = (len(output), self.horizon)
        quantiles = np.ascontiguousarray(inner.quantiles.T).reshape(*shape, -1)
        return Parts(quantiles, None if inner.logit is None else inner.logit.reshape(shape))

    def median_slopes(self, output: Array, paths: Array) -> tuple[Array, Array]:
        """How the median of each step ahead moves with its numbers of the output, ``[n, h *
        width]``, and with its paths, ``[n, h, paths]``; arguments as for `parts`."""
        columns = _rows(paths)
        inner = self._forward(_rows(output.reshape(-1, self.width)), columns)
        by_output = np.zeros((self.width, columns.shape[1]))
        slope = np.zeros_like(inner.quantiles)
        slope[self.middle] = 1
        self._backward(slope, columns, inner, by_output)
        return by_output.T.reshape(output.shape), inner.weights.T.reshape(paths.shape)

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
        columns = _rows(targets)
        value, nonzero, paths = columns[0], columns[1], columns[2:]
        inner = self._forward(_rows(output.reshape(-1, self.width)), paths)
        gradient = np.zeros((self.width, len(value)), output.dtype)

        known = ~np.isnan(value)
        error = np.where(known, value, 0) - inner.quantiles
        error *= known
        levels = np.array(self.quantiles, output.dtype)[:, None]
        factor = np.full_like(levels, 2 / len(levels))
        # |error| of the median is twice its pinball loss
        factor[self.middle] += 2
        factor /= max(int(known.sum()), 1)
        # the slope of max(q·e, (q − 1)·e) by e, times e, is the loss itself
        slope = (error > 0) * (levels * factor)
        slope -= (error < 0) * ((1 - levels) * factor)
        total = float(np.vdot(slope, error))
        self._backward(np.negative(slope, out=slope), paths, inner, gradient)

        if inner.logit is not None:
            known = ~np.isnan(nonzero)
            share = 1 / max(int(known.sum()), 1)
            event = np.where(known, nonzero, 0)
            # log(1 + e^x) - y x
            entropy = np.logaddexp(0, inner.logit) - event * inner.logit
            total += float(entropy[known].sum()) * share
            gradient[-1] = np.where(known, sigmoid(inner.logit) - event, 0) * share
        return total, np.ascontiguousarray(gradient.T).reshape(output.shape)

    @cached_property
    def middle(self) -> int:
        """Which of the quantiles is the median."""
        return self.quantiles.index(0.5)

    def _forward(self, each: Array, paths: Array) -> _Inner:
        """What an output means, ``[width, n * h]``, with paths ``[paths, n * h]``."""
        count, middle = len(self.quantiles), self.middle
        weights = each[: self.paths] - each[: self.paths].max(0)
        np.exp(weights, out=weights)
        weights /= _total(weights)
        mean = _total(weights * paths)
        x = each[self.paths + 1 : self.paths + count]
        small = np.exp(-np.abs(x))
        gaps = np.maximum(x, 0) + np.log(1 + small)
        quantiles = np.empty((count, each.shape[1]), each.dtype)
        np.add(mean, each[self.paths], out=quantiles[middle])
        for i in range(middle + 1, count):
            np.add(quantiles[i - 1], gaps[i - 1], out=quantiles[i])
        for i in range(middle - 1, -1, -1):
            np.subtract(quantiles[i + 1], gaps[i], out=quantiles[i])
        rise = np.where(x < 0, small, 1) / (1 + small)
        return _Inner(quantiles, each[-1] if self.chance else None, weights, mean, rise)

    def _backward(self, slope: Array, paths: Array, inner: _Inner, gradient: Array) -> None:
        """Fills the gradient, ``[width, n * h]``, from that of the quantiles, save the chance's;
        the latter is overwritten."""
        first, middle, rise = self.paths + 1, self.middle, inner.rise
        d_median = slope.sum(0)
        # a gap moves all quantiles beyond it
        for i in range(len(slope) - 2, middle, -1):
            slope[i] += slope[i + 1]
        for i in range(1, middle):
            slope[i] += slope[i - 1]
        gaps = gradient[first : first + len(rise)]
        np.multiply(slope[middle + 1 :], rise[middle:], out=gaps[middle:])
        np.multiply(slope[:middle], rise[:middle], out=gaps[:middle])
        np.negative(gaps[:middle], out=gaps[:middle])
        gradient[self.paths] = d_median
        rest = paths - inner.mean
        rest *= inner.weights
        np.multiply(rest, d_median, out=gradient[: self.paths])


def _rows(x: Array) -> Array:
    """``[columns, m]`` of ``[..., columns]``, each column in one piece: a sum over a few columns is
    then one of long rows, several times as fast."""
    return np.ascontiguousarray(x.reshape(-1, x.shape[-1]).T)


def _total(x: Array) -> Array:
    """``[m]`` of ``[columns, m]``, added one after the other; NumPy adds a single column's numbers
    in another order."""
    total: Array = reduce(np.add, x)
    return total


class _Inner(NamedTuple):
    """A forward pass, with what the way back needs; m = n · h."""

    quantiles: Array
    """``[quantiles, m]``"""
    logit: Array | None
    """``[m]``, of the chance."""
    weights: Array
    """``[paths, m]``, of the paths."""
    mean: Array
    """``[m]``, the paths mixed."""
    rise: Array
    """``[quantiles - 1, m]``, how each gap grows with its output: the slope of softplus."""
