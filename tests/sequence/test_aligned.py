"""Values for the sequences of a long frame: by their ids, in whatever order the rows come."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import tidegate as tg
from tidegate.data.sequences import read_sequences
from tidegate.sequence.aligned import aligned, ordered
from tidegate.sequence.training import Training

FRAME = {"sequence": ["c", "a", "c", "b", "a"], "step": [1, 1, 2, 1, 2], "v": [1.0, 2, 3, 4, 5]}
UNSORTED = read_sequences(pl.DataFrame(FRAME))
SORTED = read_sequences(pl.DataFrame(FRAME).sort("sequence"))
LABELS = {"a": "x", "b": "y", "c": "z"}


@pytest.mark.parametrize(
    "given",
    [
        pd.Series(LABELS),
        pd.Series({"d": "?", **LABELS}),
        pd.DataFrame({"sequence": ["b", "c", "a"], "label": ["y", "z", "x"]}),
        pl.DataFrame({"sequence": ["b", "c", "a"], "label": ["y", "z", "x"]}),
        pd.DataFrame({"label": LABELS})["label"],
        ["z", "x", "z", "y", "x"],
        np.array(["z", "x", "z", "y", "x"]),
        pd.Series(["z", "x", "z", "y", "x"]),
        pl.Series(["z", "x", "z", "y", "x"]),
    ],
)
def test_what_has_ids_or_rows_goes_by_them(given: Any) -> None:
    assert np.asarray(aligned(given, UNSORTED)).ravel().tolist() == ["z", "x", "y"]


def test_several_numbers_go_by_ids_too() -> None:
    table = pd.DataFrame({"p": [1, 2, 3], "q": [4, 5, 6]}, index=["a", "b", "c"])
    expected = [[3, 6], [1, 4], [2, 5]]
    assert aligned(table, UNSORTED).tolist() == expected
    named = table.rename_axis("sequence").reset_index()
    assert aligned(named, UNSORTED).tolist() == expected
    assert aligned(pl.from_pandas(named), UNSORTED).tolist() == expected


def test_a_bare_list_is_taken_where_it_can_have_but_one_order() -> None:
    bare = ["x", "y", "z"]
    assert aligned(bare, SORTED) is bare
    assert aligned(bare, read_sequences([[1.0], [2.0], [3.0]])) is bare
    for given in (bare, np.array(bare), pd.Series(bare), pl.Series(bare)):
        with pytest.raises(tg.DataError, match=r"'c' before 'a'.*order of y could be either"):
            aligned(given, UNSORTED)
    with pytest.raises(tg.DataError, match="order of y could be either"):
        ordered([["x"] * 2, ["y"] * 2, ["z"]], UNSORTED)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (pd.Series({"a": 1, "c": 2, "d": 3}), "lacks the sequence 'b'"),
        (pd.Series([1, 2, 3, 4], index=["a", "b", "c", "a"]), "'a' twice"),
        (pl.DataFrame({"sequence": ["a", "b", "c"]}), "add one of values"),
        ([1, 2, 1, 3, 4], "differs within the sequence 'a': 2 and 4"),
        ([1.0, 2.0, np.nan, 3.0, 2.0], "differs within the sequence 'c'"),
        ([[1], [2, 3], [1], [3], [2]], "y has rows of different lengths"),
    ],
)
def test_values_that_do_not_fit(given: Any, message: str) -> None:
    with pytest.raises(tg.DataError, match=message):
        aligned(given, UNSORTED)


def test_estimators_learn_and_score_by_ids() -> None:
    random = np.random.default_rng(0)
    ids = random.permutation(30)
    level = dict(zip(ids.tolist(), random.normal(size=30).tolist(), strict=True))
    rows = [{"sequence": i, "step": t, "v": level[i]} for i in ids.tolist() for t in range(3)]
    frame = pd.DataFrame(rows)
    y = pd.Series(level).sort_index()
    y.index = pd.Index(y.index.tolist())
    # what its own y does not decide is told apart by nobody
    training = Training(updates=300, members=1, learning_rate=1e-2, augment=False)
    regressor = tg.SequenceRegressor(hidden=8, training=training, random_state=0).fit(frame, y)
    assert regressor.score(frame, y) > 0.95
    classifier = tg.SequenceClassifier(hidden=8, training=training, random_state=0)
    assert classifier.fit(frame, y > 0).score(frame, y > 0) > 0.95
    assert classifier.fit(frame, frame["v"] > 0).score(frame, frame["v"] > 0) > 0.95
    weights = pd.Series(1.0, index=y.index)
    weights[ids[0]] = 0.0
    wrong = (y > 0).where(y.index != ids[0], y <= 0)
    assert classifier.fit(frame, wrong, sample_weight=weights).score(frame, wrong, weights) > 0.95
    with pytest.raises(tg.DataError, match=r"^the sequences of X come .* order of sample_weight"):
        classifier.fit(frame, wrong, sample_weight=np.ones(30))
    with pytest.raises(tg.DataError, match="order of y"):
        regressor.score(frame, y.to_numpy())
