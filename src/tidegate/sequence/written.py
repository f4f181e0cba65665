"""Words in ONNX: what a run is given in place of texts, and the linear layer beside a network.

ONNX has no operator that hashes text, so what a word consists of is found outside of the file.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..network.onnx import Graph
from . import fitting, reading
from .counted import COLUMNS
from .texts import Texts
from .wide import Wide

Array = NDArray[Any]


def feed_of(model: Any, X: Any) -> dict[str, Array]:
    """What a run of a text model's ONNX file is given for some texts.

    Whoever runs the file elsewhere makes the same: ``parts`` [n, T, P] int64 are the rows of the
    embedding that a word is the sum of, times ``weights`` [n, T, P] float32: its number in the
    vocabulary with weight 1, and len(vocabulary) + crc32(part) % 20,000 for each of its K different
    parts, each with weight 1 / K; of characters there are ``tokens`` [n, T] alone. ``lengths`` [n]
    int64. Of what a layer beside the networks counts, ``grams`` [n, G] int64 are the columns and
    ``counts`` [n, G] float32 how often each occurs, times any factor: `counted.Grams.of`; of a
    tagger both are [n, T, G]: `nearby.Nearby.of`. `data.parts` says what parts are. Zeros fill up.

    Args:
        model: a fitted estimator of texts.
        X: as for its ``predict``.

    Raises:
        NotFittedError: before `fit`.
        ArgumentError: if it reads numbers, which an ONNX file takes as they are.
        DataError: if X is not of the form that was learnt.

    Example:
        >>> from tidegate import SequenceClassifier
        >>> from tidegate.sequence.training import Training
        >>> model = SequenceClassifier(hidden=2, training=Training(updates=2), random_state=0)
        >>> feed = feed_of(model.fit(["so good", "so bad"], [1, 0]), ["good", "not so good"])
        >>> feed["lengths"].tolist(), feed["parts"].shape, feed["grams"].shape
        ([1, 3], (2, 3, 15), (2, 38))
    """
    fitting.check_fitted(model)
    inputs = model.learned_.inputs
    if not isinstance(inputs, Texts):
        raise ArgumentError("feed_of is for models of texts; of numbers, x is given as it is")
    x = reading.read(model, X, model.learned_)
    bags = inputs.table(x)
    size = np.diff(bags.first)[bags.ids]
    entry = bags.first[bags.ids][:, None] + np.arange(size.max())
    inside = np.arange(size.max()) < size[:, None]
    entry = np.where(inside, entry, 0)
    parts = np.where(inside, bags.rows[entry], 0).astype(np.int64)
    weights = np.where(inside, bags.weights[entry], 0).astype(np.float32)
    if inputs.parts == "none":
        feed = {"tokens": _padded(parts[:, 0], x.length)}
    else:
        feed = {"parts": _padded(parts, x.length), "weights": _padded(weights, x.length)}
    feed["lengths"] = x.length
    table = inputs.wide.of(x)
    count = np.diff(table.first)
    for name, entries in (("grams", table.column), ("counts", table.value.astype(np.float32))):
        rows = _padded(entries, count)
        feed[name] = _padded(rows, x.length) if inputs.steps else rows
    return feed


def add_wides(graph: Graph, wides: list[Wide], each: tuple[str, ...]) -> list[str]:
    """Adds the layers of all members to a graph: the outputs of each, [B, O] or [B, T, O].

    Args:
        graph: that grows.
        wides: the layers.
        each: the axes between the texts and what is counted.
    """
    grams = graph.input("grams", np.int64, ("batch", *each, "grams"))
    counts = graph.input("counts", np.float32, ("batch", *each, "grams"))
    found = []
    for wide in wides:
        assert len(wide.idf) == COLUMNS
        rarity = graph.add("Gather", graph.constant(wide.idf.astype(np.float32)), grams)
        value = graph.add("Mul", counts, rarity)
        length = graph.add("ReduceL2", value, graph.integers(-1))
        value = graph.add("Div", value, graph.add("Max", length, graph.constant(np.float32(1e-12))))
        weight = np.zeros((COLUMNS, wide.weight.shape[1]), np.float32)
        weight[wide.idf > 0] = wide.weight
        weights = graph.add("Gather", graph.constant(weight), grams)
        product = graph.add("Mul", weights, graph.add("Unsqueeze", value, graph.integers(-1)))
        total = graph.add("ReduceSum", product, graph.integers(-2), attributes={"keepdims": 0})
        found.append(total)
    return found


def _padded(rows: Array, length: Array) -> Array:
    """Rows that follow one another, as [n, longest, ..]; zeros fill up."""
    table = np.zeros((len(length), int(length.max()), *rows.shape[1:]), rows.dtype)
    table[np.arange(table.shape[1]) < length[:, None]] = rows
    return table
