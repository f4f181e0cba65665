"""Sequences are stretched only where that leaves their label what it is."""

from __future__ import annotations

import numpy as np

import tidegate as tg
from tidegate.data.spans import Spans
from tidegate.sequence.pace import mistaken, stretchable
from tidegate.sequence.training import Training

STEPS = 50


def sines(frequencies: list[float], each: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Waves of any phase with a little noise, ``[n, STEPS]``, and the number of their frequency."""
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(frequencies)), each)
    phase = random.uniform(0, 2 * np.pi, len(labels))
    angle = np.array(frequencies)[labels, None] * np.arange(STEPS) + phase[:, None]
    return np.sin(angle) + 0.1 * random.normal(size=angle.shape), labels


def spans(n: int) -> Spans:
    return Spans(np.arange(n) * STEPS, np.full(n, STEPS))


def test_a_pace_that_tells_labels_apart_forbids_it() -> None:
    near, labels = sines([0.2, 0.22, 0.24, 0.26], 20, seed=0)
    assert not stretchable(near.reshape(-1, 1), spans(80), labels)
    assert stretchable(near.reshape(-1, 1), spans(80), None)


def test_a_pace_that_tells_nothing_or_all_permits_it() -> None:
    one, _ = sines([0.3], 80, seed=0)
    labels = np.arange(80) % 2
    assert stretchable(one.reshape(-1, 1), spans(80), labels)
    far, labels = sines([0.15, 0.6], 40, seed=0)
    assert stretchable(far.reshape(-1, 1), spans(80), labels)


def test_a_label_that_is_there_once_is_mistaken() -> None:
    assert mistaken(np.array([0.0, 0.0, 5.0]), np.array([0, 0, 2]), 0.0) == 1 / 3


def test_many_near_frequencies_are_learnt_at_the_defaults() -> None:
    frequencies = [0.1 + 0.05 * i for i in range(10)]
    training = Training(members=1, calibrate=False, updates=400)
    model = tg.SequenceClassifier(training=training, random_state=0)
    # .72 where sequences are stretched, at 400 updates and at 600
    assert model.fit(*sines(frequencies, 10, seed=0)).score(*sines(frequencies, 10, seed=1)) > 0.8
