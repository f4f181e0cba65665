"""Rain of the next day at 38 Australian stations, beside a logistic regression.

    python benchmarks/forecasting/weather_aus.py

Days before 2013 are for training, 2013 and 2014 are the test: is there more than 1 mm tomorrow?
Both sides know today's row: temperatures, wind, humidity, pressure, cloud, rain, and the station.
The logistic regression knows no other day; the forecaster is not told the station. Two stations of
the file begin in 2013, so that nothing can be learnt of them; they are left out.
"""

from __future__ import annotations

import sys

import numpy as np
import polars as pl
from running import LEVELS, SEEDS, finish, fit, mean_row, row, setting
from scores import auc, between_quantiles, coverage, log_loss
from tables import table

from tidegate.data import oldest
from tidegate.data.series import Series, read_series
from tidegate.forecast.defaults import suited

SPLITS = {"test": ("2013-01-01", "2015-01-01"), "validation": ("2012-01-01", "2013-01-01")}
ONCE = ("MinTemp", "MaxTemp", "Evaporation", "Sunshine", "WindGustSpeed")
TWICE = ("WindSpeed", "Humidity", "Pressure", "Cloud", "Temp")
NUMBERS = [*ONCE, *(f"{name}{hour}" for name in TWICE for hour in ("9am", "3pm"))]
WINDS = ("WindGustDir", "WindDir9am", "WindDir3pm")
QUARTERS = (
    ("N", "NNE", "NE", "ENE"),
    ("E", "ESE", "SE", "SSE"),
    ("S", "SSW", "SW", "WSW"),
    ("W", "WNW", "NW", "NNW"),
)
COMPASS = [point for quarter in QUARTERS for point in quarter]
PENALTY = 1.0
RIDGE_STEPS = 12


def rows_before(end: str, start: str) -> pl.DataFrame:
    """The days up to ``end`` of the stations that were there 100 days before ``start``."""
    turn = [2 * np.pi * i / len(COMPASS) for i in range(len(COMPASS))]
    angles = {w: pl.col(w).replace_strict(COMPASS, turn, default=None) for w in WINDS}
    rain = pl.col("Rainfall")
    frame = (
        table("rainfall/weather_aus.csv.gz")
        .with_columns(pl.col("Date").str.to_date(), pl.col(NUMBERS).cast(pl.Float64))
        .with_columns(
            *(angle.sin().alias(f"{w} east") for w, angle in angles.items()),
            *(angle.cos().alias(f"{w} north") for w, angle in angles.items()),
            # a day of 1 mm or less counts as dry, for both sides
            y=pl.when(rain > 1).then(rain).when(rain.is_not_null()).then(0.0),
        )
        .filter(pl.col("Date") < pl.lit(end).str.to_date())
    )
    early = (pl.col("Date") < pl.lit(start).str.to_date()).sum().over("Location") > 100
    return frame.filter(early).sort("Location", "Date")


def columns() -> list[str]:
    """What both sides know of a day, beside its rain."""
    return [*NUMBERS, *(f"{w} {part}" for w in WINDS for part in ("east", "north"))]


def tomorrow(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows whose next day was observed, with its date and rain."""
    ahead = {name: pl.col(name).shift(-1).over("Location") for name in ("Date", "y")}
    joined = frame.with_columns(date=ahead["Date"], rain=ahead["y"])
    next_day = pl.col("date") == pl.col("Date").dt.offset_by("1d")
    return joined.filter(next_day & pl.col("rain").is_not_null())


def regression(frame: pl.DataFrame, start: str) -> tuple[np.ndarray, np.ndarray]:
    """Event and chance of the days from ``start`` on, by a logistic regression on the days before.

    Missing numbers are the mean, and marked; directions and stations are columns of their own.
    """
    both = tomorrow(frame)
    learnt = both["date"].to_numpy() < np.datetime64(start)
    x = both.select(*columns(), "Rainfall").to_numpy().astype(float)
    missing = np.isnan(x)
    x = np.where(missing, np.nanmean(x[learnt], axis=0), x)
    x = (x - x[learnt].mean(0)) / x[learnt].std(0)
    words = [both[w].fill_null("").to_numpy()[:, None] == np.array(["", *COMPASS]) for w in WINDS]
    stations = both["Location"].to_numpy()[:, None] == both["Location"].unique().to_numpy()
    wet = (both["y"].fill_null(0) > 0).to_numpy()[:, None]
    parts = [x, missing[:, : len(NUMBERS)], wet, stations, *words, np.ones((len(x), 1))]
    z, event = np.column_stack(parts).astype(float), (both["rain"] > 0).to_numpy()
    b = np.zeros(z.shape[1])
    for _ in range(RIDGE_STEPS):  # Newton's method
        p = 1 / (1 + np.exp(-z[learnt] @ b))
        slope = z[learnt].T @ (p - event[learnt]) + PENALTY * b
        curve = (z[learnt].T * (p * (1 - p))) @ z[learnt] + PENALTY * np.eye(len(b))
        b -= np.linalg.solve(curve, slope)
    assert np.abs(slope).max() < 1e-6, "not at the optimum"
    return event[~learnt], 1 / (1 + np.exp(-z[~learnt] @ b))


def days(frame: pl.DataFrame, series: Series, start: str) -> tuple[np.ndarray, np.ndarray]:
    """Series and row of the days from ``start`` on that the regression has, too."""
    wanted = tomorrow(frame).filter(pl.col("date") >= pl.lit(start).str.to_date())
    which = np.searchsorted(np.array(series.ids), wanted["Location"].to_numpy())
    since = wanted["date"].to_numpy().astype("datetime64[D]")
    first = series.time[series.start].astype("datetime64[D]")
    return which, series.start[which] + (since - first[which]).astype(int)


def scores(event: np.ndarray, chance: np.ndarray) -> dict[str, float]:
    """Of chances."""
    return {
        "AUC": auc(event, chance),
        "accuracy": float(np.mean((chance > 0.5) == event)),
        "Brier": float(np.mean((chance - event) ** 2)),
        "log-loss": log_loss(event, chance),
    }


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "test"
    start, end = SPLITS[name]
    frame = rows_before(end, start)
    event, chance = regression(frame, start)
    rows = [row("weather_aus", "logistic regression", scores(event, chance))]
    kept = frame.select("Location", "Date", "y", *columns())
    series = read_series(
        kept, id="Location", time="Date", target="y", past=columns(), missing="any", gaps="fill"
    )
    spans = zip(series.start, series.length, strict=True)
    known = np.array([(series.time[a : a + n] < np.datetime64(start)).sum() for a, n in spans])
    which, cut = days(frame, series, start)
    actual = series.values[cut]
    assert np.array_equal(actual > 0, event), "both sides forecast the same days"
    plan = suited(oldest(series, known), 1)
    found = []
    for seed in SEEDS:
        fitted = fit(series, known, plan, seed)
        ahead = fitted.members.forecast(series, which, cut, LEVELS)
        q = ahead.quantiles[:, 0]
        inside = {
            "cov80": coverage(actual, q[:, 1], q[:, 3]),
            "cov95": coverage(actual, q[:, 0], q[:, 4]),
            "levels80": between_quantiles(actual, q[:, 1], q[:, 3], ahead.chance[:, 0], 0.8),
            "levels95": between_quantiles(actual, q[:, 0], q[:, 4], ahead.chance[:, 0], 0.95),
        }
        both = {**scores(event, ahead.chance[:, 0]), **inside}
        found.append(row("weather_aus", f"seed {seed}", both, fitted))
    if name == "test":
        finish("weather_aus", [*rows, *found, mean_row(found)], [setting(plan)])
    else:
        print(*rows, *found, mean_row(found), sep="\n")


if __name__ == "__main__":
    main()
