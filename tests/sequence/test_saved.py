"""Estimators of sequences as files, and back."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tidegate as tg
from tidegate.network import Loss
from tidegate.network.file import read_model, write_model
from tidegate.sequence.training import Training

RANDOM = np.random.default_rng(0)
X = [RANDOM.normal(size=(n, 2)) for n in (5, 8, 4, 9, 6, 7)]
LABELS = np.array(["a", "b", "b", "a", "c", "a"])
TRAINING = Training(updates=8, members=2)


def classifier(**given: Any) -> tg.SequenceClassifier:
    return tg.SequenceClassifier(hidden=4, training=TRAINING, random_state=3, **given)


def fitted() -> dict[str, Any]:
    numbers = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    steps = [part[:, 0] > 0 for part in X]
    quantiles = Loss("pinball", quantiles=(0.1, 0.5, 0.9))
    return {
        "texts": classifier(class_weight={"a": 2.0}).fit(X, LABELS),
        "numbers": classifier().fit([part[:, 0] for part in X], [3, 1, 2, 3, 1, 2]),
        "truths": classifier().fit(np.ones((4, 3)), [True, False, True, False]),
        "regressor": tg.SequenceRegressor(
            hidden=4, loss=quantiles, training=TRAINING, random_state=0
        ).fit(X, numbers),
        "several": tg.SequenceRegressor(hidden=4, training=TRAINING, random_state=0).fit(
            X, np.stack([numbers, -numbers], axis=1)
        ),
        "tagger": tg.SequenceTagger(hidden=4, training=TRAINING, random_state=0).fit(X, steps),
        "yes or no": tg.SequenceTagger(hidden=4, training=TRAINING, random_state=0).fit(
            X, [part > 0 for part in X]
        ),
    }


@pytest.fixture(scope="module")
def estimators() -> dict[str, Any]:
    return fitted()


NAMES = ["texts", "numbers", "truths", "regressor", "several", "tagger", "yes or no"]
OTHERS = {
    "numbers": [np.arange(5.0), np.arange(3.0)],
    "truths": np.arange(6.0).reshape(2, 3),
}


def same(one: Any, other: Any) -> bool:
    if isinstance(one, list):
        return all(same(a, b) for a, b in zip(one, other, strict=True))
    return bool(one.dtype == other.dtype and np.array_equal(one, other))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_loaded_predicts_the_same_bits(
    name: str, estimators: dict[str, Any], tmp_path: Path
) -> None:
    model = estimators[name]
    model.save(tmp_path / "m.safetensors")
    loaded = tg.load(tmp_path / "m.safetensors")
    assert type(loaded) is type(model)
    assert loaded.get_params() == model.get_params()
    assert loaded.n_features_in_ == model.n_features_in_
    other = OTHERS.get(name, X)
    assert same(loaded.predict(other), model.predict(other))
    if hasattr(model, "predict_proba"):
        assert same(loaded.predict_proba(other), model.predict_proba(other))


@pytest.mark.parametrize("name", NAMES)
def test_pickled_and_back(name: str, estimators: dict[str, Any]) -> None:
    model = estimators[name]
    other = OTHERS.get(name, X)
    assert same(pickle.loads(pickle.dumps(model)).predict(other), model.predict(other))


def test_names_of_columns_and_missing_values_are_kept(tmp_path: Path) -> None:
    import polars as pl

    n = len(X) * 4
    columns: dict[str, Any] = {
        "sequence": np.repeat(np.arange(len(X)), 4),
        "step": np.tile(np.arange(4), len(X)),
        "x": RANDOM.normal(size=n),
        "y": np.where(RANDOM.uniform(size=n) < 0.3, np.nan, 1.0),
    }
    frame = pl.DataFrame(columns)
    model = classifier().fit(frame, LABELS)
    model.save(tmp_path / "m")
    loaded = tg.load(tmp_path / "m")
    assert loaded.feature_names_in_.tolist() == ["x", "y"]
    assert same(loaded.predict_proba(frame), model.predict_proba(frame))


def test_fitted_anew_it_forgets_the_columns_of_a_file(tmp_path: Path) -> None:
    model = classifier().fit(X, LABELS)
    model.columns_ = {"text": "review"}
    model.save(tmp_path / "m")
    loaded = tg.load(tmp_path / "m")
    assert loaded.columns_ == {"text": "review"}
    loaded.fit(X, LABELS).save(tmp_path / "m")
    assert tg.load(tmp_path / "m").columns_ == {}


def test_a_seed_of_numpy_s_is_kept(tmp_path: Path) -> None:
    classifier().set_params(random_state=np.int64(7)).fit(X, LABELS).save(tmp_path / "m")
    assert tg.load(tmp_path / "m").random_state == 7


def test_before_it_is_fitted(tmp_path: Path) -> None:
    for model in (tg.SequenceClassifier(), tg.SequenceRegressor(), tg.SequenceTagger()):
        with pytest.raises(tg.NotFittedError, match="not fitted yet"):
            model.save(tmp_path / "m")
        assert not (tmp_path / "m").exists()


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    write_model(tmp_path / "m", "cake", {}, {}, {})
    with pytest.raises(tg.ModelFileError, match="'cake'"):
        tg.load(tmp_path / "m")


def test_a_forecaster_is_loaded_too(tmp_path: Path) -> None:
    import polars as pl

    from tidegate.forecast.plan import Training as Plan

    frame = pl.DataFrame({"ds": range(40), "y": [float(i % 4) + 1 for i in range(40)]})
    tg.Forecaster(2, hidden=4, training=Plan(updates=3)).fit(frame).save(tmp_path / "m")
    assert isinstance(tg.load(tmp_path / "m"), tg.Forecaster)


def changed(meta: dict[str, Any], *path: str, value: Any) -> dict[str, Any]:
    if not path:
        return value
    return {**meta, path[0]: changed(meta.get(path[0], {}), *path[1:], value=value)}


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("members",), 3, "does not hold the network"),
        (("members",), 0, "from 1 to"),
        (("members",), True, "from 1 to"),
        (("temperature",), 0, "temperature"),
        (("temperature",), "1", "temperature"),
        (("classes",), None, "answers something else"),
        (("classes", "labels"), ["a", "b"], "answers something else"),
        (("classes", "labels"), ["b", "a", "c"], "labels"),
        (("classes", "labels"), ["a", "b", 3], "labels"),
        (("classes", "type"), "|O", "labels"),
        (("classes", "type"), "x", "labels"),
        (("arguments",), {}, "arguments must be"),
        (("columns",), ["text"], "columns must be"),
        (("columns",), {"texts": "review"}, "columns must be"),
        (("columns",), {"text": 3}, "columns must be"),
        (("arguments", "training", "updates"), 0, "updates"),
        (("arguments", "training"), 3, "Training"),
        (("inputs",), None, "how sequences are read"),
        (("inputs", "form", "columns"), 3, "scaling"),
        (("inputs", "form", "kind"), "cakes", "Form"),
        (("inputs", "reading", "segment"), 2, "reads something else"),
        (("inputs", "reading", "segment"), -1, "segment"),
    ],
)
def test_a_file_that_was_tampered_with(
    path: tuple[str, ...],
    value: Any,
    message: str,
    estimators: dict[str, Any],
    tmp_path: Path,
) -> None:
    estimators["texts"].save(tmp_path / "m")
    file = read_model(tmp_path / "m")
    meta = changed(file.meta, *path, value=value)
    write_model(tmp_path / "m", file.kind, file.spec_json, file.tensors, meta)
    with pytest.raises(tg.ModelFileError, match=message):
        tg.load(tmp_path / "m")


def test_a_file_whose_stream_would_need_the_end(tmp_path: Path) -> None:
    """A column in units of its own sequence, for a network that only reads forwards."""
    x = [np.arange(5.0) * size for size in (1, 2, 1, 2)]
    training = Training(updates=2, members=1)
    model = tg.SequenceClassifier(hidden=2, bidirectional=False, training=training)
    model.fit(x, ["a", "b", "a", "b"]).save(tmp_path / "m")
    file = read_model(tmp_path / "m")
    features = {"features.own": np.ones(1, np.uint8), "features.change": np.zeros(0)}
    write_model(tmp_path / "m", file.kind, file.spec_json, {**file.tensors, **features}, file.meta)
    with pytest.raises(tg.ModelFileError, match="only reads forwards"):
        tg.load(tmp_path / "m")


@pytest.mark.parametrize("name", ["regressor", "tagger", "texts"])
def test_a_file_that_says_it_is_another_estimator(
    name: str, estimators: dict[str, Any], tmp_path: Path
) -> None:
    estimators[name].save(tmp_path / "m")
    file = read_model(tmp_path / "m")
    kinds = {"sequence-classifier", "sequence-regressor", "sequence-tagger"} - {file.kind}
    for kind in kinds:
        write_model(tmp_path / "m", kind, file.spec_json, file.tensors, file.meta)
        with pytest.raises(tg.ModelFileError):
            tg.load(tmp_path / "m")


WORDS = [["a", "cat"], ["a", "dog"], ["no", "cat"], ["no", "dog"]]


@pytest.fixture(scope="module")
def texts() -> list[Any]:
    training = Training(updates=10, members=2, embedding=8, min_count=1)
    return [
        tg.SequenceClassifier(hidden=4, training=training, random_state=0).fit(WORDS, list("abab")),
        tg.SequenceClassifier(hidden=4, tokens="char", training=training, random_state=0).fit(
            ["ab", "ba", "aa"], [1, 2, 1]
        ),
        tg.SequenceRegressor(hidden=4, training=training, random_state=0).fit(WORDS, [1, 2, 3, 4]),
        tg.SequenceTagger(hidden=4, training=training, random_state=0).fit(WORDS, WORDS),
    ]


@pytest.mark.parametrize("number", range(4))
def test_texts_are_loaded_to_the_same_bits(number: int, texts: list[Any], tmp_path: Path) -> None:
    model = texts[number]
    new: Any = ["abba", "Unheard"] if model.tokens == "char" else [["a", "Mouse"], ["no"]]
    model.save(tmp_path / "m")
    loaded = tg.load(tmp_path / "m")
    assert same(loaded.predict(new), model.predict(new))
    assert same(pickle.loads(pickle.dumps(model)).predict(new), model.predict(new))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("inputs", "vocabulary", "tokens"), ["<unk>", "a"]),
        (("inputs", "vocabulary"), 5),
        (("inputs", "parts"), "halves"),
        (("inputs", "parts"), ["grams"]),
        (("inputs", "width"), 0),
        (("inputs", "lower"), 1),
        (("inputs", "steps"), None),
        (("inputs", "whole"), 1),
    ],
)
def test_a_file_of_texts_that_was_tampered_with(
    path: tuple[str, ...], value: Any, texts: list[Any], tmp_path: Path
) -> None:
    texts[0].save(tmp_path / "m")
    file = read_model(tmp_path / "m")
    meta = changed(file.meta, *path, value=value)
    write_model(tmp_path / "m", file.kind, file.spec_json, file.tensors, meta)
    with pytest.raises(tg.ModelFileError):
        tg.load(tmp_path / "m")


@pytest.mark.parametrize(
    ("number", "message"),
    [(5, "of format 5, .*: fit and save it again$"), (7, "of format 7, .*: use a newer tidegate$")],
)
def test_a_file_of_another_format_is_not_called_damaged(
    number: int, message: str, texts: list[Any], tmp_path: Path
) -> None:
    texts[0].save(tmp_path / "m")
    file = read_model(tmp_path / "m")
    meta = changed(file.meta, "inputs", "format", value=number)
    meta["arguments"].pop("dropout")  # another format may have other settings, too
    write_model(tmp_path / "m", file.kind, file.spec_json, file.tensors, meta)
    with pytest.raises(tg.ModelFileError, match=message) as caught:
        tg.load(tmp_path / "m")
    assert "damaged" not in str(caught.value)


@pytest.mark.parametrize("missing", ["wide.idf", "wide.weight", "head_bias"])
def test_a_file_of_texts_that_lacks_a_part(missing: str, texts: list[Any], tmp_path: Path) -> None:
    texts[0].save(tmp_path / "m")
    file = read_model(tmp_path / "m")
    tensors = {name: a for name, a in file.tensors.items() if name != f"member0.{missing}"}
    assert len(tensors) == len(file.tensors) - 1
    write_model(tmp_path / "m", file.kind, file.spec_json, tensors, file.meta)
    with pytest.raises(tg.ModelFileError):
        tg.load(tmp_path / "m")
