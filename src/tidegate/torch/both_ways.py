"""checkpoint=True for two directions: each layer and direction by itself, in pieces of its own.

The two directions of a layer end at opposite ends, so one piece of the sequences cannot serve both:
each goes through those of its own order, which are gathered from the rows and put back. What a
layer gives to the next one is kept, as the outputs are; the record, six times as large, is not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from .layers import Back, Layers, Pass, State
from .layout import Index, Places
from .pieces import Kept, back_through_pieces, through_pieces


@dataclass(frozen=True)
class Gathered:
    """A piece of one direction, copied; its outputs are some columns of the layer's."""

    places: Places
    rows: Index
    """``[steps]``, where the caller has them, one sequence after the other in the order read."""
    columns: slice

    def inputs(self, x: Tensor) -> Tensor:
        """A copy."""
        return torch.from_numpy(np.take(_table(x), self.rows, axis=0))

    def room(self, y: Tensor) -> Tensor:
        """New."""
        return y.new_empty(len(self.rows), self.columns.stop - self.columns.start)

    def put(self, room: Tensor, y: Tensor) -> None:
        """Into its columns."""
        _table(y)[self.rows, self.columns] = room.numpy()

    def gradients(self, dy: Tensor) -> Tensor:
        """A copy of its columns."""
        return torch.from_numpy(_table(dy)[self.rows, self.columns])

    def room_back(self, rows: Tensor) -> Tensor:
        """New."""
        return rows.new_empty(len(self.rows), rows.shape[-1])

    def put_back(self, room: Tensor, rows: Tensor) -> None:
        """Added, for both directions read the same."""
        _table(rows)[self.rows] += room.numpy()


@dataclass
class KeptLayer:
    """What is there of a layer between the way forwards and the way back."""

    inputs: Tensor | None
    """``[rows, width]``; None where they are the caller's."""
    directions: list[Kept]


def through_both_ways(
    layers: Layers,
    weights: tuple[Tensor, ...],
    x: Tensor,
    places: Places,
    state: State,
    *,
    seed: int | None,
    y: Tensor,
) -> Pass:
    """As `forwards`, with a `KeptLayer` for each layer for a tape; x dense."""
    kept, ends = [], []
    inputs = x
    for layer in range(layers.layers):
        top = layer == layers.layers - 1
        out = y if top else y.new_empty(y.shape)
        directions = []
        for direction, seen in enumerate(_seen(layers, places)):
            number = layer * 2 + direction
            start = (_nth(state[0], number), _nth(state[1], number))
            given = (_one(layers, layer), _weights(layers, weights, number), inputs, places, start)
            found = through_pieces(*given, seed=None, y=out, seen=seen)
            directions.append(found.tape)
            ends.append((found.h, found.c))
        kept.append(KeptLayer(inputs if layer else None, directions))
        if not top and seed is not None:
            out *= _mask(layers, seed + layer, out)
        inputs = out
    h, c = zip(*ends, strict=True)
    return Pass(torch.cat(h), torch.cat(c) if layers.has_c else None, kept)


def back_through_both_ways(
    layers: Layers,
    weights: tuple[Tensor, ...],
    x: Tensor,
    places: Places,
    kept: list[KeptLayer],
    grads: tuple[Tensor | None, ...],
    *,
    seed: int | None,
    rows: Tensor | None,
    values: Tensor,
) -> Back:
    """As `backwards`."""
    dy, dh, dc = grads
    ends: list[tuple[Tensor | None, Tensor | None]] = []
    end = layers.size
    for layer in reversed(range(layers.layers)):
        own, inputs = _one(layers, layer), kept[layer].inputs
        found_rows = rows if inputs is None else torch.empty_like(inputs)
        if found_rows is not None:
            found_rows.zero_()
        for direction, seen in reversed(list(enumerate(_seen(layers, places)))):
            number = layer * 2 + direction
            given = (own, _weights(layers, weights, number), x if inputs is None else inputs)
            found = back_through_pieces(
                *given,
                places,
                kept[layer].directions[direction],
                (dy, _nth(dh, number), _nth(dc, number)),
                seed=None,
                rows=found_rows,
                values=values[end - own.size : end],
                seen=seen,
            )
            end -= own.size
            ends.insert(0, (found.h, found.c))
        dy = found_rows
        if layer and seed is not None and dy is not None:
            dy *= _mask(layers, seed + layer - 1, dy)
    h, c = zip(*ends, strict=True)
    return Back(rows, torch.cat(h), torch.cat(c) if layers.has_c else None, values)


def _seen(layers: Layers, places: Places) -> list[Callable[[Places], Gathered]]:
    """What each direction sees of a piece, whose places are those of the way forwards."""
    turned, H = places.turned(), layers.hidden
    return [
        partial(_gathered, turned=None, columns=slice(0, H)),
        partial(_gathered, turned=turned, columns=slice(H, 2 * H)),
    ]


def _gathered(part: Places, turned: Index | None, columns: slice) -> Gathered:
    rows = part.rows()
    return Gathered(part.dense(), rows if turned is None else turned[rows], columns)


def _one(layers: Layers, layer: int) -> Layers:
    """One direction of a layer."""
    inputs = 2 * layers.hidden if layer else layers.inputs
    return replace(layers, inputs=inputs, layers=1, bidirectional=False, dropout=0.0)


def _weights(layers: Layers, weights: tuple[Tensor, ...], number: int) -> tuple[Tensor, ...]:
    return weights[number * layers.per_layer : (number + 1) * layers.per_layer]


def _nth(part: Tensor | None, number: int) -> Tensor | None:
    return None if part is None else part[number : number + 1]


def _mask(layers: Layers, seed: int, like: Tensor) -> Tensor:
    """0 or 1 / (1 − dropout), the same for the same seed."""
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.rand(like.shape, dtype=like.dtype, generator=generator)
    return (drawn >= layers.dropout).to(like.dtype) / (1 - layers.dropout)


def _table(tensor: Tensor) -> np.ndarray:
    """``[rows, columns]``, the same memory."""
    return tensor.detach().numpy().reshape(-1, tensor.shape[-1])
