"""A forecast as text for a person, and as JSON."""

from __future__ import annotations

import json
import math
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import TidegateError
from ..forecast.evaluate import Evaluation
from . import chart, scores
from .layout import columns, decimals, number, paragraph

if TYPE_CHECKING:
    import polars as pl

    from ..audit.result import Audit
    from ..data.series import Series
    from ..forecast.backtest import Backtest
    from ..forecast.forecaster import Forecaster
    from ..report.page import Page

ROWS = 400
"""Rows of the table that are printed, at most."""
MARGIN = 12
"""Signs that the numbers beside a chart may take."""
LEAST = 24
"""Signs that a chart needs, however narrow the terminal."""


@dataclass(frozen=True, eq=False)
class Report:
    """A forecast, and how far to trust it."""

    forecaster: Forecaster
    series: Series
    """Those that were forecast."""
    ahead: pl.DataFrame
    """What `Forecaster.predict` gave."""
    judged: Backtest | str | None
    """How such a model did on the last windows, or why that cannot be told; None if the model was
    trained before."""
    missing: str = ""
    """What counts as missing in the table, as one line."""
    fine: Backtest | None = None
    """``judged`` with more levels of intervals, where a page is drawn."""

    def page(self) -> Page:
        """All of it with charts, as one HTML file."""
        from ..report.forecast import forecast_page

        return forecast_page(
            self.forecaster,
            self.ahead,
            self.judged,
            series=self.series,
            missing=self.missing,
            fine=self.fine,
            audit=self._audit(),
        )

    def _audit(self) -> Audit | str:
        """What the networks remember of these series, or why nothing is known of it."""
        from ..audit.whole import audit

        try:
            return audit(self.forecaster, self.series)
        except TidegateError as error:  # a baseline, or too few rows
            return str(error)

    def as_json(self) -> str:
        """All of it as one JSON object, with a line break at its end."""
        plan, frame, choice = self.forecaster.plan_, self.series.frame, self.forecaster.choice_
        judged = self.judged
        known = None if judged is None or isinstance(judged, str) else Evaluation.of(judged)
        data = {
            "columns": {"time": frame.time, "target": frame.target, "id": frame.id},
            "frequency": self.series.frequency.name,
            "rows": len(self.series.values),
            "series": len(self.series),
            "missing": self.missing,
            "horizon": plan.horizon,
            "cell": self.forecaster.cell,
            "networks": plan.members,
            "seed": plan.seed,
            "choice": None if choice is None else choice.to_json(),
            "forecast": [
                {name: _plain(value) for name, value in row.items()}
                for row in self.ahead.iter_rows(named=True)
            ],
            "evaluation": None if known is None else known.to_json(),
            "verdict": judged if known is None else known.verdict,
        }
        return json.dumps(data, indent=2, allow_nan=False, ensure_ascii=False) + "\n"

    def as_text(self) -> str:
        """The table, the chart, the scores and the verdict."""
        forecaster, series, judged = self.forecaster, self.series, self.judged
        name = forecaster.cell.upper()
        parts = [self._headline(), _table(name, series, self.ahead)]
        parts.append(chart.draw(series, self.ahead, name, _width()))
        if forecaster.choice_ is not None:
            parts.append(f"AUTO took {forecaster.choice_}")
        if judged is None:
            parts.append(
                "Not judged, since the model was trained before; tidegate backtest FILE tells how\n"
                "such a model does beside simple rules."
            )
        elif isinstance(judged, str):
            parts.append(f"Verdict: none. {judged[:1].upper()}{judged[1:]}.")
        else:
            parts.append(
                paragraph(
                    f"How such forecasts did: {scores.title(judged, series)}, held out, by a model "
                    f"trained on the rows before them, beside forecasts that need no learning"
                )
            )
            parts += [scores.short(judged, Evaluation.of(judged)), scores.verdict(judged)]
        return "\n\n".join(parts) + "\n"

    def _headline(self) -> str:
        series = self.series
        step, count = series.frequency, len(series.values)
        ahead = step.steps(self.forecaster.horizon)
        if len(series) > 1:
            seen = f"{len(series):,} series, {count:,} rows"
        else:
            first, last = (chart.when(series, series.time[i]) for i in (0, -1))
            seen = f"{step.steps(count)} from {first} to {last}"
            if series is self.forecaster.series_ and self.judged is None:
                seen = last  # a model remembers its newest rows alone
        return f"{series.frame.target}, the next {ahead}, after {seen}"


def finely(
    forecaster: Forecaster,
    series: Series,
    windows: int | None,
    levels: tuple[float, ...],
    quantiles: tuple[float, ...],
) -> tuple[Backtest, Backtest]:
    """A backtest at many levels, and the same at those that were asked: one training for both."""
    from ..report.calibration import FINE, narrowed

    every = tuple(sorted({*FINE, *levels}))
    fine = forecaster.backtest(series, windows, levels=every, quantiles=quantiles)
    return fine, narrowed(fine, levels, quantiles)


def _width() -> int:
    """Signs of a chart: what fits into the terminal, if it is one."""
    if not (sys.stdout.isatty() or sys.stderr.isatty()):
        return chart.WIDTH
    return max(min(chart.WIDTH, shutil.get_terminal_size().columns - MARGIN), LEAST)


def _table(name: str, series: Series, ahead: pl.DataFrame) -> str:
    """The forecast: median, intervals, quantiles, chance."""
    shown = ahead.head(ROWS)
    parts = (f"{name}-lo-", f"{name}-hi-", f"{name}-ql")
    numbers = [c for c in shown.columns if c == name or c.startswith(parts)]
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
    for column in (c for c in numbers if c.startswith(f"{name}-ql")):
        title = f"quantile {column.removeprefix(f'{name}-ql')}"
        body[title] = [number(value, places) for value in shown[column]]
    if f"{name}-p" in shown.columns:
        body["chance above 0"] = [
            "" if math.isnan(p) else f"{100 * p:.0f} %" for p in shown[f"{name}-p"]
        ]
    text = columns(body, left=len(keys))
    if more := len(ahead) - len(shown):
        text += f"\n... and {more:,} rows more; --out FILE writes all of them"
    return text


def _word(value: Any) -> str:
    return str(value)


def _plain(value: Any) -> Any:
    """The value as JSON has it: dates as text, NaN as null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, int | str) else value.isoformat()
