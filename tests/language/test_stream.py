"""Texts that come token by token."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tidegate import ArgumentError
from tidegate.data import Spans
from tidegate.language.model import LanguageModel
from tidegate.language.text import END
from tidegate.language.training import LanguageTraining
from tidegate.network.reference_loss import softmax


@pytest.mark.parametrize("which", ["words", "characters"])
def test_a_stream_is_the_whole_to_the_bit(which: str, request: pytest.FixtureRequest) -> None:
    model = request.getfixturevalue(which)
    tokens = model.alphabet_.tokens("the cat is hungry.")
    ids = model.alphabet_.ids(END + "the cat is hungry.")
    whole = model.network_.forward(ids, Spans([0], [len(ids)])).output
    expected = softmax(whole.astype(np.float64))
    stream = model.stream()
    assert np.array_equal(stream.chances, expected[0])
    for token, chances in zip(tokens, expected[1:], strict=True):
        assert np.array_equal(stream.push(token), chances)


def test_a_word_is_pushed_at_a_time(words: LanguageModel) -> None:
    stream = words.stream()
    unknown = stream.push("<unk>")
    stream.restore(words.stream().state())
    assert np.array_equal(stream.push("zebra"), unknown)
    with pytest.raises(ArgumentError, match="got 'cat,', which are 2"):
        stream.push("cat,")


def test_many_streams_are_each_its_own(characters: LanguageModel) -> None:
    texts = ["the c", "a dog", "is.\nt"]
    many = characters.stream(3)
    alone = [characters.stream() for _ in texts]
    for step in zip(*texts, strict=True):
        chances = many.push_many(list(step))
        for stream, token, row in zip(alone, step, chances, strict=True):
            assert np.array_equal(stream.push(token), row)


def test_a_stream_goes_back(characters: LanguageModel) -> None:
    stream = characters.stream()
    for token in "the ":
        stream.push(token)
    kept = stream.state()
    after = [stream.push(token) for token in "cat"]
    stream.restore(kept)
    assert all(np.array_equal(stream.push(t), a) for t, a in zip("cat", after, strict=True))
    other = characters.stream()
    other.restore(kept)
    assert np.array_equal(other.push("c"), after[0])


def test_a_state_is_arrays_of_its_own_that_a_file_can_hold(
    words: LanguageModel, tmp_path: Path
) -> None:
    stream = words.stream(2)
    stream.push_many(["the", "a"])
    kept = stream.state()
    np.savez(tmp_path / "state.npz", **kept)
    after = stream.push_many(["cat", "dog"])
    for part in kept.values():
        part[...] = 0  # of the stream nothing is written to
    stream.push_many(["is", "is"])
    with np.load(tmp_path / "state.npz") as again:
        found = stream.restore(again).push_many(["cat", "dog"])
    assert np.array_equal(found, after)


def test_the_state_of_another_model_is_refused(words: LanguageModel) -> None:
    training = LanguageTraining(updates=1, min_count=1)
    models = [
        LanguageModel("word", hidden=4, training=training, random_state=seed).fit("a cat a dog")
        for seed in range(2)
    ]
    with pytest.raises(ArgumentError, match="the state of a stream of another model"):
        models[0].stream().restore(models[1].stream().state())
    kept = models[0].stream().state()
    models[0].partial_fit("a cat")
    with pytest.raises(ArgumentError, match="the state of a stream of another model"):
        models[0].stream().restore(kept)
