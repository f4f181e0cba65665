"""Exponential smoothing, its form chosen for each series.

A level, a trend that dies out or none, a season or none; added, or multiplied by way of logarithms
where all values are above 0. Hyndman, Koehler, Ord and Snyder, Forecasting with Exponential
Smoothing, 2008: the models (A,N,N), (A,Ad,N), (A,N,A) and (A,Ad,A), chosen by AICc.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .block import Ahead, Block
from .decompose import phases

Array = NDArray[Any]

ROUNDS = 6
"""Times that each parameter is tried above and below the best, by steps that halve."""
FIRST = 10
"""Values that the first level and trend are read from."""
ROWS = 1000
"""The newest values that parameters are chosen by."""
LOW, HIGH = np.array([1e-3, 1e-3, 0.8, 1e-3]), np.array([0.999, 0.999, 0.98, 0.999])
"""Of each parameter, see `Parameters`."""
TINY = 1e-20
"""A mean squared error below this is rounding: the values are about 1."""


class Parameters(NamedTuple):
    """The four constants, ``[b, C]`` each; whatever they are, from 0 to 1, the model is stable."""

    alpha: Array
    """Of the level."""
    beta: Array
    """Of the trend, as a share of alpha; 0 for none."""
    phi: Array
    """What is left of the trend after a step."""
    gamma: Array
    """Of the season, as a share of 1 − alpha; 0 for none."""


class State(NamedTuple):
    """What is known after a value."""

    level: Array
    """``[b, C]``"""
    trend: Array
    """``[b, C]``"""
    season: Array
    """``[m, b, C]``, of the phases; m is 1, and all is 0, where there is none."""


FORMS = ((False, False), (True, False), (False, True), (True, True))
"""Whether there is a trend, and whether there is a season."""


@dataclass(frozen=True)
class Problem:
    """b series, from which one form each is to be chosen."""

    y: Array
    """``[b, T]``, without NaN."""
    observed: Array
    """``[b, T]``, whether a value moves the state."""
    learnt: Array
    """``[b, T]``, whether an error counts."""
    phases: Array
    """``[b, m]``, the first seasons' pattern, 0 where none can be seen."""
    level: Array
    """``[b]``, the first one without a trend."""
    line: Array
    """``[b, 2]``, the first level and trend of a straight line."""

    def start(self, trend: Array, season: Array) -> State:
        """The first state of each form, ``trend`` and ``season`` being ``[C]`` flags."""
        level = np.where(trend, self.line[:, :1], self.level[:, None])
        slope = np.where(trend, self.line[:, 1:], 0.0)
        return State(level, slope, self.phases.T[:, :, None] * season)


def smoothing(block: Block, season: int) -> Ahead:
    """The form with the lowest AICc, its constants those of the least squared error."""
    skip = max(int(block.known.min()) - ROWS, 0)
    y, learnt = block.filled(season)[:, skip:], block.learnt[:, skip:]
    observed = ~np.isnan(block.y[:, skip:])
    plain = _choose(problem_of(y, observed, learnt, season))
    positive = np.where(learnt, y, 1).min(axis=1) > 0
    # what comes later may not be: it then moves nothing
    usable = observed & (y > 0)
    log = np.log(np.where(y > 0, y, 1))
    other = _choose(problem_of(log, usable, learnt, season))
    jacobian = 2 * np.where(learnt & observed, log, 0).sum(axis=1)
    logs = positive & (other.aicc + jacobian < plain.aicc)

    def ahead(row: Array, cut: Array, horizon: int) -> Array:
        forecast = plain.ahead(row, cut - skip, horizon)
        mine = logs[row]
        forecast[mine] = np.exp(other.ahead(row[mine], cut[mine] - skip, horizon))
        return forecast

    return ahead


def run(
    problem: Problem, parameters: Parameters, state: State, states: list[State] | None = None
) -> tuple[Array, State]:
    """The sum of squared errors, ``[b, C]``, and the state after the last value.

    With e = y − (l + φb + s), the state moves to l + φb + αe, φb + αβe and s + (1 − α)γe.

    Args:
        problem: b series.
        parameters: of C candidates for each.
        state: before the first value.
        states: if given, the state after each value is appended, with the season of its phase.
    """
    alpha, beta, phi, gamma = parameters
    for_trend, for_season = alpha * beta, (1 - alpha) * gamma
    level, trend = state.level + np.zeros_like(alpha), state.trend + np.zeros_like(alpha)
    season = state.season.copy()
    square, part = np.zeros_like(alpha), np.empty_like(alpha)
    m = len(season)
    moves = np.where(problem.observed, 1.0, 0.0)
    counts = np.where(problem.learnt, 1.0, 0.0)
    always: Array = np.asarray(problem.observed.all(axis=0))
    all_count: Array = np.asarray(problem.learnt.all(axis=0))
    for t in range(problem.y.shape[1]):
        # in place: many steps over arrays that fit the cache
        np.multiply(trend, phi, out=trend)
        np.add(level, trend, out=level)
        error = problem.y[:, t, None] - level
        error -= season[t % m]
        if not always[t]:
            error *= moves[:, t, None]
        for state_part, share in ((level, alpha), (trend, for_trend), (season[t % m], for_season)):
            np.multiply(share, error, out=part)
            state_part += part
        if not all_count[t]:
            error *= counts[:, t, None]
        error *= error
        square += error
        if states is not None:
            states.append(State(level.copy(), trend.copy(), season[t % m].copy()))
    return square, State(level, trend, season)


@dataclass(frozen=True)
class _Chosen:
    """The best form of each series, run over all its values."""

    aicc: Array
    """``[b]``"""
    phi: Array
    """``[b]``"""
    level: Array
    """``[T, b]``, as is the trend."""
    trend: Array
    season: Array
    """``[m + T, b]``, of the phase of each value, and the first of each phase before them."""
    period: int

    def ahead(self, row: Array, cut: Array, horizon: int) -> Array:
        step = np.arange(horizon)
        damped = np.cumsum(self.phi[row, None] ** (step + 1), axis=1)
        season = self.season[cut[:, None] + step % self.period, row[:, None]]
        before = cut - 1
        level, trend = self.level[before, row], self.trend[before, row]
        forecast: Array = level[:, None] + damped * trend[:, None] + season
        return forecast


def problem_of(y: Array, observed: Array, learnt: Array, season: int) -> Problem:
    """Where b series begin; arguments as `Problem` has them, and the rows of a season."""
    b, size = y.shape
    known = learnt.sum(axis=1)
    pattern = np.zeros((b, season))
    if season > 1 and (able := known >= 2 * season + 1).any():
        early = np.minimum(known[able], max(5 * season, FIRST))
        pattern[able] = phases(y[able], early, season, np.zeros(len(early), bool))
    rest = y - pattern[:, np.arange(size) % season]
    few = np.arange(size) < np.minimum(known, FIRST)[:, None]
    count = few.sum(axis=1)
    column = np.arange(size) - (count[:, None] - 1) / 2
    mean = np.where(few, rest, 0).sum(axis=1) / count
    spread = np.where(few, column**2, 0).sum(axis=1)
    slope = np.where(few, column * rest, 0).sum(axis=1) / np.where(spread > 0, spread, 1)
    line = np.stack([mean - slope * (count + 1) / 2, slope], axis=1)  # before the first value
    return Problem(y, observed, learnt, pattern, mean, line)


def _choose(problem: Problem) -> _Chosen:
    b, m = problem.phases.shape
    constants, aicc = _search(problem)
    best = np.argmin(aicc, axis=1)
    index = np.arange(b)
    parameters = Parameters(*constants[index, best].T[:, :, None])
    flags = np.array(FORMS)[best]
    start = problem.start(flags[:, :1], flags[:, 1:])
    states: list[State] = []
    run(problem, parameters, start, states)
    level, trend, season = (np.concatenate(part, axis=1).T for part in zip(*states, strict=True))
    season = np.concatenate([start.season[..., 0], season])
    return _Chosen(aicc[index, best], parameters.phi[:, 0], level, trend, season, m)


def numbers_of(form: Array, season: int) -> Array:
    """``[C]``, what is chosen for each candidate: constants, first state and variance."""
    trend, seasonal = np.array(FORMS)[form].T
    found: Array = 3 + 3 * trend + season * seasonal
    return found


def aicc(problem: Problem, form: Array, square: Array) -> Array:
    """Akaike's criterion, corrected for few values; infinity for a form that they do not allow.

    Args:
        problem: b series.
        form: ``[C]``, the number of each candidate's form.
        square: ``[b, C]``, its sum of squared errors.
    """
    _, season = np.array(FORMS)[form].T
    count = (problem.learnt & problem.observed).sum(axis=1)[:, None]
    number = numbers_of(form, problem.phases.shape[1])
    room = count - number - 1
    found = count * np.log(np.maximum(square / np.maximum(count, 1), TINY)) + 2 * number
    found = np.where(room > 0, found + 2 * number * (number + 1) / np.maximum(room, 1), np.inf)
    blank = ~np.any(problem.phases, axis=1)
    return np.where(season & blank[:, None], np.inf, found)


def _search(problem: Problem) -> tuple[Array, Array]:
    """The best constants of each form, ``[b, forms, 4]``, and its AICc, ``[b, forms]``."""
    b = len(problem.y)
    form, grid = candidates()
    square = _squares(problem, form, np.broadcast_to(grid, (b, *grid.shape)))
    constants, least = np.empty((b, len(FORMS), 4)), np.empty((b, len(FORMS)))
    for f in range(len(FORMS)):
        mine = np.flatnonzero(form == f)
        first = mine[np.argmin(square[:, mine], axis=1)]
        constants[:, f], least[:, f] = grid[first], square[np.arange(b), first]
    form, direction = _directions()
    step = np.array([0.15, 0.15, 0.04, 0.15])
    for _ in range(ROUNDS):
        tried = np.clip(constants[:, form] + direction * step, LOW, HIGH)
        tried = np.where(direction == 0, constants[:, form], tried)
        square = _squares(problem, form, tried)
        for f in range(len(FORMS)):
            mine = np.flatnonzero(form == f)
            first = mine[np.argmin(square[:, mine], axis=1)]
            found = square[np.arange(b), first]
            better = found < least[:, f]
            constants[better, f], least[better, f] = tried[better, first[better]], found[better]
        step = step / 2
    return constants, aicc(problem, np.arange(len(FORMS)), least)


def _squares(problem: Problem, form: Array, constants: Array) -> Array:
    """The sum of squared errors of candidates ``[C]``, ``[b, C]``."""
    trend, season = np.array(FORMS)[form].T
    parameters = Parameters(*np.ascontiguousarray(np.moveaxis(constants, -1, 0)))
    return run(problem, parameters, problem.start(trend, season))[0]


def candidates() -> tuple[Array, Array]:
    """Candidates to begin with: the number of each one's form ``[C]``, its constants ``[C, 4]``."""
    rows = []
    for f, (trend, season) in enumerate(FORMS):
        for alpha, beta, phi, gamma in product(
            (0.05, 0.2, 0.5, 0.9) if trend or season else (0.05, 0.2, 0.4, 0.6, 0.8, 0.99),
            (0.05, 0.3) if trend else (0.0,),
            (0.9, 0.97) if trend and not season else (0.95,) if trend else (0.0,),
            (0.05, 0.3) if season else (0.0,),
        ):
            rows.append((f, alpha, beta, phi, gamma))
    table = np.array(rows)
    return table[:, 0].astype(np.int64), table[:, 1:]


def _directions() -> tuple[Array, Array]:
    """Each constant of each form, up and down: the form ``[C]``, and the direction ``[C, 4]``."""
    rows = []
    for f, (trend, season) in enumerate(FORMS):
        for place, used in enumerate((True, trend, trend, season)):
            if used:
                for side in (1.0, -1.0):
                    rows.append((f, *(side * (np.arange(4) == place))))
    table = np.array(rows)
    return table[:, 0].astype(np.int64), table[:, 1:]
