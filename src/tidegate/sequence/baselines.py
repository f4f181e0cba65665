"""Simple rules that a network should beat: the commonest label, words without their order, the last
value."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ..data.sequences import read_sequences

Array = NDArray[Any]


def of_sequences(known: Any, labels: Sequence[str], held: Any) -> dict[str, list[str]]:
    """What each rule says of sequences held out.

    Args:
        known: sequences to learn from.
        labels: theirs, of two kinds at least.
        held: sequences to label.

    Example:
        >>> found = of_sequences(["good film", "bad film", "good"], ["yes", "no", "yes"], ["bad"])
        >>> found
        {'majority class': ['yes'], 'bag of words': ['no']}
    """
    x, new = read_sequences(known), read_sequences(held)
    most = Counter(labels).most_common(1)[0][0]
    found = {"majority class": [most] * len(new)}
    if x.form.kind == "tokens":
        found["bag of words"] = _fitted(_bag(), x.each(), labels, new.each(), c=10.0)
    else:
        last = [np.stack([rows[-1] for rows in part.each()]) for part in (x, new)]
        found["last value"] = _fitted(_units(), last[0], labels, last[1])
    return found


def of_numbers(known: Any, y: Array, held: Any) -> dict[str, Array]:
    """What each rule says of sequences held out, where each has a number.

    Args:
        known: sequences to learn from.
        y: ``[n]``, theirs.
        held: sequences to judge.

    Example:
        >>> found = of_numbers(["good film", "bad film", "good"], np.array([5.0, 1, 4]), ["bad"])
        >>> found["median"].tolist(), bool(found["bag of words"][0] < 3)
        ([4.0], True)
    """
    x, new = read_sequences(known), read_sequences(held)
    found = {"median": np.full(len(new), np.median(y))}
    if x.form.kind == "tokens":
        model = make_pipeline(_bag(), Ridge())
        found["bag of words"] = model.fit(list(x.each()), y).predict(list(new.each()))
    else:
        last = [np.stack([rows[-1] for rows in part.each()]) for part in (x, new)]
        found["last value"] = make_pipeline(_units(), Ridge()).fit(last[0], y).predict(last[1])
    return found


def of_steps(known: Any, labels: Sequence[Sequence[str]], held: Any) -> dict[str, list[list[str]]]:
    """What each rule says of the steps of sequences held out.

    Example:
        >>> known, tags = [["a", "cat"], ["a", "dog"]], [["DET", "NOUN"], ["DET", "NOUN"]]
        >>> of_steps(known, tags, [["a", "bird"]])
        {'commonest label': [['DET', 'DET']], 'each word alone': [['DET', 'DET']]}
    """
    x, new = read_sequences(known), read_sequences(held)
    flat = [label for part in labels for label in part]
    most = Counter(flat).most_common(1)[0][0]
    if x.form.kind == "tokens":
        seen: dict[str, Counter[str]] = {}
        for token, label in zip(x.rows.tolist(), flat, strict=True):
            seen.setdefault(token, Counter())[label] += 1
        own = {token: counts.most_common(1)[0][0] for token, counts in seen.items()}
        alone = [own.get(token, most) for token in new.rows.tolist()]
        name = "each word alone"
    else:
        name, alone = "each step alone", _fitted(_units(), x.rows, flat, new.rows)
    ends = np.cumsum(new.length).tolist()
    starts = [0, *ends[:-1]]
    return {
        "commonest label": [
            [most] * (end - start) for start, end in zip(starts, ends, strict=True)
        ],
        name: [alone[start:end] for start, end in zip(starts, ends, strict=True)],
    }


def _bag() -> Any:
    return TfidfVectorizer(analyzer=_words_and_pairs, sublinear_tf=True, min_df=1, lowercase=False)


def _words_and_pairs(tokens: Sequence[str]) -> list[str]:
    lower = [str(token).lower() for token in tokens]
    return lower + [f"{a} {b}" for a, b in pairwise(lower)]


def _units() -> Any:
    return make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler())


def _fitted(
    prepare: Any, known: Any, labels: Sequence[str], held: Any, c: float = 1.0
) -> list[str]:
    """A logistic regression behind some preparation."""
    if len(set(labels)) < 2:
        return [labels[0]] * len(held)
    model = make_pipeline(prepare, LogisticRegression(C=c, max_iter=1000))
    with warnings.catch_warnings():  # a baseline that is nearly there will do
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(known, np.asarray(labels))
    found: list[str] = model.predict(held).tolist()
    return found
