"""What the tests of commands share: small tables, and what a command gave."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

RANDOM = np.random.default_rng(0)
AMOUNTS = np.round(RANDOM.exponential(3, 90), 1) * (RANDOM.random(90) < 0.5)
DAYS = [str(np.datetime64("2024-01-01") + i) for i in range(90)]
LINES = [f"{day},{amount}" for day, amount in zip(DAYS, AMOUNTS, strict=True)]
RAIN = "\n".join(["day,rain", *LINES])
_STEP = np.random.default_rng(0)
WALK = [
    (f"r{i}", step, round(float(_STEP.normal() + i % 2), 3), "still" if i % 2 else "moving")
    for i in range(20)
    for step in range(3 + i % 4)
]
STEPS = "\n".join(["run,second,x,activity", *(",".join(map(str, row)) for row in WALK)])
SENTENCES = "the\tDET\ncat\tNOUN\nsleeps\tVERB\n\na\tDET\ndog\tNOUN\nbarks\tVERB\n\n" * 5
TEXTS = [
    (f"a {word} film no {i}", mood)
    for i in range(20)
    for word, mood in (("good", "yes"), ("bad", "no"))
]
SHORT = ("--updates", "3", "--hidden", "4")
"""Options of a command that learns labels and is not to learn them well."""


class Done(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Done]


def several(rows: int = 40) -> str:
    """A table of two shops."""
    body = [f"{shop},{day},{i % 5 - 2}" for shop in "ab" for i, day in enumerate(DAYS[:rows])]
    return "\n".join(["shop,day,sold", *body])


def rows(text: str) -> list[dict[str, str]]:
    """Of a CSV file."""
    return list(csv.DictReader(io.StringIO(text)))
