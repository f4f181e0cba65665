"""Going on from a text, token by token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .choosing import Choice
from .reader import Reader
from .text import END, UNKNOWN_ID, Alphabet


def write(
    reader: Reader,
    logits: NDArray[Any],
    alphabet: Alphabet,
    prompt: str,
    choice: Choice,
    seed: int,
) -> Iterator[str]:
    """Draws one token after the other, without end; each comes with the blank before it, if any.

    Args:
        reader: what has read the prompt.
        logits: of the token after it, ``[V]``.
        alphabet: the tokens; the unknown one is never written.
        prompt: what the text goes on from.
        choice: how tokens are drawn.
        seed: of the draws.
    """
    random, tokens = np.random.default_rng(seed), alphabet.vocabulary.tokens
    before = (alphabet.tokens(prompt) or [END])[-1]
    if prompt[-1:].isspace():  # the blank is there already
        before = END
    while True:
        allowed = logits.astype(np.float64)
        allowed[UNKNOWN_ID] = -np.inf
        chosen = choice.draw(allowed, random)
        yield alphabet.gap(before, tokens[chosen]) + tokens[chosen]
        before = tokens[chosen]
        logits = reader.step(np.array([chosen], np.int32))[0]
