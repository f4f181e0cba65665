"""The words of a verdict."""

from dataclasses import replace

import numpy as np
import pytest

from tidegate.audit.result import Memory
from tidegate.audit.verdict import stateless

LOSS = np.array([0.7, 0.6])
MEMORY = Memory("cross-entropy", np.array([1, 40]), LOSS, LOSS, LOSS, 40, 0.14, 0.2)


@pytest.mark.parametrize(
    ("gain", "p", "said"),
    [
        (0.14, 0.2, "all 40, which may be chance (p = 0.200)"),
        (0.14, np.nan, "all 40, of too few to tell"),
        (0.0, 0.2, "all 40"),
    ],
)
def test_a_past_that_is_not_proved_to_be_of_use(gain, p, said):
    verdict = stateless("step", replace(MEMORY, gain=gain, p=p))
    assert str(verdict).startswith("unused past: ")
    assert str(verdict).endswith(said)


def test_a_past_that_is():
    assert str(stateless("step", replace(MEMORY, p=0.01))).startswith("healthy: ")
