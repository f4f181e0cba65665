"""Counts by hand, and verdicts that follow from the costs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grammar import sentences
from tidegate.errors import ArgumentError
from tidegate.language.counts import Counts
from tidegate.language.judge import BLOCK, judge
from tidegate.language.model import LanguageModel
from tidegate.language.training import LanguageTraining


def test_counts_by_hand() -> None:
    counts = Counts.of(list("abab"), order=2, vocabulary=3)
    # of no context: a 2, b 2, two kinds, c = 4; each of three is 1/3 likely at first
    a = (2 + 2 / 3) / (4 + 2)
    unseen = (0 + 2 / 3) / (4 + 2)
    # after a: b 2, one kind, c = 2
    b_after_a = (2 + a) / 3
    unseen_after_a = unseen / 3
    found = np.exp(-counts.nats(list("abzac")))
    # nothing ever followed b but a, once; nothing followed the unknown z
    unseen_after_b = unseen / 2
    np.testing.assert_allclose(found, [b_after_a, unseen_after_b, a, unseen_after_a], rtol=1e-12)


@given(st.text("abc", min_size=1, max_size=40), st.integers(1, 4), st.text("abc", max_size=5))
def test_chances_add_up(text: str, order: int, before: str) -> None:
    counts = Counts.of(text, order, vocabulary=3)
    chances = [np.exp(-counts.nats("a" + before + token)[-1]) for token in "abc"]
    assert sum(chances) == pytest.approx(1)
    assert min(chances) > 0


def test_verdicts_follow_from_the_costs() -> None:
    random = np.random.default_rng(0)
    base = random.exponential(2.0, 100 * BLOCK)
    noise = random.normal(0, 0.1, base.shape)
    for change, relation in ((-0.1, "beats"), (0.0, "no better than"), (0.1, "worse than")):
        found = judge("GRU", "word", base + noise + change, {"poor": base + 5, "good": base})
        assert found.verdict.startswith(f"{relation} good: a word costs it")
        assert (found.p < 0.05) == (change != 0)
        assert list(found.nats) == ["GRU", "poor", "good"]


def test_one_of_several_counts_is_better_by_chance_more_often() -> None:
    random = np.random.default_rng(1)
    base = random.exponential(2.0, 100 * BLOCK)
    own = base + 0.03 + random.normal(0, 0.4, base.shape)
    alone = judge("GRU", "word", own, {"good": base})
    assert alone.verdict.startswith("worse than good")
    found = judge("GRU", "word", own, {"good": base, "poor": base + 5, "bad": base + 6})
    assert found.p == pytest.approx(3 * alone.p)
    lead = judge("GRU", "word", base, {"good": own, "poor": base + 5})
    assert lead.p == pytest.approx(alone.p)


def test_few_tokens_are_no_evidence() -> None:
    found = judge("GRU", "char", np.ones(BLOCK), {"counts": np.full(BLOCK, 9.0)})
    assert (found.p, found.verdict.split(":")[0]) == (1.0, "no better than counts")


def test_a_model_beside_counts() -> None:
    """Agreement over more words than the counts know."""
    training = LanguageTraining(updates=600, steps=16, batch=8, min_count=1, validation=0.2)
    model = LanguageModel("word", hidden=32, dropout=0.0, training=training, random_state=1)
    text = "\n".join(sentences(500, seed=0))
    found = model.fit(text).judge(text)
    assert found.verdict.startswith("beats counts of 3")
    assert list(found.nats) == ["LSTM", "counts of 1", "counts of 3"]
    assert found.tokens == pytest.approx(0.2 * len(model.alphabet_.tokens(text)), rel=0.01)
    # the same text, scored by another way
    assert found.nats["LSTM"] == pytest.approx(model.score("\n".join(sentences(300, 5))), rel=0.05)


def test_nothing_held_out() -> None:
    training = LanguageTraining(updates=2, steps=4, batch=2)
    model = LanguageModel(hidden=4, training=training, random_state=0).fit("abc" * 9)
    with pytest.raises(ArgumentError, match="judge needs text held out"):
        model.judge("abc" * 9)
