"""Sequences in the forms that users have them in: as rows, and how many of them each has.

[n, T]           a table: each row is a sequence of T numbers, one at a step; lists of one length
                 in a list are a table, too
[n, T, F]        F numbers at a step
a list           of [T_i] or [T_i, F] arrays, of unequal length
a list           of texts, or of lists of tokens; a table of one column of texts is such a list
a long frame     with the columns "sequence" and "step", and a column for each feature, or one
                 of tokens
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, MappingView, Sequence, Set
from dataclasses import replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .long import by_columns, is_frame, read_frame
from .ragged import Form, Ragged
from .vocabulary import words

TokenKind: TypeAlias = Literal["word", "char"]


class InputTypeError(DataError, TypeError):
    """A value of a type that no sequence is made of."""


def read_sequences(
    X: Any,
    *,
    like: Form | None = None,
    tokens: TokenKind = "word",
    lower: bool = False,
    who: str = "this estimator",
) -> Ragged:
    """The sequences of X.

    Args:
        X: in one of the forms above.
        like: the form that they must have; None for any.
        tokens: what a text is a sequence of.
        lower: whether capitals become small letters, in texts and tokens.
        who: is asking, for errors.

    Raises:
        DataError: if X is none of this; the message says which sequence is wrong, and where.
    """
    found = _read(X, like, tokens, lower)
    if like is not None:
        found = _by_name(found, like, who)
        _check_like(found.form, like, who)
    if found.form.kind == "numbers" and (wrong := np.isinf(found.rows)).any():
        row, column = (int(i) for i in np.argwhere(wrong)[0])
        number = int(np.searchsorted(np.cumsum(found.length), row, side="right"))
        step = row - int(found.spans.start[number])
        raise DataError(
            f"X contains infinity, in sequence {number}, step {step}, feature {column}; "
            f"give finite numbers, or NaN for what is missing"
        )
    return found


def _read(X: Any, like: Form | None, tokens: TokenKind, lower: bool) -> Ragged:
    if X is None or isinstance(X, str | bytes | dict) or callable(getattr(X, "tocsr", None)):
        kind = "sparse data" if hasattr(X, "tocsr") else repr(X)[:60]
        raise InputTypeError(
            f"X must be a list of sequences, an array or a frame, got {kind}; sparse data must be "
            f"made dense, a single sequence be put into a list"
        )
    if hasattr(X, "column_names") or hasattr(X, "collect"):  # pyarrow's tables, lazy frames
        raise InputTypeError(
            f"X must be a list of sequences, an array, or a frame of pandas or polars, got "
            f"{type(X).__name__}; turn it into such a frame first"
        )
    if isinstance(X, Iterator | MappingView | Set):
        raise InputTypeError(f"X must be a list of sequences; put what {X!r:.60} gives into a list")
    if is_frame(X):
        frame = read_frame(X)
        if frame.length is not None:
            if frame.rows.ndim == 1:
                found = _of_tokens(np.split(frame.rows, np.cumsum(frame.length)[:-1]), lower)
                return replace(found, order=frame.order, ids=frame.ids)
            form = Form("numbers", frame.rows.shape[1], None, frame.names)
            return Ragged(form, frame.rows, frame.length, frame.order, frame.ids)
        return _of_array(frame.rows, frame.names, tokens, lower)
    if not isinstance(X, list | tuple):
        X = _as_array(X)
        if X.ndim != 1 or X.dtype.kind not in "OUT":
            return _of_array(X, None, tokens, lower)
        X = X.tolist()
    if not len(X):
        raise DataError("X is an empty list; give 1 sequence at least")
    texts = [isinstance(item, str) for item in X]
    if all(texts):
        return _of_texts(X, tokens, lower)
    if any(texts):
        number = texts.index(False)
        raise InputTypeError(
            f"X mixes texts and other sequences: sequence {number} is {X[number]!r:.60}, unlike "
            f"sequence {texts.index(True)}, a text"
        )
    tokens_there = [_is_tokens(item) for item in X]
    if all(tokens_there):
        return _of_tokens(X, lower)
    first = next((i for i, item in enumerate(X) if tokens_there[i] and len(item)), None)
    if first is not None:
        number = tokens_there.index(False)
        raise InputTypeError(
            f"X mixes lists of texts and other sequences: sequence {number} is {X[number]!r:.60}, "
            f"unlike sequence {first}, {X[first]!r:.60}"
        )
    return _of_list(X)


def _as_array(X: Any) -> NDArray[Any]:
    try:
        return unmasked(X)
    except (TypeError, ValueError) as error:
        raise InputTypeError(f"X cannot be read as an array: {error}") from None


def unmasked(values: Any) -> NDArray[Any]:
    """An array, with NaN for what is masked, or NA to pandas."""
    if np.ma.is_masked(values) and values.dtype.kind in "fiub":
        found: NDArray[np.float64] = np.ma.filled(values.astype(np.float64), np.nan)
        return found
    if hasattr(values, "detach"):  # a tensor of torch, which may keep what it came from
        values = values.detach()
    array = np.asarray(values)
    pandas = sys.modules.get("pandas")
    if array.dtype == object and pandas is not None:
        missing = [value is pandas.NA for value in array.ravel()]
        array = np.where(np.reshape(missing, array.shape), np.nan, array)
    return array


def _of_array(
    X: NDArray[Any], names: tuple[str, ...] | None, tokens: TokenKind, lower: bool
) -> Ragged:
    if X.ndim not in (2, 3):
        raise DataError(
            f"Expected 2D array, got {X.ndim}D array instead: X must be [n, T], [n, T, F] or a "
            f"list of sequences, got an array of {X.shape}. Reshape your data with X.reshape(-1, "
            f"1) if each sequence has one step, X.reshape(1, -1) if it is a single sequence"
        )
    if X.ndim == 2 and X.size and X.dtype.kind in "OUT":
        cells = X.ravel().tolist()
        if X.shape[1] == 1 and any(isinstance(c, str | list | tuple | np.ndarray) for c in cells):
            return _read(cells, None, tokens, lower)  # a column of sequences, not of their steps
        if all(isinstance(c, str) for c in cells):
            return _of_tokens(_of_single_words(X), lower)
    n, steps = X.shape[:2]
    if n == 0:
        raise DataError(f"X has 0 sample(s) (shape={X.shape}) while a minimum of 1 is required")
    if 0 in X.shape:
        raise DataError(
            f"X has 0 feature(s) (shape={X.shape}) while a minimum of 1 is required: each sequence "
            f"needs a step"
        )
    columns = X.shape[2] if X.ndim == 3 else 1
    form = Form("numbers", columns, steps if X.ndim == 2 else None, names)
    rows = _numbers(X, "X").reshape(n * steps, columns)
    return Ragged(form, rows, np.full(n, steps))


def _of_single_words(X: NDArray[Any]) -> list[Any]:
    """The rows of a table of tokens; of whole texts side by side nobody knows how they go."""
    if np.mean([len(value.split()) > 1 for value in X.ravel()]) > 0.5:
        raise InputTypeError(
            f"X has {X.shape[1]} columns of texts of several words, such as {X[0, 0]!r:.60}; join "
            f"those of a row to one text, or give lists of tokens"
        )
    return list(X)


def _of_list(X: Sequence[Any]) -> Ragged:
    arrays: list[NDArray[np.float64]] = []
    if isinstance(X[0], bytes):
        raise InputTypeError("sequence 0 of X is bytes; decode it to a text first")
    if all(not isinstance(item, list | tuple) and np.ndim(item) == 0 for item in X):
        _of_array(_as_array(X), None, "word", False)
    X, names = by_columns(X)
    for number, item in enumerate(X):
        if not isinstance(item, list | tuple | np.ndarray) and not hasattr(item, "__array__"):
            raise InputTypeError(
                f"X must be a list of sequences, but sequence {number} is {item!r:.60}"
            )
        array = _numbers(item, f"sequence {number} of X")
        if array.ndim == 1:
            array = array[:, None]
        if array.ndim != 2:
            raise DataError(
                f"sequence {number} of X must be [T] or [T, F], got an array of {array.shape}"
            )
        if not len(array):
            raise DataError(f"sequence {number} of X has no steps; each needs 1 at least")
        if array.shape[1] != (arrays or [array])[0].shape[1]:
            raise DataError(
                f"sequence {number} of X has {array.shape[1]} "
                f"feature{'' if array.shape[1] == 1 else 's'} at a step, those before it "
                f"have {arrays[0].shape[1]}"
            )
        arrays.append(array)
    if not arrays[0].shape[1]:
        raise DataError("X has 0 feature(s) at a step while a minimum of 1 is required")
    rows = np.concatenate(arrays)
    length = np.array([len(a) for a in arrays])
    # lists in a list, all of one length, are a table written out
    table = all(isinstance(item, list | tuple) and np.ndim(item) == 1 for item in X)
    steps = int(length[0]) if table and (length == length[0]).all() else None
    return Ragged(Form("numbers", rows.shape[1], steps, names), rows, length)


def _numbers(values: Any, title: str) -> NDArray[np.float64]:
    """The values as numbers; a type that is none is named."""
    try:
        array = unmasked(values)
        if array.dtype == object and array.size and isinstance(array.flat[0], np.ndarray):
            array = unmasked(array.tolist())  # what polars makes of a column of lists
        if array.dtype.kind == "c":
            raise DataError(f"Complex data not supported: {title} has complex numbers")
        if array.dtype.kind in "UST":
            raise InputTypeError(
                f"{title} has texts where numbers belong{_first_text(values)}; give numbers, or "
                f"sequences of texts alone"
            )
        if array.dtype.kind in "mMV":
            raise InputTypeError(f"{title} must hold numbers, got {array.dtype}")
        return np.ascontiguousarray(array, np.float64)
    except DataError:
        raise
    except (TypeError, ValueError, OverflowError) as error:
        raise InputTypeError(f"{title} must hold numbers: {error}{_first_text(values)}") from None


def _first_text(values: Any) -> str:
    """The first text among values, and its place; nothing, if there is none."""
    array = np.asarray([] if hasattr(values, "detach") else values, object)
    texts = np.argwhere(np.reshape([isinstance(v, str) for v in array.ravel()], array.shape))
    if not len(texts):
        return ""
    return f", such as {array[tuple(texts[0])]!r} at {texts[0].tolist()}"


def _of_texts(X: Sequence[str], tokens: TokenKind, lower: bool) -> Ragged:
    if tokens == "word":
        return _of_tokens([words(text, lower=lower) for text in X], False, ("a text", "words"))
    characters = [list(text.lower() if lower else text) for text in X]
    return _of_tokens(characters, False, ("a text", "characters"))


def _is_tokens(item: Any) -> bool:
    if isinstance(item, np.ndarray) and item.dtype.kind not in "OUT":
        return False
    listed = isinstance(item, list | tuple | np.ndarray) or hasattr(item, "to_list")
    return listed and all(isinstance(t, str) for t in item)


def _of_tokens(
    X: Sequence[Any], lower: bool, title: tuple[str, str] = ("a sequence", "tokens")
) -> Ragged:
    length = np.array([len(item) for item in X], np.int64)
    if (empty := np.flatnonzero(length == 0)).size:
        raise DataError(
            f"sequence {int(empty[0])} of X is {title[0]} without {title[1]}; each needs 1 at least"
        )
    rows = np.empty(int(length.sum()), object)
    plain = str.lower if lower else str.__str__  # of a member of an Enum what it holds
    rows[:] = [plain(t) for item in X for t in item]
    return Ragged(Form("tokens"), rows, length)


def _by_name(found: Ragged, like: Form, who: str) -> Ragged:
    """The columns of a frame in the order in which they were learnt."""
    form, wanted = found.form, like.names
    names = form.names
    alike = (form.steps is None) == (like.steps is None)
    if names is None or wanted is None or names == wanted or not alike:
        return found
    amiss = [f"lacks {name!r}" for name in wanted if name not in names]
    amiss += [f"{name!r} is new" for name in names if name not in wanted]
    if amiss or len(names) != len(wanted):
        raise DataError(
            f"The feature names should match those that {who} was fitted to, {', '.join(wanted)}: "
            f"X {'; '.join(amiss) or 'has one twice'}"
        )
    place = [names.index(name) for name in wanted]
    rows = found.rows if form.steps is None else found.rows.reshape(-1, form.steps)
    rows = np.ascontiguousarray(rows[:, place]).reshape(found.rows.shape)
    return replace(found, form=replace(form, names=wanted), rows=rows)


def _check_like(form: Form, like: Form, who: str) -> None:
    if form.kind != like.kind:
        raise InputTypeError(f"{who} was fitted to sequences of {like.kind}, got {form.kind}")
    both = form.steps is not None and like.steps is not None
    if form.features == like.features and form.columns != like.columns:
        raise DataError(
            f"X is read as {_described(form)}, but {who} was fitted to {_described(like)}; give a "
            f"list of arrays [T, {like.columns}], a single one in a list, too"
        )
    if (both and form.steps != like.steps) or form.columns != like.columns:
        raise DataError(
            f"X has {form.features} features, but {who} is expecting {like.features} features as "
            f"input"
        )


def _described(form: Form) -> str:
    steps = "" if form.steps is None else f"{form.steps} steps of "
    return f"sequences of {steps}{form.columns} number" + ("s" if form.columns > 1 else "")
