"""A layer by hand: forward over ragged sequences, every gate, gradients, and one step at a time.

python examples/layers_as_arrays.py
"""

from __future__ import annotations

import numpy as np

import tidegate as tg

rng = np.random.default_rng(0)
layer = tg.LSTM(input_size=3, hidden_size=5, seed=0)
x = rng.standard_normal((2, 4, 3)).astype(np.float32)  # two sequences, up to four steps
lengths = [4, 2]  # the second one ends after two

out = layer.forward(x, lengths=lengths, record=True)
h, c = out.state
print("outputs", out.y.shape, "last states", h.shape, c.shape)
print("nothing comes after a sequence's end:", bool((out.y[1, 2:] == 0).all()))
print("forget gate of the first unit:", out.record[0]["f"][0, :, 0].round(3))

grads = layer.backward(out, np.ones_like(out.y))  # the gradient of the sum of all outputs
print("gradients", {name: value.shape for name, value in grads.params.items()})

state = None
for t in range(4):
    y_t, state = layer.step(x[:1, t], state)
print("step by step gives the same bits:", bool((y_t == out.y[:1, 3]).all()))
