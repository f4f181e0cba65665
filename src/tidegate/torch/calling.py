"""One call of a module: by the core where it can, in torch's operations, or by torch itself."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.nn.utils.rnn import PackedSequence

from .compiled import unfold
from .composite import unfolded
from .fused import Call, Unfold, slowly
from .layers import CELLS, DTYPES, Layers
from .layout import Layout, Packed, Padded

Record: TypeAlias = list[dict[str, Any]]
BASES: dict[str, Any] = {"LSTM": nn.LSTM, "GRU": nn.GRU, "RNN_TANH": nn.RNN, "RNN_RELU": nn.RNN}
"""Torch's own module of each mode."""


def run(module: Any, input: Any, hx: Any, lengths: Any, record: bool) -> Any:
    """The forward pass of a module: the core's if it can, else torch's."""
    why = not_fused(module, input, hx)
    if why is None:
        return _fused(module, input, hx, lengths, record)
    if isinstance(input, PackedSequence):
        # torch's LSTM does not check these, and reads memory that is not there
        module.check_input(input.data, input.batch_sizes)
        if hx is not None:
            module.check_forward_args(input.data, hx, input.batch_sizes)
    if lengths is not None or record:
        raise ValueError(f"lengths and record are for the fused pass, which is not there {why}")
    return BASES[module.mode].forward(module, input, hx)


def not_fused(module: Any, input: Any, hx: Any) -> str | None:
    """Why torch computes a call; None where the core does. What is wrong is torch's to say."""
    if module.proj_size:
        return "with proj_size"
    data = input.data if isinstance(input, PackedSequence) else input
    if not isinstance(data, Tensor) or data.device.type != "cpu":
        return "but for tensors on the CPU"
    weight = module.weight_ih_l0
    if weight.dtype not in DTYPES or data.dtype != weight.dtype or weight.device.type != "cpu":
        return "but for float32 and float64 on the CPU, the same for input and weights"
    if torch.is_autocast_enabled("cpu"):
        return "under autocast"
    dims = data.dim()
    fits = dims == 2 if isinstance(input, PackedSequence) else dims in (2, 3)
    if not fits or data.shape[-1] != module.input_size or not data.numel():
        return "for an input of this shape"
    if not _state_fits(module, input, hx, weight.dtype):
        return "for hx of this shape or type"
    return None


def transformed() -> bool:
    """Whether a call is to be made of operations that torch can transform; says so once."""
    if torch.compiler.is_compiling():
        return False
    if torch._C._are_functorch_transforms_active():
        slowly("pass under torch.func's transforms")
        return True
    if forward_ad._current_level >= 0:
        slowly("pass in forward mode")
        return True
    return False


def _state_fits(module: Any, input: Any, hx: Any, dtype: torch.dtype) -> bool:
    if hx is None:
        return True
    lstm = module.mode == "LSTM"
    if lstm and not (isinstance(hx, tuple | list) and len(hx) == 2):
        return False
    if isinstance(input, PackedSequence):
        batch: tuple[int, ...] = (int(input.batch_sizes[0]),)
    elif input.dim() == 2:
        batch = ()
    else:
        batch = (input.shape[0 if module.batch_first else 1],)
    directions = 2 if module.bidirectional else 1
    shape = (module.num_layers * directions, *batch, module.hidden_size)
    parts = hx if lstm else (hx,)
    return all(
        isinstance(part, Tensor)
        and tuple(part.shape) == shape
        and part.dtype == dtype
        and part.device.type == "cpu"
        for part in parts
    )


def _fused(module: Any, input: Any, hx: Any, lengths: Any, record: bool) -> Any:
    lstm = module.mode == "LSTM"
    packed = isinstance(input, PackedSequence)
    data = input.data if packed else input
    alone = not packed and data.dim() == 2
    layout: Layout
    if packed:
        if lengths is not None:
            raise ValueError("lengths are for a padded input; a PackedSequence has its own")
        layout = Packed(input.batch_sizes)
        batch = int(input.batch_sizes[0])
    else:
        if alone:
            data = data.unsqueeze(0 if module.batch_first else 1)
        first = 0 if module.batch_first else 1
        batch, steps = data.shape[first], data.shape[1 - first]
        layout = Padded(batch, steps, module.batch_first, _lengths(lengths, batch, steps))
    layers = layers_of(module, data.dtype)
    if hx is None:
        zero = data.new_zeros((layers.layers * layers.directions, batch, layers.hidden))
        h, c = zero, zero if lstm else data.new_empty(0)
    else:
        h, c = hx if lstm else (hx, data.new_empty(0))
        if alone:
            h, c = h.unsqueeze(1), c.unsqueeze(1) if lstm else c
        if packed and input.sorted_indices is not None:
            h = h.index_select(1, input.sorted_indices)
            c = c.index_select(1, input.sorted_indices) if lstm else c
    # by name: torch.func puts other tensors in their places
    weights = tuple(getattr(module, name) for name in module._flat_weights_names)
    # of torch's generator, so that torch.manual_seed decides
    seed = torch.randint(2**62, ()) if layers.dropout else None
    call = Call(layers, layout, None, checkpoint=module.checkpoint, record=record)
    if transformed():
        if record:
            raise ValueError("record is for the fused pass, which torch.func cannot transform")
        state = (h, c) if lstm else (h,)
        y, ends = unfolded(layers, *layout.padded(data), state, weights)
        y, h, c = layout.unpadded(y), ends[0], ends[-1]
    elif torch.compiler.is_compiling():
        y, h, c = unfold(call, seed, data, h, c, weights)
    else:
        call.seed = None if seed is None else int(seed)
        y, h, c = Unfold.apply(call, data, h, c, *weights)  # type: ignore[no-untyped-call]
    output: Any = y
    records = _records(call, input, alone, module.batch_first) if record else None
    if packed:
        output = PackedSequence(y, input.batch_sizes, input.sorted_indices, input.unsorted_indices)
        if input.unsorted_indices is not None:
            h = h.index_select(1, input.unsorted_indices)
            c = c.index_select(1, input.unsorted_indices) if lstm else c
    elif alone:
        output = y.squeeze(0 if module.batch_first else 1)
        h, c = h.squeeze(1), c.squeeze(1) if lstm else c
    last = (h, c) if lstm else h
    return (output, last) if records is None else (output, last, records)


def layers_of(module: Any, dtype: torch.dtype) -> Layers:
    """What a module of torch.nn is to the core."""
    drops = module.dropout if module.training and module.num_layers > 1 else 0.0
    return Layers(
        CELLS[module.mode],
        module.input_size,
        module.hidden_size,
        module.num_layers,
        module.bidirectional,
        module.bias,
        float(drops),
        dtype,
    )


def _records(call: Call, input: Any, alone: bool, batch_first: bool) -> Record:
    found: Record = []
    assert call.records is not None
    for entry in call.records:
        placed: dict[str, Any] = dict(entry)
        if alone:
            placed = {n: rows.squeeze(0 if batch_first else 1) for n, rows in placed.items()}
        if isinstance(input, PackedSequence):
            placed = {
                name: PackedSequence(
                    rows, input.batch_sizes, input.sorted_indices, input.unsorted_indices
                )
                for name, rows in placed.items()
            }
        found.append(placed)
    return found


def _lengths(lengths: Any, batch: int, steps: int) -> Tensor | None:
    if lengths is None:
        return None
    found = torch.as_tensor(lengths)
    if found.shape != (batch,) or found.dtype.is_floating_point or found.dtype == torch.bool:
        raise ValueError(
            f"lengths must be [{batch}] whole numbers, one for each sequence, got a tensor of "
            f"{list(found.shape)} of {found.dtype}"
        )
    wrong = np.flatnonzero(((found < 1) | (found > steps)).numpy())
    if wrong.size:
        raise ValueError(
            f"lengths must be from 1 to {steps}, got {int(found[wrong[0]])} for sequence {wrong[0]}"
        )
    return found.to(torch.int64)
