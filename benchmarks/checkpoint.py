"""Memory and time of checkpoint=True: recomputation in about √T pieces.

    python benchmarks/checkpoint.py

Each measurement is a process of its own: the growth of its resident memory over two steps forwards
and backwards, and the median seconds of a step.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time

from pairing import machine, report

SHAPES = ((1_000, 16, 8, 128), (4_000, 16, 8, 128), (16_000, 4, 8, 128))  # T, B, I, H


def main() -> None:
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1] == "True", *map(int, sys.argv[2:]))))
        return
    about = machine("numpy", "torch")
    rows = []
    for shape in SHAPES:
        found = {}
        for checkpoint in (False, True):
            command = [sys.executable, __file__, str(checkpoint), *map(str, shape)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            found[checkpoint] = json.loads(done.stdout)
        T, B, I, H = shape
        rows.append(
            {
                "T": T,
                "B": B,
                "I": I,
                "H": H,
                "MB": found[False][0] / 1e6,
                "MB with": found[True][0] / 1e6,
                "s": found[False][1],
                "s with": found[True][1],
                "times": found[True][1] / found[False][1],
            }
        )
    report("checkpoint", about, rows, [])


def measure(checkpoint: bool, T: int, B: int, I: int, H: int) -> tuple[float, float]:
    import torch

    from tidegate.torch import LSTM

    torch.manual_seed(0)
    layer = LSTM(I, H, checkpoint=checkpoint)
    # the loss is that of the last state: outputs and their gradients are no states
    x = torch.randn(T, B, I)
    layer(x[:40])[1][0].sum().backward()  # the library's own code and threads
    before = peak()
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        layer(x)[1][0].sum().backward()
        seconds.append(time.perf_counter() - start)
    return peak() - before, statistics.median(seconds)


def peak() -> int:
    """The most resident memory this process has had, in bytes (Linux counts in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
