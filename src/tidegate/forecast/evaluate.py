"""How well forecasts do on rows held out, beside forecasts that need no learning, in short."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import metrics, tables
from .backtest import Backtest

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
    """What the model does to the best baseline: ``beats``, ``no better than`` or ``worse than``,
    and the rest of the sentence."""

    @classmethod
    def of(cls, found: Backtest) -> Evaluation:
        """The short of a backtest."""
        unit = found.unit[found.held.series]
        which = found.held.series
        middle = int(np.argmin(np.abs(found.grid - 0.5)))
        words = [tables.percent(level) for level in found.levels]
        scores = []
        for name, quantiles in found.quantiles.items():
            errors = metrics.mae(found.actual, quantiles[..., middle]) / unit
            scores.append(
                Score(
                    name,
                    float(metrics.mean(metrics.by_series(errors, which))),
                    found.overall["scaled-pinball"][name],
                    tuple(found.overall[f"coverage-{word}"][name] for word in words),
                )
            )
        return cls(
            tuple(scores),
            found.levels,
            len(found.held.cut),
            found.actual.shape[1],
            found.season,
            len(np.unique(which)),
            "" if len(found.series) == 1 else "mean step between seasons",
            _brier(found),
            str(found.verdict),
        )

    def to_json(self) -> dict[str, Any]:
        """A dict of plain lists, numbers and words."""
        return asdict(self)


def _brier(found: Backtest) -> tuple[float, float] | None:
    """Brier scores of the model's chances and of the share before the windows."""
    counted = ~np.isnan(found.chance[:, 0])
    if not counted.any():
        return None
    shares = []
    for first, known in zip(found.series.start, found.held.known, strict=True):
        before = found.series.values[first : first + known]
        shares.append(metrics.mean(np.where(np.isnan(before), np.nan, before != 0)))
    actual = found.actual[counted]
    event = np.where(np.isnan(actual), np.nan, actual != 0)
    usual = np.array(shares)[found.held.series][counted, None]
    own, theirs = (metrics.brier(event, chance) for chance in (found.chance[counted], usual))
    return float(metrics.mean(own)), float(metrics.mean(theirs))
