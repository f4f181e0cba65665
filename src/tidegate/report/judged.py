"""How such forecasts did on windows held out: the verdict, the scores, the intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..forecast import tables
from ..forecast.evaluate import Evaluation
from .blocks import Block, Table, Tone, Verdict, Words
from .calibration import calibration_chart
from .chart import BLUE, QUIET, Chart, Mark, Set
from .numbers import margin, percent, short
from .page import Page, Section
from .windows import windows_chart

if TYPE_CHECKING:
    from ..forecast.backtest import Backtest

TONES: dict[str, Tone] = {"beats": "good", "no better than": "warn", "worse than": "bad"}


def backtest_page(found: Backtest) -> Page:
    """The page of a backtest."""
    target = found.series.frame.target
    lead = f"Windows of {target} forecast from the rows before them, beside simple rules"
    title = f"How {found.model} forecasts {target}"
    return Page(title, lead, (verdict_of(found),), judged_sections(found))


def verdict_of(found: Backtest) -> Verdict:
    """The verdict, as a sentence that begins with the model's name."""
    said = found.verdict
    verb = "" if said.relation == "beats" else "is "
    rest = f"{verb}{said}."
    if said.baseline_would_do and said.model != "AUTO":
        rest += f" {said.baseline[:1].upper()}{said.baseline[1:]} would do as well."
    if said.model == "AUTO" and found.took is not None:
        rest += f" It took {found.took} there."
    return Verdict(said.model, rest, TONES[said.relation], between=" ")


def judged_sections(
    found: Backtest, fine: Backtest | None = None
) -> tuple[Section, Section, Section]:
    """The scores, the windows, and how far to trust the intervals.

    Args:
        found: the backtest.
        fine: the same with more levels, for the calibration; None for ``found``.
    """
    judged = Evaluation.of(found)
    return (
        Section(
            "How such forecasts did",
            (
                Words(
                    f"The last {_windows(found)} were held out. A model trained on the rows "
                    f"before them forecast each, and so did rules that need no learning."
                ),
                _losses(found, judged),
                _scores(found, judged),
                *_notes(found, judged),
            ),
        ),
        Section("The windows held out", (windows_chart(found),)),
        Section(
            "How far to trust the intervals",
            (calibration_chart(fine or found, found.verdict.baseline),),
        ),
    )


def _windows(found: Backtest) -> str:
    each = np.unique(found.held.series, return_counts=True)[1]
    least, most = int(each.min()), int(each.max())
    steps = found.series.frequency.steps(found.actual.shape[1])
    count = "window" if most == 1 else f"{most:,} windows"
    if least < most:
        count = f"{least:,} to {count}"
    return f"{count} of {steps}" + (f" of each of {len(each):,} series" if len(each) > 1 else "")


def _losses(found: Backtest, judged: Evaluation) -> Chart:
    scores = sorted(judged.scores, key=lambda score: score.pinball)
    names = [score.name for score in scores]
    table = Table(
        "Pinball loss, lower is better",
        {"forecast by": names, "pinball loss": [short(score.pinball) for score in scores]},
        found.model,
    )
    data = {
        "scores": {
            "name": names,
            "loss": np.array([score.pinball for score in scores]),
            "colour": [BLUE if name == found.model else QUIET for name in names],
        }
    }
    best = scores[0]
    return Chart(
        "Error of median and intervals together",
        f"Bars of pinball loss; the shortest is {best.name} with {short(best.pinball)}.",
        "Pinball loss counts how far the forecast and the ends of its intervals were off; a "
        "shorter bar is better. The model has a colour, the rules that need no learning are grey.",
        (
            Mark(
                "barX",
                "scores",
                {"x": "loss", "y": "name", "fill": {"as_is": "colour"}, "insetTop": 2},
            ),
            Mark(
                "tip",
                "scores",
                {"x": "loss", "y": "name", "anchor": "top"},
                (("rule", "name"), ("pinball loss", "loss")),
                "xy",
            ),
        ),
        {
            "height": 60 + 26 * len(names),
            "marginLeft": margin(names),
            "x": {"label": "pinball loss", "grid": True},
            "y": {"label": None, "domain": names},
        },
        (Set(data, table),),
    )


def _scores(found: Backtest, judged: Evaluation) -> Table:
    scores = sorted(judged.scores, key=lambda score: score.pinball)
    unit = f", in units of each series's {judged.unit}" if judged.unit else ""
    columns = {
        "forecast by": [score.name for score in scores],
        "MAE": [short(score.mae) for score in scores],
        "pinball": [short(score.pinball) for score in scores],
    }
    for i, level in enumerate(judged.levels):
        columns[f"in {tables.percent(level)} %"] = [percent(score.coverage[i]) for score in scores]
    return Table(f"Scores on the windows held out{unit}; the best is first", columns, found.model)


def _notes(found: Backtest, judged: Evaluation) -> list[Block]:
    words = "MAE: mean absolute error of the median. "
    if judged.levels:
        words += f"in {judged.levels[0]:g} %: how many values lay within that interval. "
    if found.verdict.p is not None:
        words += "p: how often chance alone makes so large a difference; below 0.05 counts."
    notes: list[Block] = [Words(words.strip())]
    if judged.brier is not None:
        own, usual = judged.brier
        notes.append(
            Words(
                f"The chance of a value above 0 has a Brier score of {short(own, 3)}; to say how "
                f"often it was so before has {short(usual, 3)}. Lower is better."
            )
        )
    return notes
