"""ONNX files of fitted estimators say in onnxruntime what the estimators say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import onnx
import onnxruntime
import pytest

import tidegate as tg
from tidegate.errors import ArgumentError, ModelFileError, NotFittedError
from tidegate.network import Loss
from tidegate.sequence.training import Training
from tidegate.sequence.written import feed_of

TOLERANCE = 1e-5  # what is promised
SHORT = Training(updates=5, members=2)
RANDOM = np.random.default_rng(0)


def session(path: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # it warns of every input that need not be given
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def padded(X: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Sequences as a table and their lengths; what fills it up is no number."""
    lengths = np.array([len(x) for x in X])
    table = np.full((len(X), int(lengths.max()), X[0].shape[1]), np.nan)
    for row, x in zip(table, X, strict=True):
        row[: len(x)] = x
    return {"x": table, "lengths": lengths}


def plain(n: int = 24, steps: int = 9, columns: int = 2) -> list[np.ndarray]:
    return [RANDOM.normal(size=(RANDOM.integers(1, steps + 1), columns)) for _ in range(n)]


def missing() -> list[np.ndarray]:
    X = plain()
    for x in X:
        x[RANDOM.random(x.shape) < 0.3] = np.nan
    return X


def far_from_zero() -> list[np.ndarray]:
    """float32 has no digits left for these."""
    return [1e9 + x for x in plain()]


def heavy_tails() -> list[np.ndarray]:
    return [np.exp(4 * x) * RANDOM.choice([1e-3, 1, 1e3]) for x in plain()]


def long() -> list[np.ndarray]:
    """Several rows to a step, read from three offsets."""
    return plain(12, steps=520, columns=1)


KINDS = (plain, missing, far_from_zero, heavy_tails, long)


def check(model: Any, path: Path, X: list[np.ndarray]) -> None:
    """A classifier, at several lengths and batch sizes."""
    model.to_onnx(path)
    run = session(path)
    for some in (X, X[:1], X[3:8]):
        label, chances = run.run(["label", "probabilities"], padded(some))
        assert np.abs(chances - model.predict_proba(some)).max() < TOLERANCE
        assert label.tolist() == model.predict(some).tolist()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_classifier(kind: Any, bidirectional: bool, tmp_path: Path) -> None:
    X = kind()
    model = tg.SequenceClassifier(
        hidden=5, bidirectional=bidirectional, training=SHORT, random_state=0
    )
    model.fit(X, [("dry", "wet", "hail")[i % 3] for i in range(len(X))])
    check(model, tmp_path / "model.onnx", X)


def test_kinds_are_what_they_are_here_for() -> None:
    def features(X: list[np.ndarray]) -> Any:
        model = tg.SequenceClassifier(hidden=2, training=SHORT, random_state=0)
        return model.fit(X, [i % 2 for i in range(len(X))]).learned_.inputs

    assert features(missing()).features.marked.all()
    assert (features(heavy_tails()).features.small > 0).any()
    assert features(heavy_tails()).features.own.any()
    assert len(features(long()).segments.offsets) == 3
    assert features(long()).segments.ended


@pytest.mark.parametrize("cell", ["lstm", "rnn", "rnn_relu"])
@pytest.mark.parametrize("readout", ["last", "mean", "max"])
def test_other_cells_and_readouts(cell: str, readout: Any, tmp_path: Path) -> None:
    X = missing()
    model = tg.SequenceClassifier(
        cell, hidden=4, layers=2, readout=readout, training=SHORT, random_state=0
    )
    check(model.fit(X, [i % 2 for i in range(len(X))]), tmp_path / "model.onnx", X)


@pytest.mark.parametrize("labels", [["a", "b"], [3, 7], [1.0, 2.0], [False, True]], ids=str)
def test_labels_keep_their_type(labels: list[Any], tmp_path: Path) -> None:
    X = plain(8)
    model = tg.SequenceClassifier(hidden=3, training=SHORT, random_state=0)
    check(model.fit(X, labels * 4), tmp_path / "model.onnx", X)
    metadata = {p.key: p.value for p in onnx.load(tmp_path / "model.onnx").metadata_props}
    assert json.loads(metadata["classes"]) == labels


def test_chances_have_their_temperature(tmp_path: Path) -> None:
    X = plain(60)
    model = tg.SequenceClassifier(hidden=4, training=Training(updates=60), random_state=0)
    model.fit(X, [int(x.mean() > 0) for x in X])
    assert model.learned_.temperature != 1
    check(model, tmp_path / "model.onnx", X)


def test_kernels_stand_beside_the_networks(tmp_path: Path) -> None:
    X = [x if i % 2 else np.cumsum(x, axis=0) for i, x in enumerate(plain(60))]
    model = tg.SequenceClassifier(hidden=4, training=SHORT, random_state=0)
    model.fit(X, [i % 2 for i in range(len(X))])
    assert model.learned_.beside is not None
    check(model, tmp_path / "model.onnx", X)


def test_lengths_need_not_be_given(tmp_path: Path) -> None:
    X = RANDOM.normal(size=(6, 7, 2))
    model = tg.SequenceClassifier(hidden=3, training=SHORT, random_state=0).fit(X, [0, 1] * 3)
    model.to_onnx(tmp_path / "model.onnx")
    found = session(tmp_path / "model.onnx").run(["probabilities"], {"x": X})[0]
    assert np.abs(found - model.predict_proba(X)).max() < TOLERANCE


# ---- numbers ----


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("targets", [0, 2])
@pytest.mark.parametrize("loss", ["mse", Loss("pinball", quantiles=(0.1, 0.5, 0.9))], ids=str)
def test_regressor(kind: Any, targets: int, loss: Any, tmp_path: Path) -> None:
    X = kind()
    y = 1e6 + RANDOM.normal(size=(len(X), targets) if targets else len(X))
    model = tg.SequenceRegressor(hidden=4, loss=loss, training=SHORT, random_state=0).fit(X, y)
    model.to_onnx(tmp_path / "model.onnx")
    run = session(tmp_path / "model.onnx")
    for some in (X, X[:1], X[3:8]):
        value = run.run(["value"], padded(some))[0]
        expected = model.predict(some)
        assert value.shape == expected.shape
        assert np.abs(value - expected).max() < TOLERANCE * model.units_.scale.max()


# ---- steps ----


def test_tagger(tmp_path: Path) -> None:
    X = missing()
    y = [["up" if row > 0 else "down" for row in np.nan_to_num(x[:, 0])] for x in X]
    model = tg.SequenceTagger(hidden=4, training=SHORT, random_state=0).fit(X, y)
    model.to_onnx(tmp_path / "model.onnx")
    label, chances = session(tmp_path / "model.onnx").run(["label", "probabilities"], padded(X))
    for i, (expected, words) in enumerate(
        zip(model.predict_proba(X), model.predict(X), strict=True)
    ):
        assert np.abs(chances[i, : len(expected)] - expected).max() < TOLERANCE
        assert label[i, : len(words)].tolist() == words.tolist()
        assert not chances[i, len(expected) :].any()


def test_tagger_of_yes_and_no(tmp_path: Path) -> None:
    X = plain()
    y = [(x > 0).astype(float) for x in X]
    model = tg.SequenceTagger("gru", hidden=4, training=SHORT, random_state=0).fit(X, y)
    model.to_onnx(tmp_path / "model.onnx")
    run = session(tmp_path / "model.onnx")
    assert [each.name for each in run.get_outputs()] == ["probabilities"]
    chances = run.run(None, padded(X))[0]
    for i, expected in enumerate(model.predict_proba(X)):
        assert np.abs(chances[i, : len(expected)] - expected).max() < TOLERANCE


def test_tagger_of_characters(tmp_path: Path) -> None:
    X = ["a cat", "the dog sleeps", "so"]
    y = [["gap" if c == " " else "letter" for c in text] for text in X]
    model = tg.SequenceTagger(hidden=4, tokens="char", training=SHORT, random_state=0).fit(X, y)
    model.to_onnx(tmp_path / "model.onnx")
    metadata = {p.key: p.value for p in onnx.load(tmp_path / "model.onnx").metadata_props}
    vocabulary = json.loads(metadata["vocabulary"])["tokens"]
    text = "a toad?"  # the last one was never seen: number 0
    known = [vocabulary.index(c) if c in vocabulary else 0 for c in text]
    feed = feed_of(model, [text])
    assert known[-1] == 0 and feed["tokens"].tolist() == [known]
    chances = session(tmp_path / "model.onnx").run(["probabilities"], feed)[0]
    assert np.abs(chances[0] - model.predict_proba([text])[0]).max() < TOLERANCE


# ---- words ----

TEXTS = ["a good film", "bad", "what a fine, fine play", "so poor!", "good", "not bad at all"]


@pytest.mark.parametrize("tokens", ["word", "char"])
def test_classifier_of_texts(tokens: str, tmp_path: Path) -> None:
    training = Training(updates=20, members=2, min_count=1)
    model = tg.SequenceClassifier(hidden=3, tokens=tokens, training=training, random_state=0)
    model.fit(TEXTS, [1, 0, 1, 0, 1, 1])
    wide = model.learned_.members[1].wide
    assert wide is not None and wide.weight.any()
    model.to_onnx(tmp_path / "model.onnx")
    run = session(tmp_path / "model.onnx")
    for some in (TEXTS, TEXTS[:1], ["a word that nobody has seen", "goood film"]):
        label, chances = run.run(["label", "probabilities"], feed_of(model, some))
        assert np.abs(chances - model.predict_proba(some)).max() < TOLERANCE
        assert label.tolist() == model.predict(some).tolist()


def test_regressor_of_texts(tmp_path: Path) -> None:
    model = tg.SequenceRegressor(hidden=3, training=SHORT, random_state=0)
    model.fit(TEXTS, [3.0, 1.0, 5.0, 1.0, 4.0, 3.0]).to_onnx(tmp_path / "model.onnx")
    value = session(tmp_path / "model.onnx").run(["value"], feed_of(model, TEXTS))[0]
    assert np.abs(value - model.predict(TEXTS)).max() < TOLERANCE * 5


def test_tagger_of_words(tmp_path: Path) -> None:
    X = [["a", "cat", "sleeps"], ["the", "dog"], ["a", "dog", "barks", "twice"]]
    y = [["DET", "NOUN", "VERB"], ["DET", "NOUN"], ["DET", "NOUN", "VERB", "ADV"]]
    training = Training(updates=20, members=2, min_count=1)
    model = tg.SequenceTagger(hidden=4, training=training, random_state=0).fit(X, y)
    wide = model.learned_.members[1].wide
    assert wide is not None and wide.weight.any()
    model.to_onnx(tmp_path / "model.onnx")
    some = [["a", "purring", "dog"], ["cats"]]
    feed = feed_of(model, some)
    assert feed.keys() == {"parts", "weights", "lengths", "grams", "counts"}
    chances = session(tmp_path / "model.onnx").run(["probabilities"], feed)[0]
    for i, expected in enumerate(model.predict_proba(some)):
        assert np.abs(chances[i, : len(expected)] - expected).max() < TOLERANCE


def test_what_a_word_is_made_of() -> None:
    """By hand, as the docstring tells whoever runs the file elsewhere."""
    training = Training(updates=2, members=1, min_count=1)
    model = tg.SequenceClassifier(hidden=2, training=training, random_state=0)
    inputs = model.fit(["a b", "b c"], [0, 1]).learned_.inputs
    feed = feed_of(model, ["b at"])
    n = len(inputs.vocabulary)
    assert feed["parts"][0, 0, 0] == inputs.vocabulary.tokens.index("b")
    assert feed["parts"][0, 1, 0] == 0 and feed["weights"][0, 1, 0] == 1  # never seen
    expected = {n + crc32(part) % 20_000 for part in (b"<a", b"at", b"t>", b"<at", b"at>", b"<at>")}
    assert set(feed["parts"][0, 1, 1:].tolist()) == expected
    assert np.allclose(feed["weights"][0, 1, 1:], 1 / 6)
    runs = {crc32(run) % 131_072: 1.0 for run in (b"b", b"at", b"b at")}
    first = ((2, b"b"), (2, b"b at"), (3, b"at"))
    runs |= {(crc32(run) + shift) % 131_072: 0.5 for shift, run in first}
    words = ((b"<b", b"b>", b"<b>"), (b"<a", b"at", b"t>", b"<at", b"at>", b"<at>"))
    letters = {(crc32(p) + 1) % 131_072: len(word) ** -0.5 for word in words for p in word}
    counts = feed["counts"][0] / feed["counts"][0].max()
    found = dict(zip(feed["grams"][0].tolist(), counts.tolist(), strict=True))
    assert found == pytest.approx(runs | letters)


# ---- errors ----


def test_numbers_need_no_feed() -> None:
    model = tg.SequenceClassifier(hidden=2, training=SHORT, random_state=0)
    with pytest.raises(ArgumentError, match="as it is"):
        feed_of(model.fit(plain(4), [0, 1, 0, 1]), plain(2))


@pytest.mark.parametrize(
    "model", [tg.SequenceClassifier(), tg.SequenceRegressor(), tg.SequenceTagger()], ids=repr
)
def test_nothing_is_written_before_fit(model: Any, tmp_path: Path) -> None:
    with pytest.raises(NotFittedError):
        model.to_onnx(tmp_path / "model.onnx")


def test_no_place_to_write(tmp_path: Path) -> None:
    X = plain(4)
    model = tg.SequenceClassifier(hidden=2, training=SHORT, random_state=0).fit(X, [0, 1, 0, 1])
    with pytest.raises(ModelFileError, match="cannot be written"):
        model.to_onnx(tmp_path / "none" / "model.onnx")
