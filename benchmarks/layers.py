"""Forward and backward of one layer against torch.nn, over a grid of shapes.

    python benchmarks/layers.py [--threads 1 2] [--cells lstm gru rnn] [--pairs 21]

Both sides do the same work: forward from zero states with everything kept, then the gradients of x,
of the weights and of the biases from a given gradient of every output. Ragged batches go in padded
with their lengths and come out padded; for torch that is pack_padded_sequence, the layer,
pad_packed_sequence.

FLOPs of a step are counted as 2 G H (I + H) for the product forward, as much again for the gradient
of its inputs (x and h) and as much again for that of the weights: 6 G H (I + H) for every step that
exists, and nothing for the cell itself.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable

import numpy as np
import torch
from pairing import machine, paired, report

import tidegate as tg
from tidegate import _core

# T, B, I, H
GRID = (
    (50, 32, 1, 64),
    (50, 32, 8, 64),
    (100, 32, 64, 128),
    (100, 64, 128, 256),
    (200, 16, 256, 512),
    (1000, 1, 8, 64),
    (30, 256, 1, 64),
    (50, 32, 8, 20),
)
CELLS = {
    "lstm": (tg.LSTM, torch.nn.LSTM, 4),
    "gru": (tg.GRU, torch.nn.GRU, 3),
    "rnn": (tg.RNN, torch.nn.RNN, 1),
}
# float32 sums of up to T B = 6400 products in another order, relative to the array's largest value.
TOLERANCE = 5e-5

Side = Callable[[], list[np.ndarray]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--cells", nargs="+", default=list(CELLS), choices=CELLS)
    parser.add_argument("--pairs", type=int, default=21)
    parser.add_argument("--name", default="layers", help="of the files in benchmarks/results")
    options = parser.parse_args()
    about = machine("numpy", "torch") | {"instruction set": _core.isa()}
    rows = [
        measure(cell, shape, ragged, threads, options.pairs)
        for threads in options.threads
        for cell in options.cells
        for ragged in (False, True)
        for shape in GRID
    ]
    report(options.name, about, rows, summary(rows))


def measure(
    cell: str, shape: tuple[int, int, int, int], ragged: bool, threads: int, pairs: int
) -> dict[str, object]:
    """One line of the table; stops the run where the two sides disagree."""
    T, B, I, H = shape
    torch.set_num_threads(threads)
    tg.set_threads(threads)
    ours, theirs, lengths = sides(cell, shape, ragged)
    error = max(
        float(np.abs(a - b).max() / np.abs(b).max()) for a, b in zip(ours(), theirs(), strict=True)
    )
    if not error < TOLERANCE:
        raise SystemExit(f"{cell} {shape} ragged={ragged}: the sides differ by {error:.1e}")
    peaks = [_core.fma_peak(threads)]
    timing = paired(ours, theirs, pairs=pairs)
    peaks.append(_core.fma_peak(threads))
    peak = statistics.mean(peaks)
    gflop = 6e-9 * CELLS[cell][2] * H * (I + H) * int(lengths.sum())
    low, high = timing.spread
    return {
        "cell": cell,
        "threads": threads,
        "batch": "ragged" if ragged else "padded",
        "T": T,
        "B": B,
        "I": I,
        "H": H,
        "ms": timing.ours * 1e3,
        "torch ms": timing.theirs * 1e3,
        "ratio": timing.ratio,
        "quartiles": f"{low:.2f}-{high:.2f}",
        "GFLOP/s": gflop / timing.ours,
        "peak": peak,
        "share %": 100 * gflop / timing.ours / peak,
        "error": error,
    }


def sides(
    cell: str, shape: tuple[int, int, int, int], ragged: bool
) -> tuple[Side, Side, np.ndarray]:
    """Both sides as calls that return y, the last states, dx and the parameters' gradients."""
    T, B, I, H = shape
    make, make_torch, _ = CELLS[cell]
    rng = np.random.default_rng(0)
    lengths = np.full(B, T)
    if ragged and B > 1:
        lengths = rng.integers(T // 10, T, B, endpoint=True)
        lengths[rng.integers(B)] = T
    x = rng.standard_normal((B, T, I)).astype(np.float32)
    dy = rng.standard_normal((B, T, H)).astype(np.float32)
    dy[np.arange(T) >= lengths[:, None]] = 0

    layer = make(I, H, seed=0)
    module = make_torch(I, H, batch_first=True)
    for name, parameter in module.named_parameters():
        layer.params[name][...] = parameter.detach().numpy()
    names = [name for name, _ in module.named_parameters()]

    def ours() -> list[np.ndarray]:
        out = layer.forward(x, lengths=lengths if ragged else None)
        grads = layer.backward(out, dy)
        return [out.y, *out.state, grads.x, *(grads.params[name] for name in names)]

    x_torch = torch.from_numpy(x).requires_grad_()
    dy_torch = torch.from_numpy(dy)
    lengths_torch = torch.from_numpy(lengths)
    pack = torch.nn.utils.rnn.pack_padded_sequence
    unpack = torch.nn.utils.rnn.pad_packed_sequence

    def theirs() -> list[np.ndarray]:
        x_torch.grad = None
        module.zero_grad(set_to_none=True)
        if ragged:
            packed = pack(x_torch, lengths_torch, batch_first=True, enforce_sorted=False)
            y, state = module(packed)
            y, _ = unpack(y, batch_first=True)
        else:
            y, state = module(x_torch)
        y.backward(dy_torch)
        state = state if isinstance(state, tuple) else (state,)
        grads = [x_torch.grad, *(parameter.grad for parameter in module.parameters())]
        return [t.detach().numpy() for t in (y, *state, *grads)]

    return ours, theirs, lengths


def summary(rows: list[dict[str, object]]) -> list[str]:
    """Median and least ratio of each cell, batch kind and number of threads."""
    lines = []
    groups = dict.fromkeys((row["cell"], row["threads"], row["batch"]) for row in rows)
    for cell, threads, batch in groups:
        ratios = [
            float(str(row["ratio"]))
            for row in rows
            if (row["cell"], row["threads"], row["batch"]) == (cell, threads, batch)
        ]
        median = statistics.median(ratios)
        lines.append(
            f"{cell}, {threads} thread(s), {batch}: "
            f"median {median:.2f}x torch, least {min(ratios):.2f}x"
        )
    return lines


if __name__ == "__main__":
    main()
