"""Training a network on a text."""

from __future__ import annotations

import numpy as np

from ..errors import DataError
from ..network import Network
from ..train import History, fit_carried
from ..train.progress import Listener
from .sampled import sampler
from .text import END, Alphabet
from .training import LanguageTraining


def held_out(share: float, tokens: int) -> int:
    """How many of a text's tokens are held out: none, or two at least."""
    held = round(share * tokens)
    return max(held, 2) if held else 0


def learn(
    network: Network,
    alphabet: Alphabet,
    text: str,
    training: LanguageTraining,
    seed: int,
    progress: bool | Listener | None,
) -> History:
    """Trains the network in place."""
    ids = alphabet.ids(END + text)
    held = held_out(training.validation, len(ids))
    known = ids[: len(ids) - held]
    if len(known) < 2:
        raise DataError("text is too short to hold some of it out; give more, or validation=0")
    counts = np.bincount(known, minlength=len(alphabet.vocabulary))
    return fit_carried(
        network,
        known,
        training.settings(len(known), seed, alphabet.level),
        steps=training.steps,
        validation=ids[len(ids) - held :] if held else None,
        sample=sampler(counts, training.sampled, seed),
        progress=progress,
    )
