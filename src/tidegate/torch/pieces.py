"""checkpoint=True: sequences in pieces, whose inner states are not kept but computed again.

The last piece is the first on the way back, so what it leaves waits for that and is not computed
again.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from numpy.typing import NDArray
from torch import Tensor

from .layers import Back, Layers, Pass, State, backwards, forwards
from .layout import Places

Which = NDArray[Any]


class Kept(NamedTuple):
    """What is there between the way forwards and the way back."""

    starts: list[State]
    """Of each piece, for the sequences that reach it."""
    last: Any
    """The tape of the last one."""


def through_pieces(
    layers: Layers,
    weights: tuple[Tensor, ...],
    x: Tensor,
    places: Places,
    state: State,
    *,
    seed: int | None,
    y: Tensor,
) -> Pass:
    """As `forwards`, with a `Kept` for a tape."""
    pieces = places.pieces()
    starts: list[State] = []
    for number, (which, part) in enumerate(pieces):
        starts.append(_of(state, which, len(places)))
        last = number == len(pieces) - 1
        given = (layers, weights, x, part, starts[-1])
        found = forwards(*given, keep=last, seed=seed, step=number, y=y)
        state = _with(state, which, len(places), (found.h, found.c))
        if last:
            assert state[0] is not None
            return Pass(state[0], state[1], Kept(starts, found.tape))
        del found  # the next one takes its place in the core, where the weights are packed
    raise AssertionError("a batch has a step")


def back_through_pieces(
    layers: Layers,
    weights: tuple[Tensor, ...],
    x: Tensor,
    places: Places,
    kept: Kept,
    grads: tuple[Tensor | None, ...],
    *,
    seed: int | None,
    rows: Tensor | None,
    values: Tensor,
) -> Back:
    """As `backwards`: each piece forwards once more, then back, from the last to the first."""
    dy, *ends = grads
    reached: State = (ends[0], ends[1])
    pieces = places.pieces()
    own = values
    for number in reversed(range(len(pieces))):
        which, part = pieces[number]
        tape = kept.last if number == len(pieces) - 1 else None
        if tape is None or tape.used:
            given = (layers, weights, x, part, kept.starts[number])
            tape = forwards(*given, keep=True, seed=seed, step=number, y=None).tape
        here = (dy, *_of(reached, which, len(places)))
        found = backwards(layers, tape, part, here, rows=rows, state=True, values=own)
        del tape
        reached = _with(reached, which, len(places), (found.h, found.c))
        if own is values:
            own = torch.empty_like(values)
        else:
            # by NumPy: torch's workers would wait on the cores that the next piece is to use
            total = values.detach().numpy()
            total += own.detach().numpy()
    return Back(rows, reached[0], reached[1], values)


def _of(state: State, which: Which, batch: int) -> State:
    """Of some of the sequences."""
    if len(which) == batch:
        return state
    index = torch.from_numpy(which)
    h, c = (None if part is None else part[:, index] for part in state)
    return h, c


def _with(state: State, which: Which, batch: int, new: State) -> State:
    """With those of some of the sequences in their places; zero where there was nothing."""
    if len(which) == batch:
        return new
    index = torch.from_numpy(which)
    found = []
    for part, piece in zip(state, new, strict=True):
        if piece is not None:
            if part is None:
                part = piece.new_zeros(piece.shape[0], batch, piece.shape[2])
            piece = part.index_copy(1, index, piece)
        found.append(piece)
    return found[0], found[1]
