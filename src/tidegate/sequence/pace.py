"""Whether a sequence stays what it is when it is stretched: what its waves are, and what they tell.

Training stretches sequences (`segments.varied`), which helps where a shape decides, and harms where
a pace does: a wave that is a tenth faster may have another label.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.spans import Spans
from ..network.lags import spread

Array = NDArray[Any]

WAVES = 10
"""Cycles in a sequence, at most, for it to be stretched."""
STRETCH = float(np.log(1 / 0.8))
"""How far a pace may be moved, as a logarithm: of a sequence, 80 to 100 % are kept."""
CONFUSED = 1.5
"""How many times as many labels may be mistaken, by pace alone, once sequences are stretched."""
LOOKED_AT = 1000
"""Sequences, at most."""


def stretchable(rows: Array, spans: Spans, labels: Array | None) -> bool:
    """Whether sequences may be stretched: slow ones, unless stretching blurs what their pace tells.

    Args:
        rows: ``[N, F]``, scaled.
        spans: the sequences in them.
        labels: ``[n]``, theirs from 0 up; None if they have none.
    """
    if waves(rows, spans) > WAVES:
        return False
    if labels is None:
        return True
    some = spread(len(spans), LOOKED_AT)
    pace = paces(rows, spans[some])
    return mistaken(pace, labels[some], STRETCH) <= CONFUSED * mistaken(pace, labels[some], 0.0)


def waves(rows: Array, spans: Spans) -> float:
    """Cycles in a sequence, at the frequency that half of its variance lies below; the median.

    Args:
        rows: ``[N, F]``.
        spans: the sequences in them, of which 200 are looked at.

    Example:
        >>> t = np.arange(300) / 300
        >>> waves(np.sin(2 * np.pi * 25 * t)[:, None], Spans([0], [300]))
        25.0
    """
    found = []
    for i in spread(len(spans), 200).tolist():
        power = _power(rows, spans, i)
        found.append(int(np.searchsorted(np.cumsum(power), power.sum() / 2)))
    return float(np.median(found))


def paces(rows: Array, spans: Spans) -> Array:
    """The logarithm of each sequence's mean frequency, in cycles a step, ``[n]``.

    A sequence fades out towards its ends (Hann's window), or what frequency it seems to have would
    depend on where it happens to be cut.

    Example:
        >>> t = np.arange(300) / 300
        >>> table = np.sin(2 * np.pi * np.concatenate([25 * t, 50 * t]))[:, None]
        >>> paces(table, Spans([0, 300], [300, 300])).round(3)  # log(1 / 12) and log(1 / 6)
        array([-2.485, -1.792])
    """
    found = []
    for i, steps in enumerate(spans.length.tolist()):
        power = _power(rows, spans, i, np.hanning(steps + 2)[1:-1, None])
        mean = (np.arange(len(power)) * power).sum() / max(float(power.sum()), 1e-300)
        found.append(np.log(max(mean, 1e-3) / steps))  # what is flat has no pace
    return np.array(found)


def mistaken(pace: Array, labels: Array, blur: float) -> float:
    """The share of labels that the nearest mean pace of a label gets wrong.

    The mean of a sequence's own label leaves it out.

    Args:
        pace: ``[n]``
        labels: ``[n]``, from 0 up.
        blur: paces are moved by up to half of it, up and down.

    Example:
        >>> pace, labels = np.array([0.0, 0.1, 1.0, 1.1]), np.array([0, 0, 1, 1])
        >>> mistaken(pace, labels, 0.0)
        0.0
        >>> round(36 * mistaken(pace, labels, 2.0))  # nine places of each: 2 + 3 + 3 + 2
        10
    """
    count, total = np.bincount(labels), np.bincount(labels, pace)
    mean = total / np.maximum(count, 1)
    others = np.maximum(count[labels] - 1, 1)
    own = np.where(count[labels] > 1, (total[labels] - pace) / others, np.inf)
    wrong = []
    for moved in blur * np.linspace(-0.5, 0.5, 9):
        far = np.where(count, np.abs(pace[:, None] + moved - mean), np.inf)
        far[np.arange(len(pace)), labels] = np.abs(pace + moved - own)
        wrong.append(far.argmin(axis=1) != labels)
    return float(np.mean(wrong))


def _power(rows: Array, spans: Spans, i: int, window: Any = 1.0) -> Array:
    """The variance of a sequence at each whole number of cycles."""
    part = rows[spans.start[i] : spans.start[i] + spans.length[i]].astype(np.float64)
    power: Array = (np.abs(np.fft.rfft(window * (part - part.mean(axis=0)), axis=0)) ** 2).sum(
        axis=1
    )
    return power
