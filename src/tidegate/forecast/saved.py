"""A fitted forecaster as a model file, and back."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.encoding import Encoding, width
from ..data.frame import FrameKind
from ..data.frequency import Frequency
from ..data.plain import from_json
from ..data.series import Series
from ..errors import ArgumentError, ModelFileError
from ..network.file import ModelFile, check_format, network_of, read_model, tensors_of, write_model
from . import baselines
from .auto import Answers
from .conformal import Correction
from .covariates import Units
from .inputs import Inputs
from .learn import Learned, inputs_of
from .members import Members, seed_of
from .model import Model
from .plan import Plan
from .ridge import Ridge
from .scaling import Scaling
from .simple import Simple

Array = NDArray[Any]
KIND = "forecaster"
FORMAT = 2
"""Of what the metadata hold."""
_PANEL = ("values", "start", "length")
MOST = 10_000
"""Members of an ensemble."""


@dataclass(frozen=True)
class Settings:
    """A forecaster's arguments that the plan does not hold."""

    cell: str
    id: str
    time: str
    target: str

    def __post_init__(self) -> None:
        for name in ("cell", "id", "time", "target"):
            if not isinstance(getattr(self, name), str):
                raise ArgumentError(f"{name} must be text, got {getattr(self, name)!r}")


def write(
    path: str | os.PathLike[str], settings: Settings, answers: Answers, series: Series
) -> None:
    """Writes it, whole or not at all.

    Args:
        path: where to.
        settings: what the plan does not hold.
        answers: networks, or a baseline.
        series: all rows that the forecast needs.

    Raises:
        ModelFileError: if it cannot be written.
    """
    tensors = {
        "series.values": series.values,
        "series.time": series.time.astype(np.int64),
        "series.start": series.start,
        "series.length": series.length,
        "series.future": series.future.ravel(),
        "series.past": series.past.ravel(),
        "series.static": series.static.ravel(),
    }
    meta: dict[str, Any] = {
        "format": FORMAT,
        "plan": answers.plan.to_json(),
        "settings": asdict(settings),
        "frequency": series.frequency.to_json(),
        "frame": series.frame.to_json(),
        "encoding": series.encoding.to_json(),
        "ids": series.ids,
    }
    spec: dict[str, Any] = {}
    if isinstance(answers, Simple):
        meta["baseline"] = answers.name
        if (panel := answers.learnt) is not None:
            tensors |= {f"learnt.{name}": getattr(panel, name) for name in _PANEL}
    else:
        spec = answers.learned[0].model.network.spec.to_json()
        meta["members"] = len(answers.learned)
        for i, learned in enumerate(answers.learned):
            tensors |= {_member(i, name): value for name, value in _tensors(learned).items()}
    # a missing value, which a model file does not hold, is a bit beside a zero
    for name in sorted({"series.values", "series.past", "learnt.values"} & set(tensors)):
        missing = np.isnan(tensors[name])
        tensors[f"{name}.missing"] = missing.astype(np.uint8)
        tensors[name] = np.where(missing, 0.0, tensors[name])
    write_model(path, KIND, spec, tensors, meta)


def read(path: str | os.PathLike[str]) -> tuple[Settings, Answers, Series]:
    """What `write` was given.

    Raises:
        ModelFileError: if the file is no sound forecaster.
    """
    file = read_model(path, KIND)
    check_format(file, file.meta.get("format"), FORMAT)
    try:
        plan = Plan.from_json(file.meta.get("plan"))
        settings = from_json(Settings, file.meta.get("settings"))
        series = _series(file)
        if "baseline" in file.meta:
            name = file.meta["baseline"]
            if not isinstance(name, str):
                raise ArgumentError("the name of its baseline must be text")
            baselines.check_names((name,))
            return settings, Simple(name, plan, learnt=_learnt(file)), series
        return settings, _members(file, plan, series), series
    except ArgumentError as error:
        raise ModelFileError(
            f"{file.path} is damaged: {error}; give another file, or save it again"
        ) from None


def _member(number: int, name: str) -> str:
    """What a tensor of a member is called."""
    return f"member{number}.{name}"


def _tensors(learned: Learned) -> dict[str, Array]:
    model, scaling = learned.model, learned.scaling
    place = {"covariates.place": learned.units.place.astype(np.int64)}
    ridge, rooted = {}, {}
    if model.plan.roots:
        rooted = {"scaling.rooted": scaling.rooted.astype(np.uint8)}
    if model.ridge is not None:
        ridge = {"ridge.weights": model.ridge.weights.ravel(), "ridge.bias": model.ridge.bias}
    return {
        **tensors_of(model.network),
        **(place if model.plan.told_apart else {}),
        **ridge,
        **rooted,
        "scaling.centre": scaling.centre,
        "scaling.scale": scaling.scale,
        "scaling.unit": scaling.unit,
        "scaling.bounded": np.isfinite(scaling.floor).astype(np.uint8),
        "intervals.factor": model.correction.factor,
        "covariates.centre": learned.units.centre,
        "covariates.scale": learned.units.scale,
    }


def _members(file: ModelFile, plan: Plan, series: Series) -> Members:
    count = file.meta.get("members")
    if type(count) is not int or not 1 <= count <= MOST:
        raise ArgumentError(f"it must have from 1 to {MOST} networks, got {count!r}")
    found = []
    for i in range(count):
        chosen = replace(plan, seed=seed_of(plan, i))
        scaling = _scaling(file, i, plan, len(series))
        inputs = inputs_of(chosen, series, scaling)
        network = network_of(file, _member(i, ""))
        if network.spec != inputs.spec:
            raise ArgumentError("the network is not the one that the plan and the series ask for")
        correction = _correction(file, i, len(inputs.head.quantiles))
        units = _units(file, i, inputs, len(series))
        model = Model(inputs, network, correction, _ridge(file, i, inputs))
        found.append(Learned(model, scaling, units))
    return Members(tuple(found))


def _series(file: ModelFile) -> Series:
    frame = FrameKind.from_json(file.meta.get("frame"))
    frequency = Frequency.from_json(file.meta.get("frequency"))
    encoding = Encoding.from_json(file.meta.get("encoding"))
    values, start, length = _panel(file, "series")
    time = _vector(file, "series.time", "i")
    ids = file.meta.get("ids")
    if len(time) != len(values):
        raise ArgumentError("its series do not fit together")
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
    future = _table(_vector(file, "series.future", "f"), len(values), width(encoding.future))
    past = _table(_with_missing(file, "series.past"), len(values), width(encoding.past))
    static = _table(_vector(file, "series.static", "f"), len(start), width(encoding.static))
    return Series(
        values, time, start, length, ids, frequency, frame, encoding, future, past, static
    )


def _panel(file: ModelFile, of: str) -> tuple[Array, Array, Array]:
    """The values of series, where each begins, and its rows."""
    start, length = (_vector(file, f"{of}.{name}", "i") for name in ("start", "length"))
    values = _with_missing(file, f"{of}.values")
    if not len(start) or len(length) != len(start):
        raise ArgumentError("its series do not fit together")
    if length.min() < 1 or not np.array_equal(start, np.cumsum(length) - length):
        raise ArgumentError("its series do not follow one another")
    if length.sum() != len(values):
        raise ArgumentError("its series have more or fewer rows than there are")
    return values, start, length


def _learnt(file: ModelFile) -> baselines.Panel | None:
    """The rows that a baseline was learnt from, where others came after them."""
    if not any(name.startswith("learnt.") for name in file.tensors):
        return None
    values, start, length = _panel(file, "learnt")
    return baselines.Panel(values, start, length, length)


def _table(flat: Array, rows: int, columns: int) -> Array:
    if len(flat) != rows * columns:
        raise ArgumentError("its covariates have more or fewer numbers than rows and columns")
    return flat.reshape(rows, columns)


def _with_missing(file: ModelFile, name: str) -> Array:
    """Numbers, NaN where nobody observed one."""
    values, missing = _vector(file, name, "f"), _vector(file, f"{name}.missing", "u")
    if len(values) != len(missing):
        raise ArgumentError(f"{name} and what is missing in it do not fit together")
    return np.where(missing > 0, np.nan, values)


def _scaling(file: ModelFile, member: int, plan: Plan, n: int) -> Scaling:
    centre, scale, unit = (
        _vector(file, _member(member, f"scaling.{name}"), "f")
        for name in ("centre", "scale", "unit")
    )
    bounded = _vector(file, _member(member, "scaling.bounded"), "u")
    rooted = np.zeros(n, np.uint8)
    if plan.roots:
        rooted = _vector(file, _member(member, "scaling.rooted"), "u")
    if {len(column) for column in (centre, scale, unit, bounded, rooted)} != {n}:
        raise ArgumentError("its scaling is not that of its series")
    if scale.min() < 0 or unit.min() < 0:
        raise ArgumentError("its scaling has a factor below 0")
    return Scaling(centre, scale, unit, np.where(bounded > 0, 0.0, -np.inf), rooted > 0)


def _correction(file: ModelFile, member: int, quantiles: int) -> Correction:
    factor = _vector(file, _member(member, "intervals.factor"), "f")
    if len(factor) != quantiles or factor.min() <= 0:
        raise ArgumentError("its intervals are corrected by other factors than it has quantiles")
    return Correction(factor)


def _ridge(file: ModelFile, member: int, inputs: Inputs) -> Ridge | None:
    plan = inputs.plan
    if not plan.ridge:
        return None
    weights, bias = (_vector(file, _member(member, f"ridge.{x}"), "f") for x in ("weights", "bias"))
    read = plan.reach + inputs.calendar
    if len(bias) != plan.horizon or len(weights) != read * plan.horizon:
        raise ArgumentError("its ridge regression is not that of its windows and horizon")
    return Ridge(weights.reshape(read, plan.horizon), bias)


def _units(file: ModelFile, member: int, inputs: Inputs, n: int) -> Units:
    centre, scale = (
        _vector(file, _member(member, f"covariates.{name}"), "f") for name in ("centre", "scale")
    )
    told_apart, place = inputs.plan.told_apart, np.full(n, -1)
    if told_apart:
        place = _vector(file, _member(member, "covariates.place"), "i")
    columns = inputs.future + inputs.past + inputs.static
    if not len(centre) == len(scale) == columns or scale.min(initial=1) <= 0:
        raise ArgumentError("the units of its covariates are not theirs")
    if len(place) != n or place.min(initial=0) < -1 or place.max(initial=-1) >= told_apart:
        raise ArgumentError("the places of its series are not theirs")
    return Units(centre, scale, place)


def _vector(file: ModelFile, name: str, kind: str) -> Array:
    array = file.tensors.get(name)
    if array is None or array.ndim != 1 or array.dtype.kind != kind:
        raise ArgumentError(f"{name} is missing, or of another type")
    return array
