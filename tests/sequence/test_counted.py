"""What is counted of texts: words, pairs of words, their parts."""

from __future__ import annotations

from zlib import crc32

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfTransformer

from tidegate import SequenceClassifier, SequenceTraining
from tidegate.data.sequences import read_sequences
from tidegate.sequence import counted
from tidegate.sequence.counted import COLUMNS, Grams, Growing, rows_of
from tidegate.sequence.wide import Wide

PAIRS = Grams(2, lower=True)
TEXTS = [["a", "cat", "sat"], ["a", "dog"], ["A", "cat", "A", "cat"], ["cat"]]


def dense() -> np.ndarray:
    table = PAIRS.of(read_sequences(TEXTS)).weighed(np.ones(COLUMNS))
    found = np.zeros((len(TEXTS), COLUMNS))
    for i in range(len(TEXTS)):
        column, rows = table.take(np.array([i]))
        found[i, column] = rows.toarray()
    return found


def test_words_and_pairs_are_counted() -> None:
    found = dense()
    np.testing.assert_allclose((found**2).sum(axis=1), 1)
    counts = [np.round(row[row > 0] / row[row > 0].min()).tolist() for row in found]
    # a, cat, sat, a cat, cat sat; a, dog, a dog; a 2, cat 2, a cat 2, cat a; cat
    assert [sorted(part) for part in counts] == [[1] * 5, [1] * 3, [1, 2, 2, 2], [1]]


def test_the_parts_of_a_word_weigh_as_much_as_the_word() -> None:
    letters = Grams(2, lower=True, letters=True)
    column, rows = letters.of(read_sequences([["at"]])).take(np.array([0]))
    parts = (b"<a", b"at", b"t>", b"<at", b"at>", b"<at>")
    weight = {(crc32(part) + 1) % COLUMNS: 6**-0.5 for part in parts} | {crc32(b"at") % COLUMNS: 1}
    found = dict(zip(column.tolist(), rows.toarray()[0].tolist(), strict=True))
    assert found == pytest.approx(weight)


def test_first_words_count_in_their_place() -> None:
    texts = read_sequences([["How", "far", "far", "how"], ["far"]])
    table = Grams(2, lower=True, first=2).of(texts)
    expected = [
        [(0, b"how")] * 2 + [(0, b"far")] * 2 + [(0, b"how far"), (0, b"far far"), (0, b"far how")],
        [(0, b"far")],
    ]
    expected[0] += [(2, b"how"), (2, b"how far"), (3, b"far")]
    expected[1] += [(2, b"far")]
    for i, runs in enumerate(expected):
        counts = np.zeros(COLUMNS)
        for shift, run in runs:
            counts[(crc32(run) + shift) % COLUMNS] += 0.5 if shift else 1
        entries = slice(*table.first[i : i + 2])
        found = np.zeros(COLUMNS)
        found[table.column[entries]] = table.value[entries]
        np.testing.assert_array_equal(found, counts)


@pytest.mark.parametrize(
    "grams",
    [
        PAIRS,
        Grams(2, lower=True, letters=True, first=2),
        Grams(4, lower=False, ends=True, first=7),
        Grams(1, False, first=3),
    ],
    ids=str,
)
def test_a_text_in_pieces_counts_as_the_whole(grams: Grams) -> None:
    """To the bit: parts of words of 1 to 9 letters weigh 1/√3 to 1/√34, whose sums are rounded."""
    random = np.random.default_rng(0)
    tokens = random.choice([*"abcA", "naïve", "at", "ate", "cat", "cattle", "batteries"], 300)
    whole = grams.of(read_sequences([tokens.tolist()]))
    text, first = Growing(grams), 0
    while first < len(tokens):
        size = int(random.integers(0, 4))
        text.add(tokens[first : first + size].tolist())
        first += size
    pieces = rows_of([text])
    np.testing.assert_array_equal(pieces.column, whole.column)
    np.testing.assert_array_equal(pieces.value, whole.value)


def test_a_push_counts_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    training = SequenceTraining(updates=2)
    model = SequenceClassifier(
        hidden=2, tokens="char", bidirectional=False, training=training, random_state=0
    ).fit(["ab", "cd"], [0, 1])
    stream = model.stream()
    for character in "abcd" * 20:
        stream.push(character)
    hashes: list[bytes] = []

    def seen(run: bytes) -> int:
        hashes.append(run)
        return crc32(run)

    monkeypatch.setattr(counted, "crc32", seen)
    stream.push("a")
    assert sorted(hashes, key=lambda run: (b">" in run, len(run))) == [
        *(b"a", b"d a", b"c d a", b"b c d a"),
        *(b">", b"a >", b"d a >", b"c d a >"),
    ]


def test_rarity_is_that_of_scikit_learn() -> None:
    held = (dense() > 0).astype(float)
    theirs = TfidfTransformer().fit(held).idf_
    ours = PAIRS.of(read_sequences(TEXTS)).rarity()
    seen_twice = held.sum(axis=0) > 1
    np.testing.assert_allclose(ours[seen_twice], theirs[seen_twice], rtol=1e-6)
    assert not ours[~seen_twice].any()


def test_rows_times_weights() -> None:
    weight = np.random.default_rng(0).normal(size=(COLUMNS, 3))
    table = PAIRS.of(read_sequences(TEXTS)).weighed(np.ones(COLUMNS))
    column, rows = table.take(np.array([2, 0, 2]))
    expected = (dense() @ weight)[[2, 0, 2]]
    np.testing.assert_allclose(rows @ weight[column], expected)
    layer = Wide(np.ones(COLUMNS), weight)
    np.testing.assert_allclose(layer.outputs(PAIRS.of(read_sequences(TEXTS)))[[2, 0, 2]], expected)
