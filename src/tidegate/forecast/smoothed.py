"""What exponential smoothing makes of a window: what a forecast leans on, beside the network.

A few dozen constants of the forms of `rules.smoothing` are run over the rows of the window, and
each counts for as much as Akaike's criterion says it is likely (Burnham and Anderson 2002): a mean
over them is steadier than the best one, and nothing is searched for. It is made of the window's own
rows alone, in its units, as the paths are; but the network does not learn to mix it, and so it errs
in a way of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .rules.smoothing import FORMS, Parameters, aicc, candidates, problem_of, run

Array = NDArray[Any]


def smoothed(z: Array, seen: Array, horizon: int, season: int) -> Array:
    """What comes after k windows, each smoothed for itself.

    Args:
        z: ``[k, rows]``, missing values filled.
        seen: ``[k, rows]``, whether a value was observed; if none was, all count.
        horizon: steps ahead, h.
        season: rows, 1 for none; at least so many rows.

    Returns:
        ``[k, h]``

    Example:
        >>> z = np.tile([1.0, -1.0], 8)[None]
        >>> smoothed(z, z == z, 4, 2).round(3).tolist()
        [[1.0, -1.0, 1.0, -1.0]]
    """
    k, rows = z.shape
    form, constants = candidates()
    seen = seen | ~seen.any(axis=1, keepdims=True)
    problem = problem_of(z.astype(np.float64), seen, np.ones_like(seen), season)
    trend, seasonal = np.array(FORMS)[form].T
    each = np.broadcast_to(constants.T[:, None], (4, k, len(form)))
    square, state = run(problem, Parameters(*each), problem.start(trend, seasonal))
    weight = likely(aicc(problem, form, square), form)
    ahead = np.arange(horizon)
    phases = _total(weight * state.season).T  # [k, m]
    found: Array = _total(weight * state.level)[:, None] + phases[:, (rows + ahead) % season]
    drift, phi = weight * state.trend, constants[:, 2]
    for left in np.unique(phi[trend]):
        damped = np.cumsum(left ** (ahead + 1))
        found += _total(drift[:, phi == left])[:, None] * damped
    return found


def _total(x: Array) -> Array:
    """Sums along the last axis, in one order however many windows lie beside: NumPy's follows how
    an array lies in memory."""
    total: Array = np.ascontiguousarray(x).sum(axis=-1)
    return total


def likely(criterion: Array, form: Array) -> Array:
    """``[k, C]``, how likely each candidate is, 1 in all; of rows too few for any, the levels."""
    least = criterion.min(axis=1, keepdims=True)
    criterion = np.where(np.isinf(least), np.where(form == 0, 0.0, np.inf), criterion)
    weight: Array = np.exp((criterion.min(axis=1, keepdims=True) - criterion) / 2)
    weight /= weight.sum(axis=1, keepdims=True)
    return weight
