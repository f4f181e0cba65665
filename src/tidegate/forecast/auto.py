"""Which way to forecast a table: a baseline, or a network with one cell or another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..data.series import Series
from ..train import History
from ..train.progress import Listener
from .backtest import Ahead, Backtest, backtest
from .choice import Choice, choose
from .members import Members, learn_members
from .plan import Plan
from .simple import Simple

Array = NDArray[Any]
Answers: TypeAlias = Members | Simple
"""What a fitted forecaster asks."""

CELLS = ("rnn", "gru", "lstm")
"""The cells that are tried, the simplest first."""


def pick(
    plan: Plan, series: Series, known: Array, progress: bool | Listener | None = None
) -> Choice:
    """The way to forecast that did best on the last windows of what is known.

    Args:
        plan: of the networks, with any cell.
        series, known, progress: as for `learn`.

    Raises:
        DataError: if no series is long enough to hold a window out of it.
        KeyboardInterrupt: after Ctrl-C.
    """
    part = oldest(series, known)
    tried = []
    for cell in CELLS:
        fit = fitter(replace(plan, cell=cell), part, 1, None, progress)
        tried.append(
            tested(fit, plan, part, cell.upper(), None if cell == CELLS[0] else ("naive",))
        )
    return choose(tried)


def fitter(
    plan: Plan,
    series: Series,
    count: int,
    n_jobs: int | None,
    progress: bool | Listener | None = None,
) -> Callable[[Array], Ahead]:
    """What a backtest asks to learn: networks of one cell, ``count`` of them."""

    def fit(known: Array) -> Ahead:
        members, history = learn_members(plan, series, known, count, n_jobs, progress)
        if history.stopped == "interrupted":
            raise KeyboardInterrupt
        return lambda which, cut, grid: members.forecast(series, which, cut, grid)

    return fit


def learn_picked(
    choice: Choice,
    plan: Plan,
    series: Series,
    known: Array,
    count: int = 1,
    n_jobs: int | None = None,
    progress: bool | Listener | None = None,
) -> tuple[Answers, History | None]:
    """What was picked, learnt from all that is known; no history for a baseline."""
    if choice.name.lower() not in CELLS:
        return Simple(choice.name, plan, known), None
    chosen = replace(plan, cell=choice.name.lower())
    return learn_members(chosen, series, known, count, n_jobs, progress)


def tested(
    fit: Callable[[Array], Ahead],
    plan: Plan,
    series: Series,
    name: str,
    names: tuple[str, ...] | None,
) -> Backtest:
    """A backtest with one training."""
    return backtest(
        fit, series, plan.horizon, plan.season, model=name, needed=plan.needed, names=names
    )


def oldest(series: Series, known: Array) -> Series:
    """The same series, each with its first ``known`` rows only, ``[n]``."""
    if np.array_equal(known, series.length):
        return series
    start = np.cumsum(known) - known
    row = np.repeat(series.start - start, known) + np.arange(known.sum())
    return replace(
        series,
        values=series.values[row],
        time=series.time[row],
        future=series.future[row],
        past=series.past[row],
        start=start,
        length=known,
    )
