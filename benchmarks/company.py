"""What it costs to train one model by many processes: the sum of gradients beside the step itself.

    python benchmarks/company.py

Each process is given its share of a batch of 64 sequences of 100 steps, on one thread. The step of
a share is timed alone; the sum is timed with as many processes as there are, all on this machine,
whatever its cores: beyond them it takes longer here than between machines with a fast network, and
shorter than with a slow one. ``expected`` is one process's step of the whole batch over (step of a
share + sum).
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time

import numpy as np
from pairing import machine, report

import tidegate as tg
from tidegate.data import Spans
from tidegate.network import Loss, Network, NetworkSpec, NumberInput, Optimizer

RANKS = (1, 2, 4, 8)
HIDDEN = ((64, 1), (256, 1), (512, 1), (512, 2))
BATCH, STEPS, COLUMNS = 64, 100, 8
TIMES = 15


def main() -> None:
    if len(sys.argv) > 1:
        work(int(sys.argv[1]))
        return
    about = machine("numpy", "torch")
    tg.set_threads(1)
    sizes = [size(hidden, layers) for hidden, layers in HIDDEN]
    sums = {ranks: [0.0] * len(sizes) if ranks == 1 else summed(ranks) for ranks in RANKS}
    rows = []
    for i, (hidden, layers) in enumerate(HIDDEN):
        steps = {ranks: step(hidden, layers, BATCH // ranks) for ranks in RANKS}
        for ranks in RANKS:
            rows.append(
                {
                    "H": hidden,
                    "layers": layers,
                    "parameters": sizes[i],
                    "ranks": ranks,
                    "share ms": 1e3 * steps[ranks],
                    "sum ms": 1e3 * sums[ranks][i],
                    "expected": steps[1] / (steps[ranks] + sums[ranks][i]),
                }
            )
    report("company", about, rows, [])


def spec_of(hidden: int, layers: int) -> NetworkSpec:
    return NetworkSpec(
        NumberInput(COLUMNS), hidden=hidden, layers=layers, outputs=1, loss=Loss("mse")
    )


def size(hidden: int, layers: int) -> int:
    return len(Network(spec_of(hidden, layers)).parameters)


def step(hidden: int, layers: int, batch: int) -> float:
    """Seconds of a training step: the median."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((batch * STEPS, COLUMNS)).astype(np.float32)
    targets = rng.standard_normal((batch, 1)).astype(np.float32)
    spans = Spans(np.arange(batch) * STEPS, np.full(batch, STEPS))
    network, optimizer = Network(spec_of(hidden, layers)), Optimizer()
    return timed(lambda: network.train_step(rows, spans, targets, optimizer))


def timed(call) -> float:  # type: ignore[no-untyped-def]
    call()
    seconds = []
    for _ in range(TIMES):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def summed(ranks: int) -> list[float]:
    """Seconds that a sum takes so many processes, for each size."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    processes = []
    for rank in range(ranks):
        given = {"RANK": rank, "WORLD_SIZE": ranks, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        given |= {"OMP_NUM_THREADS": 1}
        env = {**os.environ, **{name: str(value) for name, value in given.items()}}
        command = [sys.executable, __file__, str(rank)]
        processes.append(subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True))
    out = [process.communicate()[0] for process in processes]
    assert not any(process.returncode for process in processes)
    return [float(value) for value in out[0].split()]


def work(rank: int) -> None:
    """One process: prints the times of its sums."""
    from tidegate.torch import parallel

    with parallel() as shared:
        company = shared.company
        for hidden, layers in HIDDEN:
            values = np.full(size(hidden, layers), rank + 1.0, np.float32)
            company.sum(values)
            assert (values == company.size * (company.size + 1) / 2).all()
            print(timed(lambda: company.sum(values)))  # noqa: B023


if __name__ == "__main__":
    main()
