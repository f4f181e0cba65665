"""What the README shows of `make demo`: draws the forecast, and writes the report into its place.

.venv/bin/python docs/demo.py
"""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl

import tidegate as tg

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
OUT = ROOT / "docs" / "images" / "seattle-rain.svg"

HORIZON, PAST = 7, 28
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 300, 40, 12, 52, 52
STEP, FLOOR = (WIDTH - LEFT - RIGHT) / (PAST + HORIZON), HEIGHT - BOTTOM
RAIN, WIDE, NARROW, MEDIAN, INK, GRID = (
    "#6f9fbd",
    "#f8e3cc",
    "#f0bd8a",
    "#b8480f",
    "#333333",
    "#dddddd",
)
LEGEND = (
    (440, "seen", RAIN),
    (500, "median", MEDIAN),
    (572, "80 %", NARROW),
    (632, "95 % interval", WIDE),
)


def main() -> None:
    rain = pl.read_csv(ROOT / "examples" / "seattle-rain.csv", try_parse_dates=True)
    time, target = rain.columns[:2]
    forecaster = tg.Forecaster(horizon=HORIZON, time=time, target=target)
    ahead = forecaster.fit(rain).predict(levels=(80, 95))
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(
        draw(rain.tail(PAST).rename({time: "time", target: "mm"}), ahead.rename({time: "time"})),
        "utf-8",
    )
    README.write_text(with_report(README.read_text("utf-8")), "utf-8")
    print(OUT, README)


def with_report(readme: str) -> str:
    """The README with what its command prints now."""
    found = re.search(r"^\$ (tidegate .*)\n((?:.*\n)*?)```$", readme, re.MULTILINE)
    assert found is not None
    command = [sys.executable, "-m", *found[1].split()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return readme[: found.start(2)] + done.stderr + done.stdout + readme[found.end(2) :]


def draw(past: pl.DataFrame, ahead: pl.DataFrame) -> str:
    """The picture: a bar for each day that was; bands and a median for each day ahead."""
    highest = max(*past["mm"], *ahead["GRU-hi-95"])

    def y(millimetres: float) -> float:
        return float(FLOOR - (FLOOR - TOP) * millimetres / highest)

    def bar(day: int, low: float, high: float, colour: str) -> str:
        return box(LEFT + (day + 0.1) * STEP, y(high), 0.8 * STEP, y(low) - y(high), colour)

    parts = [box(0, 0, WIDTH, HEIGHT, "white"), *_legend()]
    for millimetres in range(0, int(highest) + 1, 10):
        at = y(millimetres)
        parts.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="{GRID}"/>')
        parts.append(text(LEFT - 6, at + 4, str(millimetres), "end"))
    for day, millimetres in enumerate(past["mm"]):
        parts.append(bar(day, 0, millimetres, RAIN))
    for day, row in enumerate(ahead.iter_rows(named=True), PAST):
        parts.append(bar(day, row["GRU-lo-95"], row["GRU-hi-95"], WIDE))
        parts.append(bar(day, row["GRU-lo-80"], row["GRU-hi-80"], NARROW))
        middle = y(row["GRU"])
        parts.append(box(LEFT + (day + 0.1) * STEP, middle - 1.25, 0.8 * STEP, 2.5, MEDIAN))
        parts.append(text(_middle(day), FLOOR + 36, f"{100 * row['GRU-p']:.0f}"))
    days = [*past["time"], *ahead["time"]]
    for day in (*range(0, len(days), 7), len(days) - 1):
        parts.append(text(_middle(day), FLOOR + 17, _day(days[day])))
    now = LEFT + PAST * STEP
    parts.append(f'<path d="M{now:.1f} {TOP - 6}V{FLOOR}" stroke="{INK}" stroke-dasharray="2 3"/>')
    parts.append(text(now - 6, FLOOR + 36, "chance of rain, %", "end"))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="11" fill="{INK}">'
    )
    return "\n".join([head, *parts, "</svg>"]) + "\n"


def box(left: float, top: float, width: float, height: float, colour: str) -> str:
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'fill="{colour}"/>'
    )


def text(at: float, height: float, words: str, anchor: str = "middle") -> str:
    return f'<text x="{at:.1f}" y="{height:.1f}" text-anchor="{anchor}">{words}</text>'


def _legend() -> list[str]:
    """The title, and what the colours mean."""
    parts = [text(LEFT, 22, "Precipitation in Seattle, mm a day, and the week ahead", "start")]
    for left, words, colour in LEGEND:
        parts += [box(left, 13, 10, 10, colour), text(left + 16, 22, words, "start")]
    return parts


def _middle(day: int) -> float:
    return LEFT + (day + 0.5) * STEP


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"


if __name__ == "__main__":
    main()
