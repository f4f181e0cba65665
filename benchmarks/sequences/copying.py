"""Long memory: the copy task (Hochreiter and Schmidhuber 1997; Arjovsky et al. 2016).

    python benchmarks/sequences/copying.py

Ten of eight symbols come first, then T blanks, then a mark; then the ten are to be said again, in
their order. The loss is the mean over all T + 20 steps, where blanks are to be said before. Who
remembers nothing but when to speak has 10 ln 8 / (T + 20).

T grows while the network learns, from 5 to the 500 that it is judged at: by three tenths when
99.5 % of the letters of sequences held out come back. So what to write down is learnt where the
gradient has a short way, and then to keep it for longer. A GRU of 128 units, chrono initialisation
for 500 steps (Tallec and Ollivier 2018), every sequence seen once. The seconds are those of all
updates and of the looks at what is held out.
"""

from __future__ import annotations

from math import cos, log, pi

import numpy as np
from running import each_seed, finish

from tidegate.data import Spans
from tidegate.network import Init, Loss, Network, NetworkSpec, Optimizer, TokenInput

STEPS, SYMBOLS, LETTERS = 500, 8, 10
BLANK, MARK = SYMBOLS, SYMBOLS + 1
HIDDEN, BATCH, RATE = 128, 20, 4e-3
FIRST, GROWTH, KNOWN, EVERY = 5, 1.3, 0.995, 25
"""The first T, what it grows by, the share of letters that lets it grow, and how often that is
looked at, in updates."""
LAST, LIMIT = 1000, 30_000
"""The updates at the whole length, in which the rate falls to 0; those after which all ends."""


def sequences(n: int, steps: int, seed: list[int]) -> tuple[np.ndarray, Spans, np.ndarray]:
    """``[n * (steps + 20)]`` tokens, the spans of the n, and what is to be said beside them."""
    length = steps + 2 * LETTERS
    said = np.random.default_rng(seed).integers(0, SYMBOLS, (n, LETTERS))
    tokens = np.full((n, length), BLANK, np.int32)
    tokens[:, :LETTERS] = said
    tokens[:, -LETTERS - 1] = MARK
    targets = np.full((n, length), BLANK, np.int64)
    targets[:, -LETTERS:] = said
    return tokens.ravel(), Spans(np.arange(n) * length, np.full(n, length)), targets.ravel()


def judged(network: Network, n: int, steps: int, seed: list[int]) -> dict[str, float]:
    """The loss of n sequences, as a share of the memoryless one, and the share of letters right."""
    tokens, spans, targets = sequences(n, steps, seed)
    said = network.forward(tokens, spans).output.argmax(axis=1)
    right = (said == targets).reshape(n, -1)[:, -LETTERS:]
    memoryless = LETTERS * log(SYMBOLS) / (steps + 2 * LETTERS)
    loss = network.loss(tokens, spans, targets)
    return {
        "loss": loss,
        "of memoryless": loss / memoryless,
        "letters right": float(right.mean()),
    }


def trained(seed: int) -> Network:
    """The network after all its updates."""
    spec = NetworkSpec(
        TokenInput(SYMBOLS + 2, SYMBOLS + 2),
        cell="gru",
        hidden=HIDDEN,
        outputs=SYMBOLS + 1,
        readout="each",
        loss=Loss("categorical"),
        init=Init(chrono=STEPS),
    )
    network = Network(spec, seed=seed)
    optimizer = Optimizer("adam", RATE, clip=1.0)
    steps, done, at_whole = FIRST, 0, 0
    while at_whole < LAST and done < LIMIT:
        rate = RATE * min(1, (done + 1) / 50) * (0.5 + 0.5 * cos(pi * at_whole / LAST))
        batch = sequences(BATCH, steps, [seed, done])
        network.train_step(*batch, optimizer, learning_rate=rate)
        done += 1
        at_whole += steps == STEPS
        if done % EVERY == 0 and steps < STEPS:
            seen = judged(network, 50, steps, [seed, done, 1])
            if seen["letters right"] > KNOWN:
                print(f"T = {steps} after {done} updates", flush=True)
                steps = min(STEPS, max(steps + 1, int(steps * GROWTH)))
    print(f"{done} updates, {at_whole} of them at T = {steps}")
    return network


def main() -> None:
    rows = each_seed(
        f"copy, T={STEPS}", trained, lambda network: judged(network, 500, STEPS, [10**6])
    )
    notes = [
        f"the memoryless loss is {LETTERS * log(SYMBOLS) / (STEPS + 2 * LETTERS):.4f}",
        f"GRU of {HIDDEN}, updates of {BATCH} sequences, T grows from {FIRST} to {STEPS}",
    ]
    finish("copy", rows, notes)


if __name__ == "__main__":
    main()
