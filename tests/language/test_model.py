"""What a language model promises, each as a test that can fail."""

from __future__ import annotations

import pickle
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from grammar import sentences
from tidegate.data import Spans
from tidegate.errors import ArgumentError, DataError, ModelFileError, NotFittedError
from tidegate.language.model import LanguageModel
from tidegate.language.text import END
from tidegate.language.training import LanguageTraining
from tidegate.network import TokenInput
from tidegate.network.file import read_model, write_model
from tidegate.network.reference_loss import softmax

RARE = LanguageTraining(min_count=5)
SHORT = LanguageTraining(updates=20, steps=8, batch=4, min_count=1)
TEXT = "the cat is hungry.\nthe dogs are hungry.\n" * 20


def test_it_learns_what_is_far_away(words: LanguageModel) -> None:
    """A verb agrees with a noun up to six tokens before it, in sentences not learnt from."""
    right = 0
    for sentence in sentences(100, seed=7):
        begun, verb = sentence.removesuffix(" hungry.").rsplit(" ", 1)
        other = {"is": "are", "are": "is"}[verb]
        right += words.prefer(f"{begun} {verb}", f"{begun} {other}").endswith(verb)
    assert right >= 95


def test_a_score_is_the_chain_of_chances(words: LanguageModel) -> None:
    """By hand: one forward pass over the whole, and the logarithms of what came."""
    text = "the cat, old, is hungry.\nthe dogs"
    ids = words.alphabet_.ids(END + text)
    spans = Spans([0], [len(ids) - 1])
    chances = softmax(words.network_.forward(ids[:-1], spans).output.astype(np.float64))
    nats = -np.log(chances[np.arange(len(ids) - 1), ids[1:]])
    assert words.score(text) == pytest.approx(nats.mean(), rel=1e-6)
    assert words.perplexity(text) == pytest.approx(np.exp(nats.mean()), rel=1e-6)
    bits = nats.sum() / np.log(2) / len(text)
    assert words.bits_per_character(text) == pytest.approx(bits, rel=1e-6)
    tokens, costs = zip(*words.surprisal(text), strict=True)
    assert tokens == tuple(words.alphabet_.tokens(text))
    np.testing.assert_allclose(costs, nats, rtol=1e-5)


def test_a_line_end_is_one_character_however_it_is_written(words: LanguageModel) -> None:
    unix = "the cat is hungry.\nthe dog is old.\n"
    assert words.bits_per_character(unix.replace("\n", "\r\n")) == words.bits_per_character(unix)


def test_a_long_text_costs_the_same_in_parts(
    characters: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = characters.surprisal(TEXT)
    monkeypatch.setattr("tidegate.language.reader.AT_ONCE", 1)
    assert characters.surprisal(TEXT) == whole


def test_next_tells_the_likeliest(words: LanguageModel) -> None:
    found = words.next("the cats, black,", k=3)
    assert found[0][0] == "are"
    assert [chance for _, chance in found] == sorted((c for _, c in found), reverse=True)
    every = words.next("the", k=10_000)
    assert len(every) == len(words.alphabet_.vocabulary) - 1  # not the unknown one
    assert 0.9 < sum(chance for _, chance in every) <= 1 + 1e-6
    assert words.next()[0][0] == "the"


def test_a_text_is_drawn_from_the_chances(words: LanguageModel) -> None:
    """The first word after a prompt, over many seeds."""
    expected = dict(words.next("the", k=4))
    pieces = (next(words.generate("the", 1, seed=s, stream=True)) for s in range(600))
    drawn = Counter(piece.strip(" ") for piece in pieces)
    for word, chance in expected.items():
        # a share of 600 draws has a standard deviation of 0.02 at the most
        assert drawn[word] / 600 == pytest.approx(chance, abs=0.09)


def test_equal_seeds_write_equal_texts(words: LanguageModel) -> None:
    settings: dict[str, Any] = {"length": 30, "temperature": 0.9, "top_k": 8, "top_p": 0.95}
    text = words.generate("the cat", seed=4, **settings)
    assert words.generate("the cat", seed=4, **settings) == text
    assert words.generate("the cat", seed=5, **settings) != text
    pieces = list(words.generate("the cat", seed=4, stream=True, **settings))
    assert len(pieces) == 30
    assert "the cat" + "".join(pieces) == text


@pytest.mark.parametrize(
    ("prompt", "begun"),
    [("the cat is", "the cat is hungry."), ("the cat is ", "the cat is hungry."), ("", "the ")],
)
def test_words_are_joined_as_in_print(words: LanguageModel, prompt: str, begun: str) -> None:
    assert words.generate(prompt, length=4, temperature=0).startswith(begun)


def test_unknown_words_are_scored_and_never_written() -> None:
    training = LanguageTraining(updates=80, steps=8, batch=4)  # a word must come twice
    text = " ".join(f"word{i}" for i in range(300)) + " a a b b"
    model = LanguageModel("word", hidden=8, training=training, random_state=0).fit(text)
    assert "word7" not in model.alphabet_.vocabulary
    assert model.surprisal("word7 word8")[1][1] < 1.0, "most words are unknown ones"
    assert "<unk>" not in model.generate("word1", length=50)
    assert all(token != "<unk>" for token, _ in model.next("word1", k=100))


def test_a_file_holds_all_of_it(words: LanguageModel, tmp_path: Path) -> None:
    words.save(tmp_path / "words.tg")
    again = LanguageModel.load(tmp_path / "words.tg")
    assert again.get_params() == words.get_params()
    assert again.surprisal("the cats are old") == words.surprisal("the cats are old")
    assert again.generate("the", 20, seed=3) == words.generate("the", 20, seed=3)


def _meta(change: Any) -> Any:
    return lambda tensors, meta: change(meta)


TAMPERED = {
    "format": _meta(lambda meta: meta.update(format=3)),
    "no format": _meta(lambda meta: meta.pop("format")),
    "settings": _meta(lambda meta: meta.pop("settings")),
    "a setting": _meta(lambda meta: meta["settings"].update(hidden="many")),
    "training": _meta(lambda meta: meta.update(training={"updates": -1})),
    "alphabet": _meta(lambda meta: meta.pop("alphabet")),
    "fewer tokens": _meta(lambda meta: meta["alphabet"]["vocabulary"]["tokens"].pop()),
    "no end of a line": _meta(lambda meta: meta["alphabet"]["vocabulary"].update(tokens=["a"])),
    "parameters": lambda tensors, meta: tensors.pop("head_bias"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_a_file_that_was_tampered_with_is_refused(
    name: str, words: LanguageModel, tmp_path: Path
) -> None:
    words.save(tmp_path / "good")
    file = read_model(tmp_path / "good")
    tensors, meta = dict(file.tensors), dict(file.meta)
    TAMPERED[name](tensors, meta)
    write_model(tmp_path / "bad", file.kind, file.spec_json, tensors, meta)
    with pytest.raises(ModelFileError) as caught:
        LanguageModel.load(tmp_path / "bad")
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 200 + len(str(tmp_path))


def test_a_file_of_an_older_format_says_what_to_do(words: LanguageModel, tmp_path: Path) -> None:
    words.save(tmp_path / "model")
    file = read_model(tmp_path / "model")
    meta = {**file.meta, "format": 1}
    write_model(tmp_path / "model", file.kind, file.spec_json, dict(file.tensors), meta)
    with pytest.raises(ModelFileError, match=r"of format 1, .*: fit and save it again$"):
        LanguageModel.load(tmp_path / "model")


def test_the_conventions_of_scikit_learn(words: LanguageModel) -> None:
    model = LanguageModel("word", hidden=8, training=SHORT, random_state=3)
    copy = clone(model)
    assert copy.get_params() == model.get_params()
    assert not hasattr(copy, "network_")
    assert clone(model).set_params(hidden=9).hidden == 9
    assert pickle.loads(pickle.dumps(words)).score(TEXT) == words.score(TEXT)
    first, second = model.fit(TEXT).score(TEXT), copy.fit(TEXT).score(TEXT)
    assert first == second


def test_learning_goes_on(words: LanguageModel) -> None:
    model = pickle.loads(pickle.dumps(words))
    other = "the cats are black.\n" * 60
    before, tokens = model.score(other), model.alphabet_.vocabulary.tokens
    untouched = words.score(other)
    for _ in range(5):
        model.partial_fit(other)
    assert model.score(other) < 0.5 * before
    assert model.alphabet_.vocabulary.tokens == tokens
    assert words.score(other) == untouched
    fresh = LanguageModel(hidden=8, training=SHORT, random_state=0).partial_fit(TEXT)
    assert fresh.score(TEXT) > 0


@pytest.mark.parametrize(
    "given", [{"hidden": 9}, {"level": "char"}, {"cell": "rnn"}, {"layers": 2}]
)
def test_what_goes_on_learning_stays_what_it_is(
    words: LanguageModel, given: dict[str, Any]
) -> None:
    model = pickle.loads(pickle.dumps(words)).set_params(**given)
    with pytest.raises(ArgumentError, match=f"{next(iter(given))} was .*, and is .* now; fit a"):
        model.partial_fit(TEXT)


def test_the_best_epoch_of_a_text_held_out() -> None:
    random = np.random.default_rng(0)
    noise = "".join(random.choice(list("abcdef"), 900))
    training = LanguageTraining(updates=400, steps=8, batch=4, validation=0.3)
    model = LanguageModel(hidden=32, dropout=0.0, training=training, random_state=0).fit(noise)
    losses = [epoch.validation for epoch in model.history_.epochs]
    assert losses[-1] > 1.02 * min(losses), "it should have learnt noise by heart"
    held = noise[-270:]
    # the text held out is scored here without what came before it
    assert model.score(held) == pytest.approx(min(losses), rel=0.05)


def test_words_are_sampled_where_asked() -> None:
    settings: dict[str, Any] = {"steps": 16, "batch": 8, "updates": 300, "min_count": 1}
    text = sentences(400, seed=0)
    score = {}
    for sampled in (0, 3):
        training = LanguageTraining(sampled=sampled, **settings)
        model = LanguageModel("word", hidden=32, dropout=0.0, training=training, random_state=1)
        score[sampled] = model.fit(text).score("\n".join(sentences(50, seed=9)))
    assert score[3] < 1.1 * score[0]


@pytest.mark.parametrize(
    ("settings", "tied", "width"),
    [
        ({"level": "word"}, True, 8),
        ({"level": "word", "embedding": 5}, False, 5),
        ({"level": "word", "tied": False}, False, 8),
        ({"level": "char"}, False, 64),
        ({"level": "char", "embedding": 8, "tied": True}, True, 8),
    ],
)
def test_what_is_tied(settings: dict[str, Any], tied: bool, width: int) -> None:
    model = LanguageModel(hidden=8, training=SHORT, random_state=0, **settings).fit(TEXT)
    assert model.network_.spec.tied is tied
    assert isinstance(model.network_.spec.input, TokenInput)
    assert model.network_.spec.input.width == width


@pytest.mark.parametrize(("level", "times"), [("char", 150), ("word", 100)])
def test_how_often_a_short_text_is_read(level: Any, times: int) -> None:
    training = LanguageTraining(batch=2, steps=8, epochs=1)
    text = "ab " * 10
    model = LanguageModel(level, hidden=2, training=training, random_state=0).fit(text)
    tokens = len(model.alphabet_.ids(END + text + END))
    assert model.history_ is not None
    assert len(model.history_.loss) == max(times * tokens // 16, 100)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"level": "page"}, "^level must be one of 'char', 'word'"),
        ({"cell": "transformer"}, "^cell must be one of"),
        ({"hidden": 0}, "^hidden must be a whole number from 1"),
        ({"dropout": 1.0}, "^dropout must be at least 0 and below 1"),
        ({"recurrent_dropout": -0.1}, "^recurrent_dropout must be at least 0 and below 1"),
        ({"embedding": 0}, "^embedding must be a whole number from 1"),
        ({"embedding": 5, "tied": True}, "^tied .* 5 numbers for 8 units; give embedding=8$"),
        ({"training": {"updates": 3}}, "training must be a LanguageTraining, got"),
    ],
)
def test_bad_settings(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        LanguageModel(**{"hidden": 8, "training": SHORT, **settings}).fit(TEXT)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"updates": 0}, "updates must be a whole number from 1"),
        ({"validation": 1.0}, "validation must be at least 0 and below 1"),
        ({"patience": 2}, "patience needs text held out"),
        ({"vocabulary": 2}, "vocabulary must be a whole number from 3"),
        ({"sampled": -1}, "sampled must be a whole number from 0"),
        ({"init": "chrono"}, "init must be an Init"),
        ({"clip": 0}, "^LanguageTraining.clip must be above 0, or None for no limit"),
    ],
)
def test_bad_training(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        LanguageTraining(**settings)


BAD_CALLS: list[tuple[Any, str]] = [
    (lambda m: m.score(""), "text must have one token at least, got ''"),
    (lambda m: m.score(3), "text must be a text, got int 3"),
    (lambda m: m.surprisal(["a" * 99] * 99), r"text must be a text, got list"),
    (lambda m: m.generate(None), "prompt must be a text, got NoneType"),
    (lambda m: m.generate("a", length=-1), "length must be a whole number from 0"),
    (lambda m: m.generate("a", seed=1.5), "seed must be a whole number from 0"),
    (lambda m: m.generate("a", temperature=-1), "^temperature must be at least 0"),
    (lambda m: m.generate("a", top_p=2), "top_p must be above 0 and at most 1"),
    (lambda m: m.next("a", k=0), "k must be a whole number from 1"),
    (lambda m: m.stream(0), "n must be a whole number from 1"),
    (lambda m: m.stream(2).push("a"), "this stream has 2 texts; push_many takes a token each"),
    (lambda m: m.stream(2).push_many(["a"]), "tokens must be a list of 2, one for each text"),
    (lambda m: m.stream(2).push_many("ab"), "tokens must be a list of 2, one for each text"),
    (lambda m: m.stream().push(3), "a token must be a text, got 3"),
    (lambda m: m.stream().push("the"), "one token of a text at a time, got 'the', which are 3"),
    (lambda m: m.stream().push(""), "one token of a text at a time, got '', which are 0"),
    (
        lambda m: m.stream(2).restore(m.stream().state()),
        r"logits .* of \(2, .*, of 2 texts",
    ),
    (lambda m: m.stream().restore({}), "this is not the state of a stream of texts"),
    (lambda m: m.stream().restore(None), "this is not the state of a stream of texts"),
    (lambda m: m.set_params(embedding=0).fit("x"), "must be a whole number from 1"),
    (lambda m: m.set_params(random_state=-1).fit("x"), "random_state must be a seed from 0"),
    (lambda m: m.set_params(random_state="x").partial_fit("x"), "random_state must be a seed"),
    (lambda m: m.fit(np.array(5)), "text must be a text or a list of texts, got int"),
    (lambda m: m.set_params(level="word", training=None).fit("a b c"), "no word .* comes 2 times"),
    (lambda m: m.set_params(training=RARE).fit("abc"), "no character of the text comes 5 times"),
    (lambda m: m.fit("x").fit(5), "text must be a text or a list of texts, got int"),
]


@pytest.mark.parametrize(("call", "message"), BAD_CALLS)
def test_bad_calls(call: Any, message: str, characters: LanguageModel) -> None:
    model = pickle.loads(pickle.dumps(characters)).set_params(training=SHORT)
    with pytest.raises((ArgumentError, DataError), match=message) as caught:
        call(model)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 200


@pytest.mark.parametrize("text", ["a", "\u00e9\u4e2d\U0001f600", "x\ny"])
def test_the_shortest_texts_work(text: str) -> None:
    model = LanguageModel(hidden=4, training=SHORT, random_state=0).fit(text)
    assert np.isfinite(model.score(text))
    assert len(model.generate(text, 5)) == len(text) + 5


@pytest.mark.parametrize(
    "call",
    [
        lambda m: m.score("a"),
        lambda m: m.generate("a"),
        lambda m: m.next("a"),
        lambda m: m.stream(),
        lambda m: m.save("nowhere"),
    ],
)
def test_first_fit(call: Any) -> None:
    with pytest.raises(NotFittedError, match="this LanguageModel has learnt nothing yet"):
        call(LanguageModel())
