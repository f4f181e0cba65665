"""Words and characters as numbers."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate import ArgumentError
from tidegate.data.vocabulary import Vocabulary, as_bytes, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ram is a male. Sita is a female.", "Ram|is|a|male|.|Sita|is|a|female|."),
        ("it's well-known: (yes)", "it's|well-known|:|(|yes|)"),
        ("l’été, 3.5 %", "l’été|,|3|.|5|%"),
        ("a -- b\n\tc", "a|-|-|b|c"),
        ("हिन्दी में लिखा है।", "हिन्दी|में|लिखा|है|।"),
        ("cafe\u0301 noe\u0308l, co-ope\u0301re", "cafe\u0301|noe\u0308l|,|co-ope\u0301re"),
        ("السَّلامُ عَلَيْكُم", "السَّلامُ|عَلَيْكُم"),
        ("می\u200cخواهم بروم", "می\u200cخواهم|بروم"),
        ("👍🏽 👩\u200d👩\u200d👧ok ❤\ufe0f!", "👍🏽|👩\u200d👩\u200d👧|ok|❤\ufe0f|!"),
    ],
)
def test_words(text: str, found: str) -> None:
    assert words(text) == found.split("|")


def test_words_of_nothing() -> None:
    assert words(" \n ") == []


def test_small_letters_on_request() -> None:
    assert words("He SAID", lower=True) == ["he", "said"]


def test_frequent_tokens_come_first_and_equal_ones_by_text() -> None:
    vocabulary = Vocabulary.of(["cabbac", "b"])
    assert vocabulary.tokens == ("<unk>", "b", "a", "c")
    assert vocabulary.ids("abz").tolist() == [2, 1, 0]


def test_rare_tokens_are_unknown() -> None:
    vocabulary = Vocabulary.of([["x", "y"], ["x"]], min_count=2)
    assert vocabulary.tokens == ("<unk>", "x")
    assert "x" in vocabulary and "y" not in vocabulary


def test_a_largest_size_counts_the_unknown_token_and_those_given() -> None:
    vocabulary = Vocabulary.of(["aaabbc"], max_size=3, first=["</s>"], unknown="?")
    assert vocabulary.tokens == ("?", "</s>", "a")


def test_the_unknown_token_written_out_is_the_unknown_token() -> None:
    vocabulary = Vocabulary.of([["<unk>", "a"]])
    assert vocabulary.tokens == ("<unk>", "a")
    assert vocabulary.ids(["<unk>"]).tolist() == [0]


@given(st.lists(st.text(max_size=6), max_size=6))
def test_every_known_token_finds_its_own_number(texts: list[str]) -> None:
    vocabulary = Vocabulary.of(texts)
    assert vocabulary.ids(vocabulary.tokens).tolist() == list(range(len(vocabulary)))
    assert set(vocabulary.tokens) == {"<unk>", *"".join(texts)}


def test_json_and_pickle_and_back() -> None:
    vocabulary = Vocabulary.of(["añ\n"])
    assert Vocabulary.from_json(json.loads(json.dumps(vocabulary.to_json()))) == vocabulary
    vocabulary.ids("a")
    assert pickle.loads(pickle.dumps(vocabulary)) == vocabulary


@given(st.lists(st.lists(st.text("a\0\1\2", max_size=3), min_size=1), min_size=2, max_size=2))
def test_other_tokens_are_other_bytes(both: list[list[str]]) -> None:
    one, other = both
    assert (as_bytes(one) == as_bytes(other)) == (one == other)


def test_tokens_of_control_characters_are_other_bytes() -> None:
    assert as_bytes(["a\0", "b"]) != as_bytes(["a", "\0b"])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"tokens": []}, "one at least"),
        ({"tokens": ["a", 1]}, "must be texts, got 1"),
        ({"tokens": ["a", "b", "a"]}, "got 'a' twice"),
        ({}, "needs the entry 'tokens'"),
        ({"tokens": ["a"], "more": 1}, "has no entry 'more'"),
    ],
)
def test_what_is_no_vocabulary(data: object, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        Vocabulary.from_json(data)
