"""Several networks that say together what comes: the same however they learnt, and after Ctrl-C."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tidegate.forecast import auto, learn
from tidegate.forecast.conformal import Correction
from tidegate.forecast.inputs import Inputs
from tidegate.forecast.members import Members
from tidegate.forecast.model import Model
from tidegate.forecast.plan import Plan
from tidegate.forecast.windows import Table
from tidegate.network.threads import get_threads, set_threads
from tidegate.train import History, Report
from tidegate.train.progress import Listener

from .frames import days, forecaster, wave

pytestmark = pytest.mark.usefixtures("two_threads")


@pytest.mark.parametrize("n_jobs", [2, 3, None])
def test_the_same_bits_however_many_learn_at_once(n_jobs: int | None) -> None:
    alone = forecaster(ensemble=3, n_jobs=1).fit(days(wave())).predict()
    beside = forecaster(ensemble=3, n_jobs=n_jobs).fit(days(wave())).predict()
    assert get_threads() == 2
    assert alone.equals(beside)


def test_what_corrects_the_first_corrects_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    made, find = [], learn.calibrated

    def spy(*arguments: Any) -> tuple[tuple[Correction, float], History]:
        made.append(arguments)
        found, history = find(*arguments)
        assert found is not None
        return (Correction(np.full_like(found[0].factor, 1.5)), 0.5), history

    monkeypatch.setattr(learn, "calibrated", spy)
    fitted = forecaster(ensemble=3).fit(days(wave()))
    assert len(made) == 1 and fitted.plan_.members == 3
    assert all(each.model.plan.ridge == 0.5 for each in fitted.answers_.learned)
    assert all((each.model.correction.factor == 1.5).all() for each in fitted.answers_.learned)
    assert all(
        each.model.plan.training == fitted.plan_.training for each in fitted.answers_.learned
    )


def test_cells_are_tried_alone_and_the_best_learns_as_often_as_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    learnt: list[int] = []
    choose = auto.choose
    monkeypatch.setattr(auto, "learn_members", counted(auto.learn_members, learnt))
    monkeypatch.setattr(auto, "choose", lambda tried: replace(choose(tried), name="GRU"))
    fitted = forecaster(cell="auto", ensemble=2).fit(days(np.tile([1.0, 5, 2, 8, 3, 9], 20)))
    assert learnt == [1, 1, 1, 2]
    assert isinstance(fitted.answers_, Members) and fitted.plan_.cell == "gru"


def counted(train: Any, learnt: list[int]) -> Any:
    """The same, that notes how many members learn."""

    def spy(plan: Plan, *others: Any, **named: Any) -> Any:
        learnt.append(plan.members)
        return train(plan, *others, **named)

    return spy


@pytest.mark.parametrize("last", [1, 2, 3])
def test_ctrl_c_keeps_the_networks_so_far_and_says_so(last: int) -> None:
    done = []

    def interrupt(report: Report) -> None:
        done.append(report.update == report.updates)  # a network tells of its last update, too
        if sum(done[:-1]) == last - 1:
            os.kill(os.getpid(), signal.SIGINT)

    fitted = forecaster(ensemble=3, n_jobs=1).fit(days(wave()), progress=interrupt)
    assert len(fitted.answers_.learned) == last
    assert fitted.history_ is not None
    assert fitted.history_.stopped == "interrupted"
    assert np.isfinite(fitted.predict()["LSTM"].to_numpy()).all()


@pytest.mark.parametrize("cell", ["lstm", "auto"])
def test_what_learns_beside_each_other_has_the_bits_that_it_has_alone(
    cell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model and the one that its intervals are corrected by; cells that are tried."""

    def spy(
        inputs: Inputs, table: Table, progress: bool | Listener | None = None
    ) -> tuple[Model, History]:
        learnt_in.add(threading.current_thread())
        return train(inputs, table, progress)

    train = Model.train
    monkeypatch.setattr(Model, "train", spy)
    found = []
    for count in (1, 2):
        learnt_in: set[threading.Thread] = set()
        set_threads(count)
        found.append(forecaster(cell=cell).fit(days(wave())))
        assert (len(learnt_in) > 1) == (count > 1)
        assert get_threads() == count
    assert found[0].predict().equals(found[1].predict())
    assert str(found[0].choice_) == str(found[1].choice_)


@pytest.mark.parametrize("threads", [1, 2])
def test_ctrl_c_ends_both_trainings_of_a_model(threads: int) -> None:
    def interrupt(report: Report) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    set_threads(threads)
    fitted = forecaster().fit(days(wave()), progress=interrupt)
    assert fitted.history_ is not None
    assert fitted.history_.stopped == "interrupted"
    assert len(fitted.history_.loss) == 1
    assert (fitted.answers_.learned[0].model.correction.factor == 1).all()
    with pytest.raises(KeyboardInterrupt):
        forecaster(cell="auto").fit(days(wave()), progress=interrupt)
    assert get_threads() == threads
