"""Things to report on, small and quickly made."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import polars as pl

from tidegate.audit.ablation import Ablation, Change
from tidegate.audit.comparison import Comparison, Contestant
from tidegate.audit.gates import Gates, LayerGates
from tidegate.audit.result import (
    Audit,
    Blind,
    Fix,
    Influence,
    LagCurve,
    Memory,
    Rate,
    Units,
    Verdict,
)
from tidegate.audit.tried import Attempt, TriedFixes
from tidegate.forecast.backtest import Backtest
from tidegate.forecast.forecaster import Forecaster
from tidegate.forecast.plan import Training
from tidegate.report.calibration import FINE, narrowed

EVIL = "<script>evil = 1</script>"
"""A column, or a series, that is called so must do no harm."""
LEVELS = (80.0, 95.0)


class Known(NamedTuple):
    """A forecaster, what it said, and how it was judged."""

    forecaster: Forecaster
    ahead: Any
    fine: Backtest
    judged: Backtest


def _known(frame: pl.DataFrame, horizon: int, time: str, target: str) -> Known:
    training = Training(updates=5)
    forecaster = Forecaster(
        horizon, id="unique_id", time=time, target=target, hidden=8, training=training
    ).fit(frame)
    fine = forecaster.backtest(frame, levels=sorted({*FINE, *LEVELS}))
    return Known(forecaster, forecaster.predict(LEVELS), fine, narrowed(fine, LEVELS, ()))


def shops() -> Known:
    """Two series with evil names, hours as dates."""
    hours = pl.datetime_range(
        pl.datetime(2024, 1, 1), pl.datetime(2024, 1, 6), "1h", closed="left", eager=True
    )
    wave = np.sin(np.arange(len(hours)) * np.pi / 12)
    parts = [
        pl.DataFrame({"unique_id": [name] * len(hours), "hour": hours, EVIL: 1e5 * (wave + i)})
        for i, name in enumerate((EVIL, "b & c"))
    ]
    return _known(pl.concat(parts), 24, "hour", EVIL)


def rain() -> Known:
    """One series with many zeros, whole numbers as time."""
    random = np.random.default_rng(0)
    amounts = random.exponential(3, 120) * (random.random(120) < 0.5)
    return _known(pl.DataFrame({"day": range(120), "mm": amounts}), 3, "day", "mm")


def audit(
    cell: str = "lstm", layers: int = 2, directions: int = 2, growth: float = 0.9, last: int = 60
) -> Audit:
    """An audit with evil names whose gradient is growth ** lag; c keeps a little more than h."""
    random = np.random.default_rng(0)
    lag, units = np.arange(last + 1), 24
    curves, rates, each = [], [], []
    for layer in range(layers):
        for direction in ("forward", "reverse")[:directions]:
            for state in ("h", "c") if cell == "lstm" else ("h",):
                factor = growth * (1.05 if state == "c" else 1)
                mean = factor**lag
                count = np.arange(last + 1, 0, -1)
                curves.append(
                    LagCurve(layer, direction, state, lag, mean, mean / 3, mean, 2 * mean, count)
                )
                half = np.log(0.5) / np.log(factor) if factor < 1 else np.inf
                ends = (mean[::5] * 3, mean[::5] ** 2)
                rates.append(
                    Rate(
                        layer,
                        direction,
                        state,
                        factor,
                        factor - 0.01,
                        factor + 0.01,
                        half,
                        lag[::5],
                        *ends,
                    )
                )
            gates = "ifo" if cell == "lstm" else ""
            forget = np.exp(random.normal(2, 1, units)) if gates else np.full(units, np.nan)
            shares = [{gate: random.random(units) / 3 for gate in gates} for _ in range(2)]
            own = np.exp(random.normal(1.5, 0.7, units))
            each.append(Units(layer, direction, forget, own, *shares, own > 15, 0.07))
    outputs, inputs = ("t+1", "t+2"), ("mm", EVIL, "temperature")
    size = random.random((2, 40, 3)) * np.exp(-np.arange(40) / 8)[:, None]
    size[0, :2] = 0
    context = np.array([0, 1, 2, 4, 8, 16, 24, 32, 40])
    score = 1.2 - 0.6 * (1 - np.exp(-context / 8))
    return Audit(
        f"a forecaster of {EVIL}",
        cell,
        units,
        48,
        last + 1,
        "day",
        1,
        tuple(curves),
        tuple(rates),
        Influence(outputs, inputs, np.arange(40), size, "mm a unit of the input"),
        Memory("pinball loss", context, score, score - 0.05, score + 0.06, 24, 0.48, 0.0004),
        (Blind("t+1", "all inputs", (0, 1), 0, True),),
        tuple(each),
        Verdict("vanishing", f"of 40 days it uses 24 of {EVIL}", {"growth": growth}),
        (Fix("an LSTM with chrono initialisation", f"because {EVIL}", {"cell": "lstm"}),),
    )


def gates() -> Gates:
    """Of two sentences, one longer than a map is wide."""
    random = np.random.default_rng(0)
    lengths = (5, 150)
    labels = [f"word{i}" for i in range(sum(lengths))]
    labels[2] = EVIL

    def layer(number: int) -> LayerGates:
        shape = (len(labels), 30)
        values = {name: random.random(shape) for name in "ifo"}
        values |= {name: random.uniform(-1, 1, shape) for name in "gch"}
        return LayerGates(number, "forward", values)

    names = ("i", "f", "g", "o", "c", "h")
    both = (layer(0), layer(1))
    return Gates(EVIL, "lstm", names, ("g",), "token", lengths, tuple(labels), both)


def comparison() -> Comparison:
    each = (
        Contestant("rnn", 132, 9132, (0.6, 0.62), 0.61, 0.01, 4, 2.1, 3.0, 0.05, 0.001),
        Contestant("gru", 74, 9074, (0.4, 0.42), 0.41, 0.01, 28, np.inf, 4.0, 0.0, 1.0),
    )
    return Comparison(EVIL, "nats", "sequences", 120, "token", each, "gru", "gru", "it is best")


def ablation() -> Ablation:
    held = (("open", 1.0, 0.2), ("shut", 0.0, 0.9), ("mean", 0.6, 0.001))
    changes = [
        Change(gate, how, 0, 0, level, 0.4 + by, by, by - 0.05, by + 0.05)  # type: ignore[arg-type]
        for gate in "ifgo"
        for how, level, by in held
    ]
    cuts = [Change("c", "cut", -1, k, 0.0, 0.4 + 1 / k, 1 / k, 0.9 / k, 1.1 / k) for k in (1, 4)]
    return Ablation(EVIL, "lstm", "nats", 0.4, 120, (*changes, *cuts))


def tried() -> TriedFixes:
    attempts = (
        Attempt("a GRU", {"cell": "gru"}, 0.31, 0.001, 30, 4.0, ""),
        Attempt(
            "the mean and the maximum of all states as readout",
            {"readout": "mean+max"},
            0.35,
            0.01,
            12,
            4.0,
            "",
        ),
        Attempt(f"a window of {EVIL}", {"window": 9}, np.nan, np.nan, 0, 0.0, "no time was left"),
    )
    return TriedFixes(EVIL, "nats", "sequences", 120, 0.4, 12, 3.0, attempts)
