"""Sequences of unequal length, one after the other in a table of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from .plain import from_json
from .spans import Spans


@dataclass(frozen=True)
class Form:
    """What a step of the sequences is; those that come later must be of the same form."""

    kind: Literal["numbers", "tokens"]
    columns: int = 1
    """The numbers of a step."""
    steps: int | None = None
    """Of each sequence, if they came as a table ``[n, T]``."""
    names: tuple[str, ...] | None = None
    """Of the columns of a frame."""

    def __post_init__(self) -> None:
        if self.names is not None:
            object.__setattr__(self, "names", tuple(self.names))

    @property
    def features(self) -> int:
        """What scikit-learn calls the features: the columns of the table that was given."""
        return self.columns if self.steps is None else self.steps

    @classmethod
    def from_json(cls, data: Any) -> Form:
        """The form that ``dataclasses.asdict`` described. Raises: ArgumentError, if it is none."""
        form = from_json(cls, data)
        sizes = (form.columns, 1 if form.steps is None else form.steps)
        sound = all(type(n) is int and n > 0 for n in sizes)
        if form.kind not in ("numbers", "tokens") or not sound:
            raise ArgumentError(f"Form makes no sense: {data!r}")
        return form


@dataclass(frozen=True, eq=False)
class Ragged:
    """n sequences of unequal length, one after the other.

    Example:
        >>> from tidegate.data.sequences import read_sequences
        >>> x = read_sequences([[1.0, 2.0], [3.0]])
        >>> x.rows.tolist(), x.length.tolist(), x.form.columns
        ([[1.0], [2.0], [3.0]], [2, 1], 1)
        >>> read_sequences(["A cat.", "Hm"], tokens="char").length.tolist()
        [6, 2]
    """

    form: Form
    rows: Any
    """``[N, columns]`` float64, NaN for what is missing; or ``[N]`` tokens, an array of objects."""
    length: NDArray[np.int64]
    """``[n]``, each 1 at least."""
    order: NDArray[np.int64] | None = None
    """``[N]``, the row of a long frame that each row was; None of everything else."""
    ids: tuple[Any, ...] | None = None
    """``[n]``, what a long frame calls each; None of everything else."""

    def __len__(self) -> int:
        return len(self.length)

    @property
    def spans(self) -> Spans:
        """Where each lies among the rows."""
        return Spans(np.cumsum(self.length) - self.length, self.length)

    def take(self, chosen: NDArray[Any] | slice) -> Ragged:
        """Some of the sequences."""
        spans = self.spans[chosen]
        return Ragged(self.form, self.rows[places(spans)], spans.length)

    def each(self) -> list[Any]:
        """The rows of each sequence."""
        return np.split(self.rows, np.cumsum(self.length)[:-1])


def places(spans: Spans) -> NDArray[np.int64]:
    """The rows of some spans, one span after the other.

    Example:
        >>> places(Spans([5, 0], [2, 3])).tolist()
        [5, 6, 0, 1, 2]
    """
    before = np.cumsum(spans.length) - spans.length
    total = int(spans.length.sum())
    return np.repeat(spans.start - before, spans.length) + np.arange(total)
