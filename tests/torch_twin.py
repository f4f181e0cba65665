"""The network of a spec in torch.nn and float64: an oracle that shares no code with tidegate.

One module per layer, so that dropout masks can be put between them; one sequence at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tidegate.network import Loss, NetworkSpec, NumberInput, TokenInput

torch.set_num_threads(1)  # its threads wait for each other where the processors are busy


Step: TypeAlias = Callable[..., Tensor | tuple[Tensor, Tensor]]
"""(U·x + b_x ``[G*H]``, V·h + b_h ``[G*H]``, each state ``[H]``) → the new h, or (h, c)."""


class Unrolled(nn.Module):
    """A layer of a cell that torch does not have, in the form of torch.nn.RNN or, with c, LSTM."""

    def __init__(
        self, gates: int, step: Step, inputs: int, hidden: int, bidirectional: bool = False
    ) -> None:
        super().__init__()
        self.step = step
        self.suffixes = ["_l0", "_l0_reverse"][: 1 + bidirectional]
        for suffix in self.suffixes:
            for name, shape in (
                ("weight_ih", (gates * hidden, inputs)),
                ("weight_hh", (gates * hidden, hidden)),
                ("bias_ih", (gates * hidden,)),
                ("bias_hh", (gates * hidden,)),
            ):
                self.register_parameter(name + suffix, nn.Parameter(torch.zeros(shape)))

    def forward(self, x: Tensor, first: Tensor | tuple[Tensor, Tensor]) -> tuple[Tensor, Any]:
        """x ``[T, I]``; h ``[D, H]``, or (h, c)."""
        alone = isinstance(first, Tensor)
        outputs, ends = [], []
        for direction, suffix in enumerate(self.suffixes):
            p = {n[: -len(suffix)]: v for n, v in self.named_parameters() if n.endswith(suffix)}
            state = (first[direction],) if alone else tuple(part[direction] for part in first)
            steps = {}
            for t in reversed(range(len(x))) if direction else range(len(x)):
                u = F.linear(x[t], p["weight_ih"], p["bias_ih"])
                v = F.linear(state[0], p["weight_hh"], p["bias_hh"])
                new = self.step(u, v, *state)
                state = (new,) if isinstance(new, Tensor) else new
                steps[t] = state[0]
            outputs.append(torch.stack([steps[t] for t in range(len(x))]))
            ends.append(state)
        end = tuple(torch.stack(parts) for parts in zip(*ends, strict=True))
        return torch.cat(outputs, dim=1), end[0] if alone else end


MODULES: dict[str, Callable[..., nn.Module]] = {
    "lstm": nn.LSTM,
    "gru": nn.GRU,
    "rnn": nn.RNN,
    "rnn_relu": partial(nn.RNN, nonlinearity="relu"),
    "rnn_linear": partial(Unrolled, 1, lambda u, v, h: u + v),
}
"""Of each cell in CELLS."""


class TorchTwin:
    """``forward`` gives tensors that autograd knows; ``gradients`` what flowed back to params."""

    def __init__(self, spec: NetworkSpec, params: dict[str, np.ndarray]) -> None:
        self.spec = spec
        self.owners: dict[str, nn.Parameter] = {}
        self.layers: list[nn.Module] = []
        inputs = spec.input.width
        for layer in range(spec.layers):
            make = MODULES[spec.cell]
            module = make(inputs, spec.hidden, bidirectional=spec.bidirectional).double()
            for name, parameter in module.named_parameters():
                self.owners[name.replace("_l0", f"_l{layer}")] = parameter
            self.layers.append(module)
            inputs = spec.directions * spec.hidden
        for name, value in params.items():
            if name not in self.owners:
                self.owners[name] = nn.Parameter(torch.zeros(value.shape, dtype=torch.float64))
        assert set(self.owners) == set(params)
        with torch.no_grad():
            for name, value in params.items():
                self.owners[name].copy_(torch.from_numpy(np.asarray(value)))

    def forward(
        self, rows: Tensor, spans: Any, state: tuple[Tensor, ...], masks: list[Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        outputs, states = [], []
        ends = np.cumsum(spans.length // self.spec.input.segment)
        for s in range(len(spans.start)):
            part = slice(ends[s] - spans.length[s] // self.spec.input.segment, ends[s])
            cut = rows[spans.start[s] : spans.start[s] + spans.length[s]]
            x = self._read(cut, spans, s)
            last = []
            for layer, module in enumerate(self.layers):
                places = slice(layer * self.spec.directions, (layer + 1) * self.spec.directions)
                first = tuple(p[places, s] for p in state)
                x, end = module(x, first if len(first) > 1 else first[0])
                last.append(end if isinstance(end, tuple) else (end,))
                if masks is not None and layer + 1 < self.spec.layers:
                    x = x * masks[layer][part]
            states.append([torch.cat(parts) for parts in zip(*last, strict=True)])
            r = self._readout(x, last[-1][0])
            if "head_weight" in self.owners:
                r = F.linear(r, self.owners["head_weight"], self.owners["head_bias"])
            outputs.append(r)
        state = tuple(torch.stack(parts, dim=1) for parts in zip(*states, strict=True))
        return torch.cat(outputs), state

    def _read(self, cut: Tensor, spans: Any, s: int) -> Tensor:
        if isinstance(self.spec.input, TokenInput):
            return F.embedding(cut.long(), self.owners["embedding_weight"])
        assert isinstance(self.spec.input, NumberInput)
        if spans.shift is not None:
            cut = cut - torch.from_numpy(spans.shift[s])
        if spans.factor is not None:
            cut = cut * torch.from_numpy(spans.factor[s])
        x = cut.reshape(-1, self.spec.input.columns * self.spec.input.segment)
        if self.spec.input.dense:
            x = F.relu(F.linear(x, self.owners["dense_weight"], self.owners["dense_bias"]))
        return x

    def _readout(self, x: Tensor, h: Tensor) -> Tensor:
        if self.spec.readout == "each":
            return x
        if self.spec.readout == "last":
            return h.reshape(1, -1)
        pooled = {"mean": x.mean(0), "max": x.max(0).values}
        return torch.cat([pooled[name] for name in self.spec.readout.split("+")])[None]

    def gradients(self) -> dict[str, np.ndarray]:
        return {
            name: np.zeros(p.shape) if p.grad is None else p.grad.numpy()
            for name, p in self.owners.items()
        }


def torch_loss(
    loss: Loss, output: Tensor, target: np.ndarray, weight: np.ndarray, sequences: int
) -> Tensor:
    """The loss by torch.nn.functional wherever it has it, masked rows left out by indexing."""
    y, w = torch.from_numpy(target), torch.from_numpy(weight)
    if loss.kind == "categorical":
        ones = torch.ones(output.shape[1], dtype=output.dtype)
        c = torch.tensor(loss.class_weight, dtype=output.dtype) if loss.class_weight else ones
        kept = y >= 0
        y, w, o = y[kept], w[kept], output[kept]
        each = F.cross_entropy(o, y, c, reduction="none", label_smoothing=loss.smoothing)
        return _reduce(loss, w * each, w * c[y], sequences)

    if loss.kind == "mixing":
        return _mixing(loss, output.reshape(-1, loss.together), y, w)
    quantiles = len(loss.quantiles) or 1
    o = output.reshape(*y.shape, quantiles)
    kept = ~torch.isnan(y)
    w = w[:, None].expand(y.shape)[kept][:, None].expand(-1, quantiles)
    y, o = y[kept][:, None].expand(-1, quantiles), o[kept]
    if loss.kind in ("mse", "rmse"):
        each = F.mse_loss(o, y, reduction="none")
    elif loss.kind == "mae":
        each = F.l1_loss(o, y, reduction="none")
    elif loss.kind == "huber":
        each = F.huber_loss(o, y, reduction="none", delta=loss.delta)
    elif loss.kind == "pinball":
        q = torch.tensor(loss.quantiles, dtype=o.dtype)
        each = torch.where(y >= o, q * (y - o), (1 - q) * (o - y))
    else:
        if loss.class_weight:
            w = w * torch.tensor(loss.class_weight, dtype=o.dtype)[y.long()]
        y = y * (1 - loss.smoothing) + loss.smoothing / 2
        each = F.binary_cross_entropy_with_logits(o, y, reduction="none")
    result = _reduce(loss, w * each, w, sequences)
    return result.sqrt() if loss.kind == "rmse" else result


def _mixing(loss: Loss, each: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    value, event, *paths = target.reshape(len(each), -1).T
    w = weight.repeat_interleave(len(each) // len(weight))
    count, middle = loss.paths, loss.quantiles.index(0.5)
    mix = each[:, :count].softmax(1) * torch.stack(paths, 1)
    median = (mix.sum(1) + each[:, count])[:, None]
    gaps = F.softplus(each[:, count + 1 : count + len(loss.quantiles)], threshold=1e9)
    above = median + gaps[:, middle:].cumsum(1)
    below = median - gaps[:, :middle].flip(1).cumsum(1).flip(1)
    quantiles = torch.cat([below, median, above], 1)
    kept = ~torch.isnan(value)
    e, q = value[kept, None] - quantiles[kept], torch.tensor(loss.quantiles, dtype=each.dtype)
    pinball = 2 * torch.where(e >= 0, q * e, (q - 1) * e).mean(1) + e[:, middle].abs()
    result = _reduce(loss, w[kept] * pinball, w[kept], 0)
    if loss.chance:
        kept = ~torch.isnan(event)
        entropy = F.binary_cross_entropy_with_logits(each[kept, -1], event[kept], reduction="none")
        result = result + _reduce(loss, w[kept] * entropy, w[kept], 0)
    return result


def _reduce(loss: Loss, weighted: Tensor, weights: Tensor, sequences: int) -> Tensor:
    return weighted.sum() / (weights.sum() if loss.reduction == "mean" else sequences)
