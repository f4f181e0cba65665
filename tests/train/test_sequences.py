"""Batches hold each sequence once, in a seeded order; targets lie where the network looks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs import SPEC, held
from tidegate.data import Spans
from tidegate.errors import ArgumentError
from tidegate.network import NumberInput, TokenInput
from tidegate.network.reference_network import target_rows
from tidegate.train import Held
from tidegate.train.sequences import Sequences, batches


@given(
    st.lists(st.integers(1, 50), min_size=1, max_size=300),
    st.integers(1, 40),
    st.integers(0, 2**63 - 1),
    st.integers(0, 1000),
    st.booleans(),
)
def test_each_sequence_once(
    lengths: list[int], size: int, seed: int, epoch: int, bucket: bool
) -> None:
    found = batches(np.array(lengths), size, seed, epoch, bucket)
    assert sorted(np.concatenate(found)) == list(range(len(lengths)))
    assert len(found) == -(-len(lengths) // size)
    sizes = sorted(len(batch) for batch in found)
    assert sizes[1:] == [size] * (len(found) - 1)
    assert 1 <= sizes[0] <= size


def order(seed: int, epoch: int, bucket: bool) -> list[int]:
    lengths = np.random.default_rng(0).integers(1, 100, 500)
    return np.concatenate(batches(lengths, 7, seed, epoch, bucket)).tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("bucket", [False, True])
def test_order_depends_on_seed_and_epoch(bucket: bool) -> None:
    assert order(1, 2, bucket) == order(1, 2, bucket)
    different = {tuple(order(seed, epoch, bucket)) for seed in (0, 1, 2) for epoch in (0, 1, 2)}
    assert len(different) == 9


def test_buckets_hold_similar_lengths() -> None:
    lengths = np.random.default_rng(0).integers(1, 1000, 5000)
    spread = {
        bucket: np.mean([np.ptp(lengths[batch]) for batch in batches(lengths, 32, 0, 0, bucket)])
        for bucket in (False, True)
    }
    assert spread[True] < 0.1 * spread[False]
    # but the batches themselves come in no order of length
    means = [lengths[batch].mean() for batch in batches(lengths, 32, 0, 0, True)]
    assert abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.3


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 6)), min_size=1), st.integers(1, 3))
def test_target_rows_are_the_networks(cuts: list[tuple[int, int]], segment: int) -> None:
    start, steps = np.array(cuts).T
    spans = Spans(start, steps * segment)
    spec = SPEC.but(readout="each", input=NumberInput(1, segment=segment))
    rows = np.zeros((60, 1))
    found = Sequences.of(spec, Held(rows, spans, rows), "it", False).target_rows()
    np.testing.assert_array_equal(found, target_rows(spec, spans))
    index = np.arange(len(start))[::-1]
    pooled = Sequences.of(
        SPEC.but(input=spec.input), Held(rows, spans, rows[:9].repeat(20, 0), index), "it", False
    )
    np.testing.assert_array_equal(pooled.target_rows(), index)


def test_tables_are_converted_once() -> None:
    data = held()
    rows = np.asarray(data.rows, "f8")
    sequences = Sequences.of(SPEC, Held(rows, data.spans, rows, data.target_index), "it", False)
    assert sequences.rows.dtype == sequences.targets.dtype == np.float32
    batch = sequences.batch(np.array([3, 1]))
    assert batch.rows is sequences.rows
    assert batch.targets is sequences.targets
    assert batch.spans.start.tolist() == [3, 1]
    assert batch.target_index is not None
    assert batch.target_index.tolist() == [8, 6]
    tokens = SPEC.but(input=TokenInput(9, 2))
    found = Sequences.of(tokens, Held(np.arange(9), data.spans, rows), "it", False)
    assert found.rows.dtype == np.int32


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"spans": Spans(np.zeros(0, int), np.zeros(0, int))}, "it has no sequences"),
        ({"target_index": [0, 1]}, r"one whole number for each of its 20 spans, got .*\(2,\)"),
        ({"target_index": np.full(20, 0.5)}, "whole number"),
        ({"target_index": np.full(20, 200)}, "between 0 and 199, the last row of targets; got 200"),
        ({"target_index": np.full(20, -1)}, "got -1"),
        ({"rows": [["a"]]}, "rows of it must be numbers"),
        ({"rows": [[1.0], [1.0, 2.0]]}, "rows of it must be an array"),
        ({"targets": [[1.0], [1.0, 2.0]]}, "targets of it must be an array"),
        ({"weights": ["a"] * 200}, "weights of it must be numbers"),
        ({"weights": 1.0 - np.arange(200)}, "weights of it must be 0 or above, got -1.0 in row 2"),
    ],
)
def test_refused(changes: dict[str, Any], message: str) -> None:
    data = held()
    with pytest.raises(ArgumentError, match=message):
        Sequences.of(SPEC, Held(**{**vars(data), **changes}), "it", False)


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (np.full(200, 1.5), r"rows of it must be \[N\] token ids, whole numbers"),
        (np.arange(200) + (2**32 - 3), "row 0 holds 4294967293, which is no token"),
    ],
)
def test_tokens_are_not_cut_to_fit(tokens: np.ndarray, message: str) -> None:
    spec = SPEC.but(input=TokenInput(9, 2))
    with pytest.raises(ArgumentError, match=message):
        Sequences.of(spec, Held(**{**vars(held()), "rows": tokens}), "it", False)


def test_each_has_no_target_index() -> None:
    with pytest.raises(ArgumentError, match="leave it out"):
        Sequences.of(SPEC.but(readout="each"), held(), "it", False)


def test_a_custom_loss_has_no_weights() -> None:
    data = Held(**{**vars(held()), "weights": np.ones(200)})
    with pytest.raises(ArgumentError, match="make them a column"):
        Sequences.of(SPEC, data, "it", True)
