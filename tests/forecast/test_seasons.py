"""Seasons that dates suggest, and seasons that rows repeat."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from tidegate.data.series import read_series
from tidegate.forecast.seasons import autocorrelation, infer, shown


def of(y: np.ndarray, ds: object = None) -> object:
    return read_series(pl.DataFrame({"ds": range(len(y)) if ds is None else ds, "y": y}))


def wave(period: float, rows: int, noise: float, seed: int = 0) -> np.ndarray:
    t = np.arange(rows)
    shape = np.sin(2 * np.pi * t / period) + 0.5 * np.cos(4 * np.pi * t / period)
    return shape + noise * np.random.default_rng(seed).normal(size=rows)


@pytest.mark.parametrize("period", [4, 7, 12, 24])
@pytest.mark.parametrize("seed", range(3))
def test_finds_the_period_of_a_wave(period: int, seed: int) -> None:
    assert infer(of(wave(period, 12 * period, 0.05, seed)), period)[0] == period


@pytest.mark.parametrize(("period", "rows"), [(12, 240), (24, 480), (48, 960)])
def test_finds_a_smooth_wave_under_noise(period: int, rows: int) -> None:
    # steps from row to row hide it, and the lag beside it repeats about as well
    exact = about = 0
    for seed in range(20):
        noise = np.random.default_rng(seed).normal(size=rows)
        y = np.sqrt(2) * np.sin(2 * np.pi * np.arange(rows) / period)
        exact += infer(of(y + 0.1 * noise), period // 4)[0] == period
        about += infer(of(y + noise), period // 4)[0] > 1
    assert exact >= 15
    assert about >= 15


def test_a_long_period_is_found_without_noise() -> None:
    assert infer(of(wave(52, 12 * 52, 0)), 52)[0] == 52


@pytest.mark.parametrize("seed", range(5))
def test_finds_none_in_noise_nor_in_a_random_walk(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(size=500)
    assert infer(of(noise), 10) == (1, 0)
    assert infer(of(noise.cumsum()), 10) == (1, 0)


@pytest.mark.parametrize("rows", [40, 70, 150])
def test_few_rows_of_noise_have_no_season(rows: int) -> None:
    noises = [np.random.default_rng(seed).normal(size=rows) for seed in range(60)]
    assert sum(infer(of(noise), 3)[0] > 1 for noise in noises) <= 3
    assert sum(infer(of(noise + 0.3 * np.arange(rows)), 3)[0] > 1 for noise in noises) <= 3


@pytest.mark.parametrize("rows", [70, 150])
def test_few_rows_hide_no_clear_season(rows: int) -> None:
    found = 0
    for seed in range(20):
        random = np.random.default_rng(seed)
        shape = 2 * np.resize(random.normal(size=12), rows)
        found += infer(of(shape + 0.5 * random.normal(size=rows)), 3)[0] == 12
    assert found >= 17


def test_finds_none_in_what_never_moves_or_moves_alike() -> None:
    assert infer(of(np.full(100, 3.0)), 10) == (1, 0)
    assert infer(of(np.arange(100.0)), 10) == (1, 0)


def test_a_trend_hides_no_season() -> None:
    assert infer(of(wave(12, 240, 0.05) + np.arange(240) / 5), 12)[0] == 12


def test_rows_that_nobody_observed_hide_no_season() -> None:
    y = wave(12, 240, 0.05)
    y[np.random.default_rng(0).random(240) < 0.2] = np.nan
    frame = pl.DataFrame({"ds": range(240), "y": y})
    assert infer(read_series(frame, missing="keep"), 12)[0] == 12


def test_a_season_must_fit_twice_before_the_horizon() -> None:
    y = wave(12, 40, 0.01)
    assert infer(of(y), 16) == (12, 0)
    assert infer(of(y), 17) == (1, 0)


@pytest.mark.parametrize("horizon", [38, 40, 60, 500])
def test_no_season_before_a_horizon_about_as_long_as_the_rows(horizon: int) -> None:
    assert infer(of(wave(12, 40, 0.01)), horizon) == (1, 0)


def test_hours_have_a_day_and_where_there_are_enough_a_week() -> None:
    def hours(rows: int) -> object:
        ds = np.datetime64("2024-01-01", "us") + np.arange(rows) * np.timedelta64(1, "h")
        return of(np.ones(rows), ds)

    assert infer(hours(2 * 168 + 24), 24) == (24, 168)
    assert infer(hours(2 * 168 + 23), 24) == (24, 0)


def test_days_have_a_week_and_no_longer_season() -> None:
    ds = np.datetime64("2024-01-01", "us") + np.arange(400) * np.timedelta64(1, "D")
    assert infer(of(np.ones(400), ds), 7) == (7, 0)


def test_noise_shows_a_season_by_chance_alone_and_short_rows_a_clear_one() -> None:
    noises = [np.random.default_rng(seed).normal(size=48) for seed in range(200)]
    assert sum(shown(of(noise), 12) for noise in noises) <= 20
    assert sum(shown(of(noise.cumsum()), 12) for noise in noises) <= 20
    assert sum(shown(of(noise + 2 * wave(12, 48, 0)), 12) for noise in noises) >= 190
    assert not shown(of(noises[0][:10]), 12)


def test_many_series_show_a_season_that_one_does_not() -> None:
    parts = []
    for i in range(300):
        y = 0.5 * wave(12, 60, 0) + np.random.default_rng(i).normal(size=60)
        parts.append(pl.DataFrame({"unique_id": str(i), "ds": range(60), "y": y}))
    assert sum(shown(read_series(part), 12) for part in parts[:50]) < 25
    assert shown(read_series(pl.concat(parts)), 12)


def test_many_series_make_a_weak_season_clear() -> None:
    rows, parts = 120, []
    for i in range(40):
        y = 1.2 * wave(12, rows, 0, i) + np.random.default_rng(i).normal(size=rows)
        parts.append(pl.DataFrame({"unique_id": str(i), "ds": range(rows), "y": y}))
    assert infer(read_series(pl.concat(parts)), 12)[0] == 12


def test_the_autocorrelation_is_that_of_its_definition() -> None:
    y = np.random.default_rng(1).normal(size=50).cumsum()
    steps = np.diff(y) - np.diff(y).mean()
    expected = [float((steps[lag:] * steps[: len(steps) - lag]).sum()) for lag in range(6)]
    assert autocorrelation(of(y), 5) == pytest.approx(np.array(expected) / expected[0], abs=1e-12)
