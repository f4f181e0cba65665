"""Texts become tokens, and tokens texts."""

from __future__ import annotations

from typing import Any

import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.data.vocabulary import Vocabulary
from tidegate.errors import ArgumentError, DataError
from tidegate.language.text import END, END_ID, Alphabet, one_text


@given(st.text(max_size=60))
def test_characters_come_back(text: str) -> None:
    alphabet = Alphabet.of(text + END, "char")
    tokens = alphabet.tokens(text)
    assert alphabet.text(tokens) == text
    assert 0 not in alphabet.ids(text)
    assert alphabet.vocabulary.tokens[END_ID] == END


@pytest.mark.parametrize(
    "text",
    [
        "A cat, which is black, is hungry.",
        "Ram is a male.\nSita is a female.",
        'He said: "well-known" isn\'t enough!',
        "(one) [two] 50% of it; or £3?",
        "\n\nlines\n",
        "",
    ],
)
def test_words_come_back(text: str) -> None:
    """Of usual English; a straight quotation mark may be the first or the last of two."""
    alphabet = Alphabet.of(text + END, "word")
    again = alphabet.text(alphabet.tokens(text))
    assert again.replace(' " ', '"').replace('" ', '"').replace(' "', '"') == text.replace(
        ' "', '"'
    ).replace('" ', '"')


def test_unknown_words_are_unknown() -> None:
    alphabet = Alphabet.of("a a b\n", "word", min_count=2)
    assert alphabet.ids("a b c\n").tolist() == [2, 0, 0, END_ID]


def test_small_letters() -> None:
    alphabet = Alphabet.of("Ram ram\n", "word", min_count=2, lower=True)
    assert alphabet.ids("RAM ram").tolist() == [2, 2]


def test_json_and_back() -> None:
    alphabet = Alphabet.of("a b\n", "word", lower=True)
    assert Alphabet.from_json(alphabet.to_json()) == alphabet


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("a", "a\n"),
        ("a\r\nb\rc\n", "a\nb\nc\n"),
        (["a", "b"], "a\nb\n"),
        (("a", ""), "a\n"),
        (pd.Series(["a", "b"], index=[7, 3]), "a\nb\n"),
        (pl.Series(["a", "b"]), "a\nb\n"),
    ],
)
def test_one_text(text: Any, whole: str) -> None:
    assert one_text(text) == whole


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "text holds nothing but blanks"),
        (" \n\t", "text holds nothing but blanks"),
        ([], "text holds nothing but blanks"),
        (None, "text must be a text or a list of texts, got NoneType"),
        (b"abc", "text must be a text or a list of texts, got bytes"),
        (3.5, "text must be a text or a list of texts, got float"),
        (["a", 3], "text 1 must be a text, got int 3"),
        (["a", None], "text 1 must be a text, got NoneType None"),
        (pl.DataFrame({"text": ["a"]}), "text must be a text or a list of texts, got DataFrame"),
    ],
)
def test_what_is_no_text_is_refused(text: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        one_text(text)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("syllable", Vocabulary(("<unk>", END))), "level must be one of 'char', 'word'"),
        (("char", Vocabulary(("<unk>", "a"))), "with the end of a line as token 1"),
        (("char", ["<unk>", END]), "with the end of a line as token 1"),
    ],
)
def test_a_bad_alphabet(settings: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        Alphabet(*settings)
