"""One update by several processes: the same, to rounding, as by one with the whole batch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from ..network.halves import PartGradient, loss_gradient, touched_rows, update
from ..network.results import StepResult
from .custom import CustomLoss, bound
from .source import Chunk, Part

if TYPE_CHECKING:
    from ..network.network import Network
    from ..network.optimizer import Optimizer
    from ..network.spec import NetworkSpec
    from .company import Array, Together

    OfOutput: TypeAlias = Callable[[Array], tuple[float, Array]]


def shared_step(
    network: Network,
    batch: Part,
    optimizer: Optimizer,
    loss: CustomLoss | None,
    together: Together,
    *,
    learning_rate: float,
    seed: int,
) -> StepResult:
    """A training step: each process computes its share of the batch, and all make one update.

    Args:
        network: the same in all processes, and so it stays.
        batch: the same in all; of a `Chunk`, each moves its own share of the states on.
        optimizer: settings and state.
        loss: (targets, output) → (value, gradient), of the whole batch; None for the network's.
            A mixing one, of two means, is computed like this too: parts do not add up to it.
        together: who computes what.
        learning_rate, seed: as in `Network.train_step`.
    """
    own = together.share(len(batch))
    step = optimizer.begin(network.parameters).step + 1
    spec = network.spec
    if loss is not None or (spec.loss is not None and spec.loss.kind == "mixing"):
        function = _of_all(spec, batch) if loss is None else bound(loss, batch)
        value, gradient = _gathered(network, batch, function, together, own, seed, step)
        if not math.isfinite(value):
            return StepResult(value, 0.0)
    else:
        value, gradient = _native(network, batch, together, own, seed, step)
    classes = batch.classes if isinstance(batch, Chunk) else None
    touched = touched_rows(spec, batch.rows, batch.spans, classes)
    norm = update(
        network, gradient, optimizer, touched, classes=classes, learning_rate=learning_rate
    )
    return StepResult(value, norm)


def _of_all(spec: NetworkSpec, batch: Part) -> OfOutput:
    """The network's loss of a whole batch."""
    from ..network.reference_loss import loss as loss_of  # which hardly any run needs
    from ..network.reference_network import target_rows

    loss = spec.loss
    assert loss is not None and not isinstance(batch, Chunk)  # chunks are of class ids
    rows = target_rows(spec, batch.spans, batch.target_index)
    weights = None if batch.weights is None else batch.weights[rows]
    return lambda output: loss_of(loss, output, batch.targets[rows], weights)


def _gathered(
    network: Network,
    batch: Part,
    function: OfOutput,
    together: Together,
    own: slice,
    seed: int,
    step: int,
) -> tuple[float, Array]:
    """With a loss that sees the outputs of all."""
    spec, company = network.spec, together.company
    dropout = seed if spec.drops else None
    spans = batch.spans[own]
    tape = None
    output = np.empty((0, spec.output_size), spec.dtype)
    if len(spans):
        tape = network.forward_train(batch.rows, spans, seed=dropout, step=step, first=own.start)
        output = tape.output
    parts = company.gather(output)
    value, d_output = function(np.concatenate(parts))
    before = sum(len(part) for part in parts[: company.rank])
    gradient = np.zeros_like(network.values)
    if tape is not None and math.isfinite(value):
        gradient = network.backward(tape, d_output[before : before + len(output)])
    company.sum(gradient)
    return value, gradient


def _native(
    network: Network, batch: Part, together: Together, own: slice, seed: int, step: int
) -> tuple[float, Array]:
    """With the network's: each part counts by what its loss was divided by."""
    root = network.spec.loss is not None and network.spec.loss.kind == "rmse"
    found = _part(network, batch, own, seed, step)
    power = 2 if root else 1
    # a part without targets has a loss of 0, and no weight
    sums = np.array([found.weight, found.weight * found.loss**power if found.weight else 0.0])
    together.company.sum(sums)
    weight, total = float(sums[0]), float(sums[1])
    value = total / weight if weight else 0.0
    factor = found.weight / weight if weight else 0.0
    if root:
        value = math.sqrt(value) if value >= 0 else value
        # of a root, each part has the gradient divided by its own root
        factor = factor * found.loss / value if value else 0.0
    gradient = found.values
    gradient *= factor
    together.company.sum(gradient)
    return value, gradient


def _part(network: Network, batch: Part, own: slice, seed: int, step: int) -> PartGradient:
    spans = batch.spans[own]
    if not len(spans):
        return PartGradient(0.0, 0.0, np.zeros_like(network.values))
    if isinstance(batch, Chunk):
        state = tuple(np.ascontiguousarray(part[:, own]) for part in batch.state)
        found = loss_gradient(
            network,
            batch.rows,
            spans,
            batch.targets,
            classes=batch.classes,
            state=state,
            seed=seed,
            step=step,
            first=own.start,
        )
        for part, moved in zip(batch.state, state, strict=True):
            part[:, own] = moved
        return found
    return loss_gradient(
        network,
        batch.rows,
        spans,
        batch.targets,
        target_index=None if batch.target_index is None else batch.target_index[own],
        weights=batch.weights,
        seed=seed,
        step=step,
        first=own.start,
    )
