"""The estimator of sequences that a model file holds."""

from __future__ import annotations

import os
from typing import Any, TypeAlias

import numpy as np

from ..errors import ArgumentError, ModelFileError
from ..network.file import ModelFile, read_model
from . import saved
from .classifier import SequenceClassifier
from .regressor import SequenceRegressor
from .tagger import SequenceTagger
from .targets import Units

Estimator: TypeAlias = SequenceClassifier | SequenceRegressor | SequenceTagger
KINDS = {
    "sequence-classifier": SequenceClassifier,
    "sequence-regressor": SequenceRegressor,
    "sequence-tagger": SequenceTagger,
}


def load(path: str | os.PathLike[str]) -> Estimator:
    """The estimator that was saved; it predicts the same bits.

    Raises:
        ModelFileError: if the file is damaged, of another kind, or does not exist.
    """
    file = read_model(path)
    if file.kind not in KINDS:
        raise ModelFileError(f"{file.path} holds a {file.kind!r}, none of {', '.join(KINDS)}")
    try:
        estimator: Any = saved.restore(KINDS[file.kind](), file)
        if isinstance(estimator, SequenceRegressor):
            estimator.units_ = _units(file)
        else:
            estimator.classes_ = saved.labels_of(file.meta.get("classes"))
        if not _fits(estimator):
            raise ArgumentError("its network answers something else than it is asked")
    except (ArgumentError, TypeError, ValueError) as error:
        if isinstance(error, ModelFileError):
            raise
        raise ModelFileError(
            f"{file.path} is damaged: {error}; give another file, or save it again"
        ) from None
    found: Estimator = estimator
    return found


def _fits(estimator: Any) -> bool:
    """Whether the network's answers are those that the estimator gives on."""
    spec = estimator.learned_.spec
    tagger = isinstance(estimator, SequenceTagger)
    if (spec.readout == "each") != tagger:
        return False
    if isinstance(estimator, SequenceRegressor):
        return bool(spec.output_size % len(estimator.units_.centre) == 0)
    classes = estimator.classes_
    return tagger if classes is None else bool(len(classes) == spec.output_size)


def _units(file: ModelFile) -> Units:
    centre, scale = (file.tensors.get(f"units.{name}") for name in ("centre", "scale"))
    flat = file.meta.get("flat")
    if centre is None or scale is None or centre.ndim != 1 or centre.shape != scale.shape:
        raise ArgumentError("the units of its targets are missing")
    if not len(centre) or not np.all(scale > 0) or not isinstance(flat, bool):
        raise ArgumentError("the units of its targets make no sense")
    return Units(centre, scale, flat)
