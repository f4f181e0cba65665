"""How covariates become numbers: what is learnt from the first frame, and kept for the next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from .plain import from_json

MOST_LEVELS = 256
"""Different values of a category: each is a column of its own."""


@dataclass(frozen=True)
class Code:
    """How one column is written: as the number that it holds, or as one column for each level.

    Example:
        >>> Code("kind", ("cafe", "shop")).columns
        ('kind=cafe', 'kind=shop')
    """

    name: str
    levels: tuple[str, ...] | None = None
    """Of a category, in increasing order; None for a number."""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise ArgumentError(f"Code.name must be text, got {self.name!r}")
        levels: Any = self.levels
        if levels is None:
            return
        good = isinstance(levels, list | tuple) and all(isinstance(x, str) for x in levels)
        if not good or not levels or list(levels) != sorted(set(levels)):
            raise ArgumentError(
                f"Code.levels must be different texts in increasing order, got {levels!r}"
            )
        object.__setattr__(self, "levels", tuple(levels))

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns that it becomes."""
        if self.levels is None:
            return (self.name,)
        return tuple(f"{self.name}={level}" for level in self.levels)

    def expand(self, raw: NDArray[np.float64]) -> NDArray[np.float64]:
        """``[N, columns]`` for ``[N]`` numbers, or numbers of levels; NaN for NaN."""
        if self.levels is None:
            return raw[:, None]
        result: NDArray[np.float64] = (raw[:, None] == np.arange(len(self.levels))) * 1.0
        result[np.isnan(raw)] = np.nan
        return result

    def shown(self, raw: float) -> str:
        """One of the numbers that `expand` takes, as the frame had it."""
        return f"{raw:g}" if self.levels is None else repr(self.levels[int(raw)])


@dataclass(frozen=True)
class Encoding:
    """How each covariate is written, by what is known of it.

    Example:
        >>> encoding = Encoding(future=(Code("price"),), static=(Code("kind", ("cafe", "shop")),))
        >>> Encoding.from_json(encoding.to_json()) == encoding
        True
    """

    future: tuple[Code, ...] = ()
    """Known ahead of the forecast, such as prices and holidays."""
    past: tuple[Code, ...] = ()
    """Known up to the newest row only."""
    static: tuple[Code, ...] = ()
    """One value for each series."""

    def __post_init__(self) -> None:
        for role in ("future", "past", "static"):
            codes = getattr(self, role)
            if not isinstance(codes, list | tuple):
                raise ArgumentError(f"Encoding.{role} must be a list of columns, got {codes!r}")
            object.__setattr__(
                self, role, tuple(c if isinstance(c, Code) else from_json(Code, c) for c in codes)
            )
        names = [code.name for code in (*self.future, *self.past, *self.static)]
        if len(set(names)) < len(names):
            raise ArgumentError(f"Encoding needs different columns, got {', '.join(names)}")

    def to_json(self) -> dict[str, Any]:
        """A dict that ``json.dumps`` takes and ``from_json`` turns back into an equal value."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Any) -> Encoding:
        """The encoding that ``to_json`` described.

        Raises:
            ArgumentError: for a key that is not known or is missing, or a value out of range.
        """
        return from_json(cls, data)


def width(codes: Iterable[Code]) -> int:
    """How many columns some codes become together."""
    return sum(len(code.columns) for code in codes)
