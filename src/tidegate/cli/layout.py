"""Columns of text, and numbers that fit them."""

from __future__ import annotations

import math
import textwrap
from typing import Any

import numpy as np
from numpy.typing import NDArray

WIDTH = 80
"""Characters of a line, those of a terminal."""
LARGE, SMALL = 1e12, 1e-4
"""Numbers beyond these are written with an exponent."""


def decimals(values: NDArray[Any], digits: int = 4) -> int | None:
    """Places behind the point that give the largest value so many digits; None for an exponent.

    Example:
        >>> decimals(np.array([0.5, 27.65])), decimals(np.array([1e15]))
        (2, None)
    """
    largest = float(np.abs(values).max(initial=0))
    if largest == 0:
        return 0
    if not SMALL <= largest < LARGE:
        return None
    return max(0, digits - 1 - math.floor(math.log10(largest)))


def number(value: float, places: int | None) -> str:
    """A number with so many places behind the point.

    Example:
        >>> number(1234.5, 1), number(-0.001, 1), number(1e-9, None)
        ('1,234.5', '0.0', '1e-09')
    """
    if places is None:
        return f"{value:.4g}"
    return f"{round(value, places) + 0.0:,.{places}f}"


def columns(body: dict[str, list[str]], left: int = 0) -> str:
    """Text in columns, below their names; the first ``left`` begin at the left.

    Example:
        >>> print(columns({"day": ["Mon", "Tue"], "mm": ["10.2", "0.0"]}, left=1))
        day    mm
        Mon  10.2
        Tue   0.0
    """
    aligned = []
    for i, (name, words) in enumerate(body.items()):
        width = max(len(word) for word in (name, *words))
        place = "<" if i < left else ">"
        aligned.append([f"{word:{place}{width}}" for word in (name, *words)])
    return "\n".join("  ".join(line).rstrip() for line in zip(*aligned, strict=True))


def paragraph(words: str) -> str:
    """A sentence on lines that a terminal holds.

    Example:
        >>> print(paragraph("Each of these words goes to the next line where this one has no place."
        ...                 " A long-hyphened word stays whole."))
        Each of these words goes to the next line where this one has no place. A
        long-hyphened word stays whole.
    """
    return textwrap.fill(words, WIDTH, break_long_words=False, break_on_hyphens=False)


def sentence(model: str, verdict: object) -> str:
    """A verdict with its model.

    Example:
        >>> print(sentence("GRU", "no better than naive"), sentence("GRU", "beats naive by 3 %"))
        Verdict: GRU is no better than naive. Verdict: GRU beats naive by 3 %.
    """
    verb = "" if str(verdict).startswith("beats") else "is "
    return f"Verdict: {model} {verb}{verdict}."
