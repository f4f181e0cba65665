"""What an estimator is given, as it reads it: sequences, and what each of them counts for."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.ragged import Ragged
from ..data.sequences import InputTypeError, read_sequences, unmasked
from ..errors import DataError
from .aligned import aligned
from .learn import Learned

Array = NDArray[Any]


class EmptyColumnWarning(UserWarning):
    """A column of numbers has no value in any sequence."""


def read(estimator: Any, X: Any, learned: Learned | None) -> Ragged:
    """The sequences of X, as an estimator reads them.

    Args:
        estimator: that asks.
        X: what a user gave.
        learned: whose form they must have; None for any form.

    Raises:
        DataError: if X cannot be used, or is of another form than what the estimator has learnt.

    Warns:
        EmptyColumnWarning: if a column that is to be learnt from has no value at all.
    """
    like, tokens = None, estimator.tokens
    if learned is not None:
        like = learned.inputs.form
        tokens = getattr(learned.inputs, "tokens", tokens)  # what was learnt, whatever is set now
    x = read_sequences(X, like=like, tokens=tokens, who=type(estimator).__name__)
    if learned is None and x.form.kind == "tokens":
        _check_words(x.rows)
    elif learned is None:
        _tell_empty(x)
    return x


def _check_words(tokens: NDArray[Any]) -> None:
    """Sees to it that tokens are not numbers with decimals; whole ones may be codes."""
    try:
        tokens.astype(np.float64)
    except ValueError:
        return
    written = next((token for token in tokens if "." in token), None)
    if written is not None:
        raise InputTypeError(
            f"X holds numbers that are written as texts, such as {written!r}; give numbers, such "
            f"as by X.astype(float)"
        )


def _tell_empty(x: Ragged) -> None:
    empty = np.flatnonzero(np.isnan(x.rows).all(axis=0)).tolist()
    if not empty:
        return
    first = empty[0] if x.form.names is None else repr(x.form.names[empty[0]])
    others = "" if len(empty) == 1 else f" (nor have {len(empty) - 1} others)"
    warnings.warn(
        f"feature {first} of X has no value at all{others}, so that nothing is learnt from it; "
        f"leave it out, or see where its values went",
        EmptyColumnWarning,
        stacklevel=4,
    )


def weights_of(sample_weight: Any, x: Ragged) -> Array:
    """``[n]`` weights of n sequences.

    Raises:
        DataError: if they are not n finite numbers from 0 up, of which one is above 0.
    """
    n = len(x)
    if sample_weight is None:
        return np.ones(n)
    given = aligned(sample_weight, x, "sample_weight")
    try:
        weights = np.asarray(unmasked(given), np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"sample_weight must hold [n] numbers: {error}") from None
    if weights.ndim != 1:
        raise DataError(f"sample_weight must be [n], got an array of {weights.shape}")
    if weights.shape != (n,):
        raise DataError(f"sample_weight has {len(weights)} numbers, X has {n} sequences")
    if not np.isfinite(weights).all():
        raise DataError(f"sample_weight {int(np.argmin(np.isfinite(weights)))} is not finite")
    if weights.min() < 0:
        raise DataError(
            f"sample_weight {int(np.argmin(weights))} is negative; weights count from 0 up"
        )
    if weights.max() > np.finfo(np.float64).max / n:
        raise DataError("sample_weight has an infinite sum; divide the weights by the largest")
    if not weights.any():
        raise DataError("sample_weight is zero for all sequences; one at least must be above 0")
    return weights
