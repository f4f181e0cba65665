"""Peak memory of a training step over the bytes that its saved states need.

    python benchmarks/memory.py

What must be kept from forward to backward, for every step of every sequence: the gates, the
products that the cell keeps apart and the states. The peak is the growth of the process's resident
memory over three steps, each measurement in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys

import numpy as np
from pairing import machine, report

from tidegate.data import Spans
from tidegate.network import Loss, Network, NetworkSpec, NumberInput, Optimizer

# Values of a step and a hidden unit: LSTM i f g o c h; GRU r z n h, the product in n; RNN a h.
KEPT = {"lstm": 6, "gru": 5, "rnn": 2}
SHAPES = ((200, 64, 8, 128, 1), (100, 64, 64, 256, 2), (1000, 8, 8, 128, 1))  # T, B, I, H, layers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--one", nargs=6, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one[0], *map(int, options.one[1:]))))
        return
    about = machine("numpy")
    rows = []
    for cell in KEPT:
        for shape in SHAPES:
            command = [sys.executable, __file__, "--one", cell, *map(str, shape)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            rows.append(json.loads(done.stdout))
    most = max(float(row["ratio"]) for row in rows)
    report("memory", about, rows, [f"the peak is at most {most:.2f} times what must be kept"])


def measure(cell: str, T: int, B: int, I: int, H: int, layers: int) -> dict[str, object]:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((T * B, I)).astype(np.float32)
    targets = rng.standard_normal((B, 1)).astype(np.float32)
    spans = Spans(np.arange(B) * T, np.full(B, T))
    head = {"outputs": 1, "loss": Loss("mse")}
    spec = NetworkSpec(NumberInput(I), cell=cell, hidden=H, layers=layers, **head)  # type: ignore[arg-type]
    # A small step first: the library's code, its threads and packed weights are no saved states.
    network, optimizer = Network(spec, seed=0), Optimizer()
    one = np.array([0])
    network.train_step(rows, Spans(one, one + 1), targets, optimizer)
    before = peak()
    for _ in range(3):
        network.train_step(rows, spans, targets, optimizer)
    grown = peak() - before
    needed = 4 * KEPT[cell] * T * B * H * layers
    return {
        "cell": cell,
        "T": T,
        "B": B,
        "I": I,
        "H": H,
        "layers": layers,
        "needed MB": needed / 1e6,
        "peak MB": grown / 1e6,
        "ratio": grown / needed,
    }


def peak() -> int:
    """The most resident memory this process has had, in bytes (Linux counts in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
