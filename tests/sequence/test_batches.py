"""What a batch is made of."""

from __future__ import annotations

import numpy as np
import pytest

import tidegate as tg
from tidegate.sequence import batches
from tidegate.sequence.batches import Mates
from tidegate.sequence.recipe import FEW
from tidegate.sequence.training import Training


def test_mates_have_the_same_label_and_length() -> None:
    random = np.random.default_rng(0)
    labels, length = random.integers(0, 3, 50), random.integers(4, 7, 50)
    numbers = np.flatnonzero(random.uniform(size=120) < 0.5)[:50]
    labels, length = labels[: len(numbers)], length[: len(numbers)]
    mates = Mates(labels, length, numbers)
    met = set()
    for _ in range(200):
        chosen = random.choice(numbers, 20)
        found = mates.of(chosen, random)
        one, other = np.searchsorted(numbers, chosen), np.searchsorted(numbers, found)
        assert (numbers[other] == found).all()
        assert (labels[one] == labels[other]).all() and (length[one] == length[other]).all()
        met |= set(zip(one.tolist(), other.tolist(), strict=True))
    alike = (labels[:, None] == labels) & (length[:, None] == length)
    assert len(met) == alike.sum()  # each pair has come


@pytest.mark.parametrize(
    ("n", "augment", "mixes"), [(FEW - 1, None, True), (FEW, None, False), (20, False, False)]
)
def test_few_series_with_labels_are_mixed(
    n: int, augment: bool | None, mixes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    class Watched(Mates):
        def __init__(self, labels: np.ndarray, length: np.ndarray, numbers: np.ndarray) -> None:
            seen.append(len(labels))
            super().__init__(labels, length, numbers)

    monkeypatch.setattr(batches, "Mates", Watched)
    x, y = np.random.default_rng(0).normal(size=(n, 4)), np.arange(n) % 2
    training = Training(updates=2, members=1, calibrate=False, augment=augment)
    tg.SequenceClassifier(hidden=2, training=training).fit(x, y)
    # one of many parts, as far as anyone knows
    tg.SequenceClassifier(hidden=2, training=training).partial_fit(x, y)
    tg.SequenceRegressor(hidden=2, training=Training(updates=2, members=1)).fit(x, y)
    assert seen == ([n] if mixes else [])
