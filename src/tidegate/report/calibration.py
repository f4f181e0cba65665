"""Whether intervals hold what they promise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..forecast import tables
from .blocks import Table
from .chart import BLUE, QUIET, Chart, Columns, Mark, Set
from .numbers import percent

if TYPE_CHECKING:
    from ..forecast.backtest import Backtest


FINE = (10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 95.0)
"""Levels that show how intervals do, in percent."""


def narrowed(found: Backtest, levels: tuple[float, ...], quantiles: tuple[float, ...]) -> Backtest:
    """The same backtest as if it had been asked for fewer levels.

    What is forecast of one level depends on no other, so that the verdict is the same to the bit.

    Args:
        found: the backtest.
        levels: of the intervals, in percent, among those of ``found``.
        quantiles: further levels, in (0, 1), among those of its grid.
    """
    half = np.array(levels) / 200
    grid = np.unique(np.concatenate([0.5 - half, [0.5], 0.5 + half, quantiles]).round(12))
    at = [int(np.argmin(np.abs(found.grid - q))) for q in grid]
    kept = {name: values[..., at] for name, values in found.quantiles.items()}
    return replace(found, levels=tuple(sorted(levels)), grid=grid, quantiles=kept)


def calibration_chart(found: Backtest, best: str) -> Chart:
    """How many values lay in each interval, beside how many should have.

    Args:
        found: the backtest.
        best: the baseline to draw beside the model.
    """
    levels = np.array(found.levels) / 100
    level_words = [tables.percent(level) for level in found.levels]
    shares = {
        name: np.array([found.overall[f"coverage-{word}"][name] for word in level_words])
        for name in (found.model, best)
    }
    own = shares[found.model]
    table = Table(
        "Values that lay within an interval",
        {
            "interval": [f"{word} %" for word in level_words],
            **{name: [percent(v) for v in values] for name, values in shares.items()},
        },
    )
    caption = (
        "Of a hundred values held out, so many lay within each interval. On the line from corner "
        "to corner intervals hold what they promise; below it they are too narrow, above it wider "
        "than they need be."
    )
    if not np.isnan(found.chance).all():
        caption += (
            " An interval that begins at 0 misses on one side only, so it may well hold more."
        )
    marks = [
        Mark("lineY", "promise", {"x": "x", "y": "y", "stroke": QUIET, "strokeDasharray": "4,4"})
    ]
    data: dict[str, Columns] = {"promise": {"x": [0, 1], "y": [0, 1]}}
    colours = {best: QUIET, found.model: BLUE}
    for i, (name, colour) in enumerate(colours.items()):
        data[f"held{i}"] = {"level": levels, "share": shares[name], "name": [name] * len(levels)}
        place = {"x": "level", "y": "share"}
        marks.append(Mark("lineY", f"held{i}", {**place, "stroke": colour}))
        marks.append(Mark("dot", f"held{i}", {**place, "fill": colour, "r": 4}))
    words = (("", "name"), ("interval", "level"), ("lay within it", "share"))
    for i in range(len(colours)):
        marks.append(Mark("tip", f"held{i}", {"x": "level", "y": "share"}, words, "xy"))
    said = ", ".join(
        f"{percent(v)} in the {word} % interval" for v, word in zip(own, level_words, strict=True)
    )
    share = {"domain": [0, 1], "tickFormat": "%", "grid": True}
    return Chart(
        "Coverage by level",
        f"Share of values within each interval: of {found.model}, {said or 'no interval asked'}.",
        caption,
        tuple(marks),
        {
            "height": 340,
            "marginLeft": 48,
            "x": {**share, "label": "promised by the interval"},
            "y": {**share, "label": "lay within it"},
        },
        (Set(data, table),),
        legend=(
            (found.model, BLUE, "dot"),
            (best, QUIET, "dot"),
            ("as promised", QUIET, "line"),
        ),
    )
