"""The usable memory of a forecaster is judged by rows that it did not learn from."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

import tidegate as tg
from tidegate.forecast import audited, unlearnt
from tidegate.forecast.plan import Training

from .frames import days, several, wave


def fitted(frame: pl.DataFrame, updates: int = 100, **settings: Any) -> tg.Forecaster:
    training = Training(updates=updates, batch=64, calibrate=False)
    given = {"horizon": 4, "season": 4, "window": 24, "hidden": 32, **settings}
    return tg.Forecaster(training=training, **given).fit(frame, progress=False)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_what_a_network_knows_by_heart_is_no_memory(seed: int) -> None:
    noise = days(np.random.default_rng(seed).normal(size=90))
    model = fitted(noise, updates=300, season=1, hidden=64)
    assert tg.audit(model, noise).verdict.word == "unused past"


def test_few_rows_are_learnt_from_for_two_thirds_and_the_rest_judges() -> None:
    frame = days(wave(90))
    model = fitted(frame)
    found = judged(model, frame)
    # 90 / 3 = 30 rows are 7.5 windows of 4 rows: 8 of them, the last of which ends the frame
    assert found.windows.cut.tolist() == list(range(58, 90, 4))
    assert len(found.models) == 1
    assert found.models[0] is not model.answers_.learned[0].model
    scale = found.windows.table.scaling.scale[0]  # the mean size of the rows before them
    assert scale == pytest.approx(np.abs(wave(90)[:58]).mean())
    again = tg.audit(model, frame).memory
    np.testing.assert_array_equal(again.score, tg.audit(model, frame).memory.score)
    assert len(again.score) == len(again.context)


def test_newer_rows_judge_the_networks_themselves() -> None:
    frame = days(wave(90))
    model = fitted(frame.head(60), ensemble=2)
    found = judged(model, frame)
    assert found.windows.cut.tolist() == [62, 66, 70, 74, 78, 82, 86]
    assert [each.network.parameters.sum() for each in found.models] == [
        each.model.network.parameters.sum() for each in model.answers_.learned
    ]


def test_many_rows_judge_as_they_are_but_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unlearnt, "FEW", 50)
    frame = days(wave(90))
    model = fitted(frame)
    found = judged(model, frame)
    assert found.models == [model.answers_.learned[0].model]
    cuts = found.windows.cut
    assert np.diff(cuts).min() >= 4 and cuts[0] == 24 and len(cuts) == 16


def judged(model: tg.Forecaster, frame: pl.DataFrame) -> unlearnt.Judged:
    kept = []

    def noted(*given: Any) -> unlearnt.Judged:
        kept.append(true(*given))
        return kept[0]

    true = unlearnt.judged
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unlearnt, "judged", noted)
        model.__audit__(frame)
    return kept[0]


def test_a_series_that_was_never_seen_judges_by_whole_windows() -> None:
    model = fitted(several(old=wave(90)))
    cuts = judged(model, several(new=wave(60, seed=5))).windows.cut
    assert cuts.min() >= 24
    assert np.diff(cuts).min() == 4 and cuts.max() == 56


@pytest.mark.parametrize(("stays", "word"), [(0.95, "healthy"), (0.5, "unused past")])
def test_of_rain_it_counts_whether_it_rains(stays: float, word: str) -> None:
    random = np.random.default_rng(0)
    wet = np.cumsum(random.random(1200) > stays) % 2  # of 0.5, a coin each day
    frame = days(wet * random.exponential(3, 1200))  # and of the amounts nothing can be known
    model = fitted(frame, updates=80, horizon=2)
    assert model.answers_.learned[0].scaling.zeros.all()
    found = tg.audit(model, frame)
    assert found.verdict.word == word
    assert found.memory.name == "cost of chance and amount"


def test_what_a_chance_costs() -> None:
    truth = np.array([[[np.nan, 0.0], [2.0, 1.0]], [[1.0, np.nan], [np.nan, np.nan]]])
    z, chance = np.array([[9.0, 1.5], [3.0, 3.0]]), np.array([[0.25, 0.5], [0.9, 0.9]])
    found = audited._cost(z, chance, truth)
    np.testing.assert_allclose(found, [0.5 - (np.log(0.75) + np.log(0.5)) / 2, 2.0])
    np.testing.assert_allclose(audited._cost(z, None, truth), [0.5, 2.0])
    surprised = audited._cost(z, np.zeros((2, 2)), truth)[0]
    assert surprised == pytest.approx(0.5 - (np.log(0.99) + np.log(0.01)) / 2)
