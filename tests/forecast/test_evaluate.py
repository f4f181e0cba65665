"""Windows held out: which they are, that nothing of them leaks, and scores worked out by hand."""

from __future__ import annotations

import json
import os
import signal
from typing import Any

import numpy as np
import pytest

from tidegate.forecast.ask import grid_of
from tidegate.forecast.baselines import BASELINES
from tidegate.forecast.evaluate import Evaluation
from tidegate.forecast.plan import Training

from .frames import days, forecaster, rain, several, wave


def test_the_grid_is_the_ends_of_intervals_around_the_median() -> None:
    np.testing.assert_allclose(grid_of((95, 80)), [0.025, 0.1, 0.5, 0.9, 0.975])
    assert grid_of(()).tolist() == [0.5]


def test_scores_of_the_baselines_by_hand() -> None:
    values = wave(40)
    found = forecaster().evaluate(days(values), progress=False)
    assert [score.name for score in found.scores] == ["LSTM", *BASELINES]
    assert (found.windows, found.horizon, found.season, found.series) == (3, 3, 4, 1)
    actual = values[31:40]
    expected = [
        np.abs(actual - np.repeat(values[[30, 33, 36]], 3)).mean(),
        np.abs(actual - values[27:36]).mean(),
        np.abs(actual - np.median(values[:31])).mean(),
    ]
    scores = {score.name: score.mae for score in found.scores}
    names = ["naive", "seasonal naive", "median"]
    np.testing.assert_allclose([scores[name] for name in names], expected)


def test_without_a_season_there_is_no_seasonal_baseline() -> None:
    found = forecaster(season=1).evaluate(days(wave(40)))
    assert "seasonal naive" not in [score.name for score in found.scores]


def test_what_is_held_out_is_neither_learnt_from_nor_seen_early() -> None:
    values = wave(40)
    maker = forecaster()
    scores = maker.evaluate(days(values)).scores
    changed = values.copy()
    changed[-3:] += 1000  # the last window: its own error grows, and no other forecast changes
    moved = maker.evaluate(days(changed)).scores
    for before, after in zip(scores, moved, strict=True):
        # one window of three, and its forecasts lie far below the 1000
        assert after.mae - before.mae == pytest.approx(1000 / 3, abs=3)


def test_the_forecaster_stays_as_it_is() -> None:
    frame = days(wave())
    fitted = forecaster().fit(frame)
    before = fitted.predict()
    assert fitted.evaluate(frame) == fitted.evaluate(frame)
    assert fitted.predict().equals(before)


def test_levels_are_scored_under_their_own_name() -> None:
    found = forecaster().evaluate(days(wave()), levels=(95, 20))
    assert found.levels == (20, 95)
    for score in found.scores:
        assert score.coverage[0] <= score.coverage[1]
    assert found.scores[0].coverage[1] > 0.5


def test_several_series_are_scored_in_steps_of_their_own() -> None:
    small, large = wave(40), 1000 * wave(40)
    one = forecaster(season=4).evaluate(several(a=small))
    both = forecaster(season=4).evaluate(several(a=small, b=large))
    assert (one.unit, both.unit) == ("", "mean step between seasons")
    step = np.abs(small[4:31] - small[:27]).mean()
    assert one.scores[-1].name == "ridge"  # the one that learns from both
    for alone, together in zip(one.scores[1:-1], both.scores[1:-1], strict=True):
        assert together.mae == pytest.approx(alone.mae / step)


def test_a_constant_series_among_others_is_scored_in_its_own_unit() -> None:
    both = forecaster().evaluate(several(a=np.full(40, 3.0), b=wave(40)))
    assert all(np.isfinite(score.mae) for score in both.scores)


def test_chances_are_scored_where_zeros_are_counted_apart() -> None:
    values = rain()
    found = forecaster().evaluate(days(values))
    assert found.brier is not None
    known = len(values) - 3 * found.windows
    share = (values[:known] != 0).mean()
    assert found.brier[1] == pytest.approx(((share - (values[known:] != 0)) ** 2).mean())
    assert forecaster().evaluate(days(wave())).brier is None


def test_a_model_beats_baselines_that_see_less_and_a_random_walk_is_left_to_the_naive_one() -> None:
    random = np.random.default_rng(0)
    angle = np.cumsum(random.choice([0.5, 1.0], 300))  # no fixed season to copy
    training = Training(updates=200, batch=32)
    maker = forecaster(2, "gru", season=1, hidden=16, training=training)
    learnable = maker.evaluate(days(np.sin(angle) + 2))
    scores = {score.name: score.pinball for score in learnable.scores}
    assert scores["GRU"] < 0.9 * min(scores[name] for name in ("naive", "drift", "mean", "median"))
    walk = maker.evaluate(days(np.cumsum(random.normal(size=300))))
    assert walk.scores[0].mae > 0.9 * walk.scores[1].mae


def test_plain_data() -> None:
    found = forecaster().evaluate(days(rain()))
    data: dict[str, Any] = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert data["scores"][0]["name"] == "LSTM"
    assert data["verdict"] == found.verdict
    assert isinstance(found, Evaluation)


def test_ctrl_c_ends_the_evaluation() -> None:
    def interrupt(report: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        forecaster().evaluate(days(wave()), progress=interrupt)


def test_ctrl_c_keeps_what_was_learnt_so_far() -> None:
    reports = []

    def interrupt(report: object) -> None:
        if not reports:
            os.kill(os.getpid(), signal.SIGINT)
        reports.append(report)

    fitted = forecaster().fit(days(wave()), progress=interrupt)
    assert fitted.history_ is not None
    assert fitted.history_.stopped == "interrupted"
    assert np.isfinite(fitted.predict()["LSTM"].to_numpy()).all()
