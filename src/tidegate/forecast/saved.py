"""A fitted forecaster as a model file, and back."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.frame import FrameKind
from ..data.frequency import Frequency
from ..data.series import Series
from ..errors import ArgumentError, ModelFileError
from ..network import Network
from ..network.file import ModelFile, parameters_of, read_model, write_model
from .conformal import Correction
from .covariates import Units
from .learn import Learned, inputs_of
from .model import Model
from .plan import Plan
from .scaling import Scaling

Array = NDArray[Any]
KIND = "forecaster"
COLUMNS = ("id", "time", "target")


def write(
    path: str | os.PathLike[str], columns: dict[str, str], learned: Learned, series: Series
) -> None:
    """Writes it, whole or not at all.

    Args:
        path: where to.
        columns: the names of the columns that a frame must have: id, time and target.
        learned: the model.
        series: all rows that its forecast needs.

    Raises:
        ModelFileError: if it cannot be written.
    """
    model, scaling = learned.model, learned.scaling
    tensors = {
        **model.network.params,
        "series.values": series.values,
        "series.time": series.time.astype(np.int64),
        "series.start": series.start,
        "series.length": series.length,
        "scaling.centre": scaling.centre,
        "scaling.scale": scaling.scale,
        "scaling.unit": scaling.unit,
        "scaling.bounded": np.isfinite(scaling.floor).astype(np.uint8),
        "intervals.factor": model.correction.factor,
        "covariates.centre": learned.units.centre,
        "covariates.scale": learned.units.scale,
    }
    meta = {
        "plan": model.plan.to_json(),
        "columns": columns,
        "frequency": series.frequency.to_json(),
        "frame": series.frame.to_json(),
        "ids": series.ids,
    }
    write_model(path, KIND, model.network.spec.to_json(), tensors, meta)


def read(path: str | os.PathLike[str]) -> tuple[dict[str, str], Learned, Series]:
    """What `write` was given.

    Raises:
        ModelFileError: if the file is no sound forecaster.
    """
    file = read_model(path, KIND)
    spec, parameters = parameters_of(file)
    try:
        plan = Plan.from_json(file.meta.get("plan"))
        frame = FrameKind.from_json(file.meta.get("frame"))
        frequency = Frequency.from_json(file.meta.get("frequency"))
        columns = file.meta.get("columns")
        if not isinstance(columns, dict) or set(columns) != set(COLUMNS):
            raise ArgumentError(f"columns must be the names of {', '.join(COLUMNS)}")
        if not all(isinstance(name, str) for name in columns.values()):
            raise ArgumentError("the names of columns must be text")
        series = _series(file, frame, frequency)
        scaling = _scaling(file, len(series.start))
        inputs = inputs_of(plan, series, scaling)
        if spec != inputs.spec:
            raise ArgumentError("the network is not the one that the plan and the series ask for")
        correction = _correction(file, len(inputs.head.quantiles))
        units = _units(file, inputs.future + inputs.past + inputs.static)
    except ArgumentError as error:
        raise ModelFileError(
            f"{file.path} is damaged: {error}; give another file, or save it again"
        ) from None
    network = Network(spec, parameters=parameters)
    return columns, Learned(Model(inputs, network, correction), scaling, units), series


def _series(file: ModelFile, frame: FrameKind, frequency: Frequency) -> Series:
    start, length = (_vector(file, f"series.{name}", "i") for name in ("start", "length"))
    time = _vector(file, "series.time", "i")
    values = _vector(file, "series.values", "f")
    ids = file.meta.get("ids")
    if not len(start) or len(length) != len(start) or len(time) != len(values):
        raise ArgumentError("its series do not fit together")
    if length.min() < 1 or not np.array_equal(start, np.cumsum(length) - length):
        raise ArgumentError("its series do not follow one another")
    if length.sum() != len(values):
        raise ArgumentError("its series have more or fewer rows than there are")
    if (frame.id is None) != (ids is None):
        raise ArgumentError("it has names of series without a column for them, or the reverse")
    if ids is not None and (not isinstance(ids, list) or len(ids) != len(start)):
        raise ArgumentError(f"it needs {len(start)} names of series")
    if time.min() <= -(2**62) or time.max() >= 2**62:  # NaT, for one
        raise ArgumentError("its times are out of range")
    if frame.kind != "integer":
        time = time.astype("datetime64[us]")
    if (frequency.unit == "integer") != (frame.kind == "integer"):
        raise ArgumentError("its frequency is not that of its times")
    return Series(values, time, start, length, ids, frequency, frame)


def _scaling(file: ModelFile, n: int) -> Scaling:
    centre, scale, unit = (
        _vector(file, f"scaling.{name}", "f") for name in ("centre", "scale", "unit")
    )
    bounded = _vector(file, "scaling.bounded", "u")
    if {len(column) for column in (centre, scale, unit, bounded)} != {n}:
        raise ArgumentError("its scaling is not that of its series")
    if scale.min() <= 0 or unit.min() < 0:
        raise ArgumentError("its scaling has a factor that is not above 0")
    return Scaling(centre, scale, unit, np.where(bounded > 0, 0.0, -np.inf))


def _correction(file: ModelFile, quantiles: int) -> Correction:
    factor = _vector(file, "intervals.factor", "f")
    if len(factor) != quantiles or factor.min() <= 0:
        raise ArgumentError("its intervals are corrected by other factors than it has quantiles")
    return Correction(factor)


def _units(file: ModelFile, columns: int) -> Units:
    centre, scale = (_vector(file, f"covariates.{name}", "f") for name in ("centre", "scale"))
    if not len(centre) == len(scale) == columns or scale.min(initial=1) <= 0:
        raise ArgumentError("the units of its covariates are not theirs")
    return Units(centre, scale)


def _vector(file: ModelFile, name: str, kind: str) -> Array:
    array = file.tensors.get(name)
    if array is None or array.ndim != 1 or array.dtype.kind != kind:
        raise ArgumentError(f"{name} is missing, or of another type")
    return array
