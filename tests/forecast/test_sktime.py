"""The adapter: sktime's own checks, and the forecaster's own numbers behind sktime's index."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("sktime")

from sktime.utils.estimator_checks import check_estimator

import tidegate
from tidegate.errors import ArgumentError, DataError
from tidegate.forecast.forecaster import Forecaster
from tidegate.forecast.sktime import TidegateForecaster, frame_of, rows_of

from .frames import QUICK, wave

GUIDE = Path(__file__).parents[2] / "docs" / "sktime.md"
SETTINGS = {"hidden": 8, "window": 10, "season": 4, "training": QUICK}


def adapter(**changes: Any) -> TidegateForecaster:
    return TidegateForecaster(**{**SETTINGS, **changes})


def forecaster(horizon: int, **changes: Any) -> Forecaster:
    return Forecaster(horizon, **{**SETTINGS, **changes})


def days(rows: int = 60, seed: int = 0) -> pd.Series:
    return pd.Series(
        wave(rows, seed), pd.date_range("2024-01-01", periods=rows, freq="D"), name="q"
    )


def prices(y: pd.Series, ahead: int = 0) -> pd.DataFrame:
    """A row for each of y, and for days ahead."""
    index = pd.date_range(y.index[0], periods=len(y) + ahead, freq="D")
    random = np.random.default_rng(5)
    return pd.DataFrame({"price": random.normal(size=len(index))}, index=index)


def long(y: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"ds": y.index, "y": y.to_numpy()})


# sktime's tests build what is deprecated, and warn on purpose
@pytest.mark.filterwarnings("ignore")
def test_all_checks_of_sktime_pass() -> None:
    found = check_estimator(TidegateForecaster, verbose=False)
    assert {name: error for name, error in found.items() if error != "PASSED"} == {}
    ran = {name.split("[")[0] for name in found}
    assert {"test_predict_quantiles", "test_update_predict_predicted_index"} <= ran


def test_importing_the_package_leaves_sktime_alone() -> None:
    code = "import sys, tidegate; tidegate.Forecaster(2); print('sktime' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(7, 67),
        pd.date_range("2024-01-01", periods=60, freq="D"),
        pd.date_range("2024-01-01", periods=60, freq="B"),
        pd.date_range("2019-01-31", periods=60, freq="ME"),
        pd.date_range("2019-01-01", periods=60, freq="MS"),
        pd.date_range("2009-01-01", periods=60, freq="QS"),
        pd.date_range("2024-01-01 06:00", periods=60, freq="15min"),
        pd.date_range("2024-03-01", periods=60, freq="D", tz="Europe/Berlin"),
        pd.period_range("2019-01", periods=60, freq="M"),
        pd.period_range("2009Q1", periods=60, freq="Q"),
        pd.period_range("2024-01-01", periods=60, freq="W-SUN"),
        pd.period_range("1950", periods=60, freq="Y"),
    ],
    ids=lambda index: f"{type(index).__name__}-{getattr(index, 'freqstr', None)}",
)
def test_each_kind_of_index_gives_the_numbers_of_the_forecaster(index: pd.Index) -> None:
    y = pd.Series(wave(), index, name="q")
    ours = adapter().fit(y, fh=[1, 3])
    times = index.to_timestamp() if isinstance(index, pd.PeriodIndex) else index
    theirs = forecaster(3).fit(pd.DataFrame({"ds": times, "y": wave()})).predict(levels=(80,))
    theirs = theirs.iloc[[0, 2]]

    y_pred = ours.predict()
    np.testing.assert_array_equal(y_pred.to_numpy(), theirs["GRU"].to_numpy())
    assert y_pred.name == "q"
    one = getattr(index, "freq", 1)
    assert y_pred.index.tolist() == [index[-1] + one, index[-1] + 3 * one]
    quantiles = ours.predict_quantiles(alpha=[0.9, 0.5, 0.1])
    assert quantiles.columns.tolist() == [("q", 0.9), ("q", 0.5), ("q", 0.1)]
    names = ["GRU-hi-80", "GRU", "GRU-lo-80"]
    np.testing.assert_array_equal(quantiles.to_numpy(), theirs[names].to_numpy())


def test_intervals_lie_between_quantiles_of_any_level() -> None:
    ours = adapter().fit(days(), fh=[1, 2])
    interval = ours.predict_interval(coverage=0.7)["q"][0.7]
    ends = ours.predict_quantiles(alpha=[0.15, 0.85])["q"]
    np.testing.assert_array_equal(interval["lower"].to_numpy(), ends[0.15].to_numpy())
    np.testing.assert_array_equal(interval["upper"].to_numpy(), ends[0.85].to_numpy())
    alpha = [0.001, 0.123456, 0.123457, 0.4, 0.5, 1 / 1.7, 0.99]
    ordered = ours.predict_quantiles(alpha=alpha).to_numpy()
    assert (np.diff(ordered) >= 0).all()
    assert (np.diff(ordered)[:, [0, 2, 3, 4, 5]] > 0).all()


def test_a_horizon_of_dates_is_that_of_steps() -> None:
    y = days()
    steps = adapter().fit(y, fh=[2, 5]).predict()
    dates = pd.DatetimeIndex(["2024-03-02", "2024-03-05"], freq=None)
    assert steps.index.tolist() == dates.tolist()
    pd.testing.assert_series_equal(adapter().fit(y, fh=dates).predict(), steps)


def test_what_is_past_is_not_forecast() -> None:
    with pytest.raises(NotImplementedError, match="in-sample"):
        adapter().fit(days(), fh=[0, 1])


def test_dates_that_come_nearer_are_forecast_until_they_are_past() -> None:
    y = days(62)
    dates = pd.DatetimeIndex(["2024-03-02", "2024-03-03"])
    ours = adapter().fit(y[:60], fh=dates)
    ours.update(y[60:61], update_params=False)
    assert ours.predict().index.tolist() == dates.tolist()
    ours.update(y[61:], update_params=False)
    with pytest.raises(NotImplementedError, match="in-sample"):
        ours.predict()


def test_covariates_of_the_steps_ahead_reach_the_forecast() -> None:
    y = days()
    X = prices(y, ahead=3)
    ours = adapter().fit(y, X=X[:60], fh=[1, 3])
    frame = long(y).assign(price=X["price"].to_numpy()[:60])
    theirs = forecaster(3, future=["price"]).fit(frame)
    future = pd.DataFrame({"ds": X.index[60:], "price": X["price"].to_numpy()[60:]})
    expected = theirs.predict(future=future)["GRU"].to_numpy()[[0, 2]]
    np.testing.assert_array_equal(ours.predict(X=X[60:]).to_numpy(), expected)
    # rows of other times are left alone
    np.testing.assert_array_equal(ours.predict(X=X).to_numpy(), expected)
    assert (ours.predict(X=X[60:] + 1).to_numpy() != expected).all()


def test_covariates_may_be_text() -> None:
    y = days()
    X = prices(y, ahead=1).assign(sale=np.tile(["yes", "no", "no"], 21)[:61])
    ours = adapter().fit(y, X=X[:60], fh=1)
    usual = ours.predict(X=X[60:].assign(sale="no"))
    assert (usual != ours.predict(X=X[60:].assign(sale="yes"))).all()
    with pytest.raises(DataError, match=r"X\['sale'\].*'maybe' is none of the values"):
        ours.predict(X=X[60:].assign(sale="maybe"))


def test_covariates_that_are_missing_are_named() -> None:
    y = days()
    X = prices(y, ahead=3)
    ours = adapter().fit(y, X=X[:60], fh=[1, 3])
    with pytest.raises(DataError, match=r"no row for 2024-03-02.*X\['price'\]"):
        ours.predict(X=X.drop(X.index[61]))
    with pytest.raises(DataError, match="X is needed"):
        ours.predict()
    with pytest.raises(DataError, match="X is needed"):
        ours.update(days(61)[60:])
    with pytest.raises(DataError, match="fit again with X"):
        adapter().fit(y, fh=1).predict(X=X)
    holes = X.copy()
    holes.iloc[7] = np.nan
    with pytest.raises(DataError, match=r"X\['price'\].*missing"):
        adapter().fit(y, X=holes[:60], fh=1)


def test_a_time_left_out_is_a_value_that_is_missing() -> None:
    y = days()
    y.iloc[[9, 30, 31]] = np.nan
    ours = adapter().fit(y, fh=[1, 2])
    whole = adapter().fit(days(), fh=[1, 2]).predict()
    with_gaps = adapter().fit(y.dropna().asfreq("D"), fh=[1, 2]).predict()
    np.testing.assert_array_equal(ours.predict().to_numpy(), with_gaps.to_numpy())
    assert (ours.predict() != whole).all()

    periods = y.copy()
    periods.index = periods.index.to_period("D")
    left_out = adapter().fit(periods.dropna(), fh=[1, 2])
    np.testing.assert_array_equal(left_out.predict().to_numpy(), ours.predict().to_numpy())

    X = prices(y, ahead=2)
    X.index = X.index.to_period("D")
    one = adapter().fit(periods, X=X[:60], fh=[1, 2]).predict(X=X[60:])
    other = adapter().fit(periods.dropna(), X=X[:60], fh=[1, 2]).predict(X=X[60:])
    np.testing.assert_array_equal(one.to_numpy(), other.to_numpy())


@pytest.mark.parametrize("with_x", [False, True])
def test_newer_rows_move_the_state_and_not_the_network(with_x: bool) -> None:
    y = days(70)
    X = prices(y, ahead=2) if with_x else None
    part = slice(0, 60), slice(57, 63), slice(65, 70)
    rows = [None if X is None else X[each] for each in part]
    ours = adapter().fit(y[part[0]], X=rows[0], fh=[1, 2])
    # rows that overlap, then rows after a gap, whose covariates X has
    ours.update(y[part[1]], X=rows[1], update_params=False)
    ours.update(y[part[2]], X=X, update_params=False)

    frame = long(y)
    future = None
    if X is not None:
        frame["price"] = X["price"].to_numpy()[:70]
        future = pd.DataFrame({"ds": X.index[70:], "price": X["price"].to_numpy()[70:]})
    theirs = forecaster(2, future=["price"] if with_x else []).fit(frame[:60])
    frame.loc[63:64, "y"] = np.nan
    theirs.update(frame[60:])
    y_pred = ours.predict(X=None if X is None else X[70:])
    np.testing.assert_array_equal(y_pred.to_numpy(), theirs.predict(future=future)["GRU"])
    assert y_pred.index.tolist() == list(pd.date_range("2024-03-11", periods=2))


def test_to_update_the_parameters_is_to_fit_all_rows() -> None:
    y = days(70)
    ours = adapter().fit(y[:60], fh=[1, 2])
    ours.update(y[57:65]).update(y[65:])
    anew = adapter().fit(y, fh=[1, 2])
    pd.testing.assert_series_equal(ours.predict(), anew.predict())


def test_a_value_that_is_corrected_counts_once_parameters_are_updated() -> None:
    y = days(61)
    corrected = y.copy()
    corrected.iloc[59] += 1
    ours = adapter().fit(y[:60], fh=[1]).update(corrected[59:], update_params=True)
    pd.testing.assert_series_equal(ours.predict(), adapter().fit(corrected, fh=[1]).predict())


@pytest.mark.parametrize("update_params", [False, True])
def test_from_an_earlier_cutoff_later_rows_are_not_seen(update_params: bool) -> None:
    y = days()
    ours = adapter().fit(y, fh=[1, 2]).update(y[:40], update_params=update_params)
    assert ours.cutoff[0] == y.index[39]
    if update_params:
        expected = adapter().fit(y[:40], fh=[1, 2]).predict().to_numpy()
    else:
        expected = forecaster(2).fit(long(y)).predict(df=long(y[:40]))["GRU"].to_numpy()
    np.testing.assert_array_equal(ours.predict().to_numpy(), expected)
    ours.update(y[40:], update_params=False)
    if not update_params:
        pd.testing.assert_series_equal(ours.predict(), adapter().fit(y, fh=[1, 2]).predict())


def test_columns_and_panels_are_fitted_one_by_one() -> None:
    a, b = days(50).to_numpy(), days(50, seed=1).to_numpy()
    table = pd.DataFrame({"a": a, "b": b})
    y_pred = adapter().fit(table, fh=[1, 2]).predict()
    alone = adapter().fit(table["b"], fh=[1, 2]).predict()
    np.testing.assert_array_equal(y_pred["b"].to_numpy(), alone.to_numpy())

    index = pd.MultiIndex.from_product([["u", "v"], range(50)], names=["shop", "week"])
    panel = pd.DataFrame({"sold": np.concatenate([a, b])}, index=index)
    y_pred = adapter().fit(panel, fh=[1, 2]).predict()
    assert y_pred.index.tolist() == [("u", 50), ("u", 51), ("v", 50), ("v", 51)]
    np.testing.assert_array_equal(y_pred.loc["v", "sold"].to_numpy(), alone.to_numpy())


@pytest.mark.parametrize("cell", ["gru", "auto"])
def test_a_pickle_holds_the_model_file_and_goes_on_alike(cell: str, tmp_path: Path) -> None:
    y = days(61)
    X = prices(y, ahead=2)
    ours = adapter(cell=cell, ensemble=2).fit(y[:60], X=X[:60], fh=[1, 2])
    content = pickle.dumps(ours)
    assert b"tidegate.forecast.forecaster" not in content
    file = tmp_path / "model"
    file.write_bytes(ours.__getstate__()["forecaster_"])
    direct = tidegate.load(file).predict(future=frame_of(X[60:]))
    copy = pickle.loads(content)
    pd.testing.assert_series_equal(copy.predict(X=X[60:]), ours.predict(X=X[60:]))
    np.testing.assert_array_equal(direct.iloc[:, 1], ours.predict(X=X[60:]).to_numpy())
    for each in (ours, copy):
        each.update(y[60:], X=X[60:61], update_params=False)
    pd.testing.assert_series_equal(copy.predict(X=X[61:]), ours.predict(X=X[61:]))
    for each in (ours, copy):
        each.update(y[60:], X=X[60:61])
    pd.testing.assert_series_equal(copy.predict(X=X[61:]), ours.predict(X=X[61:]))


def test_a_copy_goes_its_own_way() -> None:
    y = days(61)
    ours = adapter().fit(y[:60], fh=1)
    before = ours.predict()
    # works with a copy of itself
    ours.update_predict(y[50:], update_params=False)
    pd.testing.assert_series_equal(ours.predict(), before)


def test_a_fit_is_decided_by_the_seed() -> None:
    first, same, other = (adapter(random_state=s).fit(days(), fh=1).predict() for s in (3, 3, 4))
    pd.testing.assert_series_equal(first, same)
    assert (first != other).all()


def test_an_index_with_other_steps_than_its_rows_is_refused() -> None:
    y = pd.Series(wave(40), pd.date_range("2020-01-01", periods=40, freq="D"))
    y = y[y.index.day_of_week < 5].asfreq("B")[:8]  # a single weekend left out is a gap
    ours = adapter().fit(y, fh=[1, 2, 3])
    with pytest.raises(DataError, match=r"step 1 is .* by the index of y"):
        ours.predict()
    # to sktime, a step of whole numbers is 1
    sparse = adapter().fit(pd.Series(wave(), range(0, 300, 5)), fh=[1, 3])
    with pytest.raises(DataError, match="step 1 is 296 by the index of y, and 300 by its rows"):
        sparse.predict()


@pytest.mark.parametrize(
    "change", [{"hidden": 0}, {"season": 0}, {"training": 5}, {"cell": "GRU"}], ids=str
)
def test_parameters_are_checked_when_it_is_fitted(change: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=next(iter(change))):
        adapter(**change).fit(days(), fh=1)


def test_rows_that_x_has_alone_are_taken_between_two_times() -> None:
    X = pd.DataFrame({0: range(8)}, index=pd.RangeIndex(8))
    y = pd.Series([0.3, 0.5], index=[3, 5])
    assert rows_of(y, X)["ds"].tolist() == [3, 4, 5]
    assert rows_of(y, X, after=1)["ds"].tolist() == [2, 3, 4, 5]
    assert rows_of(y, X, after=4)["ds"].tolist() == [3, 5]
    assert rows_of(y, X, after=4)["X[0]"].tolist() == [3, 5]


def test_the_guide_runs_and_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == text.count("```python") > 0
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, GUIDE.name, "exec"), names)
        printed = capsys.readouterr().out.split()
        said = [word for line in re.findall(r"# > (.*)", block) for word in line.split()]
        assert printed == said
