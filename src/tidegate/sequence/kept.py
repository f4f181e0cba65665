"""How much is kept of what networks say of numbers: sequences that were held out tell it.

Networks learn a few dozen sequences by heart, whether these say anything or not. Where they say
little, the best answer lies between what a network says and the middle of all numbers (Stein 1956;
Copas 1983, Regression, Prediction and Shrinkage).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..network import Loss
from ..network.reference_loss import loss as loss_of
from .begin import middle
from .learn import Member
from .samples import Samples

Array = NDArray[Any]

SHARES = np.linspace(1.0, 0.05, 20)
"""What may be kept."""
LEAST = 0.4
"""What always is: with less, networks would say under two thirds of the variance of numbers that
they know by heart, and a few dozen held out do not tell so much for sure."""
SQUARED = ("mse", "huber")
"""Losses that count squares of errors: n of these are as likely as the loss to the power of -n/2,
others as to that of -n, whatever the size of the errors."""


def corrected(
    members: tuple[Member, ...], outputs: Array, held: Samples, samples: Samples, loss: Loss
) -> tuple[Member, ...]:
    """Networks that say what is worth saying, which is in the weights of their heads.

    Args:
        members: that answer.
        outputs: ``[m, O]``, what networks say that have not learnt what was held out.
        held: what that was, m samples.
        samples: all of them.
        loss: by which the answers are judged.
    """
    centre = middle(loss, samples.targets, samples.weights, outputs.shape[1])
    share = kept(outputs, held.targets, held.weights, loss, centre)
    return tuple(_toward(member, share, centre) for member in members)


def kept(outputs: Array, targets: Array, weights: Array, loss: Loss, centre: Array) -> Array:
    """The share of what lies beside the middle that is kept of each output, ``[O]``: the mean of
    `SHARES`, each as likely as the targets are by it, or `LEAST`.

    Args:
        outputs: ``[m, O]``, quantiles of one number beside each other.
        targets: ``[m, K]``
        weights: ``[m]``
        loss: of numbers.
        centre: ``[O]``, the middle.

    Example:
        >>> truth = np.array([[-2.0], [-1.0], [1.0], [2.0]])
        >>> kept(2 * truth, truth, np.ones(4), Loss("mse"), np.zeros(1)).round(3).tolist()
        [0.5]
    """
    found = np.ones(len(centre))
    power = len(outputs) / 2 if loss.kind in SQUARED else len(outputs)
    each = len(centre) // targets.shape[1]
    for k in range(targets.shape[1]):
        of_one = slice(k * each, (k + 1) * each)
        apart, base = outputs[:, of_one] - centre[of_one], centre[of_one]
        target = targets[:, k : k + 1]
        costs = [loss_of(loss, base + share * apart, target, weights)[0] for share in SHARES]
        logs = -power * np.log(np.maximum(costs, 1e-300))
        likely = np.exp(logs - logs.max())
        found[of_one] = max(likely @ SHARES / likely.sum(), LEAST)
    return found


def _toward(member: Member, share: Array, centre: Array) -> Member:
    """A network whose outputs keep such shares of what lies beside the middle."""
    network = member.network.copied()
    weight, bias = network.params["head_weight"], network.params["head_bias"]
    weight *= share[:, None]
    bias[...] = centre + share * (bias - centre)
    wide = None if member.wide is None else member.wide.times(share)
    return replace(member, network=network, wide=wide)
