"""Fixes that are trained: before and after, on what was held out, within a budget."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import tidegate as tg
from tidegate.audit import Audit
from tidegate.audit.contest import contest
from tidegate.audit.result import Fix
from tidegate.audit.tried import Attempt, TriedFixes, try_fixes
from tidegate.errors import ArgumentError
from tidegate.network import Init
from tidegate.train.watch import GradientWarning

X = np.random.default_rng(0).normal(size=(80, 6))
Y = X[:, -1] + X[:, -2]
LONGER = Fix("more updates", "few do not do", {"training.updates": 300})
WIDER = Fix("more units", "few do not do", {"hidden": 5})
WRONG = Fix("wings", "to fly", {"wings": 2})


@pytest.fixture(scope="module")
def audited() -> Audit:
    training = tg.SequenceTraining(updates=3, members=1)
    model = tg.SequenceRegressor("gru", 4, training=training, random_state=3).fit(X, Y)
    return tg.audit(model, (X, Y))


def test_what_helps_is_found_and_said(audited: Audit) -> None:
    found = replace(audited, fixes=(WIDER, WRONG, LONGER)).try_fixes(budget=600.0)
    model = audited.source[0]
    field = contest(model, X, Y, 3)
    before, wider, longer = (
        field.enter(changes, 3) for changes in ({}, WIDER.changes, LONGER.changes)
    )
    assert found.before == before.loss
    assert [each.loss for each in found.attempts[::2]] == [wider.loss, longer.loss]
    assert longer.loss < 0.5 * before.loss
    assert found.best is found.attempts[2]
    assert found.best.p < 0.05
    assert (
        "has no setting 'wings'" in found.attempts[1].failed or "wings" in found.attempts[1].failed
    )
    assert str(found).splitlines()[-1].startswith("more updates: ")
    assert "% less squared error than before (p" in str(found)
    assert found.to_frame()["fix"].to_list() == ["before", "more units", "wings", "more updates"]
    again = TriedFixes.from_json(found.to_json())
    assert again.attempts[2] == found.attempts[2]
    assert math.isnan(again.attempts[1].loss)


def test_a_budget_that_is_spent_ends_it(audited: Audit) -> None:
    found = replace(audited, fixes=(LONGER, WIDER)).try_fixes(budget=1e-9)
    assert all(each.failed == "not tried within 1e-09 s" for each in found.attempts)
    assert found.best is None
    assert str(found).endswith("nothing could be tried")
    assert str(replace(found, attempts=())).endswith("the audit found nothing to try")


def test_a_budget_may_be_updates(audited: Audit) -> None:
    found = try_fixes(replace(audited, fixes=(WIDER,)), 600.0, updates=7)
    field = contest(audited.source[0], X, Y, 3)
    assert found.before == field.enter({"training.updates": 7}, 3).loss
    changes = {"training.updates": 7, **WIDER.changes}
    assert found.attempts[0].loss == field.enter(changes, 3).loss


def test_what_is_no_better_is_said_to_be_so() -> None:
    attempt = Attempt("a fix", {}, 1.1, 0.001, 4, 1.0, "")
    found = TriedFixes("GRU", "nats", "sequences", 20, 1.0, 3, 1.0, (attempt,))
    assert str(found).endswith("none of what was tried is better than what was there before")


def test_chance_is_called_chance() -> None:
    attempt = Attempt("a fix", {}, 0.9, 0.3, 4, 1.0, "")
    found = TriedFixes("GRU", "nats", "sequences", 20, 1.0, 3, 1.0, (attempt,))
    assert str(found).endswith("a fix: 10 % less nats than before, which may be chance")
    sure = replace(found, attempts=(replace(attempt, p=0.01),))
    assert str(sure).endswith("a fix: 10 % less nats than before (p = 0.010)")
    few = replace(found, attempts=(replace(attempt, p=math.nan),))
    assert str(few).endswith("which may be chance")


@pytest.mark.parametrize("budget", [0, -1.0, "60", None, True])
def test_a_budget_is_seconds(audited: Audit, budget: Any) -> None:
    with pytest.raises(ArgumentError, match="budget must be seconds above 0"):
        audited.try_fixes(budget)


def test_what_cannot_be_trained_is_said(audited: Audit) -> None:
    with pytest.raises(ArgumentError, match="has no model to train"):
        Audit.from_json(audited.to_json()).try_fixes()
    layer = tg.GRU(1, 4)
    with pytest.raises(ArgumentError, match="a Layer cannot be trained anew"):
        tg.audit(layer, np.ones((2, 5, 1))).try_fixes()
    without = tg.audit(audited.source[0], X)
    with pytest.raises(ArgumentError, match="X needs its y"):
        without.try_fixes()


def test_an_rnn_that_forgets_becomes_an_lstm_that_does_not() -> None:
    """The sign of the first three of 150 steps is asked for at the last one, noise in between."""
    random = np.random.default_rng(0)
    x = 0.3 * random.normal(size=(400, 150, 2))
    x[..., 1] = np.arange(150) < 3
    sign = np.where(random.random(400) < 0.5, 1, -1)
    x[:, :3, 0] = sign[:, None]
    training = tg.SequenceTraining(
        updates=800,
        members=1,
        segment=1,
        calibrate=False,
        augment=False,
        init=Init(recurrent="uniform"),
    )
    model = tg.SequenceClassifier(
        "rnn", 16, bidirectional=False, readout="last", training=training, random_state=0
    )
    with pytest.warns(GradientWarning, match="vanishes"):
        model.fit(x, sign)
    found = tg.audit(model, (x, sign))
    assert found.verdict.word == "vanishing"
    assert "chrono" in found.fixes[0].title
    tried = replace(found, fixes=found.fixes[:1]).try_fixes(600.0)
    (attempt,) = tried.attempts
    assert tried.before > 0.6  # ln 2 = 0.69 is what guessing costs
    assert attempt.loss < 0.2
    assert attempt.memory > 10 * tried.memory
