"""Where a new network begins: at the answer that is best where nothing of a sequence is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..network import Loss, Network, NetworkSpec
from .samples import Samples
from .tasks import Task

if TYPE_CHECKING:
    from .learn import Inputs

Array = NDArray[Any]

NUMBERS = ("mse", "rmse", "mae", "huber", "pinball")


def begun(spec: NetworkSpec, inputs: Inputs, task: Task, samples: Samples, seed: int) -> Network:
    """A network with its head's bias at the shares of the classes, or at the middle of the numbers.

    Of numbers that are all the same the head's weights begin at zero, so that it is right from the
    start. Of others they do not: three problems of 60 sequences went no better so, two worse.

    Args:
        spec: of the network.
        inputs: what it reads, some of which may begin where the sequences say.
        task: what it learns.
        samples: what it learns from.
        seed: of all that is drawn.
    """
    network = Network(spec, seed=seed)
    inputs.begin(network.params, samples.x, seed)
    weights = samples.weights / samples.weights.mean()
    if task.stepwise:
        weights = np.repeat(weights, samples.x.length)
    params, targets = network.params, samples.targets
    params["head_bias"][...] = middle(task.loss, targets, weights, task.outputs)
    if task.loss.kind in NUMBERS:
        constant = (targets == targets[0]).all(axis=0)
        params["head_weight"][np.repeat(constant, task.outputs // len(constant))] = 0
    return network


def middle(loss: Loss, targets: Array, weights: Array, outputs: int) -> Array:
    """The best output ``[outputs]`` for all alike; classes and answers count once more than seen.

    Args:
        loss: that it is best by.
        targets: ``[n, K]``.
        weights: ``[n]``.
        outputs: of the network.

    Example:
        >>> ids = np.array([[0.0], [0.0], [0.0], [1.0]])
        >>> middle(Loss("categorical"), ids, np.ones(4), 2).round(3).tolist()  # ±log(4 / 2) / 2
        [0.347, -0.347]
        >>> levels = Loss("pinball", quantiles=(0.25, 0.5))
        >>> middle(levels, np.array([[3.0], [1.0], [2.0], [4.0]]), np.ones(4), 2).tolist()
        [1.0, 2.0]
    """
    if loss.kind == "categorical":
        count = np.bincount(targets[:, 0].astype(np.int64), weights, minlength=outputs)
        found = np.log(count * (loss.class_weight or 1.0) + 1)
        return np.asarray(found - found.mean())
    if loss.kind == "binary":
        known = np.where(np.isnan(targets), 0.0, weights[:, None])
        yes = (known * np.nan_to_num(targets)).sum(axis=0)
        chance: Array = np.log((yes + 1) / (known.sum(axis=0) - yes + 1))
        return chance
    if loss.kind in ("mae", "pinball"):
        levels = loss.quantiles or (0.5,)
        return np.concatenate([_quantiles(column, weights, levels) for column in targets.T])
    mean: Array = np.average(targets, axis=0, weights=weights)
    return mean


def _quantiles(values: Array, weights: Array, levels: tuple[float, ...]) -> Array:
    """The least value that so large a share of the weights lies at or below, for each level."""
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weights[order])
    # sums of shares may end up just above a level that they ought to meet
    place = np.searchsorted(share, np.array(levels) * share[-1] * (1 - 1e-12))
    found: Array = values[order][place]
    return found
