"""Long memory: the adding problem (Hochreiter and Schmidhuber 1997) with SequenceRegressor.

    python benchmarks/sequences/adding.py [400] [750]

Of T random numbers two are marked, one in each half; their sum is asked for. Whoever remembers
nothing has a mean squared error of 1/6. Every sequence is seen once; chrono initialisation for T.
"""

from __future__ import annotations

import sys

import numpy as np
from running import each_seed, finish

from tidegate import SequenceRegressor, SequenceTraining
from tidegate.network import Init

UPDATES, BATCH = 1200, 20


def adding(n: int, steps: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """``[n, steps, 2]`` numbers and marks, and the sums."""
    random = np.random.default_rng(seed)
    x = np.zeros((n, steps, 2), np.float32)
    x[:, :, 0] = random.uniform(size=(n, steps))
    half = steps // 2
    marked = [random.integers(0, half, n), random.integers(half, steps, n)]
    for place in marked:
        x[np.arange(n), place, 1] = 1
    return x, sum(x[np.arange(n), place, 0] for place in marked)


def model(steps: int, seed: int) -> SequenceRegressor:
    """A network that reads forwards, a number and a mark at a step."""
    training = SequenceTraining(
        updates=UPDATES,
        batch=BATCH,
        learning_rate=1e-2,
        members=1,
        segment=1,
        changes=False,
        init=Init(chrono=steps),
    )
    return SequenceRegressor(
        "lstm",
        bidirectional=False,
        readout="last",
        dropout=0.0,
        training=training,
        random_state=seed,
    )


def main(lengths: list[int]) -> None:
    for steps in lengths or (400, 750):
        x_test, y_test = adding(1000, steps, 99)
        rows = each_seed(
            f"adding, T={steps}",
            lambda seed, steps=steps: model(steps, seed).fit(*adding(UPDATES * BATCH, steps, seed)),
            lambda found, x=x_test, y=y_test: {
                "MSE, millionths": 1e6 * float(np.mean((found.predict(x) - y) ** 2))
            },
        )
        finish("adding", rows, [f"{UPDATES} updates of {BATCH} sequences, chrono for T"])


if __name__ == "__main__":
    main([int(length) for length in sys.argv[1:]])
