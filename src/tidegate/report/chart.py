"""A chart as plain data: what assets/charts.js hands to Observable Plot, and its words.

Data are columns; a mark names the columns it draws. Where a reader can pick, there is a set of
data for each combination of what the lists of choices hold.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html import escape
from itertools import product
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .blocks import SHORT, Table, folded

Columns = dict[str, Any]
"""Name → values: an array, or a list of words and numbers."""

BLUE, ORANGE, GREEN, VIOLET, OLIVE, ROSE = (f"var(--c{i})" for i in range(1, 7))
COLOURS = (BLUE, ORANGE, GREEN, VIOLET, OLIVE, ROSE)
"""In the order of page.css, which has them for light and for dark."""
INK, QUIET, LINE = "var(--ink)", "var(--quiet)", "var(--line)"
DIGITS = 5
"""That are written of a number; more than any screen shows."""


@dataclass(frozen=True)
class Mark:
    """One layer of a chart."""

    kind: str
    """A mark of Plot, such as "lineY"."""
    data: str
    """Which of the chart's data it draws."""
    options: dict[str, Any]
    """Of the mark; a value is a constant or the name of a column. ``{"as_is": column}`` takes a
    colour or an opacity that the column holds, without a scale."""
    tip: tuple[tuple[str, str], ...] = ()
    """(words, column): the lines of a tooltip."""
    near: Literal["x", "xy", ""] = ""
    """Shows only what is nearest to the pointer, along x or in the plane."""


@dataclass(frozen=True)
class Choice:
    """A list that the reader picks from."""

    title: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Set:
    """What is shown for one combination of choices."""

    data: dict[str, Columns]
    table: Table
    plot: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Chart:
    """A figure that answers one question."""

    title: str
    label: str
    """What a person who cannot see it is told, in a sentence."""
    caption: str
    """What it shows, in plain words."""
    marks: tuple[Mark, ...]
    plot: dict[str, Any]
    """Options of the whole: height, margins, scales."""
    sets: tuple[Set, ...]
    """One for each combination of choices, the last choice fastest; one alone without choices."""
    choices: tuple[Choice, ...] = ()
    legend: tuple[tuple[str, str, str], ...] = ()
    """(words, colour, "line", "area" or "dot")"""
    times: tuple[str, ...] = ()
    """Columns that hold dates."""

    def html(self) -> str:
        """The figure: the choices, the place of the chart with its data, caption and tables."""
        keys = [
            ",".join(map(str, at)) for at in product(*(range(len(c.names)) for c in self.choices))
        ]
        spec = {
            "label": self.label,
            "marks": [_plain(vars(mark)) for mark in self.marks],
            "plot": self.plot,
            "times": list(self.times),
            "data": {},
            "choices": {
                key: {"data": _plain(each.data), "plot": each.plot}
                for key, each in zip(keys, self.sets, strict=True)
            },
        }
        tables = [
            each.table.folded(f' data-choice="{key}"{" hidden" if i else ""}')
            for i, (key, each) in enumerate(zip(keys, self.sets, strict=True))
        ]
        short = max(len(each.table) for each in self.sets) <= SHORT
        return (
            f'<figure class="chart"><h3>{escape(self.title)}</h3>{self._picks()}{self._legend()}'
            f'<div class="canvas"><noscript><p>This chart needs JavaScript; its numbers are in the '
            f"table below.</p></noscript></div>"
            f'<script type="application/json">{to_json(spec)}</script>'
            f"<figcaption>{escape(self.caption)}</figcaption>{folded(tables, short=short)}</figure>"
        )

    def _picks(self) -> str:
        if not self.choices:
            return ""
        parts = []
        for choice in self.choices:
            options = "".join(f"<option>{escape(name)}</option>" for name in choice.names)
            parts.append(
                f'<label>{escape(choice.title)} <select autocomplete="off">{options}</select>'
                f"</label>"
            )
        return f'<div class="pick">{"".join(parts)}</div>'

    def _legend(self) -> str:
        parts = [
            f'<li><span class="{kind}" style="background:{colour}"></span>{escape(words)}</li>'
            for words, colour, kind in self.legend
        ]
        return f'<ul class="legend">{"".join(parts)}</ul>' if parts else ""


def to_json(value: Any) -> str:
    """JSON that may stand in a page: nothing in it ends a script or begins a tag.

    Example:
        >>> to_json({"name": "</script>"})
        '{"name":"\\\\u003c/script\\\\u003e"}'
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _plain(value: Any) -> Any:
    """What JSON has: numbers of a few digits, those that are none as null."""
    if isinstance(value, np.ndarray):
        if value.ndim > 1:
            return [_plain(line) for line in value]
        return _numbers(value) if value.dtype.kind == "f" else value.tolist()
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return _numbers(np.array([value]))[0]
    return value


def _numbers(values: NDArray[Any]) -> list[float | None]:
    return [
        float(f"{v:.{DIGITS}g}") if known else None
        for v, known in zip(values.tolist(), np.isfinite(values).tolist(), strict=True)
    ]
