"""The fused pass as one operation of torch.library, for torch.compile.

What goes from the pass forwards to the one backwards is a tape of the core, and no tensor. A graph
of tensors carries a key to it in its place, made of all that went in: passes that were given the
same leave the same tape. A tape that is not there any more is made anew.
"""

from __future__ import annotations

import atexit
from collections import OrderedDict
from typing import Any
from zlib import adler32, crc32

import numpy as np
import torch
from torch import Tensor

from .fused import Call, back, back_slowly, check_masks, slowly, through
from .layers import CELLS, Layers
from .layout import Layout, Packed, Padded, check_lengths
from .masks import masks

KEPT = 16
"""Tapes that wait for their way back, at most: of passes that never have one, too."""
_waiting: OrderedDict[int, Any] = OrderedDict()
atexit.register(_waiting.clear)


def _described(
    batch: int | None,
    x: Tensor,
    place: Tensor | None,
    cell: str,
    sizes: list[int],
    flags: list[bool],
    dropout: float,
) -> tuple[Layers, Layout]:
    """What an operation's plain arguments say; the batch of a packed one where that is known."""
    inputs, hidden, count = sizes
    packed, batch_first, bidirectional, bias, _ = flags
    layers = Layers(cell, inputs, hidden, count, bidirectional, bias, dropout, x.dtype)
    if packed:
        assert place is not None
        return layers, Packed(place, x.shape[0], batch)
    first = 0 if batch_first else 1
    return layers, Padded(x.shape[first], x.shape[1 - first], batch_first, place)


def _call(
    x: Tensor,
    place: Tensor | None,
    seed: Tensor | None,
    cell: str,
    sizes: list[int],
    flags: list[bool],
    dropout: float,
) -> Call:
    """The call that they describe, checked."""
    layers, layout = _described(None, x, place, cell, sizes, flags, dropout)
    if isinstance(layout, Padded) and layout.lengths is not None:
        check_lengths(layout.lengths, layout.steps)
    return Call(layers, layout, None if seed is None else int(seed), flags[-1])


@torch.library.custom_op("tidegate::unfold", mutates_args=())
def _unfold(
    x: Tensor,
    h: Tensor,
    c: Tensor,
    weights: list[Tensor],
    place: Tensor | None,
    seed: Tensor | None,
    cell: str,
    sizes: list[int],
    flags: list[bool],
    dropout: float,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    call = _call(x, place, seed, cell, sizes, flags, dropout)
    if h.shape[1] != (batch := len(call.layout.places)):
        expected = (h.shape[0], batch, h.shape[2])
        raise RuntimeError(f"Expected hidden size {expected}, got {list(h.shape)}")
    state = (h, c if call.layers.has_c else None)
    y, found = through(call, x, state, tuple(weights), keep=True)
    key = _key(x, *state, *weights, place, call)
    _waiting[key] = found.tape
    _waiting.move_to_end(key)
    while len(_waiting) > KEPT:
        _waiting.popitem(last=False)
    end = found.c if found.c is not None else c.new_empty(0)
    return y, found.h, end, torch.tensor(key)


def _key(*parts: Any) -> int:
    """63 bits of all that decides a pass."""
    low, high = 0, 1
    for part in parts:
        if isinstance(part, Call):
            data: Any = repr((part.layers, part.seed, part.checkpoint)).encode()
        elif part is None:
            continue
        else:
            data = np.ascontiguousarray(part.detach().numpy()).reshape(-1).view(np.uint8)
        low, high = crc32(data, low), adler32(data, high)
    return (high << 31) ^ low


@_unfold.register_fake
def _(
    x: Tensor,
    h: Tensor,
    c: Tensor,
    weights: list[Tensor],
    place: Tensor | None,
    seed: Tensor | None,
    cell: str,
    sizes: list[int],
    flags: list[bool],
    dropout: float,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    width = sizes[1] * (2 if flags[2] else 1)
    y = x.new_empty((*x.shape[:-1], width))
    end = x.new_empty(c.shape) if cell == "lstm" else x.new_empty(0)
    return y, x.new_empty(h.shape), end, x.new_empty((), dtype=torch.int64)


@torch.library.custom_op("tidegate::unfold_backward", mutates_args=())
def _unfold_backward(
    grads: list[Tensor],
    x: Tensor,
    h: Tensor,
    c: Tensor,
    weights: list[Tensor],
    place: Tensor | None,
    seed: Tensor | None,
    key: Tensor,
    cell: str,
    sizes: list[int],
    flags: list[bool],
    dropout: float,
) -> list[Tensor]:
    call = _call(x, place, seed, cell, sizes, flags, dropout)
    tape = _waiting.pop(int(key), None)
    dy, dh, dc = grads
    given = (x, h, c if call.layers.has_c else None, *weights)
    ends = (dh, dc if call.layers.has_c else None)
    found = back(call, tape, given, (dy, *ends), (True,) * len(given))
    # what an operation gives must share no memory: the weights' gradients are parts of one buffer
    return [part if part is not None and i < 2 else _own(part, x) for i, part in enumerate(found)]


def _own(part: Tensor | None, like: Tensor) -> Tensor:
    return like.new_empty(0) if part is None else part.clone()


@_unfold_backward.register_fake
def _(
    grads: list[Tensor],
    x: Tensor,
    h: Tensor,
    c: Tensor,
    weights: list[Tensor],
    place: Tensor | None,
    seed: Tensor | None,
    key: Tensor,
    cell: str,
    sizes: list[int],
    flags: list[bool],
    dropout: float,
) -> list[Tensor]:
    return [torch.empty_like(each, memory_format=torch.contiguous_format)
            for each in (x, h, c, *weights)]  # fmt: skip


def _setup(ctx: Any, inputs: Any, output: Any) -> None:
    x, h, c, weights, place, seed, *ctx.others = inputs
    ctx.count = len(weights)
    ctx.save_for_backward(x, h, c, *weights, place, seed, output[3])


def _backward(ctx: Any, dy: Any, dh: Any, dc: Any, _key: Any) -> tuple[Any, ...]:
    x, h, c, *weights = ctx.saved_tensors[: 3 + ctx.count]
    place, seed, key = ctx.saved_tensors[3 + ctx.count :]
    # an operation takes tensors: what has no gradient has one of zeros
    grads = [dy, dh, dc]
    found = _unfold_backward(grads, x, h, c, weights, place, seed, key, *ctx.others)
    return found[0], found[1], found[2], found[3:], None, None, None, None, None, None


_unfold.register_autograd(_backward, setup_context=_setup)


@torch.library.custom_op("tidegate::masks", mutates_args=())
def _masks(
    x: Tensor,
    place: Tensor | None,
    seed: Tensor,
    cell: str,
    sizes: list[int],
    flags: list[bool],
    dropout: float,
) -> list[Tensor]:
    call = _call(x, place, seed, cell, sizes, flags, dropout)
    assert call.seed is not None
    return masks(call.layers, call.layout.places, call.seed, x)


@_masks.register_fake
def _(
    x: Tensor,
    place: Tensor | None,
    seed: Tensor,
    cell: str,
    sizes: list[int],
    flags: list[bool],
    dropout: float,
) -> list[Tensor]:
    width = sizes[1] * (2 if flags[2] else 1)
    return [x.new_empty((*x.shape[:-1], width)) for _ in range(sizes[2] - 1)]


def _setup_again(ctx: Any, inputs: Any, output: Any) -> None:
    grads, x, h, c, weights, place, seed, _key, *ctx.others = inputs
    ctx.save_for_backward(place, seed, *grads, x, h, c, *weights)


def _backward_again(ctx: Any, d_found: list[Tensor]) -> tuple[Any, ...]:
    """The second derivative, in operations of torch."""
    slowly("second derivative")
    create = torch.is_grad_enabled()
    place, seed, *saved = ctx.saved_tensors
    # whose gradient nobody asks for has one that is derived, all the same
    tensors = [each if each.requires_grad else each.detach().requires_grad_() for each in saved]
    dy, dh, dc, x, h, c, *weights = tensors
    layers, layout = _described(h.shape[1], x, place, *ctx.others)
    drawn = None
    if seed is not None:
        check_masks(ctx.others[2][-1])
        drawn = _masks(x.detach(), place, seed, *ctx.others)
    given = (x, h, c, *weights) if layers.has_c else (x, h, None, *weights)
    wanted = tuple(each is not None for each in given)
    grads = (dy, dh, dc) if layers.has_c else (dy, dh)
    found = back_slowly(layers, layout, drawn, given, grads, wanted)
    with torch.enable_grad():
        pairs = [
            (one, d)
            for one, d in zip(found, d_found, strict=True)
            if one is not None and d is not None
        ]
        again = torch.autograd.grad(
            [one for one, _ in pairs],
            tensors,
            [d for _, d in pairs],
            create_graph=create,
            allow_unused=True,
        )
    return list(again[:3]), *again[3:6], list(again[6:]), *[None] * 7


_unfold_backward.register_autograd(_backward_again, setup_context=_setup_again)


def traced(
    module: Any,
    layout: Layout,
    x: Tensor,
    h: Tensor | None,
    c: Tensor | None,
    weights: tuple[Tensor, ...],
) -> tuple[Tensor, Tensor, Tensor | None]:
    """y, h and c of a module's call, as one operation of a graph; h and c None for zero."""
    if isinstance(layout, Packed):
        place: Tensor | None = layout.batch_sizes
        packed, batch_first = True, True
    else:
        assert isinstance(layout, Padded)
        place, packed, batch_first = layout.lengths, False, layout.batch_first
    lstm = module.mode == "LSTM"
    if h is None:
        assert layout.batch is not None
        directions = 2 if module.bidirectional else 1
        h = x.new_zeros(module.num_layers * directions, layout.batch, module.hidden_size)
        c = torch.zeros_like(h)
    if c is None or not lstm:
        c = x.new_empty(0)
    drops = module.dropout if module.training and module.num_layers > 1 else 0.0
    # of torch's generator, when the graph runs
    seed = torch.randint(2**62, ()) if drops else None
    y, h, c, _ = _unfold(
        x,
        h,
        c,
        list(weights),
        place,
        seed,
        CELLS[module.mode],
        [module.input_size, module.hidden_size, module.num_layers],
        [packed, batch_first, module.bidirectional, module.bias, module.checkpoint],
        float(drops),
    )
    return y, h, c if lstm else None
