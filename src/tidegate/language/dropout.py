"""How much of what is read is left out in training, where nobody has said."""

from __future__ import annotations

import math

LEAST, MOST = 0.1, 0.7
FEW, MANY = 12, 35
"""Parameters for each character: up to so many the least is left out, from so many the most."""
OF_WORDS = 0.4


def suited(parameters: int, characters: int) -> float:
    """The dropout for a network of so many parameters and a text of so many characters.

    It grows with the logarithm of what the network could learn by heart (docs/design/language.md).

    Example:
        >>> [round(suited(350_000, n), 2) for n in (3_000, 10_000, 20_000, 30_000, 1_000_000)]
        [0.7, 0.7, 0.31, 0.1, 0.1]
        >>> suited(40_000, 10_000)
        0.1
    """
    share = math.log(max(parameters, 1) / max(characters, 1) / FEW) / math.log(MANY / FEW)
    return LEAST + (MOST - LEAST) * min(max(share, 0.0), 1.0)
