"""Seconds to write the page of an audit and of a forecast with its audit, and their sizes.

python benchmarks/report.py

Asked for: under 3 s and under 2 MB.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
from pairing import machine, report

import tidegate as tg
from tidegate.report.calibration import FINE, narrowed
from tidegate.report.forecast import forecast_page
from tidegate.sequence.training import SequenceTraining

ROUNDS = 5
RAIN = Path(__file__).parent.parent / "examples" / "seattle-rain.csv"


def main() -> None:
    about = machine("numpy")
    rows: list[dict[str, object]] = []
    for name, write in {"forecast": _forecast(), "audit": _audit()}.items():
        seconds, size = timed(write)
        rows.append({"page": name, "seconds": round(seconds, 3), "megabytes": round(size / 1e6, 2)})
    report("report", about, rows)


def timed(write: Callable[[Path], None]) -> tuple[float, int]:
    """Median seconds to write a page, and its bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        found = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            write(path)
            found.append(time.perf_counter() - start)
        return statistics.median(found), path.stat().st_size


def _forecast() -> Callable[[Path], None]:
    """Seattle's rain, as `make demo` has it."""
    frame = pl.read_csv(RAIN, try_parse_dates=True)
    time_column, target = frame.columns[:2]
    forecaster = tg.Forecaster(horizon=7, time=time_column, target=target).fit(frame)
    ahead = forecaster.predict()
    fine = forecaster.backtest(frame, levels=sorted({*FINE, 80, 95}))
    judged = narrowed(fine, (80.0, 95.0), ())

    def write(path: Path) -> None:
        told = tg.audit(forecaster, frame)
        forecast_page(forecaster, ahead, judged, fine=fine, audit=told).write(path)

    return write


def _audit() -> Callable[[Path], None]:
    """Two layers of 128 units in both directions, 500 steps: gates and all."""
    random = np.random.default_rng(0)
    X = random.normal(size=(24, 500, 4)).astype(np.float32)
    y = X[:, -1, 0]
    training = SequenceTraining(updates=2, members=1)
    model = tg.SequenceRegressor("lstm", 128, layers=2, bidirectional=True, training=training)
    found = tg.audit(model.fit(X, y), (X, y))
    return lambda path: found.report(path)


if __name__ == "__main__":
    main()
