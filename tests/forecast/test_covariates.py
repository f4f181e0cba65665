"""Covariates: what of them a window sees, and that what is known ahead reaches its step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from tidegate.data import newest
from tidegate.data.series import Series, read_series
from tidegate.errors import DataError
from tidegate.forecast.covariates import FAR, Covariates, Units
from tidegate.forecast.learn import Learned, learn, table_of
from tidegate.forecast.plan import Plan, Training
from tidegate.forecast.windows import Windows

PLAN = Plan(4, 6, 3, hidden=32, training=Training(updates=600, batch=32, calibrate=False))
LEVELS = np.array([0.1, 0.5, 0.9])


def driven(rows: int = 300, seed: int = 0) -> Series:
    """Two series; what is known ahead decides the value, on top of a season of 3."""
    random = np.random.default_rng(seed)
    frames = []
    for name in "ab":
        switch = random.choice([0.0, 1.0], rows)
        y = np.tile([1.0, 2.0, 3.0], rows)[:rows] + 4 * switch
        frames.append(pl.DataFrame({"unique_id": name, "ds": range(rows), "y": y, "x": switch}))
    frame = pl.concat(frames)
    plain = read_series(frame.drop("x"))
    past = np.where(random.random((2 * rows, 1)) < 0.8, random.normal(5, 2, (2 * rows, 1)), np.nan)
    return replace(
        plain,
        future=frame["x"].to_numpy()[:, None],
        past=past,
        static=np.array([[1.0, 7.0], [3.0, 7.0]]),
    )


@pytest.fixture(scope="module")
def learned() -> tuple[Learned, Series]:
    series = driven()
    return learn(PLAN, series, series.length, progress=False)[0], series


def test_units_are_those_of_the_rows_that_may_be_learnt_from() -> None:
    series = driven(10)
    series.past[:] = np.arange(20.0)[:, None]
    series.past[3] = np.nan
    units = Units.of(series, np.array([5, 6]))
    known = np.array([0, 1, 2, 4, 10, 11, 12, 13, 14, 15])
    first, second, one, same = units.centre
    assert first == pytest.approx(series.future[[0, 1, 2, 3, *known[3:]]].mean())
    assert second == pytest.approx(known.mean())
    assert units.scale[1] == pytest.approx(known.std())
    assert (one, same) == (2.0, pytest.approx(7.0))
    # the same for all series: its scale is its size, and it reads as 0
    assert units.scale[3] == 7.0


def test_a_window_sees_what_is_known_ahead_and_no_past_after_the_cut() -> None:
    series = driven(12)
    others = Covariates.of(series, Units(np.zeros(4), np.ones(4), np.full(2, -1)))
    assert others.counts == (1, 1, 2)
    which, cut = np.array([0]), np.array([10])
    index = cut[:, None] + np.arange(-6, 0)
    ahead = others.ahead(which, index, cut, 4, None)[0, :, 0]
    # the table ends after two of four rows
    expected = series.future[[4, 5, 6, 7, 8, 9, 10, 11, 11, 11], 0]
    np.testing.assert_array_equal(ahead, expected)
    given = np.full((1, 4, 1), 0.5)
    np.testing.assert_array_equal(
        others.ahead(which, index, cut, 4, given)[0, :, 0], [*series.future[4:10, 0], *[0.5] * 4]
    )
    past, seen = others.before(index, np.array([[False, True, True, True, True, True]]))
    there = ~np.isnan(series.past[4:10, 0])
    assert seen[0, :, 0].tolist() == [False, *there[1:]]
    np.testing.assert_allclose(past[0, there, 0], np.clip(series.past[4:10, 0][there], -FAR, FAR))
    assert not past[0, ~there].any()


def test_it_learns_what_is_known_ahead(learned: tuple[Learned, Series]) -> None:
    model, series = learned
    end = series.start + series.length
    switches = np.array([[0, 1, 1, 0], [1, 0, 0, 1]])
    found = model.forecast(series, np.arange(2), end, LEVELS, switches[..., None].astype(float))
    expected = np.array([1, 2, 3, 1]) + 4 * switches
    # a switch is worth 4, a phase of the season 1
    np.testing.assert_allclose(found.quantiles[..., 1], expected, atol=0.8)


def test_each_step_ahead_moves_with_its_own_covariate(learned: tuple[Learned, Series]) -> None:
    model, series = learned
    end = series.start[:1] + series.length[:1]
    zeros = np.zeros((1, 4, 1))
    before = model.forecast(series, np.array([0]), end, LEVELS, zeros).quantiles
    for step in range(4):
        given = zeros.copy()
        given[0, step] = 1
        after = model.forecast(series, np.array([0]), end, LEVELS, given).quantiles
        moved = np.abs(after - before)[0, :, 1]
        assert np.argmax(moved) == step
        assert moved[step] > 2


def test_the_newest_rows_and_the_table_s_own_covariates_give_the_same(
    learned: tuple[Learned, Series],
) -> None:
    model, series = learned
    cut = series.start + series.length - 4
    ahead = np.stack([series.future[c : c + 4] for c in cut])
    own = model.forecast(series, np.arange(2), cut, LEVELS)
    given = model.forecast(series, np.arange(2), cut, LEVELS, ahead)
    np.testing.assert_array_equal(own.quantiles, given.quantiles)
    tail = newest(series, PLAN.reach + 4)
    short = model.forecast(tail, np.arange(2), tail.start + tail.length - 4, LEVELS)
    np.testing.assert_array_equal(own.quantiles, short.quantiles)


def test_missing_rows_ahead_are_refused(learned: tuple[Learned, Series]) -> None:
    model, series = learned
    cut = series.start + series.length - 3
    with pytest.raises(DataError, match="covariates known ahead"):
        model.forecast(series, np.arange(2), cut, LEVELS)


def test_every_column_reaches_the_network(learned: tuple[Learned, Series]) -> None:
    model, series = learned
    table = table_of(PLAN, series, model.scaling, model.units)
    windows = Windows.before(table, PLAN, np.array([0, 1]), series.start + 50)
    rows, spans = model.model.inputs.rows(windows)
    network = model.model.network
    tape = network.forward_train(rows, spans)
    by_input = np.zeros(rows.shape, np.float32)
    gradient = np.empty(network.parameters.shape, np.float32)
    chosen = np.zeros_like(tape.output)
    chosen[-1] = 1
    network.native_backward(tape.native, chosen, gradient=gradient, d_input=by_input)
    assert (np.abs(by_input).max(axis=0) > 0).all()
