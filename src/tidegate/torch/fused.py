"""The fused pass as a function that torch's autograd knows."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from .both_ways import back_through_both_ways, through_both_ways
from .composite import started, unfolded
from .layers import Layers, Pass, State, apart, backwards, dense, forwards
from .layout import Layout
from .masks import masks
from .pieces import back_through_pieces, through_pieces

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
    """y, h and, where there is one, c of a call that somebody may ask gradients of."""

    @staticmethod
    def forward(
        ctx: Any, call: Call, x: Tensor, h: Tensor | None, c: Tensor | None, *weights: Tensor
    ) -> tuple[Tensor, ...]:
        """See `Layers`; h and c ``[layers*D, B, H]``, None for zero."""
        y, found = through(call, x, (h, c), weights, keep=True)
        ctx.call, ctx.tape = call, found.tape
        ctx.save_for_backward(x, h, c, *weights)
        ctx.set_materialize_grads(False)
        return (y, found.h) if found.c is None else (y, found.h, found.c)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        """The gradients of x, h, c and the weights."""
        call, tape = ctx.call, ctx.tape
        given = ctx.saved_tensors
        wanted = ctx.needs_input_grad[1:]
        dy, dh, dc = grads if call.layers.has_c else (*grads, None)
        if torch.is_grad_enabled() and any(g is not None and g.requires_grad for g in grads):
            slowly("second derivative")
            return None, *_again(call, given, (dy, dh, dc), wanted)
        if any(g is not None and _batched(g) for g in grads):
            slowly("way back for many gradients at once")
            return None, *_again(call, given, (dy, dh, dc), wanted)
        if not call.checkpoint:  # a tape is used up, where a piece starts is not
            ctx.tape = None
        return None, *back(call, tape, given, (dy, dh, dc), wanted)


def through(
    call: Call, x: Tensor, state: State, weights: tuple[Tensor, ...], *, keep: bool
) -> tuple[Tensor, Pass]:
    """Forwards: y as x lies, and the rest."""
    layers, places = call.layers, call.layout.places
    shape = (*x.shape[:-1], layers.directions * layers.hidden)
    y = x.new_empty(shape) if call.layout.full else x.new_zeros(shape)
    given = (layers, weights, dense(x), places, state)
    if call.checkpoint and keep:
        pieces = through_both_ways if layers.bidirectional else through_pieces
        return y, pieces(*given, seed=call.seed, y=y)
    found = forwards(*given, keep=keep or call.record, seed=call.seed, y=y)
    if call.record:
        call.records = _records(layers, found.tape, y)
    return y, found


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
    given: tuple[Tensor | None, ...],
    grads: tuple[Tensor | None, ...],
    wanted: tuple[bool, ...],
) -> list[Tensor | None]:
    """Backwards through the core.

    Args:
        call: what was called.
        tape: of `through`.
        given: x, h, c and the weights, as `Unfold` got them.
        grads: of y, h and c.
        wanted: for each of the given, whether its gradient is.
    """
    x, h, c, *rest = given
    assert x is not None
    layers, places, weights = call.layers, call.layout.places, cast("tuple[Tensor, ...]", rest)
    values = x.new_empty(layers.size)
    rows = None
    if wanted[0]:
        rows = x.new_empty(x.shape) if call.layout.full else x.new_zeros(x.shape)
    if call.checkpoint:
        if tape is None:  # of a graph that torch has compiled, which waited too long
            tape = through(call, x, (h, c), weights, keep=True)[1].tape
        pieces = back_through_both_ways if layers.bidirectional else back_through_pieces
        dy, *ends = grads
        grads = (None if dy is None else dense(dy), *ends)
        given_back = (layers, weights, dense(x), places, tape, grads)
        found = pieces(*given_back, seed=call.seed, rows=rows, values=values)
    else:
        if tape is None or tape.used:  # a second way back through a graph that was retained
            tape = through(call, x, (h, c), weights, keep=True)[1].tape
        state = wanted[1] or wanted[2]
        found = backwards(layers, tape, places, grads, rows=rows, state=state, values=values)
    gradients = [found.rows, found.h, found.c, *apart(layers, found.values)]
    return [each if asked else None for each, asked in zip(gradients, wanted, strict=True)]


def _batched(gradient: Tensor) -> bool:
    """Whether it stands for many: torch.func.vmap, torch.autograd.grad(is_grads_batched=True)."""
    names = torch._C._functorch
    return names.is_legacy_batchedtensor(gradient) or names.is_functorch_wrapped_tensor(gradient)


def _again(
    call: Call,
    given: tuple[Tensor | None, ...],
    grads: tuple[Tensor | None, ...],
    wanted: tuple[bool, ...],
) -> list[Tensor | None]:
    """`back` by operations of torch, which can be derived once more and batched."""
    x = given[0]
    assert x is not None
    drawn = None
    if call.seed is not None:
        check_masks(call.checkpoint)
        drawn = masks(call.layers, call.layout.places, call.seed, x.detach())
    return back_slowly(call.layers, call.layout, drawn, given, grads, wanted)


def check_masks(checkpoint: bool) -> None:
    """Refuses dropout together with checkpoint=True in a second derivative."""
    if checkpoint:
        raise RuntimeError(
            "a second derivative, or many gradients at once, through dropout is not there with "
            "checkpoint=True, whose masks are those of pieces; leave out one of the three"
        )


def back_slowly(
    layers: Layers,
    layout: Layout,
    drawn: list[Tensor] | None,
    given: tuple[Tensor | None, ...],
    grads: tuple[Tensor | None, ...],
    wanted: tuple[bool, ...],
) -> list[Tensor | None]:
    """`back` by operations of torch; no value of a tensor decides which.

    Args:
        layers, layout: of a `Call`.
        drawn: the masks of `masks`; None for no dropout.
        given, grads, wanted: as there; each of the given that is wanted asks for its gradient.
    """
    x, h, c, *rest = given
    assert x is not None
    weights = cast("tuple[Tensor, ...]", tuple(rest))
    with torch.enable_grad():
        rows, lengths = layout.padded(x)
        drawn = drawn and [layout.padded(each)[0] for each in drawn]
        state = started(layers, (h, c), rows.shape[0], x)
        y, ends = unfolded(layers, rows, lengths, state, weights, drawn)
        outputs = [layout.unpadded(y), *ends]
        pairs = [(o, d) for o, d in zip(outputs, grads, strict=False) if d is not None]
        asked = [each for each, needed in zip(given, wanted, strict=True) if needed]
        found = iter(
            torch.autograd.grad(
                [o for o, _ in pairs],
                cast("list[Tensor]", asked),
                [d for _, d in pairs],
                create_graph=True,
                allow_unused=True,
            )
        )
    return [next(found) if needed else None for needed in wanted]
