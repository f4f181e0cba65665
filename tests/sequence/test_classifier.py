"""SequenceClassifier: what it learns, from what, and what it refuses."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import tidegate as tg
from tidegate.network import Init
from tidegate.sequence.reading import EmptyColumnWarning
from tidegate.sequence.training import Training

RANDOM = np.random.default_rng(0)
LENGTHS = RANDOM.integers(8, 20, 24)
Y = np.arange(24) % 2
# the sign of the first number decides: of the rest nothing follows
X = [np.concatenate([[12 * y - 6], RANDOM.normal(size=n)]) for y, n in zip(Y, LENGTHS, strict=True)]
QUICK = Training(updates=150, members=1, augment=False, learning_rate=1e-2)


def model(training: Training = QUICK, **given: Any) -> tg.SequenceClassifier:
    return tg.SequenceClassifier(**{"hidden": 8, "random_state": 0, "training": training, **given})


def test_what_decides_is_remembered_to_the_end_of_unseen_sequences() -> None:
    longer = Training(updates=400, members=1, augment=False, learning_rate=1e-2)
    fitted = model(longer, readout="last", bidirectional=False).fit(X, Y)
    new = [np.concatenate([[sign], RANDOM.normal(size=12)]) for sign in (6, -6, 6)]
    assert fitted.predict(new).tolist() == [1, 0, 1]
    assert fitted.score(X, Y) == 1.0
    chances = fitted.predict_proba(new)
    np.testing.assert_allclose(chances.sum(axis=1), 1)
    assert (chances.max(axis=1) > 0.7).all()


def test_equal_seeds_and_data_give_the_same_bits_in_any_order() -> None:
    one = model().fit(X, Y)
    order = RANDOM.permutation(24)
    other = model().fit([X[i] for i in order], Y[order])
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))
    different = model(random_state=1).fit(X, Y)
    assert (different.predict_proba(X) != one.predict_proba(X)).any()


def test_a_weight_is_a_number_of_copies_to_the_bit() -> None:
    weights = RANDOM.integers(0, 3, 24)
    weights[:4] = 1
    one = model().fit(X, Y, sample_weight=weights)
    repeated = np.repeat(np.arange(24), weights)
    other = model().fit([X[i] for i in repeated], Y[repeated])
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))


def test_a_class_weight_is_a_weight_of_its_sequences() -> None:
    one = model(class_weight={1: 3.0}).fit(X, Y)
    other = model().fit(X, Y, sample_weight=np.where(Y == 1, 3.0, 1.0))
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))
    few = np.where(np.arange(24) < 20, 0, 1)
    rare = model(class_weight={1: 3.0, 0: 1.0, 2: 9.0}).fit(X, Y)
    np.testing.assert_array_equal(rare.predict_proba(X), one.predict_proba(X))
    balanced = model(class_weight="balanced").fit(X, few)
    other = model(class_weight={0: 24 / 40, 1: 24 / 8}).fit(X, few)
    np.testing.assert_array_equal(balanced.predict_proba(X), other.predict_proba(X))


def test_labels_of_any_one_type_come_back() -> None:
    for labels in (["yes", "no"], [True, False], [7, -2], [1.0, 2.0]):
        y = [labels[i] for i in Y]
        found = model().fit(X, y).predict(X)
        assert found.tolist() == y, labels


def test_a_grid_a_pipeline_and_cross_validation() -> None:
    short = Training(updates=20, members=1)
    search = GridSearchCV(model(short), {"cell": ["gru", "rnn"]}, cv=2).fit(X, Y)
    assert search.best_params_["cell"] in ("gru", "rnn")
    pipeline = make_pipeline(FunctionTransformer(lambda X: [x[:5] for x in X]), model())
    assert pipeline.fit(X, Y).score(X, Y) == 1.0
    assert len(cross_val_score(model(short), X, Y, cv=3)) == 3
    copy = clone(model(short))
    assert copy.training is not None and not hasattr(copy, "learned_")


def test_what_is_held_out_ends_the_training() -> None:
    noise = RANDOM.integers(0, 2, 24)
    training = Training(updates=2000, members=1, validation=0.3, patience=2, calibrate=False)
    history = model(training).fit(X, noise).learned_.members[0].history
    assert history.stopped == "patience"
    assert history.best_epoch is not None and len(history.loss) < 2000


def test_a_small_share_holds_one_sequence_out() -> None:
    training = Training(updates=20, members=1, validation=0.01, calibrate=False)
    history = model(training).fit(X, Y).learned_.members[0].history
    assert history.epochs[-1].validation is not None
    regressor = tg.SequenceRegressor(hidden=4, training=training)
    with pytest.raises(tg.DataError, match="2 sequences at least, all different"):
        regressor.fit(X[:1], [1.0])


def test_the_core_s_initial_values_are_reached() -> None:
    training = Training(updates=1, members=1, init=Init(chrono=50), learning_rate=0.0)
    fitted = model(training, cell="lstm").fit(X, Y)
    params = fitted.learned_.members[0].network.params
    forget = params["bias_ih_l0"][8:16]
    assert (forget >= 0).all() and (forget <= np.log(49)).all()
    np.testing.assert_array_equal(params["bias_ih_l0"][:8], -forget)


def test_chances_are_made_true() -> None:
    # labels of which nothing can be known: whoever has learnt them by heart is far too sure
    data, y = RANDOM.normal(size=(200, 6)), RANDOM.integers(0, 2, 200)
    heart = {"updates": 600, "members": 1, "smoothing": 0.0, "augment": False}
    plain, true = Training(**heart, calibrate=False), Training(**heart)
    sure, fair = (model(t, hidden=32, dropout=0.0).fit(data, y) for t in (plain, true))
    np.testing.assert_array_equal(
        sure.learned_.members[0].network.parameters, fair.learned_.members[0].network.parameters
    )
    assert sure.learned_.temperature == 1.0 and fair.learned_.temperature > 2.0
    test = RANDOM.normal(size=(300, 6))
    # half of them are right, whatever is said
    one, other = (fitted.predict_proba(test).max(axis=1).mean() for fitted in (sure, fair))
    assert 0.5 < other < 0.5 + (one - 0.5) / 2


def test_long_series_are_read_in_segments() -> None:
    long = [np.repeat(x, 20) for x in X]
    fitted = model().fit(long, Y)
    assert fitted.learned_.spec.input.segment == round(np.median([len(x) for x in long]) / 40)
    assert fitted.score(long, Y) == 1.0
    assert fitted.predict([long[0][:1]]).shape == (1,)


def test_the_last_row_decides_though_steps_read_several() -> None:
    """Steps that wait for the rows which complete them left it out."""
    random = np.random.default_rng(0)
    x = random.normal(size=(160, 60, 1))
    y = np.arange(160) % 2
    x[:, -1, 0] = np.abs(x[:, -1, 0]) * (2 * y - 1)
    training = Training(updates=300, members=1, calibrate=False)
    model = tg.SequenceClassifier(hidden=16, training=training, random_state=0)
    model.fit(x[:120], y[:120])
    assert model.learned_.inputs.reading.segment == 2
    assert model.score(x[120:], y[120:]) > 0.8


def test_rough_series_are_read_in_shorter_segments() -> None:
    rough = np.random.default_rng(1).normal(size=(24, 800))
    fitted = model(Training(updates=1, members=1)).fit(rough, Y)
    assert fitted.learned_.spec.input.segment == 10  # 80 steps remain
    slow = rough.cumsum(axis=1)
    assert model(Training(updates=1, members=1)).fit(slow, Y).learned_.spec.input.segment == 20
    given = model(Training(updates=1, members=1, segment=20)).fit(rough, Y)
    assert given.learned_.spec.input.segment == 20


def test_fast_waves_are_not_stretched_and_slow_ones_are() -> None:
    t = np.arange(120)
    for period, stretched in ((6, False), (100, True)):
        phases = RANDOM.uniform(size=24)
        waves = [
            9 * y + np.sin(2 * np.pi * (t / period + p)) for y, p in zip(Y, phases, strict=True)
        ]
        fitted = model(Training(updates=1, members=1)).fit(waves, Y)
        assert fitted.learned_.inputs.reading.stretched is stretched


def test_missing_values_are_marked() -> None:
    data = [np.where(RANDOM.uniform(size=len(x)) < 0.2, np.nan, x) for x in X]
    for x, source in zip(data, X, strict=True):
        x[0] = source[0]
    fitted = model(readout="last").fit(data, Y)
    assert fitted.learned_.inputs.features.marked.all()
    assert fitted.score(data, Y) == 1.0
    assert np.isfinite(fitted.predict_proba([[np.nan] * 5])).all()


SENTENCES = [
    f"the {noun} is {word} today" for noun in ("cat", "dog") for word in ("good", "bad")
] * 6
MOODS = ["+" if "good" in text else "-" for text in SENTENCES]
OF_WORDS = Training(updates=200, members=1, embedding=16, learning_rate=1e-2)


@pytest.mark.parametrize("tokens", ["word", "char"])
def test_texts(tokens: str) -> None:
    fitted = model(OF_WORDS, tokens=tokens).fit(SENTENCES, MOODS)
    assert fitted.score([text.upper() for text in SENTENCES], MOODS) == 1.0
    if tokens == "word":
        new = ["The BIRD is good today", "the mouse is bad now"]
        assert fitted.predict(new).tolist() == ["+", "-"]
        lists = [text.split() for text in SENTENCES]
        other = model(OF_WORDS).fit(lists, MOODS)
        np.testing.assert_array_equal(other.predict_proba(lists), fitted.predict_proba(SENTENCES))


def test_the_vocabulary_is_as_large_as_is_asked() -> None:
    def known(**given: Any) -> int:
        fitted = model(Training(updates=1, members=1, **given)).fit(SENTENCES, MOODS)
        return len(fitted.learned_.inputs.vocabulary)

    merged = 4  # different sentences: a word counts once in each
    assert known(min_count=1) == 1 + 7
    assert known(min_count=2) == 1 + 7 and known(min_count=3) == 1 + 3 and known(min_count=5) == 1
    assert known(min_count=1, vocabulary=3) == 3
    assert merged == len(set(SENTENCES))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (Y[:-1], "y has 23 labels, X has 24 sequences"),
        ([1] * 24, "y has 1 class, 1"),
        ([1, "a"] * 12, "mixes types: label 1 is 'a'"),
        (np.zeros((24, 2)), "1d array"),
        ([["a"], *[["a", "b"]] * 23], r"^y 1 is \['a', 'b'\]; .* each step to SequenceTagger"),
        ([2**63, 1] * 12, "y 0 is 9223372036854775808, a number of more than 64 bits; give labels"),
        (np.arange(24) * 1j, r"^Complex data not supported\. Give one label"),
        (np.linspace(0, 1, 24), "continuous.* SequenceRegressor learns numbers"),
        ([None, 1] * 12, "y 0 is missing"),
        (np.where(Y == 0, np.nan, 1.0), "NaN or infinity"),
        (None, "requires y to be passed"),
        (np.linspace(0, 1, 24), "Unknown label type"),
        (["a", np.nan] * 12, "y 1 is missing"),
        (np.array([1, np.nan] * 12, object), "y 1 is missing"),
        ([pd.NA, "a"] * 12, "y 0 is missing"),
        ([b"a", b"b"] * 12, "bytes"),
        (np.arange(24).astype("datetime64[D]"), "y has datetime64.D., and labels are texts"),
        (np.ma.array(Y, mask=np.arange(24) == 7), "y 7 is missing"),
        ([date(2024, 1, 1 + i % 2) for i in range(24)], "y has date, and labels are texts"),
    ],
)
def test_labels_that_cannot_be_used(y: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        model().fit(X, y)


@pytest.mark.parametrize("dtype", [object, np.dtypes.StringDType()])
def test_labels_in_arrays_of_objects(dtype: Any) -> None:
    texts = np.array(["a", "b"] * 12, dtype)
    assert model(Training(updates=1, members=1)).fit(X, texts).classes_.tolist() == ["a", "b"]


def test_numbers_in_an_array_of_objects_are_labels() -> None:
    assert model(Training(updates=1, members=1)).fit(
        X, np.array([3, 10] * 12, object)
    ).classes_.tolist() == [3, 10]


def test_a_score_of_labels_in_an_array_of_objects() -> None:
    """A column of yes and no that once held None is one."""
    yes = (Y == 1).astype(object)
    fitted = model().fit(X, yes)
    assert fitted.score(X, yes) == fitted.score(X, Y == 1) == 1.0


def test_a_score_needs_labels_that_may_be_right() -> None:
    fitted = model(Training(updates=1, members=1)).fit(X, Y)
    with pytest.raises(tg.DataError, match="y has 23 labels, X has 24 sequences"):
        fitted.score(X, Y[:-1])
    with pytest.raises(tg.DataError, match="label 'a', and 0 is one that was learnt"):
        fitted.score(X, ["a"] * 24)


def test_numbers_that_are_written_as_texts() -> None:
    written = pd.DataFrame({"a": ["1.5", "nan"], "b": ["2", "3"]})
    for X in (written, written.to_numpy().tolist()):
        with pytest.raises(tg.DataError, match=r"as texts, such as '1\.5'; give numbers"):
            model().fit(X, [0, 1])
    codes = model().fit([["17", "4"], ["17"]] * 2, [0, 1] * 2)
    assert len(codes.predict([["3.5"]])) == 1


@pytest.mark.parametrize("tokens", ["word", "char"])
def test_texts_are_read_as_they_were_learnt_whatever_is_set_later(tokens: str) -> None:
    texts = ["good day", "bad night"] * 4
    fitted = model(tokens=tokens).fit(texts, ["+", "-"] * 4)
    chances = fitted.predict_proba(texts)
    fitted.set_params(tokens={"word": "char", "char": "word"}[tokens])
    np.testing.assert_array_equal(fitted.predict_proba(texts), chances)


def test_half_of_a_character_in_a_text() -> None:
    """As JSON may hold it, cut in the middle of an emoji."""
    texts = ["good \ud83d", "bad \ud83d \ude00"] * 6
    training = tg.SequenceTraining(updates=1, members=1, min_count=1)
    fitted = tg.SequenceClassifier(hidden=2, training=training, random_state=0)
    assert fitted.fit(texts, ["p", "n"] * 6).predict_proba(texts[:2]).shape == (2, 2)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones(3), "has 3 numbers, X has 24"),
        (np.zeros(24), "zero for all"),
        ([-1.0] + [1.0] * 23, "sample_weight 0 is negative"),
        ([1.0, np.nan] + [1.0] * 22, "sample_weight 1 is not finite"),
        (1.0 - Y, "y has 1 class, 0, among the sequences that count"),
        (np.full(24, 1e308), "infinite sum"),
        (["a"] * 24, "sample_weight must hold .* numbers"),
        ([10**400] * 24, "sample_weight must hold .* too large"),
        (np.ma.array(np.ones(24), mask=np.arange(24) == 7), "sample_weight 7 is not finite"),
        (2.0, r"sample_weight must be \[n\]"),
    ],
)
def test_weights_that_cannot_be_used(weights: Any, message: str) -> None:
    with pytest.raises(tg.DataError, match=message):
        model().fit(X, Y, sample_weight=weights)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"cell": "foo"}, "^cell must be one of 'lstm', "),
        ({"readout": "avg"}, "^readout must be one of 'last', "),
        ({"hidden": 0}, "^hidden must be a whole number from 1 "),
        ({"layers": 1.5}, "^layers must be a whole number from 1 to 1000, got 1.5"),
        ({"bidirectional": 1}, "bidirectional"),
        ({"readout": "each"}, "readout"),
        ({"readout": "all"}, "readout"),
        ({"dropout": 1.0}, "dropout"),
        ({"tokens": "byte"}, "tokens"),
        ({"class_weight": "equal"}, "class_weight"),
        ({"class_weight": {5: 1.0}}, "label 5"),
        ({"class_weight": {1: -1.0}}, "from 0 up"),
        ({"class_weight": {1: None}}, "from 0 up, got None"),
        ({"training": 5}, "Training"),
        ({"random_state": -1}, "random_state"),
        ({"warm_start": "no"}, "^warm_start must be True or False, got 'no'"),
    ],
    ids=str,
)
def test_settings_that_make_no_sense(given: dict[str, Any], message: str) -> None:
    with pytest.raises(tg.ArgumentError, match=message):
        model(**given).fit(X, Y)


@pytest.mark.parametrize(
    "given",
    [
        {"updates": 0},
        {"batch": 0},
        {"validation": 1.0},
        {"patience": 2},
        {"smoothing": -0.1},
        {"init": None},
        {"augment": 1},
        {"learning_rate": -1.0},
    ],
    ids=str,
)
def test_trainings_that_make_no_sense(given: dict[str, Any]) -> None:
    with pytest.raises(tg.ArgumentError, match=next(iter(given))):
        Training(**given)


@pytest.mark.parametrize("seed", [-1, 2**32, 0.5, "one", np.random.default_rng(0)], ids=str)
def test_what_is_no_random_state(seed: Any) -> None:
    with pytest.raises(tg.ArgumentError, match=r"^random_state must be a seed from 0 to") as caught:
        tg.SequenceClassifier(random_state=seed).fit(X, Y)
    assert "\n" not in str(caught.value)


def test_what_was_not_learnt_is_refused() -> None:
    fitted = model(Training(updates=1, members=1)).fit(X, Y)
    with pytest.raises(tg.DataError, match="sequences of numbers, got tokens"):
        fitted.predict(["a text"])
    with pytest.raises(tg.DataError, match="expecting 1 features"):
        fitted.predict([np.ones((3, 2))])
    with pytest.raises(tg.NotFittedError, match="not fitted"):
        model().predict(X)


def test_a_column_without_any_value_is_told() -> None:
    few = model(Training(updates=2, members=1))
    with pytest.warns(EmptyColumnWarning, match="^feature 1 of X has no value at all, so") as told:
        few.fit([np.column_stack([x, x * np.nan]) for x in X], Y)
    assert told[0].filename == __file__
    frame = pd.DataFrame(
        {"sequence": [0, 0, 1, 1], "step": [0, 1, 0, 1], "heat": [np.nan] * 4, "wind": [1.0] * 4}
    )
    with pytest.warns(EmptyColumnWarning, match="^feature 'heat' of X has no value at all"):
        few.fit(frame, ["a", "b"])
    few.predict(frame)  # it was told once
