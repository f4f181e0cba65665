"""The sentence says what the numbers say, also when they are against the model."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from tidegate.forecast.verdict import Verdict, judge

NOISE = np.random.default_rng(0).normal(size=40)


def said(*, overlap: int = 1, **losses: np.ndarray) -> str:
    count = len(losses["LSTM"])
    return str(judge("LSTM", losses, np.zeros(count, int), np.arange(count), overlap))


def test_a_clear_win() -> None:
    assert said(LSTM=8 + 0.1 * NOISE, naive=10 - 0.1 * NOISE) == (
        "beats naive by 20 % in pinball loss (p < 0.001, 40 windows)"
    )


def test_a_clear_loss() -> None:
    assert said(LSTM=10 + 0.1 * NOISE, naive=8 - 0.1 * NOISE) == (
        "worse than naive by 25 % in pinball loss (p < 0.001, 40 windows)"
    )


def test_a_difference_that_chance_explains() -> None:
    centred = NOISE - NOISE.mean()
    # 0.01 is 0.01·√40 / 1 = 0.06 standard errors of the mean
    better = said(LSTM=9.99 + centred, naive=np.full(40, 10.0))
    assert better.startswith(
        "no better than naive: less than 1 % lower in pinball loss, which may be chance (p = 0.9"
    )
    worse = said(LSTM=10.2 + centred, naive=np.full(40, 10.0))
    assert worse.startswith("no better than naive: 2 % higher in pinball loss")


def test_few_windows_are_no_evidence_however_far_apart() -> None:
    few = np.array([1.0, 1.1, 0.9])
    assert said(LSTM=few, naive=few + 1) == (
        "no better than naive: 50 % lower in pinball loss, which may be chance "
        "(3 windows, no evidence: a p value needs 8)"
    )
    assert said(LSTM=few[:1], naive=few[:1] / 2) == (
        "no better than naive: 100 % higher in pinball loss, which may be chance "
        "(1 window, no evidence: a p value needs 8)"
    )


def test_a_loss_many_times_as_high_is_said_to_be() -> None:
    few = np.ones(5)
    assert said(LSTM=9.28 * few, naive=few).startswith(
        "no better than naive: 9.3 times its pinball loss, which may be chance (5 windows, "
    )
    assert said(LSTM=1234 + 0.1 * NOISE, naive=1 + 0 * NOISE).startswith(
        "worse than naive, with 1,234 times its pinball loss (p < 0.001"
    )
    assert said(LSTM=2.9 * few, naive=few).startswith("no better than naive: 190 % higher in")


@pytest.mark.parametrize(
    ("count", "own", "would_do"),
    [
        (3, 4.0, False),  # better, in too few windows to tell
        (3, 11.0, True),
        (0, 4.0, False),
        (40, 9.99, True),  # many windows do not show that it is
        (40, 4.0, False),
        (40, 20.0, True),
    ],
)
def test_a_baseline_would_do_unless_the_model_may_well_be_better(
    count: int, own: float, would_do: bool
) -> None:
    noise = NOISE[:count] - NOISE[:count].sum() / max(count, 1)
    losses = {"LSTM": own + noise, "naive": np.full(count, 10.0)}
    found = judge("LSTM", losses, np.zeros(count, int), np.arange(count))
    assert found.baseline_would_do == would_do


def test_the_best_baseline_is_the_one_compared_with() -> None:
    found = said(LSTM=8 + 0.1 * NOISE, naive=20 + NOISE, median=7 + 0 * NOISE, mean=9 + NOISE)
    assert found.startswith("worse than median by")


def test_of_baselines_that_are_about_as_good_the_simplest_is_named() -> None:
    centred = NOISE - NOISE.mean()
    ten = np.full(40, 10.0)
    # one standard error is 1 / √40 = 0.16
    about = said(LSTM=ten + np.roll(centred, 7), naive=ten + 0.1 + centred, theta=ten)
    assert about.startswith("no better than naive: less than 1 % lower in pinball loss")
    behind = said(LSTM=ten + np.roll(centred, 7), naive=ten + 0.3 + centred, theta=ten)
    assert behind.startswith("no better than theta: ")
    # one that the model beats is not named, though it is about as good as the best
    beaten = said(LSTM=ten + centred, naive=ten + 0.1 + centred, theta=ten + 0.01)
    assert beaten.startswith("no better than theta: less than 1 % lower in pinball loss")
    # nor is any other than the best where so few windows are no evidence
    few = said(LSTM=np.array([1.0, 1.1]), naive=np.array([1.01, 1.12]), theta=np.array([1.0, 1.0]))
    assert few.startswith("no better than theta: ")


def test_whoever_looks_at_many_baselines_needs_a_smaller_p() -> None:
    # t = 0.1·√40 / 0.3 = 2.108 with a deviation of 0.3: p = 0.0415 (scipy 1.17, stats.t)
    centred = NOISE - NOISE.mean()
    difference = 0.1 + 0.3 * centred / centred.std(ddof=1)
    others = {f"b{i}": np.full(40, 20.0) for i in range(3)}
    ten = np.full(40, 10.0)
    alone = judge("LSTM", {"LSTM": ten + difference, "a": ten}, np.zeros(40, int), np.arange(40))
    many = judge(
        "LSTM", {"LSTM": ten + difference, "a": ten, **others}, np.zeros(40, int), np.arange(40)
    )
    assert (alone.relation, many.relation) == ("worse than", "no better than")
    assert alone.p is not None
    assert many.p == pytest.approx(4 * alone.p)
    # the other way round the choice of the best baseline helps the baseline alone
    won = judge(
        "LSTM", {"LSTM": ten - difference, "a": ten, **others}, np.zeros(40, int), np.arange(40)
    )
    assert (won.relation, won.p) == ("beats", pytest.approx(alone.p))


@pytest.mark.parametrize(
    ("own", "theirs", "words"),
    [
        (0.0, 0.0, "no better than naive: the same pinball loss (p = 1.00, 10 windows)"),
        (1.0, 0.0, "worse than naive, which made no error (p < 0.001, 10 windows)"),
        (1.0, 1.0 + 1e-12, "no better than naive: the same pinball loss (p = 1.00, 10 windows)"),
        (0.0, 2.0, "beats naive by 100 % in pinball loss (p < 0.001, 10 windows)"),
        (1e300, 2e300, "beats naive by 50 % in pinball loss (p < 0.001, 10 windows)"),
    ],
)
def test_the_ends(own: float, theirs: float, words: str) -> None:
    ten = np.ones(10)
    assert said(LSTM=own * ten, naive=theirs * ten) == words


def test_a_window_that_one_lacks_counts_for_none() -> None:
    own, theirs = 8 + 0.1 * NOISE, 10 - 0.1 * NOISE
    own[3], theirs[5] = np.nan, np.nan
    keep = np.delete(np.arange(40), [3, 5])
    assert said(LSTM=own, naive=theirs) == said(LSTM=own[keep], naive=theirs[keep])
    assert said(LSTM=np.full(9, np.nan), naive=np.ones(9)) == (
        "no better than naive: nothing was observed in the windows held out "
        "(0 windows, no evidence: a p value needs 8)"
    )


def test_series_count_alike_and_are_named() -> None:
    # 30 series of one window each: they are what is counted
    series, origin = np.arange(30), np.zeros(30, int)
    found = judge("GRU", {"GRU": 1 + 0.1 * NOISE[:30], "naive": np.full(30, 2.0)}, series, origin)
    assert str(found).endswith("(p < 0.001, 30 series)")
    # 20 origins of 2 series
    series, origin = np.repeat([0, 1], 20), np.tile(np.arange(20), 2)
    found = judge("GRU", {"GRU": 1 + 0.1 * NOISE, "naive": np.full(40, 2.0)}, series, origin)
    assert str(found).endswith("(p < 0.001, 20 windows of 2 series)")


def test_plain_data() -> None:
    found = Verdict("worse than", "GRU", "naive", -math.inf, 0.01, 9, 1, "windows")
    data = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert data["sentence"] == str(found)
    assert (data["relation"], data["margin"], data["p"]) == ("worse than", None, 0.01)


@pytest.mark.parametrize("windows", [8, 30])
def test_between_equals_neither_word_is_said_too_often(windows: int) -> None:
    # a model and seven baselines whose losses are drawn alike, 1,000 times
    random = np.random.default_rng(windows)
    said = []
    for _ in range(1000):
        losses = dict(zip("mabcdefg", random.normal(size=(8, windows)) ** 2, strict=True))
        said.append(judge("m", losses, np.zeros(windows, int), np.arange(windows)).relation)
    assert said.count("beats") / 1000 <= 0.05
    assert said.count("worse than") / 1000 <= 0.05
    assert said.count("no better than") > 900
