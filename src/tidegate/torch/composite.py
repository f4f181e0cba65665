"""The layers written in operations of torch: slow, and derivable as often and as one likes.

For what the fused pass cannot do: a second way back, forward mode, vmap. The steps are
those of the equations in torch.nn's documentation.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from .layers import Layers

State = tuple[Tensor, ...]


def unfolded(
    layers: Layers,
    x: Tensor,
    lengths: Tensor | None,
    state: State,
    weights: tuple[Tensor, ...],
    masks: list[Tensor] | None = None,
) -> tuple[Tensor, State]:
    """All layers over a batch.

    Args:
        layers: which.
        x: ``[B, T, inputs]``.
        lengths: ``[B]``; None where all have T steps.
        state: (h, c) or (h,), ``[layers*D, B, H]``.
        weights: in torch's order.
        masks: ``[B, T, D*H]`` for each layer but the last; None to draw them by torch.

    Returns:
        y ``[B, T, D*H]``, zero beyond a length, and the last states.
    """
    ends: list[State] = []
    D = layers.directions
    for layer in range(layers.layers):
        if layer and layers.dropout:
            x = F.dropout(x, layers.dropout) if masks is None else x * masks[layer - 1]
        outputs = []
        for direction in range(D):
            number = layer * D + direction
            own = weights[number * layers.per_layer : (number + 1) * layers.per_layer]
            start = tuple(part[number] for part in state)
            y, end = _direction(layers.cell, x, lengths, start, own, direction == 1)
            outputs.append(y)
            ends.append(end)
        x = torch.cat(outputs, -1) if D == 2 else outputs[0]
    return x, tuple(torch.stack(parts) for parts in zip(*ends, strict=True))


def started(
    layers: Layers, given: tuple[Tensor | None, Tensor | None], batch: int, x: Tensor
) -> State:
    """The states before the first step, zero where None is given."""
    shape = (layers.layers * layers.directions, batch, layers.hidden)
    parts = given if layers.has_c else given[:1]
    return tuple(x.new_zeros(shape) if part is None else part for part in parts)


def _direction(
    cell: str,
    x: Tensor,
    lengths: Tensor | None,
    state: State,
    weights: tuple[Tensor, ...],
    backwards: bool,
) -> tuple[Tensor, State]:
    """One layer and direction; a sequence's state moves only where it has a step."""
    weight_ih, weight_hh, *biases = weights
    bias_ih, bias_hh = biases or (None, None)
    inputs = F.linear(x, weight_ih, bias_ih)
    steps = x.shape[1]
    outputs: list[Tensor] = [inputs] * steps
    for t in reversed(range(steps)) if backwards else range(steps):
        new = _step(cell, inputs[:, t], F.linear(state[0], weight_hh, bias_hh), state)
        if lengths is None:
            state, outputs[t] = new, new[0]
            continue
        inside = (t < lengths)[:, None]
        state = tuple(torch.where(inside, a, b) for a, b in zip(new, state, strict=True))
        outputs[t] = torch.where(inside, new[0], torch.zeros_like(new[0]))
    return torch.stack(outputs, 1), state


def _step(cell: str, x: Tensor, h: Tensor, state: State) -> State:
    """The state after a step, from the products with the input and with h before it."""
    if cell == "lstm":
        i, f, g, o = (x + h).chunk(4, -1)
        c = torch.sigmoid(f) * state[1] + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c
    if cell == "gru":
        x_r, x_z, x_n = x.chunk(3, -1)
        h_r, h_z, h_n = h.chunk(3, -1)
        r, z = torch.sigmoid(x_r + h_r), torch.sigmoid(x_z + h_z)
        return ((1 - z) * torch.tanh(x_n + r * h_n) + z * state[0],)
    return (torch.relu(x + h) if cell == "rnn_relu" else torch.tanh(x + h),)
