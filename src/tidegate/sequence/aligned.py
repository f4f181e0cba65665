"""What is given for each sequence of a long frame, in the order in which the sequences come.

Of a bare list nobody can tell whether it follows the frame or the sorted ids, as what comes out of
a group-by does; so it is taken only where these two orders are the same.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.long import SEQUENCE, is_frame
from ..data.ragged import Ragged
from ..errors import DataError
from .labels import bare

Array = NDArray[Any]


def aligned(given: Any, x: Ragged, name: str = "y") -> Any:
    """The values in the order of the sequences, if X was a long frame; else as they are.

    Args:
        given: a frame with the column "sequence"; a column of pandas whose index holds the ids; a
            column ``[N]`` or ``[N, K]`` beside the rows of X, equal within a sequence; or n values
            in the order of the ids, which must be sorted.
        x: the sequences.
        name: what errors call it.

    Raises:
        DataError: if a sequence has no value, or two, or if the order could be another one.

    Example:
        >>> import polars as pl
        >>> from tidegate.data.sequences import read_sequences
        >>> x = read_sequences(pl.DataFrame({"sequence": [9, 4], "step": [0, 0], "v": [0.5, 1.5]}))
        >>> aligned(pl.DataFrame({"sequence": [4, 9], "label": ["low", "high"]}), x).tolist()
        ['high', 'low']
    """
    if x.ids is None or not hasattr(given, "__len__"):
        return given
    if len(given) == len(x.rows) != len(x) and SEQUENCE not in getattr(given, "columns", ()):
        return _one_each(given, x, name)
    return ordered(given, x, name)


def ordered(given: Any, x: Ragged, name: str = "y") -> Any:
    """The same of values that are one for each sequence, such as the labels of all its steps."""
    if x.ids is None or not hasattr(given, "__len__"):
        return given
    if is_frame(given) and SEQUENCE in given.columns:
        ids = given[SEQUENCE].to_list()
        columns = [given[c].to_numpy() for c in given.columns if c != SEQUENCE]
        if not columns:
            raise DataError(f"{name} has the column {SEQUENCE!r} alone; add one of values")
        return _by_id(columns[0] if len(columns) == 1 else np.stack(columns, 1), ids, x, name)
    index = _index(given)
    if index is not None and not set(x.ids).isdisjoint(index):
        return _by_id(np.asarray(given), index, x, name)
    if len(given) == len(x):
        _check_order(x, name)
    return given


def _check_order(x: Ragged, name: str) -> None:
    """Sees to it that n values can have but one order."""
    if x.ids is None or (at := _unsorted(x.ids)) is None:
        return
    raise DataError(
        f"the sequences of X come in an order that is not sorted ({x.ids[at]!r} before "
        f"{x.ids[at + 1]!r}), so the order of {name} could be either; give {name} with the ids: a "
        f"frame with the column {SEQUENCE!r}, or a Series of pandas with the ids as its index; or "
        f"sort X by {SEQUENCE!r}"
    )


def _unsorted(ids: Sequence[Any]) -> int | None:
    """The first place where ids do not rise; None if they all do."""
    for i, (a, b) in enumerate(pairwise(ids)):
        try:
            if not a < b:
                return i
        except TypeError:  # a number beside a text
            return i
    return None


def _index(given: Any) -> list[Any] | None:
    """The index of a column or frame of pandas, if somebody has set it."""
    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(given, pandas.Series | pandas.DataFrame):
        return None
    index = given.index
    if isinstance(index, pandas.RangeIndex) and index.name != SEQUENCE:
        return None  # what every column is born with
    return list(index.tolist())


def _by_id(values: Array, ids: list[Any], x: Ragged, name: str) -> Array:
    place: dict[Any, int] = {}
    for row, id in enumerate(ids):
        if place.setdefault(id, row) != row:
            raise DataError(f"{name} has the sequence {id!r} twice; give each once")
    lacking = [id for id in x.ids or () if id not in place]
    if lacking:
        raise DataError(f"{name} lacks the sequence {lacking[0]!r} of X")
    found: Array = values[[place[id] for id in x.ids or ()]]
    return found


def _one_each(given: Any, x: Ragged, name: str) -> Array:
    """The value of each sequence, from one at every step."""
    try:
        if isinstance(given, list | tuple):
            alike = len({type(value) for value in given}) == 1
            given = np.array(bare(given), None if alike else object)
        column = np.asarray(given)[x.order]
    except ValueError:
        raise DataError(f"{name} has rows of different lengths; give one value a row") from None
    first = np.repeat(x.spans.start, x.length)
    differs = column != column[first]
    if column.dtype.kind == "f":
        differs &= ~(np.isnan(column) & np.isnan(column[first]))
    wrong = np.flatnonzero(differs.reshape(len(column), -1).any(axis=1))
    if wrong.size:
        row = int(wrong[0])
        number = int(np.searchsorted(np.cumsum(x.length), row, side="right"))
        raise DataError(
            f"{name} has a value for each row of X, but differs within the sequence "
            f"{(x.ids or ())[number]!r}: {column[first][row]} and {column[row]}"
        )
    found: Array = column[x.spans.start]
    return found
