"""Whether stretched sequences stand beside those of their own label: a look before training.

Where a thing happens may be what a label means; a stretch moves it, and pace does not tell.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.spans import Spans
from ..network.lags import spread
from .segments import KEPT, varied

Array = NDArray[Any]

COPIES = 10
"""Stretched ones of each sequence."""
LOOKED_AT = 300
"""Sequences, at most."""


def misled(rows: Array, spans: Spans, labels: Array) -> bool:
    """Whether stretched copies lead as many sequences to a wrong label as to the right one.

    A sequence is taken for what the nearest other one is: once with the others as they are, once
    with stretched copies of them as well.

    Args:
        rows: ``[N, K]``, as the network is given them.
        spans: n sequences in them.
        labels: ``[n]``, theirs from 0 up.

    Example:
        >>> place = np.repeat(np.arange(10, 20), 2) + np.tile([0, 0.1], 10)  # of a hill
        >>> hills = np.exp(-((np.arange(30) - place[:, None]) ** 2) / 8)
        >>> spans = Spans(np.arange(20) * 30, np.full(20, 30))
        >>> misled(hills.reshape(-1, 1), spans, np.repeat(np.arange(10) % 2, 2))
        True
    """
    some = spread(len(spans), LOOKED_AT)
    spans, labels = spans[some], labels[some]
    random = np.random.Generator(np.random.PCG64(0))
    reduced = means(rows, spans)
    far = _distances(reduced, reduced)
    before = labels[far.argmin(axis=1)] == labels
    for _ in range(COPIES):
        far = np.minimum(far, _distances(reduced, means(*varied(rows, spans, random))))
    after = labels[far.argmin(axis=1)] == labels
    lost, won = (before & ~after).sum(), (after & ~before).sum()
    return bool(lost >= max(won, 1))


def means(rows: Array, spans: Spans, parts: int = KEPT) -> Array:
    """The mean of each of a sequence's parts, equally long, ``[n, parts · K]``.

    Example:
        >>> means(np.arange(4.0)[:, None], Spans([0], [4]), parts=2)
        array([[0.5, 2.5]])
    """
    edges = spans.start[:, None] + spans.length[:, None] * np.arange(parts + 1) // parts
    first, last = edges[:, :-1], np.maximum(edges[:, 1:], edges[:, :-1] + 1)
    total = np.zeros((len(rows) + 1, rows.shape[1]))
    np.cumsum(rows, axis=0, dtype=np.float64, out=total[1:])
    found: Array = (total[last] - total[first]) / (last - first)[..., None]
    return found.reshape(len(spans), -1)


def _distances(a: Array, b: Array) -> Array:
    """Squared, less what each row has in common, ``[n, n]``; none from a sequence to itself."""
    found: Array = (b**2).sum(axis=1) - 2 * a @ b.T
    np.fill_diagonal(found, np.inf)
    return found
