"""How small a context is found that is as good as all of the past."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import tidegate as tg
from tidegate.audit.memory import memory
from tidegate.data import Spans
from tidegate.network import Network, NetworkSpec, NumberInput
from tidegate.network.audited import subject_of
from tidegate.network.subject import Context


def needs(
    rows: int, longest: int = 100, sequences: int = 40, observations: int = 60
) -> tuple[Any, list[int]]:
    """A model whose loss is 1, and 0.1 from so many rows on; and what contexts it was asked for."""
    asked = []

    def losses(seen: int, most: int) -> Any:
        asked.append(seen)
        noise = np.random.default_rng(0).normal(0, 0.001, observations)
        return noise + (0.1 if seen >= rows else 1.0)

    spec = NetworkSpec(NumberInput(1), cell="rnn", hidden=2, outputs=1)
    spans = Spans(np.arange(sequences) * longest, np.full(sequences, longest))
    subject = subject_of(Network(spec), np.zeros((sequences * longest, 1)), spans)
    lengths = (*(2**k for k in range(20) if 2**k < longest), longest)
    about = replace(subject.about, loss="squared error")
    return replace(subject, about=about, contexts=Context(lengths, losses)), asked


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 6, 13, 16, 17])
def test_a_small_one_is_found_to_the_row(rows: int) -> None:
    found = memory(needs(rows)[0], 0)
    assert found.usable == rows
    assert found.context.tolist() == sorted(set(found.context.tolist()))
    assert len(found.score) == len(found.low) == len(found.high) == len(found.context)


@pytest.mark.parametrize("rows", [41, 67, 99])
def test_a_large_one_to_a_sixteenth(rows: int) -> None:
    found = memory(needs(rows)[0], 0)
    assert rows <= found.usable < rows + 100 / 16


def test_of_many_sequences_there_is_no_time_for_it() -> None:
    """Each context is asked for once, and all together read what they may."""
    subject, asked = needs(67, longest=500, sequences=200)
    assert memory(subject, 0).usable == 128
    assert asked == [1, 2, 4, 8, 16, 32, 64, 128, 256, 500]


def test_of_few_long_ones_there_is() -> None:
    """20 observations of 300 steps, of the 40 that may be asked for at the least."""
    assert memory(needs(67, 300, 20, observations=20)[0], 0).usable in range(67, 72)


def test_steps_of_several_rows_stay_whole() -> None:
    layer = tg.GRU(1, 4, seed=1)
    spec = layer.spec.but(input=NumberInput(1, segment=3))
    rows = np.random.default_rng(0).normal(size=(20 * 90, 1))
    found = tg.audit(Network(spec, seed=1), (rows, Spans(np.arange(20) * 90, np.full(20, 90))))
    assert set(found.memory.context % 3) == {0}
    assert len(found.memory.context) > len({3, 6, 12, 24, 48, 90})


def test_a_past_of_no_proved_use_is_not_looked_at_more_closely() -> None:
    subject, asked = needs(1)
    assert memory(subject, 0).usable == 1
    assert len(asked) == 8
