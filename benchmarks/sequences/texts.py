"""Sentences with labels, and words with tags, at the defaults.

python benchmarks/sequences/texts.py [SST-2] [TREC] [EWT]
"""

from __future__ import annotations

import sys

import numpy as np
from readers import Split, sentences, treebank
from running import each_seed, finish, of_classes, of_steps
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from tidegate import SequenceClassifier, SequenceTagger


def bag_of_words(split: Split) -> float:
    """Accuracy of a logistic regression on words and pairs of words."""
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\S+"),
        LogisticRegression(C=10, max_iter=1000),
    )
    model.fit([" ".join(words) for words in split.x], split.y)
    return float(model.score([" ".join(words) for words in split.x_test], split.y_test))


def classify(name: str, split: Split) -> None:
    """The lines of a data set of sentences."""
    majority = float(np.mean(split.y_test == np.bincount(split.y).argmax()))
    rows = each_seed(
        name,
        lambda seed: SequenceClassifier(random_state=seed).fit(split.x, split.y),
        of_classes(split.x_test, split.y_test),
    )
    others: list[dict[str, object]] = [
        {"data": name, "which": "majority", "accuracy": round(majority, 4)},
        {"data": name, "which": "TF-IDF + logistic", "accuracy": round(bag_of_words(split), 4)},
    ]
    finish("texts", [*others, *rows])


def main(names: list[str]) -> None:
    for name in names or ("SST-2", "TREC", "EWT"):
        if name == "SST-2":
            classify(name, sentences("stsa.binary.train", "stsa.binary.dev"))
        elif name == "TREC":
            classify(name, sentences("TREC.train.all", "TREC.test.all"))
        else:
            split = treebank()
            rows = each_seed(
                name,
                lambda seed, s=split: SequenceTagger(random_state=seed).fit(s.x, s.y),
                of_steps(split.x_test, split.y_test),
            )
            finish("texts", rows)


if __name__ == "__main__":
    main(sys.argv[1:])
