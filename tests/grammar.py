"""Sentences of a small grammar, in which a verb follows from a noun some words before it."""

from __future__ import annotations

import numpy as np

NOUNS = {"cat": "is", "cats": "are", "dog": "is", "dogs": "are"}


def sentences(count: int, seed: int) -> list[str]:
    """Agreement over a few words: the verb follows from the noun at the beginning."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        noun = random.choice(list(NOUNS))
        between = " ".join(random.choice(["black", "small", "old"], random.integers(0, 4)))
        middle = f", {between}," if between else ""
        found.append(f"the {noun}{middle} {NOUNS[noun]} hungry.")
    return found
