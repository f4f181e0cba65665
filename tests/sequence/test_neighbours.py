"""Sequences are stretched only where that does not move what a label stands for."""

from __future__ import annotations

import numpy as np

import tidegate as tg
from tidegate.data.spans import Spans
from tidegate.sequence.neighbours import means, misled
from tidegate.sequence.training import Training


def waveforms(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Breiman's: two of three hills in shares of any size, under noise; which two is the label."""
    random = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    hills = np.maximum(6 - abs(np.arange(1, 22) - np.array([[11], [7], [15]])), 0)
    first, second = np.array([[0, 1], [0, 2], [1, 2]])[labels].T
    share = random.uniform(size=(n, 1))
    return share * hills[first] + (1 - share) * hills[second] + random.normal(size=(n, 21)), labels


def spans(n: int, steps: int) -> Spans:
    return Spans(np.arange(n) * steps, np.full(n, steps))


def test_a_place_that_tells_labels_apart_misleads() -> None:
    x, labels = waveforms(150, seed=0)
    assert misled(x.reshape(-1, 1), spans(150, 21), labels)


def test_a_shape_at_any_place_and_pace_does_not() -> None:
    random = np.random.default_rng(0)
    labels = np.arange(60) % 2
    time = np.arange(40) * random.uniform(0.8, 1.2, (60, 1)) - random.uniform(5, 15, (60, 1))
    rise = np.clip(time / 8, 0, 1)
    x = np.where(labels[:, None] == 0, rise, rise * np.exp(-np.maximum(time, 0) / 10))
    assert not misled(x.reshape(-1, 1), spans(60, 40), labels)


def test_without_evidence_it_does_not() -> None:
    far = np.repeat([0.0, 5.0], 30)
    assert not misled(far[:, None], spans(6, 10), np.repeat([0, 1], 3))


def test_parts_of_short_sequences_are_their_rows() -> None:
    found = means(np.array([[1.0], [2.0], [9.0]]), Spans([0, 2], [2, 1]), parts=4)
    assert found.tolist() == [[1, 1, 2, 2], [9, 9, 9, 9]]


def test_a_classifier_does_not_stretch_what_is_told_by_its_place() -> None:
    training = Training(members=1, calibrate=False, updates=1)
    model = tg.SequenceClassifier(training=training, random_state=0).fit(*waveforms(150, seed=0))
    assert model.learned_.inputs.reading.stretched is False
