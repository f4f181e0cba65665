"""A few numbers as bars of signs, one below the other."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .layout import columns

FULL, PARTS = "█", " ▏▎▍▌▋▊▉"
WIDTH = 32
"""Signs of the longest bar."""
DECADES = 6
"""Powers of ten that a logarithmic bar spans: below a millionth of the largest there is none."""


def bars(
    names: Sequence[str],
    values: Sequence[float],
    title: tuple[str, str],
    *,
    logarithmic: bool = False,
) -> str:
    """Names, numbers and a bar for each.

    Args:
        names: of the rows.
        values: from 0; NaN for none.
        title: of the names and of the values.
        logarithmic: whether a bar is shorter by the same for each power of ten.

    Example:
        >>> print(bars(["0", "5"], [1.0, 0.01], ("lag", "gradient"), logarithmic=True))
        lag  gradient
          0         1  ████████████████████████████████
          5      0.01  █████████████████████▍
    """
    largest = max((v for v in values if math.isfinite(v)), default=0.0)
    drawn = []
    for value in values:
        share = value / largest if largest > 0 and value > 0 else 0.0
        if logarithmic and share > 0:
            share = max(1 + math.log10(share) / DECADES, 0.0)
        drawn.append(_bar(min(share, 1.0)))
    words = columns({title[0]: list(names), title[1]: [f"{value:.3g}" for value in values]})
    first, *rest = words.splitlines()
    lines = [f"{line}  {bar}".rstrip() for line, bar in zip(rest, drawn, strict=True)]
    return "\n".join([first, *lines])


def _bar(share: float) -> str:
    """A bar to an eighth of a sign; any share above 0 shows."""
    eighths = max(round(share * 8 * WIDTH), int(share > 0))
    full, rest = divmod(eighths, 8)
    return FULL * full + (PARTS[rest] if rest else "")
