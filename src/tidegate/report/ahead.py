"""What comes next: the rows that were, and the forecast with its intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .blocks import Table
from .chart import BLUE, COLOURS, ORANGE, Chart, Choice, Columns, Mark, Set
from .numbers import Array, between, margin, percent, short, spoken, time_scale, times_of

if TYPE_CHECKING:
    from ..data.series import Series

SERIES = 24
"""That a reader can pick from, at most."""
SEEN = 8
"""Horizons of rows that were, shown beside the forecast."""
FEWEST, MOST = 60, 2000
"""Rows that were, at least and at most."""
SHADES = (0.22, 0.34, 0.46)
"""How dense an interval is, the widest first."""


@dataclass(frozen=True)
class Band:
    """An interval of each of some steps."""

    level: str
    """In percent."""
    low: Array
    high: Array


@dataclass(frozen=True, eq=False)
class Ahead:
    """The forecast of one series, h steps."""

    median: Array
    bands: tuple[Band, ...]
    """The widest first."""
    quantiles: tuple[tuple[str, Array], ...]
    """Those that were asked for by their level, such as "0.3"."""
    chance: Array | None
    """That a value is above zero; NaN where there is none."""


def read(frame: Any, name: str, series: int, horizon: int) -> list[Ahead]:
    """What `Forecaster.predict` gave, by series.

    Args:
        frame: of any library.
        name: what its columns begin with.
        series: how many series it has.
        horizon: rows of each.
    """
    import narwhals as nw

    table = nw.from_native(frame, eager_only=True)

    def column(title: str) -> Array:
        return np.asarray(table[title].to_numpy(), float).reshape(series, horizon)

    levels = [c.removeprefix(f"{name}-lo-") for c in table.columns if c.startswith(f"{name}-lo-")]
    levels.sort(key=float, reverse=True)
    ends = {level: [column(f"{name}-{end}-{level}") for end in ("lo", "hi")] for level in levels}
    asked = [c.removeprefix(f"{name}-ql") for c in table.columns if c.startswith(f"{name}-ql")]
    quantiles = {level: column(f"{name}-ql{level}") for level in sorted(asked, key=float)}
    median = column(name)
    chance = column(f"{name}-p") if f"{name}-p" in table.columns else None
    return [
        Ahead(
            median[i],
            tuple(Band(level, low[i], high[i]) for level, (low, high) in ends.items()),
            tuple((level, values[i]) for level, values in quantiles.items()),
            None if chance is None else chance[i],
        )
        for i in range(series)
    ]


def ahead_chart(series: Series, forecasts: list[Ahead]) -> Chart:
    """The newest rows of each series and what is forecast, as a figure."""
    target = series.frame.target
    horizon = len(forecasts[0].median)
    shown = min(len(series), SERIES)
    # amounts with many zeros, and a step or two, are bars: no line leads from one to the next
    bars = horizon < 3 or any(f.chance is not None for f in forecasts)
    rows = min(max(SEEN * horizon, FEWEST), MOST)
    sets = tuple(_set(series, i, forecasts[i], rows) for i in range(shown))
    levels = [band.level for band in forecasts[0].bands]
    legend = [("seen", BLUE, "line"), ("median forecast", ORANGE, "line")]
    for level, shade in zip(levels, SHADES, strict=False):
        colour = f"color-mix(in srgb, {ORANGE} {100 * shade:.0f}%, var(--ground))"
        legend.append((f"{level} % interval", colour, "area"))
    asked = [level for level, _ in forecasts[0].quantiles]
    colours = [COLOURS[2 + i % (len(COLOURS) - 2)] for i in range(len(asked))]
    for level, colour in zip(asked, colours, strict=True):
        legend.append((f"quantile {level}", colour, "line"))
    choices: tuple[Choice, ...] = ()
    if len(series) > 1:
        ids = series.ids or list(range(len(series)))
        choices = (Choice("Series", tuple(str(name) for name in ids[:shown])),)
    first = forecasts[0]
    steps = series.frequency.steps(horizon)
    label = (
        f"{target}: the last rows and a forecast of the next {steps}; its median runs from "
        f"{short(first.median[0])} to {short(first.median[-1])}."
    )
    caption = f"The newest rows of {target} and the next {steps}."
    if levels:
        widest = first.bands[0].level
        caption += (
            f" The line is what is as likely too low as too high; of a hundred values, {widest} "
            f"should lie in the lightest band."
        )
    if shown < len(series):
        caption += f" The first {shown} of {len(series):,} series."
    values = np.concatenate([s.data["ahead"]["median"] for s in sets])
    return Chart(
        f"The next {steps}",
        label,
        caption,
        (
            *_seen(bars),
            *_bands(bars, len(levels)),
            *_line(bars, "median", ORANGE),
            *(m for i, colour in enumerate(colours) for m in _line(bars, f"quantile{i}", colour)),
            *_pointed(),
        ),
        {
            "height": 320,
            "marginLeft": margin([short(v) for v in (values.min(), values.max())]),
            "x": time_scale(series),
            "y": {"label": target, "grid": True, "nice": True},
        },
        sets,
        choices,
        tuple(legend),
        ("time",),
    )


def _seen(bars: bool) -> list[Mark]:
    if bars:
        line = {"x": "time", "y1": 0, "y2": "value", "stroke": BLUE, "strokeWidth": 3}
        return [Mark("ruleX", "seen", line)]
    return [
        Mark("lineY", "seen", {"x": "time", "y": "value", "stroke": BLUE, "strokeWidth": 1.75}),
        # a value between two that are missing would be a line of no length
        Mark("dot", "seen", {"x": "time", "y": "value", "fill": BLUE, "r": 1.4}),
    ]


def _bands(bars: bool, count: int) -> list[Mark]:
    found = []
    for i, shade in zip(range(count), SHADES, strict=False):
        ends = {"x": "time", "y1": f"low{i}", "y2": f"high{i}"}
        if bars:
            look = {"stroke": ORANGE, "strokeOpacity": shade, "strokeWidth": 7}
            found.append(Mark("ruleX", "ahead", {**ends, **look}))
        else:
            found.append(Mark("areaY", "ahead", {**ends, "fill": ORANGE, "fillOpacity": shade}))
    return found


def _line(bars: bool, column: str, colour: str) -> list[Mark]:
    """The median, or another quantile."""
    if bars:
        look: dict[str, Any] = {"x": "time", "y": column, "fill": colour, "r": 3.5}
        return [Mark("dot", "ahead", look)]
    return [Mark("lineY", "ahead", {"x": "time", "y": column, "stroke": colour})]


def _pointed() -> list[Mark]:
    """What is nearest to the pointer, in words."""
    rule = {"x": "time", "stroke": "var(--quiet)", "strokeDasharray": "2,3"}
    return [
        Mark("ruleX", "told", rule, near="x"),
        Mark("tip", "told", {"x": "time", "y": "y", "title": "words"}, near="x"),
    ]


def _set(series: Series, i: int, ahead: Ahead, rows: int) -> Set:
    """One series: its rows, its forecast, and both in words."""
    end = int(series.start[i] + series.length[i])
    at = np.arange(max(end - rows, int(series.start[i])), end)
    horizon = len(ahead.median)
    times = series.frequency.ahead(series.time[end - 1 : end], horizon).ravel()
    seen: Columns = {"time": times_of(series, series.time[at]), "value": series.values[at]}
    coming: Columns = {"time": times_of(series, times), "median": ahead.median}
    columns = {series.frame.time: spoken(series, times)}
    columns["median"] = [short(v) for v in ahead.median]
    for k, band in enumerate(ahead.bands):
        coming |= {f"low{k}": band.low, f"high{k}": band.high}
        ends = zip(band.low, band.high, strict=True)
        columns[f"{band.level} % interval"] = [between(*pair) for pair in ends]
    for k, (level, values) in enumerate(ahead.quantiles):
        coming[f"quantile{k}"] = values
        columns[f"quantile {level}"] = [short(v) for v in values]
    if ahead.chance is not None and not np.isnan(ahead.chance).all():
        columns["chance above 0"] = [percent(p) for p in ahead.chance]
    was = spoken(series, series.time[at])
    words = [f"{t}\nseen: {short(v)}" for t, v in zip(was, series.values[at], strict=True)]
    for row in zip(*columns.values(), strict=True):
        lines = [f"{name}: {cell}" for name, cell in zip(columns, row, strict=True)][1:]
        words.append("\n".join([row[0], *lines]))
    told: Columns = {
        "time": [*seen["time"], *coming["time"]],
        "y": np.concatenate([series.values[at], ahead.median]),
        "words": words,
    }
    name = "" if series.ids is None else f" of {series.ids[i]}"
    table = Table(f"The forecast of {series.frame.target}{name}", columns)
    return Set({"seen": seen, "ahead": coming, "told": told}, table)
