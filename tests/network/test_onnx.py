"""ONNX files of networks say in onnxruntime what the core says, at several lengths and batches."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tidegate as tg
from exported import INPUTS, READOUTS, batch_of, network_of, outputs_of, spec_of
from problems import assert_same, layer_of
from tidegate.cells import CELLS
from tidegate.errors import ArgumentError, ModelFileError
from tidegate.network import Network, NetworkSpec, NumberInput, TokenInput
from tidegate.network.onnx import recurrent
from tidegate.network.onnx.graph import Graph

TOLERANCE = 1e-5  # what is promised; float32 on both sides
SIZES = [(1, 1), (4, 6), (3, 11)]
"""Sequences and steps."""


def session(path: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # it warns of every input that need not be given
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def check(network: Network, folder: Path, sizes: list[tuple[int, int]] = SIZES) -> None:
    """Whole, ragged and carried on, at all sizes, from one file."""
    path = folder / "network.onnx"
    network.to_onnx(path)
    run = session(path)
    spec, random = network.spec, np.random.default_rng(1)
    p = spec.input.segment
    for batch, steps in sizes:
        steps = max(steps, spec.read_last)
        x, state = batch_of(spec, batch, steps * p)
        lengths = random.integers(max(spec.read_last, 1), steps + 1, batch) * p
        tokens = isinstance(spec.input, TokenInput)
        feed = {"tokens": x.astype(np.int64)} if tokens else {"x": x.astype(np.float32)}
        starts = {
            f"{name}_0": part.astype(np.float32)
            for name, part in zip(spec.cell_spec.states, state, strict=True)
        }
        for ends, first in ((None, None), (lengths, None), (None, state), (lengths, state)):
            expected, end = outputs_of(network, x, ends, first)
            more = {} if ends is None else {"lengths": ends}
            output, *last = run.run(None, {**feed, **more, **(starts if first else {})})
            assert output.dtype == np.float32
            assert_same(output, expected, TOLERANCE, f"output of {batch} × {steps}")
            for theirs, ours in zip(last, end, strict=True):
                assert_same(theirs, ours, TOLERANCE, "last state")


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", recurrent.OPERATORS)
def test_every_cell_direction_and_readout(
    cell: str, bidirectional: bool, readout: str, tmp_path: Path
) -> None:
    spec = spec_of(cell=cell, bidirectional=bidirectional, readout=readout, layers=2)
    check(network_of(spec), tmp_path)


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("source", INPUTS, ids=str)
def test_every_input(source: NumberInput | TokenInput, readout: str, tmp_path: Path) -> None:
    check(network_of(spec_of(input=source, readout=readout)), tmp_path)


@pytest.mark.parametrize("last", [1, 3])
def test_reads_out_the_last_steps_alone(last: int, tmp_path: Path) -> None:
    check(network_of(spec_of(readout="each", read_last=last)), tmp_path)


@pytest.mark.parametrize("readout", ["each", "mean"])
def test_tied_head(readout: str, tmp_path: Path) -> None:
    source = TokenInput(7, 5)
    check(network_of(spec_of(input=source, outputs=7, tied=True, readout=readout)), tmp_path)
    tables = [t for t in onnx.load(tmp_path / "network.onnx").graph.initializer if t.dims == [7, 5]]
    assert len(tables) == 1


def test_without_a_head(tmp_path: Path) -> None:
    check(network_of(spec_of(outputs=0, readout="mean+max", layers=3)), tmp_path)


def test_float64_is_computed_in_float32(tmp_path: Path) -> None:
    check(network_of(spec_of(dtype="float64")), tmp_path)


@pytest.mark.parametrize("cell", recurrent.OPERATORS)
def test_layers(cell: str, tmp_path: Path) -> None:
    layer = layer_of(cell, 3, 4, layers=2, bidirectional=True, dtype="float32")
    layer.to_onnx(tmp_path / "layer.onnx")
    x = np.random.default_rng(0).normal(size=(3, 5, 3)).astype(np.float32)
    lengths = np.array([5, 2, 4])
    y = session(tmp_path / "layer.onnx").run(["output"], {"x": x, "lengths": lengths})[0]
    assert_same(y, layer.forward(x, lengths=lengths).y, TOLERANCE)


def test_a_stream_goes_on_from_the_states_it_was_given(tmp_path: Path) -> None:
    network = network_of(spec_of(readout="each", layers=2))
    network.to_onnx(tmp_path / "network.onnx")
    run = session(tmp_path / "network.onnx")
    x, _ = batch_of(network.spec, 2, 9)
    whole, *_ = run.run(None, {"x": x})
    parts, state = [], {}
    for t in range(9):
        output, h, c = run.run(None, {"x": x[:, t : t + 1], **state})
        parts.append(output)
        state = {"h_0": h, "c_0": c}
    assert_same(np.concatenate(parts, axis=1), whole, TOLERANCE)


def test_what_lies_beyond_a_length_does_not_matter(tmp_path: Path) -> None:
    network = network_of(spec_of(readout="mean+max", bidirectional=True))
    network.to_onnx(tmp_path / "network.onnx")
    x, _ = batch_of(network.spec, 2, 6)
    spoilt = x.copy()
    spoilt[0, 3:] = 1e6
    run = session(tmp_path / "network.onnx")
    feeds = [{"x": each, "lengths": np.array([3, 6])} for each in (x, spoilt)]
    first, second = (run.run(["output"], feed)[0] for feed in feeds)
    assert np.array_equal(first, second)


def test_only_the_plain_operators_are_used(tmp_path: Path) -> None:
    network = network_of(spec_of(cell="gru", readout="last"))
    network.to_onnx(tmp_path / "network.onnx")
    model = onnx.load(tmp_path / "network.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert {node.domain for node in model.graph.node} == {""}
    assert [node.op_type for node in model.graph.node].count("GRU") == 1
    assert NetworkSpec.from_json(json.loads(model.metadata_props[0].value)) == network.spec
    free = [d.dim_param for d in model.graph.input[0].type.tensor_type.shape.dim]
    assert free == ["batch", "time", ""]


@given(data=st.data())
@settings(max_examples=40)
def test_any_network_at_any_size(data: st.DataObject) -> None:
    draw = data.draw
    width = st.integers(1, 6)
    kind = draw(st.sampled_from(["numbers", "dense", "tokens"]))
    source: NumberInput | TokenInput
    if kind == "tokens":
        source = TokenInput(draw(width), draw(width))
    else:
        source = NumberInput(draw(width), draw(st.integers(1, 3)), draw(width) * (kind == "dense"))
    spec = spec_of(
        input=source,
        cell=draw(st.sampled_from(list(recurrent.OPERATORS))),
        hidden=draw(width),
        layers=draw(st.integers(1, 3)),
        bidirectional=draw(st.booleans()),
        readout=draw(st.sampled_from(READOUTS)),
        outputs=draw(st.integers(0, 4)),
    )
    with tempfile.TemporaryDirectory() as folder:
        check(network_of(spec), Path(folder), [(draw(width), draw(st.integers(1, 9)))])


# ---- errors ----


def test_operators_are_of_cells() -> None:
    assert recurrent.OPERATORS.keys() <= CELLS.keys()


def test_a_cell_that_onnx_lacks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delitem(recurrent.OPERATORS, "gru")
    with pytest.raises(ArgumentError, match="no operator for the cell 'gru'"):
        network_of(spec_of(cell="gru")).to_onnx(tmp_path / "network.onnx")
    assert list(tmp_path.iterdir()) == []


def test_without_onnx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidegate.network.onnx.graph.find_spec", lambda name: None)
    with pytest.raises(ArgumentError, match=r"pip install 'tidegate\[onnx\]'"):
        Graph()


def test_too_large_for_onnx(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tidegate.network.onnx.graph.LARGEST", 100)
    with pytest.raises(ArgumentError, match="2 GB"):
        network_of(spec_of()).to_onnx(tmp_path / "network.onnx")


def test_no_place_to_write(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="cannot be written"):
        tg.GRU(1, 2).to_onnx(tmp_path / "none" / "network.onnx")
    with pytest.raises(ModelFileError, match="cannot be written"):
        Network(NetworkSpec(NumberInput(1), hidden=2)).to_onnx(tmp_path)
