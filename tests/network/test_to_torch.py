"""Networks as plain torch modules give the same outputs, for every cell, input and readout."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from torch import nn

import tidegate as tg
from exported import INPUTS, READOUTS, batch_of, network_of, outputs_of, spec_of
from problems import assert_same, layer_of
from tidegate.data import Spans, TokenBags
from tidegate.errors import ArgumentError, ModelFileError
from tidegate.network import Network, NetworkSpec, NumberInput, TokenInput, torch_module
from tidegate.network.to_torch import read_torch, write_torch
from tidegate.network.torch_module import CELLS

TOLERANCE = {"float32": 1e-5, "float64": 1e-12}  # what is promised


def check(network: Network, lengths: np.ndarray | None, batch: int = 4, steps: int = 6) -> None:
    """Outputs and last states from random first states, padded or ragged."""
    spec = network.spec
    x, state = batch_of(spec, batch, steps)
    expected, end = outputs_of(network, x, lengths, state)
    h = tuple(map(torch.from_numpy, state))
    with torch.no_grad():
        output, last = network.to_torch()(
            torch.from_numpy(x.astype(np.int64) if x.dtype.kind == "i" else x),
            None if lengths is None else torch.from_numpy(lengths),
            h if len(h) > 1 else h[0],
        )
    tolerance = TOLERANCE[spec.dtype]
    assert_same(output.numpy(), expected, tolerance, "output")
    for ours, theirs in zip(end, last if isinstance(last, tuple) else (last,), strict=True):
        assert_same(theirs.numpy(), ours, tolerance, "last state")


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_direction_and_readout(
    cell: str, bidirectional: bool, readout: str, dtype: str
) -> None:
    spec = spec_of(cell=cell, bidirectional=bidirectional, readout=readout, dtype=dtype, layers=2)
    network = network_of(spec)
    check(network, None)
    check(network, np.array([6, 1, 4, 5]))


@pytest.mark.parametrize("source", INPUTS, ids=str)
def test_every_input(source: NumberInput | TokenInput) -> None:
    network = network_of(spec_of(input=source, dtype="float64"))
    p = source.segment
    check(network, None, steps=6 * p)
    check(network, np.array([6, 1, 4, 5]) * p, steps=6 * p)


@pytest.mark.parametrize("last", [1, 3])
def test_reads_out_the_last_steps_alone(last: int) -> None:
    network = network_of(spec_of(readout="each", read_last=last, dtype="float64"))
    check(network, None)
    check(network, np.array([6, 3, 4, 5]))


def test_tied_head_shares_the_embedding() -> None:
    spec = spec_of(input=TokenInput(7, 6), hidden=6, outputs=7, tied=True, dtype="float64")
    network = network_of(spec)
    check(network, np.array([6, 1, 4, 5]))
    module = network.to_torch()
    assert module.head is not None and module.embedding is not None
    assert module.head.weight is module.embedding.weight


def test_without_a_head() -> None:
    check(network_of(spec_of(outputs=0, readout="mean+max", dtype="float64")), None)


def test_bags_come_in_embedded() -> None:
    network = network_of(spec_of(input=TokenInput(8, 3), dtype="float64"))
    bags = TokenBags([1, 0, 1, 2], first=[0, 1, 3, 4], rows=[5, 2, 7, 1], weights=[1, 0.5, 0.5, 2])
    expected = network.forward(bags, Spans([0], [4])).output
    module = network.to_torch()
    assert module.embedding is not None
    table = torch.from_numpy(bags.matrix(8)[bags.ids]) @ module.embedding.weight
    assert_same(module(table[None])[0].detach().numpy(), expected, 1e-12)


def test_dropout_is_where_the_network_has_it() -> None:
    spec = spec_of(layers=2, dropout=0.25, input_dropout=0.5, head_dropout=0.125)
    module = network_of(spec).to_torch()
    assert not module.training
    assert isinstance(module.recurrent, nn.LSTM)
    rates = module.input_dropout.p, module.recurrent.dropout, module.head_dropout.p
    assert rates == (0.5, 0.25, 0.125)
    module.train()
    x = torch.ones(64, 5, 3)
    assert not torch.equal(module(x)[0], module(x)[0])


def test_gradients_flow_to_every_parameter() -> None:
    source = NumberInput(2, segment=2, dense=4)
    module = network_of(spec_of(input=source, cell="rnn_linear", bidirectional=True)).to_torch()
    module(torch.ones(2, 6, 2))[0].sum().backward()
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


def test_the_module_is_a_copy() -> None:
    network = network_of(spec_of())
    before = network.params["head_bias"].copy()
    module = network.to_torch()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()
    assert np.array_equal(network.params["head_bias"], before) and before.any()


@pytest.mark.parametrize("cell", CELLS)
def test_layers_become_torch_layers(cell: str) -> None:
    layer = layer_of(cell, 3, 4, layers=2, bidirectional=True)
    module = layer.to_torch()
    assert isinstance(module, nn.RNNBase) or cell == "rnn_linear"
    x = np.random.default_rng(0).normal(size=(3, 5, 3))
    with torch.no_grad():
        y, _ = module(torch.from_numpy(x))
    assert_same(y.numpy(), layer.forward(x).y, 1e-12)


def test_estimators_networks_go_out() -> None:
    from tidegate.sequence.training import Training

    X = np.random.default_rng(0).normal(size=(8, 5, 2))
    model = tg.SequenceClassifier(hidden=4, training=Training(updates=3, members=1), random_state=0)
    network = model.fit(X, [0, 1] * 4).learned_.members[0].network
    check(network, None, steps=5)


def test_a_cell_that_torch_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_module, "CELLS", ("gru",))
    with pytest.raises(ArgumentError, match="no layer of the cell 'lstm'"):
        network_of(spec_of()).to_torch()


# ---- files ----


def test_file_holds_the_module(tmp_path: Path) -> None:
    network = network_of(spec_of(input=TokenInput(7, 6), hidden=6, outputs=7, tied=True))
    write_torch(tmp_path / "net.safetensors", network)
    read = read_torch(tmp_path / "net.safetensors")
    x = torch.arange(5)[None]
    assert torch.equal(read(x)[0], network.to_torch()(x)[0])


def test_file_is_read_as_the_design_page_says(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "design" / "export.md"
    blocks = page.read_text(encoding="utf-8").split("```python\n")[1:]
    (block,) = (each.split("```")[0] for each in blocks if "net.torch.safetensors" in each)
    network = network_of(spec_of(input=TokenInput(7, 6), hidden=6, outputs=7, tied=True))
    path = tmp_path / "net.torch.safetensors"
    write_torch(path, network)
    found: dict[str, Any] = {}
    exec(block.replace("net.torch.safetensors", str(path)), found)
    x = torch.arange(5)[None]
    assert torch.equal(found["module"](x)[0], network.to_torch()(x)[0])


def test_module_needs_torch_alone() -> None:
    tree = ast.parse(Path(torch_module.__file__).read_text(encoding="utf-8"))
    roots = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            roots.add(str(node.module).split(".")[0])
    assert roots == {"__future__", "collections", "typing", "torch"}


def test_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"a": np.zeros(3)}, path)
    with pytest.raises(ModelFileError, match="not what tidegate export"):
        read_torch(path)
    path.write_bytes(b"no such file")
    with pytest.raises(ModelFileError, match="cannot be read"):
        read_torch(path)


def test_file_must_hold_what_it_describes(tmp_path: Path) -> None:
    from safetensors import safe_open
    from safetensors.numpy import save

    path = tmp_path / "net.safetensors"
    write_torch(path, network_of(NetworkSpec(NumberInput(2), hidden=3)))
    with safe_open(path, "np") as file:
        metadata = file.metadata()
    path.write_bytes(save({"recurrent.weight_ih_l0": np.zeros((1, 1))}, metadata))
    with pytest.raises(ModelFileError, match="does not hold the network"):
        read_torch(path)


def test_no_place_to_write(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="cannot be written"):
        write_torch(tmp_path / "none" / "net.safetensors", network_of(spec_of()))
