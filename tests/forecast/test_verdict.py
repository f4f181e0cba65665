"""The sentence says what the numbers say, also when they are against the model."""

from __future__ import annotations

import numpy as np
import pytest

from tidegate.forecast.verdict import verdict

RANDOM = np.random.default_rng(0)
NOISE = RANDOM.normal(size=40)


def both(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return values, values


def test_a_clear_win() -> None:
    said = verdict({"LSTM": both(8 + 0.1 * NOISE), "naive": both(10 + 0.1 * NOISE)})
    assert said == (
        "LSTM did better than naive, the best baseline, over the last 40 windows: by 20 % in "
        "pinball loss, more than chance explains."
    )


def test_a_win_that_chance_explains() -> None:
    said = verdict({"LSTM": both(9.9 + NOISE), "naive": both(10 - NOISE[::-1] + NOISE.mean() * 2)})
    assert "LSTM did better" in said
    assert "no more than chance explains" in said


def test_a_win_over_few_windows() -> None:
    few = np.array([1.0, 1.1, 0.9])
    assert "3 windows are too few" in verdict({"GRU": both(few), "naive": both(few + 1)})
    assert "one window is too few" in verdict({"GRU": both(few[:1]), "naive": both(few[:1] + 1)})


def test_a_loss_is_called_one() -> None:
    said = verdict({"LSTM": both(10 + 0.1 * NOISE), "naive": both(8 + 0.1 * NOISE)})
    assert said == (
        "naive did better than LSTM over the last 40 windows, by 25 % in pinball loss, clearly: "
        "take naive."
    )


def test_a_loss_that_chance_explains_is_still_one() -> None:
    said = verdict({"LSTM": both(np.array([2.0])), "naive": both(np.array([1.0]))})
    assert said.startswith("naive did better than LSTM over the last window, by 100 %")
    assert "by no more than chance explains" in said


def test_the_best_baseline_is_the_one_compared_with() -> None:
    scores = {"LSTM": both(8 + NOISE), "naive": both(20 + NOISE), "median": both(7 + NOISE)}
    assert verdict(scores).startswith("median did better than LSTM")


def test_a_median_that_is_worse_is_told() -> None:
    scores = {"LSTM": (11 + NOISE, 5 + NOISE), "naive": (10 + NOISE, 8 + NOISE)}
    assert verdict(scores).endswith("; but the mean absolute error of naive is lower.")


@pytest.mark.parametrize(
    ("own", "theirs", "words"),
    [
        (0.0, 0.0, "no better than"),
        (1.0, 0.0, "naive made no error over"),
        (9.99, 10.0, "less than 1 %"),
    ],
)
def test_the_ends(own: float, theirs: float, words: str) -> None:
    ten = np.ones(10)
    assert words in verdict({"RNN": both(own * ten), "naive": both(theirs * ten)})
