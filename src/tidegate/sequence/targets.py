"""The numbers that are to be said of sequences: read, and in units of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.features import largest
from ..data.sequences import unmasked
from ..errors import DataError
from .samples import Samples

Array = NDArray[Any]

FAR = 1e4
"""Deviations from the mean, at most."""


@dataclass(frozen=True, eq=False)
class Units:
    """What the targets are measured in: each from its mean, in its deviations."""

    centre: Array
    """``[K]``"""
    scale: Array
    """``[K]``, above 0."""
    flat: bool
    """Whether they came as ``[n]``."""

    @classmethod
    def of(cls, y: Array, weights: Array, flat: bool) -> Units:
        """Learnt from ``[n, K]`` targets and their weights."""
        unit = largest(y)  # no square of y / unit can overflow
        centre = np.average(y / unit, axis=0, weights=weights)
        scale = np.sqrt(np.average((y / unit - centre) ** 2, axis=0, weights=weights))
        return cls(centre * unit, np.where(scale > 1e-12, scale, 1.0) * unit, flat)

    def undo(self, output: Array) -> Array:
        """``[n]`` or ``[n, K]`` predictions; of Q quantiles ``[n, Q]`` or ``[n, K, Q]``."""
        n, targets = len(output), len(self.centre)
        z = np.sort(output.reshape(n, targets, -1), axis=2)
        found: Array = z * self.scale[:, None] + self.centre[:, None]
        if found.shape[2] == 1:
            found = found[:, :, 0]
        return found[:, 0] if self.flat else found

    def apply(self, samples: Samples) -> Samples:
        """The same samples with their targets in these units."""
        z = samples.targets / self.scale - self.centre / self.scale
        return Samples(samples.x, np.clip(z, -FAR, FAR), samples.weights)


def numbers_of(y: Any, n: int) -> tuple[Array, bool]:
    """``[n, K]`` targets, and whether they came as ``[n]``.

    Raises:
        DataError: if y is no finite number, or none of as many, for each of n sequences.
    """
    if y is None:
        raise DataError(
            "requires y to be passed, but the target y is None; give a number for each sequence"
        )
    try:
        array = unmasked(y)
    except ValueError:
        raise DataError("y must be [n] or [n, K], got rows of different lengths") from None
    if array.ndim not in (1, 2) or 0 in array.shape[1:]:
        raise DataError(f"y must be [n] or [n, K], got an array of {array.shape}")
    if array.dtype.kind == "c":
        raise DataError("Complex data not supported: y has complex numbers")
    if array.dtype.kind in "mM":
        raise DataError(f"y must hold numbers, got {array.dtype}; count it in a unit of yours")
    written = next((value for value in _texts(array) if _is_number(value)), None)
    if written is not None:
        raise DataError(
            f"y holds numbers that are written as texts, such as {written!r}; give numbers, such "
            f"as by y.astype(float)"
        )
    try:
        table = np.ascontiguousarray(array, np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        texts = array.dtype.kind in "UST"
        why = f"got texts such as {array.ravel()[0].item()!r}" if texts else str(error)
        raise DataError(f"y must hold numbers: {why}") from None
    if len(table) != n:
        raise DataError(f"y has {len(table)} rows, X has {n} sequences; each needs one")
    if not np.isfinite(table).all():
        number = int(np.argwhere(~np.isfinite(table))[0][0])
        raise DataError(f"Input y contains NaN or infinity, for sequence {number}")
    flat = table.ndim == 1
    return table.reshape(n, -1), flat


def _texts(array: Array) -> list[Any]:
    """What of it is a text."""
    if array.dtype.kind not in "OUST":
        return []
    return [value for value in array.ravel().tolist() if isinstance(value, str | bytes)]


def _is_number(text: str | bytes) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
