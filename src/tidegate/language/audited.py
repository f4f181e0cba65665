"""A language model with a text, as the audit sees it.

The text is cut into sequences of up to 200 tokens. By length of context: what single tokens of it
cost, if so many before each are read; by whom, `unlearnt.py` says.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..data.spans import Spans
from ..errors import DataError
from ..network import Network
from ..network.audited import NetworkSubject, about_of
from ..network.lags import doubling, spread
from ..network.subject import Context
from . import unlearnt
from .text import END_ID
from .training import LanguageTraining
from .unlearnt import Judged

if TYPE_CHECKING:
    from .model import LanguageModel

Array = NDArray[Any]

STEPS = 200
"""Tokens of a sequence."""
LONGEST = 256
"""Tokens of context, at most."""
LEAST = 150
"""Tokens of which it is asked what they cost, at least: some cost many times as much as others."""
OUTPUTS = 20_000_000
"""Numbers that leave the network for all sequences, at most."""


def subject(model: LanguageModel, text: str) -> NetworkSubject:
    """The model with a text; of a long one, parts of it.

    Raises:
        DataError: if it has fewer than three tokens.
    """
    network, alphabet = model.network_, model.alphabet_
    training = LanguageTraining() if model.training is None else model.training
    spec = network.spec
    ids = np.concatenate([np.array([END_ID], np.int32), alphabet.ids(text)])
    if len(ids) < 4:
        raise DataError(
            f"an audit needs a text of three tokens at least, got {len(ids) - 1}; give more"
        )
    start = np.arange(0, len(ids) - 1, STEPS)
    length = np.minimum(STEPS, len(ids) - 1 - start)
    most = max(OUTPUTS // (STEPS * spec.output_size), 4)
    chosen = spread(len(start), most)
    chosen = chosen[length[chosen] > 1]
    spans = Spans(start[chosen], length[chosen])
    rows = np.repeat(spans.start - np.cumsum(spans.length) + spans.length, spans.length)
    rows = rows + np.arange(len(rows))

    def score(output: Array) -> Array:
        each = _nats(output, ids[rows + 1])
        found: Array = np.add.reduceat(each, np.cumsum(spans.length) - spans.length)
        return found / spans.length

    longest = min(LONGEST, len(ids) // 2)

    def losses(judged: Judged, seen: int, most: int) -> Array:
        at_end = Network(spec.but(readout="last"), parameters=judged.network.parameters)
        first = max(longest, judged.first)  # each has the longest context
        token = first + spread(len(ids) - first, most)
        size = np.full(len(token), min(seen, longest))
        parts = []
        for some in np.array_split(np.arange(len(token)), max(len(token) * seen // 50_000, 1)):
            output = at_end.forward(ids, Spans(token[some] - size[some], size[some])).output
            parts.append(_nats(output, ids[token[some]]))
        return judged.drawn(np.concatenate(parts), ids[token])

    settled = replace(training, updates=training.updates_for(len(ids), model.level))
    judged = unlearnt.judged(network, ids, model.seen_, settled, losses)
    words = model.level == "word"
    settings: tuple[str, ...] = ("cell", "init", "learning_rate", "hidden", "clip_value")
    settings += ("clip",) if training.clip is None else ()
    about = replace(
        about_of(spec),
        outputs=("all outputs",),
        step="word" if words else "character",
        unit="per unit of the embedding",
        loss="nats a token",
        settings=settings,
        burst=network.burst,
    )
    tokens = alphabet.vocabulary.tokens
    labels = tuple(tokens[i].replace("\n", "\\n") for i in ids[rows])
    return NetworkSubject(
        about,
        network,
        ids,
        spans,
        score,
        contexts=Context(tuple(doubling(longest)), partial(losses, judged), LEAST),
        labels=labels,
    )


def _nats(logits: Array, ids: Array) -> Array:
    z = logits.astype(np.float64)
    z -= z.max(axis=1, keepdims=True)
    found: Array = np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(ids)), ids]
    return found
