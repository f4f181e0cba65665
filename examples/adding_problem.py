"""Learns the adding problem (Hochreiter and Schmidhuber 1997): the sum of two marked numbers.

Each step shows a number in [0, 1] and a mark; two steps are marked. Who remembers nothing can only
answer 1, which costs 0.167 on average.

    python examples/adding_problem.py
"""

from __future__ import annotations

import numpy as np

from tidegate.data import Spans
from tidegate.network import Loss, Network, NetworkSpec, NumberInput, Optimizer

STEPS, BATCH, UPDATES = 30, 64, 600

rng = np.random.default_rng(0)
spec = NetworkSpec(NumberInput(2), cell="lstm", hidden=32, outputs=1, loss=Loss("mse"))
network = Network(spec, seed=0)
optimizer = Optimizer("adam", learning_rate=5e-3, clip=1.0)
spans = Spans(np.arange(BATCH) * STEPS, np.full(BATCH, STEPS))

losses = []
for _ in range(UPDATES):
    numbers = rng.random((BATCH, STEPS), dtype=np.float32)
    marks = np.zeros_like(numbers)
    halves = rng.integers(0, STEPS // 2, (BATCH, 2)) + [0, STEPS // 2]
    np.put_along_axis(marks, halves, 1, axis=1)
    rows = np.stack([numbers, marks], axis=-1).reshape(-1, 2)
    targets = (numbers * marks).sum(axis=1, keepdims=True)
    losses.append(network.train_step(rows, spans, targets, optimizer).loss)

print(f"mean squared error: first {np.mean(losses[:20]):.3f}, last {np.mean(losses[-20:]):.4f}")
print("remembering nothing costs 0.167")
