"""What the tests of commands share: small tables, and what a command gave."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

RANDOM = np.random.default_rng(0)
AMOUNTS = np.round(RANDOM.exponential(3, 90), 1) * (RANDOM.random(90) < 0.5)
DAYS = [str(np.datetime64("2024-01-01") + i) for i in range(90)]
LINES = [f"{day},{amount}" for day, amount in zip(DAYS, AMOUNTS, strict=True)]
RAIN = "\n".join(["day,rain", *LINES])


class Done(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Done]


def several(rows: int = 40) -> str:
    """A table of two shops."""
    body = [f"{shop},{day},{i % 5 - 2}" for shop in "ab" for i, day in enumerate(DAYS[:rows])]
    return "\n".join(["shop,day,sold", *body])
