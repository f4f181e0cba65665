"""Long memory: the copy task (Hochreiter and Schmidhuber 1997; Arjovsky et al. 2016).

    python benchmarks/sequences/copying.py [--state FILE] [--seconds S]

Ten of eight symbols come first, then T blanks, then a mark; then the ten are to be said again, in
their order. The loss is the mean over all T + 20 steps, where blanks are to be said before. Who
remembers nothing but when to speak has 10 ln 8 / (T + 20). A GRU of 128 units, chrono
initialisation for T (Tallec and Ollivier 2018), every sequence seen once. With --state the training
goes on from a file that it leaves, so that it can be run in pieces.
"""

from __future__ import annotations

import argparse
import time
from math import log
from pathlib import Path

import numpy as np
from running import finish

from tidegate.data import Spans
from tidegate.network import Init, Loss, Network, NetworkSpec, Optimizer, TokenInput

STEPS, SYMBOLS, LETTERS = 500, 8, 10
BLANK, MARK = SYMBOLS, SYMBOLS + 1
LENGTH = STEPS + 2 * LETTERS
HIDDEN, BATCH, RATE, UPDATES, EVERY = 128, 20, 4e-3, 6000, 50


def sequences(n: int, seed: list[int]) -> tuple[np.ndarray, Spans, np.ndarray]:
    """``[n * LENGTH]`` tokens, the spans of the n sequences, and what is to be said beside them."""
    said = np.random.default_rng(seed).integers(0, SYMBOLS, (n, LETTERS))
    tokens = np.full((n, LENGTH), BLANK, np.int32)
    tokens[:, :LETTERS] = said
    tokens[:, -LETTERS - 1] = MARK
    targets = np.full((n, LENGTH), BLANK, np.int64)
    targets[:, -LETTERS:] = said
    return tokens.ravel(), Spans(np.arange(n) * LENGTH, np.full(n, LENGTH)), targets.ravel()


class Training:
    """The network, its optimizer, and how far they are."""

    def __init__(self, seed: int) -> None:
        spec = NetworkSpec(
            TokenInput(SYMBOLS + 2, SYMBOLS + 2),
            cell="gru",
            hidden=HIDDEN,
            outputs=SYMBOLS + 1,
            readout="each",
            loss=Loss("categorical"),
            init=Init(chrono=STEPS),
        )
        self.network = Network(spec, seed=seed)
        self.optimizer = Optimizer("adam", RATE, clip=1.0)
        self.state = self.optimizer.begin(self.network.parameters)
        self.seed = seed
        self.seconds = 0.0

    def run(self, until: float) -> bool:
        """Goes on for so many seconds, or to the end; whether that is reached."""
        begun = time.perf_counter()
        while self.state.step < UPDATES and time.perf_counter() - begun < until:
            done = self.state.step
            rate = RATE * (0.5 + 0.5 * np.cos(np.pi * done / UPDATES))
            tokens, spans, targets = sequences(BATCH, [self.seed, done])
            step = self.network.train_step(
                tokens, spans, targets, self.optimizer, learning_rate=rate
            )
            if done % EVERY == 0:
                print(f"{done:6} {step.loss:.5f} {time.perf_counter() - begun:.0f} s", flush=True)
        self.seconds += time.perf_counter() - begun
        return self.state.step >= UPDATES

    def save(self, path: Path) -> None:
        """What `resume` needs."""
        parts = {"parameters": self.network.parameters, "m": self.state.m, "v": self.state.v}
        np.savez(path, step=self.state.step, seconds=self.seconds, **parts)

    def resume(self, path: Path) -> None:
        """Goes back to where `save` was called."""
        with np.load(path) as held:
            self.network.parameters[...] = held["parameters"]
            self.state.m[...], self.state.v[...] = held["m"], held["v"]
            self.state.step, self.seconds = int(held["step"]), float(held["seconds"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, help="an .npz file to go on from, and to leave")
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after so long")
    given = parser.parse_args()
    training = Training(seed=0)
    if given.state and given.state.exists():
        training.resume(given.state)
    over = training.run(given.seconds)
    if given.state:
        training.save(given.state)
    if not over:
        return
    tokens, spans, targets = sequences(200, [99, 0])
    loss = training.network.loss(tokens, spans, targets)
    said = training.network.forward(tokens, spans).output.argmax(axis=1)
    letters = targets.reshape(-1, LENGTH)[:, -LETTERS:]
    right = float((said.reshape(-1, LENGTH)[:, -LETTERS:] == letters).mean())
    memoryless = LETTERS * log(SYMBOLS) / LENGTH
    row = {
        "data": f"copy, T={STEPS}",
        "which": "seed 0",
        "loss": float(loss),
        "memoryless": memoryless,
        "letters right": right,
        "seconds": training.seconds,
    }
    finish("copy", [row], [f"{UPDATES} updates of {BATCH} sequences, GRU of {HIDDEN}"])


if __name__ == "__main__":
    main()
