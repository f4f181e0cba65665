"""The dropout masks that the core has drawn, for whoever computes the same in another way."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..network import Network
from .layers import Layers
from .layout import Places


def masks(layers: Layers, places: Places, seed: int, like: Tensor) -> list[Tensor]:
    """What passes from each layer to the next is multiplied by these.

    The core is asked for them: of layers that say 1 at every step, the next one reads the mask.

    Args:
        layers: with dropout.
        places: of the sequences.
        seed: of the masks.
        like: ``[..., features]``, what the module was given.

    Returns:
        ``[..., D*H]`` for each layer but the last, 0 or 1 / (1 − dropout); 0 beyond a length.
    """
    spec = layers.spec.but(cell="rnn_linear")
    rows = np.zeros((like[..., 0].numel(), layers.inputs), spec.dtype)
    found = []
    for layer in range(layers.layers - 1):
        network = Network(spec)
        network.parameters[...] = 0
        params = network.params
        for direction, suffix in enumerate(spec.suffixes):
            own = slice(direction * layers.hidden, (direction + 1) * layers.hidden)
            params[f"bias_ih_l{layer}{suffix}"][...] = 1
            params[f"weight_ih_l{layer + 1}{suffix}"][:, own] = np.eye(layers.hidden)
        sequences = network.native.placed(rows, places.start, places.length, places.offset, None)
        tape = network.run(sequences, keep=True, seed=seed)
        parts = []
        for direction in range(layers.directions):
            part = np.zeros((len(rows), layers.hidden), spec.dtype)
            h = 1  # after the one gate of this cell
            tape.record(layer + 1, direction, h, part)
            parts.append(torch.from_numpy(part))
        found.append(torch.cat(parts, -1).view(*like.shape[:-1], -1))
    return found
