"""Words as points that lie near each other where they keep the same company in texts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from ..network.blas import one_blas_thread

Array = NDArray[Any]

WINDOW = 5
"""Words to either side that keep a word company; one that is d words away counts as 1/d."""
SMOOTHING = 0.75
"""The power of how often a word is met by chance: rare company would else say too much."""
SPARE, PASSES = 10, 2
"""Columns beyond those wanted, and products with the table and back, of a randomized SVD."""


def company(ids: Array, length: Array, words: int) -> csr_array:
    """How much more often than by chance two words are met together, in nats; 0 where less often.

    Positive pointwise mutual information (Levy, Goldberg and Dagan 2015, Improving Distributional
    Similarity with Lessons Learned from Word Embeddings).

    Args:
        ids: ``[N]`` words of all texts, one text after the other; 0 for those to leave out.
        length: ``[n]`` of the texts.
        words: how many there are, with 0.

    Returns:
        ``[words, words]``: of each word, by what it is met with.
    """
    text = np.repeat(np.arange(len(length)), length)
    pairs = []
    for far in range(1, WINDOW + 1):
        a, b = ids[:-far], ids[far:]
        both = (text[:-far] == text[far:]) & (a > 0) & (b > 0)
        for one, other in ((a[both], b[both]), (b[both], a[both])):
            pairs.append((np.full(len(one), 1 / far), one, other))
    count, row, column = (np.concatenate(part) for part in zip(*pairs, strict=True))
    met = coo_array((count, (row, column)), shape=(words, words)).tocsr().tocoo()
    own = met.sum(axis=1)
    chance = own**SMOOTHING / max((own**SMOOTHING).sum(), 1e-12)
    told = np.log(met.data / (own[met.row] * chance[met.col]))
    return csr_array((np.maximum(told, 0), (met.row, met.col)), shape=met.shape)


def points(table: csr_array, width: int, random: np.random.Generator) -> Array:
    """``[rows, K]`` for the K ≤ width directions in which a table's rows differ most, each by the
    root of how much; of length 1 in the mean of squares.

    A randomized SVD (Halko, Martinsson and Tropp 2011, algorithms 4.4 and 5.1).
    """
    with one_blas_thread():
        size = min(width + SPARE, *table.shape)
        basis = np.linalg.qr(table @ random.normal(size=(table.shape[1], size)))[0]
        for _ in range(PASSES):
            basis = np.linalg.qr(table.T @ basis)[0]
            basis = np.linalg.qr(table @ basis)[0]
        u, spread, _ = np.linalg.svd((table.T @ basis).T, full_matrices=False)
        found = (basis @ u * np.sqrt(spread))[:, :width]
    size = np.sqrt((found**2).sum(axis=1).mean())
    return np.asarray(found / max(size, 1e-12))
