"""M4 hourly: 414 series, 48 steps ahead.

    python benchmarks/forecasting/m4_hourly.py

The series overlap in time, so a model could have seen what happened in the weeks that it forecasts
in other series. Hence a second score: of the half of the series that were left out of training.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from running import each_seed, finish, fit, row, setting
from scores import coverage, mase, msis, smape, steps_apart
from tables import long_split, numbered

from tidegate.data import oldest
from tidegate.forecast.defaults import suited
from tidegate.forecast.members import Members

PUBLISHED = {"sMAPE": 13.912, "MASE": 1.193}  # of the seasonal naive forecast


def main() -> None:
    split = long_split("m4_hourly/", 48, 24)
    actual, unit = split.actual(), steps_apart(split.past(), 24)

    def score(found: np.ndarray, chosen: slice = slice(None)) -> dict[str, float]:
        y, u, middle = actual[chosen], unit[chosen], found[..., 2]
        errors = {"sMAPE": smape(y, middle), "MASE": mase(y, middle, u)}
        owa = (errors["sMAPE"] / 18.383 + errors["MASE"] / 2.395) / 2
        widths = {"MSIS": msis(y, found[..., 0], found[..., 4], u)}
        inside = {
            "cov80": coverage(y, found[..., 1], found[..., 3]),
            "cov95": coverage(y, found[..., 0], found[..., 4]),
        }
        return {**errors, "OWA": owa, **widths, **inside}

    naive = np.stack([np.tile(y[-24:], 2) for y in split.past()])
    known = {"sMAPE": smape(actual, naive), "MASE": mase(actual, naive, unit)}
    assert {name: round(value, 3) for name, value in known.items()} == PUBLISHED, known
    rows = [row("M4 hourly", "seasonal naive", known)]
    plan = suited(oldest(split.series, split.known), 48, season=(24, 168))
    rows += each_seed(split, plan, score, "M4 hourly")

    half = slice(0, None, 2)
    length = (split.known + 48)[half]
    starts = zip(split.series.start[half], length, strict=True)
    values = np.concatenate([split.series.values[a : a + n] for a, n in starts])
    some = fit(numbered(values, length), split.known[half], plan, 0)
    # units of a series are taken from its own past, without training
    others = slice(1, None, 2)
    new = np.full(len(split.known), -1)
    each = [one.on(split.series, new, split.known) for one in some.members.learned]
    which = np.arange(len(split.known))[others]
    found = replace(some, members=Members(tuple(each))).quantiles(
        split.series, which, split.cut[others]
    )
    rows.append(row("series left out of training", "seed 0", score(found, others), some))
    finish("m4_hourly", rows, [setting(plan)])


if __name__ == "__main__":
    main()
