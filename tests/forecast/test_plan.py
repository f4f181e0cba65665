"""A forecaster's settings: checked, and the same after a trip through JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tidegate.errors import ArgumentError
from tidegate.forecast.plan import Plan, Training
from tidegate.network import Init

TRAINING = Training(
    updates=9, batch=3, init=Init(chrono=50), clip_value=0.5, smoothing=0.3, ridge=0.2
)
PLAN = Plan(7, 56, 7, "gru", 32, 5, TRAINING, smoothing=0.3, ridge=0.2)


def test_json_there_and_back() -> None:
    assert Plan.from_json(json.loads(json.dumps(PLAN.to_json()))) == PLAN


@pytest.mark.parametrize(
    "change",
    [
        {"horizon": 0},
        {"window": 1.5},
        {"season": -1},
        {"hidden": True},
        {"seed": -1},
        {"cell": "transformer"},
        {"unknown": 1},
        {"training": {"updates": 0}},
        {"training": {"batch": 0}},
        {"training": {"learning_rate": "fast"}},
        {"training": {"calibrate": 1}},
        {"training": {"init": None}},
        {"training": {"init": {"recurrent": "diagonal"}}},
        {"training": {"clip_value": -1.0}},
        {"training": {"clip": 0}},
        {"training": {"smoothing": 1.1}},
        {"training": {"ridge": -0.1}},
        {"smoothing": -0.1},
        {"ridge": 1.1},
        {"training": None},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError):
        Plan.from_json({**PLAN.to_json(), **change})


@pytest.mark.parametrize("name", ["smoothing", "ridge"])
def test_a_file_from_before_leans_on_nothing(name: str) -> None:
    before = PLAN.to_json()
    del before[name], before["training"][name]
    found = Plan.from_json(before)
    assert (getattr(found, name), getattr(found.training, name)) == (0.0, None)


def test_no_object_is_refused() -> None:
    with pytest.raises(ArgumentError, match="JSON object"):
        Plan.from_json([1])


@pytest.mark.parametrize(
    ("season", "least"), [(1, 4), (3, 4), (7, 8)], ids=["none", "short", "week"]
)
def test_a_season_must_have_been_seen(season: int, least: int) -> None:
    plan = Plan(5, 10, season)
    assert plan.least == least
    assert plan.needed == least + 5
    assert (plan.fewest, replace(plan, begun=0.1).fewest) == (least, 1)


@pytest.mark.parametrize("season", [1, 2, 3, 5, 7, 12, 24, 52, 53, 168, 288])
@pytest.mark.parametrize("window", [1, 10, 336])
def test_the_reach_is_the_window_in_whole_steps_and_a_season_at_the_least(
    season: int, window: int
) -> None:
    plan = Plan(5, window, season)
    assert plan.reach == plan.steps * plan.segment
    assert plan.reach >= max(window, season)
    assert plan.reach - max(window, season + 1) < plan.segment
    assert 2 <= plan.segment <= 24


def test_the_reach_covers_the_longer_season() -> None:
    assert Plan(5, 48, 24, long_season=168).reach == 168


@pytest.mark.parametrize("long_season", [7, 5, -1])
def test_a_longer_season_is_longer(long_season: int) -> None:
    with pytest.raises(ArgumentError, match="long_season"):
        Plan(5, 48, 7, long_season=long_season)


def test_updates_follow_the_rows_unless_given() -> None:
    assert Training(updates=7).updates_for(10**6) == 7
    grown = [Training().updates_for(rows) for rows in (1, 10, 100, 1000, 10**4, 10**6)]
    assert grown == sorted(grown)
    assert grown[0] == 1
    assert grown[-1] == 3000


def test_many_small_updates_are_more_where_rows_are_very_many() -> None:
    small, large = Training(batch=16), Training()
    counts = {rows: small.updates_for(rows) for rows in (200, 40_000, 59_000, 128_000, 10**6)}
    assert all(counts[rows] == 4 * large.updates_for(rows) for rows in (200, 40_000, 59_000))
    assert counts[128_000] == 6 * large.updates_for(128_000) == 6000
    assert counts[10**6] == 6 * large.updates_for(10**6) == 18_000


def test_a_short_series_is_not_learnt_by_heart() -> None:
    """500 updates of four years of days lost to the median; 70 to 100 beat it."""
    assert 70 <= Training().updates_for(1461) <= 100


def test_covariates_are_more_to_learn_where_there_are_rows_to_learn_it_from() -> None:
    training = Training()
    assert training.updates_for(40_000, 20) == 2 * training.updates_for(40_000)
    assert training.updates_for(1461, 20) == training.updates_for(1461)
    assert Training(updates=5).updates_for(40_000, 20) == 5
