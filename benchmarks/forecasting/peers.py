"""Against NeuralForecast's LSTM and Darts' RNNModel and BlockRNNModel at the same settings.

    python benchmarks/forecasting/peers.py [--data airline] [--repeat 3] [--sides "Darts RNNModel"]
                                           [--batch 32]

In an environment of its own (requirements-peers.txt, beside a wheel of this package). Each run is a
fresh process (`sides.py`) that imports the library, reads a CSV file, fits, predicts and writes the
forecast. Runs of the two sides take turns, each pair with another seed; a ratio is the median of
the pairs'. Hidden units, layers, window and updates are the same; with `--batch`, windows in an
update too, else they are each library's own (tidegate 32, NeuralForecast 128, Darts 32), as rates
and all else are. One more pair has the horizon alone, else its defaults.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from scores import smape
from tables import long_split, table

sys.path.insert(0, str(Path(__file__).parents[1]))
from pairing import machine, report

OURS = "tidegate"
POINT, DEFAULTS = "tidegate, no calibration", "tidegate, defaults"
PAIRS = {
    POINT: OURS,
    "NeuralForecast LSTM": OURS,
    "Darts RNNModel": OURS,
    "Darts BlockRNNModel": OURS,
    "NeuralForecast LSTM, defaults": DEFAULTS,
}
"""Each side, and which of ours runs beside it."""
IMPORTS = {
    "nothing: Python alone": "pass",
    OURS: "from tidegate import Forecaster; import polars",
    "NeuralForecast": "import pandas, neuralforecast; from neuralforecast.models import LSTM",
    "Darts": "import pandas, darts; from darts.models import RNNModel, BlockRNNModel",
}


@dataclass(frozen=True)
class Settings:
    """What all sides are given."""

    horizon: int
    window: int
    freq: str
    """pandas's name of the frequency."""
    hidden: int = 128
    updates: int = 1000
    batch: int | None = None
    """Windows in an update; None for each library's own."""


@dataclass(frozen=True)
class Data:
    """A table that each side reads, and what came after it."""

    settings: Settings
    past: pl.DataFrame
    """unique_id, ds, y"""
    actual: np.ndarray
    """[n, h], by unique_id"""


@dataclass(frozen=True)
class Measured:
    """One run of a side."""

    seconds: float
    cpu: float
    """Seconds of processors, which other work on the machine hardly lengthens."""
    mae: float
    smape: float


def airline() -> Data:
    """AirPassengers: 132 months, the last 12 are the test."""
    y = table("univariate/airline-passengers.csv")["Passengers"].to_numpy().astype(float)
    return _data([y[:-12]], [y[-12:]], Settings(12, 36, "MS"), "1mo")


def m3_monthly(count: int = 200) -> Data:
    """So many series of M3 monthly, spread evenly over those with 72 values before the test."""
    split = long_split("m3/monthly_", 18, 12)
    long = np.flatnonzero(split.known >= 72)
    chosen = long[np.linspace(0, len(long) - 1, count).astype(int)]
    past, actual = split.past(), split.actual()
    return _data([past[i] for i in chosen], list(actual[chosen]), Settings(18, 36, "MS"), "1mo")


def m4_hourly(count: int = 100) -> Data:
    """So many series of M4 hourly, spread evenly, their first day ahead."""
    split = long_split("m4_hourly/", 48, 24)
    chosen = np.linspace(0, len(split.known) - 1, count).astype(int)
    past, actual = split.past(), split.actual()[:, :24]
    settings = Settings(24, 72, "h", updates=500)
    return _data([past[i] for i in chosen], list(actual[chosen]), settings, "1h")


DATA = {"airline": airline, "m3_monthly": m3_monthly, "m4_hourly": m4_hourly}


def _data(past: list[np.ndarray], actual: list[np.ndarray], settings: Settings, step: str) -> Data:
    """The files have no dates, or count from 1: they get dates from the year 2000 on."""
    parts = []
    for i, y in enumerate(past):
        times = pl.datetime_range(
            pl.datetime(2000, 1, 1), pl.datetime(2100, 1, 1), step, eager=True
        ).head(len(y))
        parts.append(pl.DataFrame({"unique_id": f"s{i:04}", "ds": times, "y": y}))
    return Data(settings, pl.concat(parts), np.stack(actual))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", choices=[*DATA], default=[*DATA])
    parser.add_argument("--repeat", type=int, default=3, help="pairs of runs")
    parser.add_argument("--sides", nargs="+", choices=[*PAIRS], default=[*PAIRS])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, help="windows in an update; else each library's own")
    options = parser.parse_args()
    about = machine("neuralforecast", "darts", "torch", "pytorch-lightning", "numpy")
    about["threads"] = str(options.threads)
    os.environ |= {"OMP_NUM_THREADS": str(options.threads), "PYTHONWARNINGS": "ignore"}
    threads = f"{options.threads} threads; {options.repeat} pairs of runs"
    report("forecasting_peers_import", about, imports(options.repeat), [threads])
    for name in options.data:
        data = DATA[name]()
        data = replace(data, settings=replace(data.settings, batch=options.batch))
        given = asdict(data.settings) | {"batch": options.batch or "each library's own"}
        words = ", ".join(f"{key} {value}" for key, value in given.items())
        notes = [
            f"{name}: {len(data.actual)} series, {len(data.past)} rows; {words}",
            f"{threads}, a seed each; MAE and sMAPE are means over them, range is that of the MAE",
            "times, times cpu: the side's seconds over those of the tidegate beside it",
            "tidegate trains a second model, by a quarter as many updates, that corrects its "
            "intervals, save where the row says no calibration",
        ]
        ending = f"_batch{options.batch}" if options.batch else ""
        rows = compare(data, options.repeat, options.sides)
        report(f"forecasting_peers_{name}{ending}", about, rows, notes)


def imports(repeat: int) -> list[dict[str, object]]:
    """The seconds that importing each side takes."""
    found: dict[str, list[float]] = {name: [] for name in IMPORTS}
    for turn in range(repeat + 1):  # the first fills the disk's cache and the byte code's
        for name, code in IMPORTS.items():
            wall, _ = spent([sys.executable, "-c", code])
            found[name] += [wall] if turn else []
    ours = statistics.median(found[OURS])
    return [
        {"import": name, "seconds": statistics.median(x), "times": statistics.median(x) / ours}
        for name, x in found.items()
    ]


def compare(data: Data, repeat: int, sides: Sequence[str]) -> list[dict[str, object]]:
    """A row for each side, and for ours beside them."""
    found: dict[str, list[tuple[Measured, Measured]]] = {side: [] for side in sides}
    with tempfile.TemporaryDirectory() as folder:
        data.past.write_csv(Path(folder) / "past.csv", datetime_format="%Y-%m-%d %H:%M:%S")
        run(OURS, data, Path(folder), 0)  # fills the disk's cache
        for seed in range(repeat):
            for side in sides:
                theirs = run(side, data, Path(folder), seed)
                found[side].append((theirs, run(PAIRS[side], data, Path(folder), seed)))
    rows = []
    for ours in (OURS, DEFAULTS):
        runs = [own for side, pairs in found.items() if PAIRS[side] == ours for _, own in pairs]
        rows += [_row(ours, [(own, own) for own in runs])] if runs else []
    return rows + [_row(side, pairs) for side, pairs in found.items()]


def run(side: str, data: Data, folder: Path, seed: int) -> Measured:
    """One process, from its start to its end, and what it wrote."""
    task, output = folder / "task.json", folder / "forecast.csv"
    settings = asdict(data.settings)
    paths = {"input": str(folder / "past.csv"), "output": str(output)}
    task.write_text(json.dumps({**settings, **paths, "seed": seed}), encoding="utf-8")
    output.unlink(missing_ok=True)
    program = str(Path(__file__).with_name("sides.py"))
    wall, cpu = spent([sys.executable, program, side, str(task)], folder)
    frame = pl.read_csv(output).sort("unique_id", "ds")
    forecast = frame["forecast"].to_numpy().reshape(data.actual.shape)
    error = float(np.mean(np.abs(forecast - data.actual)))
    print(f"{side}, seed {seed}: {wall:.2f} s, MAE {error:.2f}", file=sys.stderr, flush=True)
    return Measured(wall, cpu, error, smape(data.actual, forecast))


def spent(command: Sequence[str], folder: Path | None = None) -> tuple[float, float]:
    """Seconds that a process takes, and those of processors; its words only if it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - begun
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def _row(side: str, pairs: Sequence[tuple[Measured, Measured]]) -> dict[str, object]:
    """One line of the table, of (this side, ours beside it)."""
    errors = [found.mae for found, _ in pairs]
    return {
        "side": side,
        "seconds": statistics.median(found.seconds for found, _ in pairs),
        "times": statistics.median(found.seconds / own.seconds for found, own in pairs),
        "cpu seconds": statistics.median(found.cpu for found, _ in pairs),
        "times cpu": statistics.median(found.cpu / own.cpu for found, own in pairs),
        "MAE": statistics.mean(errors),
        "range": f"{min(errors):.4g} to {max(errors):.4g}",
        "sMAPE": f"{statistics.mean(found.smape for found, _ in pairs):.2f}",
    }


if __name__ == "__main__":
    main()
