"""Spans: the sequences of a batch, as places in one table of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ArgumentError


@dataclass(frozen=True, eq=False)
class Spans:
    """n sequences over one table: nothing is padded, and no window is copied.

    A ragged batch, overlapping windows, a chunk of a stream: each is a list of (first row, length).

    Example:
        >>> windows = Spans([0, 1, 2], [4, 4, 4])
        >>> len(windows), windows[[2, 0]].start.tolist()
        (3, [2, 0])
    """

    start: NDArray[np.int64]
    """[n], the first row of each."""
    length: NDArray[np.int64]
    """[n], its rows, each at least 1."""
    shift: NDArray[Any] | None = None
    """[n, columns]: a span's rows are read as (row − shift) · factor; None for 0."""
    factor: NDArray[Any] | None = None
    """[n, columns]; None for 1."""

    def __post_init__(self) -> None:
        for name in ("start", "length"):
            object.__setattr__(self, name, _whole(name, getattr(self, name)))
        n = len(self.start)
        if len(self.length) != n:
            raise ArgumentError(
                f"spans need one length for each start, got {n} and {len(self.length)}"
            )
        if n and self.start.min() < 0:
            raise ArgumentError(f"spans must start at row 0 or later, got {self.start.min()}")
        if n and self.length.min() < 1:
            raise ArgumentError(f"spans must have 1 row at least, got length {self.length.min()}")
        for name in ("shift", "factor"):
            scale = getattr(self, name)
            if scale is not None and (np.ndim(scale) != 2 or len(scale) != n):
                raise ArgumentError(
                    f"spans.{name} must be [{n}, columns], got an array of {np.shape(scale)}"
                )

    def __len__(self) -> int:
        return len(self.start)

    def __getitem__(self, chosen: ArrayLike | slice) -> Spans:
        """The spans chosen by an index array, a mask or a slice."""
        index: Any = chosen if isinstance(chosen, slice) else np.asarray(chosen)
        scale = [None if a is None else a[index] for a in (self.shift, self.factor)]
        return Spans(self.start[index], self.length[index], *scale)

    def laid(self) -> Spans:
        """The same lengths, one after the other from row 0, as `ragged.places` takes their rows.

        Example:
            >>> Spans([5, 0], [2, 3]).laid().start.tolist()
            [0, 2]
        """
        return Spans(np.cumsum(self.length) - self.length, self.length)


def _whole(name: str, values: Any) -> NDArray[np.int64]:
    array = np.asarray(values)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise ArgumentError(
            f"spans.{name} must be whole numbers [n], got an array of {array.shape} of "
            f"{array.dtype}"
        )
    return array.astype(np.int64, copy=False)
