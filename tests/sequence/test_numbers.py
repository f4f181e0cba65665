"""Sequences of numbers on their way to a network."""

from __future__ import annotations

import numpy as np

from tidegate import SequenceClassifier, SequenceRegressor, SequenceTagger, SequenceTraining
from tidegate.data.sequences import read_sequences
from tidegate.sequence.numbers import Numbers


def test_a_batch_that_is_not_varied_is_read_where_it_lies() -> None:
    random = np.random.default_rng(0)
    x = read_sequences([random.normal(size=(n, 2)) for n in (5, 3, 8)])
    numbers = Numbers.of(
        x, np.ones(3), SequenceTraining(segment=1), whole=False, steps=False, augment=False
    )
    table, chosen = numbers.table(x), x.spans[np.array([2, 0])]
    rows, spans = numbers.batch(table, chosen, random, augment=False)
    assert rows is table
    assert (spans.start.tolist(), spans.length.tolist()) == ([8, 0], [8, 5])


def test_a_batch_that_is_varied_leaves_the_table_alone() -> None:
    random = np.random.default_rng(0)
    x = read_sequences([np.sin(np.arange(30) / 9), np.arange(20) / 7])
    numbers = Numbers.of(
        x, np.ones(2), SequenceTraining(segment=1), whole=True, steps=False, augment=True
    )
    table = numbers.table(x)
    before = table.copy()
    varied = [numbers.batch(table, x.spans, random, augment=True)[0] for _ in range(20)]
    assert any(not np.array_equal(rows, table) for rows in varied)
    np.testing.assert_array_equal(table, before)


def test_four_networks_say_what_series_are_and_three_what_they_are_worth() -> None:
    random = np.random.default_rng(0)
    x, y = random.normal(size=(12, 5)), np.arange(12) % 2
    training = SequenceTraining(updates=1, calibrate=False)
    for model, labels, expected in (
        (SequenceClassifier(hidden=2, training=training), y, 4),
        (SequenceRegressor(hidden=2, training=training), x[:, 0], 3),
        (SequenceTagger(hidden=2, training=training), [[int(v > 0) for v in row] for row in x], 3),
    ):
        assert len(model.fit(x, labels).learned_.members) == expected
