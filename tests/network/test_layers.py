"""Layers as arrays against torch in float64: outputs, last states, records and every gradient."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tidegate as tg
from problems import PlainSpans, assert_relative, assert_same, layer_of
from tidegate.cells import CELLS
from tidegate.network.layers import Layer
from tidegate.network.reference_network import forward as reference

FORWARD = 1e-12  # float64 rounding, some 10 steps of sums of up to 130 terms
GRADIENT = 1e-10  # the same after the way back; relative to the largest of each array
SINGLE = 1e-5  # float32 has 24 bits: 6e-8 a rounding, some hundred of them

SHAPES = [  # B, T, I, H: ones, whole vectors, and what is left over beside them
    (1, 1, 1, 1),
    (4, 1, 3, 5),
    (1, 9, 1, 20),
    (7, 4, 5, 1),
    (3, 6, 8, 64),
    (13, 5, 2, 65),
    (2, 3, 70, 33),
]


def ragged(B: int, T: int) -> np.ndarray:
    """Lengths from 1 to T in no order."""
    return 1 + (np.arange(B) * 7 + 3) % T


def spans_of(B: int, T: int, lengths: np.ndarray | None) -> PlainSpans:
    return PlainSpans(np.arange(B) * T, np.full(B, T) if lengths is None else lengths)


def inside(x: np.ndarray, lengths: np.ndarray | None) -> np.ndarray:
    """[B, T, ..] → [sum of lengths, ..]: only what lies before each length."""
    B, T = x.shape[:2]
    ends = np.full(B, T) if lengths is None else lengths
    return np.concatenate([x[b, : ends[b]] for b in range(B)])


def check_against_torch(
    layer: Layer, B: int, T: int, lengths: np.ndarray | None, with_state: bool
) -> None:
    """Runs ``layer`` and torch on the same numbers, with gradients by outputs and last states."""
    torch = pytest.importorskip("torch")
    from torch_twin import TorchTwin

    spec = layer.spec
    I = spec.input.width
    random = np.random.default_rng(B * T)
    x = random.normal(size=(B, T, I))
    state = d_state = None
    shape = (spec.layers * spec.directions, B, spec.hidden)
    zero = tuple(np.zeros(shape) for _ in spec.cell_spec.states)
    if with_state:
        state = tuple(random.normal(size=shape) for _ in zero)
        d_state = tuple(random.normal(size=shape) for _ in zero)

    twin = TorchTwin(spec, layer.params)
    rows = torch.from_numpy(x.reshape(-1, I)).requires_grad_()
    first = tuple(torch.from_numpy(part).requires_grad_() for part in state or zero)
    y, last = twin.forward(rows, spans_of(B, T, lengths), first)

    out = layer.forward(x, lengths, state)
    assert_same(inside(out.y, lengths), y.detach().numpy(), FORWARD, "y")
    for ours, theirs in zip(out.state, last, strict=True):
        assert_same(ours, theirs.detach().numpy(), FORWARD, "last state")

    dy = random.normal(size=out.y.shape)
    seeds = [torch.from_numpy(part) for part in (inside(dy, lengths), *(d_state or zero))]
    torch.autograd.backward([y, *last], seeds)
    grads = layer.backward(out, dy, d_state)
    assert_relative(grads.x, rows.grad.numpy().reshape(x.shape), GRADIENT, "x")
    for ours, theirs in zip(grads.state, first, strict=True):
        assert_relative(ours, theirs.grad.numpy(), GRADIENT, "first state")
    for name, theirs in twin.gradients().items():
        assert_relative(grads.params[name], theirs, GRADIENT, name)


@pytest.mark.parametrize("with_state", [False, True], ids=["from zero", "with state"])
@pytest.mark.parametrize("cut", [False, True], ids=["whole", "ragged"])
@pytest.mark.parametrize(
    ("cell", "layers", "bidirectional"), list(product(CELLS, [1, 2, 3], [False, True]))
)
def test_equals_torch(
    cell: str, layers: int, bidirectional: bool, cut: bool, with_state: bool
) -> None:
    layer = layer_of(cell, 3, 10, layers=layers, bidirectional=bidirectional)
    check_against_torch(layer, 5, 7, ragged(5, 7) if cut else None, with_state)


@pytest.mark.parametrize(("B", "T", "I", "H"), SHAPES)
@pytest.mark.parametrize("cell", CELLS)
def test_equals_torch_whatever_the_shape(cell: str, B: int, T: int, I: int, H: int) -> None:
    check_against_torch(layer_of(cell, I, H), B, T, ragged(B, T), with_state=True)
    check_against_torch(layer_of(cell, I, H, 2, bidirectional=True), B, T, None, with_state=False)


@given(
    cell=st.sampled_from(list(CELLS)),
    lengths=st.lists(st.integers(1, 8), min_size=1, max_size=30),
    extra=st.integers(0, 2),
    I=st.integers(1, 40),
    H=st.integers(1, 80),
    layers=st.integers(1, 3),
    bidirectional=st.booleans(),
    with_state=st.booleans(),
)
@settings(max_examples=25)
def test_equals_torch_whatever_the_lengths(
    cell: str, lengths: list[int], extra: int, I: int, H: int, with_state: bool, **settings: Any
) -> None:
    T = max(lengths) + extra
    check_against_torch(
        layer_of(cell, I, H, **settings), len(lengths), T, np.array(lengths), with_state
    )


@pytest.mark.parametrize(("B", "T", "I", "H"), SHAPES)
@pytest.mark.parametrize("cell", CELLS)
def test_float32_is_close_to_float64(cell: str, B: int, T: int, I: int, H: int) -> None:
    double, single = (layer_of(cell, I, H, 2, dtype=dtype) for dtype in ("float64", "float32"))
    random = np.random.default_rng(0)
    x, lengths = random.normal(size=(B, T, I)), ragged(B, T)
    dy = random.normal(size=(B, T, H))
    exact, out = double.forward(x, lengths), single.forward(x, lengths)
    assert_same(out.y, exact.y, SINGLE, "y")
    for ours, theirs in zip(out.state, exact.state, strict=True):
        assert_same(ours, theirs, SINGLE, "last state")
    exact_grads, grads = double.backward(exact, dy), single.backward(out, dy)
    assert {part.dtype for part in (out.y, grads.x, *grads.params.values())} == {np.dtype("f4")}
    assert_relative(grads.x, exact_grads.x, SINGLE, "x")
    for name, theirs in exact_grads.params.items():
        assert_relative(grads.params[name], theirs, SINGLE, name)


@pytest.mark.parametrize("cut", [False, True], ids=["whole", "ragged"])
@pytest.mark.parametrize("cell", CELLS)
def test_record_equals_the_reference(cell: str, cut: bool) -> None:
    layer = layer_of(cell, 3, 9, layers=2, bidirectional=True)
    x = np.random.default_rng(0).normal(size=(4, 6, 3))
    lengths = ragged(4, 6) if cut else None
    out = layer.forward(x, lengths, record=True)
    spans = spans_of(4, 6, lengths)
    expected = reference(layer.spec, layer.params, x.reshape(-1, 3), spans).record
    assert out.record is not None
    assert len(out.record) == len(expected) == 4
    for ours, theirs in zip(out.record, expected, strict=True):
        assert tuple(ours) == layer.spec.cell_spec.record
        for name, values in theirs.items():
            assert_same(inside(ours[name], lengths), values, FORWARD, name)
            beyond = np.ones(x.shape[:2], bool) if lengths is None else None
            if beyond is None:
                beyond = np.arange(6) < ragged(4, 6)[:, None]
            assert not ours[name][~beyond].any()


def names(layer: Layer) -> dict[str, tuple[int, ...]]:
    return {name: part.shape for name, part in layer.params.items()}


@pytest.mark.parametrize(
    ("ours", "module", "extra"),
    [
        (tg.LSTM, "LSTM", {}),
        (tg.GRU, "GRU", {}),
        (tg.RNN, "RNN", {}),
        (tg.RNN, "RNN", {"nonlinearity": "relu"}),
    ],
)
def test_public_layers_are_torchs(ours: Any, module: str, extra: dict[str, str]) -> None:
    """torch's names and shapes; and with torch's own stack of layers, the same outputs."""
    torch = pytest.importorskip("torch")
    layer = ours(3, 4, num_layers=2, bidirectional=True, dtype="float64", **extra)
    theirs = getattr(torch.nn, module)(3, 4, 2, bidirectional=True, batch_first=True, **extra)
    assert names(layer) == {n: tuple(p.shape) for n, p in theirs.named_parameters()}
    for name, parameter in theirs.named_parameters():
        layer.params[name][...] = parameter.detach().numpy()
    x = np.random.default_rng(0).normal(size=(2, 5, 3))
    expected = theirs.double()(torch.from_numpy(x))[0].detach().numpy()
    assert_same(layer.forward(x).y, expected, FORWARD)
