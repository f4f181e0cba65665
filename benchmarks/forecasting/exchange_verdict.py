"""Exchange rates of 8 countries, 24 days ahead: what a backtest says, and what "auto" picks.

    python benchmarks/forecasting/exchange_verdict.py

The test is that of exchange_rate.py, in windows that do not overlap. A table that cannot be
forecast should be told so: "no better than naive", and the forecast of "auto" should be as good.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from exchange_rate import AHEAD, rates, rse
from running import LEVELS, finish
from tables import numbered

from tidegate import Forecaster


def main() -> None:
    table = rates()
    n = len(table)
    first, horizon = int(0.8 * n), max(AHEAD)
    series = numbered(table.T.ravel(), np.full(table.shape[1], n))
    windows = (n - first) // horizon
    result = Forecaster(horizon).backtest(series, windows=windows, progress=False)
    verdict = str(result.verdict)

    known = replace(series, length=np.full(len(series), first))
    auto = Forecaster(horizon, cell="auto").fit(known, progress=False)
    cut = np.arange(first, n - horizon + 1)
    which = np.repeat(np.arange(len(series)), len(cut))
    rows = series.start[which] + np.tile(cut, len(series))
    found = auto.answers_.forecast(series, which, rows, LEVELS).quantiles[..., 2]
    found = found.reshape(len(series), len(cut), horizon)
    lines: list[dict[str, object]] = []
    for h in AHEAD:
        target = table[cut + h - 1]
        mine, naive = rse(target, found[..., h - 1].T), rse(target, table[cut - 1])
        lines.append({"days ahead": h, "auto": mine, "no change": naive, "ratio": mine / naive})
    finish("exchange_verdict", lines, [f"backtest: {verdict}", f"auto: {auto.choice_}"])


if __name__ == "__main__":
    main()
