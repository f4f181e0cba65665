"""Whether a sequence stays what it is when its columns are scaled: what sizes tell of labels.

Training scales each column of a sequence (`segments.shaken`), which harms where a size decides.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.features import ALIKE
from ..data.spans import Spans
from ..network.lags import spread
from .pace import CONFUSED, LOOKED_AT, mistaken

Array = NDArray[Any]

SPREAD = 0.35
"""How far a size is moved, as a logarithm: as much as the scales that training draws."""


def scalable(rows: Array, spans: Spans, labels: Array | None) -> bool:
    """Whether columns may be scaled, for all that their sizes tell of labels.

    Args:
        rows: ``[N, F]``, scaled.
        spans: the sequences in them.
        labels: ``[n]``, theirs from 0 up; None if they have none.

    Example:
        >>> table = np.outer([1.0, 1.1, 1.21, 1.0, 1.1, 1.21], [1, -1, 1, -1])
        >>> spans = Spans(np.arange(6) * 4, np.full(6, 4))
        >>> scalable(table.reshape(-1, 1), spans, np.array([0, 1, 2, 0, 1, 2]))
        False
    """
    if labels is None:
        return True
    some = spread(len(spans), LOOKED_AT)
    return not any(
        mistaken(size, labels[some], SPREAD) > CONFUSED * mistaken(size, labels[some], 0.0)
        for size in sizes(rows, spans[some]).T
        if size.std() > ALIKE
    )


def sizes(rows: Array, spans: Spans) -> Array:
    """The logarithm of the deviation of each column in each sequence, ``[n, F]``.

    Example:
        >>> sizes(np.array([[1.0], [-1.0], [3.0], [-3.0]]), Spans([0, 2], [2, 2])).round(2).tolist()
        [[0.0], [1.1]]
    """
    parts = zip(spans.start, spans.length, strict=True)
    deviation = [rows[first : first + steps].std(axis=0) for first, steps in parts]
    found: Array = np.log(np.maximum(deviation, 1e-3))
    return found
