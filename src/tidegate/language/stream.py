"""Texts that come token by token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..network import Network
from ..network.native import State
from ..network.reference_loss import softmax
from .reader import Reader
from .text import END_ID, Alphabet

Array = NDArray[Any]


class TextStream:
    """n texts that are read as they come; after each token, the chances of the next.

    They begin at the start of a line. The chances are those of the whole text, to the bit.
    """

    def __init__(self, network: Network, alphabet: Alphabet, n: int) -> None:
        self.alphabet = alphabet
        self._reader = Reader(network, n)
        self._logits = self._reader.step(np.full(n, END_ID, np.int32))

    def __len__(self) -> int:
        return len(self._logits)

    @property
    def chances(self) -> Array:
        """Of each token to come next, in the order of the vocabulary: ``[V]``, or ``[n, V]`` of
        several texts."""
        found: Array = softmax(self._logits.astype(np.float64))
        return found[0] if len(self) == 1 else found

    def push(self, token: str) -> Array:
        """Reads a token of the only text; the chances of the next, ``[V]``."""
        if len(self) > 1:
            raise ArgumentError(f"this stream has {len(self)} texts; push_many takes a token each")
        return self.push_many([token])

    def push_many(self, tokens: Sequence[str]) -> Array:
        """Reads a token of each text; the chances of the next.

        Args:
            tokens: n words, or n characters; those that are not known count as ``<unk>``.

        Returns:
            ``[n, V]``, or ``[V]`` of a single text.

        Raises:
            ArgumentError: if there is not one token for each text.
        """
        if isinstance(tokens, str) or len(tokens) != len(self):
            raise ArgumentError(
                f"tokens must be a list of {len(self)}, one for each text, got {tokens!r}"
            )
        for token in tokens:
            if not isinstance(token, str):
                raise ArgumentError(f"a token must be a text, got {token!r}")
            if token not in self.alphabet.vocabulary and (parts := self.alphabet.tokens(token))[1:]:
                raise ArgumentError(
                    f"a stream reads one token of a text at a time, got {token!r:.60}, which are "
                    f"{len(parts)}"
                )
        lower = self.alphabet.lower
        known = [token.lower() if lower else token for token in tokens]
        self._logits = self._reader.step(self.alphabet.vocabulary.ids(known))
        return self.chances

    def state(self) -> tuple[State, Array]:
        """All that is kept of the texts; for `restore`."""
        return self._reader.state, self._logits

    def restore(self, state: tuple[State, Array]) -> None:
        """Goes back to where `state` was taken, of this stream or another one of the model."""
        try:
            states, logits = state
            shape = np.shape(logits)
        except (TypeError, ValueError):
            raise ArgumentError("this is not the state of a stream of texts") from None
        if not isinstance(logits, np.ndarray) or shape != self._logits.shape:
            raise ArgumentError(
                f"the state must be one of {len(self)} texts of this model, with arrays of NumPy, "
                f"got one of {shape}"
            )
        self._reader.state, self._logits = states, logits
