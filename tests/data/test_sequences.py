"""Sequences in the forms that users have them in."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from tidegate import DataError
from tidegate.data.ragged import Form
from tidegate.data.sequences import read_sequences

NAN = float("nan")


def test_a_table_has_a_number_at_a_step() -> None:
    x = read_sequences(np.array([[1, 2, 3], [4, 5, 6]]))
    assert x.rows.tolist() == [[1], [2], [3], [4], [5], [6]]
    assert x.length.tolist() == [3, 3]
    assert (x.form.columns, x.form.steps, x.form.features) == (1, 3, 3)


def test_an_array_of_three_dimensions_has_features() -> None:
    x = read_sequences(np.arange(12).reshape(2, 3, 2))
    assert x.rows[3].tolist() == [6, 7]
    assert (x.form.columns, x.form.steps, x.form.features) == (2, None, 2)


def test_arrays_of_unequal_length() -> None:
    x = read_sequences([np.ones((2, 3)), np.zeros((1, 3))])
    assert x.rows.sum(axis=1).tolist() == [3, 3, 0]
    assert x.length.tolist() == [2, 1] and x.form == Form("numbers", 3)
    assert read_sequences([[1.0], [2.0, 3.0]]).rows.ravel().tolist() == [1, 2, 3]


def test_an_array_of_arrays_is_a_list() -> None:
    X = np.empty(2, object)
    X[:] = [np.arange(3.0), np.arange(2.0)]
    assert read_sequences(X).length.tolist() == [3, 2]


def test_texts_are_words_or_characters() -> None:
    x = read_sequences(["A cat.", "no"], lower=True)
    assert x.rows.tolist() == ["a", "cat", ".", "no"] and x.length.tolist() == [3, 1]
    assert read_sequences(["né"], tokens="char").rows.tolist() == ["n", "é"]


@pytest.mark.parametrize(
    "X",
    [
        [["a", "b"], ["C"]],
        (["a", "b"], ("C",)),
        [np.array(["a", "b"]), np.array(["C"], object)],
    ],
)
def test_lists_of_tokens_stay_as_they_are(X: Any) -> None:
    x = read_sequences(X)
    assert x.rows.tolist() == ["a", "b", "C"] and x.length.tolist() == [2, 1]


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"text": ["a b", "c"]}),
        pl.DataFrame({"text": ["a b", "c"]}),
        np.array([["a b"], ["c"]], object),
    ],
)
def test_a_table_of_one_column_of_texts(table: Any) -> None:
    assert read_sequences(table).rows.tolist() == ["a", "b", "c"]
    assert read_sequences(table, tokens="char").length.tolist() == [3, 1]


@pytest.mark.parametrize("library", [pd, pl])
def test_a_table_of_one_column_of_sequences(library: Any) -> None:
    x = read_sequences(library.DataFrame({"x": [[1.0, 2.0], [3.0]]}))
    assert x.rows.ravel().tolist() == [1, 2, 3] and x.length.tolist() == [2, 1]
    x = read_sequences(library.DataFrame({"words": [["a", "b"], ["c"]]}))
    assert x.rows.tolist() == ["a", "b", "c"] and x.length.tolist() == [2, 1]


@pytest.mark.parametrize("column", [pd.Series, pl.Series, partial(pd.Series, dtype="string")])
def test_each_sequence_of_words_may_be_a_column(column: Any) -> None:
    x = read_sequences([column(["a", "b"]), column(["C"])])
    assert x.rows.tolist() == ["a", "b", "C"] and x.length.tolist() == [2, 1]


def test_a_column_of_polars_may_hold_steps_of_several_numbers() -> None:
    steps = [[[1.0, 2.0]], [[3.0, 4.0], [5.0, None]]]
    for column in (pl.Series(steps), pl.DataFrame({"x": steps}), pl.Series(steps).to_list()):
        x = read_sequences(column)
        np.testing.assert_array_equal(x.rows, [[1, 2], [3, 4], [5, np.nan]])
        assert x.length.tolist() == [1, 2]
    with pytest.raises(DataError, match="sequence 1 of X must hold numbers"):
        read_sequences(pl.Series([[[1.0]], [[1.0], [1.0, 2.0]]]))


@pytest.mark.parametrize("column", [pd.Series(["a b", "c"]), pl.Series(["a b", "c"])])
def test_a_column_of_texts(column: Any) -> None:
    assert read_sequences(column).rows.tolist() == ["a", "b", "c"]


@pytest.mark.parametrize("library", [pd, pl])
def test_a_long_frame(library: Any) -> None:
    frame = library.DataFrame(
        {
            "sequence": ["z", "a", "z", "a", "a"],
            "step": [2, 30, 1, 10, 20],
            "u": [2.0, 5.0, 1.0, 3.0, 4.0],
            "v": [0, 1, 0, 1, 1],
        }
    )
    x = read_sequences(frame)
    assert x.rows.tolist() == [[1, 0], [2, 0], [3, 1], [4, 1], [5, 1]]
    assert x.length.tolist() == [2, 3] and x.form == Form("numbers", 2, None, ("u", "v"))


@pytest.mark.parametrize("step", [["2024-02-01", "2024-01-30"], ["1.5", "1.25"], ["10", "09"]])
@pytest.mark.parametrize("library", [pd, pl])
def test_steps_that_are_texts_of_one_order(step: list[str], library: Any) -> None:
    x = read_sequences(library.DataFrame({"sequence": [1, 1], "step": step, "v": [2.0, 1.0]}))
    assert x.rows.ravel().tolist() == [1, 2]


@pytest.mark.parametrize("library", [pd, pl])
def test_columns_of_frames_in_a_list_go_by_their_names_too(library: Any) -> None:
    frames = [
        library.DataFrame({"u": [1.0], "v": [2.0]}),
        library.DataFrame({"v": [4.0], "u": [3]}),
    ]
    x = read_sequences(frames)
    assert x.rows.tolist() == [[1, 2], [3, 4]] and x.form.names == ("u", "v")
    assert read_sequences(frames[1:], like=x.form).rows.tolist() == [[3, 4]]
    with pytest.raises(DataError, match="sequence 1 of X has the columns v, sequence 0 has u, v"):
        read_sequences([frames[0], frames[1][["v"]]])


@pytest.mark.parametrize("library", [pd, pl])
@pytest.mark.parametrize("key", ["sequence", "step"])
def test_frames_in_a_list_keep_no_columns_of_a_long_one(key: str, library: Any) -> None:
    frames = [library.DataFrame({key: [i, i], "v": [1.0, 2.0]}) for i in range(2)]
    with pytest.raises(DataError, match=f"a frame with the column '{key}', which is no feature"):
        read_sequences(frames)


@pytest.mark.parametrize("names", [["low", "mid", "high"], [8, 9, 10]])
def test_steps_that_are_categories_with_an_order(names: list[Any]) -> None:
    backwards = {"sequence": [1, 1, 1], "v": [3.0, 2.0, 1.0]}
    step = pd.Categorical(names[::-1], categories=names, ordered=True)
    assert read_sequences(pd.DataFrame({**backwards, "step": step})).rows.ravel().tolist() == [
        1,
        2,
        3,
    ]
    words = list(map(str, names))
    named = pl.DataFrame(backwards).with_columns(
        pl.Series("step", words[::-1], dtype=pl.Enum(words))
    )
    assert read_sequences(named).rows.ravel().tolist() == [1, 2, 3]


@pytest.mark.parametrize("library", [pd, pl])
def test_a_long_frame_of_tokens(library: Any) -> None:
    frame = library.DataFrame({"sequence": [1, 1, 0], "step": [1, 0, 0], "word": ["cat", "A", "b"]})
    x = read_sequences(frame)
    assert x.rows.tolist() == ["A", "cat", "b"] and x.length.tolist() == [2, 1]


def test_a_long_frame_of_tokens_that_are_categories() -> None:
    words, places = ["cat", "A", "b"], {"sequence": [1, 1, 0], "step": [1, 0, 0]}
    for column in (
        pd.DataFrame({**places, "word": pd.Categorical(words)}),
        pl.DataFrame({**places, "word": pl.Series(words, dtype=pl.Categorical)}),
        pl.DataFrame({**places, "word": pl.Series(words, dtype=pl.Enum(words))}),
    ):
        assert read_sequences(column).rows.tolist() == ["A", "cat", "b"]


def test_a_long_frame_of_numbers_that_are_objects() -> None:
    places = {"sequence": [1, 1, 0], "step": [1, 0, 0]}
    values = pd.Series([2.5, None, True], dtype=object)
    rows = read_sequences(pd.DataFrame({**places, "v": values})).rows
    np.testing.assert_array_equal(rows.ravel(), [np.nan, 2.5, 1.0])
    for wrong in ([1, "2", 3], [1, [2], 3], [1, {}, 3]):
        frame = pd.DataFrame({**places, "v": pd.Series(wrong, dtype=object)})
        with pytest.raises(DataError, match="'v' of X must hold numbers, got Object"):
            read_sequences(frame)


@pytest.mark.parametrize("library", [pd, pl])
def test_a_frame_with_a_row_for_each_sequence(library: Any) -> None:
    x = read_sequences(library.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]}))
    assert x.rows.ravel().tolist() == [1, 3, 2, 4]
    assert x.form == Form("numbers", 1, 2, ("a", "b"))


@pytest.mark.parametrize("library", [pd, pl])
def test_columns_go_by_their_names(library: Any) -> None:
    columns = {"sequence": [1, 1, 0], "step": [1, 2, 1], "u": [1.0, 2.0, 3.0], "v": [4.0, 5.0, 6.0]}
    frame = library.DataFrame(columns)
    like = read_sequences(frame).form
    x = read_sequences(frame[["v", "step", "u", "sequence"]], like=like)
    assert x.rows.tolist() == [[1, 4], [2, 5], [3, 6]] and x.form == like
    wide = library.DataFrame({"t1": [1.0, 2.0], "t2": [3.0, 4.0], "t0": [5.0, 6.0]})
    x = read_sequences(wide, like=Form("numbers", 1, 3, ("t0", "t1", "t2")))
    assert x.rows.reshape(2, 3).tolist() == [[5, 1, 3], [6, 2, 4]]
    with pytest.raises(DataError, match=r"lacks 't3'; 't2' is new"):
        read_sequences(wide, like=Form("numbers", 1, 3, ("t0", "t1", "t3")))
    with pytest.raises(DataError, match=r"names .* match .* lacks 'u'"):
        read_sequences(frame[["sequence", "step", "v"]], like=like)
    with pytest.raises(DataError, match="'v' is new"):
        read_sequences(frame, like=Form("numbers", 1, None, ("u",)))
    # of what has no names, the order is all there is
    assert read_sequences([[[7.0, 8.0]]], like=like).rows.tolist() == [[7, 8]]


VALUES = np.arange(12.0).reshape(3, 4)


@pytest.mark.parametrize(
    "X",
    [
        np.asfortranarray(VALUES),
        np.repeat(VALUES, 2, axis=1)[:, ::2],
        VALUES[::-1][::-1],
        VALUES.astype(">f8"),
        VALUES.astype(np.float16),
        VALUES.astype(object),
        VALUES.astype(np.int8),
        VALUES.tolist(),
    ],
    ids=["fortran", "strided", "reversed", "swapped", "half", "objects", "bytes", "lists"],
)
def test_numbers_however_they_lie_in_memory(X: Any) -> None:
    x = read_sequences(X)
    assert x.rows.ravel().tolist() == VALUES.ravel().tolist()
    assert x.rows.dtype == np.float64 and x.rows.dtype.isnative


def test_what_is_masked_or_not_available_is_missing() -> None:
    masked = np.ma.masked_array([[1.0, 2.0], [3.0, 4.0]], mask=[[0, 1], [0, 0]])
    gap = [[1, NAN], [3, 4]]
    for X in ([masked], masked[None], [np.ma.masked_array([[1, 2], [3, 4]], mask=masked.mask)]):
        np.testing.assert_array_equal(read_sequences(X).rows, gap)
    nullable = pd.DataFrame({"u": [1.0, 3.0], "v": [None, 4.0]}, dtype="Float64")
    long = nullable.assign(sequence=0, step=[1, 2])
    for X in ([nullable], [nullable.astype("Int64")], long):
        np.testing.assert_array_equal(read_sequences(X).rows, gap)
    np.testing.assert_array_equal(read_sequences(nullable).rows.reshape(2, 2), gap)


def test_a_tensor_that_keeps_what_it_came_from_is_its_numbers() -> None:
    torch = pytest.importorskip("torch")
    X = torch.tensor(VALUES.tolist(), requires_grad=True)
    for tensors in (X, list(X)):
        assert read_sequences(tensors).rows.ravel().tolist() == VALUES.ravel().tolist()
    with pytest.raises(DataError, match=r"sequence 0 of X must hold numbers: .* BFloat16"):
        read_sequences(list(X.bfloat16()))


def test_what_is_read_only_is_read() -> None:
    X = VALUES.copy()
    X.flags.writeable = False
    assert len(read_sequences(X)) == 3


def test_a_missing_value_stays_missing() -> None:
    assert np.isnan(read_sequences([[1.0, NAN], [2.0]]).rows.ravel()).tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([], "empty list"),
        (None, "list of sequences"),
        ("a text", "list of sequences"),
        ([[1.0], []], "sequence 1 of X has no steps"),
        (["a", " "], "sequence 1 of X is a text without words"),
        ([["a"], ["b"], []], "sequence 2 of X is a sequence without tokens"),
        ([np.ones((2, 3))] * 17 + [np.ones((2, 2))], "sequence 17 of X has 2 features"),
        ([[1.0], [[1.0, 2.0]]], "sequence 1 of X has 2 features"),
        ([[1.0], np.ones((1, 1, 1))], "sequence 1 of X must be"),
        ([[1.0], "a"], "mixes texts .* sequence 1"),
        ([["a", "b"], ["c", 3]], r"mixes lists of texts .* sequence 1 is \['c', 3\]"),
        ([None, [1.0, 2.0]], "sequence 0 is None"),
        ([[1.0, 2.0], [1.0, "b"]], r"sequence 1 of X has texts .* such as 'b' at \[1\];"),
        (np.array([[1.0, 2.0], [1.0, "b"]], object), r"must hold .*, such as 'b' at \[1, 1\]"),
        (pl.LazyFrame({"a": [1.0]}), "frame of pandas or polars, got LazyFrame"),
        ([[1.0], 3.0], "sequence 1 is 3.0"),
        ([1.0, 2.0], "Expected 2D array, got 1D"),
        (np.float64(3.0), "Expected 2D array, got 0D"),
        (np.ones((0, 3)), "0 sample"),
        (np.ones((3, 0)), r"0 feature\(s\) \(shape=\(3, 0\)\)"),
        ([np.ones((2, 0))], r"0 feature\(s\)"),
        ([[1.0], [2.0, np.inf]], "infinity, in sequence 1, step 1, feature 0"),
        (np.ones((2, 2)) * 1j, "Complex data not supported"),
        (np.array([["2020-01-01"]], "M8[D]"), "must hold numbers, got datetime64"),
        ([[1.0], [{}]], "sequence 1 of X must hold numbers"),
        ([[1.0], {"a": 1}], "sequence 1 is {'a': 1}"),
        ([None, "a"], "sequence 0 is None, unlike sequence 1"),
        ([[[1.0, 2.0], [3.0]]], "sequence 0 of X must hold numbers"),
        ([[1.0], [10**400]], "sequence 1 of X must hold numbers: int too large"),
        ([b"a", b"b"], "sequence 0 of X is bytes; decode it"),
        (pd.DataFrame({"text": ["a b", None]}), "sequence 1 is (None|nan), unlike sequence 0"),
        (np.empty((0, 2), object), "0 sample"),
        (pl.DataFrame({"a": ["a b"], "b": ["c d"]}), "2 columns of texts .* 'a b'; join those of"),
        (iter([[1.0]]), "put .* into a list"),
        ({"a": [1.0]}.values(), "put .* into a list"),
        (
            pd.DataFrame([[1, 1, 2.0], [1, 2, 2.0]], columns=["sequence", "step", "step"]),
            "column 'step' twice",
        ),
        (
            pd.DataFrame({"sequence": [1, 1], "step": [1, "a"], "x": [1, 2]}),
            "'step' .* mixes types",
        ),
        (
            pd.DataFrame({"sequence": [1, 1], "step": [1, 2], "x": [1, 2]}).set_index(
                ["sequence", "step"]
            ),
            r"'sequence' in its index; give X.reset_index\(\)",
        ),
    ],
)
def test_what_cannot_be_used(X: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_sequences(X)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"sequence": [1, 1], "step": [3, 3], "x": [1.0, 2.0]},
            "row 1 of X has the step 3 of the sequence 1 a sec",
        ),
        ({"sequence": [1, None], "step": [1, 2], "x": [1.0, 2.0]}, "'sequence' of X has 1 missing"),
        (
            {"sequence": [1.0, NAN], "step": [1, 2], "x": [1.0, 2.0]},
            "'sequence' of X has 1 missing",
        ),
        ({"sequence": [1, 1], "step": [NAN, 2.0], "x": [1.0, 2.0]}, "'step' of X has 1 missing"),
        ({"sequence": [1], "step": [1]}, "a column of values"),
        ({"sequence": [1, 1], "x": [1.0, 2.0]}, "the column 'sequence' but no 'step'"),
        ({"Sequence": [1], "STEP": [1], "x": [1.0]}, "called 'sequence' and 'step', rename them"),
        ({"sequence": [1], "Step ": [1], "x": [1.0]}, "the columns 'sequence' and 'Step '; of"),
        ({"sequence": [1], "step": [1], "x": ["a"], "y": [1.0]}, "'x' of X must hold numbers"),
        ({"sequence": [1, 1], "step": [1, 2], "w": ["a", None]}, "row 1 of X has no token"),
        ({"sequence": [1, 1], "step": ["9", "10"], "x": [1, 2]}, "texts, .* '10' before '9'; give"),
        ({"sequence": [1, 1], "step": ["t10", "t9"], "x": [1, 2]}, "texts, .* 't10' before 't9'"),
    ],
)
@pytest.mark.parametrize("library", [pd, pl])
def test_long_frames_that_cannot_be_used(
    columns: dict[str, Any], message: str, library: Any
) -> None:
    with pytest.raises(DataError, match=message):
        read_sequences(library.DataFrame(columns))


@pytest.mark.parametrize(
    ("X", "like", "message"),
    [
        (["a"], Form("numbers"), "was fitted to sequences of numbers, got tokens"),
        ([[1.0]], Form("tokens"), "was fitted to sequences of tokens, got numbers"),
        (np.ones((1, 3)), Form("numbers", 1, 2), "X has 3 features, but M is expecting 2"),
        (
            np.ones((5, 2)),  # a single sequence, and no list of one
            Form("numbers", 2),
            "X is read as sequences of 2 steps of 1 number, but M was fitted to sequences of 2 "
            r"numbers; give a list of arrays \[T, 2\], a single one in a list, too",
        ),
        ([np.ones((2, 2))], Form("numbers", 3), "X has 2 features, but M is expecting 3"),
    ],
)
def test_another_form_than_was_learnt(X: Any, like: Form, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_sequences(X, like=like, who="M")


def test_a_table_was_learnt_and_a_list_comes() -> None:
    x = read_sequences([np.ones(5), np.ones(2)], like=Form("numbers", 1, 3))
    assert x.length.tolist() == [5, 2]
