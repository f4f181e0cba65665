"""A ridge regression of windows: what it finds, by what it is chosen, and that its bits hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import tidegate as tg
from tidegate.data.series import Series, read_series
from tidegate.forecast import learn as learning
from tidegate.forecast.learn import learn, table_of
from tidegate.forecast.plan import Plan, Training
from tidegate.forecast.ridge import MOST, SPREAD, TIMES, Ridge, _Sums, share
from tidegate.forecast.windows import Table, Windows

from .frames import rain, several, wave

PLAN = Plan(6, 16, 1, hidden=8, training=Training(updates=5, batch=16), anchored=True, ridge=0.3)


def table(series: Series, plan: Plan = PLAN) -> Table:
    """All of it, in the units that a model learns in."""
    learned, _ = learn(plan, series, series.length, progress=False)
    return table_of(plan, series, learned.scaling, learned.units)


def windows(of: Table, cut: list[int], plan: Plan = PLAN) -> Windows:
    return Windows.before(of, plan, np.zeros(len(cut), int), np.array(cut))


def sine(rows: int = 400) -> np.ndarray:
    return np.sin(np.arange(rows) * 2 * np.pi / 11.3)


def test_the_weights_are_those_of_least_squares_with_a_penalty_on_all_but_the_bias() -> None:
    random = np.random.default_rng(0)
    x, y = random.normal(size=(40, 5)) + 3, random.normal(size=(40, 2))
    sums = _Sums.of(x[:7], y[:7]) + _Sums.of(x[7:], y[7:])
    found = sums.solved(0.1)[0]
    around, target = x - x.mean(0), y - y.mean(0)
    penalty = 0.1 * (around**2).sum() / 5
    # the penalty as rows of their own (Hastie et al. 2009, exercise 3.12)
    rows = np.concatenate([around, np.sqrt(penalty) * np.eye(5)])
    weights = np.linalg.lstsq(rows, np.concatenate([target, np.zeros((5, 2))]), rcond=None)[0]
    np.testing.assert_allclose(found.weights, weights, rtol=1e-9)
    np.testing.assert_allclose(found.bias, y.mean(0) - x.mean(0) @ weights, rtol=1e-9)
    error = ((x @ found.weights + found.bias - y) ** 2).sum()
    assert sums.error(found) == pytest.approx(error, rel=1e-9)


@pytest.mark.parametrize("season", [1, 5])
def test_what_follows_from_the_rows_before_is_found(season: int) -> None:
    plan = replace(PLAN, season=season)
    y = sine()
    y[[50, 51, 130, 201, 202, 203]] = np.nan
    of = table(read_series(several(a=y), missing="any"), plan)
    some = windows(of, [300, 333, 391], plan)
    found = some.undo(Ridge.of(of, plan).ahead(some)) * of.scaling.scale[0]
    row = some.cut[:, None] + np.arange(6)
    assert np.abs(found - sine()[row]).max() < 0.05


def test_of_noise_next_to_nothing_is_learnt() -> None:
    """The mean of the last season, 12 rows, has a squared error of 1 + 1/12; without a penalty 96
    weights from 300 windows would have 1 + 96/300."""
    plan = replace(PLAN, window=96, season=12)
    noise = np.random.default_rng(1).normal(size=1400)
    of = table(read_series(several(a=noise[:400])), plan)
    ridge = Ridge.of(of, plan)
    later = replace(of, values=noise, length=np.array([1400]))
    some = windows(later, list(range(400, 1390)), plan)
    error = np.nanmean((ridge.ahead(some) - some.after()) ** 2) * of.scaling.scale[0] ** 2
    assert error < 1.2


def test_the_time_of_the_year_is_read() -> None:
    rows = 4 * 365
    year = 2 * np.pi * np.arange(rows) / 365.25
    random = np.random.default_rng(2)
    y = 5 * np.sin(year) + random.normal(size=rows)
    errors = []
    for calendar in (False, True):
        plan = replace(PLAN, horizon=60, calendar=calendar)
        of = table(read_series(several(a=y), missing="any"), plan)
        known = replace(of, length=np.array([3 * 365]))
        some = windows(of, list(range(3 * 365, rows - 60, 7)), plan)
        rest = Ridge.of(known, plan).ahead(some) - some.after()
        errors.append(float(np.mean(rest**2)))
    assert errors[1] < 0.7 * errors[0]


def test_no_bit_depends_on_threads_or_on_company() -> None:
    series = read_series(several(a=sine() + wave(400), b=wave(300, 1)))
    of = table(series)
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            ridge = Ridge.of(of, PLAN)
        found.append(np.concatenate([ridge.weights, ridge.bias[None]]))
    np.testing.assert_array_equal(*found)
    cut = list(range(40, 140))
    together = ridge.ahead(windows(of, cut))
    for i in (0, 57, 99):
        np.testing.assert_array_equal(ridge.ahead(windows(of, cut[i : i + 1]))[0], together[i])


def test_a_forecast_has_the_same_bits_for_any_threads() -> None:
    series = read_series(several(a=sine() + wave(400), b=wave(300, 1)))
    before, found = tg.get_threads(), []
    for threads in (1, 2):
        tg.set_threads(threads)
        try:
            learned, _ = learn(PLAN, series, series.length, progress=False)
            end = series.start + series.length
            said = learned.forecast(series, np.arange(2), end, np.array([0.1, 0.5]))
        finally:
            tg.set_threads(before)
        found.append(said.quantiles)
    np.testing.assert_array_equal(*found)


def test_few_rows_and_none_to_learn_from_are_no_error() -> None:
    short = table(read_series(several(a=wave(PLAN.needed))))
    assert np.isfinite(Ridge.of(short, PLAN).ahead(windows(short, [8]))).all()
    dry = table(read_series(several(a=rain(200))))
    assert not Ridge.of(dry, PLAN).weights.any()


def test_all_quantiles_are_moved_as_far_as_the_median_but_of_zeros_apart() -> None:
    series = read_series(several(a=wave(), b=10 * wave(50, seed=1), rain=rain()))
    model = learn(PLAN, series, series.length, progress=False)[0]
    learnt, of = model.model, table_of(PLAN, series, model.scaling, model.units)
    some = Windows.before(of, PLAN, np.arange(3), series.start + series.length)
    assert learnt.ridge is not None and of.zeros.tolist() == [False, False, True]

    def said(part: float) -> np.ndarray:
        inputs = replace(learnt.inputs, plan=replace(PLAN, ridge=part))
        return replace(learnt, inputs=inputs).parts(some)[0]

    alone, ridge = said(0.0), learnt.ridge.ahead(some)
    away = ridge[:2] - alone[:2, :, 3]
    for part in (0.3, 1.0):
        moved = alone[:2] + part * away[..., None]
        np.testing.assert_allclose(said(part)[:2], moved, rtol=1e-9, atol=1e-12)
        np.testing.assert_array_equal(said(part)[2], alone[2])


def test_a_share_is_the_slope_as_far_as_it_is_known() -> None:
    random = np.random.default_rng(3)
    away = random.normal(size=(400, 6))
    error = 0.5 * away + random.normal(size=away.shape)
    error[::9, 2] = np.nan
    x, y = away[~np.isnan(error)], error[~np.isnan(error)]
    slope = (x @ y) / (x @ x)
    # of residuals that are independent; windows' own sums, as here, show about the same
    noise = ((y - slope * x) ** 2).mean() / (x @ x)
    known = SPREAD**2 / (SPREAD**2 + noise)
    assert share(0.3, error, away, np.arange(400)) == pytest.approx(
        0.3 + known * (slope - 0.3), abs=2e-3
    )
    # of slopes that differ from one time to the next, the mean, 0, is little known of four times
    slopes = np.repeat([0.8, -0.8, 0.6, -0.6], 100)[:, None]
    by_time, alone = np.repeat(np.arange(TIMES), 100), np.arange(400)
    found = [share(0.3, slopes * away, away, each) for each in (by_time, alone)]
    assert found[0] > 0.2 and found[1] < 0.1


def test_a_share_stays_where_nothing_tells_and_within_its_bounds() -> None:
    wrong = np.tile([1.0, -1.0], (TIMES, 1))
    assert share(0.3, wrong[1:], wrong[1:], np.arange(TIMES - 1)) == 0.3
    assert share(0.3, wrong, 0 * wrong, np.arange(TIMES)) == 0.3
    assert share(0.3, np.nan * wrong, wrong, np.arange(TIMES)) == 0.3
    assert share(0.3, wrong, wrong, np.arange(TIMES)) == MOST
    assert share(0.3, wrong, -wrong, np.arange(TIMES)) == 0


@pytest.mark.parametrize(
    ("training", "found"), [({}, MOST), ({"ridge": 0.3}, 0.3), ({"calibrate": False}, 0.3)]
)
def test_windows_held_out_say_how_much_it_counts(
    training: dict[str, float | bool], found: float
) -> None:
    """Of a sine it knows all, and a network that hardly learnt nothing."""
    plan = replace(PLAN, training=replace(PLAN.training, **training))
    series = read_series(several(a=sine()))
    model = learn(plan, series, series.length, progress=False)[0].model
    assert model.plan.ridge == found and model.ridge is not None


def test_what_counts_for_nothing_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "share", lambda *_: 0.0)
    series = read_series(several(a=sine()))
    model = learn(PLAN, series, series.length, progress=False)[0].model
    assert model.plan.ridge == 0 and model.ridge is None
