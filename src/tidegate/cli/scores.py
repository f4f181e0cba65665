"""How forecasts of windows held out did, as a table, and what that means in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .layout import WIDTH, columns, decimals, number, paragraph, sentence

if TYPE_CHECKING:
    from ..data.series import Series
    from ..forecast.backtest import Backtest
    from ..forecast.evaluate import Evaluation

WORTH_NAMING = ("naive", "seasonal naive")
"""Baselines that a short table has beside the best one."""
RULES = {
    "naive": "the last value again",
    "seasonal naive": "the value {season} before",
    "drift": "the line through the first value and the last",
    "mean": "of all rows before",
    "median": "of all rows before",
    "theta": "the Theta method",
    "exponential smoothing": "level, damped trend and season",
    "ridge": "a linear model on lags",
}
METRICS = {"mae": "MAE", "rmse": "RMSE", "smape": "sMAPE", "mase": "MASE"}


def short(found: Backtest, judged: Evaluation) -> str:
    """The model, the usual baselines and the best one."""
    from ..forecast import tables

    best = found.verdict.baseline
    shown = [score for score in judged.scores if score.name in (found.model, *WORTH_NAMING, best)]
    errors = np.array([[score.mae, score.pinball] for score in judged.scores])
    places = decimals(errors.min(initial=errors.max(), where=errors > 0), digits=3)
    body = {
        "": [score.name for score in shown],
        "MAE": [number(score.mae, places) for score in shown],
        "pinball": [number(score.pinball, places) for score in shown],
    }
    for i, level in enumerate(judged.levels):
        body[f"in {tables.percent(level)} %"] = [_percent(score.coverage[i]) for score in shown]
    left_out = len(judged.scores) - len(shown)
    notes = [_rules(found, [score.name for score in shown])]
    if left_out:
        some = f"{left_out} other rules" if left_out > 1 else "another rule"
        notes.append(f"The best of these and {some} is compared with below.")
    notes.append("MAE: mean absolute error of the median.")
    notes.append("pinball: error of median and intervals together.")
    if judged.unit:
        notes.append(f"Errors are in units of each series's {judged.unit}.")
    return "\n".join([columns(body, left=1), "", *notes, *_of_intervals(found, judged)])


def full(found: Backtest, judged: Evaluation) -> str:
    """The model and all baselines, the best first."""
    from ..forecast import tables

    overall = found.overall
    names = sorted(found.quantiles, key=lambda name: overall["scaled-pinball"][name])
    body: dict[str, list[str]] = {"": names}
    for metric, title in METRICS.items():
        body[title] = _numbers([overall[metric][name] for name in names])
    body["pinball"] = _numbers([overall["scaled-pinball"][name] for name in names])
    for level in found.levels:
        shares = overall[f"coverage-{tables.percent(level)}"]
        body[f"in {tables.percent(level)} %"] = [_percent(shares[name]) for name in names]
    unit = f", in units of each series's {judged.unit}" if judged.unit else ""
    notes = [
        _rules(found, names),
        "MAE, RMSE: mean absolute and root mean square error of the median.",
        "sMAPE: in percent of the size. MASE: in mean steps between seasons.",
        paragraph(f"pinball: error of median and intervals together{unit}; the best is first."),
    ]
    return "\n".join([columns(body, left=1), "", *notes, *_of_intervals(found, judged)])


def title(found: Backtest, series: Series) -> str:
    """What was held out.

    Example: ``the last 14 windows of 7 days of each of 3 series``
    """
    held = np.unique(found.held.series, return_counts=True)[1]
    each, n = int(held[0]), len(held)
    of = f" of each of {n:,} series" if n > 1 else ""
    if (held != each).any():
        each, of = int(held.sum()), f" of {n:,} series"
    windows = f"{each:,} windows" if each > 1 else "window"
    return f"the last {windows} of {series.frequency.steps(found.actual.shape[1])}{of}"


def verdict(found: Backtest) -> str:
    """The verdict as a sentence, and what to do where the model is of no use."""
    said = found.verdict
    words = sentence(said.model, said)
    if said.baseline_would_do and said.model != "AUTO":
        words += f" {said.baseline[:1].upper()}{said.baseline[1:]} would do; --auto takes the best."
    if said.model == "AUTO" and found.took is not None:
        words += f" It took {found.took} there."
    return words


def _of_intervals(found: Backtest, judged: Evaluation) -> list[str]:
    """What the shares and the p value say."""
    notes = []
    if judged.levels:
        level = f"{judged.levels[0]:g} %"
        notes.append(f"Lower is better. in {level}: how many values lay within that interval.")
    if found.verdict.p is not None:
        notes.append("p: how often chance alone makes so large a difference; below 0.05 counts.")
    if judged.brier is not None:
        own, usual = judged.brier
        notes.append(
            f"Chance above 0: Brier score {own:.3f}; saying how often it was so: {usual:.3f}."
        )
        notes.append("An interval that begins at 0 misses on one side only, so it holds more.")
    return notes


def _rules(found: Backtest, names: list[str]) -> str:
    """What the baselines do."""
    season = found.series.frequency.steps(found.season)
    said = [f"{name}: {RULES[name].format(season=season)}" for name in names if name in RULES]
    lines, line = [], ""
    for i, words in enumerate(said):
        words += "." if i == len(said) - 1 else ";"
        if line and len(line) + len(words) >= WIDTH:
            lines.append(line)
            line = words
        else:
            line = f"{line} {words}".strip()
    return "\n".join([*lines, line])


def _numbers(values: list[float]) -> list[str]:
    """Numbers of one column, the smallest of which still shows three digits."""
    array = np.array(values)
    known = array[np.isfinite(array) & (array > 0)]
    places = decimals(known.min(initial=known.max(initial=0.0)), digits=3)
    return [number(value, places) if np.isfinite(value) else "-" for value in values]


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if np.isfinite(share) else "-"
