"""The search for better settings."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from tidegate.errors import ArgumentError
from tidegate.forecast.plan import Training

from .frames import days, forecaster, wave


def test_without_optuna_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    monkeypatch.setattr("tidegate.forecast.tune.find_spec", lambda name: None)
    with pytest.raises(ArgumentError, match=r"pip install 'tidegate\[tune\]'"):
        forecaster().tune(days(wave()))


def test_it_keeps_the_best_of_what_it_tried_and_the_first_is_its_own() -> None:
    pytest.importorskip("optuna")
    training = Training(updates=8, batch=8)
    tuned = forecaster(hidden=32, cell="gru", training=training).tune(days(wave()), trials=4)
    assert len(tuned.tuning_) == 4
    first = tuned.tuning_[0]
    assert (first.cell, first.hidden, first.window, first.updates) == ("gru", 32, 10, 8)
    best = min(tuned.tuning_, key=lambda trial: trial.loss)
    assert (tuned.cell, tuned.hidden, tuned.window) == (best.cell, best.hidden, best.window)
    assert tuned.plan_.training.updates == best.updates
    assert np.isfinite(tuned.predict()[tuned.cell.upper()].to_numpy()).all()


def test_the_first_try_is_its_own_whatever_that_is() -> None:
    pytest.importorskip("optuna")
    training = Training(updates=2, batch=8, learning_rate=3e-2)
    own = forecaster(hidden=5, cell="rnn", training=training)
    first = own.tune(days(wave()), trials=1).tuning_[0]
    assert (first.cell, first.hidden, first.window) == ("rnn", 5, 10)
    assert (first.updates, first.learning_rate) == (2, pytest.approx(3e-2))


def test_auto_begins_with_a_gru_and_ends_with_a_network() -> None:
    pytest.importorskip("optuna")
    tuned = forecaster(cell="auto").tune(days(wave()), trials=2)
    assert tuned.tuning_[0].cell == "gru"
    best = min(tuned.tuning_, key=lambda trial: trial.loss)
    assert tuned.cell == best.cell and tuned.choice_ is None


def test_the_same_seed_tries_the_same() -> None:
    pytest.importorskip("optuna")
    training = Training(updates=2, batch=8)
    one, two = (forecaster(training=training).tune(days(wave()), 3).tuning_ for _ in range(2))
    assert one == two


@pytest.mark.parametrize(
    ("limit", "match"), [({"trials": 0}, "trials"), ({"timeout": -1}, "0 sec")]
)
def test_limits_that_make_no_sense(limit: dict[str, int], match: str) -> None:
    with pytest.raises(ArgumentError, match=match):
        forecaster().tune(days(wave()), **limit)


def test_the_first_try_is_made_however_short_the_time() -> None:
    pytest.importorskip("optuna")
    tuned = forecaster(training=Training(updates=2, batch=8)).tune(days(wave()), timeout=1e-9)
    assert len(tuned.tuning_) == 1
    assert np.isfinite(tuned.predict()["LSTM"].to_numpy()).all()
