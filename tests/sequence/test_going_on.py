"""A classifier that goes on learning: a warm start, and parts one after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tidegate as tg
from tidegate.sequence.training import Training

RANDOM = np.random.default_rng(0)
Y = np.arange(24) % 2
# the sign of the first number decides: of the rest nothing follows
X = [np.concatenate([[12 * y - 6], RANDOM.normal(size=8 + i % 12)]) for i, y in enumerate(Y)]
QUICK = Training(updates=150, members=1, augment=False, learning_rate=1e-2)
WORDS = ["a b", "b a"] * 4


def model(training: Training = QUICK, **given: Any) -> tg.SequenceClassifier:
    return tg.SequenceClassifier(**{"hidden": 8, "random_state": 0, "training": training, **given})


def test_a_warm_start_goes_on() -> None:
    warm = model(Training(updates=3, members=1, augment=False), warm_start=True).fit(X, Y)
    first = warm.learned_.members[0].network.parameters.copy()
    losses = [warm.fit(X, Y).learned_.members[0].history.loss[-1] for _ in range(12)]
    assert losses[-1] < losses[0]
    cold = model(Training(updates=3, members=1, augment=False)).fit(X, Y)
    np.testing.assert_array_equal(cold.learned_.members[0].network.parameters, first)
    with pytest.raises(tg.ArgumentError, match="same classes"):
        warm.fit(X, Y + 1)
    with pytest.raises(tg.ArgumentError, match="hidden was 8, and is 16 now"):
        warm.set_params(hidden=16).fit(X, Y)
    with pytest.raises(tg.ArgumentError, match="cell was 'gru', and is 'lstm' now"):
        warm.set_params(hidden=8, cell="lstm").partial_fit(X, Y)


@pytest.mark.parametrize(
    ("x", "training", "changed", "words"),
    [
        (X, Training(updates=2), {"training": QUICK}, "members was 4, and is 1"),
        (X, QUICK, {"training": Training(segment=4)}, "segment was 1, and is 4"),
        (WORDS, QUICK, {"tokens": "char"}, "tokens was 'word', and is 'char'"),
        (WORDS, QUICK, {"training": Training(embedding=7)}, "embedding was 100, and is 7"),
    ],
)
def test_what_was_learnt_keeps_its_settings(
    x: Any, training: Training, changed: dict[str, Any], words: str
) -> None:
    labels = np.arange(len(x)) % 2
    warm = model(training, warm_start=True).fit(x, labels)
    before = warm.learned_
    with pytest.raises(tg.ArgumentError, match=words):
        warm.set_params(**changed).fit(x, labels)
    assert warm.learned_ is before


def test_parts_that_come_one_after_the_other() -> None:
    growing = model(Training(members=1, augment=False, learning_rate=1e-2))
    with pytest.raises(tg.DataError, match="1 class, 0; name all that will ever come"):
        growing.partial_fit(X[:1], [0])
    growing.partial_fit(X[:12], Y[:12], classes=[0, 1, 2])
    assert growing.classes_.tolist() == [0, 1, 2]
    for _ in range(30):
        growing.partial_fit(X, Y)
    assert growing.score(X, Y) == 1.0
    with pytest.raises(tg.DataError, match="label 3"):
        growing.partial_fit(X, Y + 2)
    growing.partial_fit(X, Y, classes=[2, 1, 0])
    with pytest.raises(tg.ArgumentError, match="same classes, 0, 1, 2; got others"):
        growing.partial_fit(X, Y, classes=[0, 1])
