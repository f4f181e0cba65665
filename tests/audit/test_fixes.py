"""What an audit says to try can be tried: by the arguments that the models have."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

import tidegate as tg
from tidegate.audit.again import again
from tidegate.audit.fixes import fixes
from tidegate.audit.result import Memory, Verdict
from tidegate.audit.whole import subject_of

WORDS = ("vanishing", "saturated", "exploding", "unused past")
KEPT = np.ones(2)
MEMORY = Memory("loss", np.arange(2), KEPT, KEPT, KEPT, 9, 0.0, 1.0)


def fitted(kind, cell):
    random = np.random.default_rng(0)
    x = random.normal(size=(12, 8))
    if kind == "forecaster":
        table = pl.DataFrame({"ds": range(90), "y": random.normal(size=90)})
        return tg.Forecaster(2, cell, hidden=2).fit(table, progress=False), table
    if kind == "language":
        text = "the cat sat on the mat. " * 20
        return tg.LanguageModel(cell=cell, hidden=4, training=short(tg.LanguageModel)).fit(
            text
        ), text
    model = tg.SequenceRegressor(
        cell, 2, readout="last", bidirectional=False, training=short(tg.SequenceRegressor)
    )
    return model.fit(x, x[:, 0]), (x, x[:, 0])


def short(kind):
    if kind is tg.LanguageModel:
        from tidegate.language.training import LanguageTraining

        return LanguageTraining(updates=2, steps=8, batch=2)
    from tidegate.sequence.training import Training

    return Training(updates=2, members=1)


@pytest.mark.parametrize("kind", ["forecaster", "language", "regressor"])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_every_fix_is_a_change_that_the_model_takes(kind, cell):
    model, data = fitted(kind, cell)
    about = subject_of(model, data).about
    for word in WORDS:
        found = fixes(about, 200, Verdict(word, "", {}), MEMORY, ())
        titles = [fix.title for fix in found]
        assert len(set(titles)) == len(titles)
        for fix in found:
            other = again(model, fix.changes)
            changed = [other.cell != cell, other.training != model.training]
            changed += [
                getattr(other, name) != getattr(model, name)
                for name in ("readout", "window")
                if name in fix.changes
            ]
            assert any(changed), fix
        if word == "vanishing" and cell != "lstm":
            assert {"cell", "init.chrono"} & set(found[0].changes)
    assert fixes(about, 200, Verdict("healthy", "", {}), MEMORY, ()) == ()


def test_a_bare_network_has_no_arguments_to_change():
    about = subject_of(tg.RNN(1, 2), np.ones((1, 9, 1))).about
    assert about.settings == ()
    assert fixes(about, 200, Verdict("vanishing", "", {}), MEMORY, ()) == ()


def test_chrono_is_not_named_to_whoever_has_it():
    about = subject_of(tg.LSTM(1, 2), np.ones((1, 9, 1))).about
    about = replace(about, settings=("init",))
    verdict = Verdict("vanishing", "", {})
    assert fixes(about, 200, verdict, MEMORY, ())[0].changes == {"init.chrono": 200}
    assert fixes(replace(about, chrono=200), 200, verdict, MEMORY, ()) == ()


def test_a_limit_of_the_norm_is_named_where_states_and_norms_have_none():
    model, data = fitted("regressor", "rnn_relu")
    about = subject_of(model, data).about
    free = replace(about, settings=(*about.settings, "clip"))
    for word, evidence in (("vanishing", {}), ("unused past", {"reach": 20})):
        verdict = Verdict(word, "", evidence)
        assert fixes(free, 200, verdict, MEMORY, ())[1].changes == {"clip": 1.0}
        assert all("clip" not in fix.changes for fix in fixes(about, 200, verdict, MEMORY, ()))
        bounded = fixes(replace(free, cell="rnn"), 200, verdict, MEMORY, ())
        assert all("clip" not in fix.changes for fix in bounded)


def test_dead_relu_units_are_a_matter_of_the_rate():
    model, data = fitted("regressor", "rnn_relu")
    about = subject_of(model, data).about
    dead = Verdict("vanishing", "", {"dead units": 0.6})
    titles = [fix.title for fix in fixes(about, 200, dead, MEMORY, ())]
    assert "a smaller learning rate" in titles
    alive = Verdict("vanishing", "", {"dead units": 0.1})
    assert "a smaller learning rate" not in [f.title for f in fixes(about, 200, alive, MEMORY, ())]


def test_what_is_gone_in_a_step_is_said_so():
    layer = tg.RNN(1, 4, nonlinearity="relu")
    layer.params["bias_ih_l0"][:] = -9
    found = tg.audit(layer, np.ones((4, 30, 1)))
    assert found.verdict.evidence["dead units"] == 1
    assert "the gradient does not outlive a step: nothing of the gradient is left" in str(found)


def test_a_past_that_the_gradient_does_not_reach_may_be_of_use_yet():
    model, data = fitted("regressor", "rnn")
    about = subject_of(model, data).about
    far = Verdict("unused past", "", {"reach": 66.0})
    assert fixes(about, 100, far, MEMORY, ())[0].changes == {"cell": "lstm", "init.chrono": 100}
    assert fixes(about, 66, far, MEMORY, ()) == ()
