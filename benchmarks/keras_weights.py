"""tidegate.torch.from_keras against Keras itself: each recurrent layer, one and both directions.

    build/bench/bin/python benchmarks/keras_weights.py

Nothing is timed. Both sides are float32, and their outputs must agree to 1e-5.
"""

from __future__ import annotations

import os

import numpy as np
from pairing import machine, report

from tidegate.torch import from_keras

os.environ.setdefault("KERAS_BACKEND", "jax")
I, H, STEPS, BATCH = 5, 16, 40, 8
TOLERANCE = 1e-5


def main() -> None:
    import keras

    about = machine("numpy", "keras", "jax")
    x = np.random.default_rng(0).standard_normal((BATCH, STEPS, I)).astype(np.float32)
    rows: list[dict[str, object]] = []
    for kind in (keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN):
        for directions in (1, 2):
            # zero biases would hide a mistake
            layer = kind(H, return_sequences=True, bias_initializer="random_normal")
            if directions == 2:
                layer = keras.layers.Bidirectional(layer)
            expected = np.asarray(layer(x))
            ours = from_keras([np.asarray(each) for each in layer.get_weights()]).forward(x).y
            error = float(np.abs(ours - expected).max())
            if not error < TOLERANCE:
                raise SystemExit(f"{kind.__name__}: outputs differ by {error:.1e}")
            rows.append({"layer": kind.__name__, "directions": directions, "error": error})
    report("keras_weights", about, rows, [f"all agree to {TOLERANCE:g}"])


if __name__ == "__main__":
    main()
