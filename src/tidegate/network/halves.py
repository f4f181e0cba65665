"""A training step in two halves, for a batch whose parts are computed in several places.

Each place takes the gradient of its part; their sum moves the parameters, everywhere alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..data.bags import TokenBags
from ..data.spans import Spans
from .classes import Classes
from .native import Array, State, call, checked_seed, native_optimizer
from .optimizer import Optimizer
from .spec import NetworkSpec, TokenInput

if TYPE_CHECKING:
    from .network import Network


class PartGradient(NamedTuple):
    """The loss over a part of a batch, and its gradient."""

    loss: float
    weight: float
    """What the loss was divided by: of the targets, or the number of sequences."""
    values: Array
    """[parameters], flat; zero where nothing reaches them, and where the loss is not finite."""


def loss_gradient(
    network: Network,
    rows: ArrayLike | TokenBags,
    spans: Spans,
    targets: ArrayLike,
    *,
    target_index: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    classes: Classes | None = None,
    state: State | None = None,
    seed: int = 0,
    step: int = 0,
    first: int = 0,
) -> PartGradient:
    """The first half, in one call of the core: forward, loss, backward.

    Args:
        network: with a head and a loss.
        rows, spans, targets, target_index, weights, classes, state: as in `Network.train_step`.
        seed, step: of the dropout masks; `Network.train_step` takes the optimizer's next step.
        first: what the first span counts as among those of the whole batch: a part has the masks
            that it would have there.

    Raises:
        ArgumentError: if anything does not fit the network.
    """
    native = network.native
    gradient = np.empty_like(network.values)
    loss, weight = call(
        native.network.loss_gradient,
        network.values,
        native.spans(rows, spans, state),
        native.targets(targets, target_index, weights, len(spans), classes),
        network.spec.drops,
        checked_seed(seed),
        step,
        first,
        gradient,
        *native.moving(state, len(spans)),
        why=lambda: native.why(rows, spans, targets, target_index),
    )
    return PartGradient(loss, weight, gradient)


def update(
    network: Network,
    gradient: Array,
    optimizer: Optimizer,
    touched: Array,
    *,
    classes: Classes | None = None,
    learning_rate: float | None = None,
) -> float:
    """The second half: clips the gradient in place and moves the parameters, if it is finite.

    Args:
        network: whose parameters are moved.
        gradient: ``[parameters]``, of the whole batch.
        optimizer: settings and state; its state moves on.
        touched: the rows of the embedding that the batch reads, see `touched_rows`.
        classes: those that the batch scored; None for all.
        learning_rate: in place of the optimizer's own.

    Returns:
        The gradient's norm before clipping.
    """
    parameters = network.parameters  # which marks them as changed
    course = optimizer.begin(parameters)
    whole = None
    if optimizer.clip_value is not None:
        whole = float(np.linalg.norm(gradient.astype(np.float64)))
        if not np.isfinite(whole):  # cut off, it would look as if it were
            return whole
        np.clip(gradient, -optimizer.clip_value, optimizer.clip_value, out=gradient)
    norm = float(
        call(
            network.native.network.update,
            network.values,
            course.m,
            course.v,
            gradient,
            touched,
            None if classes is None else classes.ids,
            native_optimizer(optimizer, learning_rate, course.step + 1),
            optimizer.clip or 0.0,
        )
    )
    if np.isfinite(norm):
        course.step += 1
    return norm if whole is None else whole


def touched_rows(
    spec: NetworkSpec, rows: ArrayLike | TokenBags, spans: Spans, classes: Classes | None = None
) -> Array:
    """The rows of the embedding that a batch reads, each once; none where it reads numbers.

    Example:
        >>> spec = NetworkSpec(TokenInput(9, 4), hidden=4)
        >>> touched_rows(spec, np.array([7, 1, 7, 3]), Spans([0, 1], [3, 1])).tolist()
        [1, 7]
    """
    if not isinstance(spec.input, TokenInput):
        return np.empty(0, np.int64)
    ids = rows.ids if isinstance(rows, TokenBags) else np.asarray(rows)
    length = spans.length
    before = np.cumsum(length) - length
    found = np.unique(ids[np.repeat(spans.start - before, length) + np.arange(length.sum())])
    if isinstance(rows, TokenBags):
        entries = [rows.rows[rows.first[i] : rows.first[i + 1]] for i in found]
        found = np.unique(np.concatenate(entries))
    if spec.tied and classes is not None:
        found = np.union1d(found, classes.ids)
    return found.astype(np.int64)
