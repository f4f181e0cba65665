"""SequenceTagger: labels of steps."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.utils import estimator_checks

import tidegate as tg
from tidegate.sequence.training import Training

RANDOM = np.random.default_rng(0)
X = [RANDOM.normal(size=n) for n in RANDOM.integers(5, 12, 20)]
# a step is "up" or "down": whether its number is above the one before it
Y = [np.where(np.diff(x, prepend=0) > 0, "up", "down") for x in X]
QUICK = Training(updates=300, members=1, learning_rate=1e-2)


def model(**given: Any) -> tg.SequenceTagger:
    return tg.SequenceTagger(**{"hidden": 16, "random_state": 0, "training": QUICK, **given})


def test_every_step_has_a_label() -> None:
    fitted = model(bidirectional=False).fit(X, Y)
    assert fitted.classes_.tolist() == ["down", "up"]
    found = fitted.predict(X)
    assert [len(tags) for tags in found] == [len(x) for x in X]
    assert fitted.score(X, Y) > 0.97
    chances = fitted.predict_proba(X[:2])
    assert [part.shape for part in chances] == [(len(x), 2) for x in X[:2]]
    np.testing.assert_allclose(np.concatenate(chances).sum(axis=1), 1)


def test_what_follows_counts_if_it_is_read_from_the_end_too() -> None:
    ahead = [np.append(np.diff(x) > 0, False) for x in X]
    both = model().fit(X, ahead).score(X, ahead)
    forwards = model(bidirectional=False).fit(X, ahead).score(X, ahead)
    assert both > 0.95 and forwards < both - 0.05


def test_several_answers_at_a_step_and_some_that_are_not_known() -> None:
    y = [np.stack([x > 0, np.diff(x, prepend=0) > 0], axis=1).astype(float) for x in X]
    holes = [np.where(RANDOM.uniform(size=part.shape) < 0.3, np.nan, part) for part in y]
    fitted = model().fit(X, holes)
    assert fitted.classes_ is None
    assert fitted.score(X, y) > 0.95
    assert fitted.predict(X)[0].shape == (len(X[0]), 2)
    assert set(np.concatenate(fitted.predict(X)).ravel()) == {0, 1}


def test_chances_of_words_are_made_true() -> None:
    """A third of the labels are noise, which a network of words soon knows by heart."""
    random = np.random.default_rng(0)
    texts = [[f"w{i}" for i in random.integers(0, 30, 8)] for _ in range(120)]
    truth = [[word[-1] in "02468" for word in text] for text in texts]
    y = [np.array(part) ^ (random.uniform(size=8) < 1 / 3) for part in truth]

    def fitted(calibrate: bool | None) -> tuple[float, float]:
        training = Training(
            updates=400, members=1, embedding=16, learning_rate=1e-2, calibrate=calibrate
        )
        found = model(training=training).fit(texts[:80], y[:80])
        chances = np.concatenate(found.predict_proba(texts[80:]))
        right = chances[np.arange(len(chances)), np.concatenate(y[80:]).astype(int)]
        return found.learned_.temperature, float(-np.log(right).mean())

    (before, sure), (after, fair) = fitted(False), fitted(None)
    assert before == 1.0 and after > 1.5
    assert fair < 0.8 * sure


def test_words_never_seen_are_known_by_their_ends() -> None:
    stems = ["walk", "talk", "jump", "climb", "sing", "read", "cook", "play"]
    ends = [RANDOM.permutation(["ing", "ed", "s"]) for _ in range(4 * len(stems))]
    data = [[stem + end for end in part] for stem, part in zip(4 * stems, ends, strict=True)]
    tags = [[{"ing": "G", "ed": "P", "s": "S"}[end] for end in part] for part in ends]
    fitted = model(training=Training(updates=200, members=1, embedding=16, min_count=1)).fit(
        data, tags
    )
    assert fitted.predict([["dances", "dancing", "danced"]])[0].tolist() == ["S", "G", "P"]


def test_a_table_and_its_labels() -> None:
    data = RANDOM.normal(size=(30, 8))
    labels = (data > 0).astype(int)
    fitted = model().fit(data, labels)
    assert fitted.score(data, labels) > 0.97
    assert fitted.n_features_in_ == 8


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_column_of_labels_beside_a_long_frame(library: str) -> None:
    """Rows in any order: the same model as of the sequences, from a column in the same order."""
    pd = pytest.importorskip(library)
    mixed = RANDOM.permutation(sum(map(len, X)))
    number = np.repeat(np.arange(len(X)), [len(x) for x in X])
    step = np.concatenate([np.arange(len(x)) for x in X])
    mixed = np.concatenate([[0], mixed[mixed > 0]])  # sequences are counted as they first appear
    named = {"sequence": number, "step": step, "x": np.concatenate(X), "tag": np.concatenate(Y)}
    frame = pd.DataFrame({name: column[mixed] for name, column in named.items()})
    data = frame[["sequence", "step", "x"]]
    order = list(dict.fromkeys(number[mixed].tolist()))
    quick = Training(updates=20, members=1)
    listed, labels = [X[i] for i in order], [Y[i] for i in order]
    whole = model(training=quick).fit(listed, labels)
    named_labels = pd.DataFrame({"sequence": range(len(Y)), "tags": [list(y) for y in Y]})
    for column in (frame["tag"], np.asarray(frame["tag"]), list(frame["tag"]), named_labels):
        fitted = model(training=quick).fit(data, column)
        for one, other in zip(fitted.predict_proba(data), whole.predict_proba(listed), strict=True):
            np.testing.assert_array_equal(one, other)
        assert fitted.score(data, column) == whole.score(listed, labels)
    several = np.stack([named["x"][mixed] > 0, named["x"][mixed] > 1], axis=1).astype(int)
    several_model = model(training=quick).fit(data, several)
    assert several_model.classes_ is None
    assert several_model.score(data, several) == pytest.approx(
        np.mean(
            np.concatenate(several_model.predict(data))
            == np.concatenate([np.stack([X[i] > 0, X[i] > 1], axis=1) for i in order])
        )
    )
    with pytest.raises(tg.DataError, match=f"X has 20 sequences in {len(mixed)} rows"):
        model().fit(data, list(frame["tag"])[1:])


@pytest.mark.parametrize("key", ["sequence", "step"])
@pytest.mark.parametrize("library", [pd, pl])
def test_what_tells_rows_apart_is_no_label(library: Any, key: str) -> None:
    frame = library.DataFrame({"sequence": [0, 0, 1, 1], "step": [0, 1, 0, 1], "tag": [0, 1, 1, 0]})
    with pytest.raises(tg.DataError, match=f"with the column '{key}', which is no label"):
        model().fit(frame, frame[[key, "tag"]])


def test_a_weight_of_nothing_leaves_a_sequence_out() -> None:
    wrong = [np.where(part == "up", "down", "up") for part in Y]
    weights = np.repeat([1.0, 0.0], 20)
    fitted = model().fit([*X, *X], [*Y, *wrong], sample_weight=weights)
    alone = model().fit(X, Y)
    np.testing.assert_array_equal(
        np.concatenate(fitted.predict_proba(X)), np.concatenate(alone.predict_proba(X))
    )
    assert fitted.score([*X, *X], [*Y, *wrong], sample_weight=weights) == fitted.score(X, Y)


def test_a_class_may_weigh_more() -> None:
    noise = [RANDOM.choice(["a", "b"], len(x)) for x in X]
    short = Training(updates=60, members=1)
    heavy = model(training=short, class_weight={"a": 50.0}).fit(X, noise)
    assert np.mean(np.concatenate(heavy.predict(X)) == "a") > 0.95


def test_parts_that_come_one_after_the_other() -> None:
    growing = model(training=Training(members=1, learning_rate=1e-2), bidirectional=False)
    with pytest.raises(tg.DataError, match="1 class, 'up'; name all that will ever come"):
        growing.partial_fit(X[:5], Y[:5], classes=["up"])
    growing.partial_fit(X[:5], Y[:5], classes=["up", "down", "level"])
    assert growing.classes_ is not None and growing.classes_.tolist() == ["down", "level", "up"]
    for _ in range(60):
        growing.partial_fit(X, Y)
    assert growing.score(X, Y) > 0.97
    ups = [np.full(len(x), "up", object) for x in X]  # one label alone, for all are known
    assert growing.partial_fit(X[:1], ups[:1]).classes_ is not None
    ups[3][2] = "sideways"
    with pytest.raises(tg.DataError, match="label 'sideways' of step 2 of sequence 3"):
        growing.partial_fit(X, ups)
    with pytest.raises(tg.DataError, match="y of sequence 0 must be of"):
        growing.partial_fit(X, Y[1:] + Y[:1])
    with pytest.raises(tg.ArgumentError, match="same classes, 'down', 'level', 'up'; got others"):
        growing.partial_fit(X, Y, classes=["down", "up"])


def test_parts_with_several_answers_at_a_step() -> None:
    y = [np.stack([x > 0, x > 1], axis=1).astype(float) for x in X]
    growing = model(training=Training(members=1, learning_rate=1e-2), bidirectional=False)
    for _ in range(60):
        growing.partial_fit(X, y)
    assert growing.classes_ is None and growing.score(X, y) > 0.97
    with pytest.raises(tg.DataError, match="must be of"):
        growing.partial_fit(X, Y)


def test_scikit_learn_s_checks_that_need_no_table_of_labels() -> None:
    # the others fit a label for each row of a table, and a tagger has one for each step
    estimator = model()
    for name in (
        "check_estimator_cloneable",
        "check_no_attributes_set_in_init",
        "check_parameters_default_constructible",
        "check_get_params_invariance",
        "check_set_params",
        "check_estimator_repr",
        "check_do_not_raise_errors_in_init_or_set_params",
        "check_valid_tag_types",
    ):
        getattr(estimator_checks, name)("SequenceTagger", clone(estimator))


def test_a_grid() -> None:
    short = Training(updates=20, members=1)
    search = GridSearchCV(model(training=short), {"hidden": [2, 4]}, cv=2).fit(X, Y)
    assert search.best_params_["hidden"] in (2, 4)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (Y[:-1], "labels of 19 sequences, X has 20"),
        ([*Y[:17], Y[17][:-1], *Y[18:]], "y of sequence 17 has .* labels, X has .* steps"),
        ([["a"] * len(x) for x in X], "1 class, 'a', at every step"),
        ([np.full((len(x), 2), np.nan) for x in X], "no answer is known; give some"),
        ([np.full((len(x), 2), 3.0) for x in X], "0, 1 or NaN, got others, in sequence 0, step 0"),
        (
            [*Y[:3], *[np.zeros(len(x)) for x in X[3:]]],
            "y of sequence 3 mixes types: the label of step 0 is 0.0",
        ),
        ([*Y[:3], ["up", 1, *Y[3][2:]], *Y[4:]], "y of sequence 3 mixes types.* step 1 is 1,"),
        (["up down", *Y[1:]], "y of sequence 0 is a text, 'up down'; give a label for each of"),
        ([*Y[:3], ["up", np.nan, *Y[3][2:]], *Y[4:]], "sequence 3 has no label at step 1"),
        ([[None] * len(X[0]), *Y[1:]], "sequence 0 has no label at step 0"),
        ([["up", pd.NA, *Y[0][2:]], *Y[1:]], "sequence 0 has no label at step 1"),
        (
            [[2**70] * len(x) for x in X],
            "must hold texts or numbers.* step 0 is 1180591620717411303",
        ),
        ([np.full(len(x), b"up") for x in X], "must hold texts or numbers.* step 0 is b'up'"),
        (
            [y[:, None] for y in Y],
            r"0, 1 or NaN, got \['(up|down)'\], in sequence 0, step 0; one label a step comes as",
        ),
        ([[[1], [1, 0], *[[0]] * (len(x) - 2)] for x in X], "rows of different lengths"),
        ([Y[0], *[np.zeros((len(x), 2)) for x in X[1:]]], "y of sequence 1 is of"),
        ([np.full(len(x), np.nan) for x in X], "NaN or infinity, in sequence 0, step 0"),
        ([1] * 20, r"y of sequence 0 must be \[T\]"),
        (None, "requires y"),
        (3, "must hold the labels of each sequence"),
        (np.array(3), "must hold the labels of each sequence"),
        ([Decimal(1)] * 20, r"y of sequence 0 must be \[T\]"),
        ([np.array([1, [2, 3]], object)] * 20, "rows of different lengths"),
    ],
)
def test_labels_that_cannot_be_used(y: Any, message: str) -> None:
    with pytest.raises(tg.DataError, match=message):
        model().fit(X, y)


def test_labels_that_came_as_objects_are_of_the_type_that_they_are() -> None:
    numbers = [np.array([int(tag == "up") for tag in y], object) for y in Y]
    fitted = model(training=Training(updates=1, members=1)).fit(X, numbers)
    assert fitted.classes_.tolist() == [0, 1]


def test_no_weights_of_classes_for_yes_or_no() -> None:
    with pytest.raises(tg.ArgumentError, match="not for yes or no"):
        model(class_weight="balanced").fit(X, [np.ones((len(x), 1)) for x in X])


def test_a_score_counts_the_answers_that_are_known() -> None:
    quick = Training(updates=1, members=1)
    x = [np.arange(3.0), np.arange(2.0)]
    y = [np.array([[0, 1], [1, 0], [1, 1]]), np.array([[0, 0], [1, 1]])]
    fitted = model(training=quick).fit(x, y)
    truth = [part.astype(float) for part in fitted.predict(x)]
    truth[0][0] = np.nan  # a step of which nothing is known
    truth[0][1, 0] = 1 - truth[0][1, 0]
    truth[1][1, 0] = np.nan
    assert fitted.score(x, truth) == pytest.approx(6 / 7)
    # of sequence 0 it is 3 of 4, of sequence 1 3 of 3
    assert fitted.score(x, truth, sample_weight=[3, 1]) == pytest.approx((3 * 3 + 3) / (3 * 4 + 3))
    with pytest.raises(tg.DataError, match="no answer that is known"):
        fitted.score(x, [np.full_like(part, np.nan) for part in truth])


def test_a_score_needs_labels_of_the_same_shape() -> None:
    fitted = model(training=Training(updates=1, members=1)).fit(X, Y)
    with pytest.raises(tg.DataError, match="y of sequence 0 must be of"):
        fitted.score(X[:1], [Y[0][:-1]])
    with pytest.raises(tg.DataError, match="labels of 2 sequences, X has 1"):
        fitted.score(X[:1], Y[:2])
    with pytest.raises(tg.DataError, match="y of sequence 0 has no label at step 1"):
        fitted.score(X[:1], [["up", None, *Y[0][2:]]])
    numbers = [np.zeros(len(x)) for x in X[:2]]
    with pytest.raises(tg.DataError, match=r"label 0.0, and 'down' is one that was learnt"):
        fitted.score(X[:2], numbers)
    with pytest.raises(tg.DataError, match="y of sequence 1 mixes types"):
        fitted.score(X[:2], [Y[0], numbers[1]])


@pytest.mark.parametrize("library", [pd, pl])
def test_labels_in_a_frame(library: Any) -> None:
    lists = library.DataFrame({"tags": [part.tolist() for part in Y]})
    one = model().fit(X, lists)
    assert one.score(X, lists) == one.score(X, Y) > 0.9
    square = [x[:5] for x in X[:5]]  # as many sequences as steps: not the columns, one by one
    truth = [part[:5] for part in Y[:5]]
    table = library.DataFrame({str(t): [part[t] for part in truth] for t in range(5)})
    assert one.score(square, table) == one.score(square, truth) > 0.9


def test_answers_that_pandas_calls_missing() -> None:
    truth = [np.column_stack([x > 0, np.where(np.arange(len(x)) % 2, np.nan, x > 1)]) for x in X]
    nullable = [pd.DataFrame(part).astype("Int64").astype("boolean") for part in truth]
    found = model().fit(X, truth), model().fit(X, nullable)
    for one, other in zip(*(fitted.predict_proba(X) for fitted in found), strict=True):
        np.testing.assert_array_equal(one, other)


def test_labels_of_noise_are_not_learnt_by_heart() -> None:
    # one step in ten is a 1, whatever the numbers say: nothing else can be known
    random = np.random.default_rng(0)
    x = [random.normal(size=(30, 2)) for _ in range(60)]
    y = [(random.uniform(size=30) < 0.1).astype(int) for _ in x]
    other = [random.normal(size=(30, 2)) for _ in range(60)]
    truth = np.concatenate([(random.uniform(size=30) < 0.1).astype(int) for _ in other])

    def loss(training: Training) -> float:
        model = tg.SequenceTagger(hidden=16, training=training, random_state=0).fit(x, y)
        chances = np.concatenate(model.predict_proba(other))
        return float(-np.log(chances[np.arange(len(truth)), truth]).mean())

    constant = float(-np.log(np.where(truth == 1, 0.1, 0.9)).mean())
    assert loss(Training(members=1)) < 1.15 * constant
    assert loss(Training(members=1, updates=800)) > 1.5 * constant
