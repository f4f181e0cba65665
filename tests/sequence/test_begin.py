"""Where a new network begins: at what is best to say of all alike, by the loss itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

from tidegate.network import Loss
from tidegate.network.reference_loss import loss as loss_of
from tidegate.sequence.begin import middle

RANDOM = np.random.default_rng(0)
N = 4000
NUMBERS = RANDOM.gamma(2.0, size=(N, 2))
ANSWERS = (RANDOM.random((N, 2)) < [0.2, 0.9]).astype(float)
ANSWERS[RANDOM.random((N, 2)) < 0.3] = np.nan
IDS = RANDOM.choice(3, N, p=[0.7, 0.2, 0.1])[:, None].astype(float)


@pytest.mark.parametrize(
    ("loss", "targets", "outputs"),
    [
        (Loss("mse"), NUMBERS, 2),
        (Loss("rmse"), NUMBERS[:, :1], 1),
        (Loss("mae"), NUMBERS, 2),
        (Loss("pinball", quantiles=(0.1, 0.5)), NUMBERS, 4),
        (Loss("binary"), ANSWERS, 2),
        (Loss("categorical"), IDS, 3),
        (Loss("categorical", class_weight=(1.0, 5.0, 0.5)), IDS, 3),
    ],
)
def test_no_other_constant_costs_less(loss: Loss, targets: Any, outputs: int) -> None:
    weights = RANDOM.integers(1, 4, N).astype(float)

    def cost(output: Any) -> float:
        table = np.tile(output, (N, 1)).astype(np.float64)
        truth = targets[:, 0].astype(np.int64) if loss.kind == "categorical" else targets
        return float(loss_of(loss, table, truth, weights)[0])

    found = middle(loss, targets, weights, outputs)
    best = minimize(cost, found, method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-10})
    # one answer more than was seen, of thousands: a share is off by 1e-3 of itself at most, and a
    # loss, flat at its least, by the square of that
    assert cost(found) <= float(best.fun) + 1e-6


def test_what_was_never_seen_is_not_impossible() -> None:
    found = middle(Loss("categorical"), np.zeros((9, 1)), np.ones(9), 3)
    np.testing.assert_allclose(np.exp(found) / np.exp(found).sum(), [10 / 12, 1 / 12, 1 / 12])
    unknown = middle(Loss("binary"), np.full((4, 1), np.nan), np.ones(4), 1)
    assert unknown.tolist() == [0.0]
