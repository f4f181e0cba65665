"""What is held out is never learnt from, is the same for all, and is scored as it says."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

import tidegate as tg
from tidegate.audit.again import again
from tidegate.audit.contest import BLOCK, contest, held_out
from tidegate.errors import ArgumentError, DataError
from tidegate.network import Loss
from tidegate.train.watch import GradientWarning

SHORT = tg.SequenceTraining(updates=20, members=1, calibrate=False)


class Knows:
    """A classifier that says how often each label was there, and notes what it was given."""

    def __init__(self, tokens: str = "word", random_state: Any = None) -> None:
        self.tokens = tokens
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Knows:
        self.seen_ = [list(np.ravel(x)) for x in X]
        self.classes_, count = np.unique(y, return_counts=True)
        self.share_ = count / count.sum()
        return self

    def predict(self, X: Any) -> Any:
        return [self.classes_[self.share_.argmax()]] * len(X)

    def predict_proba(self, X: Any) -> Any:
        return np.tile(self.share_, (len(X), 1))


def test_a_quarter_of_each_label_is_held_out() -> None:
    labels = ["a"] * 40 + ["b"] * 8 + ["c"] * 4
    out = held_out(labels, seed=1)
    assert [int(out[np.array(labels) == name].sum()) for name in "abc"] == [10, 2, 1]
    assert not np.array_equal(out, held_out(labels, seed=2))
    numbers = np.random.default_rng(0).normal(size=400)
    out = held_out(list(numbers), seed=0)
    assert out.sum() == 100
    # of neighbouring sizes one each: the quantiles of both parts agree
    assert np.quantile(numbers[out], 0.5) == pytest.approx(np.median(numbers), abs=0.05)
    assert held_out([["x", "y"], ["z"]] * 4, seed=0).sum() == 2


def test_sequences_that_are_held_out_are_not_learnt_from() -> None:
    X = np.arange(24.0).reshape(12, 2)
    y = ["yes", "no", "no"] * 4
    field = contest(Knows(), X, y)
    entry = field.enter({}, 3)
    apart, truth = field.held()
    seen = {tuple(x) for x in entry.model.seen_}
    held = {tuple(np.ravel(x)) for x in apart}
    assert not seen & held
    assert seen | held == {tuple(row) for row in X}
    assert entry.model.random_state == 3
    cost = {
        name: -np.log(p) for name, p in zip(entry.model.classes_, entry.model.share_, strict=True)
    }
    np.testing.assert_allclose(entry.losses, [cost[label] for label in truth])
    assert contest(Knows(), (X, y)).held()[1] == truth


def test_a_label_that_was_never_learnt_costs_dearly() -> None:
    field = contest(Knows(), np.zeros((8, 2)), ["a"] * 7 + ["b"])
    field.known = (field.known[0], ["a"] * len(field.known[0]))  # type: ignore[attr-defined]
    field.apart = (field.apart[0], ["b", "a"])  # type: ignore[attr-defined]
    np.testing.assert_allclose(field.enter({}, 0).losses, [-np.log(1e-12), 0], atol=1e-9)


def test_taggers_are_scored_by_their_steps() -> None:
    X = [["the", "cat"], ["a", "dog", "barks"]] * 6
    y = [["D", "N"], ["D", "N", "V"]] * 6
    field = contest(tg.SequenceTagger(hidden=4, training=SHORT), X, y)
    entry = field.enter({}, 0)
    apart, truth = field.held()
    number = {label: i for i, label in enumerate(entry.model.classes_)}
    found = entry.model.predict_proba(apart)
    by_hand = [
        np.mean([-np.log(p[number[label]]) for p, label in zip(chances, labels, strict=True)])
        for chances, labels in zip(found, truth, strict=True)
    ]
    np.testing.assert_allclose(entry.losses, by_hand)


def test_numbers_are_scored_in_their_own_spread() -> None:
    X = np.random.default_rng(0).normal(size=(40, 5))
    losses = []
    for scale in (1.0, 1000.0):
        model = tg.SequenceRegressor(hidden=4, training=SHORT, random_state=0)
        losses.append(contest(model, X, scale * X.sum(axis=1)).enter({}, 0).losses)
    assert len(losses[0]) == 10
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-3)


def test_targets_and_quantiles_are_scored_in_their_own_spread() -> None:
    X = np.random.default_rng(0).normal(size=(40, 5))
    both = np.stack([X.sum(axis=1), 1e4 * X.sum(axis=1)], axis=1)
    model = tg.SequenceRegressor(hidden=4, training=SHORT, random_state=0)
    field = contest(model, X, both)
    entry = field.enter({}, 0)
    held, truth = field.held()
    error = (entry.model.predict(held) - truth) / np.std(field.known[1], axis=0)  # type: ignore[attr-defined]
    np.testing.assert_allclose(entry.losses, (error**2).mean(axis=1))

    low_high = Loss("pinball", quantiles=(0.1, 0.9))
    field = contest(again(model, {"loss": low_high}), X, both[:, 1])
    entry = field.enter({}, 0)
    held, truth = field.held()
    error = (np.array(truth)[:, None] - entry.model.predict(held)) / np.std(field.known[1])  # type: ignore[attr-defined]
    each = np.where(error > 0, [0.1, 0.9] * error, [-0.9, -0.1] * error)
    assert field.loss == "pinball loss"
    np.testing.assert_allclose(entry.losses, each.mean(axis=1))


def test_labels_may_be_a_column_beside_a_long_frame() -> None:
    random = np.random.default_rng(0)
    frame = pl.DataFrame({"sequence": [0, 1] * 40, "step": np.repeat(np.arange(40), 2)})
    frame = frame.with_columns(
        sequence=pl.col("sequence") + 2 * (pl.col("step") // 5), u=random.normal(size=80)
    )
    column = (frame["u"] > 0).to_numpy()
    field = contest(tg.SequenceTagger(hidden=4, training=SHORT), frame, column)
    held, labels = field.held()
    assert sum(map(len, labels)) == 20
    for sequence, own in zip(held, labels, strict=True):
        np.testing.assert_array_equal(np.ravel(sequence) > 0, own)


def test_forecasters_are_scored_by_their_last_windows() -> None:
    days = 90
    values = np.sin(np.arange(days) / 3) + 2
    frame = pl.DataFrame({"ds": range(days), "y": values})
    model = tg.Forecaster(2, hidden=4, season=1, training=tg.ForecastTraining(updates=10))
    field = contest(model, frame)
    entry = field.enter({"hidden": 5}, 1)
    assert (entry.model.hidden, entry.model.seed, field.unit) == (5, 1, "windows")
    found = entry.model.backtest(frame, names=("naive",), progress=False)
    assert entry.loss == pytest.approx(found.losses[found.model].mean(), rel=1e-12)
    assert len(entry.losses) == len(np.unique(found.held.origin))


def test_few_windows_of_many_series_are_counted_by_series() -> None:
    rows = [(f"s{i}", day, float(day % 4 + i)) for i in range(10) for day in range(30)]
    frame = pl.DataFrame(rows, schema=["unique_id", "ds", "y"], orient="row")
    model = tg.Forecaster(4, hidden=4, season=4, training=tg.ForecastTraining(updates=5))
    field = contest(model, frame)
    assert len(field.enter({}, 0).losses) == 10
    assert field.unit == "series"


@pytest.mark.parametrize("apart", [False, True])
def test_texts_are_scored_where_they_were_not_read(apart: bool) -> None:
    lines = ["the cat sat on the mat.", "a dog barks at the cat."] * 30
    text: Any = lines if apart else "\n".join(lines)
    training = tg.LanguageTraining(updates=20, steps=8)
    field = contest(tg.LanguageModel(hidden=8, training=training), text)
    entry = field.enter({}, 0)
    held = field.held()
    assert text[-15:] == field.apart if apart else text.endswith(held)  # type: ignore[attr-defined]
    whole = entry.model.surprisal(held)
    if not apart:
        assert len(entry.losses) == len(whole) // BLOCK
        first = np.mean([nats for _, nats in whole[:BLOCK]])
        assert entry.losses[0] == pytest.approx(first)
        assert field.known + held == text  # type: ignore[attr-defined]
    else:
        assert len(entry.losses) == 15


def test_contestants_are_given_no_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidegate.train.watch.fault", lambda looks, total, pools: "vanishes")
    monkeypatch.setattr("tidegate.train.watch.every", lambda spec, size: 2)
    X = np.random.default_rng(0).normal(size=(12, 70))
    short = tg.SequenceTraining(updates=4, members=1, segment=1)
    model = tg.SequenceRegressor("rnn", 3, training=short, random_state=0)
    with pytest.warns(GradientWarning, match="chrono=70"):
        model.fit(X, X[:, 0])
    contest(model, X, X[:, 0]).enter({}, 0)  # warnings are errors here


def test_what_cannot_be_trained_or_scored_is_refused() -> None:
    with pytest.raises(ArgumentError, match="a Layer cannot be trained anew"):
        contest(tg.LSTM(1, 2), np.zeros((8, 3, 1)))
    with pytest.raises(ArgumentError, match=r"X needs its y: give \(X, y\)"):
        contest(Knows(), np.zeros((8, 3)))
    with pytest.raises(DataError, match="X has 8 sequences, y has 7"):
        contest(Knows(), np.zeros((8, 3)), [1] * 7)
    with pytest.raises(DataError, match="4 sequences at least are needed, got 3"):
        contest(Knows(), np.zeros((3, 3)), [1] * 3)
    with pytest.raises(DataError, match="too little text"):
        contest(tg.LanguageModel(), ["one"])
