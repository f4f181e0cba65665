"""What it costs that training looks at its own gradient: less than 2 % of the time.

    .venv/bin/python benchmarks/watch.py

Each network learns twice, watched and not; both must learn the same bits. Then a look and an update
are timed in turn: the share of the time is that of a look, divided by the updates from one look to
the next. Whole runs would not show it: they differ by more than that from run to run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from pairing import machine, paired, report

import tidegate as tg
from tidegate.data import Spans
from tidegate.network import Loss, Network, NetworkSpec, NumberInput, Optimizer, TokenInput
from tidegate.train import FitSettings, Held, fit
from tidegate.train.watch import Watch, every


@dataclass(frozen=True)
class Case:
    """A network and its batches."""

    cell: str
    steps: int
    batch: int
    inputs: int
    hidden: int
    layers: int = 1
    vocabulary: int = 0

    @property
    def spec(self) -> NetworkSpec:
        """Of numbers, or of words that are to be continued."""
        common: dict[str, Any] = {"cell": self.cell, "hidden": self.hidden, "layers": self.layers}
        if not self.vocabulary:
            return NetworkSpec(NumberInput(self.inputs), outputs=1, loss=Loss("mse"), **common)
        return NetworkSpec(
            TokenInput(self.vocabulary, self.inputs),
            outputs=self.vocabulary,
            readout="each",
            loss=Loss("categorical"),
            **common,
        )

    def data(self) -> Held:
        """A batch of noise."""
        random = np.random.default_rng(0)
        n = self.steps * self.batch
        spans = Spans(np.arange(self.batch) * self.steps, np.full(self.batch, self.steps))
        if self.vocabulary:
            ids = random.integers(0, self.vocabulary, n).astype(np.int32)
            return Held(ids, spans, ids)
        rows = random.standard_normal((n, self.inputs)).astype(np.float32)
        return Held(rows, spans, rows[:, :1])


CASES = (
    Case("lstm", 64, 32, 8, 64),
    Case("gru", 80, 32, 2, 32),
    Case("rnn", 200, 32, 2, 32),
    Case("lstm", 100, 64, 64, 128),
    Case("gru", 500, 128, 1, 64, layers=2),
    Case("rnn", 64, 8, 1, 8),
    Case("lstm", 64, 32, 64, 256, vocabulary=65),
    Case("lstm", 70, 20, 200, 200, vocabulary=10_000),
)


def main() -> None:
    about = machine()
    rows = []
    for threads in (1, 2):
        tg.set_threads(threads)
        rows += [measure(case, threads) for case in CASES]
    highest = max(float(str(row["share, %"])) for row in rows)
    report("watch", about, rows, [f"at most {highest:.2f} % of the time; 2 % were allowed"])


def measure(case: Case, threads: int) -> dict[str, object]:
    """A row of the table."""
    spec, data = case.spec, case.data()
    bits = []
    for watched in (True, False):
        network = Network(spec, seed=0)
        settings = FitSettings(updates=every(spec, case.batch) + 1, watch=watched)
        fit(network, data.rows, data.spans, data.targets, settings)
        bits.append(network.parameters.tobytes())
    if bits[0] != bits[1]:
        raise SystemExit(f"{case}: watched, it learns something else")
    optimizer = Optimizer("adam", learning_rate=1e-5, clip=1.0)
    watch, period = Watch(network, 10**9, []), every(spec, case.batch)
    batch: Any = data

    def look() -> None:
        watch.before(period, batch, case.batch)

    def update() -> None:
        network.train_step(data.rows, data.spans, data.targets, optimizer)

    timing = paired(look, update, pairs=31, sample=0.02)
    shares = sorted(100 / ratio / period for ratio in timing.ratios)
    return {
        "cell": case.cell,
        "T": case.steps,
        "B": case.batch,
        "I": case.inputs,
        "H": case.hidden,
        "layers": case.layers,
        "words": case.vocabulary,
        "threads": threads,
        "update, ms": 1e3 * timing.theirs,
        "look, ms": 1e3 * timing.ours,
        "updates between": period,
        "share, %": shares[len(shares) // 2],
        "quartiles": f"{shares[len(shares) // 4]:.2f}-{shares[3 * len(shares) // 4]:.2f}",
    }


if __name__ == "__main__":
    main()
