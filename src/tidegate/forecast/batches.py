"""Batches to learn from, made several at once.

Of what a batch of 16 windows takes to make, nine tenths are the calls of NumPy that make it; 512
windows take about as many.
"""

from __future__ import annotations

import numpy as np

from ..data.spans import Spans
from ..train import Drawn
from .inputs import Inputs
from .windows import Sampler

TOGETHER = 512
"""Windows that are made at once, unless a batch has more."""


class Batches:
    """Batch by batch, each decided by its number and the plan's seed alone, as `train.fit_drawn`
    asks for them."""

    def __init__(self, sampler: Sampler, inputs: Inputs, size: int) -> None:
        """
        Args:
            sampler: of the windows.
            inputs: what the network reads of them.
            size: windows in a batch.
        """
        self.sampler = sampler
        self.inputs = inputs
        self.size = size
        self.count = max(TOGETHER // size, 1)
        self.group = -1
        """Which batches are made: those from ``group * count`` on."""

    def __call__(self, number: int) -> Drawn:
        """Batch ``number``; in order, as a group of batches is made when the first is asked for."""
        group, place = divmod(number, self.count)
        if group != self.group:
            first = group * self.count
            windows = self.sampler.draw(range(first, first + self.count), self.size)
            self.rows = self.inputs.rows(windows)[0].reshape(self.count, -1, self.inputs.columns)
            targets = windows.targets()
            self.targets = targets.reshape(self.count, self.size, *targets.shape[1:])
            self.group = group
        length = np.full(self.size, self.inputs.plan.steps + self.inputs.ahead)
        spans = Spans(np.arange(self.size) * length, length)
        return Drawn(self.rows[place], spans, self.targets[place])
