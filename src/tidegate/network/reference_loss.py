"""The losses in NumPy: what training makes small, and its slope by the network's outputs.

Let o be an output and y its target. One element of each loss, and its derivative by o:

    mse          (o − y)²                                         2·(o − y)
    mae          |o − y|                                          sign(o − y)
    huber        (o − y)²/2 up to δ, then δ·(|o − y| − δ/2)       o − y, cut off at ±δ
    pinball      q·(y − o) below the target, (1 − q)·(o − y)      −q, or 1 − q above it
    binary       −y·log σ(o) − (1 − y)·log(1 − σ(o))              σ(o) − y
    categorical  −log softmax(o)[y]                               softmax(o) − onehot(y)

At the kink of mae and of pinball the slope is 0. ``rmse`` is the root of the mean of ``mse``.
``mixing`` has a page of its own, `mixing.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cells import Array
from ..cells.base import sigmoid
from . import mixing
from .loss import Loss


def loss(
    spec: Loss,
    output: Array,
    target: NDArray[Any],
    weight: Array | None = None,
    sequences: int = 1,
) -> tuple[float, Array]:
    """The loss and its gradient by ``output``.

    Args:
        spec: which loss, and its reduction. With ``mean``, the weighted sum of the elements is
            divided by the sum of their weights; with ``sum``, by the number of sequences. Masked
            elements have weight 0. Where no weight is left, loss and gradient are 0.
        output: ``[M, O]``; for ``pinball``, O is targets × quantiles, the quantile last.
        target: ``[M, targets]`` numbers, NaN where masked; for ``categorical`` ``[M]`` class ids,
            negative where masked; for ``mixing`` as `mixing.loss` says.
        weight: of each row, ``[M]``; None for 1.
        sequences: how many sequences the rows came from.

    Example:
        >>> value, slope = loss(Loss("mse"), np.array([[1.0, 5.0]]), np.array([[3.0, np.nan]]))
        >>> value, slope.tolist()
        (4.0, [[-4.0, 0.0]])
    """
    if spec.kind == "mixing":
        return mixing.loss(spec, output, target, weight)
    weight = np.ones(len(output), output.dtype) if weight is None else weight
    if spec.kind == "categorical":
        elements, slopes, weights = _categorical(spec, output, target, weight)
    else:
        elements, slopes, weights = _numbers(spec, output, target, weight)
    divisor = weights.sum() if spec.reduction == "mean" else float(sequences)
    if not divisor:
        return 0.0, np.zeros_like(output)
    value = elements.sum() / divisor
    slopes = slopes / divisor
    if spec.kind == "rmse":
        value = np.sqrt(value)
        slopes = slopes / (2 * value) if value else np.zeros_like(slopes)
    return float(value), slopes.reshape(output.shape)


def _numbers(
    spec: Loss, output: Array, target: NDArray[Any], weight: Array
) -> tuple[Array, Array, Array]:
    """Weighted elements, their weighted slopes, and the weights, each ``[M, targets, Q]``."""
    o = output.reshape(*target.shape, -1)  # Q quantiles, or 1
    present = ~np.isnan(target)
    y = np.where(present, target, 0)[..., None]
    w = np.broadcast_to((weight[:, None] * present)[..., None], o.shape)
    e = o - y
    element: Array
    slope: Array
    if spec.kind in ("mse", "rmse"):
        element, slope = e * e, 2 * e
    elif spec.kind == "mae":
        element, slope = np.abs(e), np.sign(e)
    elif spec.kind == "huber":
        slope = np.clip(e, -spec.delta, spec.delta)
        element = slope * (e - slope / 2)  # e²/2 inside ±δ, δ·(|e| − δ/2) outside
    elif spec.kind == "pinball":
        q = np.asarray(spec.quantiles, o.dtype)
        element = np.maximum(-q * e, (1 - q) * e)
        slope = np.where(e > 0, 1 - q, np.where(e < 0, -q, 0))
    else:  # binary
        if spec.class_weight:
            w = w * np.where(y < 0.5, *spec.class_weight)
        y = y * (1 - spec.smoothing) + spec.smoothing / 2
        # −log σ(o) = max(0, −o) + log(1 + e^−|o|), which overflows nowhere
        element = np.maximum(o, 0) - o * y + np.log1p(np.exp(-np.abs(o)))
        slope = sigmoid(o) - y
    return w * element, w * slope, w


def _categorical(
    spec: Loss, output: Array, target: NDArray[Any], weight: Array
) -> tuple[Array, Array, Array]:
    """Weighted elements ``[M]``, their slopes ``[M, O]``, and the weights ``[M]``.

    With smoothing s over K classes the target is (1 − s)·onehot + s/K, and each class brings its
    own weight to its share, as in torch.nn.CrossEntropyLoss.
    """
    classes = output.shape[1]
    class_weight = np.asarray(spec.class_weight or np.ones(classes), output.dtype)
    present = target >= 0
    ids = np.where(present, target, 0)
    share = np.full(output.shape, spec.smoothing / classes, output.dtype)
    share[np.arange(len(ids)), ids] += 1 - spec.smoothing
    share *= class_weight

    w = weight * present
    logs = log_softmax(output)
    element = -(share * logs).sum(axis=1)
    slope = np.exp(logs) * share.sum(axis=1, keepdims=True) - share
    return w * element, w[:, None] * slope, w * class_weight[ids]


def log_softmax(o: Array) -> Array:
    """log(e^o / Σ e^o) over the last axis, without overflow."""
    o = o - o.max(axis=-1, keepdims=True)
    total: Array = np.exp(o).sum(axis=-1, keepdims=True)
    return o - np.log(total)


def softmax(o: Array) -> Array:
    """e^o / Σ e^o over the last axis: scores as chances that add up to 1."""
    return np.exp(log_softmax(o))
