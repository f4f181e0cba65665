"""One call of a module: by the core where it can, in torch's operations, or by torch itself."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.fx import Proxy
from torch.nn.utils.rnn import PackedSequence

from .compiled import traced
from .composite import started, unfolded
from .fused import Call, Unfold, slowly, through
from .layers import CELLS, DTYPES, Layers
from .layout import Layout, Packed, Padded, check_lengths

Record: TypeAlias = list[dict[str, Any]]
BASES: dict[str, Any] = {"LSTM": nn.LSTM, "GRU": nn.GRU, "RNN_TANH": nn.RNN, "RNN_RELU": nn.RNN}
"""Torch's own module of each mode."""
PLAIN = {Tensor, nn.Parameter}


def run(module: Any, input: Any, hx: Any, lengths: Any, record: bool) -> Any:
    """The forward pass of a module: the core's if it can, else torch's."""
    if isinstance(input, Proxy):
        return _leaf(module, input, hx, lengths, record)
    weights = weights_of(module)
    why = not_fused(module, input, hx, weights)
    if why is None:
        return _fused(module, input, hx, lengths, record, weights)
    if module.mode == "LSTM" and isinstance(input, PackedSequence):
        _check_packed(module, input, hx)
    if lengths is not None or record:
        raise ValueError(f"lengths and record are for the fused pass, which is not there {why}")
    return BASES[module.mode].forward(module, input, hx)


def _check_packed(module: Any, input: PackedSequence, hx: Any) -> None:
    """What torch's GRU and RNN check, and its LSTM not, which reads memory that is not there."""
    if input.data.dtype is not module.weight_ih_l0.dtype:
        return  # there is an error for this
    state = None if hx is None else module.permute_hidden(hx, input.sorted_indices)
    module.check_input(input.data, input.batch_sizes)
    if state is not None:
        module.check_forward_args(input.data, state, input.batch_sizes)


def _leaf(module: Any, input: Proxy, *others: Any) -> Proxy:
    """One node of a graph of torch.fx, as torch.nn's modules are."""
    tracer: Any = input.tracer
    given = dict(zip(("hx", "lengths", "record"), others, strict=True))
    told = {
        name: value for name, value in given.items() if value is not None and value is not False
    }
    found: Proxy = tracer.create_proxy("call_module", tracer.path_of_module(module), (input,), told)
    return found


def not_fused(module: Any, input: Any, hx: Any, weights: tuple[Tensor, ...]) -> str | None:
    """Why torch computes a call; None where the core does. What is wrong is torch's to say."""
    if module.proj_size:
        return "with proj_size"
    if module.dropout == 1:
        return "with dropout=1"
    data = input.data if isinstance(input, PackedSequence) else input
    if not isinstance(data, Tensor) or not data.is_cpu or data.layout is not torch.strided:
        return "but for tensors on the CPU"
    dtype = data.dtype
    if dtype not in DTYPES or not all(w.dtype is dtype and w.is_cpu for w in weights):
        return "but for float32 and float64 on the CPU, the same for input and weights"
    if torch.is_autocast_enabled("cpu"):
        return "under autocast"
    if torch._C._get_tracing_state() is not None:
        return "under torch.jit.trace"
    dims = data.dim()
    fits = dims == 2 if isinstance(input, PackedSequence) else dims in (2, 3)
    if not fits or data.shape[-1] != module.input_size or not data.numel():
        return "for an input of this shape"
    if hx is not None and not _state_fits(module, input, hx, dtype):
        return "for hx of this shape or type"
    return None


def weights_of(module: Any) -> tuple[Tensor, ...]:
    """A module's weights in torch's order; by name, for torch.func puts others in their places."""
    own = module._parameters
    try:
        return tuple([own[name] for name in module._flat_weights_names])
    except KeyError:  # made of others at each call: torch.nn.utils.parametrize
        return tuple([getattr(module, name) for name in module._flat_weights_names])


def watched(tensors: tuple[Tensor, ...]) -> bool:
    """Whether somebody is to see each operation on some tensors: tracing, fake tensors, modes."""
    if torch._C._len_torch_dispatch_stack() > 0:
        return True
    kinds = {type(tensor) for tensor in tensors} - PLAIN
    return any(kind.__torch_dispatch__ is not Tensor.__torch_dispatch__ for kind in kinds)


def transformed() -> bool:
    """Whether a call is to be made of operations that torch can transform; says so once."""
    compiling = torch.compiler.is_compiling()
    if torch._C._are_functorch_transforms_active():
        if not compiling:
            slowly("pass under torch.func's transforms")
        return True
    if not compiling and forward_ad._current_level >= 0:
        slowly("pass in forward mode")
        return True
    return False


def _state_fits(module: Any, input: Any, hx: Any, dtype: torch.dtype) -> bool:
    lstm = module.mode == "LSTM"
    if lstm and not (isinstance(hx, tuple | list) and len(hx) == 2):
        return False
    parts = hx if lstm else (hx,)
    batch: tuple[int, ...]
    if isinstance(input, PackedSequence):
        if torch.compiler.is_compiling():  # how many there are is in a tensor: see when it runs
            batch = tuple(parts[0].shape[1:2]) if isinstance(parts[0], Tensor) else ()
        else:
            batch = (int(input.batch_sizes[0]),)
    elif input.dim() == 2:
        batch = ()
    else:
        batch = (input.shape[0 if module.batch_first else 1],)
    directions = 2 if module.bidirectional else 1
    shape = (module.num_layers * directions, *batch, module.hidden_size)
    return all(
        isinstance(part, Tensor)
        and tuple(part.shape) == shape
        and part.dtype == dtype
        and part.is_cpu
        for part in parts
    )


def _fused(
    module: Any, input: Any, hx: Any, lengths: Any, record: bool, weights: tuple[Tensor, ...]
) -> Any:
    lstm = module.mode == "LSTM"
    packed = isinstance(input, PackedSequence)
    data = input.data if packed else input
    alone = not packed and data.dim() == 2
    layout: Layout
    if packed:
        if lengths is not None:
            raise ValueError("lengths are for a padded input; a PackedSequence has its own")
        order = input.sorted_indices
        count = None if order is None else len(order)
        if count is None and hx is None and torch.compiler.is_compiling():
            count = int(input.batch_sizes[0])  # a number out of a tensor parts the graph
        layout = Packed(input.batch_sizes, len(data), count)
    else:
        if alone:
            data = data.unsqueeze(0 if module.batch_first else 1)
        first = 0 if module.batch_first else 1
        batch, steps = data.shape[first], data.shape[1 - first]
        layout = Padded(batch, steps, module.batch_first, _lengths(lengths, batch, steps))
    h = c = None
    if hx is not None:
        h, c = hx if lstm else (hx, None)
        if alone:
            h, c = _each(h, c, lambda part: part.unsqueeze(1))
        if packed and order is not None:
            h, c = _each(h, c, lambda part: part.index_select(1, order))
    y, h, c, records = _computed(module, data, layout, h, c, record, weights)
    output: Any = y
    if packed:
        output = PackedSequence(y, input.batch_sizes, input.sorted_indices, input.unsorted_indices)
        if input.unsorted_indices is not None:
            h, c = _each(h, c, lambda part: part.index_select(1, input.unsorted_indices))
    elif alone:
        output = y.squeeze(0 if module.batch_first else 1)
        h, c = _each(h, c, lambda part: part.squeeze(1))
    last = (h, c) if lstm else h
    if records is None:
        return output, last
    return output, last, _placed(records, input, alone, module.batch_first)


def _each(h: Any, c: Any, change: Callable[[Tensor], Tensor]) -> tuple[Any, Any]:
    return change(h), None if c is None else change(c)


def _computed(
    module: Any,
    data: Tensor,
    layout: Layout,
    h: Any,
    c: Any,
    record: bool,
    weights: tuple[Tensor, ...],
) -> tuple[Tensor, Tensor, Tensor | None, Record | None]:
    """y, h and c of a batch in the order of its layout, and the record if asked."""
    slow = transformed()
    if not slow and (torch.compiler.is_compiling() or watched((data, *weights))):
        if record:
            raise NotImplementedError("record is not for torch.compile")
        return *traced(module, layout, data, h, c, weights), None
    layers = layers_of(module, data.dtype)
    if tuple([weight.shape for weight in weights]) != layers.shapes:
        given = [list(weight.shape) for weight in weights]
        expected = [list(shape) for shape in layers.shapes]
        raise RuntimeError(f"weights must be of shapes {expected}, got {given}")
    if slow:
        if record:
            raise ValueError("record is for the fused pass, which torch.func cannot transform")
        x, lengths = layout.padded(data)
        y, ends = unfolded(layers, x, lengths, started(layers, (h, c), len(x), x), weights)
        return layout.unpadded(y), ends[0], ends[1] if layers.has_c else None, None
    # of torch's generator, so that torch.manual_seed decides
    seed = int(torch.randint(2**62, ())) if layers.dropout else None
    # what a record shows is all there: nothing to compute again
    call = Call(layers, layout, seed, module.checkpoint and not record, record)
    if not _derived(data, h, c, *weights):
        y, found = through(call, data, (h, c), weights, keep=False)
        return y, found.h, found.c, call.records
    y, h, *rest = Unfold.apply(call, data, h, c, *weights)  # type: ignore[no-untyped-call]
    return y, h, rest[0] if rest else None, call.records


def _derived(*tensors: Tensor | None) -> bool:
    """Whether somebody may ask for gradients."""
    return torch.is_grad_enabled() and any(t is not None and t.requires_grad for t in tensors)


def layers_of(module: Any, dtype: torch.dtype) -> Layers:
    """What a module of torch.nn is to the core."""
    drops = module.dropout if module.training and module.num_layers > 1 else 0.0
    return _layers(
        CELLS[module.mode],
        module.input_size,
        module.hidden_size,
        module.num_layers,
        module.bidirectional,
        module.bias,
        float(drops),
        dtype,
    )


def torchs_own(module: Any) -> Any:
    """A module of torch.nn with the very parameters of one of ours."""
    found = copy.copy(module)
    found.__class__ = BASES[module.mode]
    return found


_layers = lru_cache(maxsize=64)(Layers)


def _placed(records: Record, input: Any, alone: bool, batch_first: bool) -> Record:
    """The record as the output lies."""
    found: Record = []
    for entry in records:
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
    expected = f"lengths must be [{batch}] whole numbers, one for each sequence"
    if isinstance(lengths, Tensor):
        found = lengths
    else:
        try:
            found = torch.as_tensor(lengths)
        except (TypeError, ValueError, RuntimeError):
            raise ValueError(f"{expected}, got {type(lengths).__name__}") from None
    dtype = found.dtype
    if (
        found.shape != (batch,)
        or dtype.is_floating_point
        or dtype.is_complex
        or dtype == torch.bool
    ):
        raise ValueError(f"{expected}, got a tensor of {list(found.shape)} of {dtype}")
    if not (torch.compiler.is_compiling() or watched((found,))):  # else when the graph runs
        check_lengths(found, steps)
    return found.to(torch.int64)
