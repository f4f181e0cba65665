"""Tokens that are known by their parts: each the weighted sum of a few rows of an embedding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError


@dataclass(frozen=True, eq=False)
class TokenBags:
    """Rows of tokens, each embedded as a sum: of its word, say, and of its letters.

    A word that was never seen still has the rows of its parts. Stands in for ``[N]`` token ids
    wherever a network reads rows; `TokenInput.vocabulary` then counts the rows of the embedding.

    Example:
        >>> bags = TokenBags([1, 0, 1], first=[0, 1, 3], rows=[5, 2, 7], weights=[1, 0.5, 0.5])
        >>> len(bags), bags.matrix(8)[1].tolist()
        (3, [0.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.5])
    """

    ids: NDArray[np.int32]
    """[N], the bag of each token."""
    first: NDArray[np.int64]
    """[bags + 1]: bag i has the entries from ``first[i]`` up to, not with, ``first[i + 1]``."""
    rows: NDArray[np.int32]
    """[entries], rows of the embedding."""
    weights: NDArray[np.float64]
    """[entries], times what."""

    def __post_init__(self) -> None:
        for name, dtype in (("ids", np.int32), ("first", np.int64), ("rows", np.int32)):
            object.__setattr__(self, name, _whole(name, getattr(self, name), dtype))
        weights = np.ascontiguousarray(self.weights, np.float64)
        object.__setattr__(self, "weights", weights)
        entries, first = len(self.rows), self.first
        if weights.shape != (entries,):
            raise ArgumentError(
                f"TokenBags.weights must be [{entries}], one for each of rows, "
                f"got an array of {weights.shape}"
            )
        if (wrong := np.flatnonzero(~np.isfinite(weights))).size:
            raise ArgumentError(
                f"TokenBags.weights must be finite numbers, got {weights[wrong[0]]} at {wrong[0]}"
            )
        if len(first) < 1 or first[0] != 0 or first[-1] != entries or np.any(np.diff(first) < 0):
            raise ArgumentError(
                f"TokenBags.first must rise from 0 to {entries}, the entries of rows, "
                f"got {first.tolist() if len(first) < 6 else f'{len(first)} numbers that do not'}"
            )
        self._check_ids()
        if (wrong := np.flatnonzero(self.rows < 0)).size:
            raise ArgumentError(
                f"TokenBags.rows must be rows of an embedding, from 0 up, "
                f"got {self.rows[wrong[0]]} at {wrong[0]}"
            )

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """All that makes it."""
        return self.ids, self.first, self.rows, self.weights

    def of(self, ids: Any) -> TokenBags:
        """Other tokens of the same bags, which are not checked again."""
        other = object.__new__(TokenBags)
        given = (_whole("ids", ids, np.int32), self.first, self.rows, self.weights)
        for name, array in zip(("ids", "first", "rows", "weights"), given, strict=True):
            object.__setattr__(other, name, array)
        other._check_ids()
        return other

    def matrix(self, vocabulary: int) -> NDArray[np.float64]:
        """The bags as ``[bags, vocabulary]``: times the embedding, what each one is embedded as."""
        result = np.zeros((len(self.first) - 1, vocabulary))
        bag = np.repeat(np.arange(len(result)), np.diff(self.first))
        np.add.at(result, (bag, self.rows), self.weights)
        return result

    def _check_ids(self) -> None:
        bags = len(self.first) - 1
        if (wrong := np.flatnonzero((self.ids < 0) | (self.ids >= bags))).size:
            raise ArgumentError(
                f"TokenBags.ids must lie between 0 and {bags - 1}, the last bag, "
                f"got {self.ids[wrong[0]]} in row {wrong[0]}"
            )


def _whole(name: str, values: Any, dtype: Any) -> NDArray[Any]:
    array = np.asarray(values)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise ArgumentError(
            f"TokenBags.{name} must be whole numbers in one dimension, "
            f"got an array of {array.shape} of {array.dtype}"
        )
    result = np.ascontiguousarray(array, dtype)
    if result.size and (result != array).any():
        raise ArgumentError(f"TokenBags.{name} holds numbers beyond {np.iinfo(dtype).max}")
    return result
