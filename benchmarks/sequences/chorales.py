"""Bach's chorales: the chance of every key in the next frame, from all frames before.

    python benchmarks/sequences/chorales.py

The score is the negative log-likelihood of a frame, summed over its 88 keys, as in
Boulanger-Lewandowski et al. 2012. The settings were chosen on the validation part.
"""

from __future__ import annotations

import numpy as np
from readers import chorales
from running import each_seed, finish

from tidegate import SequenceTagger, SequenceTraining

SETTINGS = {"hidden": 300, "bidirectional": False, "dropout": 0.6}
TRAINING = SequenceTraining(
    updates=150, batch=16, members=5, changes=False, learning_rate=3e-2, weight_decay=0.05
)


def ahead(pieces: list[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Each frame is told from those before it; the first from an empty one."""
    return [np.vstack([np.zeros((1, 88)), piece[:-1]]) for piece in pieces], pieces


def nll(model: SequenceTagger, pieces: list[np.ndarray]) -> float:
    """Nats of a frame."""
    x, y = ahead(pieces)
    chances = np.clip(np.concatenate(model.predict_proba(x)), 1e-9, 1 - 1e-9)
    truth = np.concatenate(y)
    each = -(truth * np.log(chances) + (1 - truth) * np.log(1 - chances))
    return float(each.sum(axis=1).mean())


def main() -> None:
    data = chorales()
    x, y = ahead(data["train"])
    rows = each_seed(
        "JSB chorales",
        lambda seed: SequenceTagger(random_state=seed, training=TRAINING, **SETTINGS).fit(x, y),
        lambda model: {part: nll(model, data[part]) for part in ("valid", "test")},
    )
    how = f"{TRAINING.members} networks, {TRAINING.updates} updates of 16 pieces each"
    finish("chorales", rows, [f"settings: {SETTINGS}, {how}"])


if __name__ == "__main__":
    main()
