"""checkpoint=True: sequences in pieces, whose inner states are not kept but computed again.

The last piece is the first on the way back, so what it leaves waits for that and is not computed
again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from numpy.typing import NDArray
from torch import Tensor

from .layers import Back, Layers, Pass, State, backwards, forwards
from .layout import Places

Which = NDArray[Any]


class Piece(Protocol):
    """Some steps of sequences, as the core is to see them."""

    @property
    def places(self) -> Places:
        """Where its steps lie in the tensors that the others give."""
        ...

    def inputs(self, x: Tensor) -> Tensor:
        """Of ``x``."""
        ...

    def room(self, y: Tensor) -> Tensor:
        """For its outputs."""
        ...

    def put(self, room: Tensor, y: Tensor) -> None:
        """What was written there to its place."""
        ...

    def gradients(self, dy: Tensor) -> Tensor:
        """Of its outputs."""
        ...

    def room_back(self, rows: Tensor) -> Tensor:
        """For the gradient of its inputs."""
        ...

    def put_back(self, room: Tensor, rows: Tensor) -> None:
        """What was written there to its place."""
        ...


@dataclass(frozen=True)
class InPlace:
    """All of it where the caller has it."""

    places: Places

    def inputs(self, x: Tensor) -> Tensor:
        """The whole."""
        return x

    room = gradients = room_back = inputs

    def put(self, room: Tensor, y: Tensor) -> None:
        """It is there."""

    put_back = put


@dataclass
class Kept:
    """What is there between the way forwards and the way back."""

    starts: list[State]
    """Of each piece, for the sequences that reach it."""
    last: Any
    """The tape of the last one, for the first way back, which takes it: its room is the next's."""


def through_pieces(
    layers: Layers,
    weights: tuple[Tensor, ...],
    x: Tensor,
    places: Places,
    state: State,
    *,
    seed: int | None,
    y: Tensor,
    seen: Callable[[Places], Piece] = InPlace,
) -> Pass:
    """As `forwards` of layers of one direction, with a `Kept` for a tape.

    Args:
        layers, weights, x, places, state, seed, y: as there; x dense.
        seen: what the core sees of a piece.
    """
    pieces = places.pieces()
    starts: list[State] = []
    for number, (which, part) in enumerate(pieces):
        starts.append(_of(state, which, len(places)))
        last = number == len(pieces) - 1
        piece = seen(part)
        room = piece.room(y)
        given = (layers, weights, piece.inputs(x), piece.places, starts[-1])
        found = forwards(*given, keep=last, seed=seed, step=number, y=room)
        piece.put(room, y)
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
    seen: Callable[[Places], Piece] = InPlace,
) -> Back:
    """As `backwards`: each piece forwards once more, then back, from the last to the first."""
    dy, *ends = grads
    reached: State = (ends[0], ends[1])
    pieces = places.pieces()
    own = values
    for number in reversed(range(len(pieces))):
        which, part = pieces[number]
        piece = seen(part)
        tape, kept.last = kept.last, None
        if tape is None:
            given = (layers, weights, piece.inputs(x), piece.places, kept.starts[number])
            tape = forwards(*given, keep=True, seed=seed, step=number, y=None).tape
        here = (None if dy is None else piece.gradients(dy), *_of(reached, which, len(places)))
        room = None if rows is None else piece.room_back(rows)
        found = backwards(layers, tape, piece.places, here, rows=room, state=True, values=own)
        del tape
        if rows is not None and room is not None:
            piece.put_back(room, rows)
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
