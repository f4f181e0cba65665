"""Texts: how likely they are, and what comes next."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from ..errors import ArgumentError, DataError, NotFittedError
from ..network import Network, checks
from ..network.reference_loss import softmax
from ..train import History
from ..train.progress import Listener
from . import saved
from .architecture import Architecture
from .choosing import Choice
from .exported import write_language
from .judge import Judgement, counted, judge
from .learning import held_out, learn
from .reader import Reader
from .stream import TextStream
from .text import END, END_ID, UNKNOWN_ID, Alphabet, Level, line_ends, one_text
from .training import LanguageTraining
from .unlearnt import LONGEST, hashes_of
from .writing import write

Array = NDArray[Any]
LEAD = 1000
"""Tokens that are read before those that are judged."""


class LanguageModel(BaseEstimator):  # type: ignore[misc]  # no types there
    """A recurrent network that says which character or word comes next.

    Learnt by `fit`: ``alphabet_``, the tokens; ``network_``; ``history_``, the course of training.

    Example:
        >>> training = LanguageTraining(updates=200, steps=16)
        >>> model = LanguageModel(hidden=32, training=training, random_state=0)
        >>> model = model.fit("the cat sat on the mat. " * 40)
        >>> model.generate("the c", length=6, temperature=0)
        'the cat sat'
    """

    alphabet_: Alphabet
    network_: Network
    history_: History | None
    seen_: NDArray[Any]
    """Hashes of what it learnt from, see `unlearnt`; an audit asks."""

    def __init__(
        self,
        level: Level = "char",
        cell: str = "lstm",
        hidden: int = 256,
        layers: int = 1,
        dropout: float | None = None,
        *,
        recurrent_dropout: float = 0.0,
        embedding: int | None = None,
        tied: bool | None = None,
        training: LanguageTraining | None = None,
        random_state: Any = None,
    ) -> None:
        """
        Args:
            level: what a text is a row of, "char" or "word".
            cell: "lstm", "gru", "rnn" or "rnn_relu".
            hidden: units of a layer.
            layers: of the network.
            dropout: the share of what is read, of what passes between layers and of what the head
                is given that training leaves out; None for 0.4 of words, and of characters for 0.1,
                up to 0.7 where the text is short for the network.
            recurrent_dropout: the share of the recurrent weights that an update does without.
            embedding: numbers that a token is read as; None for 64 of a character, for ``hidden``
                of a word.
            tied: whether a token is expected by the numbers that it is read as, which must then be
                as many as the units; None for words, if they are.
            training: how it learns, a `tidegate.LanguageTraining`; None for what suits the text.
            random_state: a seed; None for another one each time.
        """
        self.level = level
        self.cell = cell
        self.hidden = hidden
        self.layers = layers
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.embedding = embedding
        self.tied = tied
        self.training = training
        self.random_state = random_state

    def fit(
        self, text: Any, y: None = None, *, progress: bool | Listener | None = False
    ) -> LanguageModel:
        """Learns from a text, or from a list or column of texts, each a line or more of its own.

        Ctrl-C ends the training early and keeps what was learnt; ``history_.stopped`` tells.

        Args:
            text: to learn from.
            y: not used; scikit-learn passes it.
            progress: None for a bar on stderr if that is a terminal; True or False for always or
                never; or a function that is given a `train.Report` from time to time.

        Returns:
            Itself.

        Raises:
            ArgumentError: if a setting makes no sense.
            DataError: if the text cannot be used.
        """
        training, architecture = self._training(), self._architecture()
        whole = one_text(text)
        least = training.min_count or (2 if self.level == "word" else 1)
        alphabet = Alphabet.of(
            whole, self.level, min_count=least, max_size=training.vocabulary, lower=training.lower
        )
        if len(alphabet.vocabulary) == 2:  # the unknown token and the end of a line
            raise DataError(
                f"no {'word' if self.level == 'word' else 'character'} of the text comes {least} "
                f"times, so that none would be known; give a longer text, or a training with "
                f"min_count=1"
            )
        seed = int(checks.random_state(self.random_state).randint(2**31 - 1))
        network = Network(
            architecture.spec(len(alphabet.vocabulary), len(whole), training), seed=seed
        )
        self.history_ = learn(network, alphabet, whole, training, seed, progress)
        self.alphabet_, self.network_ = alphabet, network
        self.seen_ = _hashes(alphabet, whole)
        return self

    def partial_fit(self, text: Any, y: None = None) -> LanguageModel:
        """Goes on learning, from a further text: once from each token, if `training` says no more.

        The tokens stay those of the first text. Raises: as `fit`.
        """
        if not hasattr(self, "network_"):
            return self.fit(text)
        training, whole = self._training(), one_text(text)
        per_update = training.batch * training.steps
        if training.updates is None:
            tokens = len(self.alphabet_.tokens(whole))
            training = LanguageTraining.from_json(
                {**training.to_json(), "updates": max(tokens // per_update, 1)}
            )
        seed = int(checks.random_state(self.random_state).randint(2**31 - 1))
        spec = self._architecture().going_on(self.network_.spec, self.alphabet_.level, len(whole))
        network = self.network_.copied(spec)
        self.history_ = learn(network, self.alphabet_, whole, training, seed, False)
        self.network_ = network
        self.seen_ = np.union1d(self.seen_, _hashes(self.alphabet_, whole))
        return self

    # ---- what is likely ----

    def score(self, text: str, y: None = None) -> float:
        """What a token of the text costs, in nats, in the mean: lower is better.

        So a search for settings needs ``scoring=lambda model, texts: -model.score(one)``, with a
        text ``one`` to judge by: scikit-learn takes the highest score for the best.

        Args:
            text: its lines, read from the start of a line.
            y: not used.

        Raises:
            NotFittedError: before `fit`.
            DataError: if the text has no token.
        """
        return float(self._nats(text).mean())

    def perplexity(self, text: str) -> float:
        """How many tokens the next one is as hard to tell from, were they equally likely."""
        return float(np.exp(self.score(text)))

    def bits_per_character(self, text: str) -> float:
        """What a character of the text costs, in bits; of words too, so that levels compare.

        A line ends in one character, whichever way it is written: the model reads one.
        """
        return float(self._nats(text).sum() / len(line_ends(text)) / np.log(2))

    def surprisal(self, sentence: str) -> list[tuple[str, float]]:
        """Each token of a sentence, and what it costs after those before it, in nats."""
        nats = self._nats(sentence)
        return list(zip(self.alphabet_.tokens(line_ends(sentence)), nats.tolist(), strict=True))

    def prefer(self, a: str, b: str) -> str:
        """Which of two sentences is likelier as a whole; the first one of equals."""
        return a if self._nats(a).sum() <= self._nats(b).sum() else b

    def next(self, prompt: str = "", k: int = 5) -> list[tuple[str, float]]:
        """The likeliest tokens to come after a prompt, and how likely they are.

        Args:
            prompt: read from the start of a line.
            k: how many, at most.
        """
        k = checks.whole_number(k, "k", 1)
        chances = softmax(self._after(prompt)[1][None].astype(np.float64))[0]
        known = [i for i in np.argsort(-chances, kind="stable") if i != UNKNOWN_ID]
        tokens = self.alphabet_.vocabulary.tokens
        return [(tokens[i], float(chances[i])) for i in known[:k]]

    # ---- what comes next ----

    @overload
    def generate(
        self,
        prompt: str = ...,
        length: int = ...,
        temperature: float = ...,
        top_k: int | None = ...,
        top_p: float = ...,
        seed: int = ...,
        *,
        stream: Literal[False] = ...,
    ) -> str: ...
    @overload
    def generate(
        self,
        prompt: str = ...,
        length: int = ...,
        temperature: float = ...,
        top_k: int | None = ...,
        top_p: float = ...,
        seed: int = ...,
        *,
        stream: Literal[True],
    ) -> Iterator[str]: ...
    def generate(
        self,
        prompt: str = "",
        length: int = 200,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float = 1.0,
        seed: int = 0,
        *,
        stream: bool = False,
    ) -> str | Iterator[str]:
        """A text that goes on from a prompt.

        Args:
            prompt: read from the start of a line.
            length: tokens to write.
            temperature: below 1 for what is likely, above 1 for what is less so; 0 for the
                likeliest token each time.
            top_k: draw from so many of the likeliest tokens only; None for all.
            top_p: draw from the likeliest tokens that have this chance together only.
            seed: equal seeds write equal texts.
            stream: whether to return an iterator over what is written, token by token.

        Returns:
            The prompt and what is written after it; of a stream, only the latter.

        Raises:
            NotFittedError: before `fit`.
            ArgumentError: if a setting makes no sense.
        """
        choice = Choice(temperature, top_k, top_p)
        length = checks.whole_number(length, "length", 0)
        seed = checks.whole_number(seed, "seed", 0)
        reader, logits = self._after(prompt)
        endless = write(reader, logits, self.alphabet_, line_ends(prompt), choice, seed)
        written = islice(endless, length)
        return written if stream else prompt + "".join(written)

    def stream(self, n: int = 1) -> TextStream:
        """n texts that are read token by token, each from the start of a line."""
        self._check_fitted()
        return TextStream(self.network_, self.alphabet_, checks.whole_number(n, "n", 1))

    def judge(self, text: str) -> Judgement:
        """How it did on the part of its own text that was held out, beside counted n-grams.

        Args:
            text: what `fit` was given, with a `training` that holds some of it out.

        Raises:
            NotFittedError: before `fit`.
            ArgumentError: if nothing was held out.
        """
        self._check_fitted()
        alphabet = self.alphabet_
        ids = alphabet.ids(END + one_text(text))
        known = len(ids) - held_out(self._training().validation, len(ids))
        if known == len(ids):
            raise ArgumentError("judge needs text held out; give training with validation=0.1")
        # from what stood before it, as the model and the counts know it
        held = ids[known - 1 :]
        others = counted(self.level, ids[:known].tolist(), held.tolist(), len(alphabet.vocabulary))
        reader = Reader(self.network_, 1)
        reader.logits(ids[max(known - 1 - LEAD, 0) : known - 1] if known > 1 else ids[:1])
        return judge(self.cell.upper(), self.level, reader.nats(held), others)

    # ---- files ----

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the model, whole or not at all. Raises: ModelFileError, if it cannot."""
        self._check_fitted()
        settings = self.get_params(deep=False)
        saved.write(path, settings, self.alphabet_, self.network_, self.seen_)

    def to_onnx(self, path: str | os.PathLike[str]) -> None:
        """Writes the model as an ONNX file, whole or not at all: see `exported.write_language`."""
        self._check_fitted()
        write_language(path, self.network_, self.alphabet_)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> LanguageModel:
        """The model that `save` wrote. Raises: ModelFileError, if the file is no sound one."""
        settings, alphabet, network, seen = saved.read(path)
        model = cls(**settings)
        model.alphabet_, model.network_, model.history_ = alphabet, network, None
        model.seen_ = seen
        return model

    def __audit__(self, data: Any) -> Any:
        """Itself with a text, or a list of them, as `tg.audit` sees it."""
        from .audited import subject

        self._check_fitted()
        return subject(self, one_text(data))

    # ---- what they share ----

    def _training(self) -> LanguageTraining:
        training = LanguageTraining() if self.training is None else self.training
        if not isinstance(training, LanguageTraining):
            raise ArgumentError(f"training must be a LanguageTraining, got {training!r}")
        return training

    def _architecture(self) -> Architecture:
        return Architecture(
            self.level,
            self.cell,
            self.hidden,
            self.layers,
            self.dropout,
            self.recurrent_dropout,
            self.embedding,
            self.tied,
        )

    def _check_fitted(self) -> None:
        if not hasattr(self, "network_"):
            raise NotFittedError("this LanguageModel has learnt nothing yet; call fit first")

    def _ids(self, text: Any, name: str) -> NDArray[np.int32]:
        """The end of a line, and the tokens of the text after it."""
        self._check_fitted()
        if not isinstance(text, str):
            raise DataError(f"{name} must be a text, got {type(text).__name__} {text!r:.60}")
        ids = self.alphabet_.ids(line_ends(text))
        return np.concatenate([np.array([END_ID], np.int32), ids])

    def _nats(self, text: str) -> Array:
        ids = self._ids(text, "text")
        if len(ids) == 1:
            raise DataError(f"text must have one token at least, got {text!r:.60}")
        return Reader(self.network_, 1).nats(ids)

    def _after(self, prompt: str) -> tuple[Reader, Array]:
        ids = self._ids(prompt, "prompt")
        reader = Reader(self.network_, 1)
        return reader, reader.logits(ids)


def _hashes(alphabet: Alphabet, text: str) -> NDArray[Any]:
    """Of a text that may be learnt by heart; none of a longer one."""
    ids = alphabet.ids(text)
    return hashes_of(ids) if len(ids) <= LONGEST else hashes_of(ids[:0])
