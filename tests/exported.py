"""What the tests of the ways out share: networks of every kind, and batches for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from problems import fill_biases
from tidegate.data import Spans
from tidegate.network import Network, NetworkSpec, NumberInput, TokenInput

READOUTS = ["last", "each", "mean", "max", "mean+max"]
INPUTS = [
    NumberInput(1),
    NumberInput(2, segment=3),
    NumberInput(3, dense=5),
    NumberInput(2, segment=2, dense=4),
    TokenInput(vocabulary=6, width=3),
]


def spec_of(**settings: Any) -> NetworkSpec:
    return NetworkSpec(**{"input": NumberInput(3), "hidden": 5, "outputs": 2, **settings})


def network_of(spec: NetworkSpec) -> Network:
    network = Network(spec, seed=1)
    fill_biases(network.params)
    return network


def batch_of(
    spec: NetworkSpec, batch: int, steps: int, seed: int = 0
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """x ``[B, T]`` or ``[B, T, columns]``, and first states."""
    random = np.random.default_rng(seed)
    x: np.ndarray
    if isinstance(spec.input, TokenInput):
        x = random.integers(0, spec.input.vocabulary, (batch, steps)).astype(np.int32)
    else:
        x = random.normal(size=(batch, steps, spec.input.columns)).astype(spec.dtype)
    shape = (spec.layers * spec.directions, batch, spec.hidden)
    state = [random.normal(size=shape).astype(spec.dtype) for _ in spec.cell_spec.states]
    return x, tuple(state)


def outputs_of(
    network: Network,
    x: np.ndarray,
    lengths: np.ndarray | None,
    state: tuple[np.ndarray, ...] | None = None,
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """What the core says of a padded batch: outputs, zero beyond a length, and last states."""
    batch, steps = x.shape[:2]
    given = np.full(batch, steps) if lengths is None else lengths
    spans = Spans(np.arange(batch) * steps, given)
    output, end = network.forward(x.reshape(batch * steps, *x.shape[2:]), spans, state=state)
    if network.spec.readout != "each":
        return output, end
    last, segment = network.spec.read_last, network.spec.input.segment
    counts = np.full(batch, last) if last else given // segment
    padded = np.zeros((batch, last or steps // segment, output.shape[1]), output.dtype)
    padded[np.arange(padded.shape[1]) < counts[:, None]] = output
    return padded, end
