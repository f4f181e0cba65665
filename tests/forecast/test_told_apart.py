"""Series that a network is told apart: what a covariate says may differ from one to the next."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import tidegate as tg
from tidegate.data.series import read_series
from tidegate.errors import ModelFileError
from tidegate.forecast import defaults
from tidegate.forecast.defaults import suited
from tidegate.forecast.plan import Training
from tidegate.network.file import read_model, write_model

SIGNS = {"a": 1.0, "b": -1.0, "c": 1.0, "d": -1.0}
ROWS, HORIZON = 200, 3


def sold(rows: int, names: str = "abcd", seed: int = 0) -> pl.DataFrame:
    """What a price does is the opposite in every other series."""
    random = np.random.default_rng(seed)
    times = [dt.date(2020, 1, 1) + dt.timedelta(days=i) for i in range(rows)]
    parts = []
    for name in names:
        price = random.normal(size=rows)
        y = 10 + 2 * SIGNS.get(name, 1.0) * price + 0.1 * random.normal(size=rows)
        parts.append(pl.DataFrame({"unique_id": name, "ds": times, "price": price, "y": y}))
    return pl.concat(parts)


def ahead(frame: pl.DataFrame, price: float) -> pl.DataFrame:
    """The days after a frame, all at one price."""
    last = frame["ds"].max()
    assert isinstance(last, dt.date)
    times = [last + dt.timedelta(days=i + 1) for i in range(HORIZON)]
    names = frame["unique_id"].unique(maintain_order=True)
    return pl.concat(
        pl.DataFrame({"unique_id": name, "ds": times, "price": price}) for name in names
    )


@pytest.fixture(scope="module")
def fitted() -> tg.Forecaster:
    training = Training(updates=500, batch=64, calibrate=False)
    model = tg.Forecaster(HORIZON, season=1, hidden=64, future=["price"], training=training)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(defaults, "OFTEN", ROWS)
        return model.fit(sold(ROWS))


def test_each_goes_its_own_way(fitted: tg.Forecaster) -> None:
    assert fitted.plan_.told_apart == 4
    dear, cheap = (fitted.predict(future=ahead(sold(ROWS), price)) for price in (1.5, -1.5))
    moves = (dear["GRU"] - cheap["GRU"]).to_numpy().reshape(4, HORIZON)
    # 2 for each unit of price
    np.testing.assert_array_less(3, moves * np.array([[1], [-1], [1], [-1]]))


def test_by_its_name_alone(fitted: tg.Forecaster) -> None:
    rows = sold(ROWS, "c")
    rows = rows.with_columns(y=rows["y"].shuffle(seed=0))  # of which price tells nothing
    same = pl.concat(rows.with_columns(unique_id=pl.lit(name)) for name in "ab")
    a, b = fitted.predict(df=same, future=ahead(same, 1.5))["GRU"].to_numpy().reshape(2, HORIZON)
    assert (a > b + 1).all()


def test_a_saved_one_tells_them_apart_too(fitted: tg.Forecaster, tmp_path: Path) -> None:
    fitted.save(tmp_path / "model.safetensors")
    again = tg.load(tmp_path / "model.safetensors")
    future = ahead(sold(ROWS), 1.0)
    assert again.predict(future=future).equals(fitted.predict(future=future))


@pytest.mark.parametrize("place", [[0, 1, 2], [0, 1, 2, 4], [0, 1, 2, -2]])
def test_a_file_with_places_that_are_not_there_is_refused(
    fitted: tg.Forecaster, place: list[int], tmp_path: Path
) -> None:
    fitted.save(tmp_path / "good")
    file = read_model(tmp_path / "good")
    tensors = {**file.tensors, "member0.covariates.place": np.array(place)}
    write_model(tmp_path / "bad", file.kind, file.spec_json, tensors, file.meta)
    with pytest.raises(ModelFileError, match="places of its series"):
        tg.load(tmp_path / "bad")


def test_new_series_and_others_in_another_order(fitted: tg.Forecaster) -> None:
    frame = sold(ROWS, "dxa", seed=5)
    found = fitted.predict(df=frame, future=ahead(frame, 1.5))
    by_name = {str(name[0]): part["GRU"].mean() for name, part in found.group_by("unique_id")}
    assert by_name["a"] > 11.5 and by_name["d"] < 8.5  # type: ignore[operator]
    assert np.isfinite(found.drop("unique_id", "ds").to_numpy()).all()


def test_an_update_keeps_them(fitted: tg.Forecaster, tmp_path: Path) -> None:
    fitted.save(tmp_path / "model.safetensors")
    model = tg.load(tmp_path / "model.safetensors")
    both = sold(ROWS + 20)
    new = sold(20, "y").with_columns(pl.col("ds") + dt.timedelta(days=ROWS))
    later = pl.concat([both.filter(pl.col("ds") > sold(ROWS)["ds"].max()), new])
    model.update(later)
    model.save(tmp_path / "longer.safetensors")
    future = ahead(pl.concat([both, new]), 1.5)
    found = tg.load(tmp_path / "longer.safetensors").predict(future=future)
    assert found.equals(model.predict(future=future))
    assert found.filter(unique_id="b")["GRU"].mean() < 8.5  # type: ignore[operator]


def test_an_onnx_file_has_them(fitted: tg.Forecaster, tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    from tidegate.forecast.exported import feed_of

    fitted.to_onnx(tmp_path / "model.onnx")
    session = runtime.InferenceSession(tmp_path / "model.onnx")
    frame = sold(ROWS, "dxa", seed=5)
    future = ahead(frame, 1.5)
    feed = feed_of(fitted, df=frame, future=future)
    assert "static" not in feed
    found = session.run(["forecast"], feed)[0]
    expected = fitted.predict(df=frame, future=future)["GRU"].to_numpy()
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-5)


def test_an_audit_has_no_column_for_it(fitted: tg.Forecaster) -> None:
    found = tg.audit(fitted, sold(ROWS, seed=1))
    assert found.influence.once == ()
    assert found.influence.inputs == ("y", "price")


def test_only_long_series_with_covariates_that_nothing_else_tells_apart() -> None:
    frame = sold(1000)

    def told(table: pl.DataFrame = frame, **columns: list[str]) -> int:
        return suited(read_series(table, **columns), 3).told_apart  # type: ignore[arg-type]

    assert told(future=["price"]) == told(past=["price"]) == 4
    assert told() == 0
    assert told(frame.with_columns(size=1.0), past=["price"], static=["size"]) == 0
    assert told(frame.filter(unique_id="a"), past=["price"]) == 0
    assert told(sold(900), past=["price"]) == 0
