"""M3: monthly, quarterly, yearly and other series, 18, 8, 6 and 8 steps ahead.

python benchmarks/forecasting/m3.py
"""

from __future__ import annotations

import numpy as np
from running import each_seed, finish, row, setting
from scores import coverage, mase, smape, steps_apart
from tables import long_split

from tidegate.data import oldest
from tidegate.forecast.defaults import suited

PARTS = {"monthly": (18, 12), "quarterly": (8, 4), "yearly": (6, 1), "other": (8, 1)}
PUBLISHED = {"monthly": 17.23, "quarterly": 11.07, "yearly": 17.88, "other": 6.30}


def main() -> None:
    rows, notes = [], []
    for name, (horizon, season) in PARTS.items():
        split = long_split(f"m3/{name}_", horizon, season)
        actual, unit = split.actual(), steps_apart(split.past(), season)

        def score(
            found: np.ndarray, y: np.ndarray = actual, u: np.ndarray = unit
        ) -> dict[str, float]:
            return {
                "sMAPE": smape(y, found[..., 2]),
                "MASE": mase(y, found[..., 2], u),
                "cov80": coverage(y, found[..., 1], found[..., 3]),
                "cov95": coverage(y, found[..., 0], found[..., 4]),
            }

        ahead = np.arange(horizon) % season
        naive = np.stack([y[len(y) - season + ahead] for y in split.past()])
        known = {"sMAPE": smape(actual, naive), "MASE": mase(actual, naive, unit)}
        assert round(known["sMAPE"], 2) == PUBLISHED[name], (name, known)
        rows.append(row(f"M3 {name}", "seasonal naive", known))
        plan = suited(oldest(split.series, split.known), horizon, season=(season, 0))
        rows += each_seed(split, plan, score, f"M3 {name}")
        notes.append(f"{name}: {setting(plan)}")
    finish("m3", rows, notes)


if __name__ == "__main__":
    main()
