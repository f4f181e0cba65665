"""The forecaster: frame in, frame out; what it promises for any data."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tidegate
from tidegate.data.series import read_series
from tidegate.errors import ArgumentError, DataError, NotFittedError
from tidegate.forecast.ask import ShortSeriesWarning
from tidegate.forecast.forecaster import Forecaster
from tidegate.forecast.plan import Training
from tidegate.forecast.settings import SeasonWarning

from .frames import QUICK, days, forecaster, rain, several, wave


def test_the_frame_that_comes_back() -> None:
    ahead = forecaster().fit(days(wave())).predict()
    assert ahead.columns == ["ds", "LSTM", "LSTM-lo-80", "LSTM-hi-80", "LSTM-lo-95", "LSTM-hi-95"]
    assert ahead["ds"].to_list() == [dt.date(2024, 3, day) for day in (1, 2, 3)]
    assert ahead["ds"].dtype == pl.Date


def test_pandas_in_pandas_out_with_the_same_numbers() -> None:
    frame = several(a=wave(), b=wave(50, seed=1))
    ahead = forecaster().fit(frame).predict()
    theirs = frame.to_pandas()
    theirs["ds"] = pd.to_datetime(theirs["ds"])
    pandas_ahead = forecaster().fit(theirs.sample(frac=1, random_state=0)).predict()
    assert isinstance(pandas_ahead, pd.DataFrame)
    assert pandas_ahead.columns.tolist() == ahead.columns
    np.testing.assert_array_equal(pandas_ahead["LSTM"].to_numpy(), ahead["LSTM"].to_numpy())
    assert ahead["unique_id"].to_list() == ["a"] * 3 + ["b"] * 3
    assert ahead["ds"].to_list()[3] == dt.date(2024, 2, 20)


def test_series_shorter_than_the_horizon_are_told() -> None:
    frame = several(a=wave(), new=wave(3), newer=wave(1))
    words = r"series 'new' has 3 rows, fewer than the 4 steps .*\(and 1 more are short\)"
    with pytest.warns(ShortSeriesWarning, match=words) as told:
        model = forecaster(4).fit(frame)
    assert told[0].filename == __file__
    with pytest.warns(ShortSeriesWarning, match="'newer' has 1 row, fewer than the 4") as told:
        ahead = model.predict(df=several(newer=wave(1)))
    assert told[0].filename == __file__ and ahead["LSTM"].is_finite().all()
    with pytest.warns(ShortSeriesWarning, match="4 rows, fewer than the 5 .* too narrow$"):
        model.predict(df=several(a=wave(4)))  # a season and a row is the least that it learnt from
    model.predict(df=several(a=wave(5)))


def test_of_many_series_short_ones_are_forecast_in_silence() -> None:
    many = forecaster(3).fit(several(**{f"s{i}": wave(30, seed=i) for i in range(50)}))
    assert many.plan_.fewest == 1 < 3 < many.plan_.least
    many.predict(df=several(new=wave(3)))


def test_other_names_of_columns_and_whole_numbers_for_times() -> None:
    frame = pl.DataFrame({"shop": ["x"] * 40, "week": range(5, 45), "sold": wave(40)})
    fitted = forecaster(2, "rnn_relu", id="shop", time="week", target="sold").fit(frame)
    ahead = fitted.predict(levels=(50.5,))
    assert ahead.columns == ["shop", "week", "RNN_RELU", "RNN_RELU-lo-50.5", "RNN_RELU-hi-50.5"]
    assert ahead["week"].to_list() == [45, 46]


def test_levels_name_what_they_are_in_any_order() -> None:
    fitted = forecaster().fit(days(wave()))
    one, other = fitted.predict(levels=(95, 50, 95)), fitted.predict(levels=[50, 95.0])
    assert one.columns == ["ds", "LSTM", "LSTM-lo-95", "LSTM-hi-95", "LSTM-lo-50", "LSTM-hi-50"]
    assert one.select(other.columns).equals(other)
    assert (one["LSTM-hi-95"] > one["LSTM-hi-50"]).all()
    assert fitted.predict(levels=()).columns == ["ds", "LSTM"]


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_the_same_bits_from_the_same_seed_with_any_number_of_threads(cell: str) -> None:
    frame = several(a=rain(), b=wave(40))
    before = tidegate.get_threads()
    try:
        found = []
        for threads in (1, 2):
            tidegate.set_threads(threads)
            found.append(forecaster(cell=cell, seed=3).fit(frame).predict())
    finally:
        tidegate.set_threads(before)
    # NaN in the column of chances equals NaN
    assert found[0].equals(found[1], null_equal=True)
    assert not forecaster(cell=cell, seed=4).fit(frame).predict().equals(found[0])


def test_a_series_without_zeros_has_no_chance_beside_one_with_many() -> None:
    ahead = forecaster().fit(several(dry=wave(), wet=rain())).predict()
    chance = ahead["LSTM-p"].to_numpy()
    assert np.isnan(chance[:3]).all()
    assert ((chance[3:] > 0) & (chance[3:] < 1)).all()
    assert (ahead["LSTM-lo-95"].to_numpy()[3:] >= 0).all()


def test_it_learns_what_can_be_learnt() -> None:
    values = np.tile([0.0, 10.0, 0.0, 20.0, 5.0, 0.0], 30)
    training = Training(updates=600, batch=32, learning_rate=1e-2)
    fitted = Forecaster(6, season=6, hidden=16, training=training).fit(days(values))
    ahead = fitted.predict()
    # exact repeats, of a size of 20: within a tenth of that
    np.testing.assert_allclose(ahead["GRU"].to_numpy(), values[:6], atol=2)
    chance = ahead["GRU-p"].to_numpy()
    assert ((chance > 0.5) == (values[:6] > 0)).all()


numbers = st.one_of(
    st.floats(-1e9, 1e9),
    st.floats(-1e300, 1e300),
    st.sampled_from([0.0, 1.0, -1.0, 1e-300]),
)


@settings(max_examples=25)
@given(st.lists(numbers, min_size=12, max_size=40), st.booleans())
def test_any_numbers_give_ordered_finite_quantiles(values: list[float], positive: bool) -> None:
    array = np.abs(values) if positive else np.array(values)
    quick = Training(updates=3, batch=4)
    fitted = forecaster(2, season=1, training=quick).fit(days(array), progress=False)
    ahead = fitted.predict(levels=(10, 80, 99.9))
    ordered = ["LSTM-lo-99.9", "LSTM-lo-80", "LSTM-lo-10", "LSTM"]
    ordered += ["LSTM-hi-10", "LSTM-hi-80", "LSTM-hi-99.9"]
    table = ahead.select(ordered).to_numpy()
    assert np.isfinite(table).all()
    assert (table[:, 1:] >= table[:, :-1]).all()
    if array.min() >= 0:
        assert (table >= 0).all()


@pytest.mark.parametrize("value", [0.0, 5.0, -3.0, 1e12])
def test_a_constant_series_goes_on(value: float) -> None:
    ahead = forecaster().fit(days(np.full(50, value))).predict()
    numbers = ahead.drop("ds").to_numpy()
    assert np.isfinite(numbers).all()
    # the spread that a network knows not to be 0 is small beside the value
    np.testing.assert_allclose(ahead["LSTM"].to_numpy(), value, atol=0.2 * max(abs(value), 1))


@pytest.mark.filterwarnings("ignore::tidegate.forecast.ask.ShortSeriesWarning")
def test_a_short_series_is_forecast_beside_long_ones() -> None:
    ahead = forecaster().fit(several(long=wave(), short=wave(2, seed=5))).predict()
    assert ahead["unique_id"].to_list() == ["long"] * 3 + ["short"] * 3
    assert np.isfinite(ahead["LSTM"].to_numpy()).all()


def test_defaults_are_filled_in_and_reported() -> None:
    fitted = Forecaster(7, training=QUICK, hidden=8).fit(days(np.arange(60.0) % 7 + 1))
    assert (fitted.plan_.season, fitted.plan_.window) == (7, 112)
    assert fitted.history_ is not None
    assert len(fitted.history_.loss) == 15
    # less than two weeks and a horizon: no week can be learnt
    short = Forecaster(7, training=QUICK, hidden=8).fit(days(wave(20)))
    assert short.plan_.season == 1


def test_a_series_that_was_read_already_is_taken() -> None:
    frame = days(wave())
    from_series = forecaster().fit(read_series(frame)).predict()
    assert from_series.equals(forecaster().fit(frame).predict())


@pytest.mark.parametrize(
    "change",
    [
        {"horizon": 0},
        {"horizon": -1},
        {"horizon": 1.5},
        {"window": 0},
        {"season": 2.5},
        {"hidden": 0},
        {"seed": -1},
        {"cell": "LSTM"},
        {"training": 5},
    ],
    ids=str,
)
def test_settings_are_checked_when_it_is_fitted(change: dict[str, Any]) -> None:
    made = forecaster(**change)
    with pytest.raises(ArgumentError, match=f"Forecaster.{next(iter(change))}") as caught:
        made.fit(days(wave()))
    assert "\n" not in str(caught.value)


def test_too_few_rows_are_told_with_the_number_needed() -> None:
    with pytest.raises(DataError, match="must have 8 rows at least, got 7; take a horizon up to 2"):
        forecaster().fit(days(wave(7)))
    with pytest.raises(DataError, match="must have 8 rows at least, got 3; give more rows"):
        forecaster().fit(days(wave(3)))
    forecaster().fit(days(wave(8)))


def test_a_season_that_asks_for_too_many_rows_is_named() -> None:
    said = "with a season of 1,000 rows, .* got 60; take a season up to 56, or give more rows"
    with pytest.raises(DataError, match=said):
        forecaster(season=1000).fit(days(wave(60)))
    with pytest.warns(SeasonWarning):
        forecaster(season=56).fit(days(wave(60)))


def test_a_column_may_not_have_the_name_of_a_forecast() -> None:
    frame = days(wave())
    with pytest.raises(DataError, match=r"'LSTM-time'.*rename it"):
        forecaster(time="LSTM-time").fit(frame.rename({"ds": "LSTM-time"}))


def test_before_fit_there_is_no_forecast() -> None:
    with pytest.raises(NotFittedError, match="call fit"):
        forecaster().predict()
    with pytest.raises(NotFittedError):
        forecaster().save("nowhere")


@pytest.mark.parametrize(
    ("level", "word"), [(99.99999, "99.99999"), (100 / 3, "33.333333333"), (12.5, "12.5")]
)
def test_a_level_keeps_its_digits(level: float, word: str) -> None:
    ahead = forecaster().fit(days(wave())).predict(levels=(level, 80))
    ends = [f"LSTM-{side}-{each}" for each in (word, "80") for side in ("lo", "hi")]
    assert ahead.columns == ["ds", "LSTM", *ends]


@pytest.mark.parametrize(
    "levels", [(0,), (100,), (100 - 1e-12,), (80, -5), ("80",), (True,), (float("nan"),)]
)
def test_levels_that_make_no_sense(levels: Any) -> None:
    fitted = forecaster().fit(days(wave()))
    with pytest.raises(ArgumentError, match="level"):
        fitted.predict(levels=levels)


@pytest.mark.parametrize("quantile", [0, 1, 1e-12, 1 - 1e-12])
def test_quantiles_without_an_end(quantile: float) -> None:
    with pytest.raises(ArgumentError, match="above 0 and below 1"):
        forecaster().fit(days(wave())).predict(quantiles=(quantile,))


@pytest.mark.parametrize("levels", ["80", 80])
def test_levels_must_be_several(levels: Any) -> None:
    fitted = forecaster().fit(days(wave()))
    with pytest.raises(ArgumentError, match=r"\(80, 95\)"):
        fitted.predict(levels=levels)


def test_the_public_names() -> None:
    assert tidegate.Forecaster is Forecaster
    assert {"Forecaster", "load", "LSTM"} <= set(dir(tidegate))
    assert tidegate.__version__
    with pytest.raises(AttributeError, match="no attribute 'Prophet'"):
        tidegate.Prophet  # noqa: B018


def test_a_season_that_no_series_has_twice_is_told() -> None:
    frame = pl.DataFrame({"ds": range(40), "y": [float(i % 9) for i in range(40)]})
    given = {"horizon": 2, "hidden": 4, "training": Training(updates=2)}
    words = "^a season of 21 rows is given, and the longest series has 40, less than two of them"
    with pytest.warns(SeasonWarning, match=words) as told:
        Forecaster(season=(7, 21), **given).fit(frame)
    assert told[0].filename == __file__
    Forecaster(season=20, **given).fit(frame)  # and warnings are errors here
