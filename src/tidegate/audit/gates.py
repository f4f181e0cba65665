"""What every gate and state says at every step: `tg.gates`."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cells import CELLS
from ..errors import ArgumentError
from ..network import checks
from ..network.lags import spread
from ..network.subject import Subject, read_by
from .called import labels
from .plain import from_plain, to_plain
from .whole import subject_of

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class LayerGates:
    """Those of one layer and direction."""

    layer: int
    """From 0, the one that reads the input."""
    direction: str
    """"forward" or "reverse"; a reverse one reads the last step first."""
    values: dict[str, Array]
    """Name, such as "f" or "c" → ``[steps of all sequences, H]``, in the order of time."""


@dataclass(frozen=True, eq=False)
class Gates:
    """Every gate, cell state and hidden state of some sequences, as plain data.

    Example:
        >>> import tidegate as tg
        >>> found = tg.gates(tg.LSTM(input_size=1, hidden_size=4), np.ones((2, 3, 1)))
        >>> found.names, found.of("f", sequence=1).shape
        (('i', 'f', 'g', 'o', 'c', 'h'), (3, 4))
    """

    model: str
    """What was looked at, in words."""
    cell: str
    names: tuple[str, ...]
    """Gates first, then states."""
    candidates: tuple[str, ...]
    """Of these, the gates that go from −1 to 1; the others go from 0 to 1."""
    step: str
    """What a step is: "token", "day", "step of 24 hours"."""
    lengths: tuple[int, ...]
    """Steps of each sequence."""
    labels: tuple[str, ...]
    """What each step of each sequence is called, one sequence after the other."""
    layers: tuple[LayerGates, ...]
    """For each layer and direction."""

    def of(
        self, name: str, sequence: int = 0, layer: int = -1, direction: str = "forward"
    ) -> Array:
        """What one gate or state says in one sequence, ``[steps, H]``.

        Args:
            name: one of ``names``.
            sequence: its number; from the end if below 0.
            layer: its number; -1 for the top one.
            direction: "forward" or "reverse".

        Raises:
            ArgumentError: if there is none such.
        """
        if not isinstance(name, str) or name not in self.names:
            raise ArgumentError(
                f"there is no gate or state {name!r}; it has {', '.join(self.names)}"
            )
        first, last = self._place(sequence)
        count = 1 + max(each.layer for each in self.layers)
        for each in self.layers:
            place = _whole(layer) and layer in (each.layer, each.layer - count)
            if place and str(direction) == each.direction:
                found: Array = each.values[name][first:last]
                return found
        known = (f"{each.layer} {each.direction}" for each in self.layers)
        raise ArgumentError(f"there is no layer {layer} {direction}; it has {', '.join(known)}")

    def steps(self, sequence: int = 0) -> tuple[str, ...]:
        """What the steps of a sequence are called. Raises: ArgumentError, if there is none such."""
        first, last = self._place(sequence)
        return self.labels[first:last]

    def to_json(self) -> dict[str, Any]:
        """A dict that ``json.dumps`` takes and `from_json` turns back into equal gates."""
        found: dict[str, Any] = to_plain(self)
        return found

    @classmethod
    def from_json(cls, data: Any) -> Gates:
        """The gates that `to_json` described. Raises: ArgumentError, if it describes none."""
        return from_plain(cls, data)

    def to_frame(self) -> Any:
        """A long frame (polars): sequence, step, label, layer, direction, gate, unit, value."""
        import polars as pl

        numbers = np.repeat(np.arange(len(self.lengths)), self.lengths)
        places = np.concatenate([np.arange(length) for length in self.lengths])
        labels = np.array(self.labels, object)
        parts = []
        for each in self.layers:
            for name, values in each.values.items():
                units = values.shape[1]
                frame = {
                    "sequence": np.repeat(numbers, units),
                    "step": np.repeat(places, units),
                    "label": np.repeat(labels, units),
                    "layer": np.full(values.size, each.layer),
                    "direction": [each.direction] * values.size,
                    "gate": [name] * values.size,
                    "unit": np.tile(np.arange(units), len(values)),
                    "value": values.ravel(),
                }
                parts.append(pl.DataFrame(frame))
        return pl.concat(parts)

    def plot(self, sequence: int = 0) -> Any:
        """Charts of one sequence, for a notebook."""
        return import_module("tidegate.report").plot(self, sequence=sequence)

    def __str__(self) -> str:
        count, steps = len(self.lengths), len(self.labels)
        many = f"{count} sequence{'s' if count != 1 else ''}"
        lines = [f"{self.model}: {', '.join(self.names)} of {many}, {steps} steps"]
        for each in self.layers:
            means = (f"{name} {values.mean():.2f}" for name, values in each.values.items())
            lines.append(f"layer {each.layer}, {each.direction}, mean: {', '.join(means)}")
        return "\n".join(lines)

    __repr__ = __str__

    def _place(self, sequence: Any) -> tuple[int, int]:
        n = len(self.lengths)
        if not _whole(sequence) or not -n <= sequence < n:
            raise ArgumentError(f"there is no sequence {sequence}; there are {n}")
        ends = np.cumsum(self.lengths)
        end = int(ends[sequence])
        return end - self.lengths[sequence], end


def _whole(value: Any) -> bool:
    return isinstance(value, Integral)


def gates(model: Any, x: Any, *, most: int = 32, network: int = 0) -> Gates:
    """What every gate and state of a model says at every step of some sequences.

    Args:
        model: a fitted estimator, Forecaster or LanguageModel, a layer, or a torch module of
            recurrent layers.
        x: sequences; the frame of a Forecaster, whose windows are looked at; the text of a
            LanguageModel; an array ``[B, T, I]`` for a layer.
        most: sequences; of more, so many are taken evenly, the first and the last among them.
        network: the number of the one to look at, where several answer together.

    Raises:
        NotFittedError: before the model's ``fit``.
        ArgumentError: if the model is none of these, or has no such network.
        DataError: if x cannot be used.

    Example:
        >>> import tidegate as tg
        >>> found = gates(tg.GRU(input_size=1, hidden_size=4), np.ones((1, 5, 1)))
        >>> found.of("h").shape, found.steps()
        ((5, 4), ('0', '1', '2', '3', '4'))
    """
    most = checks.whole_number(most, "most", 1)
    first: Subject = subject_of(model, x)
    networks = (first, *first.others)
    if checks.whole_number(network, "network", 0) >= len(networks):
        raise ArgumentError(f"there is no network {network}; there are {len(networks)}, from 0")
    subject = networks[network]
    about, length = subject.about, np.asarray(subject.length)
    chosen = spread(len(length), most)
    record = subject.record(chosen)
    cell = CELLS[about.cell]
    directions = ("forward", "reverse")[: about.directions]
    layers = tuple(
        LayerGates(number // about.directions, directions[number % about.directions], values)
        for number, values in enumerate(record)
    )
    name = f"{about.model}, {network + 1} of {len(networks)} networks"
    return Gates(
        name if len(networks) > 1 else about.model,
        about.cell,
        cell.record,
        cell.candidates,
        about.step if about.rows == 1 else f"step of {read_by(about.step, about.rows)}",
        tuple(length[chosen].tolist()),
        labels(getattr(subject, "labels", None), x, length, chosen, about.rows),
        layers,
    )
