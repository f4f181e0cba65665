"""A small chart in the terminal: the newest rows, and the forecast with its intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .layout import decimals, number

if TYPE_CHECKING:
    import polars as pl

    from ..data.series import Series

HEIGHT, WIDTH = 10, 64
PAST, BAR, WIDE, NARROW, MEDIAN = "•", "█", "░", "▒", "━"
EIGHTHS = " ▁▂▃▄▅▆▇"


def draw(series: Series, ahead: pl.DataFrame, name: str, width: int = WIDTH) -> str:
    """The chart of the first series; of as many steps ahead as fit beside a few rows.

    Args:
        series: what was.
        ahead: what `Forecaster.predict` gave.
        name: what its columns begin with.
        width: signs from left to right.
    """
    horizon = len(ahead) // len(series)
    thick = 2 if horizon <= width // 4 else 1  # signs to a row
    steps = min(horizon, width * 3 // 4)
    table = ahead.head(steps)
    first = int(series.start[0])
    rows = np.arange(first, first + int(series.length[0]))[-(width // thick - steps) :]
    past, median = series.values[rows], table[name].to_numpy()
    levels = [c.removeprefix(f"{name}-lo-") for c in table.columns if c.startswith(f"{name}-lo-")]
    bands = [
        (table[f"{name}-lo-{level}"].to_numpy(), table[f"{name}-hi-{level}"].to_numpy())
        for level in sorted(levels, key=float, reverse=True)
    ]
    shown = [bands[0], bands[-1]] if bands else []
    everything = np.concatenate([past, median, *(end for band in shown for end in band)])
    low, high = float(np.nanmin(everything)), float(np.nanmax(everything))

    def share(values: NDArray[Any]) -> NDArray[np.float64]:
        """How far up the picture, from 0 to 1."""
        if high == low:
            return np.full(len(values), 0.5)
        # divided first: a difference of 2e308 is infinite
        up: NDArray[np.float64] = (values / 2 - low / 2) / (high / 2 - low / 2)
        return up

    def line(values: NDArray[Any]) -> NDArray[np.int64]:
        """Which line of the picture, from 0 at the bottom."""
        return np.rint(share(values) * (HEIGHT - 1)).astype(np.int64)

    picture = np.full((HEIGHT, len(past) + steps), " ")
    bars = f"{name}-p" in table.columns
    if bars:  # amounts, many of them zero
        _draw_bars(picture[:, : len(past)], np.nan_to_num(share(past)))
    else:
        seen = np.flatnonzero(~np.isnan(past))  # nothing where nobody observed a value
        picture[line(past[seen]), seen] = PAST
    for (bottom, top), sign in zip(shown, (WIDE, NARROW), strict=False):
        for step, (a, b) in enumerate(zip(line(bottom), line(top), strict=True)):
            picture[a : b + 1, len(past) + step] = sign
    picture[line(median), len(past) + np.arange(steps)] = MEDIAN

    places = decimals(np.array([low, high]))
    names = [number(low, places), *[""] * (HEIGHT - 2), number(high, places)]
    margin = max(len(word) for word in names)
    picture = np.repeat(picture, thick, axis=1)
    if thick > 1 and not bars:
        picture[:, 1 : thick * len(past) : thick] = " "
    lines = [
        f"{word:>{margin}} ┤{''.join(signs).rstrip()}"
        for word, signs in zip(names[::-1], picture[::-1], strict=True)
    ]
    begin, end = when(series, series.time[rows[0]]), str(table[series.frame.time][-1])
    gap = max(picture.shape[1] - len(begin) - len(end), 2)
    lines.append(f"{'':>{margin}}  {begin}{'':{gap}}{end}")
    return "\n".join([*lines, "", _legend(series, bars, sorted(levels, key=float))])


def _draw_bars(picture: NDArray[Any], share: NDArray[np.float64]) -> None:
    """Fills a bar for each column, to an eighth of a line; any value above 0 shows."""
    eighths = np.rint(share * 8 * HEIGHT).astype(np.int64)
    eighths = np.where(share > 0, np.maximum(eighths, 1), 0)
    for column, height in enumerate(eighths):
        full, rest = divmod(int(height), 8)
        picture[:full, column] = BAR
        if rest:
            picture[full, column] = EIGHTHS[rest]


def when(series: Series, time: Any) -> str:
    """A time as a person writes it.

    A date alone where the table has dates alone; with its offset where the table has a time zone.
    """
    frame = series.frame
    if frame.kind == "integer":
        return str(int(time))
    utc = "+00:00" if frame.zone is not None and not frame.wall else ""
    return str(time.astype("M8[D]" if frame.kind == "date" else "M8[s]")).replace("T", " ") + utc


def _legend(series: Series, bars: bool, levels: list[str]) -> str:
    words = [f"{BAR if bars else PAST} seen", f"{MEDIAN} median"]
    if levels:
        words.append(f"{NARROW} {levels[0]} % interval")
    if len(levels) > 1:
        words.append(f"{WIDE} {levels[-1]} % interval")
    if len(series) > 1:
        words.append(f"(series {series.ids[0] if series.ids else 0}, 1 of {len(series):,})")
    return "   ".join(words)
