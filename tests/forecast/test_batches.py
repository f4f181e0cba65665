"""Batches made several at once are those made one by one, to the bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tidegate.data.series import Series, read_series
from tidegate.forecast.batches import TOGETHER, Batches
from tidegate.forecast.covariates import Units
from tidegate.forecast.inputs import Inputs
from tidegate.forecast.learn import inputs_of, table_of
from tidegate.forecast.plan import Plan
from tidegate.forecast.scaling import Scaling
from tidegate.forecast.windows import Sampler, Windows
from tidegate.train import Drawn

from .frames import rain, several, wave

PLAN = Plan(5, 12, 4, hidden=6, calendar=True, long_season=8, seed=3, begun=0.2)


def uneven(zeros: bool) -> Series:
    """Series shorter than a window and longer, with a gap, of several sizes, and covariates."""
    gap = wave(40)
    gap[[7, 8, 30]] = np.nan
    last = rain(50) if zeros else 1e6 * wave(50, seed=2)
    series = read_series(several(a=wave(9), b=gap, c=wave(90, seed=1), d=last), missing="keep")
    beside = np.random.default_rng(0).normal(size=(len(series.values), 3))
    return replace(series, future=beside[:, :2], past=beside[:, 2:], static=np.ones((4, 1)))


def made(series: Series, plan: Plan = PLAN) -> tuple[Sampler, Inputs]:
    scaling = Scaling.of(series.values, series.start, series.length, deviation=plan.anchored)
    table = table_of(plan, series, scaling, Units.of(series, series.length))
    return Sampler(table, plan), inputs_of(plan, series, scaling)


def alone(batches: Batches, number: int) -> Windows:
    """The windows of a batch, made for themselves."""
    group, place = divmod(number, batches.count)
    cuts = batches.sampler.drawn(group, batches.count * batches.size)
    first = place * batches.size
    return batches.sampler.at(cuts.only(np.arange(first, first + batches.size)))


def assert_same(batch: Drawn, windows: Windows, inputs: Inputs) -> None:
    """A batch reads these windows, wherever they lie in its tables, and has their targets."""
    rows, spans = inputs.rows(windows)
    np.testing.assert_array_equal(batch.spans.length, spans.length)
    read = batch.spans.start[:, None] + np.arange(spans.length[0])
    np.testing.assert_array_equal(batch.rows[read.ravel()], rows)
    assert batch.target_index is not None
    wanted = batch.target_index[:, None] + np.arange(inputs.ahead)
    np.testing.assert_array_equal(batch.targets[wanted.ravel()], inputs.targets(windows))


@pytest.mark.parametrize("zeros", [False, True])
@pytest.mark.parametrize("anchored", [False, True])
@pytest.mark.parametrize("size", [16, 100, TOGETHER + 1])
def test_together_and_alone(zeros: bool, anchored: bool, size: int) -> None:
    sampler, inputs = made(uneven(zeros), replace(PLAN, anchored=anchored))
    batches = Batches(sampler, inputs, size)
    for number in (0, 1, 2, batches.count - 1, batches.count, 5 * batches.count + 2, 0):
        assert_same(batches(number), alone(batches, number), inputs)


@pytest.mark.parametrize("size", [16, TOGETHER + 1])
def test_drawn_from_all_windows(size: int) -> None:
    """Of a table with fewer windows than are drawn, each is made once, and the batches are the
    same; series too short to have any are in between."""
    series = read_series(several(a=wave(9), b=wave(3), c=wave(90, seed=1), d=wave(4), e=wave(30)))
    sampler, inputs = made(series, replace(PLAN, long_season=0, calendar=False))
    assert sampler.windows == (9 - 5) + (90 - 5) + (30 - 5)
    kept, few = Batches(sampler, inputs, size, 100), Batches(sampler, inputs, size)
    assert kept.keeps
    assert not few.keeps or size > sampler.windows
    for number in (0, 1, 7, 99, 0):
        assert_same(kept(number), alone(kept, number), inputs)


def test_as_many_are_made_at_once_as_fit() -> None:
    sampler, inputs = made(uneven(zeros=False))
    assert [Batches(sampler, inputs, size).count for size in (1, 16, 128, 1000)] == [512, 32, 4, 1]
