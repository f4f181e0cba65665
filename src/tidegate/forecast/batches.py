"""Batches to learn from, made several at once; of a small table from all of its windows, made once.

Of what a batch of 16 windows takes to draw and make, nine tenths are the calls of NumPy that do so;
512 windows take about as many. And what was called a moment ago is called three times as fast as
after an update, which leaves nothing of it in the caches.
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
    """Batch by batch, each decided by its number, its size and the plan's seed alone, as
    `train.fit_drawn` asks for them."""

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
        self.made: list[Drawn] = []
        length, width = inputs.plan.steps + inputs.ahead, inputs.head.target_width
        self.length = np.full(size, length)
        numbers = length * inputs.columns + inputs.ahead * inputs.plan.segment * width
        all_windows = sampler.windows
        self.keeps = all_windows < size * updates and 4 * numbers * all_windows <= KEPT
        """Whether all windows of the table are made first, as fewer than will be drawn; those with
        hidden rows follow them, as they are drawn."""
        self.kept = all_windows if self.keeps else 0
        room = self.kept + self.count * size
        self.rows = np.empty((room * length, inputs.columns), np.float32)
        self.targets = np.empty((room * inputs.ahead, inputs.plan.segment * width), np.float32)
        if self.keeps:
            for i, windows in enumerate(sampler.every(TOGETHER)):
                self._put(windows, i * TOGETHER)

    def __call__(self, number: int) -> Drawn:
        """Batch ``number``; in order, as a group of batches is made when the first is asked for."""
        group, place = divmod(number, self.count)
        if group != self.group:
            self.group = group
            self._make(group)
        return self.made[place]

    def _make(self, group: int) -> None:
        cuts = self.sampler.drawn(group, self.count * self.size)
        anew = self.sampler.hidden(cuts) if self.keeps else np.ones(len(cuts.cut), bool)
        places = self.sampler.places(cuts)
        places[anew] = self.kept + np.arange(anew.sum())
        if anew.any():
            self._put(self.sampler.at(cuts.only(anew)), self.kept)
        self.made = [
            Drawn(
                self.rows,
                Spans(some * self.length, self.length),
                self.targets,
                some * self.inputs.ahead,
            )
            for some in places.reshape(-1, self.size)
        ]

    def _put(self, windows: Windows, place: int) -> None:
        """Writes what is read of some windows, and what for, from the place-th on; those of one
        after those of the other."""
        for table, part in (
            (self.rows, self.inputs.rows(windows)[0]),
            (self.targets, self.inputs.targets(windows)),
        ):
            first = place * (len(part) // len(windows))
            table[first : first + len(part)] = part
