"""What a seasonal autoregression makes of a window: what a forecast leans on, beside the network,
where rows repeat by two seasons, such as a day of m rows and a week of M.

    z(t) ≈ a + b z(t − m) + c z(t − M) + n(t),        n(t) ≈ r n(t − 1)

The four are found by least squares, the newest rows weighing most, for each window from its own
rows alone. The network, which has learnt from all series what mix of the past is usual, does not
learn to mix this in, and so it errs in a way of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .normal import Normal, total

Array = NDArray[Any]

KEEP = 0.8
"""The weight of a row beside that of the same row a season later."""
PRIOR = 1.0
"""So many rows, whose regressors vary as much as the window does, say that b is 1 and c is 0."""
SURE = 0.01
"""So many rows say that errors are as large as the window's deviation, and that r is 0."""
FLAT = 1e-20
"""A window whose variance is not more is flat, but for rounding: its unit is 1."""
CHOSEN = 3
"""Numbers that are chosen for a window, by which its errors are too small."""
LASTING = 0.98
"""r, at most."""
BEYOND = 0.5
"""A forecast is no further outside of the window's values than this share of how far they lie
apart."""


def weights(rows: int, season: int, long_season: int) -> Array:
    """``[R − M]``, of the rows that are regressed on those before; 1 in the mean."""
    kept = KEEP ** (np.arange(rows - long_season)[::-1] / season)
    found: Array = kept / kept.mean()
    return found


def autoregressed(z: Array, seen: Array, horizon: int, season: int, long_season: int) -> Normal:
    """What comes after k windows, each regressed for itself.

    Args:
        z: ``[k, R]``, in units of the window, missing values filled; more rows than M.
        seen: ``[k, R]``, whether a value was observed; if too few were, the season before is all
            that comes.
        horizon: steps ahead, h.
        season: m rows, 2 at least.
        long_season: M rows, more than m.

    Example:
        >>> z = np.tile([1.0, 2.0, 1.0, 2.0, -3.0, -3.0], 12)[None]
        >>> autoregressed(z, z == z, 6, 2, 6).mean.round().tolist()
        [[1.0, 2.0, 1.0, 2.0, -3.0, -3.0]]
    """
    k, rows = z.shape
    m, M = season, long_season
    z = z.astype(np.float64)
    level = total(z) / rows
    unit = total((z - level[:, None]) ** 2) / rows
    unit = np.where(unit > FLAT, unit, 1.0)
    y, x, long = z[:, M:], z[:, M - m : rows - m], z[:, : rows - M]
    weight = weights(rows, m, M) * (seen[:, M:] & seen[:, M - m : rows - m])
    count = total(weight)
    means = [total(weight * each) / np.maximum(count, SURE) for each in (y, x, long)]
    y, x, long = (each - mean[:, None] for each, mean in zip((y, x, long), means, strict=True))
    prior = PRIOR * unit
    xx, ll = (total(weight * each * each) + prior for each in (x, long))
    xy, xl, ly = total(weight * x * y) + prior, total(weight * x * long), total(weight * long * y)
    room = xx * ll - xl * xl
    b, c = (xy * ll - ly * xl) / room, (ly * xx - xy * xl) / room
    a, b, c = ((means[0] - b * means[1] - c * means[2])[:, None], b[:, None], c[:, None])
    error = y - b * x - c * long
    before = weight[:, 1:] * error[:, :-1]
    r = total(before * error[:, 1:]) / (total(before * error[:, :-1]) + SURE * unit)
    left = np.clip(r, 0, LASTING)[:, None] ** np.arange(1, m + 1)
    variance = total(weight * error**2) + SURE * unit
    variance = (variance / (np.maximum(count - CHOSEN, count / 2) + SURE))[:, None]
    room_left = BEYOND * np.ptp(z, axis=1, keepdims=True)
    low, high = z.min(1, keepdims=True) - room_left, z.max(1, keepdims=True) + room_left
    ahead, spread = z, []
    moves, squares = [np.ones((k, 1))], np.zeros((k, 1))
    for season_ahead in range(-(-horizon // m)):
        end = ahead.shape[1]
        found = a + b * ahead[:, end - m :] + c * ahead[:, end - M : end - M + m]
        if season_ahead == 0:
            found = found + left * np.where(weight[:, -1:] > 0, error[:, -1:], 0)
        ahead = np.concatenate([ahead, np.clip(found, low, high)], axis=1)
        # an error of one row moves those that follow by whole seasons
        spread.append(variance * (squares + moves[-1] ** 2 * (1 - left**2)))
        squares = squares + moves[-1] ** 2
        again = moves[-(M // m)] if len(moves) >= M // m else 0.0
        moves.append(np.clip(b * moves[-1] + c * again, -1, 1))
    mean = np.ascontiguousarray(ahead[:, rows : rows + horizon])
    return Normal(mean, np.sqrt(np.concatenate(spread, axis=1)[:, :horizon]))
