"""The temperature that makes chances true: Guo et al. 2017, On Calibration of Modern Networks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..network import Loss
from ..network.lags import spread
from ..network.reference_loss import loss as loss_of

Array = NDArray[Any]

LEAST, MOST = 0.2, 5.0
FEW = 10
"""Samples below which a temperature would be chance itself."""
USUAL, SURE = 0.45, 5.0
"""The temperature of networks that have learnt labels of series, smoothed by a tenth; the precision
of a normal prior of its logarithm: few samples tell less than that, hundreds far more."""
SURER = 0.7
"""What a temperature of series is times, where those held out are told for certain: the networks
that answer know these as well, and are several."""
ENOUGH, ANSWERS = 500, 2_000_000
"""Samples that always tell it, and their outputs in all, beyond which only some of them do: of
10,000 labels each look at thousands of samples would take a second."""


def fitted(
    outputs: Array, targets: Array, weights: Array, kind: str, usual: float | None = None
) -> float:
    """What outputs must be divided by for their loss to be least.

    Args:
        outputs: ``[n, O]``, of samples that were not learnt from.
        targets: ``[n, K]``.
        weights: ``[n]``.
        kind: ``categorical`` or ``binary``.
        usual: what it would be if there were none; None where nothing is known beforehand: then it
            is 1 for few of them.

    Example:
        >>> sure = np.array([[4.0, 0.0]] * 10_000)
        >>> right = np.array([[0.0]] * 7500 + [[1.0]] * 2500)
        >>> round(fitted(sure, right, np.ones(10_000), "categorical"), 2)  # 4 / log 3
        3.64
    """
    if usual is None and len(outputs) < FEW:
        return 1.0
    some = spread(len(outputs), max(ENOUGH, ANSWERS // outputs.shape[1]))
    outputs, targets, weights = outputs[some], targets[some], weights[some]

    # the loss has one minimum in 1/temperature, where its slope by that is 0; so has its sum with
    # the square of log(temperature / usual), for no 1/temperature exceeds e / usual
    low, high = np.log(LEAST), np.log(MOST)
    for _ in range(30):
        middle = (low + high) / 2
        scaled = outputs / np.exp(middle)
        slope = float((_with_slope(scaled, targets, weights, kind)[1] * scaled).sum())
        if usual is not None:
            slope -= SURE * (middle - np.log(usual)) / len(outputs)
        if slope > 0:
            low = middle  # less sure
        else:
            high = middle
    return float(np.exp((low + high) / 2))


def surer(outputs: Array, targets: Array, weights: Array, part: float = 1.0) -> float:
    """What the temperature is times for networks that learnt all samples, and answer together.

    What they gain over one that learnt four fifths is no more than there is to learn: `SURER` to
    the power of the share of the loss of a constant that outputs do without.

    Args:
        outputs: ``[n, O]``, of samples that were not learnt from, over their temperature.
        targets: ``[n, 1]``, their labels.
        weights: ``[n]``.
        part: of the outputs that is such a network's; the rest is of something that gains nothing.

    Example:
        >>> labels, sure, weights = np.arange(1000) % 2, 20 * np.eye(2), np.ones(1000)
        >>> [round(surer(sure[x], labels[:, None], weights), 2) for x in (labels, labels[::-1])]
        [0.7, 1.0]
    """
    count = np.bincount(targets[:, 0].astype(np.int64), weights, outputs.shape[1])
    constant = np.broadcast_to(np.log(count / weights.mean() + 1), outputs.shape)
    left = loss(outputs, targets, weights) / loss(constant, targets, weights)
    return float(SURER ** (part * max(1 - left, 0.0)))


def loss(outputs: Array, targets: Array, weights: Array, kind: str = "categorical") -> float:
    """The mean loss of some samples, as if one more had been wrong: all right would else make sure
    of everything. Arguments as for `fitted`."""
    return _with_slope(outputs, targets, weights, kind)[0]


def _with_slope(outputs: Array, targets: Array, weights: Array, kind: str) -> tuple[float, Array]:
    """The same, and its slope by each of the outputs."""
    categorical = kind == "categorical"
    spec = Loss("categorical" if categorical else "binary", smoothing=1 / (len(outputs) + 2))
    target = targets[:, 0].astype(np.int64) if categorical else targets
    return loss_of(spec, outputs, target, weights)
