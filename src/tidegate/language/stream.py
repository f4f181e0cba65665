"""Texts that come token by token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..network import Network
from ..network.parameters import fingerprint
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
                f"tokens must be a list of {len(self)}, one for each text, got {tokens!r:.60}"
            )
        for token in tokens:
            if not isinstance(token, str):
                raise ArgumentError(f"a token must be a text, got {token!r:.60}")
            parts = 1 if token in self.alphabet.vocabulary else len(self.alphabet.tokens(token))
            if parts != 1:
                raise ArgumentError(
                    f"a stream reads one token of a text at a time, got {token!r:.60}, which are "
                    f"{parts}"
                )
        lower = self.alphabet.lower
        known = [token.lower() if lower else token for token in tokens]
        self._logits = self._reader.step(self.alphabet.vocabulary.ids(known))
        return self.chances

    def state(self) -> dict[str, Array]:
        """All that is kept of the texts, for `restore`: arrays, as ``numpy.savez`` takes them."""
        found = {"model": self._model.copy(), "logits": self._logits.copy()}
        return found | {f"state{i}": part.copy() for i, part in enumerate(self._reader.state)}

    def restore(self, state: Mapping[str, Array]) -> TextStream:
        """Goes back, or on, to what `state` gave, of the same model; returns itself.

        Raises:
            ArgumentError: if the state is that of another model, or of this one before it went on
                learning; or of another number of texts.
        """
        own = self.state()
        if not isinstance(state, Mapping) or set(state) != set(own):
            raise ArgumentError("this is not the state of a stream of texts of this model")
        for name, part in own.items():
            if np.shape(state[name]) != part.shape:
                raise ArgumentError(
                    f"{name} of the state must be of {part.shape}, of {len(self)} texts, got "
                    f"{np.shape(state[name])}"
                )
        if not np.array_equal(state["model"], own["model"]):
            raise ArgumentError("this is the state of a stream of another model, which learnt else")
        kept = {name: np.array(state[name], part.dtype) for name, part in own.items()}
        self._logits = kept["logits"]
        self._reader.state = tuple(kept[f"state{i}"] for i in range(len(self._reader.state)))
        return self

    @cached_property
    def _model(self) -> Array:
        """``[8]`` bytes that tell the network from others."""
        return fingerprint([self._reader.network.parameters])
