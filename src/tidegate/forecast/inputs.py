"""What the network reads of a window, and where in its output the answer lies.

A step of the network reads p rows at once, side by side in one row of its table:

    p × value, p × whether it was seen                      and, where any series counts zeros
    apart, p × whether it is zero
    p × each covariate, and whether it was seen where that is not certain
    the newest row once more (`Windows.newest`): the value, whether it is zero, what was known
    the window's own numbers (`Windows.static`), the calendar at the cut, the series's static ones

Further steps follow, as many as the horizon has times p rows: they read how far ahead they are, the
newest row, the window's numbers and the covariates known ahead, and each is read out for its p rows
of the horizon.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.spans import Spans
from ..network import Network, NetworkSpec, NumberInput
from .head import Head
from .paths import count
from .plan import Plan
from .windows import Windows

Array = NDArray[Any]

OUTLIER = 100.0
"""An error counts as so many times the one that nine in ten are below, or so many deviations of its
window, at most, where an untrained network's intervals are made."""


@dataclass(frozen=True)
class Inputs:
    """The layout of rows and outputs."""

    plan: Plan
    zeros: bool
    """Whether any series has its zeros counted apart."""
    calendar: int
    """Columns of the calendar."""
    future: int = 0
    """Covariates that are known ahead."""
    past: int = 0
    """Covariates that are not."""
    static: int = 0
    """Numbers of each series; and one for each that is told apart."""

    @property
    def head(self) -> Head:
        """What each step ahead is given."""
        return Head(self.plan.horizon, count(self.plan.season, self.plan.long_season), self.zeros)

    @property
    def ahead(self) -> int:
        """Steps of the network beyond the cut."""
        return -(-self.plan.horizon // self.plan.segment)

    @property
    def channels(self) -> int:
        """Numbers of each row of a window."""
        return 2 + self.zeros + self.future + 2 * self.past

    def updates(self, rows: int) -> int:
        """Updates for a table with so many rows."""
        return self.plan.training.updates_for(rows, self.future + self.past)

    @property
    def columns(self) -> int:
        """Numbers that a step of the network reads."""
        newest = 2 + 2 * self.past
        return self.plan.segment * self.channels + newest + 4 + self.calendar + self.static

    @property
    def spec(self) -> NetworkSpec:
        """The network."""
        plan, head = self.plan, self.head
        return NetworkSpec(
            NumberInput(self.columns, dense=plan.hidden),
            cell=plan.cell,
            hidden=plan.hidden,
            readout="each",
            read_last=self.ahead,
            head_dropout=plan.dropout,
            outputs=plan.segment * head.width,
            init=plan.training.init,
        )

    def start(self, network: Network, targets: Array) -> None:
        """Makes of an untrained network a baseline: the mean of the paths, with intervals as wide
        as it misses these targets by.

        Args:
            network: its head is overwritten.
            targets: ``[k, h, 2 + paths]``, see `Windows.targets`.
        """
        head = self.head
        errors = np.abs(targets[..., 0] - targets[..., 2:].mean(-1))
        errors, events = errors[~np.isnan(errors)], targets[..., 1][~np.isnan(targets[..., 1])]
        spread = 1.0
        if errors.size:
            # a faulty row, a million times too large, would else make all intervals wide
            most = OUTLIER * max(float(np.quantile(errors, 0.9)), 1.0)
            spread = 1.25 * float(np.minimum(errors, most).mean(dtype=np.float64))
        chance = float(events.mean()) if events.size else 0.5
        bias = head.start(max(spread, 1e-3), min(max(chance, 0.01), 0.99))
        network.params["head_weight"][...] = 0
        network.params["head_bias"][...] = np.tile(bias, self.plan.segment)

    def rows(self, windows: Windows) -> tuple[Array, Spans]:
        """k windows as sequences: their rows, float32, and where each lies in them."""
        plan, k = self.plan, len(windows)
        p, steps = plan.segment, plan.steps
        rows = np.zeros((k, steps + self.ahead, self.columns), np.float32)
        values = [windows.z, windows.seen, *([windows.zero] if self.zeros else [])]
        values += [*windows.beside, *windows.ahead]
        for i, column in enumerate(values):
            rows[:, :steps, i * p : (i + 1) * p] = column[:, : plan.reach].reshape(k, steps, p)
        fixed = p * self.channels
        same = np.column_stack([*windows.newest, windows.static])
        rows[:, :, fixed : fixed + same.shape[1]] = same[:, None]
        rows[:, steps:, -1] = np.arange(1, self.ahead + 1) / self.ahead
        first = (self.channels - self.future) * p
        for i, column in enumerate(windows.ahead):
            later = np.zeros((k, self.ahead * p), np.float32)
            later[:, : plan.horizon] = column[:, plan.reach :]
            place = slice(first + i * p, first + (i + 1) * p)
            rows[:, steps:, place] = later.reshape(k, self.ahead, p)
        length = np.full(k, steps + self.ahead)
        return rows.reshape(-1, self.columns), Spans(np.arange(k) * length, length)

    def targets(self, windows: Windows) -> Array:
        """``[k * ahead, p * target width]``, what each step that is read out is to say, see
        `Head.loss`; nothing is known beyond the horizon."""
        width = self.head.target_width
        targets = np.zeros((len(windows), self.ahead * self.plan.segment, width), np.float32)
        targets[..., :2] = np.nan
        targets[:, : self.plan.horizon] = windows.targets()
        return targets.reshape(len(windows) * self.ahead, -1)

    def answer(self, output: Array) -> Array:
        """``[k, h * width]``, of the network's output."""
        width = self.plan.segment * self.head.width
        answer: Array = output.reshape(-1, self.ahead * width)[:, : self.head.outputs]
        return answer
