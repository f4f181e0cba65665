"""Units of each series: there and back, at the ends of what a number can be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.forecast import scaling as module
from tidegate.forecast.scaling import MANY_ZEROS, WIDE, Scaling

ZERO = np.zeros(1, np.int64)


def of(values: np.ndarray) -> Scaling:
    return Scaling.of(values, ZERO, np.array([len(values)]))


@pytest.mark.parametrize("size", [1e-300, 1e-3, 1.0, 1e8, 1e300])
@pytest.mark.parametrize("often_zero", [False, True])
@pytest.mark.parametrize("roots", [False, True])
def test_undo_is_the_inverse(size: float, often_zero: bool, roots: bool) -> None:
    random = np.random.default_rng(1)
    values = size * random.exponential(size=100)
    if often_zero:
        values[::3] = 0
    scaling = Scaling.of(values, ZERO, np.array([100]), roots=roots)
    assert scaling.zeros.tolist() == [often_zero]
    assert scaling.rooted.tolist() == [roots and not often_zero]
    u = scaling.apply(values[None], ZERO)
    assert np.abs(u).max() < 20
    np.testing.assert_allclose(scaling.undo(u, ZERO)[0], values, atol=1e-9 * size)


def test_values_have_the_mean_size_1_in_their_units() -> None:
    values = np.array([3.0, -5.0, 8.0, 1.0, 0.5])
    u = of(values).apply(values[None], ZERO)
    assert np.abs(u).mean() == pytest.approx(1)
    assert u[0, 0] / u[0, 1] == pytest.approx(3 / -5)


@pytest.mark.parametrize("deviation", [False, True])
def test_roots_have_the_mean_or_the_deviation_1_in_their_units(deviation: bool) -> None:
    values = np.array([4.0, 0.0, 9.0, 1.0, np.nan, 2.0])
    found = Scaling.of(values, ZERO, np.array([6]), deviation=deviation, roots=True)
    u = found.apply(values[None], ZERO)[0]
    assert (np.nanstd(u) if deviation else np.nanmean(u)) == pytest.approx(1)
    assert u[0] / u[2] == pytest.approx(2 / 3)


def test_what_falls_below_zero_later_has_the_root_of_its_size_below() -> None:
    values = np.array([1.0, 4.0, 9.0])
    found = Scaling.of(values, ZERO, np.array([3]), roots=True)
    u = found.apply(np.array([[4.0, -4.0]]), ZERO)
    assert u[0, 1] == -u[0, 0]
    low = np.array([-np.inf])
    np.testing.assert_allclose(found.undo(u, ZERO, low), [[4.0, -4.0]])
    np.testing.assert_allclose(found.undo(u, ZERO), [[4.0, 0.0]], atol=0)


def test_roots_are_of_what_is_never_negative_and_varies_much() -> None:
    much = np.array([1.0, 1 + 2 * WIDE / (1 - WIDE)] * 4)  # its deviation, over its mean: WIDE
    each = (1.001 * much - 0.001, much + 0.01, much - 2, 0 * much)
    found = [
        Scaling.of(values, ZERO, np.array([8]), roots=True).rooted[0].item() for values in each
    ]
    assert found == [True, False, False, False]
    assert not of(each[0]).rooted[0]


def test_amounts_have_mean_0_and_deviation_1_in_logarithms() -> None:
    values = np.array([0.0, 5.0, 8.0, 0.0, 0.5])
    u = of(values).apply(values[None], ZERO)[0, values > 0]
    assert u.mean() == pytest.approx(0, abs=1e-12)
    assert u.std() == pytest.approx(1)


@pytest.mark.parametrize("often_zero", [False, True])
def test_what_is_missing_and_what_comes_later_does_not_count(often_zero: bool) -> None:
    known = np.array([4.0, 2.0, 3.0, 8.0])
    if often_zero:
        known[1] = 0
    table = np.array([*known[:2], np.nan, *known[2:], 1e9, -7.0])
    found = Scaling.of(table, np.array([0, 6]), np.array([5, 1]))
    expected = of(known)
    for name in ("centre", "scale", "unit", "floor"):
        assert getattr(found, name)[0] == getattr(expected, name)[0], name
    assert (
        np.isnan(found.apply(table[None, :5], ZERO)[0]).tolist()
        == [False] * 2 + [True] + [False] * 2
    )


def test_a_series_of_which_nothing_is_known_has_a_unit() -> None:
    found = Scaling.of(np.full(3, np.nan), ZERO, np.array([3]))
    assert (found.scale[0], found.centre[0], found.unit[0]) == (1, 0, 0)


def test_a_series_of_zeros_is_zero_whatever_is_said_of_it() -> None:
    found = of(np.array([0.0, np.nan, 0.0]))
    assert found.scale[0] == 0
    assert found.apply(np.array([[0.0, 4.0]]), ZERO).tolist() == [[0.0, 4.0]]
    assert found.undo(np.array([[-1.0, 0.0, 3.0]]), ZERO).tolist() == [[0.0, 0.0, 0.0]]


def test_each_series_has_units_of_its_own() -> None:
    values = np.array([1.0, 2.0, 3.0, 100.0, 200.0, 300.0])
    scaling = Scaling.of(values, np.array([0, 3]), np.array([3, 3]))
    u = scaling.apply(values.reshape(2, 3), np.array([0, 1]))
    np.testing.assert_allclose(u[0], u[1])
    assert scaling.scale.tolist() == [2.0, 200.0]


def test_zeros_are_counted_apart_only_where_they_are_many_and_nothing_is_negative() -> None:
    few = np.ones(100)
    few[: int(100 * MANY_ZEROS) - 1] = 0
    many = np.ones(100)
    many[: int(100 * MANY_ZEROS) + 1] = 0
    negative = many.copy()
    negative[-1] = -1
    rising = np.arange(5.0)
    each = (few, many, negative, rising, rising[[0, 0, 1]])
    found = [bool(of(values).zeros[0]) for values in each]
    assert found == [False, True, False, False, True]


@given(st.floats(-1e300, 1e300).filter(bool))
def test_a_constant_series_has_a_scale(value: float) -> None:
    scaling = of(np.full(20, value))
    assert scaling.scale[0] > 0
    u = scaling.apply(np.full((1, 20), value), ZERO)
    # 1e-12: rounding
    np.testing.assert_allclose(u, np.sign(value), rtol=1e-12)


@given(st.lists(st.floats(0, 1e300), min_size=2, max_size=30), st.floats(-1e6, 1e6))
def test_never_negative_series_are_never_undone_below_zero(values: list[float], u: float) -> None:
    undone = of(np.array(values)).undo(np.array([[u]]), ZERO)
    assert np.isfinite(undone).all()
    assert (undone >= 0).all()


@pytest.mark.parametrize("values", [[0.0, 0.0, 1e174, 1e-135], [0.0, 0.0, 1e300, 1e-300]])
def test_amounts_of_very_different_sizes_have_a_unit(values: list[float]) -> None:
    scaling = of(np.array(values))
    assert scaling.unit[0] > 0
    u = scaling.apply(np.array([[*values, 1e308]]), ZERO)
    assert np.abs(u).max() < 20


def test_a_value_below_zero_that_comes_later_is_taken_for_zero_among_amounts() -> None:
    values = np.array([0.0, 0.0, 1.0, 2.0])
    scaling = of(values)
    later = scaling.apply(np.array([[-5.0, 0.0]]), ZERO)
    assert later[0, 0] == later[0, 1]
    assert np.isfinite(later).all()


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e3))
def test_the_deviation_as_scale(offset: float, size: float) -> None:
    values = offset + size * np.array([3.0, -5.0, 8.0, 1.0, np.nan, 0.5])
    found = Scaling.of(values, ZERO, np.array([6]), deviation=True)
    # 1e-5: of 16 digits, offset / size takes 9
    assert found.scale[0] == pytest.approx(np.nanstd(values), rel=1e-5)


def test_no_deviation_as_scale_is_the_size() -> None:
    assert Scaling.of(np.full(5, 3.0), ZERO, np.array([5]), deviation=True).scale[0] == 3


@pytest.mark.parametrize("deviation", [False, True])
@pytest.mark.parametrize("level", [1e5, -1e9, 1e11])
def test_what_varies_little_beside_its_size_is_measured_from_its_mean(
    level: float, deviation: bool
) -> None:
    values = level + np.array([0.0, 1.0, np.nan, 0.0, 1.0, 1e3])
    found = Scaling.of(values, ZERO, np.array([5]), deviation=deviation)
    # a sum of numbers of this size is rounded by some 1e-16 of it
    assert found.centre[0] - level == pytest.approx(0.5, abs=1e-15 * abs(level))
    assert found.scale[0] == pytest.approx(0.5, abs=1e-15 * abs(level))
    u = found.apply(values[None], ZERO)
    np.testing.assert_allclose(found.undo(u, ZERO)[0], values, rtol=1e-15)


@pytest.mark.parametrize("block", [1, 3, 7, 100])
@pytest.mark.parametrize("deviation", [False, True])
@pytest.mark.parametrize("roots", [False, True])
def test_series_by_series_it_is_the_same(
    block: int, deviation: bool, roots: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(0)
    length = np.array([5, 1, 9, 2, 4, 30])
    start = np.cumsum(length) - length
    values = random.normal(size=length.sum()) * (random.random(length.sum()) < 0.7)
    values[start[4] :] = np.abs(values[start[4] :])
    known = length - (length > 1)
    monkeypatch.setattr(module, "BLOCK", block)
    values[start[2] : start[3]] = np.abs(values[start[2] : start[3]]) + 0.1
    found = Scaling.of(values, start, known, deviation=deviation, roots=roots)
    assert found.rooted.any() == roots
    assert not found.rooted.all()
    alone = [
        Scaling.of(values[a : a + n], ZERO, np.array([m]), deviation=deviation, roots=roots)
        for a, n, m in zip(start, length, known, strict=True)
    ]
    for name in ("centre", "scale", "unit", "floor", "rooted"):
        np.testing.assert_array_equal(
            getattr(found, name), [getattr(one, name)[0] for one in alone], err_msg=name
        )
    assert found.zeros.any()
    assert not found.zeros.all()
