"""Words by their parts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.data.parts import affixes, grams, hashed


def test_words_alike_share_parts() -> None:
    walking, talking, table = (set(grams(word)) for word in ("walking", "Talking", "table"))
    assert {"king>", "alk", "ing"} <= walking & talking
    assert not walking & table


def test_capitals_count_in_the_shape_alone() -> None:
    assert set(affixes("Rome")) ^ set(affixes("rome")) == {"Xxx", "xx"}
    assert list(grams("ROME")) == list(grams("rome"))


@given(st.text(max_size=60), st.sampled_from(["grams", "affixes", "none"]), st.integers(1, 50))
def test_numbers_of_parts_are_inside_and_different(word: str, kind: str, buckets: int) -> None:
    found = hashed(word, kind, buckets)  # type: ignore[arg-type]
    assert len(np.unique(found)) == len(found)
    assert not len(found) or (found.min() >= 0 and found.max() < buckets)
    assert (len(found) == 0) == (kind == "none")


@pytest.mark.parametrize("word", ["a", "<", "é"])
def test_a_part_has_its_number_for_ever(word: str) -> None:
    # files hold weights by these numbers: crc32 is fixed by ISO 3309
    from zlib import crc32

    assert sorted(hashed(word, "grams", 2**20).tolist()) == sorted(
        {crc32(part.encode()) % 2**20 for part in (f"<{word}", f"{word}>", f"<{word}>")}
    )
    assert crc32(b"123456789") == 0xCBF43926
