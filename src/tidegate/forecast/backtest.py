"""How a model would have done: forecasts of windows that it had not seen, beside baselines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..data.series import Series
from . import baselines, metrics, tables
from .held import Held
from .parallel import each
from .verdict import Verdict, judge

Array = NDArray[Any]
Ahead: TypeAlias = Callable[[Array, Array, Array], tuple[Array, Array]]
"""(series ``[k]``, first rows that are not seen ``[k]``, levels) → quantiles ``[k, h, levels]``,
and chances of a value that is not zero ``[k, h]``, NaN where there are none."""
Fit: TypeAlias = Callable[[Array], Ahead]
"""Rows of each series to learn from, ``[n]`` → what then forecasts."""
Season: TypeAlias = int | Callable[[Array], int]
"""Rows in a season, 1 for none; or what tells it from the first rows of each series, ``[n]``."""

ROUNDED = 1e-5
"""A loss that is a smaller share of a value which never changes is none."""


@dataclass(frozen=True, eq=False)
class Backtest:
    """A model and its baselines on k windows of h steps."""

    model: str
    series: Series
    held: Held
    """The windows."""
    season: int
    """Rows in a season, 1 for none, as the rows before the windows show it: the unit of scores."""
    step: int
    """Rows from one window to the next."""
    levels: tuple[float, ...]
    """Of the intervals, in percent, increasing."""
    grid: Array
    """The levels of the quantiles, increasing, the median among them."""
    actual: Array
    """``[k, h]``, NaN where nobody observed it."""
    quantiles: dict[str, Array]
    """``[k, h, levels]``, of the model first, then of each baseline."""
    chance: Array
    """``[k, h]``, the model's, of a value that is not zero; NaN where it gives none."""

    @cached_property
    def frame(self) -> Any:
        """The forecasts in a frame of the user's library: id, time, ``cutoff``, target, and for
        each model the median (``GRU``), intervals (``GRU-lo-80``, ``GRU-hi-80``) and other
        quantiles (``GRU-ql0.3``). These are NeuralForecast's columns, which `utilsforecast`
        evaluates; it needs an id, so a table without one gets the column ``unique_id``, which
        holds the name of the target."""
        columns: dict[str, Array] = {}
        for name, found in self.quantiles.items():
            words = tables.names(name, self.grid, self.levels)
            order = sorted(range(len(words)), key=lambda i: (words[i] != name, i))
            columns |= {str(words[i]): found[..., i] for i in order}
        return tables.forecasts(self.series, self.held.series, self.held.cut, self.actual, columns)

    @cached_property
    def scores(self) -> Any:
        """A frame: a row for each metric of each series, a column for each model."""
        return tables.scores(self.series, np.unique(self.held.series), self._by_series)

    @cached_property
    def overall(self) -> dict[str, dict[str, float]]:
        """Metric → model → the mean over the series, each of which counts once.

        ``mae``, ``rmse``, ``pinball`` and ``width-80`` are in the units of the data; ``mase`` and
        ``msis-80`` in seasonal steps of each series (`metrics.seasonal_step`), as M4 has it, and
        series that never move are left out; ``scaled-pinball`` is what the verdict compares."""
        return {
            metric: {name: float(metrics.mean(values)) for name, values in row.items()}
            for metric, row in self._by_series.items()
        }

    @cached_property
    def losses(self) -> dict[str, Array]:
        """``[k]`` for each model: the pinball loss of all quantiles, in a unit of each series; 0
        where a series never moved and all that is forecast is its value to `ROUNDED`."""
        unit = self.unit[self.held.series][:, None]
        found = {
            name: metrics.pinball(self.actual / unit, each / unit[..., None], self.grid)
            for name, each in self.quantiles.items()
        }
        still = np.isnan(self.steps[self.held.series])
        none = np.where(still, ROUNDED * metrics.mean(np.abs(self.actual / unit), axis=1), 0)
        return {name: np.where(loss < none, 0, loss) for name, loss in found.items()}

    @property
    def overlap(self) -> int:
        """So many windows in a row share a step; 1 where none do."""
        return -(-int(self.actual.shape[1]) // self.step)

    @cached_property
    def verdict(self) -> Verdict:
        """The model beside the best baseline."""
        return judge(self.model, self.losses, self.held.series, self.held.origin, self.overlap)

    @property
    def took(self) -> str | None:
        """The baseline whose forecasts are the model's, all of them, as ``cell="auto"`` may pick
        one; None where there is none."""
        own = self.quantiles[self.model]
        for name, found in self.quantiles.items():
            if name != self.model and np.array_equal(found, own, equal_nan=True):
                return name
        return None

    @cached_property
    def steps(self) -> Array:
        """``[n]``, the mean step between seasons of the rows before the windows; NaN where a series
        never moves."""
        step = np.array([metrics.seasonal_step(known, self.season) for known in self._before])
        return np.where(step > 0, step, np.nan)

    @cached_property
    def unit(self) -> Array:
        """``[n]``, what makes the errors of several series comparable: the mean step between
        seasons, else between rows, else the mean size; 1 for a single series."""
        if len(self.series) == 1:
            return np.ones(1)
        unit = self.steps.copy()
        for i in np.flatnonzero(np.isnan(unit)):
            known = self._before[i]
            sizes = [metrics.seasonal_step(known, 1), float(metrics.mean(np.abs(known)))]
            unit[i] = next((size for size in sizes if size > 0), 1.0)
        return unit

    def to_json(self) -> dict[str, Any]:
        """A dict of plain words and numbers; what is not known is null."""
        return {
            "model": self.model,
            "windows": len(self.held.cut),
            "series": len(np.unique(self.held.series)),
            "horizon": self.actual.shape[1],
            "step": self.step,
            "season": self.season,
            "levels": list(self.levels),
            "quantiles": self.grid.round(9).tolist(),
            "scores": {
                metric: {name: v if np.isfinite(v) else None for name, v in row.items()}
                for metric, row in self.overall.items()
            },
            "verdict": self.verdict.to_json(),
        }

    def __str__(self) -> str:
        shown = {
            metric: row
            for metric, row in self.overall.items()
            if not metric.startswith(("width", "scaled", "brier"))
        }
        words = [["", *shown]]
        for name in self.quantiles:
            cells = [_cell(metric, row[name]) for metric, row in shown.items()]
            words.append([name, *cells])
        wide = [max(len(line[i]) for line in words) for i in range(len(words[0]))]
        lines = [
            "  ".join([line[0].ljust(wide[0]), *map(str.rjust, line[1:], wide[1:])]).rstrip()
            for line in words
        ]
        count, several = len(self.held.cut), len(np.unique(self.held.series))
        horizon = self.actual.shape[1]
        windows, steps = "window" if count == 1 else "windows", "step" if horizon == 1 else "steps"
        title = f"{count:,} {windows} of {horizon} {steps}, {several:,} series"
        verb = "" if self.verdict.relation == "beats" else "is "
        return "\n".join([title, "", *lines, "", f"{self.model} {verb}{self.verdict}"])

    __repr__ = __str__

    @cached_property
    def _before(self) -> list[Array]:
        """The rows of each series before its windows."""
        return [
            self.series.values[first : first + known]
            for first, known in zip(self.series.start, self.held.known, strict=True)
        ]

    @cached_property
    def _by_series(self) -> dict[str, dict[str, Array]]:
        """Metric → model → ``[n]``, for the series that have windows."""
        which = self.held.series
        mean = partial(metrics.by_series, series=which)
        step = self.steps[which]
        table: dict[str, dict[str, Array]] = {}
        middle = int(np.argmin(np.abs(self.grid - 0.5)))
        for name, found in self.quantiles.items():
            median = found[..., middle]
            errors = metrics.mae(self.actual, median)
            row = {
                "mae": mean(errors),
                "rmse": _root_by_series(metrics.rmse(self.actual, median), which),
                "smape": mean(metrics.smape(self.actual, median)),
                "mase": mean(errors / step),
                "pinball": mean(metrics.pinball(self.actual, found, self.grid)),
                "scaled-pinball": mean(self.losses[name]),
            }
            for level in self.levels:
                low, high = (
                    found[..., int(np.argmin(np.abs(self.grid - (0.5 + side * level / 200))))]
                    for side in (-1, 1)
                )
                score = metrics.interval_score(self.actual, low, high, level)
                word = tables.percent(level)
                row[f"coverage-{word}"] = mean(metrics.coverage(self.actual, low, high))
                row[f"width-{word}"] = mean(metrics.width(self.actual, low, high))
                row[f"msis-{word}"] = mean(score / step)
            for metric, values in row.items():
                table.setdefault(metric, {})[name] = values
        if not np.isnan(self.chance).all():
            event = np.where(np.isnan(self.actual), np.nan, self.actual != 0)
            table["brier"] = {self.model: mean(metrics.brier(event, self.chance))}
        return table


def backtest(
    fit: Fit,
    series: Series,
    horizon: int,
    season: Season,
    *,
    model: str,
    needed: int,
    windows: int | None = None,
    step: int | None = None,
    refit: bool | int = False,
    levels: tuple[float, ...] = (80.0, 95.0),
    quantiles: tuple[float, ...] = (),
    names: Iterable[str] | None = None,
    n_jobs: int | None = None,
) -> Backtest:
    """Forecasts the last windows of each series, from what came before each.

    Args:
        fit: learns from the first rows of each series; see `Fit`.
        series: the data.
        horizon: steps ahead, h.
        season: rows in a season; or what tells it from the rows that a training sees, so that no
            baseline knows a season that shows later.
        model: what to call the model.
        needed: rows that must come before a series's first window.
        windows, step: see `Held.of`.
        refit: see `Held.rounds`.
        levels: of the intervals, in percent.
        quantiles: further levels, in (0, 1).
        names: baselines to compare with, at least one; None for all of `baselines.usual`.
        n_jobs: trainings at once, see `parallel.each`.

    Raises:
        ArgumentError: for a baseline that there is not, see `baselines.check_names`.
        DataError: if no series is long enough.

    Example:
        >>> import polars as pl
        >>> from tidegate.data.series import read_series
        >>> series = read_series(pl.DataFrame({"ds": range(40), "y": [1.0, 2.0] * 20}))
        >>> def fit(known):  # always says 1, with no doubt
        ...     def ahead(which, cut, levels):
        ...         return np.ones((len(cut), 2, len(levels))), np.full((len(cut), 2), np.nan)
        ...     return ahead
        >>> found = backtest(fit, series, 2, 2, model="one", needed=10, windows=9)
        >>> print(found.verdict)
        worse than seasonal naive, which made no error (p < 0.001, 9 windows)
    """
    levels = tuple(sorted(levels))
    half = np.array(levels) / 200
    grid = np.unique(np.concatenate([0.5 - half, [0.5], 0.5 + half, quantiles]).round(12))
    step = horizon if step is None else step
    held = Held.of(series.length, series.start, horizon, needed, windows, step)
    rounds = held.rounds(refit)
    seasons = [season if isinstance(season, int) else season(known) for _, known in rounds]
    chosen = baselines.usual(max(seasons)) if names is None else baselines.check_names(names)
    job = partial(_forecast, fit, series, held, horizon, grid, chosen)
    parts = [(*round, own) for round, own in zip(rounds, seasons, strict=True)]
    found: dict[str, Array] = {
        name: np.empty((len(held.cut), horizon, len(grid))) for name in (model, *chosen)
    }
    chance = np.empty((len(held.cut), horizon))
    for (mine, _), (answers, chances) in zip(rounds, each(job, parts, n_jobs), strict=True):
        for name, part in zip(found, answers, strict=True):
            found[name][mine] = part
        chance[mine] = chances
    actual = series.values[held.cut[:, None] + np.arange(horizon)]
    return Backtest(model, series, held, seasons[0], step, levels, grid, actual, found, chance)


def _forecast(
    fit: Fit,
    series: Series,
    held: Held,
    horizon: int,
    grid: Array,
    names: tuple[str, ...],
    round: tuple[Array, Array, int],
) -> tuple[list[Array], Array]:
    """The windows of one training: quantiles of the model and of each baseline, and chances."""
    mine, known, season = round
    which, cut = held.series[mine], held.cut[mine]
    own, chance = fit(known)(which, cut, grid)
    panel = baselines.Panel(series.values, series.start, series.length, known)
    place = cut - series.start[which]
    others = [
        baselines.quantiles(name, panel, which, place, horizon, season, grid) for name in names
    ]
    return [own, *others], chance


def _root_by_series(values: Array, which: Array) -> Array:
    """The root mean square of each series's windows, of numbers of any size."""
    _, number = np.unique(which, return_inverse=True)
    unit = np.zeros(int(number.max()) + 1)
    np.maximum.at(unit, number, np.nan_to_num(values))
    unit = np.where(unit > 0, unit, 1)
    root: Array = np.sqrt(metrics.by_series((values / unit[number]) ** 2, which)) * unit
    return root


def _cell(metric: str, value: float) -> str:
    if np.isnan(value):
        return "-"
    return f"{100 * value:.0f} %" if metric.startswith("coverage") else f"{value:.4g}"
