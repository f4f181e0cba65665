"""Theta of a window, its season shrunken, and how much it counts beside smoothing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tidegate.forecast.smoothed import smoothed
from tidegate.forecast.theta import CONSTANTS, share, shrunken, theta

HORIZON = 9


def windows(rows: int, season: int, gaps: bool = False) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(rows + season)
    z = np.cumsum(random.normal(size=(5, rows)), axis=1) + 0.2 * np.arange(rows)
    z += 3 * random.normal(size=season)[np.arange(rows) % season]
    seen = random.random(z.shape) > 0.2 if gaps else np.ones(z.shape, bool)
    return z, seen


def season_by_hand(z: list[float], seen: list[bool], m: int) -> list[float]:
    rows, half = len(z), m // 2
    beside: list[list[float]] = [[] for _ in range(m)]
    for t in range(half, rows - half):
        if m % 2:
            trend = sum(z[t - half : t + half + 1]) / m
        else:
            inner = sum(z[t - half + 1 : t + half])
            trend = (inner + (z[t - half] + z[t + half]) / 2) / m
        if seen[t]:
            beside[(t - rows) % m].append(z[t] - trend)
    if min(map(len, beside)) < 2:
        return [0.0] * m
    means = [sum(each) / len(each) for each in beside]
    spread = sum((x - a) ** 2 for each, a in zip(beside, means, strict=True) for x in each)
    count = sum(map(len, beside))
    chance = spread / (count - m) / (count / m)
    means = [each - sum(means) / m for each in means]
    size = sum(each**2 for each in means) / (m - 1)
    return [each * max(1 - chance / size, 0) for each in means]


def by_hand(z: list[float], seen: list[bool], m: int) -> tuple[list[float], float]:
    rows, shape = len(z), season_by_hand(z, seen, m)
    left = [z[t] - shape[(t - rows) % m] for t in range(rows)]
    known = [t for t in range(rows) if seen[t]]
    slope, start = np.polyfit(known, [left[t] for t in known], 1)
    far = [2 * left[t] - (start + slope * t) for t in range(rows)]
    levels, squares = [], []
    for constant in CONSTANTS:
        level, square = far[known[0]], 0.0
        for t in known[1:]:
            error = far[t] - level
            level, square = level + constant * error, square + (error / 2) ** 2
        levels.append(level)
        squares.append(square)
    room = len(known) - 1
    criteria = [room * math.log(square / room) for square in squares]
    weight = np.exp([(min(criteria) - each) / 2 for each in criteria])
    weight = weight / weight.sum()
    now = (weight @ levels + start + slope * (rows - 1)) / 2
    ahead = [now + slope / 2 * (j + 1) + shape[j % m] for j in range(HORIZON)]
    return ahead, float(weight @ squares)


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize(("rows", "season"), [(60, 12), (24, 4), (31, 7), (26, 13), (9, 6)])
def test_it_is_what_comes_out_number_by_number(rows: int, season: int, gaps: bool) -> None:
    z, seen = windows(rows, season, gaps)
    mean, square = theta(z, seen, HORIZON, season)
    for i in range(len(z)):
        ahead, errors = by_hand(z[i].tolist(), seen[i].tolist(), season)
        # sums of up to 60 numbers, in another order
        np.testing.assert_allclose(mean[i], ahead, rtol=1e-9, atol=1e-9)
        assert square[i] == pytest.approx(errors, rel=1e-9)


def test_a_season_that_chance_brings_is_hardly_taken_off() -> None:
    random = np.random.default_rng(0)
    noise, wave = random.normal(size=(200, 60)), np.sin(np.pi / 6 * np.arange(60))
    every = np.ones(noise.shape)
    of_noise, of_both = shrunken(noise, every, 12), shrunken(noise + 4 * wave, every, 12)
    # five values of each phase: a mean of them varies by .2, the season of chance by as much
    assert of_noise.var() < 0.05
    assert np.abs(of_both.mean(axis=0) - 4 * wave[:12]).max() < 0.2
    once = np.ones((1, 60))
    once[:, 20:] = 0  # one year of twenty months, less half a year at both ends
    assert not shrunken(noise[:1] + 4 * wave, once, 12).any()


def test_it_counts_as_it_fits_beside_smoothing() -> None:
    found = share(np.array([1.0, 2.0, 0.5, 0.0, 1.0]), np.array([1.0, 1.0, 1.0, 0.0, 0.0]))
    np.testing.assert_allclose(found, [1 / 2, 1 / 33, 32 / 33, 1 / 2, 0], atol=1e-12)
    z, seen = windows(60, 12)
    alone, both = smoothed(z, seen, HORIZON, 12), smoothed(z, seen, HORIZON, 12, True)
    other = theta(z, seen, HORIZON, 12)[0]
    np.testing.assert_array_equal(alone.deviation, both.deviation)
    part = (both.mean - alone.mean) / (other - alone.mean)
    assert (part > 0).all() and (part < 1).all() and np.ptp(part, axis=1).max() < 1e-6


def test_what_it_says_of_a_window_does_not_depend_on_others() -> None:
    z, seen = windows(60, 12, gaps=True)
    together = smoothed(z, seen, HORIZON, 12, True).mean
    for i in range(len(z)):
        alone = smoothed(z[i : i + 1], seen[i : i + 1], HORIZON, 12, True).mean
        np.testing.assert_array_equal(alone[0], together[i])


def test_windows_of_little_or_nothing_have_numbers() -> None:
    z, seen = np.zeros((4, 24)), np.zeros((4, 24), bool)
    z[1:] = windows(24, 4)[0][:3]
    seen[2, -1] = seen[3, -3:] = True
    for horizon in (1, 30):
        found = smoothed(z, seen, horizon, 4, True)
        assert np.isfinite(found.mean).all() and np.isfinite(found.deviation).all()
