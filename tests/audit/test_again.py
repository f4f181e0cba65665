"""Models anew: all settings but those that are changed stay, of every kind of model."""

from __future__ import annotations

from typing import Any

import pytest

import tidegate as tg
from tidegate.audit.again import again, seed_of
from tidegate.errors import ArgumentError
from tidegate.network import Init

MODELS: list[tuple[Any, str, int]] = [
    (tg.SequenceClassifier("rnn", 7, random_state=5), "random_state", 5),
    (tg.SequenceRegressor(hidden=7, loss="mae"), "random_state", 0),
    (tg.SequenceTagger(hidden=7, random_state=3), "random_state", 3),
    (tg.LanguageModel("word", hidden=7, random_state=2), "random_state", 2),
    (tg.Forecaster(4, hidden=7, time="when", future=("price",), seed=9), "seed", 9),
]


@pytest.mark.parametrize(("model", "name", "seed"), MODELS, ids=lambda x: type(x).__name__)
def test_every_model_can_be_made_anew(model: Any, name: str, seed: int) -> None:
    before = dict(vars(model))
    found = again(model, {"cell": "lstm", "training.updates": 30}, seed=77)
    assert type(found) is type(model)
    assert vars(model) == before
    assert (found.cell, found.training.updates, getattr(found, name)) == ("lstm", 30, 77)
    same = {
        key: value for key, value in vars(found).items() if key not in ("cell", "training", name)
    }
    assert same == {key: before[key] for key in same}
    assert getattr(again(model, {}), name) == before[name]
    assert seed_of(model) == seed


def test_a_part_of_a_part_keeps_what_is_beside_it() -> None:
    model = tg.SequenceClassifier(
        training=tg.SequenceTraining(batch=9, init=Init(recurrent="identity"))
    )
    for key in ("init.chrono", "training.init.chrono"):
        found = again(model, {key: 40}).training
        assert (found.batch, found.init) == (9, Init(recurrent="identity", chrono=40))
    assert model.training.init.chrono is None


def test_where_nothing_was_set_the_defaults_stand_beside_it() -> None:
    assert again(tg.LanguageModel(), {"init.chrono": 9}).training == tg.LanguageTraining(
        init=Init(chrono=9)
    )
    assert again(tg.Forecaster(3), {"batch": 9}).training == tg.ForecastTraining(batch=9)


@pytest.mark.parametrize(
    ("model", "key", "message"),
    [
        (tg.Forecaster(3), "wings", "there is no setting 'wings': .*Training has none such"),
        (tg.Forecaster(3), "hidden.wings", "there is no setting 'hidden.wings': 128 has no parts"),
        (tg.Forecaster(3), "window.wings", "there is no setting 'window.wings'"),
        (tg.LSTM(1, 2), "cell", "Layer cannot be trained anew: it does not keep its argument"),
    ],
)
def test_a_setting_that_is_not_there(model: Any, key: str, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        again(model, {key: 1})


def test_a_value_that_makes_no_sense_is_refused_by_the_setting_itself() -> None:
    with pytest.raises(ArgumentError, match=r"Init\.chrono"):
        again(tg.SequenceClassifier(), {"init.chrono": "long"})
