"""Ctrl-C ends a fit of several networks once and for all, and keeps what was learnt."""

from __future__ import annotations

import signal
from itertools import pairwise

import numpy as np
import pytest

from tidegate import SequenceClassifier
from tidegate.network.threads import get_threads, set_threads
from tidegate.sequence.training import Training
from tidegate.train import Report


@pytest.mark.parametrize("which", [1, 2])
def test_no_network_is_begun_after_ctrl_c(which: int) -> None:
    """Of three, at the first that is heard of the one or the other."""
    told: list[int] = []

    def tell(report: Report) -> None:
        told.append(report.update)
        begun = 1 + sum(b < a for a, b in pairwise(told))
        if begun == which:
            signal.raise_signal(signal.SIGINT)

    x = np.random.default_rng(0).normal(size=(40, 9, 1))
    training = Training(updates=200, members=3)
    model = SequenceClassifier(hidden=4, training=training, random_state=0)
    threads = get_threads()
    set_threads(1)  # one after the other
    model.fit(x, ["a", "b"] * 20, progress=tell)
    set_threads(threads)
    assert len(model.learned_.members) == which
    assert model.learned_.interrupted
    assert model.learned_.members[-1].interrupted
    assert model.predict(x).shape == (40,)
