"""The page of a forecaster: what comes next, and how far to trust it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .ahead import ahead_chart, read
from .audit import audit_sections
from .blocks import Block, Facts, Verdict, Words
from .judged import judged_sections, verdict_of
from .numbers import spoken
from .page import Page, Section

if TYPE_CHECKING:
    from ..audit.result import Audit
    from ..data.series import Series
    from ..forecast.backtest import Backtest
    from ..forecast.forecaster import Forecaster


def forecast_page(
    forecaster: Forecaster,
    ahead: Any,
    judged: Backtest | str | None = None,
    *,
    series: Series | None = None,
    missing: str = "",
    fine: Backtest | None = None,
    audit: Audit | str | None = None,
) -> Page:
    """What a forecaster says comes next; where it was judged, the verdict is first.

    Args:
        forecaster: fitted.
        ahead: what `Forecaster.predict` gave.
        judged: what `Forecaster.backtest` gave, or why it gave nothing; None if it was not asked.
        series: those that were forecast, with their rows; None for what the forecaster remembers.
        fine: ``judged`` with more levels of intervals, for the calibration; None for ``judged``.
        missing: what counts as missing in the table, in a line.
        audit: what `tidegate.audit` gave of it, or why it gave nothing; None if it was not asked.

    Example:
        >>> import polars as pl
        >>> from tidegate.forecast.forecaster import Forecaster, Training
        >>> frame = pl.DataFrame({"ds": range(60), "y": [float(i % 4) + 1 for i in range(60)]})
        >>> forecaster = Forecaster(2, hidden=8, training=Training(updates=5)).fit(frame)
        >>> page = forecast_page(forecaster, forecaster.predict())
        >>> page.title, [section.title for section in page.sections]
        ('y: the next 2 steps', ['What comes next'])
    """
    series = forecaster.series_ if series is None else series
    horizon, name = forecaster.horizon, forecaster.cell.upper()
    target, steps = series.frame.target, series.frequency.steps(horizon)
    first: list[Block] = []
    sections = [
        Section(
            "What comes next",
            (ahead_chart(series, read(ahead, name, len(series), horizon)),),
        )
    ]
    if isinstance(judged, str):
        first.append(Verdict("No verdict", f"{judged}.", "warn"))
    elif judged is not None:
        first.append(verdict_of(judged))
        sections += judged_sections(judged, fine)
    first.append(Facts(_facts(forecaster, series)))
    if forecaster.choice_ is not None:
        first.append(Words(f"AUTO took {forecaster.choice_}"))
    if missing:
        first.append(Words(missing))
    if isinstance(audit, str):
        sections.append(Section("What the network remembers", (Words(f"Not known: {audit}."),)))
    elif audit is not None:
        sections += audit_sections(audit)
    last = spoken(series, series.time[[int(series.start[0] + series.length[0] - 1)]])[0]
    lead = f"A forecast by {name}, after {last}"
    return Page(f"{target}: the next {steps}", lead, tuple(first), tuple(sections))


def _facts(forecaster: Forecaster, series: Series) -> tuple[tuple[str, str], ...]:
    plan = forecaster.plan_
    facts = [("rows", f"{len(series.values):,}")]
    if len(series) > 1:
        facts.append(("series", f"{len(series):,}"))
    facts += [("a row for each", series.frequency.name), ("steps ahead", f"{plan.horizon:,}")]
    if plan.members > 1:
        facts.append(("networks", f"{plan.members:,}"))
    facts.append(("seed", str(plan.seed)))
    return tuple(facts)
