"""Which way to forecast a table: a baseline, or a network with one cell or another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from numpy.typing import NDArray

from ..data import oldest
from ..data.series import Series
from ..train import History
from ..train.progress import Listener
from ..train.several import at_once, side_by_side
from .backtest import Ahead, Backtest, backtest
from .choice import Choice, choose
from .members import Members, learn_members
from .planner import Planner
from .simple import Simple

Array = NDArray[Any]
Answers: TypeAlias = Members | Simple
"""What a fitted forecaster asks."""

CELLS = ("rnn", "gru", "lstm")
"""The cells that are tried, the simplest first."""


class Outcome(NamedTuple):
    """What was learnt."""

    answers: Answers
    history: History | None
    """Of the first network; None for a baseline."""
    choice: Choice | None
    """What was picked, and by how much; None where there was no choice."""


@dataclass(frozen=True)
class Learner:
    """All that decides what is learnt, but for the rows."""

    planner: Planner
    series: Series
    auto: bool = False
    """Whether to pick a cell or a baseline first; the planner's cell then counts for nothing."""
    n_jobs: int | None = None
    progress: bool | Listener | None = None
    """As for `train.fit`."""

    def learn(self, known: Array) -> Outcome:
        """From the first ``known`` rows of each series, ``[n]``: they alone decide the plan too.

        Raises:
            DataError: if no series is long enough.
        """
        plan, choice = self.planner.plan(oldest(self.series, known)), None
        if self.auto:
            choice = self.pick(known)
            if choice.name.lower() not in CELLS:
                plan = replace(plan, season=self.season(known))
                return Outcome(Simple(choice.name, plan, known), None, choice)
            plan = replace(plan, cell=choice.name.lower())
        answers, history = learn_members(
            plan,
            self.series,
            known,
            self.n_jobs,
            self.progress,
            earlier=self.planner.plan,
        )
        return Outcome(answers, history, choice)

    def ahead(self, known: Array) -> Ahead:
        """The same, as a backtest asks for it.

        Raises:
            KeyboardInterrupt: after Ctrl-C.
        """
        answers, history, _ = self.learn(known)
        if history is not None and history.stopped == "interrupted":
            raise KeyboardInterrupt
        return lambda which, cut, grid: answers.forecast(self.series, which, cut, grid)

    def pick(self, known: Array) -> Choice:
        """The way to forecast that did best on the last windows of what is known.

        Raises:
            DataError: if no series is long enough to hold a window out of it.
            KeyboardInterrupt: after Ctrl-C.
        """
        part = oldest(self.series, known)

        def test(cell: str, tell: bool | Listener | None) -> Backtest:
            single = Learner(replace(self.planner, cell=cell, members=1), part, progress=tell)
            # the baselines are looked at once, beside the first cell
            return single.test(None if cell == CELLS[0] else ("naive",))

        most = at_once(self.planner.hidden, len(CELLS))
        tests = [partial(test, cell) for cell in CELLS]
        tried, ended = side_by_side(tests, most, self.progress, lambda each: History())
        if ended:
            raise KeyboardInterrupt
        return choose(tried)

    def season(self, known: Array) -> int:
        """Rows in a season of baselines, by the first ``known`` rows of each series, ``[n]``."""
        return self.planner.usual_season(oldest(self.series, known))

    def test(self, names: tuple[str, ...] | None) -> Backtest:
        """A backtest with one training, beside some baselines; None for all."""
        return backtest(
            self.ahead,
            self.series,
            self.planner.horizon,
            self.season,
            model=self.planner.cell.upper(),
            needed=self.planner.needed(self.series),
            names=names,
        )
