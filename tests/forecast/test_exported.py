"""A forecaster's ONNX file says in onnxruntime what `predict` says."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import polars as pl
import pytest

import tidegate
from tidegate.errors import ArgumentError, DataError, NotFittedError
from tidegate.forecast import defaults
from tidegate.forecast.exported import feed_of
from tidegate.forecast.forecaster import Forecaster
from tidegate.forecast.plan import Training

from .frames import days, forecaster, rain, several, wave

pytestmark = pytest.mark.filterwarnings("ignore::tidegate.forecast.ask.ShortSeriesWarning")
TOLERANCE = 1e-5  # what is promised, of the largest number that is forecast
GAPS = wave()
GAPS[[3, 20, 21, 22, 40, *range(46, 58), 59]] = np.nan
MANY = several(
    a=wave(),
    gaps=GAPS,
    rain=rain(),
    short=wave(6),
    zeros=np.zeros(30),
    narrow=1e3 + 0.01 * wave(),
    much=np.exp(wave(50, 2)),
)
NEW = several(
    a=wave(30, 9),
    big=1e3 * wave(50, 8),
    rain2=rain(70, 5),
    nil=np.zeros(20),
    few=wave(3),
    one=wave(1),
    rising=np.arange(5.0),
    much=np.exp(wave(40, 7)),
    g=GAPS,
    n=1e3 + 0.01 * wave(40),
)


def session(path: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # it warns of every input that need not be given
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def check(model: Forecaster, path: Path, **asked: Any) -> dict[str, np.ndarray]:
    """The file says what `predict` says; returns what it says."""
    levels, quantiles = (50, 80, 95), (0.3,)
    model.to_onnx(path, levels, quantiles)
    run = session(path)
    meta = {k: json.loads(v) for k, v in run.get_modelmeta().custom_metadata_map.items()}
    feed = feed_of(model, **asked)
    names = [each.name for each in (*run.get_inputs(), *run.get_overridable_initializers())]
    assert sorted(feed) == sorted(names)
    outputs = [each.name for each in run.get_outputs()]
    found = dict(zip(outputs, run.run(outputs, feed), strict=True))
    frame = model.predict(levels, quantiles, **asked)
    shape = (len(feed["values"]), model.horizon)
    expected = np.stack([frame[name].to_numpy().reshape(shape) for name in meta["columns"]], 2)
    size = np.abs(expected).max(axis=(1, 2), keepdims=True)
    assert (np.abs(found["quantiles"] - expected) <= TOLERANCE * size).all()
    middle = meta["levels"].index(0.5)
    np.testing.assert_array_equal(found["forecast"], found["quantiles"][..., middle])
    name = meta["columns"][middle]
    assert ("chance" in found) == (f"{name}-p" in frame.columns)
    if "chance" in found:
        chance = frame[f"{name}-p"].to_numpy().reshape(shape)
        np.testing.assert_allclose(found["chance"], chance, rtol=TOLERANCE, atol=1e-7)
    return found


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn", "rnn_relu"])
@pytest.mark.parametrize("horizon", [1, 3, 9])
def test_cells_and_horizons(cell: str, horizon: int, tmp_path: Path) -> None:
    check(forecaster(horizon, cell).fit(days(wave())), tmp_path / "m.onnx")


@pytest.mark.parametrize("season", [1, 4, 7, 30, (4, 12)])
def test_seasons_gaps_and_series_of_every_kind(season: Any, tmp_path: Path) -> None:
    model = forecaster(9, season=season, window=30).fit(MANY)
    check(model, tmp_path / "m.onnx")
    check(model, tmp_path / "m.onnx", df=NEW)


@pytest.mark.parametrize("season", [1, 4, (4, 12)])
def test_series_of_which_nothing_comes_for_long_and_that_fall_below_0(
    season: Any, tmp_path: Path
) -> None:
    silent, fallen = wave() + 50, np.exp(wave(99)) * 20
    model = forecaster(5, season=season, window=12).fit(several(silent=silent, fallen=fallen[:60]))
    silent = np.append(silent, np.full(2 * model.plan_.reach + 7, np.nan))
    fallen[80:] -= 200
    found = check(model, tmp_path / "m.onnx", df=several(silent=silent, fallen=fallen))
    assert found["forecast"][1].min() > 30 and found["quantiles"][0].min() < 0


@pytest.mark.parametrize("members", [2, 3])
def test_an_ensemble_is_the_median(members: int, tmp_path: Path) -> None:
    model = forecaster(cell="gru", ensemble=members).fit(MANY)
    check(model, tmp_path / "m.onnx")
    check(model.update(several(later=rain(20))), tmp_path / "m.onnx")


@pytest.mark.parametrize("rows", [60, 1200], ids=["no calendar", "calendar"])
@pytest.mark.parametrize("smoothing", [0.0, 0.4])
def test_what_leans_on_a_ridge_regression(rows: int, smoothing: float, tmp_path: Path) -> None:
    training = Training(updates=15, batch=16, smoothing=smoothing, ridge=0.6)
    model = forecaster(training=training).fit(several(a=wave(rows), b=50 + GAPS, rain=rain()))
    assert model.plan_.calendar == (rows > 1000)
    check(model, tmp_path / "m.onnx")


@pytest.mark.parametrize(("season", "window"), [(4, 20), (12, 48), (7, 30), (12, 13)])
def test_what_leans_on_theta_beside_smoothing(
    season: int, window: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(defaults, "FEW", 1)
    model = forecaster(9, season=season, window=window).fit(MANY)
    assert model.plan_.theta and model.plan_.smoothing == 0.3
    check(model, tmp_path / "m.onnx")
    check(model, tmp_path / "m.onnx", df=NEW)
    model.save(tmp_path / "model")
    assert tidegate.load(tmp_path / "model").predict().equals(model.predict(), null_equal=True)


@pytest.mark.parametrize(("horizon", "window"), [(3, 24), (30, 50), (3, 12)])
def test_what_leans_on_both_seasons(horizon: int, window: int, tmp_path: Path) -> None:
    training = Training(updates=15, batch=16, smoothing=0.4)
    model = forecaster(horizon, season=(4, 12), window=window, training=training).fit(MANY)
    assert model.plan_.both_seasons == (window > 12)
    check(model, tmp_path / "m.onnx")
    check(model, tmp_path / "m.onnx", df=NEW)


def test_a_few_long_series(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(defaults, "LONG", 1)
    model = forecaster().fit(several(a=wave(), b=50 + GAPS, much=np.exp(wave(40))))
    assert model.plan_.anchored
    check(model, tmp_path / "m.onnx")
    check(model, tmp_path / "m.onnx", df=NEW.filter(pl.col("unique_id") != "rain2"))


def beside(rows: int, seed: int = 0) -> pl.DataFrame:
    """Days with columns of every kind."""
    random = np.random.default_rng(seed)
    gone = np.where(random.random(rows) < 0.2, np.nan, random.normal(size=rows))
    return days(wave(rows, seed)).with_columns(
        pl.Series("price", 20 + 5 * random.normal(size=rows)),
        pl.Series("promo", random.choice(["big", "no", "yes"], rows)),
        pl.Series("temp", gone),
        pl.lit("ab"[seed % 2]).alias("kind"),
        pl.lit(2.0 * seed).alias("size"),
    )


def test_columns_beside_and_the_time_of_year(tmp_path: Path) -> None:
    lengths = {"one": 400, "short": 8, "two": 100}
    whole = {name: beside(rows + 5, i) for i, (name, rows) in enumerate(lengths.items())}
    named = [table.with_columns(pl.lit(name).alias("unique_id")) for name, table in whole.items()]
    frame = pl.concat(table.head(-5) for table in named)
    future = pl.concat(table.tail(5).select("unique_id", "ds", "price", "promo") for table in named)
    columns = {"future": ["price", "promo"], "past": ["temp"], "static": ["kind", "size"]}
    model = forecaster(5, season=7, window=None, **columns).fit(frame)
    found = check(model, tmp_path / "m.onnx", future=future)
    dear = future.with_columns(pl.col("price") + 50)
    other = check(model, tmp_path / "m.onnx", future=dear)
    assert (other["forecast"] != found["forecast"]).any()
    new = named[0].head(60).with_columns(pl.lit("new").alias("unique_id"))
    after = named[0].slice(60, 5).with_columns(pl.lit("new").alias("unique_id"))
    check(model, tmp_path / "m.onnx", df=new, future=after.select(future.columns))
    with pytest.raises(DataError, match="price, promo"):
        feed_of(model)


@pytest.mark.parametrize("unit", ["1mo", "1d"])
def test_the_time_of_year(unit: str, tmp_path: Path) -> None:
    end = dt.date(2020, 1, 1) if unit == "1mo" else dt.date(1995, 6, 1)
    times = pl.date_range(dt.date(1990, 1, 1), end, unit, eager=True)
    frame = pl.DataFrame({"ds": times, "y": 10 + wave(len(times))})
    model = forecaster(season=None, window=None).fit(frame)
    assert model.plan_.calendar
    check(model, tmp_path / "m.onnx")
    feed = feed_of(model)
    half = session(tmp_path / "m.onnx").run(["forecast"], {**feed, "calendar": -feed["calendar"]})
    whole = session(tmp_path / "m.onnx").run(["forecast"], feed)
    assert not np.array_equal(half[0], whole[0])


def test_one_series_needs_its_rows_alone(tmp_path: Path) -> None:
    model = forecaster().fit(days(wave()))
    model.to_onnx(tmp_path / "m.onnx")
    run = session(tmp_path / "m.onnx")
    rows = wave()[None]
    found = run.run(["forecast"], {"values": rows})[0][0]
    size = np.abs(found).max()
    assert np.abs(found - model.predict()["LSTM"].to_numpy()).max() <= TOLERANCE * size
    meta = run.get_modelmeta().custom_metadata_map
    newest = rows[:, -int(meta["rows"]) :]
    np.testing.assert_array_equal(run.run(["forecast"], {"values": newest})[0][0], found)
    # a series says the same in company, beside shorter ones too
    two = np.full((2, 70), np.nan)
    two[0, :60], two[1] = wave(), wave(70, 1)
    both = run.run(["forecast"], {"values": two, "lengths": np.array([60, 70])})[0]
    np.testing.assert_allclose(both[0], found, rtol=1e-6)


def test_refusals(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    with pytest.raises(NotFittedError):
        forecaster().to_onnx(path)
    with pytest.raises(NotFittedError):
        feed_of(forecaster())
    model = forecaster(2, "auto").fit(days(np.tile([1.0, 2.0, 3.0, 4.0], 15)))
    with pytest.raises(ArgumentError, match="a simple rule that has no network"):
        model.to_onnx(path)
    with pytest.raises(ArgumentError, match="percent"):
        forecaster().fit(days(wave())).to_onnx(path, levels=(0.8,))
    assert not path.exists()
