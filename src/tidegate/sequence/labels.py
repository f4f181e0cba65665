"""Labels: which there are, and what each counts for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MappingView, Set
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError, DataError

Array = NDArray[Any]


def of_sequences(y: Any, n: int) -> tuple[Array, Array]:
    """The number of each sequence's label, ``[n]``, and the labels, in order.

    Raises:
        DataError: if y is not a label for each of n sequences, all of one type.
    """
    array = column(y, n)
    classes, ids = np.unique(array, return_inverse=True)
    return ids.astype(np.int64), classes


def known(classes: Any) -> Array:
    """Labels, each once, in order.

    Raises:
        DataError: if they are not of one type, or fewer than two.
    """
    found: Array = np.unique(column(classes, None))
    if len(found) < 2:
        raise DataError(
            f"there is 1 class, {found[0].item()!r}; name all that will ever come, 2 at least, at "
            f"the first call of partial_fit"
        )
    return found


def ids_of(
    y: Any, classes: Array, n: int, where: Callable[[int], str] = "sequence {}".format
) -> Array:
    """The number of each sequence's label among those that are known, ``[n]``.

    Args:
        y: n labels.
        classes: those that are known.
        n: the sequences.
        where: what the labels are of, by their place, for the error.

    Raises:
        DataError: if y has a label that is not.
    """
    array = column(y, n)
    place = np.searchsorted(classes, array).clip(0, len(classes) - 1)
    wrong = np.flatnonzero(classes[place] != array)
    if wrong.size:
        raise DataError(
            f"y has the label {array[wrong[0]].item()!r} of {where(int(wrong[0]))}, which is "
            f"none of the classes; name all of them at the first call of partial_fit"
        )
    return place.astype(np.int64)


def check_several(classes: Array, ids: Array, weights: Array) -> None:
    """Sees to it that there is something to tell apart.

    Raises:
        DataError: if all sequences that count are of one class.
    """
    present = np.unique(ids[weights > 0])
    if len(present) < 2:
        raise DataError(
            f"y has 1 class, {classes[present[0]].item()!r}, among the sequences that count; "
            f"a classifier needs 2 at least"
        )


def class_weights(given: Any, classes: Array, ids: Array, weights: Array) -> Array:
    """What each class counts for, ``[classes]``.

    Args:
        given: label → weight, those left out count 1; "balanced" for as much as all others; None.
        classes: the labels.
        ids: ``[n]``.
        weights: ``[n]``, of the sequences.

    Raises:
        ArgumentError: if it names what is no class, while there is a class that it does not name;
            or if it holds no weight.

    Example:
        >>> ids = np.array([0, 0, 0, 1])
        >>> class_weights("balanced", np.array(["a", "b"]), ids, np.ones(4)).tolist()
        [0.6666666666666666, 2.0]
    """
    if given is None:
        return np.ones(len(classes))
    if isinstance(given, str) and given == "balanced":
        total = np.bincount(ids, weights, minlength=len(classes))
        used = (total > 0).sum()
        found: Array = np.where(total > 0, total.sum() / (used * np.maximum(total, 1e-300)), 1.0)
        return found
    if not isinstance(given, dict):
        raise ArgumentError(f"class_weight must be a dict, 'balanced' or None, got {given!r}")
    names = classes.tolist()
    result = np.ones(len(classes))
    whole = all(name in given for name in names)
    for label, weight in given.items():
        if label not in names and not whole:  # as a slip of the pen, and not one rare in folds
            raise ArgumentError(f"class_weight has the label {label!r}, which y has not")
        if not isinstance(weight, int | float | np.number) or not 0 <= weight < np.inf:
            raise ArgumentError(f"class_weight of {label!r} must be from 0 up, got {weight!r}")
        if label in names:
            result[names.index(label)] = weight
    return result


def column(y: Any, n: int | None = None) -> Array:
    """Labels as an array of texts or numbers, whatever they came in.

    Args:
        y: labels.
        n: the sequences; None for as many as there are labels.

    Raises:
        DataError: if they are not one for each of n sequences, all of one type.

    Example:
        >>> column(np.array([True, False], object)).dtype
        dtype('bool')
    """
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import column_or_1d

    if y is None:
        raise DataError(
            "requires y to be passed, but the target y is None; give a label for each sequence"
        )
    if isinstance(y, Iterator | Mapping | MappingView | Set):
        raise DataError(
            f"y must be a list or an array of labels, in the order of the sequences; put those of "
            f"{y!r:.60} into a list"
        )
    if isinstance(y, np.ma.MaskedArray):
        y = y.tolist()  # with None for what is masked
    elif not isinstance(y, list | tuple):
        y = np.asarray(y)
        if y.dtype.kind in "OT":
            y = y.tolist()
    sized = isinstance(y, list | tuple) or np.ndim(y) > 0
    if n is not None and sized and len(y) != n:
        raise DataError(f"y has {len(y)} labels, X has {n} sequences; each needs one")
    if isinstance(y, list | tuple):
        y = bare(y)
        kinds = [kind_of(label) for label in y]
        for i, kind in enumerate(kinds):
            if kind == "missing":
                raise DataError(f"y {i} is missing: Input y contains NaN; give it a label")
            if kind.endswith("bits"):
                raise DataError(f"y {i} is {y[i]!r:.60}, a {kind}; give labels as texts")
            if isinstance(y[i], list | tuple) and len(y[i]) != 1:
                raise DataError(
                    f"y {i} is {y[i]!r:.60}; give one label for each sequence, or one for each "
                    f"step to SequenceTagger"
                )
            if kind != kinds[0] and "list" not in (kind, kinds[0]):
                raise DataError(
                    f"y mixes types: label {i} is {y[i]!r}, label 0 is {y[0]!r}; give labels of "
                    f"one type"
                )
    try:
        array = column_or_1d(y, warn=True)
    except ValueError as error:
        first = str(error).splitlines()[0]  # of complex numbers, which it writes out, a title
        raise DataError(f"{first.rstrip('.')}. Give one label for each sequence.") from None
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        number = int(np.argmin(np.isfinite(array)))
        raise DataError(f"Input y contains NaN or infinity: y {number} is {array[number]}")
    if array.dtype.kind in "mMO":  # a file could not hold them
        what = array.dtype if array.dtype != object else type(array[0]).__name__
        raise DataError(f"y has {what}, and labels are texts or whole numbers; give them as texts")
    try:
        check_classification_targets(array)
    except TypeError as error:  # bytes
        raise DataError(str(error)) from None
    except ValueError as error:
        raise DataError(f"{error} SequenceRegressor learns numbers.") from None
    return np.asarray(array)


def bare(values: list[Any] | tuple[Any, ...]) -> list[Any]:
    """The same with texts that are of a type of their own as nothing but texts.

    NumPy makes of the members of an Enum how they are printed, cut to what they hold.

    Example:
        >>> from enum import Enum
        >>> Mood = Enum("Mood", {"GOOD": "good", "BAD": "bad"}, type=str)
        >>> np.array(list(Mood)).tolist(), bare(list(Mood))
        (['Mood', 'Mood'], ['good', 'bad'])
    """
    return [str.__str__(value) if isinstance(value, str) else value for value in values]


def kind_of(label: Any) -> str:
    """What type of label it is, in a word; "missing" for none.

    Example:
        >>> [kind_of(label) for label in ("a", 1, np.nan, None, [1], 2**70)]
        ['text', 'number', 'missing', 'missing', 'list', 'number of more than 64 bits']
    """
    kind = type(label).__name__
    if label is None or kind in ("NAType", "NaTType"):  # NA and NaT of pandas
        return "missing"
    if isinstance(label, str):
        return "text"
    if isinstance(label, int) and not -(2**63) <= label < 2**63:
        return "number of more than 64 bits"  # NumPy would round it, or keep it as an object
    if isinstance(label, bool | np.bool_ | int | float | np.number):
        return "number" if label == label else "missing"
    return "list" if hasattr(label, "__len__") else kind


def check_same(classes: Array | None, before: Array | None) -> None:
    """Sees to it that what was learnt goes on with the same labels.

    Raises:
        ArgumentError: if there are others.
    """
    if (classes is None) != (before is None) or not np.array_equal(classes, before):  # type: ignore[arg-type]
        had = "yes and no" if before is None else ", ".join(map(repr, before.tolist()))
        raise ArgumentError(f"what was learnt goes on with the same classes, {had:.99}; got others")


def check_type(y: Array, classes: Array) -> None:
    """Sees to it that labels can be equal to those that were learnt.

    Raises:
        DataError: if they are numbers where those are texts, or the other way round.
    """
    if (y.dtype.kind == "U") != (classes.dtype.kind == "U"):
        raise DataError(
            f"y has the label {y[0].item()!r}, and {classes[0].item()!r} is one that was learnt: "
            f"give labels of that type"
        )


def check_no_weights(given: Any) -> None:
    """Sees to it that answers of yes or no come without weights of classes.

    Raises:
        ArgumentError: if there are any.
    """
    if given is not None:
        raise ArgumentError(f"class_weight is for labels, not for yes or no, got {given!r}")
