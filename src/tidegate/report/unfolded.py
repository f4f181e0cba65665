"""The network unfolded over time, as lectures draw it, with the numbers of an audit on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from .blocks import Drawing, Table
from .numbers import short

if TYPE_CHECKING:
    from ..audit.result import Audit, LagCurve, Rate

WIDTH, STEP, LEFT = 800, 150, 90
RADIUS, ROW = 31, 118
ROWS = 3
"""Layers that are drawn, at most: the upper ones."""


@dataclass(frozen=True)
class _Row:
    """A layer: the state that keeps the gradient longest, and how."""

    layer: int
    curve: LagCurve
    rate: Rate


def unfolded(audit: Audit) -> Drawing:
    """The network at five steps: U brings the input in, V the state on, W the answer out.

    Above the circles, arcs lead back from the last step: their numbers say how much of the
    gradient arrives there.
    """
    rows = _rows(audit)
    lags = _lags(len(rows[-1].curve.lag))
    influence: dict[int, float] = {}
    if audit.rows == 1:  # else a step reads many rows, and no lag is its own
        total = audit.influence.total()[0]
        influence = dict(zip(audit.influence.lag.tolist(), total.tolist(), strict=True))
    at = {lag: WIDTH - LEFT - i * STEP for i, lag in enumerate(lags)}
    top = 150
    heights = {row.layer: top + (len(rows) - 1 - i) * ROW for i, row in enumerate(rows)}
    ground = top + (len(rows) - 1) * ROW + 112
    parts = [_marker()]
    for row in rows:
        parts += _through_time(row, lags, at, heights[row.layer])
    for lag in lags:
        parts += _column(audit, rows, lag, at[lag], heights, ground, influence)
    parts += _out(audit, at[0], heights[rows[-1].layer])
    parts += _arcs(rows[-1], lags, at, heights[rows[-1].layer])
    height = ground + 62
    title = f"{audit.cell.upper()} with {audit.hidden} units, unfolded over time"
    svg = (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}" '
        f'fill="var(--ink)" text-anchor="middle">{"".join(parts)}</svg>'
    )
    return Drawing(
        "The network, unfolded", svg, _caption(audit, rows), _table(rows, lags, influence)
    )


def _rows(audit: Audit) -> list[_Row]:
    """The upper layers, read forwards; of each the state that keeps the gradient longest."""
    found: dict[int, _Row] = {}
    for curve, rate in zip(audit.gradient, audit.rate, strict=True):
        if curve.direction == "reverse":
            continue
        known = found.get(curve.layer)
        if known is None or rate.half_life > known.rate.half_life:
            found[curve.layer] = _Row(curve.layer, curve, rate)
    return [found[layer] for layer in sorted(found)][-ROWS:]


def _lags(count: int) -> list[int]:
    """The newest three steps, one halfway and the oldest.

    Example:
        >>> _lags(51), _lags(3)
        ([0, 1, 2, 25, 50], [0, 1, 2])
    """
    last = count - 1
    return sorted({lag for lag in (0, 1, 2, last // 2, last) if 0 <= lag <= last})


def _through_time(row: _Row, lags: list[int], at: dict[int, int], y: int) -> list[str]:
    """The states of a layer and V between them."""
    parts = []
    for newer, older in pairwise(lags):
        near = older - newer == 1
        a, b = at[older] + RADIUS, at[newer] - RADIUS - 7
        dash = "" if near else ' stroke-dasharray="2 7"'
        parts.append(
            f'<path d="M{a} {y}H{b}" stroke="var(--ink)" stroke-width="1.5"{dash} '
            f'marker-end="url(#head)"/>'
        )
        words = "V" if near else f"V, {older - newer} times"
        parts.append(_text((a + b) / 2, y - 9, words, "var(--quiet)"))
    if len(lags) > 1:
        middle = (at[lags[1]] + at[lags[0]]) / 2
        parts.append(_text(middle, y + 19, f"× {short(row.rate.growth, 3)}", "var(--c2)"))
    return parts


def _column(
    audit: Audit,
    rows: list[_Row],
    lag: int,
    x: int,
    heights: dict[int, int],
    ground: int,
    influence: dict[int, float],
) -> list[str]:
    """One step: its input, a circle for each layer, U upwards."""
    parts = []
    name = "t" if lag == 0 else f"t−{lag}"
    below = ground - 15
    for i, row in enumerate(rows):
        y = heights[row.layer]
        letter = "U" if i == 0 else f"U of layer {row.layer}" if lag == 0 else "U"
        parts.append(
            f'<path d="M{x} {below}V{y + RADIUS + 7}" stroke="var(--c1)" stroke-width="1.5" '
            f'marker-end="url(#head)"/>'
        )
        parts.append(_text(x + 8, (below + y + RADIUS) / 2 + 4, letter, "var(--quiet)", "start"))
        parts.append(
            f'<circle cx="{x}" cy="{y}" r="{RADIUS}" fill="var(--card)" stroke="var(--ink)" '
            f'stroke-width="1.5"/>'
        )
        parts.append(_text(x, y + 5, f"{row.curve.state}({name})"))
        below = y - RADIUS
    parts.append(
        f'<rect x="{x - 36}" y="{ground - 15}" width="72" height="30" rx="5" fill="var(--card)" '
        f'stroke="var(--c1)"/>'
    )
    parts.append(_text(x, ground + 5, f"x({name})"))
    seen = influence.get(lag, math.nan)
    if not math.isnan(seen):
        parts.append(_text(x, ground + 36, f"influence {short(seen, 2)}", "var(--c1)"))
    return parts


def _out(audit: Audit, x: int, y: int) -> list[str]:
    """W and the answer, at the right of the last step."""
    end = WIDTH - 4
    names = audit.influence.outputs
    words = "y(t)" if len(names) != 1 or len(names[0]) > 8 else names[0]
    return [
        f'<path d="M{x + RADIUS} {y}H{end - 36}" stroke="var(--ink)" stroke-width="1.5" '
        f'marker-end="url(#head)"/>',
        _text(x + RADIUS + 11, y - 8, "W", "var(--quiet)"),
        _text(end, y + 5, words, anchor="end"),
    ]


def _arcs(row: _Row, lags: list[int], at: dict[int, int], y: int) -> list[str]:
    """From the last step back: the thicker, the more of the gradient arrives."""
    parts = []
    start = at[0]
    for i, lag in enumerate(lags[1:], 1):
        end, size = at[lag], float(row.curve.mean[lag])
        high = y - RADIUS - 18 - 24 * i
        wide = 0.8 + 4.2 * _strength(size)
        parts.append(
            f'<path d="M{start - 6} {y - RADIUS - 2}C{start - 30} {high} {end + 40} {high} '
            f'{end + 6} {y - RADIUS - 6}" fill="none" stroke="var(--c2)" stroke-width="{wide:.1f}" '
            f'stroke-opacity="0.8" marker-end="url(#back)"/>'
        )
        parts.append(_text(end - 4, y - RADIUS - 14, short(size, 2), "var(--c2)", "end"))
    return parts


def _strength(size: float) -> float:
    """How thick an arc is: 1 for a gradient that arrives whole or grown, 0 below 1e-6."""
    if size <= 0 or math.isnan(size):
        return 0.0
    return float(np.clip(1 + math.log10(size) / 6, 0, 1))


def _marker() -> str:
    return (
        "<defs>"
        '<marker id="head" viewBox="0 0 10 10" refX="2" refY="5" markerWidth="9" markerHeight="9" '
        'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L10 5L0 10z"/></marker>'
        '<marker id="back" viewBox="0 0 10 10" refX="6" refY="5" markerWidth="11" '
        'markerHeight="11" markerUnits="userSpaceOnUse" orient="auto">'
        '<path d="M0 0L10 5L0 10z" fill="var(--c2)"/></marker></defs>'
    )


def _text(x: float, y: float, words: str, colour: str = "", anchor: str = "") -> str:
    look = f' fill="{colour}"' if colour else ""
    look += f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x:.0f}" y="{y:.0f}"{look}>{escape(words)}</text>'


def _caption(audit: Audit, rows: list[_Row]) -> str:
    top = rows[-1]
    state, last = top.curve.state, int(top.curve.lag[-1])
    words = (
        f"The same weights at every step: U brings the input in, V carries the state on, W makes "
        f"the answer. The arcs lead back in time from {state}(t): their numbers say how much of a "
        f"change of {state} so long ago is left, {short(float(top.curve.mean[-1]), 2)} after "
        f"{last} steps. One step multiplies it by {short(top.rate.growth, 3)}."
    )
    layers = 1 + max(curve.layer for curve in audit.gradient)
    if layers > ROWS:
        words += f" Of {layers} layers, the upper {ROWS} are drawn."
    if any(curve.direction == "reverse" for curve in audit.gradient):
        words += " The layers that read from the end are not drawn."
    return words


def _table(rows: list[_Row], lags: list[int], influence: dict[int, float]) -> Table:
    columns = {"steps back": [str(lag) for lag in lags]}
    for row in rows:
        columns[f"gradient, layer {row.layer}, {row.curve.state}"] = [
            short(float(row.curve.mean[lag])) if lag < len(row.curve.mean) else "–" for lag in lags
        ]
    if influence:
        columns["influence of the input"] = [short(influence.get(lag, math.nan)) for lag in lags]
    return Table("The numbers of the drawing", columns)
