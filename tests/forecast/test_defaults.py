"""Settings by frequency and size."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest

from tidegate.data.series import Series, read_series
from tidegate.forecast.auto import Learner
from tidegate.forecast.choice import Choice
from tidegate.forecast.defaults import suited
from tidegate.forecast.plan import Training
from tidegate.forecast.planner import Planner


def dated(rows: int, step: dt.timedelta, repeats: int = 24) -> Series:
    times = [dt.datetime(2020, 1, 1) + i * step for i in range(rows)]
    return read_series(pl.DataFrame({"ds": times, "y": np.arange(rows) % repeats + 1.0}))


def turning(rows: int, series: int, repeats: int) -> pl.DataFrame:
    """Series of so many rows, with a column beside them, that counts for what its readers say."""
    return pl.DataFrame(
        {
            "unique_id": np.repeat(np.arange(series), rows),
            "ds": np.tile(np.arange(rows), series),
            "y": np.arange(rows * series) % repeats + 1.0,
            "x": np.ones(rows * series),
        }
    )


HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("rows", "step", "season", "long_season", "calendar"),
    [
        (1000, HOUR, 24, 168, False),
        (340, HOUR, 24, 0, False),
        (59, HOUR, 1, 0, False),
        (400, DAY, 7, 0, False),
        (1200, DAY, 7, 0, True),
        (200, 7 * DAY, 52, 0, True),
        (1500, dt.timedelta(minutes=30), 48, 336, False),
        (1500, dt.timedelta(minutes=5), 288, 0, False),
    ],
    ids=["weeks", "days", "hours", "year", "years", "weekly", "half hours", "minutes"],
)
def test_by_the_dates(
    rows: int, step: dt.timedelta, season: int, long_season: int, calendar: bool
) -> None:
    plan = suited(dated(rows, step, season if season > 1 else 24), 12)
    assert (plan.season, plan.long_season, plan.calendar) == (season, long_season, calendar)
    assert plan.reach >= max(plan.window, season, long_season)


@pytest.mark.parametrize(
    "moves", [np.zeros_like, np.copy, np.cumsum], ids=["flat", "noise", "walk"]
)
def test_a_season_that_dates_suggest_and_rows_do_not_show_is_not_taken(moves: Any) -> None:
    y = 50 + moves(np.random.default_rng(0).normal(size=400))
    days = read_series(
        pl.DataFrame({"ds": [dt.date(2020, 1, 1) + i * DAY for i in range(400)], "y": y})
    )
    plan = suited(days, 7)
    assert (plan.season, plan.long_season, plan.window) == (1, 0, 30)
    assert Planner(7).usual_season(days) == 7  # what scores and baselines count in
    assert suited(days, 7, season=(7, 0)).season == 7


def test_a_baseline_that_was_picked_repeats_the_season_that_it_was_judged_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    noise = np.random.default_rng(0).normal(size=400)
    dates = [dt.date(2020, 1, 1) + i * DAY for i in range(400)]
    days = read_series(pl.DataFrame({"ds": dates, "y": noise}))
    learner = Learner(Planner(7), days, auto=True)
    monkeypatch.setattr(Learner, "pick", lambda *_: Choice("seasonal naive", (), 9))
    picked = learner.learn(days.length).answers
    middle = picked.forecast(days, np.array([0]), np.array([400]), np.array([0.5])).quantiles
    np.testing.assert_array_equal(middle[0, :, 0], noise[-7:])


def test_rows_that_repeat_otherwise_than_dates_suggest_decide() -> None:
    five = dated(400, DAY, 5)
    assert suited(five, 7).season == 5
    assert Planner(7).usual_season(five) == 5


@pytest.mark.parametrize(
    ("rows", "series", "season", "share"),
    [
        (150, 1, (1, 0), 0.25),
        (150, 10, (1, 0), 0.25 / 3),
        (150, 20, (1, 0), 0),
        (150, 20, (12, 0), 0.25),
        (150, 1, (24, 0), 0),
        (150, 1, (48, 0), 0),
        (150, 1, (52, 0), 0.25),
        (600, 1, (24, 168), 0.3),
        (600, 90, (24, 168), 0.3),
    ],
)
def test_how_much_smoothing_counts(
    rows: int, series: int, season: tuple[int, int], share: float
) -> None:
    frame = turning(rows, series, 7)
    known = read_series(frame)
    assert suited(known, 4, season=season).smoothing == pytest.approx(share)
    assert suited(known, 4, season=season, training=Training(smoothing=0.6)).smoothing == 0.6
    assert suited(read_series(frame, past=["x"]), 4, season=season).smoothing == 0


@pytest.mark.parametrize(
    ("rows", "series", "season", "training", "members"),
    [
        (600, 34, (24, 168), None, 2),
        (600, 34, (24, 168), Training(batch=32), 2),
        (600, 34, (24, 168), Training(updates=50), 1),
        (600, 33, (24, 168), None, 1),
        (600, 34, (24, 0), None, 1),
        (2000, 11, (24, 168), None, 1),
    ],
    ids=["many rows", "a batch", "updates that are given", "fewer", "one season", "long ones"],
)
def test_how_many_networks_learn(
    rows: int, series: int, season: tuple[int, int], training: Training | None, members: int
) -> None:
    frame = turning(rows, series, 7)
    known = read_series(frame)
    assert suited(known, 4, season=season, training=training).members == members
    assert suited(known, 4, season=season, training=training, members=1).members == 1
    assert suited(read_series(frame, past=["x"]), 4, season=season).members == 1
    assert Planner(4, season, members=5).plan(known).members == 5


@pytest.mark.parametrize(
    ("rows", "series", "season", "share", "theta"),
    [
        (150, 134, (12, 0), 0.3, True),
        (150, 134, (52, 0), 0.3, True),
        (150, 133, (12, 0), 0.25, False),
        (150, 134, (1, 0), 0, False),
        (150, 134, (24, 0), 0, False),
        (600, 34, (24, 168), 0.3, False),
        (2000, 11, (12, 0), 0, False),
    ],
    ids=["months", "weeks", "fewer", "no season", "a day", "two seasons", "long ones"],
)
def test_where_theta_stands_beside_smoothing(
    rows: int, series: int, season: tuple[int, int], share: float, theta: bool
) -> None:
    frame = turning(rows, series, 7)
    plan = suited(read_series(frame), 4, season=season)
    assert (plan.smoothing, plan.theta) == (share, theta)
    given = suited(read_series(frame), 4, season=season, training=Training(smoothing=0.6))
    assert (given.smoothing, given.theta) == (0.6, theta)
    assert not suited(read_series(frame, past=["x"]), 4, season=season).theta


def test_two_days_of_a_month_have_a_year_of_24_rows_and_no_day() -> None:
    dates = [dt.date(2010 + i // 24, i // 2 % 12 + 1, 1 + 14 * (i % 2)) for i in range(150)]
    halves = read_series(pl.DataFrame({"ds": dates, "y": np.arange(150) % 24 + 1.0}))
    plan = suited(halves, 4)
    assert (plan.season, plan.smoothing) == (24, 0.25)


@pytest.mark.parametrize(
    ("rows", "beside", "window", "ridge", "smoothing"),
    [
        (2000, {}, None, 0.3, 0),
        (1999, {}, None, 0, 0.25),
        (2000, {}, 1600, 0, 0.25),
        (2000, {"static": ["x"]}, None, 0, 0.25),
        (2000, {"past": ["x"]}, None, 0, 0),
        (2000, {"future": ["x"]}, None, 0, 0),
    ],
    ids=["long", "short", "wide", "static", "past", "future"],
)
def test_a_ridge_regression_counts_in_a_few_long_series_alone(
    rows: int, beside: dict[str, list[str]], window: int | None, ridge: float, smoothing: float
) -> None:
    frame = pl.DataFrame({"ds": range(rows), "y": np.arange(rows) % 12 + 1.0, "x": np.ones(rows)})
    plan = suited(read_series(frame, **beside), 4, season=(12, 0), window=window)
    assert (plan.ridge, plan.smoothing) == (ridge, smoothing)
    given = Training(ridge=0.5, smoothing=0.1)
    plan = suited(read_series(frame, **beside), 4, window=window, training=given)
    assert (plan.ridge, plan.smoothing) == (0.5, 0.1)


def test_what_is_given_is_kept() -> None:
    series = dated(1000, HOUR)
    plan = suited(series, 12, season=6, window=30, cell="rnn", hidden=4, seed=9)
    given = (plan.horizon, plan.season, plan.long_season, plan.window, plan.cell, plan.hidden)
    assert given == (12, 6, 0, 30, "rnn", 4)
    assert plan.seed == 9
    both = suited(series, 12, season=(6, 48))
    assert (both.season, both.long_season) == (6, 48)


@pytest.mark.parametrize(
    ("rows", "series", "beside", "window"),
    [
        (144, 150, {}, 96),
        (145, 150, {}, 144),
        (145, 130, {}, 96),
        (145, 150, {"past": ["x"]}, 96),
        (2000, 11, {}, 96),
    ],
    ids=["as long", "longer", "few", "past", "long"],
)
def test_a_window_has_two_or_three_of_the_longer_season(
    rows: int, series: int, beside: dict[str, list[str]], window: int
) -> None:
    known = read_series(turning(rows, series, 6), **beside)
    assert suited(known, 4, season=(6, 48)).window == window


def test_a_window_that_is_given_is_not_stretched_by_a_season_that_was_found() -> None:
    hours = dated(1000, HOUR)
    short, long = suited(hours, 12, window=72), suited(hours, 12, window=168)
    assert (short.season, short.long_season, short.reach) == (24, 0, 72)
    assert (long.season, long.long_season, long.reach) == (24, 168, 168)
    # both were asked for
    asked = suited(hours, 12, window=72, season=(24, 168))
    assert (asked.long_season, asked.reach) == (168, 168)


def many(count: int, rows: int) -> Series:
    names = np.repeat(np.arange(count), rows)
    times = np.tile(np.arange(rows), count)
    return read_series(pl.DataFrame({"unique_id": names, "ds": times, "y": np.ones(len(names))}))


def test_without_a_season_more_is_read_where_there_is_more() -> None:
    windows = [suited(many(*size), 3, season=1).window for size in ((1, 50), (1, 500), (1, 5000))]
    assert windows == [8, 38, 112]
    # of many series, a third of each
    assert [suited(many(100, rows), 3, season=1).window for rows in (20, 60)] == [8, 20]


def test_long_series_are_anchored() -> None:
    short, long = (suited(dated(n, DAY), 3) for n in (1900, 2100))
    assert (short.anchored, long.anchored) == (False, True)


def test_roots_are_for_series_of_which_nothing_else_is_known_by_row() -> None:
    frame = pl.DataFrame({"ds": range(50), "y": np.ones(50), "x": np.arange(50.0)})
    assert suited(read_series(frame.drop("x")), 3).roots
    assert not suited(read_series(frame, future=["x"]), 3).roots
    assert not suited(read_series(frame, past=["x"]), 3).roots


def test_of_many_series_some_windows_are_shown_as_if_just_begun() -> None:
    sizes = (50, 60), (49, 60), (50, 2500)  # long ones are read in deviations of the series
    assert [suited(many(*size), 3, season=12).begun for size in sizes] == [0.1, 0, 0]
    seasons = [suited(many(50, 200), 3, season=rows).begun for rows in (1, 2, 12, 24)]
    assert seasons == [0, 0.1, 0.1, 0]


def test_few_rows_and_long_series_are_learnt_with_much_dropout() -> None:
    assert suited(many(100, 150), 3).dropout == 0.5
    assert suited(many(100, 250), 3).dropout == 0.2
    assert suited(many(10, 2500), 3).dropout == 0.5


def test_many_series_are_learnt_in_small_updates_unless_their_number_is_given() -> None:
    few, several, long = many(100, 150), many(100, 250), many(10, 2500)
    batches = [suited(series, 3).training.batch for series in (few, several, long)]
    assert batches == [128, 16, 128]
    # 16 windows, of 128 an eighth, four times as often
    assert suited(several, 3).training.updates_for(10**6) == 4 * 4500
    for series in (few, several, long):
        assert suited(series, 3, training=Training(updates=9)).training.size == 32
        assert suited(series, 3, training=Training(updates=9, batch=128)).training.size == 128
        assert suited(series, 3, training=Training(batch=64)).training.size == 64
