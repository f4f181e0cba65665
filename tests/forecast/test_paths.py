"""The baselines that a forecast starts from, by their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from tidegate.forecast.paths import SMOOTHING, count, paths

Z = np.array([[1.0, 2.0, 4.0, 3.0, 5.0, 9.0, 6.0, 8.0]])
ALL = np.ones((1, 8), bool)


def test_with_a_season() -> None:
    found = paths(Z, ALL, 3, 2, 4)[0].T
    assert len(found) == count(2, 4) == 8
    last, mean, usual, growth, level, season, long_season, usual_long = found
    assert last.tolist() == [8, 8, 8]
    assert mean.tolist() == [0, 0, 0]
    assert usual.tolist() == [4, 5.5, 4]  # (1+4+5+6)/4, (2+3+9+8)/4
    assert season.tolist() == [6, 8, 6]
    assert growth.tolist() == [6, 8, 6]  # 7 after 7: no growth
    assert long_season.tolist() == [5, 9, 6]
    assert usual_long.tolist() == [3, 5.5, 5]  # (1+5)/2, (2+9)/2, (4+6)/2
    weights = np.array([(1 - SMOOTHING) ** (lag / 2) for lag in range(7, -1, -1)])
    shape = np.tile([-0.75, 0.75], 4)
    expected = np.average(Z[0] - shape, weights=weights)
    np.testing.assert_allclose(level, expected + np.array([-0.75, 0.75, -0.75]))


def test_of_a_longer_season_that_is_seen_once_the_usual_one_is_that() -> None:
    *_, once, usual = paths(Z, ALL, 9, 2, 6)[0].T
    assert once.tolist() == usual.tolist() == [4, 3, 5, 9, 6, 8, 4, 3, 5]


def test_growth_goes_on_season_by_season() -> None:
    rising = np.arange(8.0)[None]
    assert paths(rising, ALL, 5, 2, 0)[0, :, 3].tolist() == [8, 9, 10, 11, 12]


def test_without_a_season() -> None:
    last, _, usual, drift, level = paths(Z, ALL, 2, 1, 0)[0].T
    assert count(1, 0) == 5
    assert last.tolist() == [8, 8]
    assert usual.tolist() == [7, 7]
    assert drift.tolist() == [9, 10]
    weights = [(1 - SMOOTHING) ** lag for lag in range(7, -1, -1)]
    np.testing.assert_allclose(level, np.average(Z[0], weights=weights))


def test_what_was_not_seen_is_neither_the_first_nor_the_last_value() -> None:
    seen = ALL.copy()
    seen[0, [0, 6, 7]] = False
    found = paths(Z, seen, 2, 1, 0)[0]
    assert found[:, 0].tolist() == [9, 9]
    np.testing.assert_allclose(found[:, 3], 9 + 7 / 4 * np.array([1, 2]))


@pytest.mark.parametrize(("season", "rows"), [(8, 8), (5, 8), (3, 8)])
def test_a_season_that_is_seen_hardly_once_is_enough(season: int, rows: int) -> None:
    found = paths(Z, ALL, 20, season, 0)
    assert found.shape == (1, 20, count(season, 0))
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found[0, :season, 5], Z[0, rows - season :])


def test_a_window_has_the_same_paths_to_the_bit_in_any_company() -> None:
    z = np.random.default_rng(0).normal(size=(5, 20))
    together = paths(z, z == z, 3, 4, 8)
    for i in range(5):
        alone = paths(z[i : i + 1], z[:1] == z[:1], 3, 4, 8)
        np.testing.assert_array_equal(alone[0], together[i])
