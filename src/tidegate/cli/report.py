"""A forecast as text for a person, and as JSON."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError
from . import chart
from .layout import columns, decimals, number

if TYPE_CHECKING:
    import polars as pl

    from ..data.series import Series
    from ..forecast.evaluate import Evaluation
    from ..forecast.forecaster import Forecaster

ROWS = 400
"""Rows of the table that are printed, at most."""


def judge(forecaster: Forecaster, series: Series, levels: tuple[float, ...]) -> Evaluation | str:
    """How such a forecaster did on the last windows; or why that cannot be told."""
    try:
        return forecaster.evaluate(series, levels)
    except DataError as error:
        return str(error)


def as_json(
    forecaster: Forecaster, series: Series, ahead: pl.DataFrame, judged: Evaluation | str
) -> str:
    """All of it as one JSON object, with a line break at its end."""
    plan, frame = forecaster.plan_, series.frame
    data = {
        "columns": {"time": frame.time, "target": frame.target, "id": frame.id},
        "frequency": series.frequency.name,
        "rows": len(series.values),
        "series": len(series),
        "horizon": plan.horizon,
        "cell": plan.cell,
        "seed": plan.seed,
        "forecast": [
            {name: _plain(value) for name, value in row.items()}
            for row in ahead.iter_rows(named=True)
        ],
        "evaluation": None if isinstance(judged, str) else judged.to_json(),
        "verdict": judged if isinstance(judged, str) else judged.verdict,
    }
    return json.dumps(data, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def as_text(
    forecaster: Forecaster, series: Series, ahead: pl.DataFrame, judged: Evaluation | str
) -> str:
    """The table, the chart, the scores and the verdict."""
    parts = [_headline(forecaster, series), _table(forecaster, series, ahead)]
    parts.append(chart.draw(series, ahead, forecaster.plan_))
    if isinstance(judged, str):
        parts.append(f"Verdict: none. {judged[:1].upper()}{judged[1:]}.")
    else:
        name = forecaster.plan_.cell.upper()
        parts += [_scores(series, judged), f"Verdict: {name} {judged.verdict}"]
    return "\n\n".join(parts) + "\n"


def _headline(forecaster: Forecaster, series: Series) -> str:
    step, count = series.frequency, len(series.values)
    if len(series) == 1:
        first, last = (chart.when(series, series.time[i]) for i in (0, -1))
        seen = f"{step.steps(count)} from {first} to {last}"
    else:
        seen = f"{len(series):,} series, {count:,} rows"
    ahead = step.steps(forecaster.horizon)
    return f"{series.frame.target}, the next {ahead}, after {seen}"


def _table(forecaster: Forecaster, series: Series, ahead: pl.DataFrame) -> str:
    """The forecast: median, intervals, chance."""
    name = forecaster.plan_.cell.upper()
    shown = ahead.head(ROWS)
    numbers = [c for c in shown.columns if c == name or c.startswith((f"{name}-lo", f"{name}-hi"))]
    places = decimals(shown.select(numbers).to_numpy())
    keys = [key for key in (series.frame.id, series.frame.time) if key is not None]
    body: dict[str, list[str]] = {key: [_word(v) for v in shown[key]] for key in keys}
    body[name] = [number(value, places) for value in shown[name]]
    for low in (c for c in numbers if c.startswith(f"{name}-lo-")):
        level = low.removeprefix(f"{name}-lo-")
        high = shown[f"{name}-hi-{level}"]
        ends = [[number(v, places) for v in side] for side in (shown[low], high)]
        wide = max(len(word) for word in ends[1])
        body[f"{level} % interval"] = [f"{a} to {b:>{wide}}" for a, b in zip(*ends, strict=True)]
    if f"{name}-p" in shown.columns:
        body["chance above 0"] = [
            "" if math.isnan(p) else f"{100 * p:.0f} %" for p in shown[f"{name}-p"]
        ]
    text = columns(body, left=len(keys))
    if more := len(ahead) - len(shown):
        text += f"\n... and {more:,} rows more; --out FILE writes all of them"
    return text


def _scores(series: Series, judged: Evaluation) -> str:
    """What was held out, and how each way to forecast did."""
    step = series.frequency
    held = f"{judged.windows} windows" if judged.windows > 1 else "window"
    of = f" of {judged.series:,} series" if judged.series > 1 else ""
    title = (
        f"How such forecasts did: the last {held} of {step.steps(judged.horizon)}{of}, held out, "
        f"by a model\ntrained on the rows before them, beside forecasts that need no learning"
    )
    errors = np.array([[score.mae, score.pinball] for score in judged.scores])
    places = decimals(errors.min(initial=errors.max(), where=errors > 0), digits=3)
    body = {
        "": [score.name for score in judged.scores],
        "MAE": [number(score.mae, places) for score in judged.scores],
        "pinball": [number(score.pinball, places) for score in judged.scores],
    }
    for i, level in enumerate(judged.levels):
        shares = [score.coverage[i] for score in judged.scores]
        body[f"in {level:g} %"] = [f"{100 * share:.0f} %" for share in shares]
    return "\n".join([title, "", columns(body, left=1), "", *_notes(series, judged)])


def _notes(series: Series, judged: Evaluation) -> list[str]:
    """What the words and numbers of the scores mean."""
    baselines = ["naive: the last value again"]
    if judged.season > 1:
        baselines.append(
            f"seasonal naive: the value {series.frequency.steps(judged.season)} before"
        )
    notes = [
        "; ".join([*baselines, "ridge: a linear model on lags."]),
        "MAE: mean absolute error of the median. pinball: error of median and intervals together.",
    ]
    if judged.levels:
        level = f"{judged.levels[0]:g} %"
        notes.append(f"Lower is better. in {level}: how many values lay within that interval.")
    if judged.unit:
        notes.append(f"Errors are in units of each series's {judged.unit}.")
    if judged.brier is not None:
        own, usual = judged.brier
        notes.append(
            f"Chance above 0: Brier score {own:.3f}; saying how often it was so: {usual:.3f}."
        )
        notes.append("An interval that begins at 0 misses on one side only, so it holds more.")
    return notes


def _word(value: Any) -> str:
    return str(value)


def _plain(value: Any) -> Any:
    """The value as JSON has it: dates as text, NaN as null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, int | str) else value.isoformat()
