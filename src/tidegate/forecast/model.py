"""One network over all series: arrays in, quantiles out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..cells.base import sigmoid
from ..errors import ArgumentError
from ..network import Network
from ..train import History, fit_drawn
from ..train.progress import Listener
from .batches import Batches
from .conformal import Correction
from .distribution import conditional, quantile
from .head import Parts
from .inputs import Inputs
from .plan import Plan
from .ridge import Ridge
from .windows import Sampler, Table, Windows

Array = NDArray[Any]

AT_ONCE = 1024
"""Windows that are forecast in one go."""
NUMBERS = 8
"""Of each row of a window, about, while windows are made; of each unit, while a step is learnt."""


class Forecast(NamedTuple):
    """What may come after k cuts, h steps ahead, in the units of the data."""

    quantiles: Array
    """``[k, h, levels]``, increasing with the level."""
    chance: Array
    """``[k, h]``, of a value that is not zero; NaN for a series without many zeros."""


@dataclass(frozen=True)
class Model:
    """A trained network, and what its output means."""

    inputs: Inputs
    network: Network
    correction: Correction
    ridge: Ridge | None = None
    """Where it counts."""

    @property
    def plan(self) -> Plan:
        """What was learnt, and how."""
        return self.inputs.plan

    @classmethod
    def train(
        cls,
        inputs: Inputs,
        table: Table,
        progress: bool | Listener | None = None,
    ) -> tuple[Model, History]:
        """A model of all series of a table; one series at least is longer than ``plan.least``.

        Args:
            inputs: what the network reads, and so what it is.
            table: all that may be known.
            progress: as for `train.fit`.

        Raises:
            ArgumentError: if memory does not hold windows of so many rows.
        """
        plan = inputs.plan
        training = plan.training
        _check_room(inputs)
        updates = inputs.updates(int(table.length.sum()))
        sampler = Sampler(table, plan)
        network = Network(inputs.spec.but(loss=inputs.head.loss), seed=plan.seed)
        inputs.start(network, sampler.draw(updates, AT_ONCE).targets())
        draw = Batches(sampler, inputs, training.size, updates)
        settings = training.settings(updates, plan.seed)
        history = fit_drawn(network, draw, None, settings, progress=progress)
        network = network.copied(inputs.spec)
        ridge = Ridge.of(table, plan) if plan.ridge else None
        return cls(inputs, network, Correction.none(len(inputs.head.quantiles)), ridge), history

    def parts(self, windows: Windows) -> tuple[Array, Array]:
        """Of each window: the quantiles that are learnt, ``[k, h, quantiles]`` in its units, and
        the chance of a value that is not zero, ``[k, h]``, 1 where zeros are not counted apart."""
        found = self._said(windows)
        chance = np.ones(found.quantiles.shape[:2])
        if found.logit is not None:
            zeros = windows.table.zeros[windows.series]
            chance[zeros] = sigmoid(found.logit[zeros])
        return self.correction.apply(self.leant(found.quantiles, windows)), chance

    def apart(self, windows: Windows) -> tuple[Array, Array]:
        """Of each window, before intervals are corrected: the quantiles without the ridge
        regression, ``[k, h, quantiles]``, and how far it lies from their median, ``[k, h]``, 0
        where it counts for nothing."""
        quantiles = self._averaged(self._said(windows).quantiles, windows)
        if self.ridge is None:
            return quantiles, np.zeros(quantiles.shape[:2])
        away = self._away(quantiles, windows)
        return quantiles, np.where(self.shares(windows)[1][:, None] > 0, away, 0.0)

    def leant(self, quantiles: Array, windows: Windows) -> Array:
        """Means of the network's quantiles, ``[k, h, quantiles]``, and those of exponential
        smoothing, as far as it counts, then moved as their median is to a ridge regression."""
        quantiles = self._averaged(quantiles, windows)
        if self.ridge is not None:
            away = self.shares(windows)[1][:, None] * self._away(quantiles, windows)
            quantiles = quantiles + away[..., None]
        return quantiles

    def _away(self, quantiles: Array, windows: Windows) -> Array:
        """How far the ridge regression lies from the median of quantiles, ``[k, h]``."""
        assert self.ridge is not None
        return self.ridge.ahead(windows) - quantiles[..., self.inputs.head.middle]

    def _averaged(self, quantiles: Array, windows: Windows) -> Array:
        if self.plan.smoothing:
            away = windows.smoothed.at(self.inputs.head.quantiles) - quantiles
            quantiles = quantiles + self.shares(windows)[0][:, None, None] * away
        return quantiles

    def _said(self, windows: Windows) -> Parts:
        """What the network says, before anything else counts."""
        output = self.network.forward(*self.inputs.rows(windows)).output
        answer = self.inputs.answer(output).astype(np.float64)
        return self.inputs.head.parts(answer, windows.paths)

    def shares(self, windows: Windows) -> tuple[Array, Array]:
        """``[k]`` each, how much smoothing and the ridge regression count: not at all where zeros
        are counted apart."""
        apart = windows.table.zeros[windows.series]
        plan = self.plan
        return np.where(apart, 0.0, plan.smoothing), np.where(apart, 0.0, plan.ridge)

    def forecast(
        self,
        table: Table,
        series: Array,
        cut: Array,
        levels: Array,
        future: Array | None = None,
    ) -> Forecast:
        """What may come after some cuts.

        Args:
            table: of the series.
            series: ``[k]``, their numbers.
            cut: ``[k]``, rows of the table.
            levels: increasing, in (0, 1).
            future: ``[k, h, F]``, covariates after the cuts; None for those of the table.
        """
        parts = []
        for first in range(0, len(cut), AT_ONCE):
            some = slice(first, first + AT_ONCE)
            ahead = None if future is None else future[some]
            windows = Windows.before(table, self.plan, series[some], cut[some], ahead)
            parts.append(self._some(windows, levels))
        quantiles, chance = (np.concatenate(part) for part in zip(*parts, strict=True))
        return Forecast(quantiles, chance)

    def _some(self, windows: Windows, levels: Array) -> Forecast:
        table = windows.table
        zeros = table.zeros[windows.series]
        known, chance = self.parts(windows)
        result = np.empty((*chance.shape, len(levels)))
        for i, level in enumerate(levels):
            inner = conditional(level, chance)
            z = quantile(np.where(inner > 0, inner, 0.5), self.inputs.head.quantiles, known)
            result[..., i] = table.scaling.undo(windows.undo(z), windows.series, windows.floor)
            result[..., i][inner <= 0] = 0
        # rounding may let equal ones cross
        ordered = np.maximum.accumulate(result, -1)
        return Forecast(ordered, np.where(zeros[:, None], chance, np.nan))


def _check_room(inputs: Inputs) -> None:
    """Sees to it that memory holds windows, before any is made of rows that are mostly padding."""
    plan = inputs.plan
    windows = 8 * NUMBERS * AT_ONCE * plan.reach
    steps = 4 * (NUMBERS * plan.hidden + inputs.columns) * (plan.steps + inputs.ahead)
    try:
        np.empty(windows + plan.training.size * steps, np.uint8)
    except (MemoryError, ValueError, OverflowError):  # more bytes than an address can count
        raise ArgumentError(
            f"windows of {plan.reach} rows, {plan.training.size} to a batch, do not fit into "
            f"memory; take a shorter window or season, or a smaller batch"
        ) from None
