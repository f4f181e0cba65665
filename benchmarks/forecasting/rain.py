"""Rain of the next day in the south west of England: whether, and how much.

    python benchmarks/forecasting/rain.py

17,531 days from 1914 on; the last 20 % are the test, each forecast from the days before it. Beside
the coverage stands how many days lie between the levels of its ends (see `between_quantiles`).
"""

from __future__ import annotations

import numpy as np
from running import LEVELS, SEEDS, finish, fit, mean_row, row, setting
from scores import auc, between_quantiles, coverage, log_loss
from tables import dated, table

from tidegate.data import oldest
from tidegate.data.frequency import DAY, Frequency
from tidegate.forecast.defaults import suited

PERSISTENCE = 0.741  # accuracy of "as today", published


def main() -> None:
    y = table("rainfall/sw_england.csv")["rain_mm"].to_numpy()
    first = int(0.8 * len(y))
    event = y[first:] > 0
    persistence = float(np.mean(event == (y[first - 1 : -1] > 0)))
    assert round(persistence, 3) == PERSISTENCE, persistence
    median = float(np.mean(np.abs(y[first:] - np.median(y[:first]))))
    assert round(median, 3) == 3.513, median
    rows = [row("SW England", "persistence, median", {"accuracy": persistence, "MAE": median})]
    days = np.datetime64("1914-01-01", "us") + np.arange(len(y)) * np.timedelta64(1, "D")
    series = dated([y], [days], ["sw"], Frequency("microsecond", DAY))
    cut = np.arange(first, len(y))
    plan = suited(oldest(series, np.array([first])), 1)
    found = []
    for seed in SEEDS:
        fitted = fit(series, np.array([first]), plan, seed)
        ahead = fitted.members.forecast(series, np.zeros(len(cut), int), cut, LEVELS)
        chance, q = ahead.chance[:, 0], ahead.quantiles[:, 0]
        scores = {
            "accuracy": float(np.mean((chance > 0.5) == event)),
            "AUC": auc(event, chance),
            "log-loss": log_loss(event, chance),
            "MAE": float(np.mean(np.abs(y[first:] - q[:, 2]))),
            "cov80": coverage(y[first:], q[:, 1], q[:, 3]),
            "cov95": coverage(y[first:], q[:, 0], q[:, 4]),
            "levels80": between_quantiles(y[first:], q[:, 1], q[:, 3], chance, 0.8),
            "levels95": between_quantiles(y[first:], q[:, 0], q[:, 4], chance, 0.95),
        }
        found.append(row("SW England", f"seed {seed}", scores, fitted))
    finish("rain", [*rows, *found, mean_row(found)], [setting(plan)])


if __name__ == "__main__":
    main()
