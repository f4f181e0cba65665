"""Sequences in a frame: a row for each sequence, or a row for each step."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError

SEQUENCE = "sequence"
STEP = "step"


@dataclass(frozen=True, eq=False)
class Columns:
    """What a frame holds."""

    rows: NDArray[Any]
    """``[N, F]`` numbers, sequence after sequence in their first order, step after step; ``[N]``
    tokens; or, of a frame with a row for each sequence, its values as they are."""
    names: tuple[str, ...] | None
    """Of the columns; None for tokens, and for names that are no texts."""
    length: NDArray[np.int64] | None
    """``[n]``; None if each row is a sequence."""
    order: NDArray[np.int64] | None = None
    """``[N]``, the row of the frame that each row was; None if each row is a sequence."""
    ids: tuple[Any, ...] | None = None
    """``[n]``, what the frame calls each sequence; None if each row is one."""


def is_frame(X: Any) -> bool:
    """Whether X is a frame of pandas or polars; neither is imported to find out."""
    for library in ("pandas", "polars"):
        module = sys.modules.get(library)
        if module is not None and isinstance(X, module.DataFrame):
            return True
    return False


def by_columns(X: Sequence[Any]) -> tuple[Sequence[Any], tuple[str, ...] | None]:
    """Frames of a sequence each, with the columns of all in one order, and the names of these.

    Raises:
        DataError: if a frame has other columns than the first, or those of a long frame.

    Example:
        >>> import polars as pl
        >>> one, other = pl.DataFrame({"u": [1], "v": [2]}), pl.DataFrame({"v": [4], "u": [3]})
        >>> frames, names = by_columns([one, other])
        >>> names, frames[1].rows()
        (('u', 'v'), [(3, 4)])
    """
    if not all(is_frame(item) for item in X):
        return X, None
    names = tuple(X[0].columns)
    if (key := next((name for name in (SEQUENCE, STEP) if name in names), None)) is not None:
        raise DataError(
            f"sequence 0 of X is a frame with the column {key!r}, which is no feature: give all "
            f"rows in one frame with {SEQUENCE!r} and {STEP!r}, or drop or rename it"
        )
    if len({name for name in names if isinstance(name, str)}) < len(names):
        return X, None
    frames = []
    for number, item in enumerate(X):
        columns = tuple(item.columns)
        if len(columns) != len(names) or set(columns) != set(names):
            raise DataError(
                f"sequence {number} of X has the columns {', '.join(map(str, columns))}, "
                f"sequence 0 has {', '.join(names)}"
            )
        frames.append(item if columns == names else item[list(names)])
    return frames, names


def read_frame(X: Any) -> Columns:
    """The columns of a frame.

    Raises:
        DataError: if a long frame lacks a number, has a step twice, or spells its columns in
            another way.

    Example:
        >>> import polars as pl
        >>> frame = pl.DataFrame({"sequence": ["a", "b", "a"], "step": [2, 1, 1], "x": [5, 7, 4]})
        >>> read_frame(frame).rows.ravel().tolist()
        [4.0, 5.0, 7.0]
    """
    import narwhals as nw

    names = list(X.columns)
    _check_spelling(names)
    if SEQUENCE in names and STEP not in names:
        raise DataError(
            f"X has the column {SEQUENCE!r} but no {STEP!r}: give a frame with a row for each step "
            f"both, and rename {SEQUENCE!r} in one with a row for each sequence"
        )
    if SEQUENCE not in names:
        index = getattr(getattr(X, "index", None), "names", ())
        if SEQUENCE in index and STEP in (*index, *names):
            raise DataError(f"X has {SEQUENCE!r} in its index; give X.reset_index()")
        texts = all(isinstance(name, str) for name in names)
        return Columns(np.asarray(X), tuple(names) if texts else None, None)
    if len(set(names)) < len(names):
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise DataError(f"X has the column {twice!r} twice; rename one of them")
    frame = nw.from_native(X, eager_only=True)
    values = [name for name in names if name not in (SEQUENCE, STEP)]
    if not values or not len(frame):
        raise DataError(
            f"a long frame needs rows, and a column of values beside {SEQUENCE!r} and {STEP!r}"
        )
    for name in (SEQUENCE, STEP):
        column = frame[name]
        missing = column.is_null()
        if column.dtype.is_float():
            missing = missing | column.is_nan()
        if (n := int(missing.sum())) > 0:
            lacks = f"has {n} missing value{'' if n == 1 else 's'}; fill in all"
            raise DataError(f"the column {name!r} of X {lacks}")
    number, ids = _numbered(frame[SEQUENCE].to_list())
    step = _ranked(frame[STEP])
    try:
        order = np.lexsort((step, number))
    except TypeError:
        raise DataError(
            f"the column {STEP!r} of X mixes types, which have no order; give one of them"
        ) from None
    number, step = number[order], step[order]
    same = (number[1:] == number[:-1]) & (step[1:] == step[:-1])
    if same.any():
        row = int(order[1:][same][0])
        twice = {name: frame[name].to_list()[row] for name in (STEP, SEQUENCE)}
        raise DataError(
            f"row {row} of X has the step {twice[STEP]!r} of the sequence {twice[SEQUENCE]!r} a "
            f"second time"
        )
    length = np.bincount(number)
    columns = [frame.get_column(name) for name in values]  # which may be called 0, 1, ...
    if len(columns) == 1 and _is_text(columns[0]):
        if (none := np.flatnonzero(columns[0].is_null().to_numpy())).size:
            raise DataError(f"row {int(none[0])} of X has no token")
        tokens = np.array(columns[0].to_list(), object)[order]
        return Columns(tokens, None, length, order, ids)
    rows = np.stack([_numbers(column) for column in columns], axis=1)[order]
    texts = all(isinstance(name, str) for name in values)
    return Columns(rows, tuple(values) if texts else None, length, order, ids)


def _check_spelling(names: list[Any]) -> None:
    """Sees to it that a long frame is known as one.

    Raises:
        DataError: if its two columns are there but for capitals and blanks.
    """
    meant = {str(name).strip().lower(): name for name in names}
    keys = [meant.get(key) for key in (SEQUENCE, STEP)]
    if None not in keys and not {SEQUENCE, STEP} <= set(names):
        raise DataError(
            f"X has the columns {keys[0]!r} and {keys[1]!r}; of a frame with a row for each step "
            f"they must be called {SEQUENCE!r} and {STEP!r}, rename them"
        )


def _is_text(column: Any) -> bool:
    """Whether a column holds texts, as such or as categories."""
    import narwhals as nw

    if column.dtype in (nw.Categorical, nw.Enum):
        return all(isinstance(name, str) for name in column.drop_nulls().unique().to_list())
    return bool(column.dtype == nw.String)


def _numbers(column: Any) -> NDArray[np.float64]:
    """A column as numbers, NaN where it has none.

    Raises:
        DataError: if it holds something else.
    """
    import narwhals as nw

    if column.dtype.is_numeric() or column.dtype == nw.Boolean:
        found: NDArray[np.float64] = column.cast(nw.Float64).to_numpy().astype(np.float64)
        return found
    values = [None if none else v for v, none in zip(column, column.is_null(), strict=True)]
    mixed = column.dtype in (nw.Object, nw.Unknown)  # objects, perhaps numbers all the same
    if mixed and not any(isinstance(value, str) for value in values):
        try:
            return np.array([np.nan if v is None else float(v) for v in values])
        except (TypeError, ValueError, OverflowError):
            pass
    raise DataError(
        f"the column {column.name!r} of X must hold numbers, got {column.dtype}; a long frame of "
        f"tokens has one column of them"
    )


def _ranked(step: Any) -> NDArray[Any]:
    """The steps as what sorts as they do.

    Raises:
        DataError: for texts that may have another order than that of the alphabet.
    """
    import narwhals as nw

    if step.dtype == nw.Enum:  # categories of pandas or polars that have an order
        rank = {str(name): i for i, name in enumerate(step.dtype.categories)}
        return np.array([rank[str(name)] for name in step.to_list()])
    found: NDArray[Any] = step.to_numpy()
    texts = sorted({name for name in step.to_list() if isinstance(name, str)})
    for before, name in pairwise(texts):
        if _counted(before) > _counted(name):
            raise DataError(
                f"the column {STEP!r} of X holds texts, and these sort {before!r} before {name!r}; "
                f"give numbers or dates"
            )
    return found


def _counted(text: str) -> list[Any]:
    """What a text sorts by if the numbers in it count as such."""
    parts: list[Any] = _NUMBER.split(text)
    parts[1::2] = map(float, parts[1::2])
    return parts


_NUMBER = re.compile(r"(\d+(?:\.\d+)?)")


def _numbered(ids: list[Any]) -> tuple[NDArray[np.int64], tuple[Any, ...]]:
    """The number of each row's sequence, counted as they first appear, and their names."""
    known: dict[Any, int] = {}
    number = np.array([known.setdefault(name, len(known)) for name in ids], np.int64)
    return number, tuple(known)
