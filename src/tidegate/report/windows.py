"""The windows that were held out, and what was forecast of each before it came."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .ahead import SERIES, SHADES
from .blocks import Table
from .chart import BLUE, ORANGE, Chart, Choice, Columns, Mark, Set
from .numbers import Array, between, margin, short, spoken, time_scale, times_of

if TYPE_CHECKING:
    from ..forecast.backtest import Backtest

STEPS = 400
"""Steps of a series that are drawn, at most; the newest."""


def windows_chart(found: Backtest) -> Chart:
    """What came, and the model's forecast of it."""
    series = found.series
    which = np.unique(found.held.series)
    shown = which[:SERIES]
    sets = tuple(_set(found, int(i)) for i in shown)
    level = f"{found.levels[-1]:g}" if found.levels else ""
    legend = [("what came", BLUE, "line"), (f"median of {found.model}", ORANGE, "line")]
    marks = []
    if level:
        colour = f"color-mix(in srgb, {ORANGE} {100 * SHADES[0]:.0f}%, var(--ground))"
        legend.append((f"{level} % interval", colour, "area"))
        band = {"x": "time", "y1": "low", "y2": "high", "fill": ORANGE, "fillOpacity": SHADES[0]}
        marks.append(Mark("areaY", "steps", {**band, "z": "window"}))
    marks += [
        Mark("lineY", "steps", {"x": "time", "y": "came", "stroke": BLUE, "strokeWidth": 1.75}),
        Mark("lineY", "steps", {"x": "time", "y": "median", "z": "window", "stroke": ORANGE}),
        Mark("tip", "steps", {"x": "time", "y": "came", "title": "words"}, near="x"),
    ]
    choices: tuple[Choice, ...] = ()
    if len(series) > 1:
        ids = series.ids or list(range(len(series)))
        choices = (Choice("Series", tuple(str(ids[i]) for i in shown)),)
    target = series.frame.target
    values = found.actual[~np.isnan(found.actual)]
    ends = [short(v) for v in (values.min(initial=0), values.max(initial=0))]
    caption = (
        "Each window was forecast from the rows before it alone, by a model that had not seen it. "
        "The line of the forecast is cut where a new window begins."
    )
    return Chart(
        f"{target}: what came, and what was forecast",
        f"The windows of {target} held out and the median forecast of {found.model} of each.",
        caption,
        tuple(marks),
        {
            "height": 300,
            "marginLeft": margin(ends),
            "x": time_scale(series),
            "y": {"label": target, "grid": True, "nice": True},
        },
        sets,
        choices,
        tuple(legend),
        ("time",),
    )


def _set(found: Backtest, which: int) -> Set:
    series, horizon = found.series, found.actual.shape[1]
    mine = _apart(np.flatnonzero(found.held.series == which), found.held.cut, horizon)
    mine = mine[-max(STEPS // horizon, 1) :]
    rows = found.held.cut[mine, None] + np.arange(horizon)
    quantiles = found.quantiles[found.model][mine]
    middle = int(np.argmin(np.abs(found.grid - 0.5)))
    came, median = found.actual[mine].ravel(), quantiles[..., middle].ravel()
    when = spoken(series, series.time[rows.ravel()])
    steps: Columns = {
        "time": times_of(series, series.time[rows.ravel()]),
        "window": np.repeat(np.arange(len(mine)), horizon),
        "came": came,
        "median": median,
    }
    columns = {
        series.frame.time: when,
        "what came": [short(v) for v in came],
        "median": [short(v) for v in median],
    }
    if found.levels:
        half = found.levels[-1] / 200
        low, high = (
            quantiles[..., int(np.argmin(np.abs(found.grid - (0.5 + end))))].ravel()
            for end in (-half, half)
        )
        steps |= {"low": low, "high": high}
        words = [between(*pair) for pair in zip(low, high, strict=True)]
        columns[f"{found.levels[-1]:g} % interval"] = words
    steps["words"] = [
        "\n".join([row[0], *(f"{n}: {c}" for n, c in zip(list(columns)[1:], row[1:], strict=True))])
        for row in zip(*columns.values(), strict=True)
    ]
    name = "" if series.ids is None else f" of {series.ids[which]}"
    table = Table(f"{series.frame.target}{name} in the windows held out", columns)
    return Set({"steps": steps}, table)


def _apart(windows: Array, cut: Array, horizon: int) -> Array:
    """Windows of which no two share a step, counted from the newest."""
    kept: list[int] = []
    for i in windows[::-1]:
        if not kept or cut[i] + horizon <= cut[kept[-1]]:
            kept.append(int(i))
    return np.array(kept[::-1], int)
