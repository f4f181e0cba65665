"""What a network reads of a sequence of numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate import ArgumentError
from tidegate.data.features import FAR, Features
from tidegate.data.sequences import read_sequences

NAN = float("nan")
RANDOM = np.random.default_rng(0)


def test_columns_in_deviations_and_their_changes() -> None:
    X = [RANDOM.normal(5, 3, (20, 2)), RANDOM.normal(5, 3, (9, 2))]
    x = read_sequences(X)
    rows = Features.of(x, own=False).rows(x)
    assert rows.dtype == np.float32 and rows.shape == (29, 4)
    z = (x.rows - x.rows.mean(axis=0)) / x.rows.std(axis=0)
    change = np.diff(z, axis=0, prepend=z[:1])
    change[20] = 0  # the first row of the second sequence
    rms = np.sqrt((change**2).sum(axis=0) / 27)
    np.testing.assert_allclose(rows, np.hstack([z, change / rms]), rtol=1e-6, atol=1e-6)


def test_a_weight_of_two_is_twice_the_sequence() -> None:
    X = [RANDOM.normal(size=5), RANDOM.normal(size=3) + 4]
    one = Features.of(read_sequences(X), np.array([2.0, 1.0]))
    two = Features.of(read_sequences([X[0], *X]))
    for name in ("centre", "scale", "change"):
        np.testing.assert_allclose(getattr(one, name), getattr(two, name), rtol=1e-12)


def test_weights_of_any_size() -> None:
    x = read_sequences([RANDOM.normal(size=5), RANDOM.normal(size=7)])
    tiny = Features.of(x, np.full(2, 2.0**-900)).rows(x)
    np.testing.assert_array_equal(tiny, Features.of(x).rows(x))


def test_a_missing_value_is_the_last_one_seen_and_marked() -> None:
    x = read_sequences([[NAN, 3.0, NAN], [1.0, 2.0, 2.0]])
    rows = Features.of(x, changes=False, own=False).rows(x)
    z = (np.array([2.0, 3.0, 3.0, 1.0, 2.0, 2.0]) - 2) / np.sqrt(0.5)  # of 3, 1, 2, 2: mean 2
    np.testing.assert_allclose(rows[:, 0], z, atol=1e-6)
    assert rows[:, 1].tolist() == [1, 0, 1, 0, 0, 0]


def test_nothing_is_marked_where_nothing_was_missing() -> None:
    features = Features.of(read_sequences([[1.0, 2.0], [3.0, 5.0]]), own=False)
    assert features.width == 2
    assert np.isfinite(features.rows(read_sequences([[NAN, NAN]]))).all()


def test_few_values_far_larger_than_most_stand_in_logarithms_too() -> None:
    heavy = RANDOM.normal(size=2000)
    heavy[:3] = 1e5
    plain = RANDOM.normal(size=2000)
    x = read_sequences([np.stack([heavy, plain], axis=1)])
    features = Features.of(x, changes=False, own=False)
    assert (features.small > 0).tolist() == [True, False]
    rows = features.rows(x)
    assert rows.shape[1] == 3 and rows[:, 0].std() > 0.9
    assert np.abs(rows[3:, 0]).max() < 0.1 and rows[3:, 2].std() > 0.2


def test_sequences_of_different_size_stand_in_their_own_units_too() -> None:
    shape = RANDOM.normal(size=30)
    x = read_sequences([shape, 1e3 * shape + 7])
    features = Features.of(x, changes=False)
    rows = features.rows(x)
    assert features.own.tolist() == [True]
    np.testing.assert_allclose(rows[:30, -1], rows[30:, -1], atol=1e-5)
    alike = [part / part.std() for part in RANDOM.normal(size=(2, 30))]
    assert Features.of(read_sequences(alike)).own.tolist() == [False]
    assert Features.of(x, own=False).own.tolist() == [False]


@given(st.floats(1e-300, 1e300), st.integers(0, 2**31))
def test_numbers_of_any_size_become_numbers_of_size_one(size: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    x = read_sequences(size * random.normal(size=(3, 4, 2)))
    rows = Features.of(x).rows(x)
    assert np.isfinite(rows).all()
    np.testing.assert_allclose(rows[:, :2].std(axis=0), 1, rtol=1e-4)


def test_what_is_far_from_all_that_was_learnt_is_cut_off() -> None:
    x = read_sequences([[1.0, 2.0, 3.0]])
    rows = Features.of(x).rows(read_sequences([[1e300, -1e300]]))
    assert rows[:, 0].tolist() == [FAR, -FAR] and np.abs(rows).max() <= FAR


def test_a_constant_column() -> None:
    x = read_sequences(np.full((2, 3), 7.0))
    assert Features.of(x).rows(x).tolist() == [[0, 0]] * 6


@pytest.mark.parametrize("number", [0.0, NAN])
def test_a_column_that_held_nothing_is_measured_as_it_is(number: float) -> None:
    """Else the first 1 of a signal that never went off is as large as any number may be."""
    learnt = read_sequences([[[number]], [[number]]])
    rows = Features.of(learnt).rows(read_sequences([[[0.0], [1.0], [-0.5]]]))
    assert rows[:, :2].tolist() == [[0.0, 0.0], [1.0, 1.0], [-0.5, -1.5]]


@given(st.integers(1, 9), st.integers(0, 2**31))
def test_the_rest_of_a_sequence_after_its_first_rows(cut: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    whole = random.normal(size=(10, 2))
    whole[random.uniform(size=whole.shape) < 0.3] = NAN
    x = read_sequences([whole])
    features = Features.of(x, own=False)
    first, rest = read_sequences([whole[:cut]]), read_sequences([whole[cut:]])
    rows = [features.rows(first), features.rows(rest, features.last(first))]
    np.testing.assert_array_equal(np.concatenate(rows), features.rows(x))


def test_arrays_that_are_no_features() -> None:
    found = Features.of(read_sequences([[1.0, 2.0]]))
    arrays = {name: getattr(found, name) for name in Features.__dataclass_fields__}
    assert Features.from_arrays(1, arrays).width == found.width
    with pytest.raises(ArgumentError, match="not that of the columns"):
        Features.from_arrays(2, arrays)
    with pytest.raises(ArgumentError, match="not above 0"):
        Features.from_arrays(1, {**arrays, "scale": np.zeros(1)})
