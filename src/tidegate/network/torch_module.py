"""A network as a plain module of torch.nn: this file needs torch alone, and may be copied.

It is built from `nn.Embedding`, `nn.Linear`, `nn.RNN`, `nn.GRU`, `nn.LSTM` and `nn.Dropout`, so its
parameters have torch's names and it trains, moves and saves as any module does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn.functional import linear
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

CELLS = ("lstm", "gru", "rnn", "rnn_relu", "rnn_linear")
"""Those that it has."""
State: TypeAlias = Tensor | tuple[Tensor, Tensor]
"""h, or of an LSTM (h, c): ``[layers*D, B, H]`` each."""


class TorchNetwork(nn.Module):
    """Input → recurrent layers → readout → head, with the outputs of the network it was made from.

    Example:
        >>> from tidegate.network import Network, NetworkSpec, NumberInput
        >>> spec = NetworkSpec(NumberInput(3), cell="gru", hidden=4, outputs=2)
        >>> module = TorchNetwork(Network(spec).spec.to_json())
        >>> output, h = module(torch.zeros(5, 7, 3), lengths=torch.tensor([7, 7, 3, 1, 2]))
        >>> output.shape, h.shape
        (torch.Size([5, 2]), torch.Size([1, 5, 4]))
    """

    def __init__(self, spec: Mapping[str, Any]) -> None:
        """
        Args:
            spec: ``NetworkSpec.to_json()``. Its ``recurrent_dropout``, which torch's layers have no
                place for, and its loss are left to who trains the module.
        """
        super().__init__()
        self.spec = dict(spec)
        source = spec["input"]
        dtype = getattr(torch, spec["dtype"])
        self.embedding: nn.Embedding | None = None
        self.dense: nn.Linear | None = None
        if source["kind"] == "tokens":
            width = source["width"]
            self.embedding = nn.Embedding(source["vocabulary"], width, dtype=dtype)
        else:
            width = source["columns"] * source["segment"]
            if source["dense"]:
                self.dense = nn.Linear(width, source["dense"], dtype=dtype)
                width = source["dense"]
        self.input_dropout = nn.Dropout(spec["input_dropout"])
        self.recurrent = _recurrent(spec, width, dtype)
        self.head_dropout = nn.Dropout(spec["head_dropout"])
        read = spec["hidden"] * (2 if spec["bidirectional"] else 1)
        read *= 2 if spec["readout"] == "mean+max" else 1
        self.head = nn.Linear(read, spec["outputs"], dtype=dtype) if spec["outputs"] else None
        if spec["tied"] and self.head is not None and self.embedding is not None:
            self.head.weight = self.embedding.weight

    def forward(
        self, x: Tensor, lengths: Tensor | None = None, state: State | None = None
    ) -> tuple[Tensor, State]:
        """The outputs and the states at each sequence's own end.

        Args:
            x: [B, T, columns] numbers, T a multiple of the segment; [B, T] token ids; or, in place
                of these, [B, T, width] numbers that are embedded already.
            lengths: [B], rows of each sequence, multiples of the segment; T by default. What lies
                beyond a length does not matter.
            state: where they start; zero by default.

        Returns:
            [B, O], or for the readout "each" [B, steps, O], zero beyond a length; and the state.
        """
        x = self._read(x)
        if lengths is not None:
            segment = self.spec["input"].get("segment", 1)
            lengths = torch.as_tensor(lengths, dtype=torch.int64, device="cpu") // segment
        states, end = self._unfold(self.input_dropout(x), lengths, state)
        mask = None
        if lengths is not None:
            mask = torch.arange(x.shape[1])[None] < lengths[:, None]
            mask = mask.to(x.device)[..., None]
        read = self.head_dropout(self._readout(states, end, lengths, mask))
        output = read if self.head is None else self.head(read)
        if self.spec["readout"] == "each" and mask is not None and not self.spec["read_last"]:
            output = output.masked_fill(~mask, 0)
        return output, end

    def _read(self, x: Tensor) -> Tensor:
        """What the first layer is given, [B, steps, I]."""
        if self.embedding is not None:
            return x if x.is_floating_point() else self.embedding(x)
        segment = self.spec["input"]["segment"]
        x = x.reshape(x.shape[0], x.shape[1] // segment, -1)
        return x if self.dense is None else self.dense(x).relu()

    def _unfold(
        self, x: Tensor, lengths: Tensor | None, state: State | None
    ) -> tuple[Tensor, State]:
        """The top layer's states, [B, steps, D*H], zero beyond a length; and the last ones."""
        if lengths is None or isinstance(self.recurrent, LinearRNN):
            given = (x, state) if lengths is None else (x, state, lengths.to(x.device))
            states, end = self.recurrent(*given)
            return states, end
        packed: PackedSequence = pack_padded_sequence(
            x, lengths, batch_first=True, enforce_sorted=False
        )
        packed, end = self.recurrent(packed, state)
        states, _ = pad_packed_sequence(packed, batch_first=True, total_length=x.shape[1])
        return states, end

    def _readout(
        self, states: Tensor, end: State, lengths: Tensor | None, mask: Tensor | None
    ) -> Tensor:
        """What the head is given."""
        kind, last = self.spec["readout"], self.spec["read_last"]
        if kind == "each" and last and lengths is not None:
            place = lengths[:, None] - last + torch.arange(last)[None]
            index = place.to(states.device)[..., None].expand(-1, -1, states.shape[2])
            return states.gather(1, index)
        if kind == "each":
            return states[:, -last:]
        if kind == "last":
            h = end[0] if isinstance(end, tuple) else end
            directions = 2 if self.spec["bidirectional"] else 1
            return h[-directions:].transpose(0, 1).flatten(1)
        steps = states.shape[1] if lengths is None else lengths.to(states)[:, None]
        far = states if mask is None else states.masked_fill(~mask, -torch.inf)
        pools = {"mean": states.sum(1) / steps, "max": far.amax(1)}
        return torch.cat([pools[pool] for pool in kind.split("+")], dim=1)


class LinearRNN(nn.Module):
    """h(t) = U·x(t) + V·h(t−1) + b, which torch.nn.RNN has no name for: step by step, batch first.

    Parameters and results are those of `nn.RNN`.
    """

    def __init__(
        self,
        inputs: int,
        hidden: int,
        layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.hidden, self.layers = hidden, layers
        self.suffixes = ("", "_reverse")[: 1 + bidirectional]
        self.dropout = nn.Dropout(dropout)
        for layer in range(layers):
            width = inputs if layer == 0 else hidden * len(self.suffixes)
            for suffix in self.suffixes:
                for name, shape in (
                    ("weight_ih", (hidden, width)),
                    ("weight_hh", (hidden, hidden)),
                    ("bias_ih", (hidden,)),
                    ("bias_hh", (hidden,)),
                ):
                    values = torch.empty(shape, dtype=dtype).uniform_(-1, 1) / hidden**0.5
                    self.register_parameter(f"{name}_l{layer}{suffix}", nn.Parameter(values))

    def forward(
        self, x: Tensor, state: Tensor | None = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """x ``[B, T, I]`` → the states ``[B, T, D*H]``, zero beyond a length, and the last ones."""
        batch, steps = x.shape[:2]
        if state is None:
            shape = (self.layers * len(self.suffixes), batch, self.hidden)
            state = x.new_zeros(shape)
        inside = torch.ones(batch, steps, 1, dtype=torch.bool, device=x.device)
        if lengths is not None:
            inside = (torch.arange(steps, device=x.device)[None] < lengths[:, None])[..., None]
        ends: list[Tensor] = []
        for layer in range(self.layers):
            sides = []
            for suffix in self.suffixes:
                w, v, b, c = (
                    getattr(self, f"{name}_l{layer}{suffix}")
                    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
                )
                h, found = state[len(ends)], [x[:, 0]] * steps
                for t in reversed(range(steps)) if suffix else range(steps):
                    h = torch.where(inside[:, t], linear(x[:, t], w, b) + linear(h, v, c), h)
                    found[t] = h * inside[:, t]
                sides.append(torch.stack(found, dim=1))
                ends.append(h)
            x = torch.cat(sides, dim=2)
            if layer + 1 < self.layers:
                x = self.dropout(x)
        return x, torch.stack(ends)


def _recurrent(spec: Mapping[str, Any], width: int, dtype: torch.dtype) -> nn.Module:
    """The recurrent layers."""
    layers = spec["layers"]
    dropout = spec["dropout"] if layers > 1 else 0.0  # torch warns of what would do nothing
    if spec["cell"] == "rnn_linear":
        return LinearRNN(width, spec["hidden"], layers, spec["bidirectional"], dropout, dtype)
    kinds = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN, "rnn_relu": nn.RNN}
    if spec["cell"] not in kinds:
        raise ValueError(f"torch has no layer of the cell {spec['cell']!r}")
    more = {"nonlinearity": "relu"} if spec["cell"] == "rnn_relu" else {}
    found: nn.Module = kinds[spec["cell"]](
        width,
        spec["hidden"],
        layers,
        batch_first=True,
        dropout=dropout,
        bidirectional=spec["bidirectional"],
        dtype=dtype,
        **more,
    )
    return found
