"""Some of the classes of a head, where all would cost too much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError


@dataclass(frozen=True, eq=False)
class Classes:
    """The classes that one training step scores in place of all: its targets and a sample.

    The loss is the categorical one over these alone, with ``shift`` added to their outputs. With
    a sample that holds a class with chance π, shift = −log π makes that loss smallest where the
    one over all classes is (sampled softmax, Jean et al. 2015). Neither the computation nor the
    update touches any other class.

    Example:
        >>> Classes([3, 0, 7]).shift.tolist()
        [0.0, 0.0, 0.0]
    """

    ids: NDArray[np.int64]
    """[K], different ones; every target of the step is among them."""
    shift: NDArray[np.float64] | None = None
    """[K], added to their outputs; None for 0."""

    def __post_init__(self) -> None:
        ids = np.asarray(self.ids)
        if ids.ndim != 1 or not ids.size or ids.dtype.kind not in "iu":
            raise ArgumentError(
                f"Classes.ids must be [K] class ids, whole numbers, got an array of {ids.shape} "
                f"of {ids.dtype}"
            )
        object.__setattr__(self, "ids", np.ascontiguousarray(ids, np.int64))
        shift: Any = np.zeros(len(ids)) if self.shift is None else np.asarray(self.shift)
        if shift.shape != ids.shape or shift.dtype.kind not in "fiu":
            raise ArgumentError(
                f"Classes.shift must be [{len(ids)}] numbers, one for each class, "
                f"got an array of {shift.shape} of {shift.dtype}"
            )
        if (wrong := np.flatnonzero(~np.isfinite(shift))).size:
            raise ArgumentError(
                f"Classes.shift must be finite numbers, got {shift[wrong[0]]} at {wrong[0]}"
            )
        object.__setattr__(self, "shift", shift)
