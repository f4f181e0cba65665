"""A run on disk: all that it needs to go on as if it had never stopped.

A checkpoint is a model file. It holds the network's parameters as they are, the optimizer's state,
the best parameters so far and the history; and, to be compared, the settings and a digest of the
data. Where the run is follows from the number of its updates.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.bags import TokenBags
from ..errors import ArgumentError, ModelFileError
from ..network import NetworkSpec
from ..network.file import ModelFile, ModelFileNotFoundError, parameters_of, read_model, write_model
from ..network.optimizer import OptimizerState
from ..network.parameters import views
from .history import Epoch, History
from .looks import Look
from .settings import FitSettings
from .source import Part

Array = NDArray[Any]
KIND = "checkpoint"
UPDATES = ("loss", "norm", "learning_rate")
EPOCHS = ("loss", "validation", "seconds", "updates")
LOOKS = ("update", "steps", "lags")
MEMORY, BEST_MEMORY = "memory", "best.memory"


@dataclass(frozen=True)
class Checkpoint:
    """The state of a run between two updates."""

    parameters: Array
    """Flat."""
    optimizer: OptimizerState
    best: Array | None
    """Parameters of the best epoch, flat; None without validation or before it."""
    history: History
    memory: list[Array] = field(default_factory=list)
    """What one update leaves to the next beside that: carried states, a loss's own numbers."""
    best_memory: list[Array] = field(default_factory=list)
    """The loss's own numbers after the best epoch."""


@dataclass(frozen=True)
class Purpose:
    """What a checkpoint is a part of: one may only go on with its own run."""

    spec: NetworkSpec
    settings: FitSettings
    data: str

    @classmethod
    def of(cls, spec: NetworkSpec, settings: FitSettings, *sequences: Part | None) -> Purpose:
        """Of a run with these data for training and for validation."""
        return cls(spec, settings, _digest(sequences))


def write(path: str | os.PathLike[str], purpose: Purpose, state: Checkpoint) -> None:
    """Writes it, whole or not at all. Raises: ModelFileError if it cannot be written."""
    history, optimizer = state.history, state.optimizer
    tensors = {
        **views(purpose.spec, state.parameters),
        "optimizer.m": optimizer.m,
        "optimizer.v": optimizer.v,
        **{f"updates.{name}": np.array(getattr(history, name), "f8") for name in UPDATES},
    }
    for name in EPOCHS:
        values = [getattr(epoch, name) for epoch in history.epochs]
        if None not in values:
            tensors[f"epochs.{name}"] = np.array(values, "f8")
    looks = [(look.update, look.steps, len(look.gradient)) for look in history.looks]
    if looks:
        for name, column in zip(LOOKS, zip(*looks, strict=True), strict=True):
            tensors[f"looks.{name}"] = np.array(column, "f8")
        tensors["looks.gradient"] = np.concatenate([look.gradient for look in history.looks])
    if state.best is not None:
        tensors["best.parameters"] = state.best
    for name, arrays in ((MEMORY, state.memory), (BEST_MEMORY, state.best_memory)):
        tensors.update({f"{name}.{number}": array for number, array in enumerate(arrays)})
    meta = {
        "settings": purpose.settings.to_json(),
        "data": purpose.data,
        "step": optimizer.step,
        "stopped": history.stopped,
    }
    write_model(path, KIND, purpose.spec.to_json(), tensors, meta)


def read(
    path: str | os.PathLike[str],
    purpose: Purpose,
    memory: Sequence[Array] = (),
    best_memory: Sequence[Array] = (),
) -> Checkpoint | None:
    """The state to go on from; None if there is no such file.

    Args:
        path, purpose: of the file, and of the run that goes on.
        memory, best_memory: arrays like the file's own.

    Raises:
        ModelFileError: if the file is no sound checkpoint.
        ArgumentError: if it belongs to a run with another network, other settings or other data.
    """
    try:
        model = read_model(path, KIND)
    except ModelFileNotFoundError:
        return None
    spec, parameters = parameters_of(model)
    _compare(model, spec, purpose)
    best = model.tensors.get("best.parameters")
    arrays = [model.tensors.get("optimizer.m"), model.tensors.get("optimizer.v"), best]
    for array in arrays:
        known = array is None or (array.shape, array.dtype) == (parameters.shape, parameters.dtype)
        if not known:
            raise _unsound(model)
    m, v, _ = arrays
    step, stopped = model.meta.get("step"), model.meta.get("stopped")
    if m is None or v is None or type(step) is not int or not isinstance(stopped, str):
        raise _unsound(model)
    history = _history(model)
    if len(history.loss) != step or (best is None) != (history.best_epoch is None):
        raise _unsound(model)
    history.stopped = stopped  # type: ignore[assignment]
    held = _numbered(model, MEMORY, memory)
    then = [] if best is None else _numbered(model, BEST_MEMORY, best_memory)
    return Checkpoint(parameters, OptimizerState(step, m, v), best, history, held, then)


def _numbered(model: ModelFile, name: str, like: Sequence[Array]) -> list[Array]:
    """The arrays that are kept under a name and a number, like others."""
    found = []
    for number, other in enumerate(like):
        own = model.tensors.get(f"{name}.{number}")
        if own is None or (own.shape, own.dtype) != (other.shape, other.dtype):
            raise _unsound(model)
        found.append(own)
    return found


def _compare(model: ModelFile, spec: NetworkSpec, purpose: Purpose) -> None:
    """That the checkpoint is of this very run."""
    ours, theirs = purpose.settings.to_json(), model.meta.get("settings")
    if not isinstance(theirs, dict):
        raise _unsound(model)
    differs = [key for key in {**ours, **theirs} if ours.get(key) != theirs.get(key)]
    if spec != purpose.spec:
        other = "another network"
    elif differs:
        key = differs[0]
        other = f"settings.{key} = {theirs.get(key)!r}, not {ours.get(key)!r}"
    elif model.meta.get("data") != purpose.data:
        other = "other data"
    else:
        return
    raise ArgumentError(
        f"{model.path} is the checkpoint of a run with {other}; "
        f"resume with what that run had, or give another file"
    )


def _history(model: ModelFile) -> History:
    losses, norms, rates = (_column(model, f"updates.{name}") for name in UPDATES)
    epoch_losses, validations, seconds, updates = (
        _column(model, f"epochs.{name}") for name in EPOCHS
    )
    checked: list[float] | list[None] = validations or [None] * len(epoch_losses)
    if not len(losses) == len(norms) == len(rates):
        raise _unsound(model)
    if not len(epoch_losses) == len(checked) == len(seconds) == len(updates):
        raise _unsound(model)
    columns = zip(epoch_losses, checked, seconds, map(int, updates), strict=True)
    epochs = [Epoch(*values) for values in columns]
    return History(losses, norms, rates, epochs, _looks(model))


def _looks(model: ModelFile) -> list[Look]:
    """None in a file that is older than they are."""
    updates, steps, sizes = ([int(v) for v in _column(model, f"looks.{name}")] for name in LOOKS)
    gradient = _column(model, "looks.gradient")
    sound = len(updates) == len(steps) == len(sizes) and min(sizes, default=1) > 0
    if not sound or sum(sizes) != len(gradient):
        raise _unsound(model)
    ends = np.cumsum(sizes).tolist()
    parts = [tuple(gradient[end - size : end]) for end, size in zip(ends, sizes, strict=True)]
    return [Look(*values) for values in zip(updates, steps, parts, strict=True)]


def _column(model: ModelFile, name: str) -> list[float]:
    """A list of the history; empty if it is not there."""
    array = model.tensors.get(name, np.empty(0))
    if array.ndim != 1:
        raise _unsound(model)
    return [float(value) for value in array]


def _unsound(model: ModelFile) -> ModelFileError:
    return ModelFileError(
        f"{model.path} is damaged: it does not hold the state of a run; give another checkpoint, "
        f"or start without resume"
    )


def _digest(sequences: tuple[Part | None, ...]) -> str:
    """Of all that a run sees, the same for the same data."""
    digest = hashlib.blake2b(digest_size=16)
    for part in sequences:
        arrays: list[Any] = []
        if part is not None:
            spans = part.spans
            arrays = [spans.start, spans.length, spans.shift, spans.factor]
            rows = part.rows.arrays if isinstance(part.rows, TokenBags) else (part.rows,)
            arrays += [*rows, part.targets, getattr(part, "target_index", None), part.weights]
        for array in arrays:
            array = np.ascontiguousarray([] if array is None else array)
            digest.update(f"{array.dtype.str}{array.shape};".encode())
            digest.update(array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
