"""When a difference to the best of several baselines counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_1samp

from tidegate.evidence import SURE, beside_best, relation


def test_worse_than_the_best_of_many_is_said_by_chance_no_more_often_than_once_in_twenty() -> None:
    rng = np.random.default_rng(0)
    said, trials = {"beats": 0, "no better than": 0, "worse than": 0}, 2000
    for _ in range(trials):
        # the model and eight baselines, all equally good
        losses = rng.normal(size=(9, 30))
        best = 1 + int(losses[1:].mean(1).argmin())
        difference = losses[best] - losses[0]
        p = float(ttest_1samp(difference, 0.0).pvalue)
        said[relation(difference.mean(), beside_best(difference.mean(), p, 8))] += 1
    # a share of .05 in 2,000 trials has a standard deviation of .0049
    assert said["worse than"] / trials < SURE + 3 * 0.0049
    assert said["beats"] / trials < SURE / 2 + 3 * 0.0035
    # without the correction it would be far more often
    assert said["no better than"] / trials > 0.9


@given(st.floats(-1, 1), st.floats(0, 1), st.integers(1, 20))
def test_only_a_model_that_is_behind_needs_more(lead: float, p: float, count: int) -> None:
    found = beside_best(lead, p, count)
    assert found is not None
    assert found == (p if lead >= 0 else pytest.approx(min(1.0, count * p)))


def test_nothing_said_stays_nothing() -> None:
    assert beside_best(-1.0, None, 8) is None
