"""One network over all series: arrays in, quantiles out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..cells.base import sigmoid
from ..network import Network, NetworkSpec, NumberInput
from ..train import History, fit
from ..train.progress import Listener
from .distribution import conditional, quantile
from .head import Head
from .plan import Plan
from .scaling import Scaling
from .windows import PATHS, Table, Windows, sample

Array = NDArray[Any]


class Forecast(NamedTuple):
    """What may come after k cuts, h steps ahead, in the units of the data."""

    quantiles: Array
    """``[k, h, levels]``, increasing with the level."""
    chance: Array
    """``[k, h]``, of a value that is not zero; NaN for a series without many zeros."""


@dataclass(frozen=True)
class Model:
    """A trained network, and what its output means."""

    plan: Plan
    head: Head
    network: Network

    @classmethod
    def train(
        cls, plan: Plan, table: Table, progress: bool | Listener | None = None
    ) -> tuple[Model, History]:
        """A model of all series of a table; one series at least is longer than ``plan.least``.

        Args:
            plan: what to learn, and how.
            table: all that may be known.
            progress: as for `train.fit`.
        """
        training = plan.training
        updates = training.updates_for(int(table.length.sum()))
        rng = np.random.Generator(np.random.PCG64(plan.seed))
        windows, which = sample(
            table, updates * training.batch, plan.window, plan.least, plan.season, rng
        )
        targets = windows.targets(plan.horizon)
        head = Head(plan.horizon, PATHS, bool(table.zeros.any()))
        spec = NetworkSpec(
            NumberInput(table.rows.shape[1]),
            cell=plan.cell,
            hidden=plan.hidden,
            outputs=head.outputs,
        )
        network = Network(spec, seed=plan.seed)
        head.start(network, *_usual(targets))
        history = fit(
            network,
            table.rows,
            windows.spans[which],
            targets,
            training.settings(updates, plan.seed),
            target_index=which,
            loss=head.loss,
            progress=progress,
        )
        return cls(plan, head, network), history

    def forecast(self, windows: Windows, scaling: Scaling, levels: Array) -> Forecast:
        """What may come after each window.

        Args:
            windows: k of them.
            scaling: of the windows' table.
            levels: increasing, in (0, 1).
        """
        output = self.network.forward(windows.table.rows, windows.spans).output.astype(np.float64)
        parts = self.head.parts(output, windows.paths(self.plan.horizon))
        zeros = windows.table.zeros[windows.series]
        chance = np.ones(parts.quantiles.shape[:2])
        if parts.logit is not None:
            chance[zeros] = sigmoid(parts.logit[zeros])
        result = np.empty((*chance.shape, len(levels)))
        for i, level in enumerate(levels):
            inner = conditional(level, chance)
            z = quantile(np.where(inner > 0, inner, 0.5), self.head.quantiles, parts.quantiles)
            result[..., i] = scaling.undo(windows.undo(z), windows.series)
            result[..., i][inner <= 0] = 0
        # rounding may let equal ones cross
        ordered = np.maximum.accumulate(result, -1)
        return Forecast(ordered, np.where(zeros[:, None], chance, np.nan))


def _usual(targets: Array) -> tuple[float, float]:
    """How far values lie from the mean of the paths, and how many of them are not zero."""
    errors = np.abs(targets[..., 0] - targets[..., 2:].mean(-1))
    errors, events = errors[~np.isnan(errors)], targets[..., 1][~np.isnan(targets[..., 1])]
    spread = 1.25 * float(errors.mean()) if errors.size else 1.0
    chance = float(events.mean()) if events.size else 0.5
    return max(spread, 1e-3), min(max(chance, 0.01), 0.99)
