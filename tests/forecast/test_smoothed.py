"""A window smoothed: a mean over candidates, each as likely as Akaike's criterion says."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tidegate.forecast.rules.smoothing import FORMS, candidates, problem_of
from tidegate.forecast.smoothed import smoothed

ROWS, HORIZON = 24, 7


def windows(seed: int, gaps: bool = False) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    z = np.cumsum(random.normal(size=(6, ROWS)), axis=1)
    z[3:] += 3 * np.tile(random.normal(size=4), ROWS // 4)
    seen = random.random(z.shape) > 0.2 if gaps else np.ones(z.shape, bool)
    return z, seen


def by_hand(z: np.ndarray, seen: np.ndarray, season: int) -> list[tuple[float, float]]:
    """One window, number by number, as Hyndman et al. 2008 write it: section 2.5, AICc and table
    6.1; mean and deviation of each step."""
    form, constants = candidates()
    first = problem_of(z[None], seen[None], np.ones((1, len(z)), bool), season)
    found, criteria = [], []
    variances = []
    for f, (alpha, beta, phi, gamma) in zip(form, constants, strict=True):
        trend, seasonal = FORMS[f]
        level = first.line[0, 0] if trend else first.level[0]
        slope = first.line[0, 1] if trend else 0.0
        season_of = [each * seasonal for each in first.phases[0]]
        square = 0.0
        for t, value in enumerate(z):
            before = level + phi * slope
            error = value - before - season_of[t % season] if seen[t] else 0.0
            level, slope = before + alpha * error, phi * slope + alpha * beta * error
            season_of[t % season] += (1 - alpha) * gamma * error
            square += error**2
        n, k = int(seen.sum()), 3 + 3 * trend + season * seasonal
        allowed = n - k - 1 > 0 and (not seasonal or first.phases.any())
        criterion = n * math.log(square / n) + 2 * k + 2 * k * (k + 1) / max(n - k - 1, 1)
        criteria.append(criterion if allowed else math.inf)
        ahead, drift = [], 0.0
        for j in range(HORIZON):
            drift += phi ** (j + 1) * slope
            ahead.append(level + drift + season_of[(len(z) + j) % season])
        found.append(ahead)
        variance, grown, ahead = square / max(n - k + 1, n / 2), 1.0, []
        for j in range(HORIZON):
            ahead.append(variance * grown)
            trended = sum(phi**i for i in range(1, j + 2))
            moved = alpha + alpha * beta * trended
            moved += (1 - alpha) * gamma if (j + 1) % season == 0 else 0.0
            grown += moved**2
        variances.append(ahead)
    weight = [math.exp((min(criteria) - each) / 2) for each in criteria]

    def mean(each: list[list[float]], j: int) -> float:
        return sum(w * ahead[j] for w, ahead in zip(weight, each, strict=True)) / sum(weight)

    return [(mean(found, j), math.sqrt(mean(variances, j))) for j in range(HORIZON)]


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("season", [1, 4, 12])
def test_it_is_the_mean_that_the_book_gives(season: int, gaps: bool) -> None:
    z, seen = windows(season, gaps)
    expected = [by_hand(*each, season) for each in zip(z, seen, strict=True)]
    found = np.stack(smoothed(z, seen, HORIZON, season), axis=2)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("season", [1, 4])
def test_it_goes_with_units_and_knows_no_company(season: int) -> None:
    z, seen = windows(5, gaps=True)
    found = smoothed(z, seen, HORIZON, season)
    other = smoothed(8 * z - 3, seen, HORIZON, season)
    np.testing.assert_allclose(other.mean, 8 * found.mean - 3, rtol=1e-9)
    np.testing.assert_allclose(other.deviation, 8 * found.deviation, rtol=1e-9)
    for i in range(len(z)):
        alone = smoothed(z[i : i + 1], seen[i : i + 1], HORIZON, season)
        np.testing.assert_array_equal(found.mean[i], alone.mean[0])
        np.testing.assert_array_equal(found.deviation[i], alone.deviation[0])


def test_few_values_are_a_level_and_none_are_all_that_was_filled_in() -> None:
    z, seen = windows(7)
    few = np.zeros_like(seen)
    few[:, -2:] = True
    level = smoothed(z, few, HORIZON, 4).mean
    np.testing.assert_array_equal(level, np.repeat(level[:, :1], HORIZON, axis=1))
    none = smoothed(z, np.zeros_like(seen), HORIZON, 4)
    np.testing.assert_array_equal(none, smoothed(z, seen, HORIZON, 4))


def test_its_intervals_hold_what_they_say_of_what_it_is_true_of() -> None:
    """Levels that wander, 1,000 windows: 80 % to three standard errors and what the grid is off."""
    random = np.random.default_rng(8)
    errors = random.normal(size=(1000, 60 + HORIZON))
    before = np.cumsum(errors, axis=1) - errors
    y = 0.4 * before + errors  # (A,N,N) with alpha 0.4
    z = y[:, :60]
    low, high = np.moveaxis(smoothed(z, z == z, HORIZON, 1).at((0.1, 0.9)), 2, 0)
    held = ((y[:, 60:] >= low) & (y[:, 60:] <= high)).mean(axis=0)
    assert np.abs(held - 0.8).max() < 3 * (0.8 * 0.2 / 1000) ** 0.5 + 0.02
