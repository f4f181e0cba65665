"""What an estimator learns from: equal sequences count once, with the sum of their weights."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tidegate.data.sequences import read_sequences
from tidegate.network import Loss
from tidegate.sequence.held import split
from tidegate.sequence.samples import Samples
from tidegate.sequence.seen import hashes_of
from tidegate.sequence.tasks import Task

SEQUENCE = st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=1, max_size=3)


def counted(samples: Samples) -> dict[tuple[object, ...], float]:
    found: dict[tuple[object, ...], float] = {}
    for part, target, weight in zip(
        samples.x.each(), samples.targets, samples.weights, strict=True
    ):
        key = (*part.ravel().tolist(), "|", *target.tolist())
        found[key] = found.get(key, 0.0) + weight
    return {key: weight for key, weight in found.items() if weight}


@given(st.lists(st.tuples(SEQUENCE, st.integers(0, 1), st.integers(0, 3)), min_size=1, max_size=9))
def test_nothing_is_lost_and_nothing_is_there_twice(
    given: list[tuple[list[float], int, int]],
) -> None:
    if not any(weight for _, _, weight in given):
        return
    x = read_sequences([np.array(part) for part, _, _ in given])
    targets = np.array([[float(y)] for _, y, _ in given])
    samples = Samples(x, targets, np.array([float(w) for _, _, w in given]))
    merged = samples.merged()
    assert counted(merged) == counted(samples)
    assert len(merged) == len(counted(samples))
    order = np.random.default_rng(0).permutation(len(x))
    other = samples.take(order).merged()
    np.testing.assert_array_equal(other.x.rows, merged.x.rows)
    np.testing.assert_array_equal(other.targets, merged.targets)
    np.testing.assert_array_equal(other.weights, merged.weights)


def test_tokens_that_hold_the_sign_between_them_are_not_merged() -> None:
    x = read_sequences([["a\0", "b"], ["a", "\0b"]])
    assert len(Samples(x, np.zeros((2, 1)), np.ones(2)).merged()) == 2
    assert len(set(hashes_of(x).tolist())) == 2


def test_labels_of_steps_tell_sequences_apart() -> None:
    x = read_sequences([["a", "b"], ["a", "b"], ["a", "b"], ["ab"]])
    targets = np.array([[0.0], [1.0], [1.0], [1.0], [0.0], [1.0], [2.0]])
    merged = Samples(x, targets, np.ones(4), stepwise=True).merged()
    assert sorted(merged.weights.tolist()) == [1.0, 1.0, 2.0]
    assert merged.targets.shape == (5, 1)


@given(st.integers(2, 40), st.floats(0.05, 0.6))
def test_a_share_is_held_out_of_every_class(n: int, share: float) -> None:
    y = np.arange(n) % 3
    samples = Samples(
        read_sequences(np.arange(float(n))[:, None]), y[:, None].astype(float), np.ones(n)
    )
    apart, rest = split(samples, share, 0, Task(Loss("categorical"), 3))
    assert sorted([*apart.tolist(), *rest.tolist()]) == list(range(n))
    assert len(rest) > 0
    assert abs(len(apart) - share * n) <= 1
    for label in range(3):
        assert abs((y[apart] == label).sum() - share * (y == label).sum()) <= 1
