"""What is to be said of every step: a label, or several yes or no."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.long import SEQUENCE, STEP, is_frame
from ..data.ragged import Ragged
from ..data.sequences import unmasked
from ..errors import DataError
from .aligned import ordered
from .labels import bare, ids_of, kind_of

Array = NDArray[Any]


def by_sequence(y: Any, x: Ragged) -> Any:
    """The labels of each sequence; y as it is, if it holds them so already.

    Args:
        y: for each sequence ``[T_i]`` or ``[T_i, K]``; or, where X was a long frame, a column
            ``[N]`` or ``[N, K]`` beside its rows.
        x: the sequences.

    Raises:
        DataError: if what tells the rows apart stands among the labels.

    Example:
        >>> import polars as pl
        >>> from tidegate.data.sequences import read_sequences
        >>> frame = pl.DataFrame({"sequence": [1, 2, 1], "step": [2, 1, 1], "x": [0.0, 0.0, 0.0]})
        >>> [part.tolist() for part in by_sequence(["b", "c", "a"], read_sequences(frame))]
        [['a', 'b'], ['c']]
    """
    if x.order is None or not hasattr(y, "__len__") or len(y) != len(x.order):
        return _rows(ordered(y, x))
    keys = [name for name in (SEQUENCE, STEP) if is_frame(y) and name in y.columns]
    if keys and len(x) < len(y):
        raise DataError(
            f"y has a row for each row of X, with the column {keys[0]!r}, which is no label; give "
            f"the columns of labels alone, in the order of the rows of X"
        )
    if isinstance(y, list | tuple):
        if not all(isinstance(item, str) or np.ndim(item) == 0 for item in y):
            return _rows(ordered(y, x))
        column = np.array(y, object)
    else:
        column = np.asarray(y)
        nested = column.ndim == 1 and np.ndim(column[0]) > 0
        if nested or column.ndim > 2 or (column.ndim == 2 and len(x) == len(y)):
            return _rows(ordered(y, x))
    return np.split(column[x.order], np.cumsum(x.length)[:-1])


def _rows(y: Any) -> Any:
    """What a frame says of each sequence: the row, or what stands in its only column."""
    if not is_frame(y):
        return y
    return y[y.columns[0]].to_list() if len(y.columns) == 1 else np.asarray(y)


def of_steps(y: Any, x: Ragged) -> tuple[Array, Array | None]:
    """The targets of all steps, ``[N, K]`` float64, and the labels; None for yes or no.

    Args:
        y: for each sequence ``[T_i]`` labels, or ``[T_i, K]`` of 0, 1, and NaN for unknown; or
            a column of them, see `by_sequence`.
        x: the sequences.

    Raises:
        DataError: if y does not fit them; it says which sequence is wrong.
    """
    if y is None:
        raise DataError("requires y to be passed, but the target y is None; give labels of steps")
    if not hasattr(y, "__len__") or getattr(y, "ndim", 1) == 0:
        raise DataError(f"y must hold the labels of each sequence, got {y!r:.60}")
    y = by_sequence(y, x)
    if len(y) != len(x):
        rows = "" if x.order is None else f" in {len(x.order)} rows"
        raise DataError(f"y has the labels of {len(y)} sequences, X has {len(x)} sequences{rows}")
    parts: list[Array] = []
    kind = ""
    for i, (item, length) in enumerate(zip(y, x.length.tolist(), strict=True)):
        part = _labels(item, i)
        if isinstance(item, str):
            raise DataError(
                f"y of sequence {i} is a text, {item!r:.60}; give a label for each of its "
                f"{length} step{'' if length == 1 else 's'}, in a list"
            )
        if part.ndim not in (1, 2):
            raise DataError(
                f"y of sequence {i} must be [T] labels or [T, K] of 0 and 1, got {part.shape}"
            )
        if len(part) != length:
            raise DataError(
                f"y of sequence {i} has {len(part)} label{'' if len(part) == 1 else 's'}, "
                f"X has {length} step{'' if length == 1 else 's'} there"
            )
        if part.shape[1:] != (parts or [part])[0].shape[1:]:
            raise DataError(
                f"y of sequence {i} is of {part.shape}, unlike sequence 0, of {parts[0].shape}"
            )
        if part.ndim == 1:
            kind = _check_types(item, part, i, kind)
        parts.append(part)
    table = np.concatenate(parts)
    if table.ndim == 2:
        answers = _yes_or_no(table, x)
        if np.isnan(answers).all():
            raise DataError("y of [T, K] holds nothing but NaN: no answer is known; give some")
        return answers, None
    if table.dtype.kind == "f" and not np.isfinite(table).all():
        raise DataError(f"Input y contains NaN or infinity, {_where(~np.isfinite(table), x)}")
    classes, ids = np.unique(table, return_inverse=True)
    if len(classes) < 2:
        raise DataError(
            f"y has 1 class, {classes[0].item()!r}, at every step; a tagger needs 2 at least"
        )
    return ids[:, None].astype(np.float64), classes


def known_of(y: Any, x: Ragged, classes: Array | None, count: int) -> Array:
    """The targets of all steps, as `of_steps` gives them, where the labels are known already.

    Args:
        y, x: as for `of_steps`.
        classes: the labels; None for ``count`` answers of yes or no.
        count: of the answers; not used with labels.

    Raises:
        DataError: if y does not fit them; it says which sequence is wrong.
    """
    if classes is None:
        return answers_of(y, x, count)
    parts = as_given(y, x, [np.zeros(length) for length in x.length])

    def where(row: int) -> str:
        number, step = _place(row, x)
        return f"step {step} of sequence {number}"

    ids = ids_of(np.concatenate(parts), classes, len(x.rows), where)
    return ids[:, None].astype(np.float64)


def answers_of(y: Any, x: Ragged, count: int) -> Array:
    """Whether each of ``count`` things is so at each step, ``[N, count]`` of 0, 1 and NaN.

    Raises:
        DataError: if y holds something else.
    """
    parts = as_given(y, x, [np.zeros((length, count)) for length in x.length])
    return _yes_or_no(np.concatenate(parts), x)


def _yes_or_no(table: Array, x: Ragged) -> Array:
    try:
        found = table.astype(np.float64)
    except (TypeError, ValueError):
        wrong = np.array([not _are_numbers(row) for row in table])
        raise DataError(
            f"y of [T, K] must hold 0, 1 or NaN, got {table[wrong][0].tolist()}, "
            f"{_where(wrong, x)}; one label a step comes as [T]"
        ) from None
    wrong = ~((found == 0) | (found == 1) | np.isnan(found)).all(axis=1)
    if wrong.any():
        raise DataError(f"y of [T, K] must hold 0, 1 or NaN, got others, {_where(wrong, x)}")
    return found


def _are_numbers(values: Array) -> bool:
    try:
        values.astype(np.float64)
    except (TypeError, ValueError):
        return False
    return True


def _where(wrong: Array, x: Ragged) -> str:
    number, step = _place(int(np.flatnonzero(wrong)[0]), x)
    return f"in sequence {number}, step {step}"


def _place(row: int, x: Ragged) -> tuple[int, int]:
    """The sequence of a row, and its step there."""
    number = int(np.searchsorted(np.cumsum(x.length), row, side="right"))
    return number, row - int(x.spans.start[number])


def _labels(item: Any, number: int) -> Array:
    """The labels of a sequence as an array."""
    try:
        found = unmasked(bare(item) if isinstance(item, list | tuple) else item)
        if found.ndim and found.dtype.kind in "OT":
            found = np.array(bare(found.tolist()))
        return found
    except ValueError:
        raise DataError(
            f"y of sequence {number} must be [T] labels or [T, K] of 0 and 1, got rows of "
            f"different lengths"
        ) from None


def _check_types(item: Any, part: Array, number: int, before: str) -> str:
    """Sees to it that every step has a label, of one type; returns the type.

    Args:
        item: the labels of a sequence as they were given.
        part: the same as an array, which may have made texts of all.
        number: of the sequence.
        before: the type of the sequences before; empty for none.
    """
    given = part
    if isinstance(item, np.ndarray) and item.dtype != object:
        kinds = [{"U": "text", "M": "date", "S": "bytes"}.get(part.dtype.kind, "number")]
    else:
        given = np.asarray(item, object)
        kinds = [kind_of(label) for label in given]
    first = before or kinds[0]
    for step, kind in enumerate(kinds):
        if kind == first and kind in ("text", "number"):
            continue
        if kind == "missing":
            raise DataError(f"y of sequence {number} has no label at step {step}; give it one")
        what = f"the label of step {step} is {given[step : step + 1].tolist()[0]!r:.60}"
        if kind not in ("text", "number"):
            raise DataError(f"y of sequence {number} must hold texts or numbers; {what}")
        raise DataError(
            f"y of sequence {number} mixes types: {what}, unlike those before it; give labels of "
            f"one type"
        )
    return first


def decided(chances: Array, classes: Array | None) -> Array:
    """The likeliest labels of steps, ``[T]``; or yes (1) or no (0), ``[T, K]``."""
    if classes is None:
        return (chances > 0.5).astype(np.int64)
    found: Array = classes[chances.argmax(axis=1)]
    return found


def as_given(y: Any, x: Ragged, found: list[Array]) -> list[Array]:
    """The labels of each sequence as arrays, of the shapes that were found.

    Args:
        y: the labels of each sequence of x, or a column of them; see `by_sequence`.
        x: the sequences.
        found: what was said of each.

    Raises:
        DataError: if a shape is another one, or a label is missing.
    """
    y = by_sequence(y, x)
    if len(y) != len(found):
        raise DataError(f"y has the labels of {len(y)} sequences, X has {len(found)} sequences")
    parts = [_labels(item, i) for i, item in enumerate(y)]
    kind = ""
    for i, (item, part, other) in enumerate(zip(y, parts, found, strict=True)):
        if part.shape != other.shape:
            raise DataError(f"y of sequence {i} must be of {other.shape}, got {part.shape}")
        if part.ndim == 1:
            kind = _check_types(item, part, i, kind)
    return parts
