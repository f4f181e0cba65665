"""The lag audit beside an epoch of training: LSTM(8 -> 128), 200 sequences of 500 steps.

    .venv/bin/python benchmarks/audit.py [--threads 1 2]

Asked is an audit in the time of one epoch at most. An epoch is seven updates of up to 32 sequences
with Adam and the mean squared error of a head over the last state. First it is checked that the
audit's gradient by lag is that of a NumPy run of the same parameters, step by step, over the first
sequence; then both take turns in one process.
"""

from __future__ import annotations

import argparse

import numpy as np
from pairing import machine, paired, report

import tidegate as tg
from tidegate.audit.gradient import by_lag, sizes
from tidegate.audit.whole import subject_of
from tidegate.cells import CELLS, Weights
from tidegate.data import Spans
from tidegate.network import Loss, Network, NetworkSpec, NumberInput, Optimizer
from tidegate.network.subject import Ends

N, T, I, H, BATCH = 200, 500, 8, 128, 32
CELLS_TIMED = ("lstm", "gru", "rnn")
CHECKED = 20
"""Steps of the sequence that NumPy runs."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, nargs="+", default=(1,))
    options = parser.parse_args()
    about = machine()
    rows, errors = [], []
    for threads in options.threads:
        for cell in CELLS_TIMED:
            tg.set_threads(threads)
            row, error = measured(cell, threads)
            rows.append(row)
            errors.append(error)
    notes = [
        f"equal first: the LSTM's gradient by lag of {CHECKED} steps, to {max(errors):.0e}",
        "share: the audit's time beside that of an epoch; at most 1 was asked of the LSTM",
    ]
    report("audit", about, rows, notes)


def measured(cell: str, threads: int) -> tuple[dict[str, object], float]:
    """A row of the table, and the error of what was checked."""
    random = np.random.default_rng(0)
    table = random.normal(size=(N * T, I)).astype(np.float32)
    spans = Spans(np.arange(N) * T, np.full(N, T))
    targets = random.normal(size=(N, 1)).astype(np.float32)
    spec = NetworkSpec(NumberInput(I), cell=cell, hidden=H, outputs=1, loss=Loss("mse"))
    network, optimizer = Network(spec), Optimizer("adam", 1e-3)
    error = checked(network, table, spans) if cell == "lstm" else 0.0

    def epoch() -> None:
        for first in range(0, N, BATCH):
            some = slice(first, first + BATCH)
            network.train_step(table, spans[some], targets[some], optimizer)

    def audit() -> None:
        tg.audit(network, (table, spans))

    timing = paired(audit, epoch, pairs=9)
    low, high = timing.spread
    return {
        "cell": cell,
        "threads": threads,
        "epoch, s": timing.theirs,
        "audit, s": timing.ours,
        "share": 1 / timing.ratio,
        "quartiles": f"{1 / high:.2f}-{1 / low:.2f}",
    }, error


def checked(network: Network, rows: np.ndarray, spans: Spans) -> float:
    """The largest relative difference to backward steps in NumPy."""
    random = np.random.default_rng(1)
    probe = random.normal(size=H)
    ends = Ends(*np.array([[0], [0], [CHECKED]]))
    found = by_lag(
        sizes(subject_of(network, (rows, spans)).trail(ends, 0, "c", probe[None, None])[0]),
        ends.steps, reverse=False,
    )[0]  # fmt: skip
    params = {name: values.astype(np.float64) for name, values in network.params.items()}
    weights = Weights(*(params[f"{name}_l0"] for name in CELLS["lstm"].shapes(I, H)))
    state, past = (np.zeros(H), np.zeros(H)), []
    for x in rows[:CHECKED].astype(np.float64):
        after, record = CELLS["lstm"].step(x, state, weights)
        past.append((x, state, record))
        state = after
    d_state, expected = (np.zeros(H), probe), [float(np.linalg.norm(probe))]
    for x, state, record in past[:0:-1]:
        _, d_state, _ = CELLS["lstm"].step_grad(d_state, x, state, record, weights)
        expected.append(float(np.linalg.norm(d_state[1])))
    error = float(np.max(np.abs(found / np.array(expected) - 1)))
    assert error < 1e-10, error
    return error


if __name__ == "__main__":
    main()
