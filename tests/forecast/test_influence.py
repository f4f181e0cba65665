"""What an audit says of a forecast's inputs is what the forecast does when they change."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest

import tidegate as tg
from tidegate.data.series import read_series
from tidegate.forecast import defaults
from tidegate.forecast.forecaster import Forecaster
from tidegate.forecast.learn import table_of
from tidegate.forecast.plan import Training
from tidegate.forecast.windows import Windows
from tidegate.network import Network

HORIZON, ROWS = 4, 150


def hours(name: str, seed: int, rain: bool = False) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    first = dt.datetime(2024, 3, 1)
    warm, closed = random.normal(size=ROWS), (random.random(ROWS) < 0.3) * 1.0
    y = 5 + np.sin(np.arange(ROWS) * 2 * np.pi / 6) + 0.5 * np.roll(warm, 2) + 2 * closed
    y *= (random.random(ROWS) < 0.6) if rain else 1.0
    return pl.DataFrame(
        {
            "unique_id": [name] * ROWS,
            "ds": pl.datetime_range(first, first + dt.timedelta(hours=ROWS - 1), "1h", eager=True),
            "y": y,
            "warm": warm,
            "kind": random.choice(["a", "b"], ROWS),
            "closed": closed,
            "size": [float(seed)] * ROWS,
        }
    )


def shops(rain: bool = False) -> pl.DataFrame:
    return pl.concat([hours("north", 1, rain), hours("south", 2, rain)])


def fitted(frame: pl.DataFrame, **settings: Any) -> Forecaster:
    training = Training(updates=60, batch=32, calibrate=False, smoothing=0.4, ridge=0.3)
    given = {"future": ["closed"], "past": ["warm", "kind"], "static": ["size"], **settings}
    given = {"season": 6, "window": 18, "hidden": 8, "training": training, **given}
    model = Forecaster(HORIZON, **given)
    return model.fit(frame, progress=False)


@pytest.mark.parametrize("ensemble", [1, 3])
def test_it_is_that_of_the_whole_forecast_when_an_input_is_moved(ensemble: int) -> None:
    frame = shops()
    model = fitted(frame, ensemble=ensemble)
    subject = model.__audit__(frame)
    lag, table = subject.influence(np.array([len(subject.length) - 1]))
    south, cut = frame.filter(pl.col("unique_id") == "south"), ROWS - HORIZON
    ahead = south.tail(HORIZON).select("unique_id", "ds", "closed")

    def median(column: str, row: int | None, by: float) -> np.ndarray:
        values = south[column].to_numpy().copy()
        values[slice(None) if row is None else row] += by
        past, later = south.with_columns(pl.Series(column, values)).head(cut), ahead
        if row is not None and row >= cut:
            later = ahead.with_columns(pl.Series("closed", values[cut:]))
        return model.predict(df=past, future=later, levels=())["GRU"].to_numpy()

    def slope(column: str, row: int | None) -> np.ndarray:
        by = 0.01
        return np.abs(median(column, row, by) - median(column, row, -by)) / (2 * by)

    inputs = subject.about.inputs
    assert inputs == ("y", "warm", "kind", "closed")
    # steps of 0.01 of what is read in float32, and beside a kink of a relu: 2 %
    near = {"rel": 0.02, "abs": 5e-4}
    for column in ("y", "warm", "closed"):
        for back in (1, 2, 7):
            moved = slope(column, cut - back)
            places = [int(np.flatnonzero(lag == back + step)[0]) for step in range(HORIZON)]
            said = [table[0, i, place, inputs.index(column)] for i, place in enumerate(places)]
            assert said == pytest.approx(moved.tolist(), **near), (column, back)
    for later in range(HORIZON):
        moved = slope("closed", cut + later)
        places = [int(np.flatnonzero(lag == step - later)[0]) for step in range(HORIZON)]
        said = [table[0, i, place, inputs.index("closed")] for i, place in enumerate(places)]
        assert said == pytest.approx(moved.tolist(), **near), later
    said = table[0, :, 0, len(inputs)].tolist()
    assert said == pytest.approx(slope("size", None).tolist(), **near)


@pytest.mark.parametrize("theta", [False, True])
def test_of_a_series_in_roots_it_is_that_of_the_whole_forecast(
    theta: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = np.exp(hours("much", 4)["y"].to_numpy() - 5)
    frame = hours("much", 4).select("ds", pl.Series("y", values))
    given: dict[str, Any] = {"future": [], "past": [], "static": []}
    if theta:  # of many rows, which are not long ones
        monkeypatch.setattr(defaults, "FEW", 1)
        given["training"] = Training(updates=60, batch=32, calibrate=False, smoothing=0.9)
    model = fitted(frame, **given)
    assert model.plan_.theta == theta
    assert model.answers_.learned[0].scaling.rooted.all()
    subject = model.__audit__(frame)
    lag, table = subject.influence(np.array([len(subject.length) - 1]))

    def median(row: int, by: float) -> np.ndarray:
        moved = frame.with_columns(pl.Series("y", values + by * (np.arange(ROWS) == row)))
        return model.predict(df=moved.head(ROWS - HORIZON), levels=())["GRU"].to_numpy()

    for back in range(1, 18):
        row = ROWS - HORIZON - back
        moved = np.abs(median(row, 0.01) - median(row, -0.01)) / 0.02
        places = [int(np.flatnonzero(lag == back + step)[0]) for step in range(HORIZON)]
        said = [table[0, i, place, 0] for i, place in enumerate(places)]
        # as above
        assert said == pytest.approx(moved.tolist(), rel=0.02, abs=5e-4)


def test_of_a_series_with_many_zeros_it_is_that_of_the_amounts() -> None:
    frame = hours("dry", 3, rain=True).drop("unique_id")
    model = fitted(frame, static=[])
    subject = model.__audit__(frame)
    lag, table = subject.influence(np.array([len(subject.length) - 1]))
    assert subject.about.loss == "cost of chance and amount"
    learned, values = model.answers_.learned[0], frame["y"].to_numpy()
    assert learned.scaling.zeros.all()

    def amounts(row: int, by: float) -> np.ndarray:
        moved = frame.with_columns(pl.Series("y", values + by * (np.arange(ROWS) == row)))
        series = read_series(moved, like=model.series_)
        seen = table_of(model.plan_, series, learned.scaling, learned.units)
        windows = Windows.before(seen, model.plan_, np.array([0]), np.array([ROWS - HORIZON]))
        z = learned.model.parts(windows)[0][..., learned.model.inputs.head.middle]
        return learned.scaling.undo(windows.undo(z), windows.series)[0]

    wet = [back for back in range(1, 12) if values[ROWS - HORIZON - back] > 0]
    assert len(wet) > 3
    for back in wet:
        row = ROWS - HORIZON - back
        moved = np.abs(amounts(row, 0.01) - amounts(row, -0.01)) / 0.02
        places = [int(np.flatnonzero(lag == back + step)[0]) for step in range(HORIZON)]
        said = [table[0, i, place, 0] for i, place in enumerate(places)]
        assert said == pytest.approx(moved.tolist(), rel=0.02, abs=5e-4)


def test_a_category_counts_by_the_change_of_its_level() -> None:
    frame = shops()
    model = fitted(frame)
    for learned in model.answers_.learned:  # a step of the network sees nothing but this column
        dense = learned.model.network.params["dense_weight"]
        p, inputs = learned.model.plan.segment, learned.model.inputs
        level = {name: 2 + inputs.zeros + 2 * i for i, name in enumerate(("warm", "a", "b"))}
        kept = dense.copy()
        dense[:] = 0
        for name in ("a", "b"):
            first = level[name] * p
            dense[:, first : first + p] = kept[:, first : first + p]
    found = tg.audit(model, frame)
    strength = np.nanmax(found.influence.mean, axis=(0, 1))
    assert strength[found.influence.inputs.index("kind")] > 0
    assert strength[found.influence.inputs.index("warm")] == 0
    assert strength[found.influence.inputs.index("closed")] == 0
    assert not any("warm" in str(each) for each in found.blind)  # weights of 0, no property


def test_a_covariate_that_comes_too_late_for_a_step_is_blind() -> None:
    frame = shops()
    found = tg.audit(fitted(frame, season=1), frame)
    # a step of the network reads two rows, and none of those that are further ahead
    said = {(b.output, b.input, b.lags, b.certain) for b in found.blind}
    assert said == {("t+1", "closed", (-3, -2), True), ("t+2", "closed", (-2, -1), True)}
    told = str(found.blind[0])
    assert told == "t+1 cannot depend on the newest 2 rows of closed, which come after it"


def test_a_number_of_a_series_has_no_lag() -> None:
    frame = shops()
    found = tg.audit(fitted(frame), frame).influence
    assert found.once == ("size",)
    assert found.once_mean.shape == (HORIZON, 1)
    assert (found.once_mean > 0).all()
    assert found.mean.shape[2] == len(found.inputs) == 4


def test_weights_that_are_lost_are_no_blindness() -> None:
    frame = shops()
    model = fitted(frame)
    network: Network = model.answers_.learned[0].model.network
    network.params["head_weight"][:] = 0  # the forecast is that of the baselines
    found = tg.audit(model, frame)
    warm = found.influence.mean[..., found.influence.inputs.index("warm")]
    assert np.nanmax(warm) == 0
    assert found.blind == ()


def test_rows_are_called_by_their_frequency() -> None:
    frame = shops()
    model = fitted(frame)
    found = tg.audit(model, frame)
    assert (found.step, found.rows) == ("hour", 6)
    assert f"of {int(found.memory.context[-1])} hours" in str(found)
    assert "steps of 6 hours" in found.verdict.sentence
    gates = tg.gates(model, frame)
    assert gates.step == "step of 6 hours"
    assert gates.steps(0)[:3] == ("2024-03-01 05:00", "2024-03-01 11:00", "2024-03-01 17:00")
    whole = frame.with_columns(ds=pl.int_range(pl.len()).over("unique_id"))
    assert tg.audit(fitted(whole), whole).step == "row"


def test_gates_stand_beside_the_clock_of_the_frame_s_zone() -> None:
    frame = hours("north", 1).drop("unique_id")
    berlin = frame.with_columns(pl.col("ds").dt.replace_time_zone("Europe/Berlin"))
    found = tg.gates(fitted(berlin, static=[]), berlin)
    assert found.steps(0)[:2] == ("2024-03-01 05:00", "2024-03-01 11:00")
