"""A module of tidegate.torch beside torch's own, and everything that a caller can see of both."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.nn.utils.rnn import PackedSequence  # noqa: E402

from tidegate.torch import GRU, LSTM, RNN  # noqa: E402

PAIRS = [(LSTM, nn.LSTM), (GRU, nn.GRU), (RNN, nn.RNN)]
KINDS = [
    {},
    {"bias": False, "batch_first": True},
    {"num_layers": 2, "bidirectional": True, "batch_first": True},
    {"num_layers": 3, "bidirectional": True, "bias": False},
]
each_pair = pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=lambda c: c.__module__[:5])
each_kind = pytest.mark.parametrize("kind", KINDS, ids=str)


def twins(ours, theirs, kind, dtype=torch.float64):
    """A module of each, with the same weights."""
    a = theirs(3, 5, dtype=dtype, **kind)
    b = ours(3, 5, dtype=dtype, **kind)
    b.load_state_dict(a.state_dict())
    return a, b


def state_of(module, batch, grad=False):
    layers = module.num_layers * (2 if module.bidirectional else 1)
    weight = module.weight_ih_l0
    shape = (layers, *batch, module.hidden_size)
    h, c = (torch.randn(shape, dtype=weight.dtype, requires_grad=grad) for _ in range(2))
    return (h, c) if module.mode == "LSTM" else h


def leaves(value):
    if isinstance(value, PackedSequence):
        return [value.data]
    return (
        [leaf for part in value for leaf in leaves(part)] if isinstance(value, tuple) else [value]
    )


def answers(module, *args):
    """Outputs, then the gradients of inputs and weights, of a sum that uses all outputs."""
    given = [leaf.detach().requires_grad_() for arg in args for leaf in leaves(arg)]
    rest = iter(given)

    def again(arg):
        if isinstance(arg, PackedSequence):
            return arg._replace(data=next(rest))
        return tuple(again(part) for part in arg) if isinstance(arg, tuple) else next(rest)

    found = leaves(module(*(again(arg) for arg in args)))
    total = sum((part.sin() * (i + 1)).sum() for i, part in enumerate(found))
    wanted = [*given, *module.parameters()]
    return [*found, *torch.autograd.grad(total, wanted)]


def check(a, b, *args):
    for expected, got in zip(answers(a, *args), answers(b, *args), strict=True):
        assert got.shape == expected.shape
        assert got.is_contiguous() or not expected.is_contiguous()
        torch.testing.assert_close(got, expected)
