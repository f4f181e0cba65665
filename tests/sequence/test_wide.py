"""The linear layer beside the network, on words and pairs of words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tidegate
from tidegate import SequenceClassifier, SequenceTagger, SequenceTraining
from tidegate.data.sequences import read_sequences
from tidegate.network import Loss
from tidegate.sequence.counted import Grams
from tidegate.sequence.nearby import Nearby
from tidegate.sequence.recipe import Recipe
from tidegate.sequence.tasks import Task
from tidegate.sequence.wide import WideLearner

PAIRS = Grams(2, lower=True)
TEXTS = [["a", "cat", "sat"], ["a", "dog"], ["A", "cat", "A", "cat"], ["cat"]]


def test_no_text_goes_too_far() -> None:
    """A weight of a million, or a batch of one, would else move a text's answer by the rate."""

    def cost(targets: np.ndarray, output: np.ndarray) -> tuple[float, np.ndarray]:
        return 0.0, np.array([[3.0, 4.0], [0.3, 0.4]])

    learner = WideLearner(PAIRS.of(read_sequences([["a"], ["b"]] * 2)), 2, cost, lambda done: 1.0)
    learner(np.array([[0.0], [1.0]]), np.zeros((2, 2)))
    moved = -learner.learned().outputs(PAIRS.of(read_sequences([["a"], ["b"]])))
    np.testing.assert_allclose(moved, [[1.2, 1.6], [0.3, 0.4]], rtol=1e-6)  # 2 in length; 0.5


def test_weights_are_those_of_what_two_texts_hold() -> None:
    """Of 10,000 labels, weights of all columns would take 5 GB."""

    def cost(targets: np.ndarray, output: np.ndarray) -> tuple[float, np.ndarray]:
        return 0.0, np.ones_like(output)

    learner = WideLearner(PAIRS.of(read_sequences(TEXTS)), 3, cost, lambda done: 0.1)
    learner(np.array([[2.0]]), np.zeros((1, 3)))
    layer = learner.learned()
    assert layer.weight.shape == (3, 3)  # a, cat, a cat
    assert layer.weight.all()
    np.testing.assert_array_equal(layer.outputs(PAIRS.of(read_sequences([["dog", "sat"]]))), 0.0)


def test_texts_that_have_nothing_in_common(tmp_path: Path) -> None:
    texts = ["ab", "cd", "ef", "gh"]
    training = SequenceTraining(updates=2, min_count=1)
    model = SequenceClassifier(hidden=2, training=training, random_state=0).fit(texts, [0, 1, 0, 1])
    assert [member.wide.weight.shape for member in model.learned_.members] == [(0, 2)] * 3
    model.save(tmp_path / "model.safetensors")
    again = tidegate.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(again.predict_proba(texts), model.predict_proba(texts))


def test_it_learns_and_is_judged_without_learning() -> None:
    def cost(targets: np.ndarray, output: np.ndarray) -> tuple[float, np.ndarray]:
        rest = output - targets
        return float((rest**2).mean()), 2 * rest / len(rest)

    learner = WideLearner(PAIRS.of(read_sequences(TEXTS)), 1, cost, lambda done: 0.05)
    targets = np.array([[0, 1.0], [1, -1.0], [2, 1.0], [3, 1.0]])
    held = targets.copy()
    held[:, 0] = -1 - held[:, 0]
    output = np.zeros((4, 1))
    first = learner(held, output)[0]
    assert learner(held, output)[0] == first == 1.0
    losses = [learner(targets, output)[0] for _ in range(200)]
    assert losses[0] == 1.0 and losses[-1] < 0.05
    assert learner(held, output)[0] < 0.05
    _, gradient = learner(held, output)
    assert gradient.shape == (4, 1)


def test_of_classes_each_learns_by_the_mean_and_half_by_itself() -> None:
    """The slopes are those of the mean's loss and half of one's own, by central differences."""
    loss = Task(Loss("categorical"), 3).cost()
    learner = WideLearner(
        PAIRS.of(read_sequences([["a"], ["a"], ["b"], ["b"]])),
        3,
        loss,
        lambda done: 0.5,
        bias=np.array([0.3, -0.2, 0.1]),
    )
    learner.weight[...] = np.random.default_rng(0).normal(size=learner.weight.shape)
    targets = np.array([[0.0, 2.0, 1.0], [2.0, 0.0, 1.0]])
    output = np.array([[1.0, -0.5, 0.2], [0.4, 0.3, -1.0]])
    texts = read_sequences([["a"], ["b"]])

    def value(network: np.ndarray, layer: np.ndarray) -> float:
        return sum(
            share * loss(targets[:, 1:], answer)[0]
            for share, answer in ((1.0, (network + layer) / 2), (0.5, network), (0.5, layer))
        )

    def slope(which: int, size: float = 1e-5) -> np.ndarray:
        found = np.zeros_like(output)
        for place in np.ndindex(output.shape):
            for sign in (1, -1):
                both = [output.copy(), own.copy()]
                both[which][place] += sign * size
                found[place] += sign * value(*both) / (2 * size)
        return found

    before = learner.learned().outputs(PAIRS.of(texts))
    own = before + learner.bias
    told, gradient = learner(targets, output)
    assert told == pytest.approx(loss(targets[:, 1:], (output + own) / 2)[0])
    np.testing.assert_allclose(gradient, slope(0), atol=1e-9)  # differences: 1e-10
    moved = learner.learned().outputs(PAIRS.of(texts)) - before
    np.testing.assert_allclose(moved, -0.5 * slope(1), atol=1e-6)  # the weights are float32


@pytest.mark.parametrize("steps", [False, True])
def test_who_goes_on_learning_begins_where_it_was(steps: bool) -> None:
    """The halves of the mean are in a member's weights, and must come out of them again."""
    texts = [["a", "dog"], ["a", "cat"], ["the", "dog"], ["the", "cat"]] * 2
    kind: Any = SequenceTagger if steps else SequenceClassifier
    labels = texts if steps else list("xyxy") * 2
    training = SequenceTraining(updates=20, min_count=1)
    model = kind(hidden=4, training=training, warm_start=True, random_state=0)
    chances = model.fit(texts, labels).predict_proba(texts)
    assert model.learned_.members[0].wide.weight.any()
    still = SequenceTraining(updates=3, min_count=1, learning_rate=0, weight_decay=0)
    again = model.set_params(training=still).fit(texts, labels).predict_proba(texts)
    np.testing.assert_array_equal(again, chances)


@pytest.mark.parametrize("steps", [False, True])
def test_all_networks_of_a_fit_count_once(steps: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each learns the same of it, to the bit, as if it had counted what it learns from itself."""
    texts = [["a", word, other] for word in ("dog", "cat") for other in "bcdefg"]
    kind: Any = SequenceTagger if steps else SequenceClassifier
    labels = texts if steps else list("xxy" * 4)
    counted: list[int] = []
    counts = Nearby if steps else Grams
    original = counts.of

    def of(self: Any, x: Any) -> Any:
        counted.append(len(x))
        return original(self, x)

    monkeypatch.setattr(counts, "of", of)

    def layers(members: int) -> list[np.ndarray]:
        training = SequenceTraining(updates=3, members=members, calibrate=False)
        model = kind(hidden=2, training=training, random_state=0).fit(texts, labels)
        return [member.wide.weight for member in model.learned_.members]

    several = layers(2)
    assert counted == [len(texts)]
    np.testing.assert_array_equal(several[0], layers(1)[0])


@pytest.mark.parametrize(
    ("steps", "n", "length", "members"),
    [(False, 5_000, 10, 3), (False, 7_000, 20, 2), (True, 12_000, 16, 2), (True, 50_000, 16, 1)],
)
def test_fewer_networks_of_many_texts(steps: bool, n: int, length: int, members: int) -> None:
    training = SequenceTraining()
    texts = read_sequences(np.full((n, length), "a").tolist())
    assert Recipe.tokens(n, training, steps).members(texts, training.batch) == members


def test_what_some_texts_hold_is_told_by_what_all_do() -> None:
    found, some = PAIRS.of(read_sequences(TEXTS)), np.array([2, 0])
    expected = PAIRS.of(read_sequences([TEXTS[i] for i in some]))
    rows = found.rows(some)
    for name in ("first", "column", "value"):
        np.testing.assert_array_equal(getattr(rows, name), getattr(expected, name))
