"""A stream says of a sequence so far what the model says of it as a whole, to the bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import tidegate as tg
from tidegate.sequence.training import Training

RANDOM = np.random.default_rng(0)
X = [RANDOM.normal(size=(n, 2)) for n in (25, 8, 4, 19, 6, 17)]
HOLES = [np.where(RANDOM.uniform(size=part.shape) < 0.2, np.nan, part) for part in X]
SMALL: dict[str, Any] = {"hidden": 5, "bidirectional": False, "random_state": 1}
WORDS = [["a", "cat", "is", "here"], ["no", "dog", "was"], ["a", "dog"], ["who", "is", "a", "cat"]]


def numbers(**given: Any) -> tg.SequenceClassifier:
    training = Training(updates=10, members=2, segment=given.pop("segment", None))
    data = given.pop("data", X)
    model = tg.SequenceClassifier(**{**SMALL, "training": training, **given})
    return model.fit(data, [0, 1, 2, 0, 1, 2])


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"segment": 3},
        {"segment": 7, "cell": "lstm"},
        {"readout": "last"},
        {"readout": "mean", "layers": 2, "cell": "rnn"},
        {"readout": "max"},
        {"data": HOLES},
        {"data": [1e6 * part**9 for part in X], "segment": 2},
    ],
    ids=str,
)
def test_every_step_of_numbers(given: dict[str, Any]) -> None:
    model = numbers(**given)
    data = given.get("data", X)
    stream = model.stream(chances=True)
    for t, x_t in enumerate(data[0]):
        chances = stream.push(x_t)
        whole = model.predict_proba([data[0][: t + 1], data[1]])[0]
        np.testing.assert_array_equal(chances, whole, err_msg=f"step {t}")


def test_labels_numbers_and_tags() -> None:
    training = Training(updates=10)
    model = numbers()
    stream = model.stream()
    assert [stream.push(x_t) for x_t in X[1]] == [
        model.predict([X[1][: t + 1]])[0] for t in range(len(X[1]))
    ]
    y = np.stack([np.arange(6.0), np.arange(6.0) ** 2], axis=1)
    regressor = tg.SequenceRegressor(**SMALL, training=training).fit(X, y)
    ahead = regressor.stream()
    for t, x_t in enumerate(X[1]):
        np.testing.assert_array_equal(ahead.push(x_t), regressor.predict([X[1][: t + 1]])[0])
    for y in ([part[:, 0] > 0 for part in X], [part > 0 for part in X]):
        tagger = tg.SequenceTagger(**SMALL, training=training).fit(X, y)
        tags, chances = tagger.stream(), tagger.stream(chances=True)
        found = np.array([tags.push(x_t) for x_t in X[0]])
        np.testing.assert_array_equal(found, tagger.predict([X[0]])[0])
        found = np.array([chances.push(x_t) for x_t in X[0]])
        np.testing.assert_array_equal(found, tagger.predict_proba([X[0]])[0])


def test_every_word_with_the_bag_of_words_beside() -> None:
    training = Training(updates=30, min_count=1)
    model = tg.SequenceClassifier(**SMALL, training=training).fit(WORDS, list("abab"))
    assert model.learned_.members[0].wide.weight.any()
    stream = model.stream(chances=True)
    sentence = ["who", "was", "unheard-of", "a", "dog", "a", "dog"]
    for t, word in enumerate(sentence):
        whole = model.predict_proba([sentence[: t + 1], WORDS[0]])[0]
        np.testing.assert_array_equal(stream.push(word), whole, err_msg=word)
    tagger = tg.SequenceTagger(**SMALL, training=training).fit(WORDS, WORDS)
    assert tagger.learned_.members[0].wide.weight.any()
    tags, chances = tagger.stream(), tagger.stream(chances=True)
    assert [tags.push(word) for word in sentence] == tagger.predict([sentence])[0].tolist()
    whole = tagger.predict_proba([WORDS[0], sentence])[1]
    np.testing.assert_array_equal([chances.push(word) for word in sentence], whole)


@pytest.mark.parametrize("segment", [1, 3])
def test_many_at_once_each_at_its_own_pace(segment: int) -> None:
    model = numbers(segment=segment)
    n = 7
    data = RANDOM.normal(size=(n, 30, 2))
    at = np.zeros(n, int)
    stream = model.stream(n, chances=True)
    for turn in range(25):
        which = None if turn % 5 == 4 else RANDOM.permutation(n)[: RANDOM.integers(1, n)]
        chosen = np.arange(n) if which is None else which
        found = stream.push_many(data[chosen, at[chosen]], which)
        at[chosen] += 1
        whole = model.predict_proba([data[i, : at[i]] for i in chosen])
        np.testing.assert_array_equal(found, whole)


@pytest.mark.parametrize("given", [{}, {"segment": 3, "cell": "lstm"}, {"data": HOLES}], ids=str)
def test_a_state_is_gone_back_to(given: dict[str, Any], tmp_path: Path) -> None:
    model = numbers(**given)
    stream = model.stream(chances=True)
    for x_t in X[0][:9]:
        stream.push(x_t)
    state = stream.state()
    onward = [stream.push(x_t) for x_t in X[0][9:]]
    other = model.stream(chances=True).restore(state)
    np.testing.assert_array_equal([other.push(x_t) for x_t in X[0][9:]], onward)
    np.savez(tmp_path / "state.npz", **state)
    with np.load(tmp_path / "state.npz") as kept:
        stream.restore(kept)
    np.testing.assert_array_equal([stream.push(x_t) for x_t in X[0][9:]], onward)


def test_the_state_of_texts_and_of_many() -> None:
    model = tg.SequenceClassifier(**SMALL, training=Training(updates=5, min_count=1))
    model.fit(WORDS, list("abab"))
    stream = model.stream(2, chances=True)
    stream.push_many(["a", "who"])
    state = stream.state()
    first = stream.push_many(["dog", "is"])
    again = model.stream(chances=True).restore(state)
    assert len(again) == 2
    np.testing.assert_array_equal(again.push_many(["dog", "is"]), first)


def test_a_sentence_is_no_word() -> None:
    training = Training(updates=2, min_count=1)
    sentences = ["a dog barks", "the cat sleeps"] * 2
    model = tg.SequenceClassifier(**SMALL, training=training).fit(sentences, list("abab"))
    stream = model.stream()
    with pytest.raises(tg.DataError, match="words come one of a sequence at a time, got 'a dog'"):
        stream.push("a dog")
    assert stream.push("unheard") in ("a", "b")
    # words that are given one by one may have blanks
    towns = [["New York", "Rome"], ["Rome", "New York"]] * 2
    model = tg.SequenceClassifier(**SMALL, training=training).fit(towns, list("abab"))
    assert model.stream().push("Los Angeles") in ("a", "b")


def test_the_step_of_one_sequence_is_told_in_its_own_shape() -> None:
    X = [np.ones((3, 2)), np.zeros((4, 2))] * 2
    model = tg.SequenceClassifier(**SMALL, training=Training(updates=2)).fit(X, list("abab"))
    message = r"a step of 1 sequence must be \[1, 2\] numbers, or push be given \[2\], got"
    with pytest.raises(tg.DataError, match=message):
        model.stream().push([1.0, 2.0, 3.0])


def test_a_text_is_no_character() -> None:
    training = Training(updates=2, min_count=1)
    model = tg.SequenceClassifier(**SMALL, tokens="char", training=training)
    model.fit(["abba", "baab"] * 2, list("abab"))
    with pytest.raises(tg.DataError, match="characters come one of a sequence at a time, got 'ab'"):
        model.stream().push("ab")
    model.fit([["ATG", "CCA"], ["CCA"]] * 2, list("abab"))  # as the user has cut them
    model.stream().push("GGG")


def test_a_loaded_model_streams_the_same_bits(tmp_path: Any) -> None:
    model = numbers(segment=2)
    model.save(tmp_path / "m")
    one, other = model.stream(chances=True), tg.load(tmp_path / "m").stream(chances=True)
    for x_t in X[0]:
        np.testing.assert_array_equal(one.push(x_t), other.push(x_t))


def test_what_cannot_be_streamed() -> None:
    backwards = tg.SequenceClassifier(hidden=2, training=Training(updates=1)).fit(
        X, [0, 1, 0, 1, 0, 1]
    )
    with pytest.raises(tg.ArgumentError, match="bidirectional=False"):
        backwards.stream()
    with pytest.raises(tg.NotFittedError):
        tg.SequenceTagger().stream()
    model = numbers()
    with pytest.raises(tg.ArgumentError, match="n=0"):
        model.stream(0)
    with pytest.raises(tg.ArgumentError, match="use push_many"):
        model.stream(2).push([1.0, 2.0])
    for x_t, message in (
        ([1.0], r"must be \[1, 2\]"),
        ([1.0, np.inf], "infinity"),
        (["a", "b"], "numbers"),
    ):
        with pytest.raises(tg.DataError, match=message):
            model.stream().push(x_t)
    many = model.stream(3)
    for which in ([3], [-1], [0, 0], [0.5], [], 1):
        with pytest.raises(tg.ArgumentError, match="which"):
            many.push_many(np.zeros((1, 2)), which)
    with pytest.raises(tg.ArgumentError, match="state"):
        model.stream().restore({})
    with pytest.raises(tg.ArgumentError, match="not the state of a stream"):
        model.stream().restore({**model.stream().state(), "count": None})
    with pytest.raises(tg.ArgumentError, match="of the state must be"):
        model.stream().restore({**model.stream().state(), "last": np.zeros(3)})
    with pytest.raises(tg.ArgumentError, match="of another model"):
        model.stream().restore(numbers(random_state=7).stream().state())


def test_the_columns_of_a_step_go_by_their_names() -> None:
    frames = [pd.DataFrame(RANDOM.normal(size=(4, 2)), columns=["u", "v"]) for _ in range(4)]
    fitted = tg.SequenceRegressor(
        hidden=4, bidirectional=False, training=Training(updates=2, members=1), random_state=0
    ).fit(frames, np.arange(4.0))
    expected = fitted.predict([frame[:1] for frame in frames])
    other = pd.concat([frame[:1] for frame in frames])[["v", "u"]]
    for step in (other, pl.from_pandas(other)):
        np.testing.assert_array_equal(fitted.stream(4).push_many(step), expected)
    assert fitted.stream().push(other.iloc[0]) == expected[0]
    for wrong in (other.assign(w=0.0), other[["u"]], other.set_axis(["x", "y"], axis=1)):
        with pytest.raises(tg.DataError, match="a step must have the columns u, v, got"):
            fitted.stream(4).push_many(wrong)


def test_what_is_masked_in_a_step_is_missing() -> None:
    fitted = tg.SequenceRegressor(
        hidden=4, bidirectional=False, training=Training(updates=2, members=1), random_state=0
    ).fit([[1.0, np.nan], [2.0]], [0.0, 1.0])
    masked = fitted.stream(2).push_many(np.ma.array([1e3, 2.0], mask=[True, False]))
    np.testing.assert_array_equal(masked, fitted.predict([[np.nan], [2.0]]))


def test_a_step_that_is_refused_changes_nothing() -> None:
    model = numbers()
    one, other = model.stream(chances=True), model.stream(chances=True)
    one.push(X[0][0])
    other.push(X[0][0])
    with pytest.raises(tg.DataError):
        one.push([np.inf, 0.0])
    np.testing.assert_array_equal(one.push(X[0][1]), other.push(X[0][1]))
