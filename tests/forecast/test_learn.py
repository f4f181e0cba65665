"""What is learnt, from which rows, and for which series."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tidegate.data import newest
from tidegate.data.series import Series, read_series
from tidegate.forecast.inputs import Inputs
from tidegate.forecast.learn import Learned, learn, table_of
from tidegate.forecast.model import Model
from tidegate.forecast.plan import Plan, Training
from tidegate.forecast.windows import Table, Windows
from tidegate.train import History

from .frames import rain, several, wave

PLAN = Plan(3, 12, 4, hidden=8, training=Training(updates=20, batch=16), smoothing=0.25)
LEVELS = np.array([0.1, 0.5, 0.9])


def three() -> Series:
    return read_series(several(a=wave(), b=10 * wave(50, seed=1), c=wave(40, seed=2)))


def learned(series: Series, plan: Plan = PLAN) -> Learned:
    return learn(plan, series, series.length, progress=False)[0]


def ends(series: Series) -> np.ndarray:
    return series.start + series.length


@pytest.mark.parametrize("calibrate", [False, True])
def test_rows_that_must_not_be_known_change_nothing(calibrate: bool) -> None:
    series = three()
    plan = replace(PLAN, training=Training(updates=10, batch=8, calibrate=calibrate))
    known = series.length - 6
    other = replace(series, values=series.values.copy())
    for first, end in zip(series.start + known, ends(series), strict=True):
        other.values[first:end] = 1e6
    cut = series.start + known
    found = [
        learn(plan, part, known, progress=False)[0].forecast(part, np.arange(3), cut, LEVELS)
        for part in (series, other)
    ]
    np.testing.assert_array_equal(found[0].quantiles, found[1].quantiles)


def test_the_size_of_a_series_does_not_matter() -> None:
    series = three()
    # a power of two, which no rounding can tell
    larger = replace(series, values=series.values * 2.0**40)
    one, other = (
        learned(part).forecast(part, np.arange(3), ends(part), LEVELS).quantiles
        for part in (series, larger)
    )
    np.testing.assert_array_equal(one * 2.0**40, other)


def test_sizes_twelve_orders_apart_share_a_model() -> None:
    series = read_series(several(a=1e-6 * (3 + wave()), b=1e6 * (3 + wave())))
    found = learned(series).forecast(series, np.arange(2), ends(series), LEVELS).quantiles
    np.testing.assert_allclose(found[0] * 1e12, found[1], rtol=1e-9)


def test_a_series_that_it_never_saw_is_forecast_in_units_of_its_own() -> None:
    series = three()
    model = learned(series)
    same = model.on(series, np.array([0, 1, 2]))
    assert same.scaling.scale.tolist() == model.scaling.scale.tolist()
    other = read_series(several(x=100 * wave(60, seed=5), b=10 * wave(50, seed=1)))
    found = model.on(other, np.array([1, -1]))
    assert found.scaling.scale[0] == model.scaling.scale[1]
    own = np.abs(100 * wave(60, seed=5)).mean()
    assert found.scaling.scale[1] == pytest.approx(own, rel=1e-12)  # sums in another order
    quantiles = found.forecast(other, np.arange(2), ends(other), LEVELS).quantiles
    before = model.forecast(series, np.array([1]), ends(series)[1:2], LEVELS).quantiles
    np.testing.assert_array_equal(quantiles[0], before[0])
    assert 10 < np.abs(quantiles[1]).max() < 1000


def test_new_series_have_no_zeros_apart_in_a_model_that_has_not_learnt_it() -> None:
    series, wet = three(), read_series(several(wet=rain()))
    found = (
        learned(series).on(wet, np.array([-1])).forecast(wet, np.zeros(1, int), ends(wet), LEVELS)
    )
    assert np.isnan(found.chance).all()
    assert np.isfinite(found.quantiles).all()


def test_missing_values_are_neither_learnt_nor_forecast() -> None:
    series = three()
    series.values[::7] = np.nan
    series.values[series.start[2] :] = np.nan  # of the last one nothing is known
    found = learned(series).forecast(series, np.arange(3), ends(series), LEVELS).quantiles
    assert np.isfinite(found).all()


def test_a_forecast_depends_on_nothing_before_the_reach() -> None:
    series = three()
    model = learned(series)
    tail = newest(series, PLAN.reach)
    assert tail.length.tolist() == [12, 12, 12]
    one, other = (
        model.forecast(part, np.arange(3), ends(part), LEVELS).quantiles for part in (series, tail)
    )
    np.testing.assert_array_equal(one, other)


def test_the_company_in_a_batch_changes_no_bit() -> None:
    series = three()
    model = learned(series)
    cut = series.start[0] + np.arange(20, 60)
    together = model.forecast(series, np.zeros(40, int), cut, LEVELS).quantiles
    alone = [model.forecast(series, np.zeros(1, int), cut[i : i + 1], LEVELS) for i in range(40)]
    # 1e-12: sums over a window in NumPy are blocked by the size of the batch
    np.testing.assert_allclose(
        together, np.concatenate([one.quantiles for one in alone]), rtol=1e-12, atol=1e-12
    )


def test_quantiles_are_averaged_with_those_of_smoothing_but_of_zeros_apart() -> None:
    series = read_series(several(a=wave(), b=10 * wave(50, seed=1), rain=rain()))
    model = learned(series, replace(PLAN, smoothing=0.0))
    learnt, table = model.model, table_of(PLAN, series, model.scaling, model.units)
    windows = Windows.before(table, PLAN, np.arange(3), ends(series))

    def said(share: float) -> np.ndarray:
        plan = replace(PLAN, smoothing=share)
        return replace(learnt, inputs=replace(learnt.inputs, plan=plan)).parts(windows)[0]

    alone, smoothing = said(0.0), windows.smoothed.at(learnt.inputs.head.quantiles)
    assert table.zeros.tolist() == [False, False, True]
    np.testing.assert_array_equal(said(0.7)[2], alone[2])
    np.testing.assert_allclose(said(1.0)[:2], smoothing[:2], rtol=1e-12)
    part = 0.3 * smoothing[:2] + 0.7 * alone[:2]
    np.testing.assert_allclose(said(0.3)[:2], part, rtol=1e-9)


def test_the_intervals_are_corrected_by_a_model_that_was_planned_by_earlier_rows() -> None:
    series = three()
    plan = replace(PLAN, training=Training(updates=10, batch=8))
    asked = []

    def earlier(part: Series) -> Plan:
        asked.append(part.length)
        return replace(plan, season=5, window=15)

    known = series.length - 2
    factors = [
        learn(plan, series, known, progress=False, earlier=how)[0].model.correction.factor
        for how in (None, earlier)
    ]
    held_out = known - asked[0]
    # whole horizons of 3 rows, of each series, a fifth of its rows at the most
    assert (held_out > 0).all() and (held_out % 3 == 0).all() and (held_out <= 0.2 * known).all()
    assert (factors[0] != factors[1]).any()
    # the plan of the model that forecasts is still its own
    model = learn(plan, series, known, progress=False, earlier=earlier)[0].model
    assert model.plan == plan


def test_values_held_out_do_not_scale_the_model_that_forecasts_them() -> None:
    series = three()
    plan = replace(PLAN, training=Training(updates=10, batch=8))
    tables = []

    def spy(inputs: Inputs, table: Table, progress: bool | None = None) -> tuple[Model, History]:
        tables.append(table)
        return train(inputs, table, progress)

    train = Model.train
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Model, "train", spy)
        learn(plan, series, series.length, progress=False)
    second, _ = sorted(tables, key=lambda table: int(table.length.sum()))
    for i in range(3):
        seen = series.values[series.start[i] :][: second.length[i]]
        assert len(seen) < series.length[i]
        assert second.scaling.scale[i] == pytest.approx(np.abs(seen).mean(), rel=1e-12)


def test_of_nothing_but_zeros_the_forecast_is_zero_until_another_value_comes() -> None:
    series = read_series(several(a=wave(), b=np.zeros(40)))
    model = learned(series)
    found = model.forecast(series, np.arange(2), ends(series), LEVELS).quantiles
    assert (found[1] == 0).all()
    assert (found[0] != 0).all()
    # then it is forecast as any other series, in units of its own
    later = read_series(several(a=wave(), b=np.append(np.zeros(40), 1e6 + wave(30, seed=4))))
    both = model.on(later, np.arange(2))
    assert (both.forecast(later, np.arange(2), ends(later), LEVELS).quantiles[1] > 1e5).all()
    np.testing.assert_array_equal(both.scaling.scale[0], model.scaling.scale[0])
