"""Thousands of streams at once: steps a second of `push_many`, whose answers are checked first.

python benchmarks/sequences/streams.py
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from tidegate import SequenceClassifier, SequenceTraining

sys.path.insert(0, str(Path(__file__).parents[1]))
from pairing import machine, report

HIDDEN, COLUMNS = 32, 4


def main() -> None:
    random = np.random.default_rng(0)
    x, y = random.normal(size=(200, 50, COLUMNS)), random.integers(0, 4, 200)
    rows = []
    for cell in ("gru", "lstm"):
        training = SequenceTraining(updates=20, members=1, segment=1)
        model = SequenceClassifier(
            cell, HIDDEN, bidirectional=False, training=training, random_state=0
        ).fit(x, y)
        check = model.stream(200, chances=True)
        for t in range(50):
            said = check.push_many(x[:, t])
        assert np.array_equal(said, model.predict_proba(x))
        for n in (100, 1000, 10_000, 50_000):
            stream = model.stream(n)
            x_t = random.normal(size=(n, COLUMNS))
            stream.push_many(x_t)
            times = []
            for _ in range(max(7, 100_000 // n)):
                begun = time.perf_counter()
                stream.push_many(x_t)
                times.append(time.perf_counter() - begun)
            seconds = float(np.median(times))
            rows.append(
                {
                    "cell": cell,
                    "streams": n,
                    "ms a call": seconds * 1e3,
                    "M steps/s": n / seconds / 1e6,
                }
            )
    notes = [f"{HIDDEN} units, {COLUMNS} numbers a step, the mean and the maximum as readout"]
    report("sequences_streams", machine("numpy"), rows, notes)


if __name__ == "__main__":
    main()
