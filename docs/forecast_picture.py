"""Draws docs/images/seattle-rain.svg, the README's picture: the forecast of `make demo`.

.venv/bin/python docs/forecast_picture.py
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

import tidegate as tg

ROOT = Path(__file__).parent.parent
OUT = ROOT / "docs" / "images" / "seattle-rain.svg"

HORIZON, PAST = 7, 28
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 300, 40, 12, 40, 52
RAIN, BAND, MIDDLE, INK, GRID = "#7aa6c2", "#f2c79b", "#c0561b", "#333333", "#dddddd"


def main() -> None:
    rain = pl.read_csv(ROOT / "examples" / "seattle-rain.csv", try_parse_dates=True)
    time, target = rain.columns[0], rain.columns[1]
    forecaster = tg.Forecaster(horizon=HORIZON, cell="lstm", time=time, target=target)
    ahead = forecaster.fit(rain).predict(levels=(80, 95))
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(draw(rain.tail(PAST), time, target, ahead), encoding="utf-8")
    print(OUT)


def draw(past: pl.DataFrame, time: str, target: str, ahead: pl.DataFrame) -> str:
    """The picture: bars for the days that were; bands and medians for those ahead."""
    top = max(past[target].max(), ahead["LSTM-hi-95"].max()) * 1.05  # type: ignore[operator, type-var]
    days = past.height + ahead.height
    step = (WIDTH - LEFT - RIGHT) / days
    floor = HEIGHT - BOTTOM

    def x(day: float) -> float:
        return LEFT + day * step

    def y(millimetres: float) -> float:
        return floor - (floor - TOP) * millimetres / top

    def bar(day: float, low: float, high: float, share: float, colour: str, opacity: float) -> str:
        left, height = x(day + (1 - share) / 2), max(y(low) - y(high), 0)
        return (
            f'<rect x="{left:.1f}" y="{y(high):.1f}" width="{step * share:.1f}" '
            f'height="{height:.1f}" fill="{colour}" opacity="{opacity}"/>'
        )

    def text(at: float, height: float, words: str, anchor: str = "middle") -> str:
        return f'<text x="{at:.1f}" y="{height:.1f}" text-anchor="{anchor}">{words}</text>'

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="11" fill="{INK}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        text(LEFT, 18, "Precipitation in Seattle, mm a day, and the seven days ahead", "start"),
    ]
    for millimetres in range(0, int(top) + 1, 5 if top < 40 else 10):
        at = y(millimetres)
        parts.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="{GRID}"/>')
        parts.append(text(LEFT - 6, at + 4, str(millimetres), "end"))
    for day, (date, value) in enumerate(past.select(time, target).iter_rows()):
        parts.append(bar(day, 0, value, 0.8, RAIN, 1))
        if day % 7 == 0:
            parts.append(text(x(day + 0.5), floor + 16, f"{date:%d %b}"))
    for day, row in enumerate(ahead.iter_rows(named=True), past.height):
        parts.append(bar(day, row["LSTM-lo-95"], row["LSTM-hi-95"], 0.8, BAND, 0.5))
        parts.append(bar(day, row["LSTM-lo-80"], row["LSTM-hi-80"], 0.8, BAND, 1))
        middle = y(row["LSTM"])
        parts.append(
            f'<path d="M{x(day + 0.1):.1f} {middle:.1f}H{x(day + 0.9):.1f}" '
            f'stroke="{MIDDLE}" stroke-width="2.5"/>'
        )
        if "LSTM-p" in row:
            parts.append(text(x(day + 0.5), floor + 34, f"{100 * row['LSTM-p']:.0f}"))
    parts.append(text(x(past.height) - 6, floor + 34, "chance of rain, %", "end"))
    parts.append(text(WIDTH - RIGHT, TOP - 6, "median, 80 % and 95 % intervals", "end"))
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
