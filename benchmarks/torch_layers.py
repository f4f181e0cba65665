"""Our modules for torch beside torch.nn's, forward and backward, over the core's grid.

    python benchmarks/torch_layers.py [--threads 1 2] [--cells lstm gru rnn] [--pairs 15]

Both sides get the same tensors: padded ones, or a PackedSequence of sequences of many lengths, in
float32 and float64. The way back starts from a given gradient of every output and last state.
"""

from __future__ import annotations

import argparse
import statistics

import torch
from pairing import machine, paired, report
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from tidegate import _core
from tidegate.torch import GRU, LSTM, RNN

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
CELLS = {"lstm": (LSTM, nn.LSTM), "gru": (GRU, nn.GRU), "rnn": (RNN, nn.RNN)}
KINDS = {"padded": torch.float32, "packed": torch.float32, "float64": torch.float64}
TOLERANCE = {torch.float32: 5e-5, torch.float64: 1e-10}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--cells", nargs="+", default=list(CELLS), choices=CELLS)
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=KINDS)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--name", default="torch_layers", help="of the files in benchmarks/results")
    options = parser.parse_args()
    about = machine("numpy", "torch") | {"instruction set": _core.isa()}
    rows = [
        measure(cell, shape, kind, threads, options.pairs)
        for threads in options.threads
        for kind in options.kinds
        for cell in options.cells
        for shape in GRID
    ]
    notes = []
    for counts in sorted({*((n,) for n in options.threads), tuple(options.threads)}):
        for kind in options.kinds:
            for cell in options.cells:
                ratios = [
                    row["ratio"]
                    for row in rows
                    if (row["cell"], row["kind"]) == (cell, kind) and row["threads"] in counts
                ]
                notes.append(
                    f"{cell}, {kind}, {' and '.join(map(str, counts))} threads: median "
                    f"{statistics.median(ratios):.2f}, least {min(ratios):.2f}"
                )
    report(options.name, about, rows, notes)


def measure(cell: str, shape: tuple[int, ...], kind: str, threads: int, pairs: int) -> dict:
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    T, B, I, H = shape
    dtype = KINDS[kind]
    ours, theirs = (made(I, H, dtype=dtype) for made in CELLS[cell])
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(T, B, I, dtype=dtype)
    data = x
    if kind == "packed":
        lengths = torch.linspace(max(1, T // 4), T, B).long() if B > 1 else torch.tensor([T])
        data = pack_padded_sequence(x, lengths, enforce_sorted=False).data
    leaf = data.clone().requires_grad_()
    given = leaf
    if kind == "packed":
        given = pack_padded_sequence(x, lengths, enforce_sorted=False)._replace(data=leaf)
    d_y = torch.randn((*data.shape[:-1], H), dtype=dtype)

    def side(module: nn.Module):  # type: ignore[no-untyped-def]
        inputs = [leaf, *module.parameters()]

        def call() -> list[torch.Tensor]:
            y, state = module(given)
            parts = [y.data if kind == "packed" else y]
            parts += list(state) if isinstance(state, tuple) else [state]
            wanted = [d_y, *(torch.ones_like(part) for part in parts[1:])]
            return [*parts, *torch.autograd.grad(parts, inputs, wanted)]

        return call

    sides = side(ours), side(theirs)
    for one, other in zip(sides[0](), sides[1](), strict=True):
        error = (one - other).abs().max() / other.abs().max().clamp(min=1)
        assert error < TOLERANCE[dtype], (cell, shape, kind, float(error))
    found = paired(*sides, pairs=pairs)
    low, high = found.spread
    return {
        "cell": cell,
        "kind": kind,
        "threads": threads,
        "T": T,
        "B": B,
        "I": I,
        "H": H,
        "ours ms": 1e3 * found.ours,
        "torch ms": 1e3 * found.theirs,
        "ratio": found.ratio,
        "low": low,
        "high": high,
    }


if __name__ == "__main__":
    main()
