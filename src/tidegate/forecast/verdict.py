"""Whether a model beats the best baseline, in one sentence."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

FEW = 8
"""With fewer windows than this, nothing can be told apart from chance."""
CLEAR = 2.0
"""Standard errors of the mean difference that chance hardly ever reaches."""


def verdict(scores: dict[str, tuple[Array, Array]]) -> str:
    """The sentence.

    The whole forecast counts, with its intervals: what is compared is the pinball loss, window by
    window, with the baseline whose own is lowest. Where the mean absolute errors of the medians
    speak against it, the sentence says so.

    Args:
        scores: the model's first; mean absolute errors and pinball losses, ``[k]`` each.

    Example:
        >>> even = np.ones(10)
        >>> verdict({"LSTM": (even, even), "naive": (even, even)})
        'LSTM did no better than naive over the last 10 windows: take naive, it is simpler.'
    """
    model, *baselines = scores
    best = min(baselines, key=lambda name: float(scores[name][1].mean()))
    own, theirs = scores[model][1], scores[best][1]
    count = len(own)
    share = _percent(own, theirs)
    over = f"over the last {count} windows" if count > 1 else "over the last window"
    if share is None:
        return f"{model} did no better than {best} {over}: take {best}, it is simpler."
    if theirs.mean() == 0:
        return f"{best} made no error {over}, and {model} did: take {best}."
    if own.mean() > theirs.mean():
        sure = "clearly" if _clear(own - theirs) else "by no more than chance explains"
        return (
            f"{best} did better than {model} {over}, by {share} in pinball loss, {sure}: "
            f"take {best}."
        )
    if count < FEW:
        sure = (
            f"but {count} windows are too few to tell that from chance"
            if count > 1
            else ("but one window is too few to tell that from chance")
        )
    elif _clear(own - theirs):
        sure = "more than chance explains"
    else:
        sure = "no more than chance explains"
    return (
        f"{model} did better than {best}, the best baseline, {over}: by {share} in pinball loss, "
        f"{sure}{_against(scores, model)}."
    )


def _against(scores: dict[str, tuple[Array, Array]], model: str) -> str:
    """What to add where a baseline's median is the better one."""
    means = {name: float(mae.mean()) for name, (mae, _) in scores.items()}
    best = min(means, key=lambda name: means[name])
    if best == model:
        return ""
    return f"; but the mean absolute error of {best} is lower"


def _clear(difference: Array) -> bool:
    """Whether its mean is further from 0 than chance would bring it."""
    count = len(difference)
    if count < FEW:
        return False
    error = float(difference.std(ddof=1)) / math.sqrt(count)
    return abs(float(difference.mean())) > CLEAR * error


def _percent(own: Array, theirs: Array) -> str | None:
    """The difference as a share of the baseline's; None if there is none to speak of."""
    difference, base = abs(float(np.mean(own - theirs))), float(theirs.mean())
    if difference <= 1e-12 * max(base, 1e-300):
        return None
    share = 100 * difference / base if base else 100.0
    return f"{share:.0f} %" if share >= 1 else "less than 1 %"
