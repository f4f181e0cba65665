"""Newer rows, other series, covariates, ensembles: what a fitted forecaster does with them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import tidegate
from tidegate.errors import ArgumentError, DataError
from tidegate.forecast.auto import Learner
from tidegate.forecast.choice import Choice
from tidegate.forecast.members import Members
from tidegate.forecast.simple import Simple

from .frames import days, forecaster, several, wave


def with_covariates(rows: int = 60, seed: int = 0) -> pl.DataFrame:
    """What comes is what was known ahead, and a category of the series."""
    random = np.random.default_rng(seed)
    parts = []
    for name, kind in (("a", "shop"), ("b", "kiosk")):
        price = random.normal(size=rows)
        part = days(price * 2 + 0.1 * random.normal(size=rows)).with_columns(
            unique_id=pl.lit(name), price=pl.Series(price), kind=pl.lit(kind), warm=price**2
        )
        parts.append(part)
    return pl.concat(parts)


def covariate_forecaster(**changes: Any) -> tidegate.Forecaster:
    return forecaster(future=["price"], past=["warm"], static=["kind"], **changes)


def test_a_series_of_which_nothing_comes_for_long_is_forecast_from_what_came_last(
    tmp_path: Path,
) -> None:
    silent = pl.DataFrame({"ds": days(wave(100))["ds"], "y": [*(wave() + 50), *[None] * 40]})
    model = forecaster().fit(silent.head(60))
    usual = model.predict()
    assert model.plan_.reach < 40
    for rows in (slice(60, 63), slice(63, 100)):
        model.update(silent[rows])
    ahead = model.predict()
    assert ahead["LSTM"].is_between(usual["LSTM"].min() - 5, usual["LSTM"].max() + 5).all()
    assert model.predict(df=silent).equals(ahead)
    model.save(tmp_path / "model")
    assert tidegate.load(tmp_path / "model").predict().equals(ahead)


def test_a_series_that_falls_below_0_later_is_forecast_below_0() -> None:
    level = np.concatenate([np.full(60, 5.0), np.full(20, -4.0)])
    frame = days(level + 0.1 * np.sin(np.arange(80)))
    model = forecaster().fit(frame.head(60))
    below = model.predict(df=frame)
    assert (below["LSTM-lo-80"] < 0).all()
    assert model.update(frame.tail(20)).predict().equals(below)
    assert (forecaster().fit(frame.head(60)).predict()["LSTM-lo-95"] >= 0).all()


def test_a_series_that_falls_below_0_within_a_backtest_is_forecast_below_0() -> None:
    level = np.concatenate([np.full(60, 5.0), np.full(20, -4.0)])
    frame = days(level + 0.1 * np.sin(np.arange(80)))
    found = forecaster().backtest(frame, windows=8, names=["naive", "seasonal naive"])
    model = forecaster().fit(frame.head(56))  # 8 windows of 3 rows come after them
    for row in (56, 68, 77):
        expected = model.predict(df=frame.head(row))
        one = found.frame[row - 56 : row - 53]
        for column in expected.columns:
            np.testing.assert_array_equal(one[column].to_numpy(), expected[column].to_numpy())
    last = found.frame.tail(3)
    assert (last["naive-lo-80"] < 0).all() and (last["seasonal naive"] < 0).all()
    assert (found.frame["naive-lo-95"][:3] >= 0).all()


def test_newer_rows_give_what_the_longer_frame_gives() -> None:
    frame = several(a=wave(60), b=wave(50, seed=1))
    cut = pl.col("ds") < frame["ds"].max() - pl.duration(days=20)
    fitted = forecaster().fit(frame.filter(cut))
    expected = fitted.predict(df=frame)
    before = fitted.predict()
    assert fitted.update(frame.filter(~cut)).predict().equals(expected)
    assert not expected.equals(before)


def test_rows_that_are_known_already_are_refused_and_nothing_changes() -> None:
    frame = days(wave())
    fitted = forecaster().fit(frame)
    before = fitted.predict()
    with pytest.raises(DataError, match="is not after"):
        fitted.update(frame[-3:])
    assert fitted.predict().equals(before)


def test_a_new_series_joins_with_an_update() -> None:
    fitted = forecaster().fit(several(a=wave(60)))
    fitted.update(several(z=wave(40, seed=3)))
    ahead = fitted.predict()
    assert ahead["unique_id"].to_list() == ["a"] * 3 + ["z"] * 3
    alone = forecaster().fit(several(a=wave(60))).predict(df=several(z=wave(40, seed=3)))
    numbers = alone.columns[2:]
    # NumPy may sum the mixture of paths in another order for another number of series
    np.testing.assert_allclose(
        ahead[3:].select(numbers).to_numpy(), alone.select(numbers).to_numpy(), rtol=1e-12
    )


def test_a_series_never_seen_does_not_depend_on_those_beside_it() -> None:
    fitted = forecaster().fit(several(a=wave(60), b=wave(60, seed=1)))
    new = wave(30, seed=5) * 1000
    alone = fitted.predict(df=several(new=new))
    beside = fitted.predict(df=several(new=new, other=wave(70, seed=6), a=wave(60)))
    assert alone.equals(beside.filter(pl.col("unique_id") == "new"))
    assert beside.filter(pl.col("unique_id") == "a").equals(
        fitted.predict().filter(pl.col("unique_id") == "a")
    )


def test_missing_values_and_gaps_are_reported_and_forecast_over(tmp_path: Path) -> None:
    frame = days(wave(80)).with_columns(
        y=pl.when(pl.int_range(80) % 11 == 3).then(None).otherwise(pl.col("y"))
    )
    frame = pl.concat([frame[:40], frame[44:]])
    fitted = forecaster().fit(frame)
    assert [gap.rows for gap in fitted.filled_] == [4]
    ahead = fitted.predict()
    assert np.isfinite(ahead["LSTM"].to_numpy()).all()
    fitted.save(tmp_path / "model")
    assert tidegate.load(tmp_path / "model").predict().equals(ahead)


def test_what_is_known_ahead_of_a_series_reaches_it_and_no_other() -> None:
    frame = with_covariates()
    fitted = covariate_forecaster().fit(frame)
    last = frame["ds"].max()
    ahead = pl.DataFrame(
        {
            "unique_id": ["a"] * 3 + ["b"] * 3,
            "ds": [last + dt.timedelta(days=step) for step in (1, 2, 3)] * 2,
            "price": [0.0, 1.0, -1.0] * 2,
        }
    )
    before = fitted.predict(future=ahead)
    changed = ahead.with_columns(
        price=pl.when((pl.col("unique_id") == "a") & (pl.col("ds") == ahead["ds"][1]))
        .then(9.0)
        .otherwise(pl.col("price"))
    )
    after = fitted.predict(future=changed)
    different = (before["LSTM"] != after["LSTM"]).to_list()
    assert different[1]
    assert different[3:] == [False] * 3


def test_a_row_that_is_missing_ahead_is_named() -> None:
    frame = with_covariates()
    fitted = covariate_forecaster().fit(frame)
    with pytest.raises(DataError, match="price"):
        fitted.predict()
    last = frame["ds"].max()
    tomorrow = last + dt.timedelta(days=1)
    few = pl.DataFrame({"unique_id": ["a"], "ds": [tomorrow], "price": [0.0]})
    with pytest.raises(DataError, match=r"series 'a'.*2024-03-02"):
        fitted.predict(future=few)
    with pytest.raises(ArgumentError, match="nothing is known ahead"):
        forecaster().fit(days(wave())).predict(future=few)


def test_covariates_come_back_from_a_file(tmp_path: Path) -> None:
    frame = with_covariates()
    fitted = covariate_forecaster(ensemble=2).fit(frame)
    fitted.save(tmp_path / "model")
    loaded = tidegate.load(tmp_path / "model")
    names = (list(loaded.future), list(loaded.past), list(loaded.static))
    assert names == (["price"], ["warm"], ["kind"]) and loaded.ensemble == 2
    more = with_covariates(66).filter(pl.col("ds") > frame["ds"].max())
    future = more.select("unique_id", "ds", "price")
    assert loaded.predict(future=future).equals(fitted.predict(future=future))
    unknown = more.filter(pl.col("unique_id") == "a").with_columns(
        unique_id=pl.lit("new"), kind=pl.lit("tent")
    )
    with pytest.raises(DataError, match="tent"):
        loaded.predict(df=unknown, future=future)


def test_an_ensemble_says_the_median_of_its_members() -> None:
    frame = several(a=wave(60), b=wave(50, seed=1))
    together = forecaster(ensemble=3, seed=5).fit(frame)
    assert isinstance(together.answers_, Members) and len(together.answers_.learned) == 3
    first = forecaster(seed=5).fit(frame).predict()
    single = Members(together.answers_.learned[:1])
    series = together.series_
    end = series.start + series.length
    alone = single.forecast(series, np.arange(2), end, np.array([0.5])).quantiles.ravel()
    np.testing.assert_array_equal(alone, first["LSTM"].to_numpy())
    each = [
        one.forecast(series, np.arange(2), end, np.array([0.5])).quantiles.ravel()
        for one in together.answers_.learned
    ]
    np.testing.assert_array_equal(np.median(each, axis=0), together.predict()["LSTM"].to_numpy())


def test_an_ensemble_is_the_same_however_many_learn_at_once() -> None:
    frame = days(wave())
    one, three = (forecaster(ensemble=3, n_jobs=jobs).fit(frame).predict() for jobs in (1, 3))
    assert one.equals(three)


def test_auto_takes_a_baseline_where_there_is_nothing_to_learn(tmp_path: Path) -> None:
    walk = days(np.random.default_rng(0).normal(size=150).cumsum() + 50)
    fitted = forecaster(cell="auto", season=1).fit(walk)
    assert fitted.choice_ is not None and isinstance(fitted.answers_, Simple)
    assert str(fitted.choice_).startswith(fitted.choice_.name)
    ahead = fitted.predict()
    assert ahead.columns[:2] == ["ds", "AUTO"]
    fitted.save(tmp_path / "model")
    loaded = tidegate.load(tmp_path / "model")
    assert loaded.predict().equals(ahead) and loaded.cell == "auto"


def test_quantiles_between_the_levels_do_not_cross() -> None:
    fitted = forecaster().fit(days(wave()))
    ahead = fitted.predict(levels=(80,), quantiles=(0.3, 0.99))
    assert ahead.columns == ["ds", "LSTM", "LSTM-lo-80", "LSTM-hi-80", "LSTM-ql0.3", "LSTM-ql0.99"]
    order = ["LSTM-lo-80", "LSTM-ql0.3", "LSTM", "LSTM-hi-80", "LSTM-ql0.99"]
    assert (np.diff(ahead.select(order).to_numpy(), axis=1) >= 0).all()
    with pytest.raises(ArgumentError, match="a quantile must be above 0 and below 1"):
        fitted.predict(quantiles=(1.0,))


def test_quantiles_alone_have_columns_of_their_own() -> None:
    model, names = forecaster(), ["LSTM", "LSTM-ql0.1", "LSTM-ql0.9"]
    both = model.fit(days(wave())).predict(quantiles=(0.1, 0.9))
    assert both.columns == ["ds", *names]
    usual = model.predict()
    assert both["LSTM-ql0.1"].equals(usual["LSTM-lo-80"].rename("LSTM-ql0.1"))
    found = model.backtest(days(wave()), windows=1, quantiles=(0.1, 0.9), names=["naive"])
    assert found.levels == () and set(names) < set(found.frame.columns)


def test_a_backtest_trained_anew_sees_no_row_of_its_windows() -> None:
    frame = days(wave(60))
    found = forecaster().backtest(frame, windows=2, refit=True, names=["naive"])
    early = forecaster().fit(frame[:54]).predict()
    np.testing.assert_array_equal(found.frame["LSTM"].to_numpy()[:3], early["LSTM"].to_numpy())
    assert str(found.verdict).startswith(("beats", "no better than", "worse than"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ensemble": 0}, "ensemble must be a whole number from 1"),
        ({"n_jobs": 0}, "n_jobs must be from 1 up, or -1"),
        ({"season": (24, 24)}, "two different numbers"),
        ({"season": (1, 2, 3)}, "season must be rows"),
        ({"season": 0}, "season must be a whole number from 1"),
        ({"future": "holiday"}, "future must be names of columns"),
    ],
)
def test_settings_that_make_no_sense(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        forecaster(**change).fit(days(wave()))


def test_names_that_come_once_are_kept() -> None:
    """A generator that a backtest has emptied would leave the fit after it without covariates."""
    model = forecaster(past=(name for name in ["price"]))
    frame = days(wave()).with_columns(price=pl.Series(wave(seed=5)))
    model.backtest(frame, windows=1, names=["naive"])
    assert model.fit(frame).series_.past.shape[1] == 1


def test_a_rule_of_all_series_that_was_picked_forecasts_others_by_what_it_learnt(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A ridge regression of one series alone, which says something else, is no fitted model."""
    monkeypatch.setattr(Learner, "pick", lambda *_: Choice("ridge", (), 9))
    frame = several(a=wave(), b=10 * wave(60, seed=3), c=wave(50, seed=4))
    model = forecaster(cell="auto").fit(frame)
    assert isinstance(model.answers_, Simple)
    model.save(tmp_path / "model.safetensors")
    one = frame.filter(pl.col("unique_id") == "a")
    expected = model.predict().filter(pl.col("unique_id") == "a")
    for each in (model, tidegate.load(tmp_path / "model.safetensors")):
        found = each.predict(df=one)
        np.testing.assert_allclose(found["AUTO"], expected["AUTO"], rtol=1e-9)
    alone = forecaster(cell="auto").fit(one).predict()
    assert np.abs(alone["AUTO"].to_numpy() - expected["AUTO"].to_numpy()).max() > 1e-3


def test_a_baseline_of_all_series_learns_nothing_of_newer_rows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Learner, "pick", lambda *_: Choice("ridge", (), 9))
    frame = several(a=wave(120), b=10 * wave(120, seed=3), c=wave(110, seed=4))
    before = frame.filter(pl.col("ds") < frame["ds"].sort()[-60])
    newer = frame.filter(pl.col("ds") >= frame["ds"].sort()[-60])
    model = forecaster(cell="auto").fit(before)
    ahead = model.predict(df=frame)
    model.update(newer.filter(pl.col("ds") < newer["ds"].max()))
    model.update(newer.filter(pl.col("ds") == newer["ds"].max()))
    assert model.predict().equals(ahead)
    assert not forecaster(cell="auto").fit(frame).predict().equals(ahead)
    model.save(tmp_path / "model")
    loaded = tidegate.load(tmp_path / "model")
    assert loaded.predict().equals(ahead) and loaded.predict(df=frame).equals(ahead)
    loaded.save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "model").read_bytes()
