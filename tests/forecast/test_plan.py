"""A forecaster's settings: checked, and the same after a trip through JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tidegate.errors import ArgumentError
from tidegate.forecast.plan import Plan, Training

PLAN = Plan(7, 56, 7, "gru", 32, 5, Training(updates=9, batch=3))


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
        {"training": None},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError):
        Plan.from_json({**PLAN.to_json(), **change})


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
    assert plan.tail == max(10, season)


def test_the_window_covers_seasons_up_to_a_limit() -> None:
    windows = [Plan.window_for(7, season) for season in (1, 7, 12, 288)]
    assert windows == [32, 56, 64, 64]
    assert Plan.window_for(30, 1) == 60


def test_updates_follow_the_rows_unless_given() -> None:
    assert Training(updates=7).updates_for(10**6) == 7
    grown = [Training().updates_for(rows) for rows in (1, 10, 100, 1000, 10**4, 10**6)]
    assert grown == sorted(grown)
    assert grown[0] == 1
    assert grown[-1] == 600
