"""Exchange rates of 8 countries, 3, 6, 12 and 24 days ahead: what cannot be beaten, and is not.

    python benchmarks/forecasting/exchange_rate.py

The last 20 % of the days are the test; RSE is the root of the squared errors over that of the
squared deviations from the mean (Lai et al. 2018). No change at all is the best known forecast.
"""

from __future__ import annotations

import gzip

import numpy as np
from running import SEEDS, Fitted, finish, fit, mean_row, row, setting
from tables import DATA, numbered

from tidegate.data import oldest
from tidegate.data.series import Series
from tidegate.forecast.defaults import suited

AHEAD = (3, 6, 12, 24)
PUBLISHED = (0.0171, 0.0238, 0.0329, 0.0434)


def rates() -> np.ndarray:
    """[days, 8]"""
    text = gzip.decompress((DATA / "exchange_rate" / "exchange_rate.txt.gz").read_bytes()).decode()
    return np.array([line.split(",") for line in text.split()], float)


def rse(actual: np.ndarray, forecast: np.ndarray) -> float:
    """Root relative squared error."""
    return float(np.sqrt(np.sum((actual - forecast) ** 2) / np.sum((actual - actual.mean()) ** 2)))


def scores(series: Series, table: np.ndarray, fitted: Fitted, first: int) -> dict[str, float]:
    """RSE at each distance, and the coverage over all 24 days."""
    found = {}
    n = len(table)
    cut = np.arange(first - max(AHEAD) + 1, n)
    which = np.repeat(np.arange(len(series)), len(cut))
    rows = series.start[which] + np.tile(cut, len(series))
    quantiles = fitted.quantiles(series, which, rows).reshape(len(series), len(cut), 24, -1)
    inside = []
    for h in AHEAD:
        target = np.arange(first, n)
        place = target - h + 1 - cut[0]
        q = quantiles[:, place, h - 1]
        found[f"RSE {h}"] = rse(table[first:], q[..., 2].T)
        y = table[first:].T
        inside.append([(y >= q[..., 1]) & (y <= q[..., 3]), (y >= q[..., 0]) & (y <= q[..., 4])])
    return {
        **found,
        "cov80": float(np.mean(inside, axis=(0, 2, 3))[0]),
        "cov95": float(np.mean(inside, axis=(0, 2, 3))[1]),
    }


def main() -> None:
    table = rates()
    n = len(table)
    first = int(0.8 * n)
    naive = {f"RSE {h}": rse(table[first:], table[first - h : n - h]) for h in AHEAD}
    assert tuple(round(value, 4) for value in naive.values()) == PUBLISHED, naive
    rows = [row("exchange_rate", "no change", naive)]
    series = numbered(table.T.ravel(), np.full(table.shape[1], n))
    plan = suited(oldest(series, np.full(len(series), first)), 24)
    found = []
    for seed in SEEDS:
        fitted = fit(series, np.full(len(series), first), plan, seed)
        found.append(
            row("exchange_rate", f"seed {seed}", scores(series, table, fitted, first), fitted)
        )
    finish("exchange_rate", [*rows, *found, mean_row(found)], [setting(plan)])


if __name__ == "__main__":
    main()
