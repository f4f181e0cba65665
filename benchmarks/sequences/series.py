"""Series of numbers with labels, at the defaults of SequenceClassifier.

python benchmarks/sequences/series.py [NAME ...]
"""

from __future__ import annotations

import sys

from readers import archive, mnist1d
from running import each_seed, finish, of_classes

from tidegate import SequenceClassifier

NAMES = ("JapaneseVowels", "BasicMotions", "GunPoint", "ArrowHead", "MNIST-1D")


def main(names: list[str]) -> None:
    for name in names or NAMES:
        split = mnist1d() if name == "MNIST-1D" else archive(name)
        finish(
            "series",
            each_seed(
                name,
                lambda seed, s=split: SequenceClassifier(random_state=seed).fit(s.x, s.y),
                of_classes(split.x_test, split.y_test),
            ),
        )


if __name__ == "__main__":
    main(sys.argv[1:])
