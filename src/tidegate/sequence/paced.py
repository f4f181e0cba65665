"""How fast networks learn: what others say of sequences that they have not learnt from decides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .learn import Inputs, Learned, Learner, Member
from .samples import Samples
from .temperature import fitted, loss

Array = NDArray[np.float64]


def paced(
    learner: Learner, samples: Samples, apart: list[NDArray[np.int64]], seed: int
) -> tuple[Learner, list[Member], bool]:
    """The learner with that of its two recipes by which sequences held out are told best.

    Fast learning finds what slow learning misses, and knows noise by heart. So both are tried by
    networks that would be needed in any case, and each is judged at the temperature that suits it.

    Args:
        learner: with one recipe, or two.
        samples: all of them.
        apart: the numbers of those that are held out, of each network.
        seed: of the networks.

    Returns:
        The learner; its networks that have not learnt what was held out, none if it has no choice;
        and whether Ctrl-C has ended them: then the first of them is the answer.
    """
    recipe = learner.recipe
    if recipe.other is None or not apart:
        return learner, [], False
    everything = np.arange(len(samples))
    rests = [(np.setdiff1d(everything, some), seed, None) for some in apart]
    recipes = (replace(recipe, other=None), recipe.other)
    found, ended = learner.each(
        samples,
        [rest for rest in rests for _ in recipes],
        [each for _ in rests for each in recipes],
    )
    if ended:
        return learner, found, True
    told = samples.take(np.concatenate(apart))
    costs = []
    for i in range(len(recipes)):
        outputs = said(learner.inputs, samples, apart, found[i :: len(recipes)])
        temperature = fitted(outputs, told.targets, told.weights, "categorical")
        costs.append(loss(outputs / temperature, told.targets, told.weights))
    best = int(np.argmin(costs))
    return replace(learner, recipe=recipes[best]), found[best :: len(recipes)], False


def said(
    inputs: Inputs, samples: Samples, apart: list[NDArray[np.int64]], members: list[Member]
) -> Array:
    """What networks say of the sequences that each has not learnt from, one after the other.

    Args:
        inputs: of all networks.
        samples: all of them.
        apart: the numbers of those that were held out, of each network.
        members: the networks.
    """
    outputs = [
        Learned(inputs, (member,)).outputs(samples.x.take(some))
        for member, some in zip(members, apart, strict=True)
    ]
    return np.concatenate(outputs)
