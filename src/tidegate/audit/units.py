"""What single units do: how long they keep, where their gates stand, whether they move at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cells import CELLS
from ..network.lags import spread
from ..network.subject import Subject
from .result import Units

Array = NDArray[Any]

MOST = 16
"""Sequences that are looked at."""
STEPS = 2_500
"""Of them all, at most."""
CLOSED, OPENED = 0.1, 0.9
"""A gate beyond these is saturated (Karpathy et al. 2015)."""
END = 0.95
"""A tanh beyond ± this is: its slope is below a tenth."""
STILL = 1e-6
"""A unit whose values differ by less, of the largest value in its layer, is dead."""
LONGEST = 1000
"""Lags that the autocorrelation is looked at."""


def units(networks: Sequence[Subject]) -> tuple[Units, ...]:
    """For each network that answers in a model, each layer and direction."""
    about, length = networks[0].about, networks[0].length
    count = int(np.clip(STEPS / len(networks) / np.median(length), 1, MOST))
    which = spread(len(length), count)
    found = []
    for network, subject in enumerate(networks):
        for number, entry in enumerate(subject.record(which)):
            layer, direction = divmod(number, about.directions)
            values = {name: array.astype(np.float64) for name, array in entry.items()}
            each = of_layer(about.cell, layer, direction, values, length[which])
            found.append(replace(each, network=network))
    return tuple(found)


def of_layer(
    cell: str, layer: int, direction: int, values: dict[str, Array], length: Array
) -> Units:
    """What the record of one layer and direction says.

    Args:
        cell: a key of CELLS.
        layer, direction: their numbers.
        values: name → ``[N, H]``
        length: steps of each sequence.
    """
    spec = CELLS[cell]
    h = values["h"]
    keeps = next((gate for gate, sign in spec.chrono if sign > 0), None)
    forget = np.full(h.shape[1], np.nan)
    if keeps is not None:
        with np.errstate(divide="ignore"):
            forget = -1 / np.minimum(np.log(np.maximum(values[keeps], 1e-300)).mean(axis=0), -1e-15)
    closed, opened = {}, {}
    for gate in spec.gates:
        ends = (-END, END) if gate in (*spec.candidates, "h") else (CLOSED, OPENED)
        if gate == "h" and cell != "rnn":
            continue  # relu and linear have no ends
        closed[gate] = (values[gate] < ends[0]).mean(axis=0)
        opened[gate] = (values[gate] > ends[1]).mean(axis=0)
    state = values.get("c", h)
    size = float(np.abs(h).max()) if h.size else 0.0
    dead = np.ptp(h, axis=0) <= STILL * size
    return Units(
        layer, ("forward", "reverse")[direction], forget,
        own_time(state, length, dead), closed, opened, dead, saturation(cell, values),
    )  # fmt: skip


def saturation(cell: str, values: dict[str, Array]) -> float:
    """The share of units and steps that stand at an end of a tanh, where no gradient passes; NaN
    where states are no finite numbers."""
    if not all(np.isfinite(array).all() for array in values.values()):
        return float("nan")
    if cell == "rnn":
        at_end = np.abs(values["h"]) > END
    elif "c" in values:
        at_end = np.abs(np.tanh(values["c"])) > END
    elif "n" in values:
        at_end = np.abs(values["n"]) > END
    else:
        return 0.0
    return float(at_end.mean())


def own_time(state: Array, length: Array, dead: Array) -> Array:
    """``[H]`` steps until the autocorrelation is below 1/e; NaN for a unit that does not move.

    Example:
        >>> t = np.arange(4000)
        >>> wave = np.cos(2 * np.pi * t / 40)[:, None]
        >>> float(own_time(wave, np.array([4000]), np.array([False]))[0].round(1))
        7.6
    """
    centred = state - state.mean(axis=0)
    ends = np.cumsum(length)
    most = min(int(length.max()), LONGEST + 1)
    size = 1 << int(np.ceil(np.log2(2 * length.max())))
    total, count = np.zeros((most, state.shape[1])), np.zeros(most)
    for end, steps in zip(ends, length, strict=True):
        spectrum = np.fft.rfft(centred[end - steps : end], size, axis=0)
        products = np.fft.irfft(np.abs(spectrum) ** 2, size, axis=0)[: min(most, steps)]
        total[: len(products)] += products
        count[: len(products)] += steps - np.arange(len(products))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / count[:, None]
        correlation = mean / mean[0]
    below = correlation < np.exp(-1)
    first = np.where(below.any(axis=0), below.argmax(axis=0), most - 1)
    each = np.arange(len(first))
    high, low = correlation[np.maximum(first - 1, 0), each], correlation[first, each]
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(high > low, (high - np.exp(-1)) / (high - low), 1.0)
    found = first - 1 + np.clip(part, 0, 1)
    found = np.where(below.any(axis=0), found, np.inf)
    return np.where(dead | ~np.isfinite(correlation[0]), np.nan, found)
