"""Gates that are held and states that are cut, against the cells' own equations in NumPy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from problems import fill_biases
from tidegate.audit.holding import before, cut, hold
from tidegate.cells import CELLS, CellSpec, Record, State, Weights
from tidegate.data import Spans
from tidegate.network import Network, NetworkSpec, NumberInput
from tidegate.network.reference_network import forward as reference_forward

GATES = [(cell, gate) for cell in ("lstm", "gru") for gate in CELLS[cell].gates]


def network(cell: str, **settings: Any) -> Network:
    given = {"input": NumberInput(2), "cell": cell, "hidden": 5, "outputs": 3, **settings}
    spec = NetworkSpec(**given, dtype="float64")
    net = Network(spec, seed=2)
    fill_biases(net.params)
    return net


def record(net: Network, rows: np.ndarray, layer: int, direction: int, name: str) -> np.ndarray:
    """What a gate says at every step of one sequence."""
    cell = net.spec.cell_spec
    names = [*cell.gates, *(("c",) if "c" in cell.states else ()), "h"]
    tape = net.forward_train(rows, Spans([0], [len(rows)]))
    found = np.empty((len(rows), net.spec.hidden))
    tape.native.record(layer, direction, names.index(name), found)
    return found


@pytest.mark.parametrize(("cell", "gate"), GATES)
@pytest.mark.parametrize("layer", [0, 1])
def test_a_gate_that_is_held_says_the_same_at_every_step(cell: str, gate: str, layer: int) -> None:
    net = network(cell, layers=2, bidirectional=True)
    rows = np.random.default_rng(0).normal(size=(9, 2))
    spec, kept = net.spec, net.parameters.copy()
    levels = [np.linspace(0.1, 0.9, 5), np.linspace(0.8, 0.3, 5)]
    held = Network(spec, parameters=hold(spec, net.parameters, gate, levels, layer))
    np.testing.assert_array_equal(net.parameters, kept)
    for direction, level in enumerate(levels):
        found = record(held, rows, layer, direction, gate)
        np.testing.assert_allclose(found, np.broadcast_to(level, found.shape), rtol=1e-12)
        others = [name for name in spec.cell_spec.gates if name != gate]
        assert all(
            np.ptp(record(held, rows, layer, direction, other), 0).min() > 0 for other in others
        )
        if layer == 1:  # what is below is as it was
            below = record(held, rows, 0, direction, gate)
            np.testing.assert_array_equal(below, record(net, rows, 0, direction, gate))


@pytest.mark.parametrize(("cell", "gate"), GATES)
@pytest.mark.parametrize("level", [0.0, 0.35, 1.0])
def test_it_is_the_cell_with_a_number_in_place_of_the_gate(
    cell: str, gate: str, level: float
) -> None:
    """The equations written out by hand, with the gate replaced in them."""
    net = network(cell)
    rows = np.random.default_rng(1).normal(size=(12, 2))
    held = Network(net.spec, parameters=hold(net.spec, net.parameters, gate, [level], 0))
    p = net.params
    u, v = p["weight_ih_l0"], p["weight_hh_l0"]
    h, c = np.zeros(5), np.zeros(5)
    for x in rows:
        a = np.split(u @ x + p["bias_ih_l0"], len(u) // 5)
        b = np.split(v @ h + p["bias_hh_l0"], len(u) // 5)
        if cell == "lstm":
            i, f, g, o = (
                s(x + y) for s, x, y in zip((sigma, sigma, np.tanh, sigma), a, b, strict=True)
            )
            say = {"i": i, "f": f, "g": g, "o": o, gate: level}
            c = say["f"] * c + say["i"] * say["g"]
            h = say["o"] * np.tanh(c)
        else:
            r, z = sigma(a[0] + b[0]), sigma(a[1] + b[1])
            say = {"r": r, "z": z, gate: level}
            n = say.get("n", np.tanh(a[2] + say["r"] * b[2]))
            h = (1 - say["z"]) * n + say["z"] * h
    expected = p["head_weight"] @ h + p["head_bias"]
    found = held.forward(rows, Spans([0], [12])).output[0]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


def sigma(a: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-a))


def test_a_level_is_what_comes_out_of_the_gate() -> None:
    levels = np.linspace(0.01, 0.99, 9)
    np.testing.assert_allclose(sigma(before(levels, candidate=False)), levels, rtol=1e-14)
    np.testing.assert_allclose(np.tanh(before(-levels, candidate=True)), -levels, rtol=1e-14)
    ends = before(np.array([-1.0, 1.0]), candidate=True)
    np.testing.assert_array_equal(np.tanh(ends), [-1, 1])


# ---- cuts ----


def forgetful(cell: CellSpec, at: int, states: tuple[str, ...]) -> CellSpec:
    """The same cell, whose state is lost before its step number ``at``."""
    count = [0]

    def step(x: np.ndarray, state: State, w: Weights) -> tuple[State, Record]:
        if count[0] == at:
            pairs = zip(cell.states, state, strict=True)
            state = tuple(part * (name not in states) for name, part in pairs)
        count[0] += 1
        return cell.step(x, state, w)

    return replace(cell, step=step)


@pytest.mark.parametrize("readout", ["last", "each", "mean", "mean+max"])
@pytest.mark.parametrize(
    ("cell", "states"),
    [("rnn", ("h",)), ("gru", ("h",)), ("lstm", ("h",)), ("lstm", ("c",)), ("lstm", ("h", "c"))],
)
def test_a_cut_is_a_cell_that_loses_its_state_once(
    cell: str, states: tuple[str, ...], readout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = network(cell, readout=readout)
    rows = np.random.default_rng(0).normal(size=(20, 2))
    spans = Spans([3, 0, 9], [9, 4, 6])
    found = cut(net, rows, spans, 4, states)
    assert found is not None
    expected = []
    for i in range(3):
        length = int(spans.length[i])
        lost = forgetful(CELLS[cell], length - 4 if length > 4 else -1, states)
        monkeypatch.setitem(CELLS, cell, lost)
        expected.append(reference_forward(net.spec, net.params, rows, spans[[i]]).output)
        monkeypatch.undo()
    np.testing.assert_allclose(found, np.concatenate(expected), rtol=1e-10, atol=1e-12)


def test_all_layers_are_cut_and_segments_and_scales_are_read() -> None:
    net = network("lstm", input=NumberInput(2, segment=2), layers=2)
    rows = np.random.default_rng(0).normal(size=(16, 2))
    scale = {"shift": np.full((1, 2), 0.3), "factor": np.full((1, 2), 1.7)}
    found = cut(net, rows, Spans([2], [12], **scale), 2, ("h", "c"))
    after = net.forward(rows, Spans([10], [4], **scale)).output
    assert found is not None
    np.testing.assert_allclose(found, after, rtol=1e-12)


def test_two_directions_are_two_halves_that_know_nothing_of_each_other() -> None:
    net = network("gru", bidirectional=True, readout="last")
    rows = np.random.default_rng(0).normal(size=(8, 2))
    found = cut(net, rows, Spans([0], [8]), 3, ("h",))
    early = Network(net.spec.but(outputs=0), parameters=net.parameters[: -3 * 11])
    first, last = (early.forward(rows, Spans([s], [n])).output for s, n in ((0, 5), (5, 3)))
    both = np.concatenate([last[:, :5], first[:, 5:]], axis=1)
    expected = both @ net.params["head_weight"].T + net.params["head_bias"]
    assert found is not None
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    kept = network("lstm", bidirectional=True)
    assert cut(kept, rows, Spans([0], [8]), 3, ("c",)) is None
