"""Torch's layers and small models come in with equal outputs, or are refused with a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import tidegate.torch
from exported import INPUTS, READOUTS, batch_of, network_of, outputs_of, spec_of
from problems import assert_same, layer_of, same_bits
from tidegate.errors import ArgumentError
from tidegate.network import Network, NumberInput, TokenInput
from tidegate.network.layers import Layer
from tidegate.network.torch_module import CELLS
from tidegate.torch import from_torch

KINDS: dict[str, Callable[..., nn.RNNBase]] = {
    "lstm": nn.LSTM,
    "gru": nn.GRU,
    "rnn": nn.RNN,
    "rnn_relu": lambda *sizes, **more: nn.RNN(*sizes, nonlinearity="relu", **more),
}


class Tagger(nn.Module):
    """A model as people write them."""

    def __init__(self, *, layers: int = 2, pad: int | None = None, shift: float = 0.0) -> None:
        super().__init__()
        self.embed = nn.Embedding(9, 4, padding_idx=pad)
        self.body = nn.Sequential(nn.Dropout(0.25))
        self.lstm = nn.LSTM(4, 5, layers, batch_first=True, bidirectional=True)
        self.drop = nn.Dropout(0.5)
        self.out = nn.Linear(10, 3)
        self.shift = shift

    def forward(self, x: Tensor) -> Tensor:
        y, _ = self.lstm(self.body(self.embed(x)))
        found: Tensor = self.out(self.drop(y)) + self.shift
        return found


IDS = torch.tensor([[1, 2, 3, 4], [8, 0, 0, 5]])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_layers(kind: str, bidirectional: bool, bias: bool, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    module = KINDS[kind](
        3, 5, num_layers=2, bias=bias, bidirectional=bidirectional, dtype=dtype, batch_first=True
    )
    layer = from_torch(module)
    assert isinstance(layer, Layer) and layer.spec.cell == kind
    x = torch.randn(4, 6, 3, dtype=dtype)
    with torch.no_grad():
        y, _ = module(x)
    tolerance = 1e-5 if dtype == torch.float32 else 1e-12
    assert_same(layer.forward(x.numpy()).y, y.numpy(), tolerance)


@pytest.mark.parametrize("cell", CELLS)
def test_layers_there_and_back(cell: str) -> None:
    layer = layer_of(cell, 3, 4, layers=3, bidirectional=True, dropout=0.25)
    back = from_torch(layer.to_torch())
    assert isinstance(back, Layer) and back.spec == layer.spec
    for name, value in layer.params.items():
        assert same_bits(back.params[name], value), name


@pytest.mark.parametrize("source", INPUTS, ids=str)
@pytest.mark.parametrize("readout", READOUTS)
def test_networks_there_and_back(readout: str, source: NumberInput | TokenInput) -> None:
    network = network_of(spec_of(input=source, readout=readout, layers=2, dropout=0.25))
    back = from_torch(network.to_torch())
    assert isinstance(back, Network) and back.spec == network.spec
    assert same_bits(back.parameters, network.parameters)


def test_parameters_are_copied() -> None:
    module = nn.GRU(2, 3)
    layer = from_torch(module)
    before = layer.params["weight_hh_l0"].copy()
    with torch.no_grad():
        module.weight_hh_l0.zero_()
    assert np.array_equal(layer.params["weight_hh_l0"], before) and before.any()


# ---- models of one's own ----


def test_tagger() -> None:
    module = Tagger(pad=0)
    network = from_torch(module, readout="each", example=IDS)
    assert isinstance(network, Network)
    spec = network.spec
    assert (spec.input, spec.layers, spec.outputs) == (TokenInput(9, 4), 2, 3)
    assert (spec.input_dropout, spec.head_dropout) == (0.25, 0.5)
    output, _ = outputs_of(network, IDS.numpy().astype(np.int32), None)
    with torch.no_grad():
        assert_same(output, module.eval()(IDS).numpy(), 1e-5)


def test_example_leaves_the_mode_alone() -> None:
    module = Tagger().train()
    module.drop.eval()  # as of one that is not to be trained
    from_torch(module, readout="each", example=IDS)
    assert module.training and module.lstm.training and not module.drop.training


def test_layers_above_one_another_with_a_tied_head() -> None:
    class Language(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(9, 6)
            self.first = nn.GRU(6, 6, 2, batch_first=True)
            self.second = nn.GRU(6, 6, batch_first=True)
            self.head = nn.Linear(6, 9)
            self.head.weight = self.embedding.weight

        def forward(self, x: Tensor) -> Tensor:
            found: Tensor = self.head(self.second(self.first(self.embedding(x))[0])[0])
            return found

    network = from_torch(Language(), readout="each", example=IDS)
    assert isinstance(network, Network)
    assert network.spec.tied and network.spec.layers == 3


def test_numbers_without_a_head() -> None:
    class Mean(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.RNN(2, 3, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            found: Tensor = self.rnn(x)[0].mean(1)
            return found

    network = from_torch(Mean(), readout="mean", example=torch.randn(3, 4, 2))
    assert isinstance(network, Network) and network.spec.outputs == 0


def test_example_shows_what_forward_does_besides() -> None:
    with pytest.raises(ArgumentError, match=r"differ by 0\.5"):
        from_torch(Tagger(shift=0.5), readout="each", example=IDS)
    with pytest.raises(ArgumentError, match="another readout"):
        from_torch(Tagger(), readout="last", example=IDS)


@pytest.mark.parametrize(
    ("example", "words"),
    [
        ("a", r"must be a tensor \[B, T\] of ids, got str"),
        (IDS[0], r"of ids, got a tensor of \[\d+\]"),
        (IDS.float(), "of ids, got a tensor of .* of torch.float32"),
        (IDS[:0], "of ids, got a tensor of"),
    ],
)
def test_an_example_is_a_batch(example: Any, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        from_torch(Tagger(), readout="each", example=example)


def test_an_example_of_nan_proves_nothing() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.RNN(2, 3, batch_first=True)

        def forward(self, x: Tensor) -> Any:
            return 2 * self.rnn(x)[0].mean(1) if x.isfinite().all() else {"mean": x}

    with pytest.raises(ArgumentError, match="NaN or infinity"):
        from_torch(Twice(), readout="mean", example=torch.full((3, 4, 2), torch.nan))
    broken = Twice()
    with torch.no_grad():
        broken.rnn.weight_hh_l0.fill_(torch.nan)
    with pytest.raises(ArgumentError, match="differ by nan"):
        from_torch(broken, readout="mean", example=torch.randn(3, 4, 2))


# ---- what is refused ----


class Holder(nn.Module):
    def __init__(self, **parts: nn.Module) -> None:
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)


def with_parameter() -> nn.Module:
    module = Holder(rnn=nn.GRU(2, 3))
    module.start = nn.Parameter(torch.zeros(3))
    return module


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: nn.LSTM(3, 4, proj_size=2), "proj_size=2"),
    (lambda: nn.GRU(3, 4, dtype=torch.bfloat16), "float32 or all float64, got torch.bfloat16"),
    (lambda: nn.GRU(3, 4, device="meta"), "meta device"),
    (lambda: Holder(a=nn.Dropout()), "no nn.LSTM"),
    (lambda: Holder(a=nn.GRUCell(3, 4)), r"Holder.a \(GRUCell\) has no place"),
    (lambda: "gru", "needs a torch.nn.Module"),
    (lambda: Holder(a=nn.Linear(3, 3), b=nn.GRU(3, 4)), r"Holder.a \(Linear\) has no place"),
    (lambda: Holder(a=nn.GRU(3, 4), b=nn.ReLU()), r"Holder.b \(ReLU\) has no place"),
    (lambda: Holder(a=nn.GRU(3, 4), b=nn.Embedding(4, 4)), "has no place"),
    (lambda: Holder(a=nn.GRU(3, 4), b=nn.LSTM(4, 4)), "alike: one has cell 'gru'"),
    (lambda: Holder(a=nn.GRU(3, 4), b=nn.GRU(4, 5)), "alike: one has hidden 4"),
    (lambda: Holder(a=nn.GRU(3, 4), b=nn.GRU(3, 4)), "gives 4 numbers, the next one takes 3"),
    (lambda: Holder(a=nn.Embedding(4, 4), b=nn.GRU(3, 4)), "gives 4 numbers, what comes next"),
    (lambda: Holder(a=nn.GRU(3, 4), b=nn.Linear(5, 1)), "'last' gives 4 numbers"),
    (lambda: Holder(a=nn.Embedding(4, 3, max_norm=1.0), b=nn.GRU(3, 4)), "max_norm"),
    (lambda: Holder(a=nn.GRU(3, 4), b=nn.Linear(4, 1).double()), "float32, torch.float64"),
    (with_parameter, "Holder.start is a parameter outside"),
]


@pytest.mark.parametrize(("module", "message"), REFUSED, ids=[m for _, m in REFUSED])
def test_refused(module: Callable[[], Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        from_torch(module(), readout="last")


def test_readout_must_be_said() -> None:
    with pytest.raises(ArgumentError, match="say readout="):
        from_torch(Tagger())


def test_names_are_public() -> None:
    assert {"from_torch", "from_keras"} <= set(tidegate.torch.__all__)


def test_the_drop_in_layers_come_in_too() -> None:
    module = tidegate.torch.LSTM(3, 4, 2, bidirectional=True)
    layer = from_torch(module)
    assert isinstance(layer, Layer) and layer.spec.layers == 2
    assert np.array_equal(
        layer.params["weight_hh_l1_reverse"], module.weight_hh_l1_reverse.detach()
    )


def test_what_goes_out_can_be_accelerated() -> None:
    network = network_of(spec_of(layers=2, bidirectional=True))
    module = network.to_torch()
    tidegate.torch.accelerate(module)
    assert isinstance(module.recurrent, tidegate.torch.LSTM)
    x, _ = batch_of(network.spec, 4, 6)
    lengths = np.array([6, 1, 4, 5])
    with torch.no_grad():
        output, _ = module(torch.from_numpy(x), torch.from_numpy(lengths))
    assert_same(output.numpy(), outputs_of(network, x, lengths)[0], 1e-5)
