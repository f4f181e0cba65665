"""The flat buffer: its order, its views, and torch's names and shapes in it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.cells import CELLS
from tidegate.errors import ArgumentError
from tidegate.network import NetworkSpec, NumberInput, TokenInput
from tidegate.network.parameters import flatten, layout, size, views

SPEC = NetworkSpec(NumberInput(3, segment=2, dense=5), "gru", 4, 2, bidirectional=True, outputs=7)


def test_order() -> None:
    cell = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
    suffixes = ["_l0", "_l0_reverse", "_l1", "_l1_reverse"]
    assert [name for name, _ in layout(SPEC)] == [
        "dense_weight",
        "dense_bias",
        *(name + suffix for suffix in suffixes for name in cell),
        "head_weight",
        "head_bias",
    ]
    shapes = dict(layout(SPEC))
    assert shapes["dense_weight"] == (5, 6)
    assert shapes["weight_ih_l0"] == (12, 5)
    assert shapes["weight_ih_l1_reverse"] == (12, 8)
    assert shapes["head_weight"] == (7, 8)


def test_tokens_come_first_and_without_a_head_there_is_none() -> None:
    names = [name for name, _ in layout(NetworkSpec(TokenInput(10, 3), hidden=2))]
    assert names[0] == "embedding_weight" and names[-1] == "bias_hh_l0"


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_names_shapes_and_order_are_torchs(cell: str, bidirectional: bool) -> None:
    torch = pytest.importorskip("torch")
    makers = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}
    module = makers[cell](3, 4, num_layers=2, bidirectional=bidirectional)
    spec = NetworkSpec(NumberInput(3), cell, 4, 2, bidirectional)
    expected = [(name, tuple(value.shape)) for name, value in module.named_parameters()]
    assert layout(spec) == expected


@given(
    cell=st.sampled_from(list(CELLS)),
    columns=st.integers(1, 4),
    dense=st.integers(0, 3),
    hidden=st.integers(1, 5),
    layers=st.integers(1, 3),
    bidirectional=st.booleans(),
    outputs=st.integers(0, 3),
)
def test_views_tile_the_buffer(
    cell: str,
    columns: int,
    dense: int,
    hidden: int,
    layers: int,
    bidirectional: bool,
    outputs: int,
) -> None:
    source = NumberInput(columns, dense=dense)
    spec = NetworkSpec(source, cell, hidden, layers, bidirectional, outputs=outputs)
    flat = np.arange(size(spec), dtype=np.float32)
    parts = views(spec, flat)
    assert np.array_equal(np.concatenate([part.ravel() for part in parts.values()]), flat)
    assert np.array_equal(flatten(spec, parts), flat)
    for part in parts.values():
        part += 1
    assert np.array_equal(flat, np.arange(size(spec)) + 1)


def test_counting_allocates_nothing() -> None:
    assert size(NetworkSpec(NumberInput(1), hidden=2**31 - 1)) > 10**19


@pytest.mark.parametrize(
    "flat",
    [np.zeros(3), np.zeros((size(SPEC), 1)), np.zeros(2 * size(SPEC))[::2]],
    ids=["short", "table", "strided"],
)
def test_a_buffer_of_another_shape_is_refused(flat: np.ndarray) -> None:
    with pytest.raises(ArgumentError, match=f"{size(SPEC)} parameters in one contiguous vector"):
        views(SPEC, flat)


def test_flatten_refuses_other_parameters() -> None:
    params = views(SPEC, np.zeros(size(SPEC)))
    with pytest.raises(ArgumentError, match="no parameter 'weight_ih_l9'"):
        flatten(SPEC, {**params, "weight_ih_l9": np.zeros(1)})
    with pytest.raises(ArgumentError, match=r"'head_bias' must have shape \(7,\), got \(3,\)"):
        flatten(SPEC, {**params, "head_bias": np.zeros(3)})
    del params["head_bias"]
    with pytest.raises(ArgumentError, match=r"'head_bias' \[7\] is missing"):
        flatten(SPEC, params)
