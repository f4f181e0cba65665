"""The table of confusions: within a terminal's width, and with every count."""

from __future__ import annotations

import numpy as np
import pytest

from tidegate.cli.judged import confusion, report
from tidegate.sequence.judge_numbers import judge_numbers


@pytest.mark.parametrize("labels", [1, 2, 5, 15, 16, 40])
@pytest.mark.parametrize("letters", [3, 9, 30])
@pytest.mark.parametrize("most", [9, 20_000, 10**9])
def test_it_fits_and_counts_everything(labels: int, letters: int, most: int) -> None:
    counts = np.random.default_rng(0).integers(0, most, (labels, labels))
    names = [f"{i:02d}".ljust(letters, "x") for i in range(labels)]
    lines = confusion(names, counts.tolist()).splitlines()
    assert {len(line) for line in lines} == {len(lines[0])} and len(lines[0]) <= 80
    width = len(lines) - 1
    assert 1 <= width <= min(labels, 15)
    table = np.array(
        [[int(n.replace(",", "")) for n in line.split()[-width:]] for line in lines[1:]]
    )
    assert table.sum() == counts.sum()
    alone = width if width == labels else width - 1
    np.testing.assert_array_equal(table[:alone, :alone], counts[:alone, :alone])
    assert width == labels or lines[-1].startswith("others")


def test_letters_stand_for_long_names() -> None:
    text = confusion([f"very long label {i}" for i in range(9)], np.eye(9, dtype=int).tolist())
    head, first, *_, last = text.splitlines()
    assert head.split() == list("abcdefghi")
    assert first.split() == ["very", "long", "label", "0", "a", "1", *"00000000"]
    assert last.split()[-10:] == ["i", *"00000000", "1"]


def test_long_names_that_begin_alike_are_cut_where_they_differ() -> None:
    names = [f"the label of number {i}" for i in range(3)]
    head, *rows = confusion(names, np.eye(3, dtype=int).tolist()).splitlines()
    assert head.split() == ["a", "b", "c"]
    assert [row[:21] for row in rows] == names


def test_a_name_of_two_lines_stays_in_one() -> None:
    assert len(confusion(["a\nb", "c"], [[1, 0], [0, 1]]).splitlines()) == 3


def test_one_sequence_is_not_called_several() -> None:
    found = judge_numbers("GRU", np.ones(1), np.ones(1), {"median": np.zeros(1)})
    assert report(found, 1, "held out").startswith("Learnt from 1 sequence; 1 sequence, held out,")
