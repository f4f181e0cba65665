"""What a linear layer beside a tagger counts of each step."""

from __future__ import annotations

from zlib import crc32

import numpy as np
import pytest

from tidegate.data.parts import affixes
from tidegate.data.sequences import read_sequences
from tidegate.sequence.counted import COLUMNS
from tidegate.sequence.nearby import Nearby

GOLDEN = 0x9E3779B97F4A7C15


def column(place: int, *words: str) -> int:
    """As the docstring tells it; "" for what lies beyond an end."""
    h = place
    for word in words:
        h = h * GOLDEN % 2**64 ^ crc32(word.encode())
    return (h * GOLDEN % 2**64) * COLUMNS // 2**64


def rows(counts: Nearby, texts: list[list[str]]) -> list[list[int]]:
    table = counts.of(read_sequences(texts))
    assert (table.value == 1).all()
    return [sorted(each.tolist()) for each in np.split(table.column, table.first[1:-1])]


def test_tokens_and_pairs_where_they_lie_and_the_parts() -> None:
    counts = Nearby(2, 1, ahead=True, lower=True, parts="affixes")
    runs = [column(1, "a"), column(1, "a", "cat"), column(2, "cat")]
    runs += [column(2, "cat", "sat"), column(3, "sat")]
    parts = {crc32(part.encode()) % COLUMNS for part in affixes("Cat")}
    assert rows(counts, [["A", "Cat", "sat"]])[1] == sorted([*runs, *parts])


def test_nothing_lies_beyond_the_ends() -> None:
    counts = Nearby(2, 1, ahead=True, lower=False, parts="none")
    expected = [column(1, ""), column(1, "", "cat"), column(2, "cat")]
    expected += [column(2, "cat", ""), column(3, "")]
    assert rows(counts, [["a", "dog"], ["cat"], ["sat", "up"]])[2] == sorted(expected)


@pytest.mark.parametrize("reach", [1, 2, 3])
def test_what_counts_only_backwards_is_decided_by_the_last_tokens(reach: int) -> None:
    counts = Nearby(3, reach, ahead=False, lower=False, parts="grams")
    text = ["who", "was", "there", "a", "dog"]
    ends = [[*text[max(0, t + 1 - counts.memory) : t + 1]] for t in range(len(text))]
    assert rows(counts, [text]) == [rows(counts, [end])[-1] for end in ends]
    assert rows(counts, [text])[3] != rows(counts, [text[1:3] + ["the"]])[-1]
