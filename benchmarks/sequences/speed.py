"""Fitting a classifier of an LSTM with 64 units: tidegate beside torch, skorch and Keras.

    pip install -r benchmarks/requirements.txt
    OMP_NUM_THREADS=1 taskset -c 0 python benchmarks/sequences/speed.py 1
    OMP_NUM_THREADS=2 taskset -c 0,1 python benchmarks/sequences/speed.py 2

The same network on all sides (one direction, the last state, a dense head, the same number of
parameters), 32 sequences in an update, AdamW, the same number of updates and nothing varied. Each
side is given its data in the form that its user would: an array for equal lengths; for others
padded sequences, packed for torch and masked for Keras. "torch" is a loop by hand. Keras runs on
JAX and compiles what a new model is trained by: "Keras, new" counts that, as its user waits for
it; "Keras" is compiled before the clock starts, and goes on with its weights where the others begin
anew. First it is checked that every side learns the task, and that torch's network with our weights
gives our chances. Keras takes the number of its threads from the cores that it may use, hence
taskset.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from running import finish, paired

os.environ.setdefault("KERAS_BACKEND", "jax")
import keras
from skorch import NeuralNetClassifier

from tidegate import SequenceClassifier, SequenceTraining, set_threads

N, BATCH, EPOCHS, COLUMNS, HIDDEN = 320, 32, 4, 8, 64
RATE, DECAY = 3e-3, 0.01
Fit = Callable[[], Any]


class Last(torch.nn.Module):
    """An LSTM's last state through a dense head."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = torch.nn.LSTM(COLUMNS, HIDDEN, batch_first=True)
        self.head = torch.nn.Linear(HIDDEN, 2)

    def forward(self, x: torch.Tensor, length: torch.Tensor | None = None) -> torch.Tensor:
        """``[n, 2]`` from ``[n, T, COLUMNS]`` and the lengths, if they are not equal."""
        if length is not None:
            x = torch.nn.utils.rnn.pack_padded_sequence(
                x, length.cpu(), batch_first=True, enforce_sorted=False
            )
        return self.head(self.lstm(x)[1][0][-1])


def data(lengths: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Noise with a mean that the class decides."""
    random = np.random.default_rng(0)
    y = np.arange(len(lengths)) % 2
    return [
        random.normal(0.5 * c - 0.25, 1, (n, COLUMNS)).astype(np.float32)
        for c, n in zip(y, lengths, strict=True)
    ], y


def ours(x: list[np.ndarray], y: np.ndarray) -> SequenceClassifier:
    """A fit of tidegate's."""
    training = SequenceTraining(
        updates=EPOCHS * N // BATCH,
        batch=BATCH,
        learning_rate=RATE,
        weight_decay=DECAY,
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


def by_hand(x: torch.Tensor, length: torch.Tensor | None, y: torch.Tensor) -> Last:
    """The loop that torch's tutorials show."""
    model = Last()
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
    cost = torch.nn.CrossEntropyLoss()
    for _ in range(EPOCHS):
        for chosen in torch.randperm(N).split(BATCH):
            optimizer.zero_grad()
            part = None if length is None else length[chosen]
            cost(model(x[chosen], part), y[chosen]).backward()
            optimizer.step()
    return model


def with_skorch(x: torch.Tensor, length: torch.Tensor | None, y: np.ndarray) -> NeuralNetClassifier:
    """A fit of skorch's."""
    net = NeuralNetClassifier(
        Last,
        criterion=torch.nn.CrossEntropyLoss,
        max_epochs=EPOCHS,
        lr=RATE,
        batch_size=BATCH,
        optimizer=torch.optim.AdamW,
        optimizer__weight_decay=DECAY,
        train_split=None,
        verbose=0,
        iterator_train__shuffle=True,
    )
    return net.fit(x.numpy() if length is None else {"x": x.numpy(), "length": length.numpy()}, y)


def with_keras(x: np.ndarray, length: np.ndarray | None) -> keras.Model:
    """A model of Keras's, compiled; padding comes after a sequence, and is masked."""
    first = keras.Input(x.shape[1:])
    inner = first
    mask = None
    if length is not None:
        mask = keras.layers.Masking().compute_mask(first)
    states = keras.layers.LSTM(HIDDEN)(inner, mask=mask)
    model = keras.Model(first, keras.layers.Dense(2, "softmax")(states))
    optimizer = keras.optimizers.AdamW(RATE, weight_decay=DECAY)
    model.compile(optimizer, "sparse_categorical_crossentropy")
    return model


def sides(x: list[np.ndarray], y: np.ndarray) -> dict[str, Fit]:
    """A fit of each of the others, after a check that it learns what ours does."""
    lengths = np.array([len(part) for part in x])
    padded = torch.nn.utils.rnn.pad_sequence([torch.tensor(p) for p in x], batch_first=True)
    length = None if len(set(lengths)) == 1 else torch.tensor(lengths)
    model = ours(x, y)
    assert model.score(x, y) > 0.9
    same(model, x, padded, length)
    torch.manual_seed(0)
    keras.utils.set_random_seed(0)
    theirs = by_hand(padded, length, torch.tensor(y))
    assert (theirs(padded, length).argmax(1).numpy() == y).mean() > 0.9
    found: dict[str, Fit] = {"torch": partial(by_hand, padded, length, torch.tensor(y))}
    net = with_skorch(padded, length, y)
    given = padded.numpy() if length is None else {"x": padded.numpy(), "length": lengths}
    assert net.score(given, y) > 0.9
    found["skorch"] = partial(with_skorch, padded, length, y)
    model_of = partial(with_keras, padded.numpy(), None if length is None else lengths)
    options = {"x": padded.numpy(), "y": y, "batch_size": BATCH, "epochs": EPOCHS, "verbose": 0}
    third = model_of()
    third.fit(**options)
    assert (third.predict(padded.numpy(), verbose=0).argmax(1) == y).mean() > 0.9
    found["Keras"] = partial(third.fit, **options)
    found["Keras, new"] = lambda: model_of().fit(**options)
    return found


def same(
    model: SequenceClassifier,
    x: list[np.ndarray],
    padded: torch.Tensor,
    length: torch.Tensor | None,
) -> None:
    """Sees to it that torch's network with our weights gives our chances."""
    twin = Last()
    network = model.learned_.members[0].network
    with torch.no_grad():
        for name, value in network.params.items():
            part = twin.head if name.startswith("head_") else twin.lstm
            getattr(part, name.removeprefix("head_")).copy_(torch.tensor(np.array(value)))
        features = model.learned_.inputs.features.rows
        read = padded.clone()
        rows = torch.tensor(np.asarray(features(_ragged(x)), np.float32))
        for i, part in enumerate(rows.split([len(item) for item in x])):
            read[i, : len(part)] = part
        chances = torch.softmax(twin(read, length), dim=1).numpy()
    np.testing.assert_allclose(model.predict_proba(x), chances, atol=1e-5)


def _ragged(x: list[np.ndarray]) -> Any:
    from tidegate.data.sequences import read_sequences

    return read_sequences(x)


def main(threads: int) -> None:
    random = np.random.default_rng(1)
    cases = {
        "50 steps": np.full(N, 50),
        "100 steps": np.full(N, 100),
        "5 to 100 steps": random.integers(5, 101, N),
        "10 to 200 steps, few long": np.minimum(10 * random.pareto(1.2, N) + 10, 200).astype(int),
    }
    torch.set_num_threads(threads)
    set_threads(threads)
    rows: list[dict[str, object]] = []
    for name, lengths in cases.items():
        x, y = data(lengths)
        for who, fit in sides(x, y).items():
            found = paired(partial(ours, x, y), fit, pairs=5)
            rows.append(
                {
                    "data": f"{name}, threads: {threads}",
                    "beside": who,
                    "tidegate ms": round(1e3 * found.ours),
                    "theirs ms": round(1e3 * found.theirs),
                    "times faster": f"{found.ratio:.1f}",
                    "quartiles": "{:.1f} to {:.1f}".format(*found.spread),
                }
            )
            print(rows[-1], flush=True)
    notes = [f"{N} sequences of {COLUMNS} numbers, {EPOCHS} epochs, 40 updates of {BATCH}"]
    finish("speed", rows, notes, packages=("torch", "skorch", "keras", "jax"))


if __name__ == "__main__":
    main(int(sys.argv[1]))
