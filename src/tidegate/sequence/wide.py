"""A linear layer on short runs of tokens, of a text or around a step (Cheng et al. 2016).

It stands beside the network. Its weights start at zero, and its outputs are added to the network's:
so the two together begin as the network and can always be as good as the bag of words. Of classes,
the answer is the mean of the two, and each learns half by what its own answer costs, half by what
the mean does: by the mean alone, what one says at once the other never learns (Wang et al. 2020,
What Makes Training Multi-modal Classification Networks Hard?).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .counted import Sparse

Array = NDArray[Any]
Cost = Callable[[Array, Array], tuple[float, Array]]

FARTHEST = 2.0
"""That a text may move its own outputs in an update: its weight may be large, its batch small."""


@dataclass(frozen=True, eq=False)
class Wide:
    """The layer, learnt."""

    idf: Array
    """``[COLUMNS]`` float32."""
    weight: Array
    """``[K, O]`` float32, of the K columns whose rarity is above 0."""

    def times(self, factor: float | Array) -> Wide:
        """The same with its weights times a factor, or one of each output, ``[O]``."""
        return Wide(self.idf, self.weight * np.asarray(factor, np.float32))

    def outputs(self, found: Sparse) -> Array:
        """``[n, O]`` for what is counted of n texts, or ``[N, O]`` for that of N steps."""
        table = found.weighed(self.idf)
        column, rows = table.take(np.arange(len(table)))
        outputs: Array = rows @ self.weight[column]
        return outputs


class WideLearner:
    """Learns the layer beside a network, through the loss that both share.

    The targets that it is given have the number of their text, or of their step among all, in
    front; what is held out, and only judged, has −1 − i in place of its number i. Its updates are
    those of plain gradient descent: Adam's would take steps as large for a rare column, of which
    little is known, as for any other.
    """

    def __init__(
        self,
        found: Sparse,
        outputs: int,
        cost: Cost,
        rate: Callable[[int], float],
        before: Wide | None = None,
        bias: Array | None = None,
    ) -> None:
        """
        Args:
            found: what is counted of the texts, or of their steps.
            outputs: of the network.
            cost: the loss, of targets without their numbers.
            rate: (updates done) → learning rate.
            before: what to go on from; None for zeros.
            bias: ``[outputs]``, the network's: as it is at each call, it is the layer's, too, and
                the answer is the mean of both; None if the answer is their sum, and its loss all
                that either learns by.
        """
        self.idf = found.rarity() if before is None else before.idf
        self.table = found.weighed(self.idf)
        self.cost = cost
        self.rate = rate
        self.bias = bias
        self.weight = np.zeros((np.count_nonzero(self.idf), outputs), np.float32)
        if before is not None:
            self.weight += before.weight
        self._done = np.zeros(1, np.int64)

    def memory(self) -> list[Array]:
        """All that an update leaves to the next; written to, to resume."""
        return [self.weight, self._done]

    def __call__(self, targets: Array, output: Array) -> tuple[float, Array]:
        """The loss of network and layer together; what the network learns by; the layer learns."""
        number, targets = targets[:, 0].astype(np.int64), targets[:, 1:]
        column, rows = self.table.take(np.where(number < 0, -1 - number, number))
        own = rows @ self.weight[column]
        if self.bias is None:
            loss, gradient = self.cost(targets, output + own)
            slope = gradient
        else:
            own = own + self.bias
            loss, both = self.cost(targets, (output + own) / 2)
            gradient, slope = ((both + self.cost(targets, one)[1]) / 2 for one in (output, own))
        if (number >= 0).all():
            step = self.rate(int(self._done[0])) * slope
            step = step / np.maximum(np.linalg.norm(step, axis=1, keepdims=True) / FARTHEST, 1)
            self.weight[column] -= rows.T @ step
            self._done += 1
        return loss, gradient

    def learned(self) -> Wide:
        """What has been learnt so far."""
        return Wide(self.idf, self.weight.copy())
