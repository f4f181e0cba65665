"""A saved forecaster forecasts the same bits; a file that was tampered with is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import tidegate
from tidegate.errors import ModelFileError
from tidegate.forecast.plan import Training
from tidegate.network import Network, NetworkSpec, NumberInput, save_network
from tidegate.network.file import read_model, write_model

from .frames import days, forecaster, rain, several, wave

NUMBERS = pl.DataFrame({"ds": range(50), "y": rain(50)})


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn", "rnn_relu"])
@pytest.mark.parametrize(
    "frame",
    [days(wave()), days(rain()), several(b=rain(), a=wave(30)), NUMBERS],
    ids=["plain", "zeros", "several", "numbers"],
)
def test_the_same_bits(frame: pl.DataFrame, cell: str, tmp_path: Path) -> None:
    fitted = forecaster(cell=cell, seed=7).fit(frame)
    fitted.save(tmp_path / "model.safetensors")
    loaded = tidegate.load(tmp_path / "model.safetensors")
    assert loaded.predict().equals(fitted.predict(), null_equal=True)
    assert (loaded.cell, loaded.seed, loaded.plan_) == (cell, 7, fitted.plan_)
    assert loaded.history_ is None
    loaded.save(tmp_path / "again.safetensors")
    again, first = (tmp_path / f"{name}.safetensors" for name in ("again", "model"))
    assert again.read_bytes() == first.read_bytes()


def test_a_ridge_regression_comes_back_and_none_is_missed(tmp_path: Path) -> None:
    training = Training(updates=5, batch=16, ridge=0.5)
    fitted = forecaster(training=training, ensemble=2).fit(several(b=rain(), a=wave(30)))
    fitted.save(tmp_path / "model")
    loaded = tidegate.load(tmp_path / "model")
    assert loaded.predict().equals(fitted.predict(), null_equal=True)
    later = several(a=wave(34)).tail(4)
    assert loaded.update(later).predict().equals(fitted.update(later).predict(), null_equal=True)
    file = read_model(tmp_path / "model")
    for name in ("member0.ridge.bias", "member1.ridge.weights"):
        for change in (lambda a: a[:-1], lambda a: a[:, None]):
            tensors = {**file.tensors, name: change(file.tensors[name])}
            write_model(tmp_path / "bad", file.kind, file.spec_json, tensors, file.meta)
            with pytest.raises(ModelFileError, match=r"ridge"):
                tidegate.load(tmp_path / "bad")


def test_a_file_from_before_there_was_one_says_the_same(tmp_path: Path) -> None:
    fitted = forecaster().fit(several(b=rain(), a=wave(30)))
    fitted.save(tmp_path / "model")
    file = read_model(tmp_path / "model")
    meta = dict(file.meta)
    del meta["plan"]["ridge"], meta["plan"]["training"]["ridge"], meta["plan"]["roots"]
    tensors = {name: value for name, value in file.tensors.items() if "rooted" not in name}
    write_model(tmp_path / "before", file.kind, file.spec_json, tensors, meta)
    found = tidegate.load(tmp_path / "before").predict()
    assert found.equals(fitted.predict(), null_equal=True)


def test_other_names_of_columns_come_back(tmp_path: Path) -> None:
    frame = several(a=wave(), b=wave()).to_pandas()
    frame.columns = ["shop", "day", "sold"]
    names = {"id": "shop", "time": "day", "target": "sold"}
    fitted = forecaster(**names).fit(frame)
    fitted.save(tmp_path / "model")
    loaded = tidegate.load(tmp_path / "model")
    assert {name: getattr(loaded, name) for name in names} == names
    assert loaded.predict().equals(fitted.predict())
    assert loaded.fit(frame).predict().equals(fitted.predict())


def test_only_the_newest_rows_are_kept(tmp_path: Path) -> None:
    fitted = forecaster(window=10, season=4).fit(several(long=wave(200), short=wave(6)))
    # three whole seasons, as a step of the network reads one
    assert fitted.series_.length.tolist() == [12, 6]
    before = fitted.predict()
    np.testing.assert_array_equal(fitted.series_.values[:12], wave(200)[-12:])
    assert before["unique_id"].to_list() == ["long"] * 3 + ["short"] * 3


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    save_network(tmp_path / "network", Network(NetworkSpec(NumberInput(1), hidden=2)))
    with pytest.raises(ModelFileError, match="network"):
        tidegate.load(tmp_path / "network")


Change = Callable[[dict[str, Any], dict[str, Any]], object]


def _meta(name: str, value: Any) -> Change:
    return lambda tensors, meta: meta.update({name: value})


def _plan(**values: Any) -> Change:
    return lambda tensors, meta: meta["plan"].update(values)


def _tensor(name: str, change: Callable[[Any], Any]) -> Change:
    return lambda tensors, meta: tensors.update({name: change(tensors[name])})


CHANGES: dict[str, Change] = {
    "no plan": lambda tensors, meta: meta.pop("plan"),
    "another season": _plan(season=5),
    "another cell": _plan(cell="gru"),
    "another width": _plan(hidden=9),
    "an unknown setting": _plan(speed=1),
    "no frame": _meta("frame", None),
    "no frequency": _meta("frequency", {}),
    "a frequency of numbers": _meta("frequency", {"unit": "integer", "step": 1, "day": 0}),
    "no settings": _meta("settings", {}),
    "columns that are no text": lambda tensors, meta: meta["settings"].update(id=1),
    "no members": _meta("members", 0),
    "a member too many": _meta("members", 2),
    "no encoding": _meta("encoding", None),
    "covariates without numbers": _meta("encoding", {"future": [], "past": [{"name": "x"}]}),
    "a baseline that is none": _meta("baseline", "magic"),
    "weights of another shape": _tensor("member0.weight_hh_l0", lambda a: a[:-1]),
    "no weights": lambda tensors, meta: tensors.pop("member0.head_bias"),
    "too few marks of what is missing": _tensor("series.values.missing", lambda a: a[:-1]),
    "ids without a column": _meta("ids", None),
    "too few ids": _meta("ids", ["a"]),
    "ids that are no list": _meta("ids", "ab"),
    "no values": lambda tensors, meta: tensors.pop("series.values"),
    "values of another shape": _tensor("series.values", lambda a: a[:, None]),
    "values of another type": _tensor("series.values", lambda a: a.astype("i8")),
    "too few values": _tensor("series.values", lambda a: a[:-1]),
    "too few times": _tensor("series.time", lambda a: a[:-1]),
    "a time that is none": _tensor("series.time", lambda a: np.full_like(a, -(2**63))),
    "series that overlap": _tensor("series.start", lambda a: a * 0),
    "series beyond the end": _tensor("series.length", lambda a: a + np.array([0, 1])),
    "series of no rows": _tensor("series.length", lambda a: a * 0),
    "no series": _tensor("series.start", lambda a: a[:0]),
    "a scale below zero": _tensor("member0.scaling.scale", lambda a: -a),
    "a unit below zero": _tensor("member0.scaling.unit", lambda a: a - 1),
    "too many units": _tensor("member0.scaling.unit", lambda a: np.append(a, 1.0)),
    "a factor of zero": _tensor("member0.intervals.factor", lambda a: a * 0),
    "too few factors": _tensor("member0.intervals.factor", lambda a: a[:-1]),
    "too few marks of roots": _tensor("member0.scaling.rooted", lambda a: a[:-1]),
    "zeros counted apart": _tensor("member0.scaling.unit", lambda a: a + 1),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_file_that_was_tampered_with_is_refused(name: str, tmp_path: Path) -> None:
    forecaster().fit(several(a=wave(), b=wave(30))).save(tmp_path / "good")
    file = read_model(tmp_path / "good")
    tensors, meta = dict(file.tensors), dict(file.meta)
    CHANGES[name](tensors, meta)
    write_model(tmp_path / "bad", file.kind, file.spec_json, tensors, meta)
    with pytest.raises(ModelFileError, match=r"is damaged|does not hold the network") as caught:
        tidegate.load(tmp_path / "bad")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("number", "message"),
    [(None, "older one than the 2 of today: fit and save it again"), (3, "use a newer tidegate$")],
)
def test_a_file_of_another_format_is_not_called_damaged(
    number: int | None, message: str, tmp_path: Path
) -> None:
    forecaster().fit(days(wave())).save(tmp_path / "good")
    file = read_model(tmp_path / "good")
    meta = {**file.meta, "format": number, "settings": {**file.meta["settings"], "ensemble": 1}}
    write_model(tmp_path / "bad", file.kind, file.spec_json, file.tensors, meta)
    with pytest.raises(ModelFileError, match=message) as caught:
        tidegate.load(tmp_path / "bad")
    assert "damaged" not in str(caught.value)


def test_a_calendar_that_the_network_does_not_know_is_refused(tmp_path: Path) -> None:
    forecaster().fit(days(wave(1200))).save(tmp_path / "good")
    file = read_model(tmp_path / "good")
    meta = dict(file.meta)
    meta["frequency"] = {"unit": "month", "step": 12, "day": 0}
    write_model(tmp_path / "bad", file.kind, file.spec_json, file.tensors, meta)
    with pytest.raises(ModelFileError, match="not the one that the plan and the series ask for"):
        tidegate.load(tmp_path / "bad")
