"""Fitted estimators of sequences as model files, and back."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.plain import from_json
from ..errors import ArgumentError
from ..network import Loss
from ..network.file import ModelFile, check_format, network_of, tensors_of, write_model
from . import fitting, texts
from .beside import Beside
from .counted import COLUMNS
from .learn import Learned, Member
from .numbers import Numbers
from .seen import Seen
from .texts import Texts
from .training import Training
from .wide import Wide

Array = NDArray[Any]

MOST = 10_000
"""Networks that answer together."""


def write(
    path: str | os.PathLike[str],
    kind: str,
    estimator: Any,
    meta: dict[str, Any],
    tensors: dict[str, Array],
) -> None:
    """Writes an estimator, whole or not at all.

    Args:
        path: where to.
        kind: what it is.
        estimator: fitted.
        meta: what it has learnt beside networks, as plain values.
        tensors: the same, as arrays.

    Raises:
        NotFittedError: before it is fitted.
        ModelFileError: if it cannot be written.
    """
    fitting.check_fitted(estimator)
    learned: Learned = estimator.learned_
    held = {
        f"member{i}.{name}": value
        for i, member in enumerate(learned.members)
        for name, value in _tensors(member).items()
    }
    beside = learned.beside
    if beside is not None:
        held |= beside.tensors()
    preparation = {
        "arguments": _arguments(estimator),
        "inputs": learned.inputs.to_json(),
        "temperature": learned.temperature,
        "members": len(learned.members),
        "rest": None if beside is None else beside.rest,
        "columns": estimator.columns_,
        **meta,
    }
    write_model(
        path,
        kind,
        learned.spec.to_json(),
        {**held, **learned.inputs.tensors(), "learnt.hashes": learned.seen.stored(), **tensors},
        preparation,
    )


def learned_of(file: ModelFile) -> Learned:
    """The networks of a file.

    Raises:
        ArgumentError, ModelFileError: if anything does not fit together.
    """
    count: Any = file.meta.get("members")
    temperature: Any = file.meta.get("temperature")
    if type(count) is not int or not 1 <= count <= MOST:
        raise ArgumentError(f"it must have from 1 to {MOST} networks, got {count!r}")
    if type(temperature) not in (int, float) or not temperature > 0:
        raise ArgumentError(f"its temperature must be above 0, got {temperature!r}")
    data = file.meta.get("inputs")
    if not isinstance(data, dict):
        raise ArgumentError("it does not say how sequences are read")
    kind = Texts if "vocabulary" in data else Numbers
    inputs: Any = kind.from_file(data, file.tensors)
    members = []
    for i in range(count):
        network = network_of(file, f"member{i}.")
        if network.spec.input != inputs.network_input:
            raise ArgumentError("its network reads something else than its sequences give")
        if inputs.whole and not network.spec.bidirectional:
            raise ArgumentError("its network only reads forwards, but is given what an end tells")
        wide = _wide(file, i, network.spec.output_size) if inputs.wide else None
        members.append(Member(network, wide))
    seen = Seen.from_file(file.tensors.get("learnt.hashes"))
    spec, beside = members[0].network.spec, None
    if isinstance(inputs, Numbers):
        rest, columns = file.meta.get("rest"), inputs.features.width
        beside = Beside.from_file(rest, file.tensors, columns, spec.outputs)
    return Learned(inputs, tuple(members), float(temperature), seen, beside)


def _tensors(member: Member) -> dict[str, Array]:
    found = tensors_of(member.network)
    if member.wide is not None:
        found |= {"wide.idf": member.wide.idf, "wide.weight": member.wide.weight}
    return found


def _wide(file: ModelFile, number: int, outputs: int) -> Wide:
    idf, weight = (file.tensors.get(f"member{number}.wide.{part}") for part in ("idf", "weight"))
    if idf is None or weight is None:
        raise ArgumentError("the layer beside its network is missing")
    known = np.count_nonzero(idf > 0)
    if idf.shape != (COLUMNS,) or weight.shape != (known, outputs):
        raise ArgumentError("the layer beside its network is of another shape")
    return Wide(idf, weight)


def restore(estimator: Any, file: ModelFile) -> Any:
    """Gives an estimator the arguments and networks of a file; returns it.

    Raises:
        ArgumentError, ModelFileError: if anything does not fit together.
    """
    inputs = file.meta.get("inputs")
    if isinstance(inputs, dict) and "vocabulary" in inputs:  # before anything of old is damaged
        check_format(file, inputs.get("format"), texts.FORMAT)
    estimator.set_params(**_given(file.meta.get("arguments"), estimator))
    fitting.training_of(estimator.training)
    estimator.learned_ = learned_of(file)
    fitting.note_features(estimator)
    estimator.columns_ = _columns(file.meta.get("columns", {}))
    return estimator


def _columns(data: Any) -> dict[str, str]:
    """Where sequences stood in the file that a command learnt from."""
    sound = isinstance(data, dict) and set(data) <= {"text", "id", "time"}
    if not sound or not all(isinstance(column, str) for column in data.values()):
        raise ArgumentError(f"its columns must be those of text, id and time, got {data!r}")
    return dict(data)


def labels_to_json(classes: Array | None) -> dict[str, Any] | None:
    """Labels as plain values.

    Example:
        >>> labels_of(labels_to_json(np.array([1, 5])))
        array([1, 5])
    """
    return None if classes is None else {"type": classes.dtype.str, "labels": classes.tolist()}


def labels_of(data: Any) -> Array | None:
    """The labels that `labels_to_json` described. Raises: ArgumentError, if it described none."""
    if data is None:
        return None
    try:
        dtype, values = np.dtype(data["type"]), data["labels"]
        found = np.array(values, dtype)
        sound = dtype.kind in "biufU" and found.ndim == 1 and found.tolist() == values
    except (KeyError, TypeError, ValueError, OverflowError):
        sound = False
    if not sound or (found[1:] <= found[:-1]).any():
        raise ArgumentError("its labels are no labels")
    return found


def _arguments(estimator: Any) -> dict[str, Any]:
    """The constructor's arguments as plain values."""
    given = estimator.get_params(deep=False)
    training = given.pop("training")
    if not isinstance(given["random_state"], int | np.integer | None):
        given["random_state"] = None  # a generator has moved on
    weights = given.get("class_weight")
    if isinstance(weights, dict):
        given["class_weight"] = [[_plain(label), float(w)] for label, w in weights.items()]
    if isinstance(given.get("loss"), Loss):
        given["loss"] = asdict(given["loss"])
    plain = {name: _plain(value) for name, value in given.items()}
    return {**plain, "training": None if training is None else training.to_json()}


def _given(data: Any, estimator: Any) -> dict[str, Any]:
    """The constructor's arguments, from plain values."""
    known = set(estimator.get_params(deep=False))
    if not isinstance(data, dict) or set(data) != known:
        raise ArgumentError(f"its arguments must be {', '.join(sorted(known))}")
    found = dict(data)
    if found["training"] is not None:
        found["training"] = Training.from_json(found["training"])
    if isinstance(found.get("class_weight"), list):
        found["class_weight"] = dict(found["class_weight"])
    if isinstance(found.get("loss"), dict):
        found["loss"] = from_json(Loss, found["loss"])
    return found


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
