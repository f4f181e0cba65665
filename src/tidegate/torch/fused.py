"""The fused pass as a function that torch's autograd knows."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .composite import unfolded
from .layers import Back, Layers, Pass, apart, backwards, flat, forwards
from .layout import Layout
from .masks import masks

_told: set[str] = set()


def slowly(why: str) -> None:
    """Says once that torch's own operations do the work."""
    if why not in _told:
        _told.add(why)
        warnings.warn(
            f"tidegate.torch has no fused {why}; torch's own operations compute it, more slowly",
            stacklevel=4,
        )


@dataclass
class Call:
    """One call of a module; it goes with the tensors through autograd."""

    layers: Layers
    layout: Layout
    seed: int | None
    """Of the dropout masks; None for no dropout."""
    checkpoint: bool = False
    """Whether the way back computes the states again, a piece of the sequences at a time."""
    record: bool = False
    """Whether every gate and state is to be kept."""
    records: list[dict[str, Tensor]] | None = None
    """For each layer and direction, as y lies; filled if ``record``."""


class Unfold(torch.autograd.Function):
    """y, h and c of a call; c is empty where there is none."""

    @staticmethod
    def forward(
        ctx: Any, call: Call, x: Tensor, h: Tensor, c: Tensor, *weights: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """See `Layers`; h and c ``[layers*D, B, H]``."""
        needed = any(ctx.needs_input_grad)
        y, found = through(call, x, h, c, weights, keep=needed)
        ctx.call, ctx.tape = call, found.tape if needed else None
        ctx.save_for_backward(x, h, c, *weights)
        ctx.set_materialize_grads(False)
        end = found.c if found.c is not None else c.new_empty(0)
        return y, found.h, end

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        """The gradients of x, h, c and the weights."""
        call, tape = ctx.call, ctx.tape
        x, h, c, *weights = ctx.saved_tensors
        wanted = ctx.needs_input_grad[1:]
        if torch.is_grad_enabled() and any(g is not None and g.requires_grad for g in grads):
            return None, *_twice(call, (x, h, c, *weights), grads, wanted)
        if not call.checkpoint:  # a tape is used up, where a piece starts is not
            ctx.tape = None
        return None, *back(call, tape, (x, h, c, *weights), grads, wanted)


def state_of(call: Call, h: Tensor, c: Tensor) -> tuple[np.ndarray[Any, Any], ...]:
    """Where the sequences start, as the core reads it."""
    parts = (h, c) if call.layers.has_c else (h,)
    return tuple(part.detach().contiguous().numpy() for part in parts)


def rows_of(x: Tensor) -> Tensor:
    """``[N, features]``: what `Places` counts."""
    return x.detach().contiguous().view(-1, x.shape[-1])


def through(
    call: Call, x: Tensor, h: Tensor, c: Tensor, weights: tuple[Tensor, ...], *, keep: bool
) -> tuple[Tensor, Pass]:
    """Forwards: y as x lies, and the rest. Of a call with checkpoint nothing is kept."""
    layers, places = call.layers, call.layout.places
    rows, state, values = rows_of(x), state_of(call, h, c), flat(layers, weights)
    shape = (*x.shape[:-1], layers.directions * layers.hidden)
    y = x.new_empty(shape) if call.layout.full else x.new_zeros(shape)
    y_rows = y.view(-1, shape[-1])
    if not (call.checkpoint and keep):
        kept = keep or call.record
        found = forwards(layers, rows, places, state, values, keep=kept, seed=call.seed, y=y_rows)
        if call.record:
            call.records = _records(layers, found.tape, y)
        return y, found
    end, starts = [np.array(part) for part in state], []
    for number, (which, part) in enumerate(places.pieces()):
        start = tuple(np.ascontiguousarray(each[:, which]) for each in end)
        given = (layers, rows, part, start, values)
        found = forwards(*given, keep=False, seed=call.seed, step=number, y=y_rows)
        for each, new in zip(end, (found.h, found.c), strict=False):
            each[:, which] = new.numpy()  # type: ignore[union-attr]
        starts.append(start)
    ends = [torch.from_numpy(each) for each in end]
    return y, Pass(ends[0], ends[1] if len(ends) > 1 else None, starts)


def _records(layers: Layers, tape: Any, y: Tensor) -> list[dict[str, Tensor]]:
    """Every gate and state of every step, as y lies."""
    cell = layers.spec.cell_spec
    names = [*cell.gates, *(("c",) if layers.has_c else ()), "h"]
    found = []
    for layer in range(layers.layers):
        for direction in range(layers.directions):
            entry = {}
            for name in cell.record:
                entry[name] = y.new_zeros((*y.shape[:-1], layers.hidden))
                tape.record(layer, direction, names.index(name), entry[name].numpy())
            found.append(entry)
    return found


def back(
    call: Call,
    tape: Any,
    given: tuple[Tensor, ...],
    grads: tuple[Tensor | None, ...],
    wanted: tuple[bool, ...],
) -> list[Tensor | None]:
    """Backwards through the core."""
    x, h, c, *weights = given
    layers, places = call.layers, call.layout.places
    rows = rows_of(x)
    dy, dh, dc = (None if d is None or not d.numel() else d.detach().contiguous() for d in grads)
    dy = None if dy is None else rows_of(dy)
    d_x = None
    if wanted[0]:
        d_x = rows.new_empty(x.shape) if call.layout.full else rows.new_zeros(x.shape)
    d_rows = None if d_x is None else d_x.view(rows.shape)
    ends = (dh, dc if layers.has_c else None)
    if call.checkpoint:
        found = _back_in_pieces(call, rows, flat(layers, tuple(weights)), tape, dy, ends, d_rows)
    else:
        if tape is None or tape.used:  # a second way back through a graph that was retained
            tape = through(call, x, h, c, tuple(weights), keep=True)[1].tape
        found = backwards(layers, tape, rows, places, dy, *ends, d_rows=d_rows)
    end = found.c if found.c is not None else torch.zeros_like(c)
    gradients = [d_x, found.h, end, *apart(layers, found.values, tuple(weights))]
    return [each if asked else None for each, asked in zip(gradients, wanted, strict=True)]


def _back_in_pieces(
    call: Call,
    rows: Tensor,
    values: Any,
    starts: list[Any],
    dy: Tensor | None,
    ends: tuple[Tensor | None, Tensor | None],
    d_rows: Tensor | None,
) -> Back:
    """Each piece forwards once more, then backwards, from the last to the first."""
    layers, places = call.layers, call.layout.places
    shape = (layers.layers, len(places), layers.hidden)
    reached = [rows.new_zeros(shape) if d is None else d.clone() for d in ends]
    y = rows.new_empty((len(rows), layers.hidden))  # computed once more, and not asked for
    d_values: Tensor | None = None
    for number, (which, part) in reversed(list(enumerate(places.pieces()))):
        given = (layers, rows, part, starts[number], values)
        tape = forwards(*given, keep=True, seed=call.seed, step=number, y=y).tape
        d_h, d_c = (each[:, which].contiguous() for each in reached)
        here = (dy, d_h, d_c if layers.has_c else None)
        found = backwards(layers, tape, rows, part, *here, d_rows=d_rows)
        for each, new in zip(reached, (found.h, found.c), strict=True):
            if new is not None:
                each[:, which] = new
        d_values = found.values if d_values is None else d_values.add_(found.values)
    assert d_values is not None
    return Back(reached[0], reached[1] if layers.has_c else None, d_values)


def _twice(
    call: Call,
    given: tuple[Tensor, ...],
    grads: tuple[Tensor | None, ...],
    wanted: tuple[bool, ...],
) -> list[Tensor | None]:
    """Backwards so that autograd can go back through it once more."""
    slowly("second derivative")
    drawn = None
    if call.seed is not None:
        if call.checkpoint:
            raise RuntimeError(
                "a second derivative through dropout is not there with checkpoint=True, whose "
                "masks are those of pieces; leave out one of the three"
            )
        x = given[0].detach()
        drawn = masks(call.layers, call.layout.places, call.seed, x)
        drawn = [call.layout.padded(each)[0] for each in drawn]
    with torch.enable_grad():
        x, h, c, *weights = given
        y, state = unfolded(
            call.layers,
            *call.layout.padded(x),
            (h, c) if call.layers.has_c else (h,),
            tuple(weights),
            drawn,
        )
        outputs = [call.layout.unpadded(y), *state]
        pairs = [(o, d) for o, d in zip(outputs, grads, strict=False) if d is not None]
        asked = [each for each, needed in zip(given, wanted, strict=True) if needed]
        found = iter(
            torch.autograd.grad(
                [o for o, _ in pairs],
                asked,
                [d for _, d in pairs],
                create_graph=True,
                allow_unused=True,
            )
        )
    return [next(found) if needed else None for needed in wanted]
