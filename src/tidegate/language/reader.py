"""Reading tokens with a network: how likely each one is to come next."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.spans import Spans
from ..network import Network
from ..network.native import State

Array = NDArray[Any]
Ids = NDArray[np.int32]
AT_ONCE = 1 << 22
"""Numbers of output that are in memory at once."""


class Reader:
    """n texts that are read side by side; what is kept of them is a state, whatever their length.

    Chances are those of the whole text so far, to the bit, however it is cut.
    """

    def __init__(self, network: Network, n: int) -> None:
        self.network = network
        self.state: State = network.native.empty_state(n)
        """(h, c) or (h,), ``[layers, n, H]`` each; never written to, so it may be kept."""
        for part in self.state:
            part[...] = 0
        self._one = Spans(np.arange(n), np.ones(n, np.int64))

    def step(self, ids: Ids) -> Array:
        """Reads one token of each text, ``[n]``; the logits of the next, ``[n, V]``."""
        output, self.state = self.network.forward(ids, self._one, state=self.state)
        return output

    def logits(self, ids: Ids) -> Array:
        """Reads the tokens of a single text, ``[T]``; the logits of the next, ``[V]``."""
        for part in self._parts(len(ids) - 1):
            self._run(ids[:-1][part])
        found: Array = self.step(ids[-1:])[0]
        return found

    def nats(self, ids: Ids) -> Array:
        """Reads a single text, ``[T]``: what each token but the first costs, ``[T - 1]``."""
        found = [np.empty(0)]
        for part in self._parts(len(ids) - 1):
            logits = self._run(ids[:-1][part]).astype(np.float64)
            logits -= logits.max(axis=1, keepdims=True)
            target = np.take_along_axis(logits, ids[1:][part][:, None], axis=1)[:, 0]
            found.append(np.log(np.exp(logits).sum(axis=1)) - target)
        return np.concatenate(found)

    def _parts(self, tokens: int) -> list[slice]:
        size = max(AT_ONCE // self.network.spec.output_size, 1)
        return [slice(first, first + size) for first in range(0, tokens, size)]

    def _run(self, ids: Ids) -> Array:
        spans = Spans(np.zeros(1, np.int64), np.array([len(ids)]))
        output, self.state = self.network.forward(ids, spans, state=self.state)
        return output
