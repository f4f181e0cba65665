"""Fit and predict for 1 to 100,000 series of 200 points: seconds, and the most memory.

    python benchmarks/forecasting/many.py [--most 100000]

Each size is measured in a process of its own, which makes its frame in memory: daily rows with a
week in them. The peak is that of the whole process: Python, the libraries and the frame too.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from pairing import machine, report

SIZES = (1, 10, 100, 1000, 10_000, 100_000)
POINTS, HORIZON, SEASON = 200, 14, 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--most", type=int, default=SIZES[-1], help="series, at most")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one)))
        return
    about = machine("numpy", "polars", "narwhals")
    rows: list[dict[str, object]] = []
    for size in SIZES:
        if size <= options.most:
            command = [sys.executable, __file__, "--one", str(size)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            rows.append(json.loads(done.stdout))
    notes = [
        f"{POINTS} points of each series, {HORIZON} steps ahead, default settings: updates by the "
        "number of rows, 3,000 at most",
        "beside training: the seconds of fit and predict that are not the two trainings, the "
        "model's and the one that its intervals are corrected by",
    ]
    report("forecasting_many", about, rows, notes)


def measure(size: int) -> dict[str, object]:
    """What one size takes, in this process."""
    import tidegate
    from tidegate.forecast import model

    trainings: list[tuple[float, float]] = []  # when each began and ended
    train = model.Model.train.__func__  # type: ignore[attr-defined]

    def timed(*args: Any, **options: Any) -> Any:
        begun = time.perf_counter()
        found = train(*args, **options)
        trainings.append((begun, time.perf_counter()))
        return found

    model.Model.train = classmethod(timed)  # type: ignore[assignment]
    frame = frame_of(size)
    before = peak()
    forecaster = tidegate.Forecaster(horizon=HORIZON)
    begun = time.perf_counter()
    forecaster.fit(frame, progress=False)
    fitted, after_fit = time.perf_counter() - begun, peak()
    begun = time.perf_counter()
    found = forecaster.predict()
    predicted = time.perf_counter() - begun
    assert len(found) == size * HORIZON
    assert forecaster.history_ is not None
    training, until = 0.0, 0.0  # two of them may run beside each other
    for first, last in sorted(trainings):
        training += max(0.0, last - max(first, until))
        until = max(until, last)
    return {
        "series": size,
        "updates": len(forecaster.history_.loss),
        "fit s": fitted,
        "predict s": predicted,
        "training s": training,
        "beside training s": fitted + predicted - training,
        "frame MB": float(frame.estimated_size()) / 1e6,
        "before MB": before / 1e6,
        "fit peak MB": after_fit / 1e6,
        "peak MB": peak() / 1e6,
    }


def frame_of(size: int) -> Any:
    """Daily rows of so many series: a level, a week and noise; ids are whole numbers."""
    import numpy as np
    import polars as pl

    rng = np.random.default_rng(0)
    level = rng.lognormal(3, 1, size).astype(np.float32)[:, None]
    y = rng.standard_normal((size, POINTS), dtype=np.float32)
    y *= 0.2
    y += 3 + np.sin(np.arange(POINTS, dtype=np.float32) * np.float32(2 * np.pi / SEASON))
    y *= level
    day = np.datetime64("2024-01-01", "D") + np.arange(POINTS)
    return pl.DataFrame(
        {
            "unique_id": np.repeat(np.arange(size, dtype=np.int32), POINTS),
            "ds": pl.Series(np.tile(day.astype(np.int32), size)).cast(pl.Date),
            "y": y.ravel(),
        }
    )


def peak() -> int:
    """The most resident memory this process has had, in bytes (Linux counts in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
