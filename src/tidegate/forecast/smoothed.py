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

from .normal import Normal, total
from .rules.smoothing import FORMS, Parameters, aicc, candidates, numbers_of, problem_of, run
from .theta import share, theta

Array = NDArray[Any]


def smoothed(
    z: Array, seen: Array, horizon: int, season: int, beside_theta: bool = False
) -> Normal:
    """What comes after k windows, each smoothed for itself.

    Args:
        z: ``[k, rows]``, missing values filled.
        seen: ``[k, rows]``, whether a value was observed; if none was, all count.
        horizon: steps ahead, h.
        season: rows, 1 for none; at least so many rows.
        beside_theta: whether the mean goes on to that of `theta.theta`, as far as that fits as
            well.

    Example:
        >>> z = np.tile([1.0, -1.0], 8)[None]
        >>> smoothed(z, z == z, 4, 2).mean.round(3).tolist()
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
    phases = total(weight * state.season).T  # [k, m]
    found: Array = total(weight * state.level)[:, None] + phases[:, (rows + ahead) % season]
    drift, phi = weight * state.trend, constants[:, 2]
    for left in np.unique(phi[trend]):
        damped = np.cumsum(left ** (ahead + 1))
        found += total(drift[:, phi == left])[:, None] * damped
    if beside_theta:
        other, errors = theta(z.astype(np.float64), seen, horizon, season)
        found += share(errors, total(weight * square))[:, None] * (other - found)
    variance = weight * square / freedom(seen.sum(axis=1)[:, None], form, season)
    grown = [total(variance * each) for each in growth(constants, horizon, season).T]
    return Normal(found, np.sqrt(np.stack(grown, axis=1)))


def freedom(count: Any, form: Array, season: int) -> Array:
    """``[.., C]``, what squared errors are divided by: the values, less what was chosen for each
    candidate, but half of them at the least."""
    chosen = numbers_of(form, season) - 1
    found: Array = np.maximum(np.maximum(count - chosen, count / 2), 1.0)
    return found


def growth(constants: Array, horizon: int, season: int) -> Array:
    """``[C, h]``, the variance of each step ahead over that of the first (Hyndman et al. 2008,
    table 6.1): an error moves the level, the trend and the phase of its season."""
    alpha, beta, phi, gamma = constants.T[..., None]
    step = np.arange(1, horizon)
    moved = alpha * (1 + beta * np.cumsum(phi**step, axis=1))
    moved = moved + (1 - alpha) * gamma * (step % season == 0)
    first = np.ones((len(constants), 1))
    return np.concatenate([first, 1 + np.cumsum(moved**2, axis=1)], axis=1)


def likely(criterion: Array, form: Array) -> Array:
    """``[k, C]``, how likely each candidate is, 1 in all; of rows too few for any, the levels."""
    least = criterion.min(axis=1, keepdims=True)
    criterion = np.where(np.isinf(least), np.where(form == 0, 0.0, np.inf), criterion)
    weight: Array = np.exp((criterion.min(axis=1, keepdims=True) - criterion) / 2)
    weight /= weight.sum(axis=1, keepdims=True)
    return weight
