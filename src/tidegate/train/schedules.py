"""The learning rate of each update, as a share of the highest one.

With s updates done of S in all, and a warm-up of W updates:

    warm-up    (s + 1) / (W + 1)                           while s < W, in front of the first two
    constant   1
    cosine     (1 + cos(π·(s − W) / (S − W))) / 2          SGDR, Loshchilov and Hutter 2017, eq. 5
    onecycle   up from 1/25 to 1 in W updates, down to 1/250,000, both along half a cosine
               (Smith and Topin 2018, in the form of torch.optim.lr_scheduler.OneCycleLR)
"""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

ScheduleKind: TypeAlias = Literal["constant", "cosine", "onecycle"]

START = 1 / 25
END = START / 1e4


def share(kind: ScheduleKind, warmup: float, done: int, total: int) -> float:
    """The share of the highest learning rate that the next update has.

    Args:
        kind: the schedule.
        warmup: share of all updates that the way up takes, 0 up to but not 1.
        done: updates already done, from 0 to total − 1.
        total: updates in all.

    Example:
        >>> [round(share("cosine", 0.0, done, 4), 3) for done in range(4)]
        [1.0, 0.854, 0.5, 0.146]
    """
    up = warmup * total
    if kind == "onecycle":
        top = up - 1  # as in torch, the highest rate is that of update W
        if done <= top and top > 0:
            return _between(START, 1.0, done / top)
        top = max(top, 0.0)
        return _between(1.0, END, (done - top) / max(total - 1 - top, 1.0))
    if done < up:
        return (done + 1) / (up + 1)
    if kind == "cosine":
        return _between(1.0, 0.0, (done - up) / (total - up))
    return 1.0


def _between(first: float, last: float, way: float) -> float:
    """From ``first`` to ``last`` along half a cosine."""
    return last + (first - last) * (1 + math.cos(math.pi * way)) / 2
