"""Words as points, by the company that they keep."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from tidegate import SequenceClassifier, SequenceTraining
from tidegate.sequence import texts
from tidegate.sequence.cooccurrence import SMOOTHING, company, points

RANDOM = np.random.default_rng(0)


def by_hand(texts: list[list[int]], words: int) -> np.ndarray:
    met = np.zeros((words, words))
    for text in texts:
        for i, one in enumerate(text):
            for j, other in enumerate(text):
                if one and other and 0 < abs(i - j) <= 5:
                    met[one, other] += 1 / abs(i - j)
    own = met.sum(axis=1)
    chance = own**SMOOTHING / (own**SMOOTHING).sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        told = np.log(met / (own[:, None] * chance))
    return np.where(met > 0, np.maximum(told, 0), 0)


def test_positive_mutual_information_within_a_text() -> None:
    texts = [RANDOM.integers(0, 9, size=n).tolist() for n in (1, 3, 8, 12, 2, 7)]
    ids = np.array([word for text in texts for word in text])
    found = company(ids, np.array([len(text) for text in texts]), 10)
    np.testing.assert_allclose(found.toarray(), by_hand(texts, 10), atol=1e-12)


@pytest.mark.parametrize("shape", [(40, 60), (5, 8)])
def test_points_are_those_of_a_full_decomposition(shape: tuple[int, int]) -> None:
    u, _ = np.linalg.qr(RANDOM.normal(size=(shape[0], 5)))
    v, _ = np.linalg.qr(RANDOM.normal(size=(shape[1], 5)))
    spread = np.array([9.0, 5.0, 3.0, 2.0, 1.0])
    found = points(csr_array(u * spread @ v.T), 3, np.random.default_rng(0))
    expected = (u * np.sqrt(spread))[:, :3]
    expected /= np.sqrt((expected**2).sum(axis=1).mean())
    # up to the sign of each direction; a table of rank 5 leaves nothing to chance
    np.testing.assert_allclose(found @ found.T, expected @ expected.T, atol=1e-9)


def test_texts_of_one_word_say_nothing() -> None:
    found = points(company(np.array([1, 2, 1]), np.ones(3, int), 3), 2, np.random.default_rng(0))
    assert not found.any()


def test_words_of_the_same_company_begin_near_each_other() -> None:
    texts = [["a", x, "runs", "far"] for x in ("dog", "cat")] * 3
    texts += [["the", x, "is", "red"] for x in ("rose", "brick")] * 3
    still = SequenceTraining(updates=1, learning_rate=0, weight_decay=0, min_count=1)
    model = SequenceClassifier(hidden=2, training=still, random_state=0)
    learned = model.fit(texts, ["x"] * 6 + ["y"] * 6).learned_
    names = ("dog", "cat", "rose", "brick")
    rows = learned.members[0].network.params["embedding_weight"][
        learned.inputs.vocabulary.ids(names)
    ]
    far = np.linalg.norm(rows[:, None] - rows, axis=2)
    assert 2 * max(far[0, 1], far[2, 3]) < far[:2, 2:].min()  # what they do not tell is drawn


def test_of_long_texts_some_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def counted(ids: np.ndarray, length: np.ndarray, words: int) -> csr_array:
        read.append(len(ids))
        assert length.sum() == len(ids)
        return company(ids, length, words)

    monkeypatch.setattr(texts, "company", counted)
    monkeypatch.setattr(texts, "COMPANY", 20)
    training = SequenceTraining(updates=1, members=1, min_count=1)
    said = [f"{a} {b} {c}" for a in "abc" for b in "de" for c in "fgh"]
    SequenceClassifier(hidden=2, training=training, random_state=0).fit(said, [0, 1] * 9)
    assert read == [18]  # 54 words: every third of the 18 texts
