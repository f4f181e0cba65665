"""How well forecasts do on rows held out, beside forecasts that need no learning."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.series import Series
from ..train.progress import Listener
from . import metrics
from .baselines import BASELINES, quantiles
from .held import Held
from .learn import learn
from .plan import Plan
from .verdict import verdict

Array = NDArray[Any]


@dataclass(frozen=True)
class Score:
    """One way to forecast, over all windows held out."""

    name: str
    mae: float
    """Mean absolute error of the median."""
    pinball: float
    """Twice the mean pinball loss of the median and of the ends of the intervals."""
    coverage: tuple[float, ...]
    """The share of values within the interval, for each level."""


@dataclass(frozen=True)
class Evaluation:
    """How a model that was trained on the rows before them did on the last windows."""

    scores: tuple[Score, ...]
    """The model's first, then the baselines'."""
    levels: tuple[float, ...]
    """Of the intervals, in percent, increasing."""
    windows: int
    """Windows held out, each ``horizon`` steps long, none overlapping another."""
    horizon: int
    season: int
    """Rows in the season of the seasonal naive forecast; 1 for none."""
    series: int
    """Series that they were held out of."""
    unit: str
    """Of the errors: that of the data, or the mean step between seasons where there are several
    series."""
    brier: tuple[float, float] | None
    """Of the model's chances that a value is not zero, and of the share before the windows; None
    where no series has its zeros counted apart."""
    verdict: str
    """One sentence."""

    def to_json(self) -> dict[str, Any]:
        """A dict of plain lists, numbers and words."""
        return asdict(self)


def evaluate(
    plan: Plan,
    series: Series,
    levels: tuple[float, ...],
    progress: bool | Listener | None = None,
) -> Evaluation:
    """Trains on the rows before the last windows, and scores the forecasts of these.

    Args:
        plan: what to learn, and how.
        series: the data.
        levels: of the intervals, in percent.
        progress: as for `train.fit`.

    Raises:
        DataError: if no series is long enough.
        KeyboardInterrupt: after Ctrl-C.
    """
    held = Held.of(series.length, series.start, plan)
    learned, history = learn(plan, series, held.known, progress)
    if history.stopped == "interrupted":
        raise KeyboardInterrupt
    grid = grid_of(levels)
    actual = series.values[held.cut[:, None] + np.arange(plan.horizon)]
    scale = _scale(series, held.known, plan.season)[held.series]
    own = learned.forecast(series, held.series, held.cut, grid)
    judged = {plan.cell.upper(): _judge(actual, own.quantiles, grid, scale)}
    for name, forecast in _baselines(plan, series, held, grid).items():
        judged[name] = _judge(actual, forecast, grid, scale)
    brier = None
    if (counted := ~np.isnan(own.chance[:, 0])).any():
        usual = np.array(
            [
                np.mean(series.values[first : first + known] != 0)
                for first, known in zip(series.start, held.known, strict=True)
            ]
        )[held.series]
        event = actual[counted] != 0
        brier = (
            float(metrics.brier(event, own.chance[counted]).mean()),
            float(metrics.brier(event, usual[counted, None]).mean()),
        )
    return Evaluation(
        tuple(
            Score(
                name,
                float(each.mae.mean()),
                float(each.pinball.mean()),
                tuple(each.coverage.mean(axis=0).tolist()),
            )
            for name, each in judged.items()
        ),
        tuple(sorted(levels)),
        len(held.cut),
        plan.horizon,
        plan.season,
        len(np.unique(held.series)),
        "" if len(series.start) == 1 else "mean step between seasons",
        brier,
        verdict({name: (each.mae, each.pinball) for name, each in judged.items()}),
    )


def grid_of(levels: tuple[float, ...]) -> Array:
    """The quantiles at the ends of intervals, and the median between them: ``[2·levels + 1]``.

    Example:
        >>> grid_of((80.0, 95.0)).round(3).tolist()
        [0.025, 0.1, 0.5, 0.9, 0.975]
    """
    half = np.sort(np.array(levels)) / 200
    return np.concatenate([(0.5 - half)[::-1], [0.5], 0.5 + half])


@dataclass(frozen=True)
class _Judged:
    """Scores of one way to forecast, ``[k]``, and ``[k, levels]``."""

    mae: Array
    pinball: Array
    coverage: Array


def _judge(actual: Array, forecast: Array, grid: Array, scale: Array) -> _Judged:
    middle = len(grid) // 2
    covered = [
        metrics.coverage(actual, forecast[..., middle - i], forecast[..., middle + i])
        for i in range(1, middle + 1)
    ]
    return _Judged(
        metrics.mae(actual, forecast[..., middle]) / scale,
        metrics.pinball(actual, forecast, grid) / scale,
        np.stack(covered, axis=-1) if covered else np.empty((len(actual), 0)),
    )


def _baselines(plan: Plan, series: Series, held: Held, grid: Array) -> dict[str, Array]:
    """The forecasts of each baseline, ``[k, h, levels]``."""
    result = {}
    for name, baseline in BASELINES.items():
        if name == "seasonal naive" and plan.season == 1:
            continue  # the naive one again
        parts = []
        for i in np.unique(held.series):
            first, length = series.start[i], series.length[i]
            values = series.values[first : first + length]
            cut = held.cut[held.series == i] - first
            known = int(held.known[i])
            parts.append(quantiles(baseline, values, cut, plan.horizon, plan.season, known, grid))
        result[name] = np.concatenate(parts)
    return result


def _scale(series: Series, known: Array, season: int) -> Array:
    """What errors are divided by, ``[n]``: 1 for a single series, as its unit is known; else the
    mean step between seasons (MASE, Hyndman and Koehler 2006)."""
    scale = np.ones(len(known))
    if len(known) == 1:
        return scale
    for i, (first, rows) in enumerate(zip(series.start, known, strict=True)):
        values = series.values[first : first + rows]
        steps = np.abs(values[season:] - values[:-season])
        if steps.size and steps.mean() > 0:
            scale[i] = steps.mean()
    return scale
