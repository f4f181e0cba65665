"""A spec goes to JSON and back unchanged, and refuses what makes no sense."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from problems import LOSSES, OUTPUTS, loss_id
from tidegate.cells import CELLS
from tidegate.errors import ArgumentError
from tidegate.network import Init, Loss, NetworkSpec, NumberInput, TokenInput

SPECS = [
    NetworkSpec(NumberInput(1)),
    NetworkSpec(NumberInput(3, segment=4, dense=5), cell="rnn", hidden=7, layers=2),
    NetworkSpec(TokenInput(100, 8), bidirectional=True, dropout=0.25, readout="mean+max"),
    NetworkSpec(NumberInput(2), init=Init.torch(), dtype="float64"),
    NetworkSpec(NumberInput(2), input_dropout=0.25, recurrent_dropout=0.5),
    NetworkSpec(TokenInput(9, 4), hidden=4, outputs=9, tied=True, readout="each"),
    NetworkSpec(NumberInput(2), cell="gru", init=Init(chrono=50)),
    *(NetworkSpec(NumberInput(1), outputs=OUTPUTS, loss=loss) for loss in LOSSES),
]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: loss_id(spec.loss) if spec.loss else None)
def test_json_and_back(spec: NetworkSpec) -> None:
    assert NetworkSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec
    assert hash(NetworkSpec.from_json(spec.to_json())) == hash(spec)


def test_defaults_may_be_left_out_of_the_json() -> None:
    minimal = {"input": {"kind": "numbers", "columns": 2}}
    assert NetworkSpec.from_json(minimal) == NetworkSpec(NumberInput(2))


@pytest.mark.parametrize("path", [(), ("input",), ("loss",), ("init",)], ids=str)
def test_unknown_keys_are_refused(path: tuple[str, ...]) -> None:
    data = NetworkSpec(NumberInput(1), outputs=1, loss=Loss("mse")).to_json()
    part = data
    for key in path:
        part = part[key]
    part["surprise"] = 1
    with pytest.raises(ArgumentError, match="no entry 'surprise'"):
        NetworkSpec.from_json(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "must be a JSON object, got NoneType"),
        ([], "must be a JSON object, got list"),
        ({}, "needs the entry 'input'"),
        ({"input": {}}, "must be 'numbers' or 'tokens', got None"),
        ({"input": 3}, "must be 'numbers' or 'tokens', got 3"),
        ({"input": {"kind": "images"}}, "must be 'numbers' or 'tokens', got 'images'"),
        ({"input": {"kind": ["numbers"]}}, "must be 'numbers' or 'tokens'"),
        ({"input": {"kind": "numbers"}}, "needs the entry 'columns'"),
        ({"input": {"kind": "numbers", "columns": 1}, "loss": "mse"}, "Loss must be a JSON object"),
        ({"input": {"kind": "numbers", "columns": 1}, "init": None}, "Init must be a JSON object"),
        ({"input": {"kind": "numbers", "columns": 1}, "cell": {}}, "must be one of 'lstm'"),
        ({"input": {"kind": "numbers", "columns": "1"}}, "must be a whole number"),
        ({"input": {"kind": "numbers", "columns": True}}, "must be a whole number"),
    ],
)
def test_bad_json_is_refused_in_one_line(data: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message) as caught:
        NetworkSpec.from_json(data)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cell": "transformer"}, "cell must be one of 'lstm', 'gru'"),
        ({"input_dropout": 1.0}, "input_dropout must be at least 0 and below 1"),
        ({"recurrent_dropout": -0.1}, "recurrent_dropout must be at least 0 and below 1"),
        ({"tied": 1}, "tied must be True or False, got 1"),
        ({"tied": True}, "tied needs a TokenInput"),
        (
            {"tied": True, "input": TokenInput(9, 4), "hidden": 5, "outputs": 9},
            "shape (9, 4), got outputs and readout of (9, 5)",
        ),
        ({"hidden": 0}, "hidden must be a whole number from 1"),
        ({"hidden": 2.0}, "hidden must be a whole number"),
        ({"layers": 1001}, "layers must be a whole number from 1 to 1000"),
        ({"bidirectional": 1}, "bidirectional must be True or False"),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1"),
        ({"dropout": float("nan")}, "dropout must be a finite number"),
        ({"readout": "first"}, "readout must be one of"),
        ({"read_last": 2, "readout": "mean"}, "read_last is for the readout 'each', got 'mean'"),
        ({"read_last": -1, "readout": "each"}, "read_last must be"),
        ({"head_dropout": 1.0}, "head_dropout must be at least 0 and below 1"),
        ({"head_dropout": 0.5, "outputs": 0, "loss": None}, "head_dropout needs a head"),
        ({"outputs": -1}, "outputs must be a whole number from 0"),
        ({"dtype": "float16"}, "dtype must be one of"),
        ({"input": 3}, "input must be a NumberInput or a TokenInput"),
        ({"loss": "mse"}, "loss must be a Loss or None"),
        ({"init": None}, "init must be an Init"),
        ({"cell": "rnn", "init": Init(chrono=9)}, "chrono needs a cell with gates"),
        ({"outputs": 4, "loss": Loss("pinball", quantiles=(0.1, 0.5, 0.9))}, "multiple of the 3"),
        ({"outputs": 4, "loss": Loss("categorical", class_weight=(1, 2))}, "one weight for each"),
    ],
)
def test_bad_settings_are_refused_in_one_line(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        NetworkSpec(**{"input": NumberInput(1), **settings})
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "l2"}, "kind must be one of"),
        ({"kind": "mse", "reduction": "none"}, "reduction must be one of"),
        ({"kind": "rmse", "reduction": "sum"}, "rmse has no reduction 'sum'"),
        ({"kind": "pinball"}, "quantiles are for kind 'pinball'"),
        ({"kind": "mse", "quantiles": (0.5,)}, "quantiles are for kind 'pinball'"),
        ({"kind": "pinball", "quantiles": (0.9, 0.1)}, "quantiles must increase"),
        ({"kind": "pinball", "quantiles": (0.5, 1.0)}, "quantiles must increase"),
        ({"kind": "pinball", "quantiles": (0.0, 0.5)}, "quantiles must increase"),
        ({"kind": "pinball", "quantiles": 0.5}, "must be a tuple of numbers"),
        ({"kind": "pinball", "quantiles": ("half",)}, "must be a finite number"),
        ({"kind": "mixing", "quantiles": (0.5,)}, "needs one path at least"),
        ({"kind": "mixing", "paths": 2}, "quantiles are for kind 'pinball' or 'mixing'"),
        ({"kind": "mixing", "paths": 65, "quantiles": (0.5,)}, "paths must be a whole number"),
        ({"kind": "mixing", "paths": 2, "quantiles": (0.1, 0.9)}, "must hold the median"),
        ({"kind": "mse", "paths": 2}, "paths and Loss.chance are for kind 'mixing'"),
        ({"kind": "mse", "chance": True}, "paths and Loss.chance are for kind 'mixing'"),
        (
            {"kind": "mixing", "paths": 2, "quantiles": (0.5,), "reduction": "sum"},
            "mixing has no reduction 'sum'",
        ),
        ({"kind": "huber", "delta": 0}, "delta must be above 0"),
        ({"kind": "huber", "delta": -1}, "delta must be at least 0"),
        ({"kind": "mse", "smoothing": 0.1}, "smoothing are for kind"),
        ({"kind": "mae", "class_weight": (1, 1)}, "are for kind 'binary' or 'categorical'"),
        ({"kind": "binary", "class_weight": (1, 1, 1)}, "must be (weight of 0, weight of 1)"),
        ({"kind": "binary", "class_weight": (-1, 1)}, "at least 0 and not all 0"),
        ({"kind": "categorical", "class_weight": (0, 0)}, "at least 0 and not all 0"),
        ({"kind": "categorical", "smoothing": 1}, "smoothing must be at least 0 and below 1"),
    ],
)
def test_bad_losses_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        Loss(**settings)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "settings",
    [{"recurrent": "zero"}, {"input": "he"}, {"bias": "one"}, {"forget_bias": "1"}, {"chrono": 2}],
)
def test_bad_initial_values_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=f"Init.{next(iter(settings))} must be"):
        Init(**settings)


def test_a_spec_is_frozen_and_can_be_changed_into_another() -> None:
    spec = NetworkSpec(NumberInput(1))
    with pytest.raises(FrozenInstanceError):
        spec.hidden = 3  # type: ignore[misc]
    assert spec.but(hidden=3).hidden == 3
    with pytest.raises(ArgumentError):
        spec.but(hidden=0)


def test_numpy_numbers_become_plain_ones() -> None:
    spec = NetworkSpec(NumberInput(np.int64(2)), hidden=np.int32(8), dropout=np.float32(0.5))
    assert type(spec.input.columns) is int and type(spec.hidden) is int
    assert type(spec.dropout) is float
    json.dumps(spec.to_json())


@given(
    cell=st.sampled_from(list(CELLS)),
    hidden=st.integers(1, 9),
    bidirectional=st.booleans(),
    outputs=st.integers(0, 5),
)
def test_sizes(cell: str, hidden: int, bidirectional: bool, outputs: int) -> None:
    spec = NetworkSpec(
        NumberInput(2, segment=3), cell, hidden, bidirectional=bidirectional, outputs=outputs
    )
    width = hidden * (1 + bidirectional)
    assert spec.input.width == 6
    assert spec.readout_size == width and spec.but(readout="mean+max").readout_size == 2 * width
    assert spec.output_size == (outputs or width)
    assert spec.target_size == spec.output_size
    assert spec.but(outputs=6, loss=Loss("pinball", quantiles=(0.1, 0.9))).target_size == 3
    assert spec.but(loss=Loss("categorical")).target_size == 1
