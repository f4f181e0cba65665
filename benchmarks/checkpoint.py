"""Memory and time of checkpoint=True: recomputation in about √T/8 pieces.

    python benchmarks/checkpoint.py [--threads N]

Memory is the growth of a process's resident memory over steps forwards and backwards, with and
without checkpoint each in a process of its own. Time is the median over pairs of steps, one of each
kind, in one process.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time

from pairing import machine, report

SHAPES = (  # T, B, I, H, directions
    (1_000, 16, 8, 128, 1),
    (4_000, 16, 8, 128, 1),
    (16_000, 4, 8, 128, 1),
    (1_000, 16, 8, 128, 2),
    (4_000, 16, 8, 128, 2),
)
PAIRS = 12


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        what, *numbers = given.child
        print(json.dumps({"memory": memory, "pairs": pairs}[what](*map(int, numbers))))
        return
    about = machine("numpy", "torch")
    rows = []
    for shape in SHAPES:
        T, B, I, H, directions = shape
        without, with_it = (child("memory", checkpoint, *shape) for checkpoint in (0, 1))
        row = {"T": T, "B": B, "I": I, "H": H, "directions": directions}
        row |= {"MB": without / 1e6, "MB with": with_it / 1e6}
        for threads in given.threads:
            plain, cut, times = child("pairs", threads, *shape)
            row |= {f"s {threads}": plain, f"s with {threads}": cut, f"times {threads}": times}
        rows.append(row)
    report("checkpoint", about, rows, [])


def child(*args: object):  # type: ignore[no-untyped-def]
    """What another process of this script measures."""
    command = [sys.executable, __file__, "--child", *map(str, args)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def memory(checkpoint: int, *shape: int) -> int:
    """Bytes that five steps add to what the process has had before."""
    layer, x = made(bool(checkpoint), *shape)
    step(layer, x[:40])  # the library's own code and threads
    before = peak()
    for _ in range(5):
        step(layer, x)
    return peak() - before


def pairs(threads: int, *shape: int) -> tuple[float, float, float]:
    """Median seconds of a step without checkpoint and with it, and the median of their ratio."""
    import torch

    torch.set_num_threads(threads)
    plain, x = made(False, *shape)
    cut, _ = made(True, *shape)
    seconds = []
    for _ in range(1 + PAIRS):
        pair = []
        for layer in (plain, cut):
            start = time.perf_counter()
            step(layer, x)
            pair.append(time.perf_counter() - start)
        seconds.append(pair)
    warm = seconds[1:]
    first, second = (statistics.median(column) for column in zip(*warm, strict=True))
    return first, second, statistics.median(b / a for a, b in warm)


def made(checkpoint: bool, T: int, B: int, I: int, H: int, directions: int):  # type: ignore[no-untyped-def]
    """A layer, and its input."""
    import torch

    from tidegate.torch import LSTM

    torch.manual_seed(0)
    layer = LSTM(I, H, bidirectional=directions == 2, checkpoint=checkpoint)
    return layer, torch.randn(T, B, I)


def step(layer, x) -> None:  # type: ignore[no-untyped-def]
    """Forwards and backwards; the loss is that of the last state: outputs are no states."""
    layer(x)[1][0].sum().backward()


def peak() -> int:
    """The most resident memory this process has had, in bytes (Linux counts in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
