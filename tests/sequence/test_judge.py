"""Whether a model beats a rule, and what rules say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom
from scipy.stats import t as student

from tidegate.sequence.baselines import of_sequences, of_steps
from tidegate.sequence.judge import hold_out, judge


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=60), st.floats(0.05, 0.95))
def test_a_share_of_each_label_is_held_out(labels: list[str], share: float) -> None:
    held = hold_out(labels, share, seed=1)
    names = np.array(labels)
    for name in set(labels):
        of_it = held[names == name]
        assert not of_it.all(), "something of it is left to learn from"
        if len(of_it) > 9:
            assert abs(of_it.mean() - share) < 0.11
    assert held.any() == (max(labels.count(name) for name in "abc") > 1)


def test_who_is_held_out_depends_on_the_seed() -> None:
    labels = ["a"] * 30 + ["b"] * 30
    assert (hold_out(labels, 0.2, 1) == hold_out(labels, 0.2, 1)).all()
    assert (hold_out(labels, 0.2, 1) != hold_out(labels, 0.2, 2)).any()


def ones(labels: str) -> list[list[str]]:
    return [[label] for label in labels]


def test_of_one_label_each_the_exact_test_of_mcnemar() -> None:
    """9 where only the model is right, 2 where only the rule is: by hand from the binomial."""
    truth = ones("a" * 30)
    model = ones("a" * 28 + "b" * 2)
    rule = ones("b" * 9 + "a" * 21)
    found = judge("GRU", truth, model, {"rule": rule, "worse": ones("b" * 30)})
    assert found.p == pytest.approx(2 * binom.cdf(2, 11, 0.5))
    assert found.right == {"GRU": 28 / 30, "rule": 21 / 30, "worse": 0.0}
    assert found.verdict.startswith("no better than rule: 93.3 % of 30 right where it has 70.0 %")
    sure = judge("GRU", truth, truth, {"rule": rule})
    assert sure.verdict.startswith("beats rule: ")
    lost = judge("GRU", truth, rule, {"rule": truth})
    assert lost.verdict.startswith("worse than rule: ")


def test_equal_answers_are_no_difference() -> None:
    found = judge("GRU", ones("ab"), ones("aa"), {"rule": ones("aa")})
    assert found.p == 1.0
    assert found.verdict.startswith("no better than rule")


def test_steps_of_a_sequence_count_as_one_observation() -> None:
    """100 steps of a single sequence, all better: no evidence beyond the one sequence."""
    one = judge("GRU", [["a"] * 100], [["a"] * 100], {"rule": [["b"] * 100]})
    assert one.p == 1.0
    random = np.random.default_rng(0)
    truth = [["a"] * 10] * 20
    model = [["a" if random.random() < 0.9 else "b" for _ in part] for part in truth]
    rule = [["a" if random.random() < 0.5 else "b" for _ in part] for part in truth]
    several = judge("GRU", truth, model, {"rule": rule})
    assert several.labels == 200
    lead = [part.count("a") - other.count("a") for part, other in zip(model, rule, strict=True)]
    t = np.mean(lead) / (np.std(lead, ddof=1) / np.sqrt(20))
    assert several.p == pytest.approx(2 * student.sf(abs(t), 19))


def test_two_sequences_that_agree_are_not_proof() -> None:
    found = judge("GRU", [["a"] * 9] * 2, [["a"] * 9] * 2, {"rule": [["b"] * 9] * 2})
    assert found.p == pytest.approx(0.5)
    assert found.verdict.startswith("no better than rule")


def test_confusions_by_truth_and_answer() -> None:
    found = judge("GRU", ones("aaabbc"), ones("aabbbd"), {"rule": ones("aaaaaa")})
    assert found.classes == ["a", "b", "c", "d"]
    assert found.confusion == [[2, 1, 0, 0], [0, 2, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]]


def test_a_bag_of_words_learns_words_and_not_their_order() -> None:
    known = [f"{word} film {end}" for word in ("good", "bad") for end in ("a", "b", "c")]
    labels = ["yes"] * 3 + ["no"] * 3
    found = of_sequences(known, labels, ["film good", "bad Film"])
    assert found["bag of words"] == ["yes", "no"]
    assert found["majority class"] in (["yes"] * 2, ["no"] * 2)


def test_the_last_value_is_all_that_counts() -> None:
    random = np.random.default_rng(0)
    known = [np.append(random.normal(size=5), side) for side in (-1, 1) * 20]
    found = of_sequences(known, ["low", "high"] * 20, [[9, 9, -1.0], [-9.0, 1.0], [0, np.nan]])
    assert found["last value"][:2] == ["low", "high"]


def test_each_word_has_its_own_commonest_label() -> None:
    known = [["run", "run", "dog"], ["run"]]
    labels = [["VERB", "NOUN", "NOUN"], ["VERB"]]
    found = of_steps(known, labels, [["dog", "run"], ["new"]])
    assert found["each word alone"] == [["NOUN", "VERB"], [found["commonest label"][1][0]]]


def test_each_step_by_its_own_numbers() -> None:
    known: list[Any] = [np.array([-1.0, 1.0, -1.0, 1.0])] * 5
    found = of_steps(known, [["low", "high"] * 2] * 5, [np.array([1.0, -1.0])])
    assert found["each step alone"] == [["high", "low"]]
