"""Backtests of models that are made up: what they see, how they are scored, what is written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from tidegate.data.series import Series, read_series
from tidegate.errors import ArgumentError, DataError
from tidegate.forecast import metrics
from tidegate.forecast.backtest import Ahead, Backtest, backtest
from tidegate.forecast.baselines import BASELINES
from tidegate.forecast.choice import choose
from tidegate.forecast.parallel import each

from .frames import days, forecaster, several, wave

HORIZON, SEASON = 3, 4
NAN = np.nan


class Oracle:
    """Says what will come, plus noise of a deviation, with intervals that are that wide."""

    def __init__(self, series: Series, noise: float = 0.0, seed: int = 0) -> None:
        self.series, self.noise, self.seed = series, noise, seed
        self.learnt: list[list[int]] = []

    def __call__(self, known: np.ndarray) -> Ahead:
        self.learnt.append(known.tolist())

        def ahead(which: np.ndarray, cut: np.ndarray, levels: np.ndarray) -> Any:
            random = np.random.default_rng(self.seed)
            values = np.nan_to_num(self.series.values[cut[:, None] + np.arange(HORIZON)])
            middle = values + self.noise * random.normal(size=values.shape)
            return middle[..., None] + (levels - 0.5) * self.noise, np.full(values.shape, NAN)

        return ahead


def run(frame: Any, noise: float = 0.1, **settings: Any) -> Backtest:
    series = read_series(frame)
    fit: Callable[[np.ndarray], Ahead] = Oracle(series, noise)
    settings = {"model": "GRU", "needed": 10, "windows": 12, **settings}
    return backtest(fit, series, HORIZON, SEASON, **settings)


def test_a_good_model_beats_the_baselines_and_a_bad_one_is_worse() -> None:
    frame = days(wave(60))
    assert str(run(frame, 0.01).verdict).startswith("beats ")
    bad = str(run(frame, 5.0).verdict)
    assert bad.startswith("worse than ")
    assert bad.endswith("12 windows)")
    assert str(run(frame, 0.01, windows=4).verdict).startswith("no better than ")


def test_scores_by_hand() -> None:
    values = wave(60)
    found = run(days(values), windows=2, step=1, names=("naive",), levels=(80.0,))
    assert found.held.cut.tolist() == [56, 57]
    actual = np.stack([values[56:59], values[57:60]])
    errors = np.abs(actual - values[[55, 56], None])
    step = np.abs(values[4:56] - values[:52]).mean()
    overall = {metric: row["naive"] for metric, row in found.overall.items()}
    assert overall["mae"] == pytest.approx(errors.mean())
    assert overall["rmse"] == pytest.approx(np.sqrt((errors**2).mean()))
    assert overall["mase"] == pytest.approx(errors.mean() / step)
    own = found.quantiles["naive"]
    assert overall["width-80"] == pytest.approx((own[..., 2] - own[..., 0]).mean())
    assert found.overlap == 3


def test_what_is_not_observed_is_not_scored() -> None:
    values = wave(60)
    values[57:60] = NAN
    series = read_series(days(wave(60)))
    gappy = Series(
        values, series.time, series.start, series.length, None, series.frequency, series.frame
    )
    settings = {"model": "GRU", "needed": 10}
    found = backtest(Oracle(gappy, 0.1), gappy, HORIZON, SEASON, windows=9, **settings)
    # the last window counts for nothing: as if it were not there
    assert np.isnan(found.losses["GRU"]).tolist() == [False] * 8 + [True]
    assert found.verdict.count == 8
    assert all(np.isfinite(value) for row in found.overall.values() for value in row.values())
    json.dumps(found.to_json(), allow_nan=False)


def test_training_is_done_once_or_at_every_origin() -> None:
    series = read_series(several(a=wave(40), b=wave(30, 1)))
    for refit, expected in (
        (False, [[31, 21]]),
        (True, [[31, 21], [34, 24], [37, 27]]),
        (2, [[31, 21], [37, 27]]),
    ):
        fit = Oracle(series)
        found = backtest(
            fit, series, HORIZON, SEASON, model="GRU", needed=10, windows=3, refit=refit
        )
        assert fit.learnt == expected
        assert np.isfinite(found.quantiles["theta"]).all()
    # a mean that is learnt anew is that of more rows
    again = backtest(
        Oracle(series), series, HORIZON, SEASON, model="GRU", needed=10, windows=3, refit=True
    )
    last = again.quantiles["mean"][2, 0, 2]
    assert last == pytest.approx(series.values[:37].mean())


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_the_frame_has_the_columns_that_others_have(library: str) -> None:
    frame = several(a=wave(40), b=wave(30, 1))
    given = frame.to_pandas() if library == "pandas" else frame
    found = run(given, windows=2, levels=(80.0,), quantiles=(0.3,), names=("naive",)).frame
    assert isinstance(found, pd.DataFrame if library == "pandas" else pl.DataFrame)
    columns = ["unique_id", "ds", "cutoff", "y"]
    for name in ("GRU", "naive"):
        columns += [name, f"{name}-lo-80", f"{name}-ql0.3", f"{name}-hi-80"]
    assert list(found.columns) == columns
    table = found if library == "polars" else pl.from_pandas(found)
    assert table["unique_id"].to_list() == ["a"] * 6 + ["b"] * 6
    first = table.row(0, named=True)
    # two windows of three days in 40 that begin with the year: the first is of day 35
    assert [f"{first[name]:%m-%d}" for name in ("ds", "cutoff")] == ["02-04", "02-03"]
    np.testing.assert_allclose(table["y"].to_numpy()[:3], wave(40)[34:37])
    np.testing.assert_allclose(table["naive"].to_numpy()[:3], wave(40)[33])


def test_a_frame_without_ids_gets_one_as_the_conventions_ask() -> None:
    found = run(days(wave(60)), names=("naive",))
    assert found.frame["unique_id"].unique().to_list() == ["y"]
    assert found.scores["unique_id"].unique().to_list() == ["y"]


@pytest.mark.filterwarnings("default")  # of the other library's own
def test_utilsforecast_finds_the_same_scores() -> None:
    losses = pytest.importorskip("utilsforecast.losses")
    evaluate = pytest.importorskip("utilsforecast.evaluation").evaluate
    frame = several(a=wave(60), b=wave(50, 1)).to_pandas()
    found = run(frame, windows=3, levels=(80.0, 95.0))
    known = found.held.known
    train = pd.concat(
        [
            frame[frame["unique_id"] == name].head(rows)
            for name, rows in zip("ab", known, strict=True)
        ]
    )
    models = ["GRU", *BASELINES]
    table = found.frame.drop(columns="cutoff")
    other = evaluate(
        table,
        metrics=[losses.mae, losses.rmse, losses.smape, losses.coverage],
        models=models,
        level=[80, 95],
    )
    scaled = losses.mase(table, models=models, seasonality=SEASON, train_df=train)
    ours = found.scores.set_index(["metric", "unique_id"])
    theirs = other.set_index(["metric", "unique_id"])
    for name, factor in (("mae", 1), ("rmse", 1), ("smape", 200)):
        np.testing.assert_allclose(ours.loc[name][models], factor * theirs.loc[name][models])
    for level in (80, 95):
        np.testing.assert_allclose(
            ours.loc[f"coverage-{level}"][models], theirs.loc[f"coverage_level{level}"][models]
        )
    np.testing.assert_allclose(ours.loc["mase"][models], scaled.set_index("unique_id")[models])
    # the frame as it is: a row for each window
    windows = evaluate(found.frame, metrics=[losses.mae], models=models, train_df=frame)
    assert len(windows) == 2 * 3
    mean = windows.groupby("unique_id")[models].mean()
    np.testing.assert_allclose(ours.loc["mae"][models], mean)


def test_several_series_are_compared_in_units_of_their_own() -> None:
    small, large = wave(60), wave(60, 1)
    one = run(several(a=small, b=large))
    other = run(several(a=small, b=1e12 * large), names=("naive",))
    np.testing.assert_allclose(other.losses["naive"], one.losses["naive"])
    still = run(several(a=small, b=np.full(60, 5.0)), names=("naive",))
    assert np.isfinite(still.losses["GRU"]).all()
    assert still.overall["mase"]["naive"] == pytest.approx(
        float(metrics.mean(still.scores.filter(pl.col("metric") == "mase")["naive"].to_numpy()))
    )


def test_series_of_any_size_are_scored() -> None:
    found = run(several(a=1e300 * wave(60), b=1e-12 * wave(60, 1)), names=("naive", "ridge"))
    assert all(np.isfinite(value) for row in found.overall.values() for value in row.values())
    assert found.overall["mae"]["naive"] > 1e298


def test_it_reads_as_a_table() -> None:
    found = run(days(wave(60)), 0.01, names=("naive", "theta"), levels=(80.0,))
    assert repr(found) == str(found)
    lines = str(found).splitlines()
    assert lines[0] == "12 windows of 3 steps, 1 series"
    assert lines[2].split() == ["mae", "rmse", "smape", "mase", "pinball", "coverage-80", "msis-80"]
    assert [line.split()[0] for line in lines[3:6]] == ["GRU", "naive", "theta"]
    assert lines[-1].startswith("GRU beats")
    one = str(run(days(wave(60)), 0.01, names=("naive",), windows=1))
    assert one.startswith("1 window of 3 steps, 1 series")


@pytest.mark.parametrize("name", ["naive", "naive-lo-80", "cutoff"])
def test_a_column_named_as_one_of_the_forecasts_is_told(name: str) -> None:
    frame = days(wave(60)).rename({"y": name})
    found = forecaster(target=name).backtest(frame, names=("naive",), progress=False)
    assert found.overall["mae"]["naive"] > 0
    with pytest.raises(DataError, match=f"the column '{name}' has a name that the frame"):
        _ = found.frame


@pytest.mark.parametrize("name", ["metric", "naive"])
def test_ids_in_a_column_that_the_scores_have_too(name: str) -> None:
    frame = several(a=wave(), b=wave(seed=1)).rename({"unique_id": name})
    found = forecaster(id=name).backtest(frame, windows=2, names=("naive",))
    with pytest.raises(DataError, match=f"the column '{name}' has a name that the frame of score"):
        _ = found.scores


def test_levels_that_are_quantiles_too_are_not_doubled() -> None:
    found = run(days(wave(60)), names=("naive",), levels=(80.0,), quantiles=(0.1, 0.5, 0.25))
    np.testing.assert_allclose(found.grid, [0.1, 0.25, 0.5, 0.9])


@pytest.mark.parametrize("names", [(), ("naive", "best"), "naive"])
def test_baselines_that_there_are_not(names: Any) -> None:
    with pytest.raises(ArgumentError, match=r"baseline(s)? must be") as told:
        run(days(wave(60)), names=names)
    with pytest.raises(ArgumentError, match=f"^{re.escape(str(told.value))}$"):
        forecaster().backtest(days(wave(60)), names=names)


def test_too_short_for_any_window() -> None:
    with pytest.raises(DataError, match="must have 13 rows at least, got 12"):
        run(days(wave(12)))


def test_one_of_several_is_chosen_if_their_windows_are_the_same() -> None:
    series = read_series(days(wave(60)))
    found = [
        backtest(Oracle(series, noise), series, HORIZON, SEASON, model=name, needed=10, windows=12)
        for name, noise in (("RNN", 0.5), ("GRU", 0.01))
    ]
    assert choose(found).name == "GRU"
    assert [row.name for row in choose(found).candidates] == [*BASELINES, "RNN", "GRU"]
    fewer = backtest(Oracle(series), series, HORIZON, SEASON, model="LSTM", needed=10, windows=5)
    with pytest.raises(ArgumentError, match="GRU and LSTM must have the same windows"):
        choose([found[1], fewer])


def test_windows_in_parallel_give_the_same() -> None:
    pytest.importorskip("joblib")
    alone, many = (
        forecaster(n_jobs=n_jobs).backtest(days(wave(60)), windows=3, refit=True, names=("naive",))
        for n_jobs in (1, 2)
    )
    for name, values in alone.quantiles.items():
        np.testing.assert_array_equal(many.quantiles[name], values)


def test_parallel_work_without_joblib_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidegate.forecast.parallel.find_spec", lambda name: None)
    with pytest.raises(ArgumentError, match=r"pip install 'tidegate\[parallel\]'"):
        each(abs, [-1], n_jobs=2)


def test_of_what_never_changes_rounding_is_no_loss() -> None:
    still = pl.DataFrame({"ds": range(90), "y": [7.0] * 90})
    found = forecaster(horizon=2).backtest(still)
    assert found.overall["pinball"]["LSTM"] > 0
    assert not any(loss.any() for loss in found.losses.values())
    assert str(found.verdict).startswith("no better than naive: the same pinball loss (p = 1.00, ")
    off = dict(found.quantiles, LSTM=found.quantiles["LSTM"] * 1.001)
    assert replace(found, quantiles=off).verdict.relation == "worse than"
