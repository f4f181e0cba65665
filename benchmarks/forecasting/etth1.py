"""ETTh1: 7 channels, 96 hours ahead, each forecast alone by one model of all.

    python benchmarks/forecasting/etth1.py

Rows 0–8640 are for training, 8640–11520 for validation, 11520–14400 for the test; all in units of
the training rows; windows follow each other hour by hour and the last is kept.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from running import SEEDS, finish, fit, mean_row, row, setting
from tables import DATA, dated

from tidegate.data.frequency import HOUR, Frequency
from tidegate.data.series import Series
from tidegate.forecast.defaults import suited

TRAIN, VALIDATION, ALL, HORIZON = 8640, 11520, 14400, 96
PUBLISHED = 0.512  # of the day before, again and again


def channels() -> Series:
    """The channels in units of their training rows."""
    import polars as pl

    frame = pl.read_csv((DATA / "ett" / "ETTh1.csv.gz").read_bytes()).head(ALL)
    names = frame.columns[1:]
    values = frame.select(names).to_numpy()
    values = (values - values[:TRAIN].mean(0)) / values[:TRAIN].std(0)
    times = frame["date"].str.to_datetime().to_numpy().astype("datetime64[us]")
    return dated(list(values.T), [times] * len(names), names, Frequency("microsecond", HOUR))


def first_rows(series: Series) -> Series:
    """The training rows: all that settings may depend on."""
    return replace(series, length=np.full(len(series), TRAIN))


def windows(series: Series, first: int, end: int) -> tuple[np.ndarray, np.ndarray]:
    """Series and cut of all windows between two rows."""
    cut = np.arange(first, end - HORIZON + 1)
    which = np.repeat(np.arange(len(series)), len(cut))
    return which, series.start[which] + np.tile(cut, len(series))


def errors(series: Series, cut: np.ndarray, median: np.ndarray) -> dict[str, float]:
    """Over all windows, channels and hours."""
    rest = series.values[cut[:, None] + np.arange(HORIZON)] - median
    return {"MSE": float(np.mean(rest**2)), "MAE": float(np.mean(np.abs(rest)))}


def main() -> None:
    series = channels()
    which, cut = windows(series, VALIDATION, ALL)
    day = series.values[cut[:, None] - 24 + np.arange(HORIZON) % 24]
    naive = errors(series, cut, day)
    assert round(naive["MSE"], 3) == PUBLISHED, naive
    rows = [row("ETTh1", "the day before", naive)]
    known = np.full(len(series), TRAIN)
    plan = suited(first_rows(series), HORIZON)
    found = []
    for seed in SEEDS:
        fitted = fit(series, known, plan, seed)
        quantiles = fitted.quantiles(series, which, cut)
        actual = series.values[cut[:, None] + np.arange(HORIZON)]
        inside = {
            "cov80": float(np.mean((actual >= quantiles[..., 1]) & (actual <= quantiles[..., 3]))),
            "cov95": float(np.mean((actual >= quantiles[..., 0]) & (actual <= quantiles[..., 4]))),
        }
        scores = {**errors(series, cut, quantiles[..., 2]), **inside}
        found.append(row("ETTh1", f"seed {seed}", scores, fitted))
    finish("etth1", [*rows, *found, mean_row(found)], [setting(plan)])


if __name__ == "__main__":
    main()
