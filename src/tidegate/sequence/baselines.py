"""Simple rules that a network should beat: the commonest label, words or runs of characters without
their order, the last value."""

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
from sklearn.preprocessing import MaxAbsScaler, StandardScaler

from ..data.sequences import TokenKind, read_sequences

Array = NDArray[Any]


def of_sequences(
    known: Any, labels: Sequence[str], held: Any, tokens: TokenKind = "word"
) -> dict[str, list[str]]:
    """What each rule says of sequences held out.

    Args:
        known: sequences to learn from.
        labels: theirs, of two kinds at least.
        held: sequences to label.
        tokens: what the network reads a text as, and so what it is a bag of.

    Example:
        >>> found = of_sequences(["good film", "bad film", "good"], ["yes", "no", "yes"], ["bad"])
        >>> found
        {'majority class': ['yes'], 'bag of words': ['no']}
    """
    x, new = (read_sequences(part, tokens=tokens) for part in (known, held))
    most = Counter(labels).most_common(1)[0][0]
    found = {"majority class": [most] * len(new)}
    if x.form.kind == "tokens":
        title, bag = _bag(known, tokens)
        found[title] = _fitted(bag, x.each(), labels, new.each(), c=10.0)
    else:
        last = [np.stack([rows[-1] for rows in part.each()]) for part in (x, new)]
        found["last value"] = _fitted(_units(), last[0], labels, last[1])
    return found


def of_numbers(known: Any, y: Array, held: Any, tokens: TokenKind = "word") -> dict[str, Array]:
    """What each rule says of sequences held out, where each has a number.

    Args:
        known: sequences to learn from.
        y: ``[n]``, theirs.
        held: sequences to judge.
        tokens: as for `of_sequences`.

    Example:
        >>> found = of_numbers(["good film", "bad film", "good"], np.array([5.0, 1, 4]), ["bad"])
        >>> found["median"].tolist(), bool(found["bag of words"][0] < 3)
        ([4.0], True)
    """
    x, new = (read_sequences(part, tokens=tokens) for part in (known, held))
    found = {"median": np.full(len(new), np.median(y))}
    if x.form.kind == "tokens":
        title, bag = _bag(known, tokens)
        found[title] = make_pipeline(bag, Ridge()).fit(x.each(), y).predict(new.each())
    else:
        last = [np.stack([rows[-1] for rows in part.each()]) for part in (x, new)]
        found["last value"] = _quietly(make_pipeline(_units(), Ridge()), last[0], y).predict(
            last[1]
        )
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


def _bag(known: Sequence[Any], tokens: TokenKind) -> tuple[str, Any]:
    """What a bag of the sequences is called, and the bag: a text that is read by character is one
    word or a few, which say next to nothing of others."""
    characters = tokens == "char" and isinstance(known[0], str)
    title, parts = ("characters", _runs) if characters else ("words", _words_and_pairs)
    bag = TfidfVectorizer(analyzer=parts, sublinear_tf=True, min_df=1, lowercase=False)
    return f"bag of {title}", bag


def _words_and_pairs(tokens: Sequence[str]) -> list[str]:
    lower = [str(token).lower() for token in tokens]
    return lower + [f"{a} {b}" for a, b in pairwise(lower)]


def _runs(characters: Sequence[str]) -> list[str]:
    """One to four characters that follow each other.

    Example:
        >>> _runs(["A", "b", "c"])
        ['a', 'b', 'c', 'ab', 'bc', 'abc']
    """
    text = "".join(characters).lower()
    sizes = range(1, min(4, len(text)) + 1)
    return [text[i : i + size] for size in sizes for i in range(len(text) - size + 1)]


def _units() -> Any:
    """Numbers around 0, of about 1; squares of the largest ones are infinite, so they go first."""
    return make_pipeline(MaxAbsScaler(), SimpleImputer(keep_empty_features=True), StandardScaler())


def _fitted(
    prepare: Any, known: Any, labels: Sequence[str], held: Any, c: float = 1.0
) -> list[str]:
    """A logistic regression behind some preparation."""
    if len(set(labels)) < 2:
        return [labels[0]] * len(held)
    model = make_pipeline(prepare, LogisticRegression(C=c, max_iter=1000))
    found: list[str] = _quietly(model, known, np.asarray(labels)).predict(held).tolist()
    return found


def _quietly(model: Any, known: Any, answers: Any) -> Any:
    """A model of scikit-learn's, fitted: nearly there will do, and a column may be empty."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)
        return model.fit(known, answers)
