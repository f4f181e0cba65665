"""Batches to learn from: of a small table from all of its windows, made once; else made several at
once.

Of what a batch of 16 windows takes to make, nine tenths are the calls of NumPy that make it; 512
windows take about as many.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.spans import Spans
from ..train import Drawn
from .inputs import Inputs
from .windows import Sampler, Windows

Array = NDArray[Any]

TOGETHER = 512
"""Windows that are made at once, unless a batch has more."""
KEPT = 2**26
"""Bytes that the windows of a table may take to be kept, all of them."""


class Batches:
    """Batch by batch, each decided by its number and the plan's seed alone, as `train.fit_drawn`
    asks for them."""

    def __init__(self, sampler: Sampler, inputs: Inputs, size: int, updates: int = 1) -> None:
        """
        Args:
            sampler: of the windows.
            inputs: what the network reads of them.
            size: windows in a batch.
            updates: batches that will be asked for.
        """
        self.sampler = sampler
        self.inputs = inputs
        self.size = size
        self.count = max(TOGETHER // size, 1)
        self.group = -1
        """Which batches are made: those from ``group * count`` on."""
        length = inputs.plan.steps + inputs.ahead
        numbers = length * inputs.columns + inputs.plan.horizon * inputs.head.target_width
        all_windows = sampler.windows
        self.keeps = all_windows < size * updates and 4 * numbers * all_windows <= KEPT
        """Whether all windows of the table are made first, as fewer than will be drawn."""
        if self.keeps:
            parts = [self._made(each) for each in sampler.every(TOGETHER)]
            self.rows, self.targets = (np.concatenate(part) for part in zip(*parts, strict=True))
        self.spans = Spans(np.arange(size) * length, np.full(size, length))

    def __call__(self, number: int) -> Drawn:
        """Batch ``number``; in order, as a group of batches is made when the first is asked for."""
        if self.keeps:
            chosen: Array | slice = self.sampler.drawn_places(number, self.size)
        else:
            group, place = divmod(number, self.count)
            if group != self.group:
                first = group * self.count
                windows = self.sampler.draw(range(first, first + self.count), self.size)
                self.rows, self.targets = self._made(windows)
                self.group = group
            chosen = slice(place * self.size, (place + 1) * self.size)
        rows = self.rows[chosen].reshape(-1, self.inputs.columns)
        return Drawn(rows, self.spans, self.targets[chosen])

    def _made(self, windows: Windows) -> tuple[Array, Array]:
        """k windows: ``[k, steps, columns]``, what is read, and ``[k, h, width]``, what for."""
        rows = self.inputs.rows(windows)[0]
        return rows.reshape(len(windows), -1, self.inputs.columns), windows.targets()
