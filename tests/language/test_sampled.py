"""A sample stands for all words, on average."""

from __future__ import annotations

import numpy as np

from tidegate.language.sampled import MANY, USUAL, Sampler, sampler
from tidegate.network.reference_loss import softmax

V = 60


def test_a_class_comes_as_often_as_its_shift_says() -> None:
    """Whatever the target that it is compared with: that one is left out of the count."""
    counts = np.random.default_rng(0).integers(0, 50, V)
    draw = Sampler.of(counts, draws=15, seed=3)
    random, seen, shift = np.random.default_rng(1), np.zeros(V), np.zeros(V)
    rounds = 4000
    for done in range(rounds):
        others = random.choice(V, 4, p=draw.chance).astype(np.int32)
        own = np.flatnonzero(~np.isin(np.arange(V), others))[:1].astype(np.int32)
        classes = draw(np.append(others, own), done)
        assert np.isin([*others, *own], classes.ids).all()
        drawn = draw(others, done).ids  # the same sample, without the target
        seen[drawn] += 1
        shift[classes.ids] = classes.shift
    # each share has a standard deviation of 0.008 at the most
    np.testing.assert_allclose(np.exp(-shift), seen / rounds, atol=0.035)


def test_the_true_chances_are_where_the_sampled_loss_is_smallest() -> None:
    """There, its gradient is zero on average, however few classes are drawn."""
    random = np.random.default_rng(2)
    true = softmax(2 * random.normal(size=V)[None])[0]
    draw = Sampler.of(random.integers(1, 50, V), draws=8, seed=0)
    logits, gradient, without = np.log(true), np.zeros(V), np.zeros(V)
    rounds = 20_000
    for done in range(rounds):
        target = random.choice(V, 1, p=true).astype(np.int32)
        classes = draw(target, done)
        place = np.searchsorted(classes.ids, target[0])
        for total, shift in ((gradient, classes.shift), (without, 0.0)):
            some = softmax((logits[classes.ids] + shift)[None])[0]
            some[place] -= 1
            total[classes.ids] += some / rounds
    # a mean of 20,000 numbers between -1 and 1, most of them 0
    assert np.abs(gradient).max() < 0.01
    assert np.abs(without).max() > 0.03


def test_small_vocabularies_are_scored_whole() -> None:
    assert sampler(np.ones(MANY - 1), None, seed=0) is None
    assert sampler(np.ones(MANY), 0, seed=0) is None
    large, asked = sampler(np.ones(MANY), None, seed=0), sampler(np.ones(9), 4, seed=0)
    assert large is not None
    assert large.draws == USUAL
    assert asked is not None
    assert asked.draws == 4


def test_a_sample_of_as_many_as_there_are_is_all_of_them() -> None:
    assert sampler(np.ones(100), 100, seed=0) is None
    assert sampler(np.ones(100), 10**9, seed=0) is None
    assert sampler(np.ones(100), 99, seed=0) is not None
