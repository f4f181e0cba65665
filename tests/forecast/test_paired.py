"""The test of Diebold and Mariano against statsmodels and scipy, and over several series."""

from __future__ import annotations

import numpy as np
import pytest

from tidegate.forecast.paired import Paired, compare

D = np.array([0.31, -0.12, 0.45, 0.52, 0.08, -0.21, 0.33, 0.61, 0.27, -0.05, 0.18, 0.40])
PANEL = np.array(
    [
        [-0.4, -0.92, 0.15, 0.82, 1.54, 0.51, -0.15, -0.38, 1.15, 2.03],
        [0.67, -0.83, -0.56, 2.0, 0.6, -1.33, 0.32, -0.76, -0.23, -0.09],
        [-0.31, 0.95, 0.34, -0.19, 0.81, 1.23, -1.24, 0.14, -0.58, 0.23],
    ]
)


def alone(difference: np.ndarray, overlap: int = 1) -> Paired:
    count = len(difference)
    zeros = np.zeros(count, int)
    return compare(difference + 1, np.ones(count), zeros, np.arange(count), overlap)


@pytest.mark.parametrize(
    ("overlap", "error", "p"),
    [
        # statsmodels 0.15: OLS on a constant, cov_type HAC with uniform weights (HC0 without lags),
        # times Harvey, Leybourne and Newbold's factor; p from scipy's t with 11 degrees of freedom
        (1, 0.07503997251297123, 0.010543738222169403),
        (2, 0.08052612663419914, 0.015335486654362374),
    ],
)
def test_the_numbers_of_statsmodels(overlap: int, error: float, p: float) -> None:
    found = alone(D, overlap)
    assert found.difference == pytest.approx(D.mean())
    assert found.error == pytest.approx(error)
    assert found.p == pytest.approx(p)


def test_a_variance_that_comes_out_negative_is_weighted() -> None:
    # with two lags statsmodels finds a negative one for these; Bartlett's weights never do
    found = alone(D, 3)
    centred = D - D.mean()
    products = [(centred[lag:] * centred[: 12 - lag]).sum() for lag in range(3)]
    assert products[0] + 2 * products[1] + 2 * products[2] < 0
    square = (products[0] + 2 * (2 / 3 * products[1] + 1 / 3 * products[2])) / 144
    assert found.error == pytest.approx(np.sqrt(square / ((12 + 1 - 6 + 6 / 12) / 12)))


def test_the_series_of_one_origin_are_one_observation() -> None:
    series, origin = np.repeat([0, 1, 2], 10), np.tile(np.arange(10), 3)
    found = compare(PANEL.ravel(), np.zeros(30), series, origin)
    # scipy.stats.ttest_1samp of the means over the series
    assert found.p == pytest.approx(0.2756347292204574)
    assert (found.count, found.unit) == (10, "windows")
    # a series that comes twice, or a hundred times, is no further evidence
    copies = np.repeat(np.arange(100), 10)
    same = compare(np.tile(D[:10], 100), np.zeros(1000), copies, np.tile(np.arange(10), 100))
    assert same.p == pytest.approx(alone(D[:10]).p)


def test_with_few_origins_the_series_are_observed() -> None:
    values = PANEL.T.ravel()  # 10 series with 3 origins each
    found = compare(values, np.zeros(30), np.repeat(np.arange(10), 3), np.tile(np.arange(3), 10))
    assert (found.count, found.unit) == (10, "series")
    assert found.p == pytest.approx(0.2756347292204574)  # the same ten means as above


def test_a_series_counts_once_however_many_windows_it_has() -> None:
    long, short = np.full(20, 1.0), np.full(2, 4.0)
    series = np.repeat([0, 1], [20, 2])
    origin = np.concatenate([np.arange(20), [18, 19]])
    found = compare(np.concatenate([long, short]), np.zeros(22), series, origin)
    assert found.difference == pytest.approx(2.5)


def test_under_equals_p_is_below_a_level_that_often() -> None:
    # 2,000 tables of 4 series that move together over 20 origins whose windows overlap by half
    random = np.random.default_rng(1)
    noise = random.normal(size=(2000, 21))
    shared = noise[:, 1:] + noise[:, :-1]
    series, origin = np.repeat(np.arange(4), 20), np.tile(np.arange(20), 4)
    below = 0
    for row in shared:
        values = np.tile(row, 4) + 0.3 * random.normal(size=80)
        found = compare(values, np.zeros(80), series, origin, overlap=2)
        assert found.p is not None
        below += found.p < 0.05
    # 5 % is meant; the test is known to reject too often in small samples (7 to 8 % at 20), and
    # the error of the share over 2,000 is 0.6 %
    assert 0.03 < below / 2000 < 0.1


def test_too_few_to_tell() -> None:
    assert alone(D[:7]).p is None
    assert alone(D[:8]).p is not None
    one = alone(D[:1])
    assert (one.difference, one.p, one.count) == (pytest.approx(0.31), None, 1)
    none = alone(np.full(9, np.nan))
    assert np.isnan(none.difference)
    assert none.count == 0


def test_differences_without_any_noise() -> None:
    assert alone(np.full(8, 0.5)).p == 0
    assert alone(np.zeros(8)).p == 1


def test_neither_order_nor_unit_nor_missing_windows_change_the_test() -> None:
    order = np.random.default_rng(0).permutation(12)
    zeros = np.zeros(12, int)
    found = compare(1e200 * D[order], zeros, zeros, np.arange(12)[order], 2)
    assert found.p == pytest.approx(alone(D, 2).p)
    gone = np.append(D, np.nan)
    assert alone(gone, 2) == alone(D, 2)
