"""Gates of every kind of model: those of the core's record, by name, in the order of time."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

import tidegate as tg
from problems import layer_of
from tidegate.audit.gates import Gates
from tidegate.cells import CELLS
from tidegate.data import Spans
from tidegate.errors import ArgumentError, NotFittedError
from tidegate.network import Network, NetworkSpec, NumberInput

SHORT = tg.SequenceTraining(updates=5, members=1, calibrate=False)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_they_are_the_layers_own_record(cell: str, bidirectional: bool) -> None:
    layer = layer_of(cell, 2, 5, layers=2, bidirectional=bidirectional)
    x = np.random.default_rng(0).normal(size=(3, 7, 2))
    found, record = tg.gates(layer, x), layer.forward(x, record=True).record
    assert record is not None
    assert found.names == CELLS[cell].record
    directions = ("forward", "reverse")[: 1 + bidirectional]
    places = [(n, d) for n in range(2) for d in directions]
    assert [(each.layer, each.direction) for each in found.layers] == places
    for name in found.names:
        for sequence in range(3):
            for (number, direction), entry in zip(places, record, strict=True):
                of_it = found.of(name, sequence, number, direction)
                np.testing.assert_array_equal(of_it, entry[name][sequence])
    np.testing.assert_array_equal(found.of("h"), found.of("h", 0, 1, "forward"))
    np.testing.assert_array_equal(found.of("h", -1), found.of("h", 2))


def test_unequal_sequences_lie_one_after_the_other() -> None:
    network = Network(NetworkSpec(NumberInput(1), cell="gru", hidden=3))
    rows = np.random.default_rng(0).normal(size=(9, 1))
    found = tg.gates(network, (rows, Spans([4, 0], [5, 2])))
    assert found.lengths == (5, 2)
    assert found.steps(1) == ("0", "1")
    alone = tg.gates(network, (rows, Spans([0], [2])))
    np.testing.assert_array_equal(found.of("z", 1), alone.of("z"))


def test_words_are_called_by_themselves() -> None:
    X = ["a cat sat", "the dog barks loudly", "a cat"] * 4
    model = tg.SequenceClassifier(hidden=4, training=SHORT, random_state=0).fit(X, [0, 1, 0] * 4)
    found = tg.gates(model, X[:2])
    assert found.step == "token"
    assert [found.steps(i) for i in range(2)] == [
        ("a", "cat", "sat"),
        ("the", "dog", "barks", "loudly"),
    ]
    language = tg.LanguageModel(hidden=4, training=tg.LanguageTraining(updates=5, steps=8))
    found = tg.gates(language.fit("the cat sat on the mat. " * 9), "the cat")
    assert found.steps()[0] == r"\n"  # it begins after the end of a line
    assert "".join(found.steps()[1:]) == "the cat"
    assert len(found.steps()) >= 6


def test_the_steps_of_a_long_frame_are_called_as_it_calls_them() -> None:
    random = np.random.default_rng(0)
    days = pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 1, 7), eager=True)
    parts = [
        pl.DataFrame({"sequence": [name] * n, "step": days[:n], "x": random.normal(size=n)})
        for name, n in (("a", 7), ("b", 4), ("c", 5), ("d", 6))
    ]
    frame = pl.concat(parts)[::-1]  # d comes first, the newest of each day before the others
    training = tg.SequenceTraining(updates=5, members=1, segment=2)
    y = pl.DataFrame({"sequence": ["a", "b", "c", "d"], "y": [1.0, 2.0, 3.0, 4.0]})
    model = tg.SequenceRegressor(hidden=4, training=training).fit(frame, y)
    for given in (frame, frame.to_pandas()):
        found = tg.gates(model, given)
        assert found.step == "step of 2 rows"
        # steps of two rows that end with the last one
        assert found.steps(0) == ("2024-01-02", "2024-01-04", "2024-01-06")
        assert found.steps(2) == ("2024-01-02", "2024-01-04")
        assert found.steps(3) == ("2024-01-01", "2024-01-03", "2024-01-05", "2024-01-07")
    assert tg.gates(model, frame, most=1).labels == found.steps(0)
    numbered = frame.with_columns(step=pl.col("step").dt.day())
    assert tg.gates(model, numbered).steps(1) == ("1", "3", "5")


def test_a_forecaster_has_those_of_its_windows() -> None:
    days = pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 4, 9), eager=True)
    frame = pl.DataFrame({"ds": days, "y": [float(i % 7) for i in range(100)]})
    model = tg.Forecaster(3, hidden=4, season=7, training=tg.ForecastTraining(updates=5)).fit(frame)
    found = tg.gates(model, frame, most=5)
    assert len(found.lengths) <= 5
    assert found.names == ("r", "z", "n", "h")
    assert len(found.labels) == sum(found.lengths) == len(found.layers[0].values["h"])


def test_steps_before_the_first_row_have_no_date() -> None:
    frame = pl.DataFrame({"ds": range(5, 65), "y": np.arange(60.0) % 4})
    training = tg.ForecastTraining(updates=5)
    model = tg.Forecaster(horizon=4, season=4, window=24, hidden=4, training=training).fit(frame)
    found = tg.gates(model, frame.tail(14), most=1)
    # of rows 51 to 64; the first window with a season and a row knows those up to 55, four a step
    assert found.steps(0) == (*["before"] * 4, "51", "55", "+4")


def test_of_many_sequences_some_are_taken_evenly() -> None:
    layer = layer_of("gru", 1, 2)
    x = np.arange(20.0).reshape(10, 2, 1)
    found = tg.gates(layer, x, most=4)
    assert len(found.lengths) == 4
    whole = tg.gates(layer, x)
    for taken, of_all in enumerate((0, 3, 6, 9)):
        np.testing.assert_array_equal(found.of("z", taken), whole.of("z", of_all))


def test_it_is_plain_data_both_ways() -> None:
    found = tg.gates(layer_of("lstm", 1, 2, layers=2), np.ones((2, 3, 1)))
    again = Gates.from_json(found.to_json())
    np.testing.assert_allclose(again.of("c", 1), found.of("c", 1))
    assert (again.labels, again.lengths, again.names) == (found.labels, found.lengths, found.names)
    frame = found.to_frame()
    assert frame.columns == [
        "sequence",
        "step",
        "label",
        "layer",
        "direction",
        "gate",
        "unit",
        "value",
    ]
    assert len(frame) == 2 * 3 * 2 * 6 * 2
    one = frame.filter(
        (pl.col("sequence") == 1)
        & (pl.col("layer") == 0)
        & (pl.col("gate") == "f")
        & (pl.col("unit") == 1)
    )
    np.testing.assert_array_equal(one["value"], found.of("f", 1, 0)[:, 1])
    assert one["label"].to_list() == ["0", "1", "2"]
    assert str(found).startswith(
        "LSTM of 2 units in each of 2 layers: i, f, g, o, c, h of 2 sequences"
    )


def test_a_single_sequence_is_said_to_be_one() -> None:
    found = tg.gates(layer_of("lstm", 1, 2), np.ones((1, 3, 1)))
    assert "of 1 sequence, 3 steps" in str(found)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": "z"}, "there is no gate or state 'z'; it has i, f, g, o, c, h"),
        ({"name": "f", "sequence": 2}, "there is no sequence 2; there are 2"),
        ({"name": "f", "layer": 1}, "there is no layer 1 forward; it has 0 forward"),
        ({"name": "f", "direction": "reverse"}, "there is no layer -1 reverse"),
        ({"name": np.ones(2)}, "there is no gate or state array"),
        ({"name": "f", "sequence": 0.5}, "there is no sequence 0.5; there are 2"),
        ({"name": "f", "sequence": [0]}, r"there is no sequence \[0\]; there are 2"),
        ({"name": "f", "layer": None}, "there is no layer None forward"),
        ({"name": "f", "direction": np.ones(2)}, "there is no layer -1 "),
    ],
)
def test_what_is_not_there_is_said(wrong: dict[str, Any], message: str) -> None:
    found = tg.gates(layer_of("lstm", 1, 2), np.ones((2, 3, 1)))
    with pytest.raises(ArgumentError, match=message):
        found.of(**wrong)


def test_bad_models_and_data() -> None:
    with pytest.raises(NotFittedError):
        tg.gates(tg.SequenceClassifier(), ["a cat"])
    with pytest.raises(ArgumentError, match="got list"):
        tg.gates([1, 2], np.ones((2, 3, 1)))
    with pytest.raises(ArgumentError, match="most must be"):
        tg.gates(layer_of("lstm", 1, 2), np.ones((2, 3, 1)), most=0)
