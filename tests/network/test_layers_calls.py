"""What a layer's calls promise beside their numbers: steps, kept tapes, lengths, parameters."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tidegate as tg
from problems import assert_relative, layer_of, same_bits
from tidegate.cells import CELLS
from tidegate.data import Spans
from tidegate.network import reference_network

B, T, I, H = 5, 6, 3, 9
LENGTHS = np.array([6, 1, 4, 6, 2])


def inputs(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_step_by_step_equals_forward(cell: str, layers: int, dtype: str) -> None:
    layer = layer_of(cell, I, H, layers, dtype=dtype)
    x = inputs(B, T, I)
    first = tuple(inputs(layers, B, H) for _ in CELLS[cell].states)
    out = layer.forward(x, state=first)
    state: Any = first
    for t in range(T):
        y, state = layer.step(x[:, t], state)
        assert same_bits(y, out.y[:, t])
    assert all(map(same_bits, state, out.state))
    alone, _ = layer.step(x[2:3, 0])
    assert same_bits(alone[0], layer.forward(x).y[2, 0])


@pytest.mark.parametrize("cell", CELLS)
def test_step_gives_arrays_of_its_own(cell: str) -> None:
    layer = layer_of(cell, I, H)
    first = tuple(inputs(1, B, H) for _ in CELLS[cell].states)
    before = [part.copy() for part in first]
    y, state = layer.step(inputs(B, I), first)
    again, _ = layer.step(inputs(B, I), first)
    assert all(map(same_bits, first, before))
    assert same_bits(y, again)
    kept = [part.copy() for part in state]
    y[...] = 0
    layer.step(-inputs(B, I), first)
    assert all(map(same_bits, state, kept))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_keeping_changes_nothing(cell: str, bidirectional: bool) -> None:
    layer = layer_of(cell, I, H, 2, bidirectional=bidirectional, dtype="float32")
    x = inputs(B, T, I)
    plain = layer.forward(x, LENGTHS, keep=False)
    for other in (layer.forward(x, LENGTHS), layer.forward(x, LENGTHS, record=True, keep=False)):
        assert same_bits(other.y, plain.y)
        assert all(map(same_bits, other.state, plain.state))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_what_lies_beyond_a_length_is_not_read(cell: str, bidirectional: bool) -> None:
    layer = layer_of(cell, I, H, 2, bidirectional=bidirectional)
    x = inputs(B, T, I)
    dy = inputs(B, T, H * (1 + bidirectional))
    beyond = np.arange(T) >= LENGTHS[:, None]
    expected = layer.forward(x, LENGTHS, record=True)
    grads = layer.backward(expected, dy)
    x[beyond] = dy[beyond] = np.nan
    out = layer.forward(x, LENGTHS, record=True)
    assert same_bits(out.y, expected.y)
    assert not out.y[beyond].any()
    assert all(map(same_bits, out.state, expected.state))
    assert out.record is not None
    assert not any(part[beyond].any() for record in out.record for part in record.values())
    again = layer.backward(out, dy)
    assert same_bits(again.x, grads.x)
    assert not again.x[beyond].any()
    assert all(same_bits(again.params[name], part) for name, part in grads.params.items())


def test_a_tape_is_used_once() -> None:
    layer = layer_of("lstm", I, H)
    out = layer.forward(inputs(B, T, I))
    layer.backward(out, out.y)
    with pytest.raises(tg.ArgumentError, match="has used it; call forward"):
        layer.backward(out, out.y)
    with pytest.raises(tg.ArgumentError, match="keep=False"):
        layer.backward(layer.forward(inputs(B, T, I), keep=False), out.y)
    with pytest.raises(tg.ArgumentError, match="another network"):
        layer.backward(layer_of("lstm", I, H).forward(inputs(B, T, I)), out.y)


def test_two_tapes_wait_side_by_side() -> None:
    layer = layer_of("gru", I, H)
    x, other = inputs(B, T, I), 2 * inputs(B, T, I)
    expected = layer.backward(layer.forward(x), x[..., :1] * np.ones(H))
    out = layer.forward(x)
    between = layer.forward(other)
    layer.backward(between, between.y)
    assert same_bits(layer.backward(out, x[..., :1] * np.ones(H)).x, expected.x)


@pytest.mark.parametrize("cell", CELLS)
def test_no_gradient_of_outputs_is_one_of_zeros(cell: str) -> None:
    layer = layer_of(cell, I, H, 2)
    x = inputs(B, T, I)
    d_state = tuple(inputs(2, B, H) for _ in CELLS[cell].states)
    expected = layer.backward(layer.forward(x), np.zeros((B, T, H)), d_state)
    grads = layer.backward(layer.forward(x), None, d_state)
    assert same_bits(grads.x, expected.x)
    assert np.abs(grads.x).max() > 0
    nothing = layer.backward(layer.forward(x), None)
    assert not nothing.x.any()
    assert not any(part.any() for part in nothing.params.values())


@pytest.mark.parametrize("cell", CELLS)
def test_what_is_written_to_parameters_counts(cell: str) -> None:
    """By a name, by a view kept for long, and between two steps."""
    layer = layer_of(cell, I, H)
    x = inputs(B, T, I)

    def expected() -> np.ndarray:
        fresh = layer_of(cell, I, H)
        for name, part in layer.params.items():
            fresh.params[name][...] = part
        return fresh.forward(x).y

    before = layer.forward(x).y
    layer.params["weight_hh_l0"][...] *= 0.5
    assert not np.array_equal(layer.forward(x).y, before)
    assert same_bits(layer.forward(x).y, expected())
    kept = layer.params["weight_ih_l0"]
    for _ in range(3):
        kept *= 0.5
        assert same_bits(layer.forward(x).y, expected())
        assert same_bits(layer.step(x[:, 0])[0], expected()[:, 0])
    del kept
    layer.params["bias_ih_l0"][...] = 0.25
    assert same_bits(layer.step(x[:, 0])[0], expected()[:, 0])


def test_dropout_is_drawn_from_its_seed() -> None:
    layer = layer_of("rnn", I, 50, 2, dropout=0.4)
    x = inputs(B, T, I)
    plain = layer.forward(x).y
    one, same, other = (layer.forward(x, dropout_seed=seed).y for seed in (1, 1, 2))
    assert same_bits(one, same)
    assert not np.array_equal(one, other)
    assert not np.array_equal(one, plain)
    assert same_bits(layer_of("rnn", I, 50, 2).forward(x, dropout_seed=1).y, plain)


def test_dropout_masks_a_share_and_scales_the_rest() -> None:
    """The layer above, made to pass on what it gets, shows the mask; its gradient is masked too."""
    H, rate = 64, 0.3
    layer = layer_of("rnn_linear", I, H, 2, dropout=rate)
    for name, value in (("weight_ih_l1", np.eye(H)), ("weight_hh_l1", 0), ("bias_ih_l1", 0)):
        layer.params[name][...] = value
    layer.params["bias_hh_l1"][...] = 0
    x = inputs(20, 10, I)
    plain, out = layer.forward(x).y, layer.forward(x, dropout_seed=3)
    mask = out.y / plain
    kept = np.abs(mask) > 1e-6
    assert np.allclose(mask[kept], 1 / (1 - rate), rtol=1e-9, atol=0)
    # 12,800 draws: the share has a standard deviation of 0.004
    assert abs(kept.mean() - (1 - rate)) < 0.02
    assert np.abs(kept.mean(axis=(0, 1)) - (1 - rate)).max() < 0.2
    assert not np.array_equal(kept[0], kept[1])
    assert not np.array_equal(kept[:, 0], kept[:, 1])

    dy = inputs(20, 10, H)
    grads = layer.backward(out, dy)
    spans = Spans(np.arange(20) * 10, np.full(20, 10))
    masks = reference_network.Masks([flat(mask)])
    passed = reference_network.forward(layer.spec, layer.params, flat(x), spans, masks=masks)
    expected = reference_network.backward(
        layer.spec, layer.params, flat(x), spans, passed, flat(dy), masks=masks
    )
    assert_relative(flat(grads.x), expected.rows, 1e-10)


def flat(x: np.ndarray) -> np.ndarray:
    return x.reshape(-1, x.shape[-1])


@pytest.mark.parametrize("layout", ["fortran", "reversed", "read-only", "lists", "float32", "int"])
def test_any_array_of_numbers_is_taken(layout: str) -> None:
    layer = layer_of("lstm", I, H)
    x = np.round(inputs(B, T, I) * 4)  # the same in every type
    given: Any = {
        "fortran": np.asfortranarray(x),
        "reversed": np.ascontiguousarray(x[::-1])[::-1],
        "lists": x.tolist(),
        "float32": x.astype("f4"),
        "int": x.astype(int),
    }.get(layout, x.copy())
    if layout == "read-only":
        given.flags.writeable = False
    out = layer.forward(given, lengths=LENGTHS.tolist())
    assert same_bits(out.y, layer.forward(x, LENGTHS).y)
    dy: Any = out.y.tolist() if layout == "lists" else np.asfortranarray(out.y)
    expected = layer.backward(layer.forward(x, LENGTHS), out.y)
    assert same_bits(layer.backward(out, dy).x, expected.x)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_a_copy_has_the_same_weights_and_a_life_of_its_own(copied: Callable[[Any], Any]) -> None:
    layer = tg.RNN(3, 4, num_layers=2, bidirectional=True, dtype="float64", nonlinearity="relu")
    layer.params["bias_hh_l0"] = [1.0, 2.0, 3.0, 4.0]
    x = np.random.default_rng(0).normal(size=(2, 5, 3))
    again, before = copied(layer), layer.forward(x).y
    assert repr(again) == repr(layer) and (again.forward(x).y == before).all()
    again.params["bias_hh_l0"][:] = 0
    assert (layer.forward(x).y == before).all() and (again.forward(x).y != before).any()
