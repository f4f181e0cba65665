"""Small random problems for a network: a table, spans over it, targets, weights, dropout masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, get_args

import numpy as np

from tidegate.network import Loss, NetworkSpec, NumberInput
from tidegate.network.layers import Layer
from tidegate.network.loss import LossKind
from tidegate.network.reference_network import Masks

LOSSES = [
    Loss("mse"),
    Loss("mae"),
    Loss("rmse"),
    Loss("huber", delta=0.5),
    Loss("pinball", quantiles=(0.1, 0.5, 0.9)),
    Loss("binary"),
    Loss("binary", class_weight=(0.5, 2.0), smoothing=0.1),
    Loss("categorical"),
    Loss("categorical", class_weight=(1.0, 0.5, 2.0, 0.0, 3.0, 1.0), smoothing=0.2),
    Loss("mse", reduction="sum"),
    Loss("pinball", quantiles=(0.5,), reduction="sum"),
    Loss("binary", smoothing=0.1, reduction="sum"),
    Loss("categorical", smoothing=0.1, reduction="sum"),
    Loss("mixing", quantiles=(0.1, 0.5, 0.9), paths=3),
    Loss("mixing", quantiles=(0.3, 0.5), paths=3, chance=True),
    Loss("mixing", quantiles=(0.5,), paths=1, chance=True),
]
"""Every kind of loss; with `OUTPUTS` outputs, each of them makes sense."""
OUTPUTS = 6

assert {loss.kind for loss in LOSSES} == set(get_args(LossKind)), "a new loss belongs in the list"


def loss_id(loss: Loss) -> str:
    extras = ["weighted"] * bool(loss.class_weight) + ["smooth"] * bool(loss.smoothing)
    extras += [f"{loss.paths}-paths"] * bool(loss.paths) + ["chance"] * loss.chance
    return "-".join([loss.kind, loss.reduction, *extras])


class PlainSpans(NamedTuple):
    start: np.ndarray
    length: np.ndarray
    shift: np.ndarray | None = None
    factor: np.ndarray | None = None


class Problem(NamedTuple):
    rows: np.ndarray
    spans: PlainSpans
    targets: np.ndarray
    target_index: np.ndarray | None
    weights: np.ndarray
    masks: list[np.ndarray]
    state: tuple[np.ndarray, ...]


def problem(
    spec: NetworkSpec, *, steps: tuple[int, ...] = (1, 5, 3, 7), scaled: bool = False, seed: int = 0
) -> Problem:
    """Overlapping sequences of these lengths, with some targets masked; ``spec`` has a loss."""
    random = np.random.default_rng(seed)
    segment = spec.input.segment
    length = np.array(steps) * segment
    n, total = len(steps), sum(steps)
    N = int(length.max()) + 3
    start = random.integers(0, N - length + 1)
    shift = factor = None
    if isinstance(spec.input, NumberInput):
        rows: np.ndarray = random.normal(size=(N, spec.input.columns))
        if scaled:
            shift = random.normal(size=(n, spec.input.columns))
            factor = random.uniform(0.5, 2, size=(n, spec.input.columns))
    else:
        rows = random.integers(0, spec.input.vocabulary, N).astype(np.int32)

    each = spec.readout == "each"
    M = N if each else n + 2
    targets = random_targets(spec, random, M)
    index = None if each else random.permutation(M)[:n]
    shape = (spec.layers * spec.directions, n, spec.hidden)
    return Problem(
        rows,
        PlainSpans(start, length, shift, factor),
        targets,
        index,
        random.uniform(0.2, 3, M),
        [
            random.integers(0, 2, (total, spec.directions * spec.hidden)) * 2.0
            for _ in range(spec.layers - 1)
        ],
        tuple(random.normal(size=shape) * 0.5 for _ in spec.cell_spec.states),
    )


def random_targets(spec: NetworkSpec, random: np.random.Generator, M: int) -> np.ndarray:
    """``M`` rows of targets that suit the spec's loss, about one in five masked."""
    assert spec.loss is not None
    if spec.loss.kind == "categorical":
        ids = random.integers(0, spec.output_size, M)
        ids[random.random(M) < 0.2] = -1
        return ids
    shape = (M, spec.target_size)
    binary = spec.loss.kind == "binary"
    targets = random.integers(0, 2, shape).astype(float) if binary else random.normal(size=shape)
    masked = random.random(shape) < 0.2
    if spec.loss.kind == "mixing":
        each = targets.reshape(-1, 2 + spec.loss.paths)
        each[:, 1] = each[:, 1] > 0
        masked.reshape(each.shape)[:, 2:] = False
        masked.flat[:2] = True  # few are maskable
    targets[masked] = np.nan
    return targets


def layer_of(cell: str, inputs: int, hidden: int, layers: int = 1, **settings: Any) -> Layer:
    """A layer of any cell of CELLS, float64 by default, with biases that are not zero."""
    settings = {"dtype": "float64", "readout": "each", **settings}
    spec = NetworkSpec(NumberInput(inputs), cell=cell, hidden=hidden, layers=layers, **settings)
    layer = Layer(spec, seed=1)
    fill_biases(layer.params)
    return layer


def fill_biases(params: dict[str, np.ndarray]) -> None:
    """Biases start at zero, which would hide a mistake."""
    for i, (name, value) in enumerate(params.items()):
        if "bias" in name:
            value += np.random.default_rng(i).normal(size=value.shape).astype(value.dtype)


def dropout_masks(spec: NetworkSpec, spans: Any, seed: int, step: int) -> Masks:
    """The masks of a training step, drawn as the core promises to.

    Unit i is kept if word i % 4 of Philox(counter (i // 4, time, sequence, place), key (seed,
    step)) is at least rate * 2^32; kept units are divided by 1 - rate. The place of a layer's
    outputs is its number among all layers and directions; a block of H of what the head is given
    takes that of a direction of the last layer, and a pooled readout has time 0; the input's is
    2^32 - 1; that of a layer's recurrent weights is 2^31 and its number, whose rows stand for
    sequences.
    """
    key = (seed, step)
    steps = np.asarray(spans.length) // spec.input.segment
    time = np.concatenate([np.arange(n) for n in steps])
    sequence = np.repeat(np.arange(len(steps)), steps)
    D, H = spec.directions, spec.hidden

    between = [
        _mask(H, time, sequence, range(layer * D, (layer + 1) * D), spec.dropout, key)
        for layer in range(spec.layers - 1)
    ]

    times = [np.zeros(1, int) if spec.readout != "each" else np.arange(n) for n in steps]
    read = [each[-spec.read_last :] for each in times]
    of = np.repeat(np.arange(len(steps)), [len(each) for each in read])
    first = (spec.layers - 1) * D
    blocks = range(first, first + spec.readout_size // H)
    head = _mask(H, np.concatenate(read), of, blocks, spec.head_dropout, key)

    rows = np.arange(len(spec.cell_spec.gates) * H)
    names = [
        f"weight_hh_l{layer}{suffix}" for layer in range(spec.layers) for suffix in spec.suffixes
    ]
    weights = {
        name: _mask(H, 0 * rows, rows, [2**31 + i], spec.recurrent_dropout, key)
        for i, name in enumerate(names)
    }
    return Masks(
        between=between if spec.dropout else (),
        head=head if spec.head_dropout else None,
        input=_mask(spec.input.width, time, sequence, [2**32 - 1], spec.input_dropout, key)
        if spec.input_dropout
        else None,
        weights=weights if spec.recurrent_dropout else {},
    )


def _mask(
    width: int,
    time: np.ndarray,
    sequence: np.ndarray,
    places: Sequence[int],
    rate: float,
    key: tuple[int, int],
) -> np.ndarray:
    """[rows, width] for each of some places, side by side."""
    group = np.arange((width + 3) // 4)[None]
    sides = []
    for place in places:
        counter = np.broadcast_arrays(group, time[:, None], sequence[:, None], np.array(place))
        words = np.stack(philox(counter, key), axis=-1).reshape(len(time), -1)
        sides.append(words[:, :width] >= int(rate * 2**32))
    return np.concatenate(sides, axis=1) / (1 - rate)


def philox(counter: Any, key: tuple[int, int]) -> list[np.ndarray]:
    """Philox4x32-10 (Salmon, Moraes, Dror and Shaw, SC 2011): four words below 2^32 a counter."""
    low = np.uint64(0xFFFFFFFF)
    c0, c1, c2, c3 = (np.asarray(word, np.uint64) for word in counter)
    k0, k1 = key
    for _ in range(10):
        a, b = c0 * np.uint64(0xD2511F53), c2 * np.uint64(0xCD9E8D57)
        c0, c1 = b >> np.uint64(32) ^ c1 ^ np.uint64(k0), b & low
        c2, c3 = a >> np.uint64(32) ^ c3 ^ np.uint64(k1), a & low
        k0, k1 = (k0 + 0x9E3779B9) % 2**32, (k1 + 0xBB67AE85) % 2**32
    return [c0, c1, c2, c3]


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two arrays are equal to the last bit, the sign of a zero included."""
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def assert_same(actual: Any, expected: Any, tolerance: float, what: str = "") -> None:
    """Every element within ``tolerance`` times the largest one expected (or times 1 if smaller)."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape, what
    scale = max(1.0, float(np.abs(expected).max(initial=0)))
    error = float(np.abs(actual - expected).max(initial=0))
    assert error <= tolerance * scale, (
        f"{what}: off by {error:.2e}, allowed {tolerance * scale:.2e}"
    )


def assert_relative(actual: Any, expected: Any, tolerance: float, what: str = "") -> None:
    """Every element within ``tolerance`` times the largest one expected, however small that is."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape, what
    scale = float(np.abs(expected).max(initial=0))
    error = float(np.abs(actual - expected).max(initial=0))
    assert error <= tolerance * scale, (
        f"{what}: off by {error:.2e}, allowed {tolerance * scale:.2e}"
    )
