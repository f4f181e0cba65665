"""The way in from torch: layers and small models of torch.nn as tidegate's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..data.spans import Spans
from ..errors import ArgumentError
from ..network import Network, NetworkSpec, NumberInput, TokenInput
from ..network.layers import Layer
from ..network.spec import Readout
from ..network.to_torch import module_name
from ..network.torch_module import LinearRNN, TorchNetwork
from .recurrent import Recurrent, as_array, dtype_of, recurrent_of, what
from .subject import running

CLOSE = 1e-4
"""How far outputs may lie apart on an example, of the largest one or of 1."""


def from_torch(
    module: nn.Module, *, readout: Readout | None = None, example: Tensor | None = None
) -> Layer | Network:
    """A torch module as a layer or a network with the same outputs; parameters are copied.

    Args:
        module: an `nn.LSTM`, `nn.GRU` or `nn.RNN`, which becomes a `Layer`, whose arrays are batch
            first whatever ``batch_first`` says; what ``to_torch()`` made; or a module of your own
            that consists of an `nn.Embedding` (or none), recurrent layers one above the other, an
            `nn.Linear` (or none), in this order, and `nn.Dropout`.
        readout: for a module of your own, which states its `nn.Linear` is given: its parts do not
            tell.
        example: for a module of your own, a batch ``[B, T]`` of ids or ``[B, T, columns]``: both
            are run on it. What ``forward`` does cannot be seen otherwise, so give one.

    Raises:
        ArgumentError: for anything that tidegate's networks do not have, or outputs that differ.

    Example:
        >>> import torch
        >>> layer = from_torch(torch.nn.GRU(3, 4, num_layers=2))
        >>> layer.spec.cell, layer.spec.layers, layer.forward(np.ones((1, 5, 3))).y.shape
        ('gru', 2, (1, 5, 4))
    """
    if isinstance(module, TorchNetwork):
        spec = NetworkSpec.from_json(module.spec)
        network = Network(spec)
        own = dict(module.named_parameters())
        for name, view in network.params.items():
            view[...] = as_array(own[module_name(name)])
        return network
    if isinstance(module, nn.RNNBase | LinearRNN):
        return recurrent_of(module).layer()
    if not isinstance(module, nn.Module):
        raise ArgumentError(f"from_torch needs a torch.nn.Module, got {what(module)}")
    found = _network(module, readout)
    if example is not None:
        _compare(module, found, example)
    return found


def _network(module: nn.Module, readout: Readout | None) -> Network:
    """A module of the user's own, part by part."""
    parts = _Parts(module)
    if readout is None:
        raise ArgumentError(
            f"the parts of {type(module).__name__} do not tell which states its nn.Linear is "
            f"given; say readout='last', 'each', 'mean', 'max' or 'mean+max'"
        )
    stack, embedding, head = parts.stack(), parts.embedding, parts.head
    source: NumberInput | TokenInput = NumberInput(stack.inputs)
    if embedding is not None:
        if embedding.max_norm is not None:
            raise ArgumentError("an nn.Embedding with max_norm changes as it is read; leave it out")
        source = TokenInput(embedding.num_embeddings, embedding.embedding_dim)
        _check_width("nn.Embedding", source.width, stack.inputs)
    if head is not None:
        read = stack.width * (2 if readout == "mean+max" else 1)
        _check_width(f"the readout {readout!r}", read, head.in_features)
    tied = head is not None and embedding is not None and head.weight is embedding.weight
    spec = NetworkSpec(
        source,
        cell=stack.cell,
        hidden=stack.hidden,
        layers=stack.layers,
        bidirectional=stack.bidirectional,
        dropout=stack.dropout,
        input_dropout=parts.dropouts[0],
        head_dropout=parts.dropouts[1] if head is not None else 0.0,
        readout=readout,
        outputs=0 if head is None else head.out_features,
        tied=tied,
        dtype=dtype_of(module),
    )
    network = Network(spec)
    params: dict[str, Any] = dict(stack.params)
    if embedding is not None:
        params["embedding_weight"] = as_array(embedding.weight)
    if head is not None:
        params["head_weight"] = as_array(head.weight)
        params["head_bias"] = 0 if head.bias is None else as_array(head.bias)
    for name, view in network.params.items():
        view[...] = params[name]
    return network


class _Parts:
    """What a module consists of, in the order in which it was put together."""

    def __init__(self, module: nn.Module) -> None:
        self.embedding: nn.Embedding | None = None
        self.recurrent: list[Recurrent] = []
        self.head: nn.Linear | None = None
        self.dropouts = [0.0, 0.0]
        """In front of the recurrent layers, and behind them."""
        own = type(module).__name__
        for name, part in _leaves(module):
            where = f"{own}.{name} ({type(part).__name__})"
            if isinstance(part, nn.Dropout):
                self.dropouts[bool(self.recurrent)] = part.p
            elif isinstance(part, nn.Embedding) and not (self.embedding or self.recurrent):
                self.embedding = part
            elif isinstance(part, nn.RNNBase | LinearRNN) and self.head is None:
                self.recurrent.append(recurrent_of(part))
            elif isinstance(part, nn.Linear) and self.recurrent and self.head is None:
                self.head = part
            elif not isinstance(part, nn.Identity):
                raise ArgumentError(
                    f"{where} has no place in a network of tidegate: an nn.Embedding or none, "
                    f"recurrent layers, an nn.Linear or none, in this order"
                )
        if not self.recurrent:
            raise ArgumentError(f"{own} has no nn.LSTM, nn.GRU or nn.RNN in it")

    def stack(self) -> Recurrent:
        """All recurrent layers as one."""
        found = self.recurrent[0]
        for above in self.recurrent[1:]:
            found = found.below(above)
        return found


def _leaves(module: nn.Module, prefix: str = "") -> Iterator[tuple[str, nn.Module]]:
    """The parts that are no mere containers, by their place."""
    whole = (nn.RNNBase, LinearRNN)
    for name, child in module.named_children():
        place = f"{prefix}{name}"
        if isinstance(child, whole) or not list(child.children()):
            yield place, child
        else:
            yield from _leaves(child, f"{place}.")
    for name, _ in module.named_parameters(recurse=False):
        raise ArgumentError(
            f"{type(module).__name__}.{prefix}{name} is a parameter outside of any layer; "
            f"from_torch cannot tell what it does"
        )


def _check_width(what: str, width: int, expected: int) -> None:
    if width != expected:
        raise ArgumentError(f"{what} gives {width} numbers, what comes next takes {expected}")


def _compare(module: nn.Module, network: Network, example: Tensor) -> None:
    """That both say the same of an example. Raises: ArgumentError, if not."""
    tokens = isinstance(network.spec.input, TokenInput)
    shape = "[B, T] of ids" if tokens else "[B, T, columns] of numbers"
    given = what(example)
    if isinstance(example, Tensor):
        given = f"a tensor of {list(example.shape)} of {example.dtype}"
    if (
        not isinstance(example, Tensor)
        or example.dim() != (2 if tokens else 3)
        or not example.numel()
        or (example.is_floating_point() or example.is_complex()) == tokens
    ):
        raise ArgumentError(f"example must be a tensor {shape}, got {given}")
    if not torch.isfinite(example).all():
        raise ArgumentError(
            "example holds NaN or infinity, which tell nothing; give finite numbers"
        )
    with running(module), torch.no_grad():
        found = module(example)
    found = found[0] if isinstance(found, tuple) and found else found
    if not isinstance(found, Tensor):
        raise ArgumentError(
            f"of an example the module must give a tensor, or a tuple that begins with one, "
            f"got {what(found)}"
        )
    theirs = as_array(found)
    x = example.detach().cpu().numpy()
    batch, steps = x.shape[:2]
    spans = Spans(np.arange(batch) * steps, np.full(batch, steps))
    ours = network.forward(x.reshape(batch * steps, *x.shape[2:]), spans).output
    if ours.size != theirs.size:
        raise ArgumentError(
            f"on the example the module gives {theirs.shape}, the network {ours.shape}; "
            f"another readout may be meant"
        )
    error = float(np.abs(ours.reshape(theirs.shape) - theirs).max())
    if not error <= CLOSE * max(1.0, float(np.abs(theirs).max())):
        raise ArgumentError(
            f"on the example the outputs of module and network differ by {error:.2g}: its forward "
            f"does something else than {network.spec.readout!r} after its layers, in their order"
        )
