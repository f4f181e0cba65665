"""Several networks that say together what comes: the same however they learnt, and after Ctrl-C."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest

from tidegate.network.threads import get_threads, set_threads
from tidegate.train import Report

from .frames import days, forecaster, wave


@pytest.mark.parametrize("n_jobs", [2, 3, None])
def test_the_same_bits_however_many_learn_at_once(n_jobs: int | None) -> None:
    alone = forecaster(ensemble=3, n_jobs=1).fit(days(wave())).predict()
    before = get_threads()
    set_threads(2)
    try:
        beside = forecaster(ensemble=3, n_jobs=n_jobs).fit(days(wave())).predict()
        assert get_threads() == 2
    finally:
        set_threads(before)
    assert alone.equals(beside)


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
