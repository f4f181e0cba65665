"""What held-out sequences say of a model, as text."""

from __future__ import annotations

from string import ascii_lowercase
from typing import TYPE_CHECKING

import numpy as np

from .layout import WIDTH, columns, decimals, number, sentence

if TYPE_CHECKING:
    from ..sequence.judge import Judgement
    from ..sequence.judge_numbers import NumberJudgement

MOST = 15
"""Labels in a table of confusions, at most."""
LONG = (12, 24, 48)
"""Letters of a label there, at most; more where labels would else look the same."""


def report(
    judged: Judgement | NumberJudgement, known: int, where: str, *, steps: bool = False
) -> str:
    """What is right or how far off it is, the table of confusions of labels, and the verdict.

    Args:
        judged: of the sequences to judge by.
        known: sequences that were learnt from.
        where: what these are, such as "of FILE".
        steps: whether each step has a label.
    """
    what = _count(judged.sequences)
    end = sentence(judged.model, judged.verdict)
    if hasattr(judged, "error"):
        ranks = sorted(judged.error.items(), key=lambda item: item[1])
        places = decimals(np.array([error for _, error in ranks]))
        cells = [number(error, places) for _, error in ranks]
        return "\n\n".join([_head(known, what, where), _table(ranks, "off by", cells), end])
    if steps:
        what += f" of {judged.labels:,} steps"
    ranks = sorted(judged.right.items(), key=lambda item: -item[1])
    return "\n\n".join(
        [
            _head(known, what, where),
            _table(ranks, "right", [f"{100 * share:.1f} %" for _, share in ranks]),
            f"How often {judged.model} calls a label (row) what (column):",
            confusion(judged.classes, judged.confusion),
            end,
        ]
    )


def _head(known: int, what: str, where: str) -> str:
    return f"Learnt from {_count(known)}; {what}, {where}, to judge:"


def _count(sequences: int) -> str:
    return f"{sequences:,} sequence" + ("" if sequences == 1 else "s")


def _table(ranks: list[tuple[str, float]], what: str, cells: list[str]) -> str:
    return columns({"": [name for name, _ in ranks], what: cells}, left=1)


def confusion(classes: list[str], counts: list[list[int]]) -> str:
    """The table of confusions, no wider than a terminal; of many labels the frequent ones.

    Where names are too wide for heads of columns, letters take their place, which stand before the
    names of the rows, too. If that does not do, fewer labels stand alone, the rest together.

    Example:
        >>> print(confusion(["no", "yes"], [[5, 1], [0, 3]]))
             no  yes
        no    5    1
        yes   0    3
    """
    for most in range(min(MOST, len(classes)), 0, -1):
        names, table = _frequent(classes, counts, most)
        names = _short(names)
        letters = list(ascii_lowercase[: len(names)])
        wide = max(map(len, names))
        lettered = [f"{name:{wide}}  {letter}" for name, letter in zip(names, letters, strict=True)]
        for rows, heads in ((names, names), (lettered, letters)):
            text = _written(rows, heads, table)
            if text.index("\n") <= WIDTH:  # all lines are as long as the first
                return text
    return text


def _frequent(
    classes: list[str], counts: list[list[int]], most: int
) -> tuple[list[str], list[list[int]]]:
    """Names and table of so many labels, the last one all others."""
    if len(classes) > most:
        classes = [*classes[: most - 1], "others"]
        counts = [[*row[: most - 1], sum(row[most - 1 :])] for row in counts]
        rest = [sum(column) for column in zip(*counts[most - 1 :], strict=True)]
        counts = [*counts[: most - 1], rest]
    return classes, counts


def _short(names: list[str]) -> list[str]:
    """Names in a line each, cut where they are too long, and still different if that can be."""
    lines = [" ".join(name.split()) for name in names]
    for long in LONG:
        found = [line if len(line) <= long else line[: long - 1] + "…" for line in lines]
        if len(set(found)) == len(names):
            break
    return found


def _written(rows: list[str], heads: list[str], table: list[list[int]]) -> str:
    lines = [["", *heads]]
    lines += [[name, *(f"{n:,}" for n in row)] for name, row in zip(rows, table, strict=True)]
    first, *others = zip(*lines, strict=True)
    front = max(map(len, first))
    padded = [[f"{name:{front}}" for name in first]]
    for column in others:
        wide = max(map(len, column))
        padded.append([f"{cell:>{wide}}" for cell in column])
    return "\n".join("  ".join(line) for line in zip(*padded, strict=True))
