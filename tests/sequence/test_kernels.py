"""What random kernels say of sequences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tidegate.data import Spans
from tidegate.sequence.kernels import BLOCK, CLEAR, RIVALS, TAPS, Kernels

Array = np.ndarray[Any, Any]
LENGTHS = [1, 7, BLOCK, BLOCK + 1, 200]


def table(columns: int) -> tuple[Array, Spans]:
    """Sequences with rows between them that belong to none."""
    random = np.random.default_rng(0)
    length = np.array(LENGTHS)
    start = np.cumsum(length + 3) - length
    rows = random.normal(size=(int(start[-1] + length[-1]), columns))
    return rows.astype(np.float32), Spans(start, length)


def one_by_one(kernels: Kernels, x: Array) -> list[float]:
    """Of one sequence, step by step and kernel by kernel."""
    found, shares = [], []
    for d, parts in enumerate(zip(kernels.read, kernels.weight, kernels.level, strict=True)):
        for read, weight, level in zip(*parts, strict=True):
            column = np.pad(x[:, read].sum(axis=1), TAPS // 2 * 2**d)
            groups = weight.shape[1] // RIVALS
            won, lost, above = np.zeros((3, RIVALS, groups))
            limit = level.reshape(RIVALS, groups)
            for t in range(len(x)):
                answer = (column[t : t + TAPS * 2**d : 2**d] @ weight).reshape(RIVALS, groups)
                above += np.clip((answer - limit) / CLEAR, 0, 1)
                for g in range(groups):
                    order = np.argsort(answer[:, g])
                    ranked = answer[order, g]
                    lead = min((ranked[-1] - ranked[-2]) / CLEAR, 1)
                    won[order[-1], g] += lead * max(ranked[-1], 0)
                    lost[order[0], g] += min((ranked[1] - ranked[0]) / CLEAR, 1)
            for rival in range(RIVALS):
                found += [*won[rival] / len(x), *lost[rival] / len(x)]
            shares += [*above.ravel() / len(x)]
    return [*np.sqrt(found).tolist(), *shares]


@pytest.mark.parametrize("columns", [1, 3, 7])
def test_step_by_step(columns: int) -> None:
    rows, spans = table(columns)
    kernels = Kernels.drawn(rows, Spans(spans.start[2:4], [70, 70]), 1)
    found = kernels.features(rows, spans)
    assert found.shape == (len(LENGTHS), kernels.count)
    for i in (0, 1, 3) if columns == 1 else (1,):
        part = rows[spans.start[i] : spans.start[i] + spans.length[i]].astype(np.float64)
        np.testing.assert_allclose(found[i], one_by_one(kernels, part), atol=2e-5)


@pytest.mark.parametrize("columns", [1, 7])
def test_bits_do_not_follow_from_what_is_beside(columns: int) -> None:
    rows, spans = table(columns)
    kernels = Kernels.drawn(rows, spans[-1:], 0)
    together = kernels.features(rows, spans)
    for i in range(len(LENGTHS)):
        alone = kernels.features(rows[spans.start[i] :].copy(), Spans([0], spans.length[i : i + 1]))
        assert np.array_equal(alone[0], together[i])
    many = Spans(np.repeat(spans.start[-1:], 130), np.repeat(spans.length[-1:], 130))
    assert (kernels.features(rows, many) == together[-1]).all()


def test_where_nothing_moves_no_kernel_wins() -> None:
    """The weights of a kernel are 0 in all: what a level leaves comes from a series's ends."""
    rows, spans = np.ones((400, 1), np.float32), Spans([0, 0], [200, 400])
    kernels = Kernels.drawn(rows, spans[:1], 0)
    found = kernels.features(rows, spans)
    sums = found[:, : 2 * kernels.count // 3] ** 2 * np.array([[200.0], [400.0]])
    np.testing.assert_allclose(sums[0], sums[1], atol=0.1)
    assert sums.max() > 1


def test_a_level_is_what_a_kernel_answers_at_some_row() -> None:
    """So that as many rows are above the one as are above another row."""
    rows, spans = table(1)
    some = spans[-1:]
    kernels = Kernels.drawn(rows, some, 0)
    share = kernels.features(rows, some)[0, 2 * kernels.count // 3 :]
    np.testing.assert_allclose(np.quantile(share, [0.25, 0.5, 0.75]), [0.25, 0.5, 0.75], atol=0.05)


def test_the_seed_decides_all() -> None:
    rows, spans = table(6)
    one, same, other = (Kernels.drawn(rows, spans, seed) for seed in (0, 0, 1))
    for part in ("read", "weight", "level"):
        assert np.array_equal(getattr(one, part), getattr(same, part))
        assert not np.array_equal(getattr(one, part), getattr(other, part))
    assert one.read.any(axis=2).all()
