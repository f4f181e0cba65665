"""Models of some data, trained anew on one part of it and judged by the other.

Whatever is tried, the part that it is judged by is the same and was never learnt from. Models are
known by what they can do: a forecaster can backtest, a language model be surprised by a text, and
an estimator of sequences learns from X and y.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..data.ragged import Ragged
from ..data.sequences import read_sequences
from ..errors import ArgumentError, DataError
from ..train.watch import GradientWarning
from .again import again

Array = NDArray[Any]

HELD = 0.25
"""The share of the data that is held out."""
FEW = 8
"""Observations without which nothing can be told from chance."""
BLOCK = 100
"""Tokens of a text that make one observation: those beside one another are not independent."""


@dataclass(frozen=True, eq=False)
class Entry:
    """A model that has learnt, and how it did."""

    model: Any
    losses: Array
    """``[n]``, lower is better; the same observations for all models of a contest."""
    seconds: float
    """That it took to learn."""

    @property
    def loss(self) -> float:
        """The mean."""
        return float(self.losses.mean())


class Contest(Protocol):
    """What models compete in."""

    loss: str
    """What is measured; lower is better."""
    unit: str
    """What an observation is, such as "sequences"."""

    def enter(self, changes: dict[str, Any], seed: int | None) -> Entry:
        """The model with some settings changed, trained and judged."""
        ...

    def fitted(self, entry: Entry) -> Any:
        """The model of an entry, for an audit of it."""
        ...

    def held(self) -> Any:
        """The part that is held out, as an audit takes it."""
        ...


def contest(model: Any, data: Any, y: Any = None, seed: int = 0) -> Contest:
    """What suits a model and its data.

    Args:
        model: fitted or not.
        data: X, or (X, y); a frame for a forecaster; a text, or a list of them, for a language
            model.
        y: of X.
        seed: of what is held out.

    Raises:
        ArgumentError: if such a model cannot be trained anew, or the data have no targets.
        DataError: if there is too little to hold out.
    """
    if hasattr(model, "backtest"):
        return SeriesContest(model, data)
    if hasattr(model, "surprisal"):
        return TextContest(model, data)
    if not hasattr(model, "fit") or not hasattr(model, "predict"):
        raise ArgumentError(
            f"a {type(model).__name__} cannot be trained anew; give an estimator, a Forecaster or "
            f"a LanguageModel"
        )
    if y is None and isinstance(data, tuple) and len(data) == 2:
        data, y = data
    if y is None:
        raise ArgumentError("to train anew, X needs its y: give (X, y)")
    return SequenceContest(model, data, y, seed)


class SequenceContest:
    """Classifiers, regressors and taggers; of each label, or size of y, a quarter is held out."""

    unit = "sequences"

    def __init__(self, model: Any, X: Any, y: Any, seed: int) -> None:
        self.model = model
        x = read_sequences(X, tokens=getattr(model, "tokens", "word"))
        tokens = x.form.kind == "tokens"
        sequences = [list(part) if tokens else part for part in x.each()]
        if not hasattr(y, "__len__"):
            raise DataError(
                f"y must have one for each of the {len(x)} sequences, got {type(y).__name__}"
            )
        targets = list(_by_sequence(y, x))
        if len(targets) != len(sequences):
            raise DataError(f"X has {len(sequences)} sequences, y has {len(targets)}")
        out = held_out(targets, seed)
        self.known = _chosen(sequences, ~out), _chosen(targets, ~out)
        self.apart = _chosen(sequences, out), _chosen(targets, out)
        self.quantiles: tuple[float, ...] = getattr(getattr(model, "loss", None), "quantiles", ())
        self.loss = "pinball loss" if self.quantiles else "squared error"
        if hasattr(model, "predict_proba"):
            self.loss = "nats"

    def enter(self, changes: dict[str, Any], seed: int | None) -> Entry:
        """See `Contest`."""
        model = again(self.model, changes, seed)
        start = time.perf_counter()
        with _without_advice():
            model.fit(*self.known)
        seconds = time.perf_counter() - start
        X, y = self.apart
        if self.loss == "nats":
            losses = _nats(model, X, y)
        else:
            spread = (
                np.asarray(self.known[1], np.float64).reshape(len(self.known[1]), -1).std(axis=0)
            )
            truth = np.asarray(y, np.float64).reshape(len(y), -1, 1)
            found = np.asarray(model.predict(X), np.float64).reshape(*truth.shape[:2], -1)
            error = (truth - found) / np.where(spread > 0, spread, 1)[:, None]
            losses = _cost_of(error, self.quantiles).mean(axis=(1, 2))
        return Entry(model, losses, seconds)

    def fitted(self, entry: Entry) -> Any:
        """See `Contest`."""
        return entry.model

    def held(self) -> Any:
        """See `Contest`."""
        return self.apart


class SeriesContest:
    """Forecasters: the last windows of the frame are held out, all models have the same."""

    loss = "pinball loss"

    def __init__(self, model: Any, frame: Any) -> None:
        self.model = model
        self.frame = frame
        self.unit = "windows"

    def enter(self, changes: dict[str, Any], seed: int | None) -> Entry:
        """See `Contest`."""
        model = again(self.model, changes, seed)
        start = time.perf_counter()
        with _without_advice():
            found = model.backtest(self.frame, names=("naive",), progress=False)
        seconds = time.perf_counter() - start
        losses, held = found.losses[found.model], found.held
        # the windows of one origin are one observation; where origins are few, those of a series
        group = held.origin - held.origin.min()
        self.unit = "windows"
        if len(np.unique(group)) < FEW <= len(np.unique(held.series)):
            group, self.unit = held.series, "series"
        known = ~np.isnan(losses)
        count = np.bincount(group[known])
        means = np.bincount(group[known], losses[known]) / np.maximum(count, 1)
        return Entry(model, means[count > 0], seconds)

    def fitted(self, entry: Entry) -> Any:
        """See `Contest`; a backtest keeps no model, so that one learns from all rows."""
        with _without_advice():
            return again(entry.model, {}).fit(self.frame, progress=False)

    def held(self) -> Any:
        """See `Contest`; of a forecaster all rows, for a part of a window is none."""
        return self.frame


class TextContest:
    """Language models: the last quarter of the text, or of the texts, is held out."""

    loss = "nats a token"

    def __init__(self, model: Any, text: Any) -> None:
        self.model = model
        if isinstance(text, str):
            end = text.rfind("\n", 0, round(len(text) * (1 - HELD))) + 1
            end = end or round(len(text) * (1 - HELD))
            self.known: Any = text[:end]
            self.apart: Any = text[end:]
            self.unit = f"blocks of {BLOCK} tokens"
        elif not isinstance(text, Iterable):
            raise DataError(f"text must be a text or a list of texts, got {type(text).__name__}")
        else:
            texts = list(text)
            count = max(round(len(texts) * HELD), 1)
            self.known, self.apart = texts[:-count], texts[-count:]
            self.unit = "texts"
        if not self.known or not self.apart:
            raise DataError("there is too little text to hold some of it out")

    def enter(self, changes: dict[str, Any], seed: int | None) -> Entry:
        """See `Contest`."""
        model = again(self.model, changes, seed)
        start = time.perf_counter()
        with _without_advice():
            model.fit(self.known)
        seconds = time.perf_counter() - start
        if isinstance(self.apart, str):
            nats = np.array([nats for _, nats in model.surprisal(self.apart)])
            whole = max(len(nats) // BLOCK, 1) * BLOCK
            return Entry(model, nats[:whole].reshape(-1, min(BLOCK, len(nats))).mean(1), seconds)
        each = (model.surprisal(text) for text in self.apart)
        losses = [float(np.mean([nats for _, nats in found])) for found in each]
        return Entry(model, np.array(losses), seconds)

    def fitted(self, entry: Entry) -> Any:
        """See `Contest`."""
        return entry.model

    def held(self) -> Any:
        """See `Contest`."""
        return self.apart if isinstance(self.apart, str) else "\n".join(self.apart)


@contextmanager
def _without_advice() -> Iterator[None]:
    """What a contestant's gradient does is in the result; advice on it would be for nobody."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GradientWarning)
        yield


def held_out(targets: list[Any], seed: int) -> Array:
    """Which of some targets to hold out, ``[n]`` of bool: of equal or neighbouring ones a quarter.

    Raises:
        DataError: if there are fewer than 4.

    Example:
        >>> held_out([0, 1] * 8, seed=0).reshape(8, 2).sum(axis=0).tolist()
        [2, 2]
    """
    n = len(targets)
    if n < 1 / HELD:
        raise DataError(f"to hold a quarter out, 4 sequences at least are needed, got {n}")
    order = np.random.default_rng(seed).permutation(n)
    if all(np.ndim(target) == 0 for target in targets):
        array = np.asarray(targets)
        key = array if array.dtype.kind in "iufb" else array.astype(str)
        order = order[np.argsort(key[order], kind="stable")]
    out = np.zeros(n, bool)
    out[order[round(1 / HELD) // 2 :: round(1 / HELD)]] = True
    return out


def _nats(model: Any, X: Any, y: Any) -> Array:
    """What each sequence's label costs, or its steps' labels in the mean."""
    pairs = zip(model.predict_proba(X), y, strict=True)
    if model.classes_ is None:  # yes or no, K at each step
        answers = ((np.asarray(found), np.asarray(truth) > 0) for found, truth in pairs)
        return np.array([_cost(np.where(yes, found, 1 - found)) for found, yes in answers])
    number = {label: i for i, label in enumerate(np.asarray(model.classes_).tolist())}
    losses = []
    for found, truth in pairs:
        ids = [number.get(label, -1) for label in np.atleast_1d(np.asarray(truth)).tolist()]
        chances = np.reshape(found, (len(ids), -1))[np.arange(len(ids)), ids]
        losses.append(_cost(np.where(np.array(ids) < 0, 0, chances)))  # -1 was never learnt
    return np.array(losses)


def _by_sequence(y: Any, x: Ragged) -> Any:
    """The labels of each sequence, where they are a column beside the rows of a long frame."""
    if x.order is None or len(y) != len(x.order) or len(y) == len(x):
        return y
    return np.split(np.asarray(y)[x.order], np.cumsum(x.length)[:-1])


def _cost_of(error: Array, quantiles: tuple[float, ...]) -> Array:
    """What errors ``[n, K, Q]`` cost: their squares, or the pinball loss of each quantile.

    Example:
        >>> _cost_of(np.array([[[2.0, -2.0]]]), (0.9, 0.9)).round(1).tolist()
        [[[1.8, 0.2]]]
    """
    if not quantiles:
        return error**2
    q = np.array(quantiles)
    found: Array = np.maximum(q * error, (q - 1) * error)
    return found


def _cost(chances: Array) -> float:
    """The mean of what it costs to have expected what happened by these chances."""
    return float(-np.log(np.maximum(chances, 1e-12)).mean())


def _chosen(items: list[Any], which: Array) -> list[Any]:
    return [item for item, chosen in zip(items, which, strict=True) if chosen]
