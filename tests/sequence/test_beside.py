"""Kernels that stand beside the networks of a classifier."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tidegate as tg
from tidegate.network.file import read_model, write_model
from tidegate.sequence import beside
from tidegate.sequence.samples import Samples
from tidegate.sequence.training import Training

Array = np.ndarray[Any, Any]
HASTY = Training(updates=5, members=1)


def shapes(n: int, seed: int = 0) -> tuple[list[Array], Array]:
    """Noise that swings from row to row or not: five updates teach no network that."""
    random = np.random.default_rng(seed)
    y = np.arange(n) % 2
    x = []
    for label in y:
        noise = random.normal(size=(int(random.integers(50, 70)), 2))
        x.append(noise[1:] + (0.8 if label else -0.8) * noise[:-1])
    return x, y


def classifier(training: Training = HASTY, **given: Any) -> tg.SequenceClassifier:
    return tg.SequenceClassifier(hidden=4, training=training, random_state=0, **given)


@pytest.fixture(scope="module")
def model() -> tg.SequenceClassifier:
    return classifier().fit(*shapes(60))


def test_they_help_a_network_that_has_hardly_learnt(model: tg.SequenceClassifier) -> None:
    X, y = shapes(100, seed=1)
    found = model.learned_
    assert found.beside is not None
    x = tg.data.sequences.read_sequences(X)
    alone = found.alone.outputs(x).argmax(axis=1)
    assert (alone == y).mean() < 0.9
    assert model.score(X, y) > 0.97


def test_each_sequence_by_itself(model: tg.SequenceClassifier) -> None:
    X, _ = shapes(8, seed=2)
    one = np.concatenate([model.predict_proba(X[i : i + 1]) for i in range(len(X))])
    assert np.array_equal(one, model.predict_proba(X))


@pytest.mark.parametrize("threads", [1, 2])
def test_bits_of_a_fit(threads: int, model: tg.SequenceClassifier) -> None:
    before = tg.get_threads()
    try:
        tg.set_threads(threads)
        again = classifier().fit(*shapes(60))
    finally:
        tg.set_threads(before)
    X, _ = shapes(8, seed=2)
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize(
    "other",
    [
        classifier(Training(updates=5, members=1, kernels=False)),
        classifier(Training(updates=5, members=1, calibrate=False)),
        classifier(bidirectional=False),
    ],
    ids=["told so", "nothing held out", "a stream"],
)
def test_none(other: Any) -> None:
    assert other.fit(*shapes(60)).learned_.beside is None


def test_none_for_few_or_many(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = shapes(9)
    assert classifier().fit(X, y).learned_.beside is None
    X, y = shapes(60)
    for name, most in (("MOST", 59), ("ROWS", sum(map(len, X)) - 1), ("ANSWERS", 119)):
        with monkeypatch.context() as patch:
            patch.setattr(f"tidegate.sequence.fitting.{name}", most)
            assert classifier().fit(X, y).learned_.beside is None


def test_how_much_they_count() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 60)
    right, none = 3.0 * np.eye(3)[labels], np.zeros((60, 3))
    other = 3.0 * np.eye(3)[random.integers(0, 3, 60)]
    targets, once = labels[:, None].astype(np.float64), np.ones(60)
    assert beside._share(right, other, targets, once) == 0
    assert beside._share(none, right, targets, once) > 0.85
    assert 0.4 < beside._share(right, right, targets, once) < 0.5  # no matter: the mean of all
    # what counts for much decides
    parts = np.repeat([True, False], 30)[:, None]
    first, second = np.where(parts, right, other), np.where(parts, other, right)
    weights = np.where(parts[:, 0], 100.0, 1.0)
    assert beside._share(first, second, targets, weights) < 0.2
    assert beside._share(second, first, targets, weights) > 0.8


@pytest.mark.parametrize("n", [10, 11, 24])
def test_they_help_where_series_are_few(n: int) -> None:
    found = classifier().fit(*shapes(n))
    assert found.learned_.beside is not None
    X, y = shapes(100, seed=1)
    x = tg.data.sequences.read_sequences(X)
    assert found.score(X, y) > (found.learned_.alone.outputs(x).argmax(axis=1) == y).mean()


@pytest.mark.parametrize("told", [True, False])
def test_halves_that_err_apart_are_surer_together(
    told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(0)
    labels = np.arange(80) % 2
    x = [random.normal(size=(30, 1)) * (1 + 0.5 * label) for label in labels]
    if not told:
        labels = random.permutation(labels)
    logits = 2.0 * (2 * labels - 1) * told + 2 * random.normal(size=80)  # as sure as they are right
    ragged = tg.data.sequences.read_sequences(x)
    samples = Samples(ragged, labels[:, None].astype(np.float64), np.ones(80))
    monkeypatch.setattr(beside, "_share", lambda *_: 0.5)
    outputs = np.column_stack([-logits / 2, logits / 2])
    table = ragged.rows.astype(np.float32)
    found = beside.learnt(table, samples, np.arange(80), outputs, 0)
    assert found is not None
    assert found.rest > 0.55 if told else found.rest == 0.5


def test_saved_and_loaded(model: tg.SequenceClassifier, tmp_path: Path) -> None:
    model.save(tmp_path / "m")
    X, _ = shapes(8, seed=2)
    assert np.array_equal(tg.load(tmp_path / "m").predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize(
    ("rest", "change", "message"),
    [
        (0.0, {}, "above 0"),
        ("much", {}, "above 0"),
        (0.5, {"kernels.read": None}, "missing"),
        (0.5, {"kernels.level": None}, "of an earlier version: fit and save it again"),
        (0.5, {"kernels.level": np.zeros((1, 1, 1), np.float32)}, "another shape"),
        (0.5, {"kernels.weight": np.zeros((1, 1), np.float32)}, "another shape"),
        (0.5, {"kernels.read": np.zeros((1, 4, 4), np.uint8)}, "another shape"),
        (0.5, {"kernels.ridge.bias": np.zeros(3, np.float32)}, "another shape"),
        (None, {}, "does not say all of its kernels, .*: fit and save it again"),
    ],
)
def test_a_damaged_file(
    rest: Any,
    change: dict[str, Array | None],
    message: str,
    model: tg.SequenceClassifier,
    tmp_path: Path,
) -> None:
    model.save(tmp_path / "m")
    file = read_model(tmp_path / "m")
    meta = {**file.meta, "rest": rest}
    tensors = {name: a for name, a in {**file.tensors, **change}.items() if a is not None}
    write_model(tmp_path / "m", file.kind, file.spec_json, tensors, meta)
    with pytest.raises(tg.ModelFileError, match=message):
        tg.load(tmp_path / "m")


def test_a_file_from_before_there_were_any(tmp_path: Path) -> None:
    model = classifier(bidirectional=False).fit(*shapes(60))
    model.save(tmp_path / "m")
    file = read_model(tmp_path / "m")
    meta = {name: value for name, value in file.meta.items() if name != "rest"}
    del meta["arguments"]["training"]["kernels"]
    write_model(tmp_path / "m", file.kind, file.spec_json, file.tensors, meta)
    X, _ = shapes(8, seed=2)
    assert np.array_equal(tg.load(tmp_path / "m").predict_proba(X), model.predict_proba(X))


def test_partial_fit_keeps_them_and_a_new_fit_learns_them_anew() -> None:
    X, y = shapes(60)
    model = classifier(warm_start=True).fit(X, y)
    first = model.learned_.beside
    assert first is not None
    model.partial_fit(X[:10], y[:10])
    assert model.learned_.beside is first
    model.fit(X[:50], y[:50])
    assert model.learned_.beside is not first


def test_an_audit_is_of_the_networks_alone(model: tg.SequenceClassifier) -> None:
    """Losses by length of context are those of the networks: kernels remember nothing."""
    X, y = shapes(60, seed=3)
    plain = classifier(Training(updates=5, members=1, kernels=False)).fit(*shapes(60))
    one, other = tg.audit(model, (X, y)), tg.audit(plain, (X, y))
    assert str(one.verdict) == str(other.verdict)
