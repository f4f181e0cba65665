"""A comparison is fair, and says no more than it knows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl
import pytest

import tidegate as tg
from tidegate.audit.again import again
from tidegate.audit.compare import APART, paired, units
from tidegate.audit.comparison import Comparison, Contestant, choose
from tidegate.audit.contest import contest
from tidegate.cells import CELLS
from tidegate.errors import ArgumentError, DataError
from tidegate.network import Init, NetworkSpec, NumberInput, TokenInput
from tidegate.network.parameters import size

SHORT = tg.SequenceTraining(updates=20, members=1, calibrate=False)


def made(cell: str, loss: float, seconds: float, error: float, p: float) -> Contestant:
    return Contestant(cell, 8, 400, (loss,), loss, 0.0, 3, 2.0, seconds, error, p)


def test_the_lowest_loss_is_taken_unless_a_faster_one_is_about_as_good() -> None:
    rnn, lstm = made("rnn", 0.52, 3.0, 0.03, 0.5), made("lstm", 0.5, 9.0, 0.0, 1.0)
    best, use, why = choose((rnn, lstm))
    assert (best, use) == ("lstm", "rnn")
    assert "faster" in why
    assert "lstm 0.5 (p = 0.500, may be chance)" in why
    behind = made("rnn", 0.52, 3.0, 0.01, 0.04)
    assert choose((behind, lstm))[1] == "lstm"
    slower = made("rnn", 0.52, 8.0, 0.03, 0.5)
    assert choose((slower, lstm))[1] == "lstm"
    few = made("rnn", 0.6, 3.0, 0.01, math.nan)
    assert "rnn 0.6 (too few to tell)" in choose((few, lstm))[2]
    assert choose((lstm,)) == ("lstm", "lstm", "its loss is the lowest, 0.5")


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(
    "spec",
    [
        NetworkSpec(NumberInput(8), cell="lstm", hidden=64, outputs=1),
        NetworkSpec(NumberInput(1), cell="rnn", hidden=90, layers=2, bidirectional=True, outputs=2),
        NetworkSpec(
            TokenInput(500, 40), cell="gru", hidden=40, readout="each", outputs=500, tied=True
        ),
        NetworkSpec(NumberInput(8), cell="gru", hidden=30, outputs=1, init=Init(chrono=20)),
    ],
    ids=["lstm", "deep", "tied", "chrono"],
)
def test_every_cell_has_about_as_many_parameters(spec: NetworkSpec, cell: str) -> None:
    hidden = units(spec, cell, size(spec))

    def count(hidden: int) -> int:
        source: Any = TokenInput(500, hidden) if spec.tied else spec.input
        return size(spec.but(cell=cell, hidden=hidden, input=source, init=Init()))

    off = abs(count(hidden) - size(spec))
    assert off <= min(abs(count(hidden + step) - size(spec)) for step in (-1, 1))
    if cell == spec.cell:
        assert off == 0


def test_a_paired_test_counts_differences() -> None:
    # t = 3 at 8 degrees of freedom; a table has p = 0.017
    difference = np.array([-1.0, 1] * 4 + [0])
    difference = difference / difference.std(ddof=1) + 1
    assert paired(difference) == pytest.approx(0.0171, abs=1e-4)
    assert math.isnan(paired(np.arange(7.0)))
    assert paired(np.zeros(9)) == 1.0
    assert paired(np.full(9, 0.1)) == 0.0


def test_all_learn_and_are_judged_alike() -> None:
    """Each loss is that of the same training by hand, on the same part of the data."""
    random = np.random.default_rng(0)
    X = random.normal(size=(60, 6))
    y = np.where(X[:, -1] > 0, "up", "down")
    model = tg.SequenceClassifier("gru", 6, training=SHORT, random_state=4)
    found = tg.compare(model, X, y, cells=("rnn", "gru"), seeds=2)
    assert not hasattr(model, "learned_")
    assert (found.loss, found.unit, found.observations) == ("nats", "sequences", 15)
    rnn, gru = found.contestants
    assert gru.hidden == 6
    assert abs(rnn.parameters / gru.parameters - 1) < 0.05
    field = contest(model, X, y, 4)
    for each in found.contestants:
        changes = {"cell": each.cell, "hidden": each.hidden}
        entries = [field.enter(changes, 4 + APART * number) for number in range(2)]
        assert each.losses == tuple(entry.loss for entry in entries)
        assert each.loss == pytest.approx(np.mean(each.losses))
        assert each.spread == pytest.approx(np.std(each.losses, ddof=1))
    best = min(found.contestants, key=lambda each: each.loss)
    assert (found.best, best.p, best.error) == (best.cell, 1.0, 0.0)
    assert found.to_frame()["cell"].to_list() == ["rnn", "gru"]
    assert Comparison.from_json(found.to_json()) == found
    assert str(found).splitlines()[-1].startswith(f"use {found.use}: ")


def test_forecasters_and_texts_compete_too() -> None:
    frame = pl.DataFrame({"ds": range(80), "y": [float(i % 4) for i in range(80)]})
    forecaster = tg.Forecaster(2, hidden=4, season=4, training=tg.ForecastTraining(updates=5))
    found = tg.compare(forecaster, frame, cells=("gru",), seeds=1)
    assert (found.loss, found.unit, found.use) == ("pinball loss", "windows", "gru")
    wide = again(forecaster, {"hidden": 32})
    found = tg.compare(wide, frame, cells=("rnn", "gru"), seeds=1)
    rnn, gru = (each.parameters for each in found.contestants)
    assert abs(rnn / gru - 1) < 0.05
    text = "the cat sat on the mat.\n" * 40
    training = tg.LanguageTraining(updates=5, steps=8)
    model = tg.LanguageModel(hidden=8, training=training, random_state=0)
    found = tg.compare(model, text, cells=("rnn", "lstm"), seeds=1)
    assert found.loss == "nats a token"
    assert {each.cell for each in found.contestants} == {"rnn", "lstm"}


def test_a_cell_without_gates_goes_without_chrono() -> None:
    X = np.random.default_rng(0).normal(size=(40, 5))
    training = tg.SequenceTraining(updates=5, members=1, init=Init(chrono=5))
    model = tg.SequenceRegressor("lstm", 4, training=training, random_state=0)
    found = tg.compare(model, X, X[:, 0], cells=("rnn", "lstm"), seeds=1)
    assert [each.cell for each in found.contestants] == ["rnn", "lstm"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"cells": ()}, "cells must be names"),
        ({"cells": "gru"}, "cells must be names"),
        ({"cells": ("gru", "gru")}, "cells must be names, each once"),
        ({"cells": ("gru", "qrnn")}, "a cell must be one of lstm, gru"),
        ({"cells": None}, "cells must be names"),
        ({"cells": [["gru"]]}, "cells must be names"),
        ({"seeds": 0}, "seeds must be"),
    ],
)
def test_settings_are_checked_before_anything_is_trained(given: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        tg.compare(tg.SequenceRegressor(), np.zeros((8, 3)), np.zeros(8), **given)


@pytest.mark.parametrize("y", [3, object()])
def test_a_y_without_a_length_is_refused(y: Any) -> None:
    with pytest.raises(DataError, match="y must have one for each of the 8 sequences, got"):
        tg.compare(tg.SequenceRegressor(), np.zeros((8, 3)), y)


def test_a_text_that_is_none_is_refused() -> None:
    with pytest.raises(DataError, match="text must be a text or a list of texts, got int"):
        tg.compare(tg.LanguageModel(), 3)
