"""Fitting a classifier of an LSTM with 64 units: tidegate beside torch.nn.LSTM under skorch.

    pip install skorch tabulate tqdm && python benchmarks/sequences/speed.py

The same network on both sides (one direction, the last state, a dense head), 32 sequences in an
update, AdamW, the same number of updates and nothing varied. skorch is given its data in the form
that its user would: an array for equal lengths, padded sequences and lengths for others, packed by
the module. First it is checked that both sides learn the task.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from skorch import NeuralNetClassifier

from tidegate import SequenceClassifier, set_threads
from tidegate.sequence.training import Training

sys.path.insert(0, str(Path(__file__).parents[1]))
from pairing import machine, paired, report

N, BATCH, EPOCHS, COLUMNS, HIDDEN = 320, 32, 4, 8, 64


class Last(torch.nn.Module):
    """An LSTM's last state through a dense head."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = torch.nn.LSTM(COLUMNS, HIDDEN, batch_first=True)
        self.head = torch.nn.Linear(HIDDEN, 2)

    def forward(self, x: torch.Tensor, length: torch.Tensor | None = None) -> torch.Tensor:
        """Class chances, as skorch's criterion wants them."""
        if length is not None:
            x = torch.nn.utils.rnn.pack_padded_sequence(
                x, length.cpu(), batch_first=True, enforce_sorted=False
            )
        h = self.lstm(x)[1][0][-1]
        return torch.softmax(self.head(h), dim=1)


def data(lengths: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Noise with a mean that the class decides."""
    random = np.random.default_rng(0)
    y = np.arange(len(lengths)) % 2
    return [
        random.normal(0.5 * c - 0.25, 1, (n, COLUMNS)) for c, n in zip(y, lengths, strict=True)
    ], y


def ours(x: list[np.ndarray], y: np.ndarray) -> SequenceClassifier:
    """A fit of tidegate's."""
    training = Training(
        updates=EPOCHS * N // BATCH,
        batch=BATCH,
        members=1,
        smoothing=0.0,
        augment=False,
        segment=1,
        changes=False,
        calibrate=False,
    )
    model = SequenceClassifier(
        "lstm",
        HIDDEN,
        bidirectional=False,
        readout="last",
        dropout=0.0,
        training=training,
        random_state=0,
    )
    return model.fit(x, y)


def theirs(x: Any, y: np.ndarray) -> NeuralNetClassifier:
    """A fit of skorch's."""
    net = NeuralNetClassifier(
        Last,
        max_epochs=EPOCHS,
        lr=3e-3,
        batch_size=BATCH,
        optimizer=torch.optim.AdamW,
        train_split=None,
        verbose=0,
        iterator_train__shuffle=True,
    )
    return net.fit(x, y)


def main() -> None:
    rows = []
    random = np.random.default_rng(1)
    cases = {
        "50 steps": np.full(N, 50),
        "100 steps": np.full(N, 100),
        "5 to 100 steps": random.integers(5, 101, N),
        "10 to 200 steps, few long": np.minimum(10 * random.pareto(1.2, N) + 10, 200).astype(int),
    }
    for threads in (1, 2):
        torch.set_num_threads(threads)
        set_threads(threads)
        for name, lengths in cases.items():
            x, y = data(lengths)
            given: Any = np.stack(x).astype(np.float32) if len(set(lengths)) == 1 else None
            if given is None:
                padded = torch.nn.utils.rnn.pad_sequence(
                    [torch.tensor(part, dtype=torch.float32) for part in x], batch_first=True
                )
                given = {"x": padded.numpy(), "length": lengths}
            assert ours(x, y).score(x, y) > 0.9 and theirs(given, y).score(given, y) > 0.9
            found = paired(partial(ours, x, y), partial(theirs, given, y), pairs=5)
            rows.append(
                {
                    "sequences": name,
                    "threads": threads,
                    "tidegate s": found.ours,
                    "skorch s": found.theirs,
                    "ratio": found.ratio,
                    "quartiles": "{:.1f} to {:.1f}".format(*found.spread),
                }
            )
            print(rows[-1], flush=True)
    notes = [f"{N} sequences of {COLUMNS} numbers, {EPOCHS} epochs, 40 updates of {BATCH}"]
    report("sequences_speed", machine("torch", "skorch"), rows, notes)


if __name__ == "__main__":
    main()
