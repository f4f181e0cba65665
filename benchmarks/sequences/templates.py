"""Which of two sentences a word model prefers: the easy templates of Marvin and Linzen (2018).

    python benchmarks/sequences/templates.py

The model learns from the sentences of the English Web Treebank and of two sets of reviews and
questions, some 350,000 words: far less than such models are usually given. Sentences with words
that it does not know are counted apart. Guessing gives .5.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict

from readers import DATA, sentences, treebank
from running import finish

from tidegate import LanguageModel, LanguageTraining

FILES = ("simple_agrmt", "sent_comp", "vp_coord")


def main() -> None:
    texts = [*treebank().x, *sentences("stsa.binary.train", "stsa.binary.dev").x]
    texts += sentences("TREC.train.all", "TREC.test.all").x
    training = LanguageTraining(lower=True, updates=2000, sampled=2000)
    model = LanguageModel("word", training=training, random_state=0)
    model.fit([" ".join(words) for words in texts], progress=None)
    known = set(model.alphabet_.vocabulary.tokens)

    rows: list[dict[str, object]] = []
    for name in FILES:
        right: dict[bool, list[bool]] = defaultdict(list)
        with gzip.open(
            DATA / "marvin_linzen" / f"{name}.jsonl.gz", "rt", encoding="utf-8"
        ) as lines:
            for line in lines:
                _, (good, bad) = json.loads(line)
                every = known.issuperset(f"{good} {bad}".split())
                right[every].append(model.prefer(bad, good) == good)
        for every, answers in sorted(right.items(), reverse=True):
            words = "all words known" if every else "some unknown"
            share = sum(answers) / len(answers)
            rows.append({"data": name, "which": words, "pairs": len(answers), "right": share})
    finish("templates", rows, [f"{len(known)} words, {len(texts)} sentences"])


if __name__ == "__main__":
    main()
