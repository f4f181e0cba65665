"""One network over n growing sequences: its states, and its answers so far."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.spans import Spans
from ..network import Network
from .pooled import body, head

Array = NDArray[Any]


class Track:
    """The states of n sequences, and what the head is given: the last, the sum and the largest."""

    def __init__(self, network: Network, n: int) -> None:
        spec = network.spec
        self.network = network
        self.pools = spec.pools
        self.body = body(network, "last") if self.pools else network
        size = (spec.layers, n, spec.hidden)
        self.state = tuple(np.zeros(size, np.float32) for _ in spec.cell_spec.states)
        # the units lie one after the other here, as `pooled.head` goes through them
        self.total = np.zeros((spec.hidden, n if self.pools else 0), np.float32)
        self.largest = np.full_like(self.total, -np.inf)
        self.steps = np.zeros(n, np.int64)
        self.output = np.zeros((n, spec.output_size), np.float32)

    def step(self, rows: Any, spans: Spans, which: Array | None) -> None:
        """Sequences go on by a step each: those of these numbers, None for all."""
        index: Any = slice(None) if which is None else which
        state = tuple(part[:, index] for part in self.state)
        found = self.body.forward(rows, spans, state=state)
        if which is None:
            self.state = found.state
        else:
            for part, new in zip(self.state, found.state, strict=True):
                part[:, index] = new
        self.steps[index] += 1
        self.output[index] = self._answer(found.output, index) if self.pools else found.output

    def _answer(self, h: Array, index: Any) -> Array:
        """The head over what has been gathered, as the core gathers it: `native/readout.h`."""
        columns = np.ascontiguousarray(h.T)
        self.total[:, index] += columns
        self.largest[:, index] = np.maximum(self.largest[:, index], columns)
        mean = self.total[:, index] / self.steps[index].astype(np.float32)
        gathered = {"mean": mean, "max": self.largest[:, index]}
        wanted = self.network.spec.readout.split("+")
        return head(self.network, [column for name in wanted for column in gathered[name]])

    def arrays(self) -> dict[str, Array]:
        """All that it remembers."""
        states = {f"state{i}": part for i, part in enumerate(self.state)}
        largest = np.where(np.isfinite(self.largest), self.largest, 0.0)
        return {
            **states,
            "total": self.total,
            "largest": largest,
            "steps": self.steps,
            "output": self.output,
        }

    def set(self, arrays: dict[str, Array]) -> None:
        """Takes over what `arrays` gave."""
        self.state = tuple(np.array(arrays[f"state{i}"]) for i in range(len(self.state)))
        self.steps = np.array(arrays["steps"], np.int64)
        self.total = np.array(arrays["total"], np.float32)
        begun = (self.steps > 0)[: self.total.shape[1]]
        self.largest = np.where(begun, arrays["largest"], -np.inf).astype(np.float32)
        self.output = np.array(arrays["output"], np.float32)
