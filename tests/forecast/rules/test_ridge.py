"""Ridge regression against its definition, and on series that obey a linear rule."""

from __future__ import annotations

import numpy as np

from tidegate.forecast.baselines import Panel, quantiles
from tidegate.forecast.rules.ridge import STRENGTHS, solve


def test_the_strength_has_the_least_cross_validation_error() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(30, 12)) @ random.normal(size=(12, 12))
    y = x @ random.normal(size=(12, 2)) + 8 * random.normal(size=(30, 2))
    weights = solve(x, y)
    centred, target = x - x.mean(axis=0), y - y.mean(axis=0)
    gram = centred.T @ centred
    unit = np.trace(gram) / 12 / 10
    for step in range(2):
        errors, found = [], []
        for strength in STRENGTHS * unit:
            inverse = np.linalg.inv(gram + strength * np.eye(12))
            hat = centred @ inverse @ centred.T
            left = target[:, step] - hat @ target[:, step]
            errors.append((left**2).sum() / (30 - 1 - np.trace(hat)) ** 2)
            found.append(inverse @ centred.T @ target[:, step])
        np.testing.assert_allclose(weights[:-1, step], found[int(np.argmin(errors))])
    np.testing.assert_allclose(weights[-1], y.mean(axis=0) - x.mean(axis=0) @ weights[:-1])


def test_a_linear_rule_is_learnt_from_all_series() -> None:
    # each value is 1.6 times the one before, less the one before that: a wave of its own phase
    step = 2 * np.pi * np.arange(60) / 9.76
    series = [np.sin(step + phase) * size + size for phase, size in ((0, 1), (1, 9), (2, 40))]
    values = np.concatenate(series)
    start, length = np.array([0, 60, 120]), np.full(3, 60)
    whole = Panel(values, start, length, np.full(3, 50))
    found = quantiles("ridge", whole, np.arange(3), np.full(3, 50), 6, 1, np.array([0.5]))[..., 0]
    actual = values[start[:, None] + 50 + np.arange(6)]
    # the windows' means and deviations shift a little: a hundredth of the wave
    assert (np.abs(found - actual).max(axis=1) < 0.03 * np.array([1, 9, 40])).all()


def test_one_window_or_none() -> None:
    whole = Panel(np.array([1.0, 2.0]), np.array([0]), np.array([2]), np.array([2]))
    found = quantiles("ridge", whole, np.array([0]), np.array([2]), 3, 1, np.array([0.5]))
    assert np.isfinite(found).all()


def test_nothing_is_learnt_from_how_large_later_values_are() -> None:
    random = np.random.default_rng(0)
    values = np.where(random.random(120) < 0.15, random.gamma(2, 2, 120), 0)
    later = np.concatenate([values[:100], 1000 * values[100:] + 1000])
    whole, known = np.array([120]), np.array([100])
    one, other = (
        quantiles(
            "ridge",
            Panel(each, np.array([0]), whole, known),
            np.array([0]),
            known,
            4,
            1,
            np.array([0.1, 0.5, 0.9]),
        )
        for each in (values, later)
    )
    assert one[..., 1].any()  # some of its newest lags are above 0
    np.testing.assert_array_equal(one, other)
