"""A training step whose gradient is clipped number by number, between its two halves.

Clipping by norm keeps the direction of a gradient (Pascanu, Mikolov and Bengio 2013, algorithm 1);
clipping by value is older (Mikolov 2012) and cuts off what a few weights have too much of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ..data.bags import TokenBags
from ..data.spans import Spans
from .classes import Classes
from .halves import loss_gradient, touched_rows, update
from .native import Array, State
from .results import StepResult

if TYPE_CHECKING:
    from .network import Network
    from .optimizer import Optimizer


def clipped_step(
    network: Network,
    rows: ArrayLike | TokenBags,
    spans: Spans,
    targets: ArrayLike,
    optimizer: Optimizer,
    target_index: ArrayLike | None,
    weights: ArrayLike | None,
    classes: Classes | None,
    state: State | None,
    seed: int,
    learning_rate: float | None,
) -> StepResult:
    """`Network.train_step`, with ``optimizer.clip_value``."""
    found = loss_gradient(
        network,
        rows,
        spans,
        targets,
        target_index=target_index,
        weights=weights,
        classes=classes,
        state=state,
        seed=seed,
        step=optimizer.begin(network.values).step + 1,
    )
    if not np.isfinite(found.loss):
        return StepResult(found.loss, 0.0)
    norm = clipped_update(network, found.values, optimizer, rows, spans, learning_rate, classes)
    return StepResult(found.loss, norm)


def clipped_update(
    network: Network,
    gradient: Array,
    optimizer: Optimizer,
    rows: ArrayLike | TokenBags,
    spans: Spans,
    learning_rate: float | None,
    classes: Classes | None = None,
) -> float:
    """Moves the parameters by the gradient of these spans, clipped; its norm before that."""
    touched = touched_rows(network.spec, rows, spans, classes)
    return update(
        network, gradient, optimizer, touched, classes=classes, learning_rate=learning_rate
    )
