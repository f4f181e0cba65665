"""A window regressed on the season before and the longer season before."""

from __future__ import annotations

import numpy as np
import pytest

from tidegate.forecast.autoregressed import (
    BEYOND,
    CHOSEN,
    KEEP,
    LASTING,
    PRIOR,
    SURE,
    autoregressed,
)

M, LONG, ROWS = 4, 12, 36


def windows(seed: int, gaps: bool = False) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    z = np.cumsum(random.normal(size=(6, ROWS)), axis=1)
    z[2:] += 3 * np.tile(random.normal(size=M), ROWS // M)
    z[4:] += 3 * np.tile(random.normal(size=LONG), ROWS // LONG)
    seen = random.random(z.shape) > 0.2 if gaps else np.ones(z.shape, bool)
    return z, seen


def by_hand(z: np.ndarray, seen: np.ndarray, horizon: int) -> tuple[list[float], list[float]]:
    """One window, number by number, the regression by a general solver; mean and deviation of each
    step."""
    n = len(z)
    rows = np.arange(LONG, n)
    weight = np.array([KEEP ** ((n - 1 - t) / M) for t in rows])
    weight = weight / weight.mean() * (seen[rows] & seen[rows - M])
    unit, design = z.var(), np.stack([z[rows - M], z[rows - LONG]], axis=1)
    mean_x, mean_y = (np.average(v, axis=0, weights=weight) for v in (design, z[rows]))
    # what is known before, as rows of its own
    more = np.sqrt(PRIOR * unit) * np.eye(2)
    left = np.concatenate([np.sqrt(weight)[:, None] * (design - mean_x), more])
    right = np.concatenate([np.sqrt(weight) * (z[rows] - mean_y), more[0]])
    slopes = np.linalg.lstsq(left, right, rcond=None)[0]
    error = z[rows] - mean_y - (design - mean_x) @ slopes
    pairs = list(zip(weight[1:], error[:-1], error[1:], strict=True))
    r = sum(w * a * b for w, a, b in pairs) / (sum(w * a * a for w, a, _ in pairs) + SURE * unit)
    r = min(max(r, 0.0), LASTING)
    count = weight.sum()
    variance = (weight @ error**2 + SURE * unit) / (max(count - CHOSEN, count / 2) + SURE)
    room = BEYOND * (z.max() - z.min())
    values, moves, deviation = list(z), [1.0], []
    for j in range(horizon):
        found = mean_y + (values[n + j - M] - mean_x[0]) * slopes[0]
        found += (values[n + j - LONG] - mean_x[1]) * slopes[1]
        if j < M and weight[-1] > 0:
            found += r ** (j + 1) * error[-1]
        values.append(min(max(found, z.min() - room), z.max() + room))
        season = j // M
        if season == len(moves):
            before = slopes[1] * moves[-(LONG // M)] if season >= LONG // M else 0.0
            moves.append(min(max(slopes[0] * moves[-1] + before, -1.0), 1.0))
        fresh = 1 - r ** (2 * (j % M + 1))
        square = sum(m**2 for m in moves[:season]) + moves[season] ** 2 * fresh
        deviation.append(np.sqrt(variance * square))
    return values[n:], deviation


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("horizon", [1, 3, 9, 20])
def test_it_is_what_least_squares_give(horizon: int, gaps: bool) -> None:
    z, seen = windows(horizon, gaps)
    found = autoregressed(z, seen, horizon, M, LONG)
    for i in range(len(z)):
        mean, deviation = by_hand(z[i], seen[i], horizon)
        np.testing.assert_allclose(found.mean[i], mean, rtol=1e-9)
        np.testing.assert_allclose(found.deviation[i], deviation, rtol=1e-9)


def test_it_goes_with_units_and_knows_no_company() -> None:
    z, seen = windows(5, gaps=True)
    found = autoregressed(z, seen, 7, M, LONG)
    other = autoregressed(8 * z - 3, seen, 7, M, LONG)
    np.testing.assert_allclose(other.mean, 8 * found.mean - 3, rtol=1e-9)
    np.testing.assert_allclose(other.deviation, 8 * found.deviation, rtol=1e-9)
    for i in range(len(z)):
        alone = autoregressed(z[i : i + 1], seen[i : i + 1], 7, M, LONG)
        np.testing.assert_array_equal(found.mean[i], alone.mean[0])
        np.testing.assert_array_equal(found.deviation[i], alone.deviation[0])


def test_of_too_few_rows_the_season_before_comes_again() -> None:
    z, seen = windows(7)
    seen[:, : LONG + M] = False
    seen[:, LONG + M :: 2] = False  # no row and the one a season before, M being even
    seen[:, LONG + M + 1 :: 4] = False
    seen = seen & np.roll(~seen, M, axis=1)
    found = autoregressed(z, seen, 6, M, LONG)
    np.testing.assert_allclose(found.mean, z[:, ROWS - M + np.arange(6) % M], rtol=1e-9)
    assert np.isfinite(found.deviation).all()
    flat = autoregressed(np.ones((1, ROWS)), np.ones((1, ROWS), bool), 6, M, LONG)
    np.testing.assert_array_equal(flat.mean, 1.0)
    assert (flat.deviation < 0.1).all()


def test_what_would_grow_without_end_ends() -> None:
    z = 1.4 ** np.arange(ROWS)[None]
    found = autoregressed(z, z == z, 400, M, LONG)
    assert found.mean.max() <= z.max() + BEYOND * np.ptp(z)
    assert np.isfinite(found.deviation).all()


def test_its_intervals_hold_what_they_say_of_what_it_is_true_of() -> None:
    """1,000 windows whose rows are as it says; 80 % to three standard errors and what the numbers
    chosen for each window are off."""
    random = np.random.default_rng(8)
    rows, horizon, start = 96, 8, 200
    noise = random.normal(size=(1000, start + rows + horizon))
    for t in range(1, noise.shape[1]):
        noise[:, t] += 0.6 * noise[:, t - 1]
    y = noise.copy()
    for t in range(LONG, y.shape[1]):
        y[:, t] += 0.3 * y[:, t - M] + 0.5 * y[:, t - LONG]
    z = y[:, start : start + rows]
    low, high = np.moveaxis(autoregressed(z, z == z, horizon, M, LONG).at((0.1, 0.9)), 2, 0)
    after = y[:, start + rows :]
    held = ((after >= low) & (after <= high)).mean(axis=0)
    assert np.abs(held - 0.8).max() < 3 * (0.8 * 0.2 / 1000) ** 0.5 + 0.06, held
