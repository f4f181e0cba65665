"""The fused pass as a function that torch's autograd knows."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .composite import unfolded
from .layers import Back, Layers, Pass, apart, backwards, flat, forwards, pieces, room
from .layout import Layout

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
    """For each layer and direction, rows of them; filled if ``record``."""


class Unfold(torch.autograd.Function):
    """y, h and c of a call; c is empty where there is none."""

    @staticmethod
    def forward(
        ctx: Any, call: Call, x: Tensor, h: Tensor, c: Tensor, *weights: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """See `Layers`; h and c ``[layers*D, B, H]``."""
        needed = any(ctx.needs_input_grad)
        rows = call.layout.rows(x.detach())
        values = flat(call.layers, weights)
        found = through(call, rows, state_of(call, h, c), values, keep=needed)
        ctx.call, ctx.tape = call, found.tape if needed else None
        ctx.save_for_backward(x, h, c, *weights)
        ctx.set_materialize_grads(False)
        end = found.c if found.c is not None else c.new_empty(0)
        return call.layout.placed(found.y), found.h, end

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
    parts = (h, c) if call.layers.has_c else (h,)
    return tuple(part.detach().contiguous().numpy() for part in parts)


def through(call: Call, rows: Tensor, state: Any, values: Any, *, keep: bool) -> Pass:
    """Forwards; of a call with checkpoint nothing is kept."""
    layers, spans = call.layers, call.layout.spans
    if not (call.checkpoint and keep):
        record = keep or call.record
        found = forwards(layers, rows, spans, state, values, keep=record, seed=call.seed)
        if call.record:
            call.records = _records(layers, found.tape, rows)
        return found
    y = room(rows, layers.directions * layers.hidden, spans)
    end = [np.array(part) for part in state]
    starts = []
    for number, (which, part) in enumerate(pieces(spans)):
        start = tuple(np.ascontiguousarray(each[:, which]) for each in end)
        found = forwards(
            layers, rows, part, start, values, keep=False, seed=call.seed, step=number, y=y
        )
        for each, new in zip(end, (found.h, found.c), strict=False):
            each[:, which] = new.numpy()  # type: ignore[union-attr]
        starts.append(start)
    ends = [torch.from_numpy(each) for each in end]
    return Pass(y, ends[0], ends[1] if len(ends) > 1 else None, starts)


def _records(layers: Layers, tape: Any, rows: Tensor) -> list[dict[str, Tensor]]:
    """Every gate and state of every step, rows of them."""
    cell = layers.spec.cell_spec
    names = [*cell.gates, *(("c",) if layers.has_c else ()), "h"]
    found = []
    for layer in range(layers.layers):
        for direction in range(layers.directions):
            entry = {}
            for name in cell.record:
                entry[name] = rows.new_zeros((len(rows), layers.hidden))
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
    layers, layout = call.layers, call.layout
    rows = layout.rows(x.detach())
    dy, dh, dc = grads
    dy = None if dy is None else layout.rows(dy.detach())
    dh, dc = (None if d is None or not d.numel() else d.detach().contiguous() for d in (dh, dc))
    if not layers.has_c:
        dc = None
    d_rows = room(rows, rows.shape[1], layout.spans) if wanted[0] else None
    if call.checkpoint:
        values = flat(layers, tuple(weights))
        found = _back_in_pieces(call, rows, values, tape, dy, dh, dc, d_rows)
    else:
        if tape is None or tape.used:  # a second way back through a graph that was retained
            state, values = state_of(call, h, c), flat(layers, tuple(weights))
            tape = forwards(
                layers, rows, layout.spans, state, values, keep=True, seed=call.seed
            ).tape
        found = backwards(layers, tape, rows, layout.spans, dy, dh, dc, d_rows=d_rows)
    dx = layout.placed(d_rows) if d_rows is not None else None
    end = found.c if found.c is not None else torch.zeros_like(c)
    gradients = [dx, found.h, end, *apart(layers, found.values, tuple(weights))]
    return [each if asked else None for each, asked in zip(gradients, wanted, strict=True)]


def _back_in_pieces(
    call: Call,
    rows: Tensor,
    values: Any,
    starts: list[Any],
    dy: Tensor | None,
    dh: Tensor | None,
    dc: Tensor | None,
    d_rows: Tensor | None,
) -> Back:
    """Each piece forwards once more, then backwards, from the last to the first."""
    layers, spans = call.layers, call.layout.spans
    shape = (layers.layers, len(spans), layers.hidden)
    counted = 2 if layers.has_c else 1
    ends = [rows.new_zeros(shape) if d is None else d.clone() for d in (dh, dc)[:counted]]
    d_values: Tensor | None = None
    for number, (which, part) in reversed(list(enumerate(pieces(spans)))):
        again = forwards(
            layers, rows, part, starts[number], values, keep=True, seed=call.seed, step=number
        )
        reached = [each[:, which].contiguous() for each in ends]
        found = backwards(
            layers,
            again.tape,
            rows,
            part,
            dy,
            reached[0],
            reached[1] if counted > 1 else None,
            d_rows=d_rows,
        )
        for each, new in zip(ends, (found.h, found.c), strict=False):
            each[:, which] = new  # type: ignore[assignment]
        d_values = found.values if d_values is None else d_values.add_(found.values)
    assert d_values is not None
    return Back(ends[0], ends[1] if counted > 1 else None, d_values)


def _twice(
    call: Call,
    given: tuple[Tensor, ...],
    grads: tuple[Tensor | None, ...],
    wanted: tuple[bool, ...],
) -> list[Tensor | None]:
    """Backwards so that autograd can go back through it once more."""
    slowly("second derivative")
    if call.seed is not None:
        raise RuntimeError(
            "a second derivative through dropout is not there: its masks are the core's; "
            "call eval(), or set dropout to 0"
        )
    with torch.enable_grad():
        x, h, c, *weights = given
        y, state = unfolded(
            call.layers,
            *call.layout.padded(x),
            (h, c) if call.layers.has_c else (h,),
            tuple(weights),
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
