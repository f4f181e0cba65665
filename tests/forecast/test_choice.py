"""The best is picked, unless a simpler one is about as good."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tidegate.forecast.choice import Choice, pick

NOISE = np.random.default_rng(0).normal(size=40)
NOISE -= NOISE.mean()
NOISE /= NOISE.std(ddof=1)


def picked(windows: int = 40, **losses: np.ndarray) -> Choice:
    cut = {name: loss[:windows] for name, loss in losses.items()}
    return pick(cut, {"naive", "theta"}, np.zeros(windows, int), np.arange(windows))


def test_a_better_model_is_picked_and_says_by_how_much() -> None:
    found = picked(naive=10 + NOISE, theta=9 + NOISE, RNN=8 + 2 * NOISE, GRU=6 - NOISE)
    assert str(found) == "GRU: the lowest pinball loss, RNN is 33 % behind (40 windows)"


def test_a_loss_many_times_as_high_is_said_to_be_so() -> None:
    found = picked(theta=56 + NOISE, GRU=6 - NOISE)
    assert str(found) == "GRU: the lowest pinball loss, theta has 9.3 times its loss (40 windows)"
    few = picked(3, theta=np.full(40, 56.0), GRU=np.full(40, 6.0))
    assert str(few) == (
        "theta: 9.3 times the pinball loss of GRU, which so few windows cannot prove, and simpler "
        "(3 windows)"
    )


@pytest.mark.parametrize(("lead", "name"), [(0.9, "naive"), (1.1, "GRU")])
def test_a_lead_must_be_a_standard_error(lead: float, name: str) -> None:
    # differences with a deviation of 1: the standard error of the mean is 1/√40
    found = picked(naive=np.full(40, 10.0), GRU=10 - lead / np.sqrt(40) + NOISE)
    assert found.name == name
    if name == "naive":
        assert str(found) == (
            "naive: 1 % behind GRU in pinball loss, which is less than a standard error, and "
            "simpler (40 windows)"
        )


def test_of_two_that_are_about_as_good_the_simpler_one() -> None:
    ten = np.full(40, 10.0)
    assert picked(naive=ten + 5, theta=ten, RNN=ten, GRU=ten).name == "theta"
    assert picked(naive=ten + 5, theta=ten + 5, RNN=ten, GRU=ten).name == "RNN"


def test_few_windows_prefer_no_network_to_the_best_baseline() -> None:
    found = picked(7, naive=10 + NOISE, theta=9 + NOISE, GRU=1 + NOISE / 10)
    assert found.name == "theta"
    assert "which so few windows cannot prove" in str(found)
    assert picked(8, naive=10 + NOISE, theta=9 + NOISE, GRU=1 + NOISE / 10).name == "GRU"


@pytest.mark.parametrize(
    ("windows", "lead", "name"),
    [
        (1, 0.48, "theta"),
        (1, 0.52, "mean"),
        (3, 0.23, "theta"),
        (3, 0.27, "mean"),
        (9, 0.1, "mean"),
    ],
)
def test_few_windows_prefer_no_baseline_to_theta(windows: int, lead: float, name: str) -> None:
    losses = {"mean": np.full(windows, 1 - lead), "theta": np.ones(windows)}
    losses["GRU"] = np.full(windows, 2.0)
    at = np.arange(windows)
    found = pick(losses, {"mean", "theta"}, np.zeros(windows, int), at)
    assert found.name == name
    if windows == 1 and name == "theta":
        assert str(found) == (
            "theta: 92 % behind mean in pinball loss, which one window cannot prove (1 window)"
        )


def test_of_what_never_changes_the_simplest() -> None:
    losses = {name: np.zeros(2) for name in ("naive", "theta", "GRU")}
    found = pick(losses, {"naive", "theta"}, np.zeros(2, int), np.arange(2))
    assert str(found) == "naive: the lowest pinball loss, theta has the same (2 windows)"


def test_windows_in_which_nothing_was_observed() -> None:
    found = picked(3, naive=np.full(3, np.nan), GRU=np.full(3, np.nan))
    assert str(found) == "naive: nothing was observed in the windows held out (0 windows)"


def test_losses_of_zero_and_windows_that_one_lacks() -> None:
    zero = np.zeros(40)
    assert picked(naive=zero, GRU=zero).name == "naive"
    gone = np.where(np.arange(40) < 20, np.nan, 1.0)
    assert picked(naive=np.full(40, 2.0), GRU=gone).count == 20


def test_plain_data() -> None:
    found = picked(1, naive=10 + NOISE, GRU=9 + NOISE)
    data = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert data["name"] == "naive"
    assert data["candidates"][1]["error"] is None
