"""The scores of the competitions, each as its organisers computed it."""

from __future__ import annotations

import numpy as np


def smape(actual: np.ndarray, forecast: np.ndarray) -> float:
    """Mean of 200·|y − ŷ| / (|y| + |ŷ|), percent, over [n, h]."""
    return float(np.mean(200 * np.abs(actual - forecast) / (np.abs(actual) + np.abs(forecast))))


def steps_apart(past: list[np.ndarray], season: int) -> np.ndarray:
    """[n, 1], the mean |y(t) − y(t−m)| of each series before its test, unit of MASE and MSIS."""
    return np.array([np.mean(np.abs(y[season:] - y[:-season])) for y in past])[:, None]


def mase(actual: np.ndarray, forecast: np.ndarray, unit: np.ndarray) -> float:
    """Mean |y − ŷ| in units of the series, over [n, h]."""
    return float(np.mean(np.abs(actual - forecast) / unit))


def msis(actual: np.ndarray, low: np.ndarray, high: np.ndarray, unit: np.ndarray) -> float:
    """Mean score of 95 % intervals in units of the series (M4 competitor's guide)."""
    missed = np.maximum(low - actual, 0) + np.maximum(actual - high, 0)
    return float(np.mean((high - low + 2 / 0.05 * missed) / unit))


def coverage(actual: np.ndarray, low: np.ndarray, high: np.ndarray) -> float:
    """Share of values within the interval."""
    return float(np.mean((actual >= low) & (actual <= high)))


def between_quantiles(
    actual: np.ndarray, low: np.ndarray, high: np.ndarray, chance: np.ndarray, level: float
) -> float:
    """Share of values between two quantiles, where a zero has a chance of its own: it lies at all
    levels up to that chance at once, and counts for the share of them between the two. It is
    ``level`` of right quantiles, where an interval that begins at 0 holds more than its level."""
    tail, dry = (1 - level) / 2, 1 - chance
    part = np.maximum(np.minimum(dry, 1 - tail) - tail, 0) / np.maximum(dry, 1e-12)
    return float(np.mean(np.where(actual == 0, part, (actual >= low) & (actual <= high))))


def auc(event: np.ndarray, chance: np.ndarray) -> float:
    """Area under the ROC curve, ties counted half."""
    _, place, count = np.unique(chance, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]
    positive = event.sum()
    return float((rank[event].sum() - positive * (positive + 1) / 2) / (positive * (~event).sum()))


def log_loss(event: np.ndarray, chance: np.ndarray) -> float:
    """Mean cross-entropy, nats."""
    return float(-np.mean(np.log(np.where(event, chance, 1 - chance))))
