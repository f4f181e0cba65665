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
