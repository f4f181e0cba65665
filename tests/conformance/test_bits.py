"""What every cell promises to the last bit: whatever the threads, the company and the cuts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest

import tidegate as tg
from problems import fill_biases, layer_of, same_bits
from tidegate.cells import CELLS
from tidegate.data import Spans, TokenBags
from tidegate.network import Loss, Network, NetworkSpec, NumberInput, Optimizer, TokenInput

B, T = 43, 7  # several slices of the batch, the last one not full
RANDOM = np.random.default_rng(0)
START, LENGTH = RANDOM.integers(0, 60, B), 2 * RANDOM.integers(1, T + 1, B)  # whole segments of 2
NUMBERS, IDS = RANDOM.normal(size=(80, 3)), RANDOM.integers(0, 30, 80).astype(np.int32)
ROWS = 50  # of an embedding that tokens read bags of
BAGS = TokenBags(IDS, 3 * np.arange(31), RANDOM.integers(0, ROWS, 90), RANDOM.uniform(0.2, 1, 90))
COMPANIES = [[0], [5, 0], list(range(B)), list(range(B))[::-1], [3] * 20 + [0] + [7] * 20]

NETWORKS = [
    {"readout": "last", "layers": 2, "dropout": 0.3, "recurrent_dropout": 0.3},
    {"readout": "each", "layers": 2, "dropout": 0.3, "bidirectional": True},
    {"readout": "mean+max", "input": NumberInput(3, segment=2, dense=9)},
    {"readout": "each", "input": TokenInput(30, 5), "hidden": 40},
    {"readout": "max", "input": TokenInput(ROWS, 5), "input_dropout": 0.3},
]
both = pytest.mark.parametrize("dtype", ["float32", "float64"])
every_cell = pytest.mark.parametrize("cell", CELLS)
every_network = pytest.mark.parametrize("settings", NETWORKS, ids=lambda s: s["readout"])


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    before = tg.get_threads()
    yield
    tg.set_threads(before)


def network_of(cell: str, settings: dict[str, Any], dtype: str) -> Network:
    base = {"input": NumberInput(3), "hidden": 21, "outputs": 2, "loss": Loss("mse")}
    network = Network(NetworkSpec(cell=cell, dtype=dtype, **{**base, **settings}), seed=1)
    fill_biases(network.params)
    return network


def rows_of(network: Network) -> np.ndarray | TokenBags:
    if isinstance(network.spec.input, TokenInput):
        return BAGS if network.spec.input.vocabulary == ROWS else IDS
    return NUMBERS


def outputs_of(network: Network, spans: Spans, state: Any = None) -> list[np.ndarray]:
    """Output rows of each span."""
    rows = network.forward(rows_of(network), spans, state=state).output
    counts = spans.length // network.spec.input.segment
    if network.spec.readout != "each":
        counts = np.ones_like(counts)
    return np.split(rows, np.cumsum(counts)[:-1])


@both
@every_cell
@every_network
def test_any_number_of_threads(cell: str, settings: dict[str, Any], dtype: str) -> None:
    results = []
    for threads in (1, 2, 3):
        tg.set_threads(threads)
        network, optimizer = network_of(cell, settings, dtype), Optimizer("adam", 0.1, clip=0.5)
        rows, spans = rows_of(network), Spans(START, LENGTH)
        output, state = network.forward(rows, spans)
        targets = np.random.default_rng(1).normal(size=(len(rows), 2))
        reports = [network.train_step(rows, spans, targets, optimizer, seed=3) for _ in range(2)]
        tape = network.forward_train(rows, spans, seed=3, step=5)
        gradient = network.backward(tape, tape.output)
        loss = network.loss(rows, spans, targets)
        scalars = np.array([*reports[0], *reports[1], loss])
        results.append((output, *state, scalars, tape.output, gradient, network.parameters))
    for other in results[1:]:
        assert all(map(same_bits, other, results[0]))


@both
@every_cell
@every_network
def test_any_company_in_the_batch(cell: str, settings: dict[str, Any], dtype: str) -> None:
    network = network_of(cell, settings, dtype)
    whole = Spans(START, LENGTH)
    alone, state = outputs_of(network, whole), network.forward(rows_of(network), whole).state
    for company in COMPANIES:
        spans = whole[company]
        for rows, index in zip(outputs_of(network, spans), company, strict=True):
            assert same_bits(rows, alone[index])
        for ours, theirs in zip(network.forward(rows_of(network), spans).state, state, strict=True):
            assert same_bits(ours, theirs[:, company])


@both
@every_cell
@pytest.mark.parametrize("bidirectional", [False, True])
def test_any_company_on_the_way_back(cell: str, bidirectional: bool, dtype: str) -> None:
    layer = layer_of(cell, 3, 21, 2, bidirectional=bidirectional, dtype=dtype)
    random = np.random.default_rng(2)
    x, lengths = random.normal(size=(B, T, 3)), LENGTH // 2
    dy = random.normal(size=(B, T, 21 * (1 + bidirectional)))
    d_state = tuple(random.normal(size=(2 + 2 * bidirectional, B, 21)) for _ in CELLS[cell].states)
    whole = layer.backward(layer.forward(x, lengths), dy, d_state)
    for company in COMPANIES:
        out = layer.forward(x[company], lengths[company])
        grads = layer.backward(out, dy[company], tuple(part[:, company] for part in d_state))
        assert same_bits(grads.x, whole.x[company])
        for ours, theirs in zip(grads.state, whole.state, strict=True):
            assert same_bits(ours, theirs[:, company])


@both
@every_cell
@pytest.mark.parametrize(
    "source", [NumberInput(3), NumberInput(3, 2, 5), TokenInput(30, 4)], ids=str
)
def test_a_carried_chunk_equals_no_cut(cell: str, source: Any, dtype: str) -> None:
    network = network_of(cell, {"input": source, "readout": "each", "layers": 2}, dtype)
    rows = rows_of(network)
    start = np.array([0, 7, 30, 2])
    whole = network.forward(rows, Spans(start, np.full(4, 24)))
    for cuts in ([24], [2, 22], [4, 6, 8, 6], [2] * 12):
        state, parts, at = None, [], 0
        for length in cuts:
            spans = Spans(start + at, np.full(4, length))
            output, state = network.forward(rows, spans, state=state)
            parts.append(output.reshape(4, -1, 2))
            at += length
        assert same_bits(np.concatenate(parts, axis=1).reshape(-1, 2), whole.output)
        assert state is not None
        assert all(map(same_bits, state, whole.state))


@both
@every_cell
@pytest.mark.parametrize("bidirectional", [False, True])
def test_dropout_is_the_same_in_any_company(cell: str, bidirectional: bool, dtype: str) -> None:
    """A sequence's mask depends on its number in the batch, not on those after it."""
    layer = layer_of(cell, 3, 21, 3, bidirectional=bidirectional, dtype=dtype, dropout=0.4)
    x = np.random.default_rng(2).normal(size=(B, T, 3))
    expected = layer.forward(x, LENGTH // 2, dropout_seed=8)
    y = expected.y.copy()
    dx = layer.backward(expected, y).x
    for threads, n in product((1, 2, 3), (1, 6, B)):
        tg.set_threads(threads)
        out = layer.forward(x[:n], LENGTH[:n] // 2, dropout_seed=8)
        assert same_bits(out.y, y[:n])
        assert same_bits(layer.backward(out, y[:n]).x, dx[:n])


@both
@every_cell
def test_the_place_in_the_table_does_not_matter(cell: str, dtype: str) -> None:
    """Spans that overlap, in any order, read what a copy of their rows would."""
    network = network_of(cell, {"readout": "each", "layers": 2}, dtype)
    spans = Spans(START, LENGTH)
    copies = np.concatenate([NUMBERS[s : s + n] for s, n in zip(START, LENGTH, strict=True)])
    apart = Spans(np.cumsum(LENGTH) - LENGTH, LENGTH)
    ours, theirs = network.forward(NUMBERS, spans), network.forward(copies, apart)
    assert same_bits(ours.output, theirs.output)
    scale = RANDOM.uniform(0.5, 2, (B, 3)).astype(dtype)
    shift = RANDOM.normal(size=(B, 3)).astype(dtype)
    scaled = Spans(START, LENGTH, shift, scale)
    rows = NUMBERS.astype(dtype)
    copies = np.concatenate(
        [
            (rows[s : s + n] - shift[i]) * scale[i]
            for i, (s, n) in enumerate(zip(START, LENGTH, strict=True))
        ]
    )
    assert same_bits(network.forward(rows, scaled).output, network.forward(copies, apart).output)
