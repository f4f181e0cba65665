"""A search over few settings, by backtest, with Optuna."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from typing import Any

import numpy as np

from ..data import oldest
from ..data.series import Series
from ..errors import ArgumentError
from ..network import checks
from .auto import Learner
from .held import Held
from .metrics import by_series, mean
from .planner import Planner

CELLS = ("gru", "lstm")
HIDDEN = (32, 64, 128, 256)
RATES = 1e-3, 1e-2
"""Learning rates, from and to."""
SEASONS = (0.5, 1.0, 2.0)
"""Of the usual window."""
UPDATES = (0.5, 1.0, 2.0)
"""Of the usual number."""


@dataclass(frozen=True)
class Trial:
    """One try: settings, and how it did."""

    cell: str
    hidden: int
    window: int
    updates: int
    learning_rate: float
    loss: float
    """Pinball loss over the windows held out, in the units of the verdict; lower is better."""

    def to_json(self) -> dict[str, Any]:
        """A dict of plain words and numbers."""
        return asdict(self)


def search(
    planner: Planner,
    series: Series,
    trials: int,
    timeout: float | None,
    n_jobs: int | None,
    tell: Callable[[Trial], None] = lambda trial: None,
) -> tuple[Planner, tuple[Trial, ...]]:
    """The best settings that were found, and all that was tried, in order.

    The first try is the plan as it is, so the result is no worse on the windows held out. Searched
    are the cell, the units, the window, the number of updates and the learning rate, by Optuna's
    tree of Parzen estimators, with the planner's seed. What is usual is seen from the rows before
    these windows.

    Args:
        planner: where to start.
        series: what to forecast; the last windows of each are held out of every try.
        trials: how many at most.
        timeout: seconds after which no other begins than the first; None for no end.
        n_jobs: tries at once, in threads; then their order, and so the search, depends on chance.
        tell: called after each.

    Raises:
        ArgumentError: if Optuna is not installed, or a limit makes no sense.
        DataError: if no series is long enough.
        KeyboardInterrupt: after Ctrl-C.
    """
    checks.whole_number(trials, "tune's trials", 1)
    if timeout is not None and checks.as_number(timeout, "tune's timeout") <= 0:
        raise ArgumentError(f"tune's timeout must be above 0 seconds, got {timeout}")
    if find_spec("optuna") is None:
        raise ArgumentError("tune needs Optuna: pip install 'tidegate[tune]'")
    import optuna

    held = Held.of(series.length, series.start, planner.horizon, planner.needed(series))
    plan = planner.plan(oldest(series, held.known))
    usual = plan.training.updates_for(int(series.length.sum()), series.covariates)
    # what was asked for is tried, too, whatever it is
    cells, units = list(dict.fromkeys([*CELLS, plan.cell])), sorted({*HIDDEN, plan.hidden})
    rate = plan.training.learning_rate
    rates = min(rate, RATES[0]), max(rate, RATES[1])
    tried: list[Trial] = []

    def objective(trial: optuna.Trial) -> float:
        training = replace(
            plan.training,
            calibrate=False,
            updates=max(int(trial.suggest_categorical("updates", UPDATES) * usual), 1),
            learning_rate=trial.suggest_float("learning_rate", *rates, log=True),
        )
        chosen = replace(
            planner,
            cell=trial.suggest_categorical("cell", cells),
            hidden=trial.suggest_categorical("hidden", units),
            window=max(int(trial.suggest_categorical("window", SEASONS) * plan.window), 1),
            training=training,
        )
        done = Trial(
            chosen.cell,
            chosen.hidden,
            chosen.window or plan.window,
            training.updates_for(0),
            training.learning_rate,
            loss_of(chosen, series),
        )
        tried.append(done)
        tell(done)
        return done.loss

    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        sampler = optuna.samplers.TPESampler(seed=plan.seed % 2**32)
        study = optuna.create_study(sampler=sampler)
        study.enqueue_trial(
            {
                "cell": plan.cell,
                "hidden": plan.hidden,
                "window": 1.0,
                "updates": 1.0,
                "learning_rate": rate,
            }
        )
        study.optimize(objective, n_trials=trials, timeout=timeout, n_jobs=n_jobs or 1)
        if not tried:  # the time was over before it began
            study.optimize(objective, n_trials=1)
    finally:
        optuna.logging.set_verbosity(level)
    best = min(tried, key=lambda each: each.loss)
    training = replace(plan.training, updates=best.updates, learning_rate=best.learning_rate)
    found = replace(
        planner, cell=best.cell, hidden=best.hidden, window=best.window, training=training
    )
    return found, tuple(tried)


def loss_of(planner: Planner, series: Series) -> float:
    """The mean loss of settings over the windows held out; infinite where it is not a number."""
    single = replace(planner, members=1)
    found = Learner(single, series, n_jobs=1, progress=False).test(("naive",))
    loss = float(mean(by_series(found.losses[found.model], found.held.series)))
    return loss if np.isfinite(loss) else float("inf")
