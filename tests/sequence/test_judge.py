"""Whether a model beats a rule, and what rules say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom
from scipy.stats import t as student

from tidegate.sequence.baselines import of_numbers, of_sequences, of_steps
from tidegate.sequence.judge import hold_out, judge
from tidegate.sequence.judge_numbers import judge_numbers


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


def test_of_many_labels_with_two_sequences_each_a_share_is_held_out() -> None:
    labels = [f"label {i // 2}" for i in range(100)]
    assert hold_out(labels, 0.2, seed=1).sum() == 20


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


def test_one_of_several_rules_is_better_by_chance_more_often() -> None:
    """2 where only the model is right, 10 where only the best rule is: p counts for each rule."""
    truth, model = ones("a" * 30), ones("b" * 10 + "a" * 20)
    best = ones("a" * 28 + "b" * 2)
    alone = judge("GRU", truth, model, {"rule": best})
    assert alone.p == pytest.approx(2 * binom.cdf(2, 12, 0.5))  # .039
    assert alone.verdict.startswith("worse than rule")
    poor = {name: ones("b" * 30) for name in "xyz"}
    several = judge("GRU", truth, model, {"rule": best, **poor})
    assert several.p == pytest.approx(4 * alone.p)
    assert several.verdict.startswith("no better than rule")


def test_errors_of_numbers_by_a_t_test() -> None:
    random = np.random.default_rng(0)
    truth = random.normal(size=30)
    near, far = truth + random.normal(0, 0.5, 30), truth + random.normal(0, 1.0, 30)
    rules = {"far": far, "worse": truth + 9}
    found = judge_numbers("GRU", truth, near, rules)
    lead = np.abs(far - truth) - np.abs(near - truth)
    t = lead.mean() / (lead.std(ddof=1) / np.sqrt(30))
    assert found.p == pytest.approx(2 * student.sf(t, 29))
    assert found.error["worse"] == pytest.approx(9)
    assert found.verdict.startswith("beats far: off by ")
    lost = judge_numbers("GRU", truth, far, {"near": near, "worse": truth + 9})
    assert lost.p == pytest.approx(2 * found.p)
    assert lost.verdict.startswith("worse than near: off by ")
    whole = np.arange(30.0)
    even = judge_numbers("GRU", whole, whole + 1, {"rule": whole - 1})
    assert (even.p, even.verdict[:19]) == (1.0, "no better than rule")


def test_rules_of_numbers() -> None:
    texts = ["good film", "bad film", "good play", "bad play", "play"]
    found = of_numbers(texts, np.array([9.0, 1, 9, 1, 4]), ["good", "bad"])
    assert found["median"].tolist() == [4.0, 4.0]
    assert found["bag of words"][0] > 6 > 4 > found["bag of words"][1]
    x = [np.append(np.full(5, 7.0), last) for last in range(40)]
    last = of_numbers(x, 3.0 * np.arange(40), [[0.0, 20.0]])["last value"]
    assert last[0] == pytest.approx(60, abs=1)  # the ridge pulls it a little towards the mean


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


def test_a_bag_of_characters_knows_names_that_it_has_not_seen() -> None:
    known = [f"{root}{end}" for root in ("Pavl", "Ivan", "Petr") for end in ("ov", "ini")]
    found = of_sequences(known, ["ru", "it"] * 3, ["Mosov", "Rossini"], "char")
    assert list(found) == ["majority class", "bag of characters"]
    assert found["bag of characters"] == ["ru", "it"]
    numbers = of_numbers(known, np.array([1.0, 9] * 3), ["Mosov", "Rossini"], "char")
    assert numbers["bag of characters"][0] < 5 < numbers["bag of characters"][1]
    # tokens are no texts, whatever texts are read as
    assert "bag of words" in of_sequences([["a", "b"], ["c"]], ["x", "y"], [["a"]], "char")


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


@pytest.mark.parametrize("scale", [1e-300, 1e5, 1e300])
def test_the_size_of_numbers_decides_nothing(scale: float) -> None:
    random = np.random.default_rng(0)
    truth, near = random.normal(size=(2, 40))
    rules = {"median": np.zeros(40)}
    plain = judge_numbers("GRU", truth, truth + near / 2, rules)
    found = judge_numbers(
        "GRU", scale * truth, scale * (truth + near / 2), {"median": np.zeros(40)}
    )
    assert found.p == pytest.approx(plain.p)


def test_a_tie_is_no_matter_of_chance() -> None:
    labels = judge("GRU", ones("ab"), ones("ab"), {"rule": ones("ab")})
    assert labels.verdict.endswith("100.0 % of 2 right where it has 100.0 % (a tie)")
    numbers = judge_numbers("GRU", np.ones(3), np.zeros(3), {"median": np.zeros(3)})
    assert numbers.verdict.endswith("off by 1 in the mean where it is by 1 (a tie)")


def test_large_numbers_are_written_out() -> None:
    truth = np.full(4, 59_817.6)
    found = judge_numbers("GRU", truth, truth, {"median": np.zeros(4)})
    assert "off by 0 in the mean where it is by 59,818 (" in found.verdict


def test_the_last_value_of_numbers_whose_squares_are_infinite() -> None:
    x = [np.array([0.0, 1.0, 1.5e306 * (1 - 2 * (i % 2))]) for i in range(8)]
    found = of_sequences(x, list("ab" * 4), x[:2])
    assert found["last value"] == ["a", "b"]


def test_rules_of_columns_without_any_value() -> None:
    """Warnings are errors here: none comes through."""
    random = np.random.default_rng(1)
    known = [np.array([[size, np.nan]]) for size in random.normal(size=40)]
    answers = np.array([rows[0, 0] for rows in known])
    labels = ["up" if answer > 0 else "down" for answer in answers]
    held = [np.array([[3.0, np.nan]]), np.array([[-3.0, np.nan]])]
    assert of_sequences(known, labels, held)["last value"] == ["up", "down"]
    assert of_numbers(known, answers, held)["last value"].round().tolist() == [3, -3]
    steps = of_steps(known, [[label] for label in labels], held)
    assert steps["each step alone"] == [["up"], ["down"]]
