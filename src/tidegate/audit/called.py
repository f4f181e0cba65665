"""What the steps of sequences are called: by the model, by a long frame's own dates, by number."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.long import STEP, is_frame, read_frame

Array = NDArray[Any]


def labels(
    given: tuple[str, ...] | None, x: Any, length: Array, chosen: Array, rows: int
) -> tuple[str, ...]:
    """The names of the steps of the sequences that were chosen, one sequence after the other.

    Args:
        given: what the model calls all steps; None if it knows no names.
        x: what the user gave; the column "step" of a long frame has names.
        length: ``[n]``, the steps of each sequence.
        chosen: numbers of sequences.
        rows: of the data, that a step reads; the newest names it.

    Example:
        >>> labels(None, None, np.array([2, 3]), np.array([1]), 1)
        ('0', '1', '2')
    """
    if given is None:
        given = _of_frame(x, length, rows)
    if given is None:
        return tuple(str(step) for size in length[chosen] for step in range(size))
    first = np.cumsum(length) - length
    return tuple(name for i in chosen for name in given[first[i] : first[i] + length[i]])


def _of_frame(x: Any, length: Array, rows: int) -> tuple[str, ...] | None:
    """The steps of a long frame, as it has them."""
    frame = x[0] if isinstance(x, tuple) else x
    if not is_frame(frame):
        return None
    read = read_frame(frame)
    if read.order is None or read.length is None:
        return None
    steps = frame[STEP].to_numpy()[read.order]
    if steps.dtype.kind == "M":
        days = steps.astype("datetime64[D]")
        steps = days if (days == steps).all() else steps.astype("datetime64[s]")
    names = np.array([str(step).replace("T", " ") for step in steps])
    found: list[str] = []
    for own, size in zip(np.split(names, np.cumsum(read.length)[:-1]), length, strict=True):
        # the last step ends with the last row; what is read before the first is a copy of it
        newest = len(own) - 1 - rows * np.arange(size)[::-1]
        found += own[np.maximum(newest, 0)].tolist()
    return tuple(found)
