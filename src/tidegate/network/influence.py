"""How the outputs of networks change with the rows that they read, by lag."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .lags import beside, by_lag
from .network import Network
from .spec import NetworkSpec, NumberInput
from .subject import Array

if TYPE_CHECKING:
    from .audited import NetworkSubject


def influence(subject: NetworkSubject, which: Array) -> tuple[Array, Array]:
    """See `network.subject.Subject.influence`; of several networks, that of the mean of their
    outputs.

    A network that is read out at every step is judged at the last one; if it also reads backwards,
    at the middle one. Of tokens, whose embeddings each network has of its own, the sizes are
    averaged.
    """
    networks = [_ready(each.exact) for each in (subject, *subject.others)]
    spec, spans, length = networks[0].spec, subject.spans[which], subject.length[which]
    segment, at = spec.input.segment, _judged(spec, length)
    numbers = isinstance(spec.input, NumberInput)
    width = spec.input.size if isinstance(spec.input, NumberInput) else spec.input.width
    tables: list[tuple[Array, Array]] = []
    for step, probe in _probes(spec, length, at, len(subject.about.outputs)):
        total = np.zeros((int(length.sum()), width if numbers else 1))
        for network in networks:
            tape = network.forward_train(subject.exact_rows, spans)
            d_input = np.empty((int(length.sum()), width))
            network.native_backward(
                tape.native, probe, gradient=np.empty_like(network.values), d_input=d_input
            )
            total += d_input if numbers else np.sqrt((d_input**2).sum(axis=1, keepdims=True))
        total /= len(networks)
        by_row, rows = total, length
        if numbers:
            by_row, rows = total.reshape(len(total) * segment, -1), spans.length
        about = (at + 1) * segment - 1
        if subject.pull is not None:
            by_row, rows = subject.pull(which, by_row)
            about = np.where(at + 1 == length, rows - 1, about)
        tables.append(by_lag(by_row, rows, about + step))
    return beside(tables)


def _ready(network: Network) -> Network:
    """The same, but that no step is read out which nobody asks for."""
    spec = network.spec
    if spec.readout == "each" and not (spec.read_last or spec.bidirectional):
        return Network(spec.but(readout="last"), parameters=network.parameters)
    return network


def _judged(spec: NetworkSpec, length: Array) -> Array:
    """The step of each sequence that the output is about."""
    whole = spec.readout != "each" or spec.read_last or not spec.bidirectional
    found: Array = length - 1 if whole else length // 2
    return found


def _probes(spec: NetworkSpec, length: Array, at: Array, names: int) -> list[tuple[int, Array]]:
    """For each output that is looked at: how far ahead of the newest row it is, and the gradient
    of the network's output; a random sum where there are more than ``names``."""
    k, size = len(length), spec.output_size
    if spec.readout != "each":
        place, rows, each = np.arange(k), k, 1
    elif spec.read_last:
        each = spec.read_last
        place, rows = np.arange(k) * each, k * each
    else:
        place, rows, each = np.cumsum(length) - length + at, int(length.sum()), 1
    if names == each * size:
        columns = [(step, np.eye(size)[i]) for step in range(each) for i in range(size)]
    else:
        sign = np.random.default_rng(0).choice([-1.0, 1.0], size)
        columns = [(step, sign / np.sqrt(size)) for step in range(names)]
    probes = []
    for step, column in columns:
        probe = np.zeros((rows, size))
        probe[place + step] = column
        probes.append((step + 1 if spec.read_last else 0, probe))
    return probes
