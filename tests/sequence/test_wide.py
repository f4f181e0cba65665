"""The linear layer on words and pairs of words."""

from __future__ import annotations

import numpy as np
from sklearn.feature_extraction.text import TfidfTransformer

from tidegate.data.sequences import read_sequences
from tidegate.sequence.wide import COLUMNS, Grams, WideLearner, inverse_frequency, product, sparse

PAIRS = Grams(2, lower=True)
TEXTS = [["a", "cat", "sat"], ["a", "dog"], ["A", "cat", "A", "cat"], ["cat"]]


def dense() -> np.ndarray:
    table = sparse(read_sequences(TEXTS), PAIRS)
    found = np.zeros((len(TEXTS), COLUMNS))
    for i in range(len(TEXTS)):
        column, value, _ = table.take(np.array([i]))
        found[i, column] = value
    return found


def test_words_and_pairs_are_counted() -> None:
    found = dense()
    np.testing.assert_allclose((found**2).sum(axis=1), 1)
    counts = [np.round(row[row > 0] / row[row > 0].min()).tolist() for row in found]
    # a, cat, sat, a cat, cat sat; a, dog, a dog; a 2, cat 2, a cat 2, cat a; cat
    assert [sorted(part) for part in counts] == [[1] * 5, [1] * 3, [1, 2, 2, 2], [1]]


def test_rarity_is_that_of_scikit_learn() -> None:
    x = read_sequences(TEXTS)
    held = (dense() > 0).astype(float)
    theirs = TfidfTransformer().fit(held).idf_
    ours = inverse_frequency(x, PAIRS)
    seen_twice = held.sum(axis=0) > 1
    np.testing.assert_allclose(ours[seen_twice], theirs[seen_twice], rtol=1e-6)
    assert not ours[~seen_twice].any()


def test_rows_times_weights() -> None:
    weight = np.random.default_rng(0).normal(size=(COLUMNS, 3))
    table = sparse(read_sequences(TEXTS), PAIRS)
    found = product(*table.take(np.array([2, 0, 2])), weight)
    np.testing.assert_allclose(found, (dense() @ weight)[[2, 0, 2]])


def test_it_learns_and_is_judged_without_learning() -> None:
    def cost(targets: np.ndarray, output: np.ndarray) -> tuple[float, np.ndarray]:
        rest = output - targets
        return float((rest**2).mean()), 2 * rest / len(rest)

    learner = WideLearner(read_sequences(TEXTS), PAIRS, 1, cost, lambda done: 0.05)
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
