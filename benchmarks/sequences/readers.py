"""The public data sets of sequences, as their published splits.

Read from the folder that the environment variable TIDEGATE_DATA names, by default ../shared/data.
"""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

DATA = Path(os.environ.get("TIDEGATE_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))


class Split(NamedTuple):
    """Sequences to learn from, and to be judged by."""

    x: Any
    y: Any
    x_test: Any
    y_test: Any


def archive(name: str) -> Split:
    """A data set of the UCR and UEA archives, in the .ts format."""
    return Split(*_ts(f"{name}_TRAIN"), *_ts(f"{name}_TEST"))


def _ts(name: str) -> tuple[list[np.ndarray], np.ndarray]:
    series, labels, begun = [], [], False
    with gzip.open(DATA / "ucr_uea" / f"{name}.ts.gz", "rt", encoding="utf-8") as file:
        for line in file:
            if begun and line.strip():
                *columns, label = line.strip().split(":")
                series.append(np.array([[float(v) for v in c.split(",")] for c in columns]).T)
                labels.append(label)
            begun = begun or line.strip().lower() == "@data"
    return series, np.array(labels)


def mnist1d() -> Split:
    """Forty steps drawn from handwritten digits (Greydanus 2020)."""
    with np.load(DATA / "mnist1d" / "mnist1d.npz") as data:
        return Split(data["x"], data["y"], data["x_test"], data["y_test"])


def sentences(train: str, test: str) -> Split:
    """Sentences, a label before each; blanks between the words."""
    return Split(*_sentences(train), *_sentences(test))


def _sentences(name: str) -> tuple[list[list[str]], np.ndarray]:
    lines = (DATA / "sentences" / name).read_text(encoding="latin-1").splitlines()
    parts = [line.split(" ", 1) for line in lines]
    return [text.split() for _, text in parts], np.array([int(label) for label, _ in parts])


def treebank() -> Split:
    """English Web Treebank: words and their universal part of speech; the test is its dev part."""
    return Split(*_tagged("train.tsv.gz"), *_tagged("dev.tsv.gz"))


def _tagged(name: str) -> tuple[list[list[str]], list[list[str]]]:
    with gzip.open(DATA / "ud_ewt" / name, "rt", encoding="utf-8") as file:
        blocks = file.read().strip("\n").split("\n\n")
    rows = [[line.split("\t") for line in block.split("\n")] for block in blocks]
    return [[r[1] for r in part] for part in rows], [[r[3] for r in part] for part in rows]


def chorales() -> dict[str, list[np.ndarray]]:
    """Bach's chorales as frames of 88 keys, 0 or 1 (Boulanger-Lewandowski et al. 2012)."""
    from scipy.io import loadmat

    data = loadmat(DATA / "poly_music" / "JSB_Chorales.mat")
    return {
        part: [piece.astype(np.float64) for piece in data[f"{part}data"][0]]
        for part in ("train", "valid", "test")
    }
