"""What held-out sequences say of a model, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .layout import columns, decimals, number, sentence

if TYPE_CHECKING:
    from ..sequence.judge import Judgement
    from ..sequence.judge_numbers import NumberJudgement

MOST = 15
"""Labels in a table of confusions, at most."""


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
    what = f"{judged.sequences:,} sequences"
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
    return f"Learnt from {known:,} sequences; {what}, {where}, to judge:"


def _table(ranks: list[tuple[str, float]], what: str, cells: list[str]) -> str:
    return columns({"": [name for name, _ in ranks], what: cells}, left=1)


def confusion(classes: list[str], counts: list[list[int]]) -> str:
    """The table of confusions; of many labels the frequent ones, and the others together.

    Example:
        >>> print(confusion(["no", "yes"], [[5, 1], [0, 3]]))
             no  yes
        no    5    1
        yes   0    3
    """
    names = classes
    if len(classes) > MOST:
        names = [*classes[: MOST - 1], "others"]
        counts = [[*row[: MOST - 1], sum(row[MOST - 1 :])] for row in counts]
        rest = [sum(column) for column in zip(*counts[MOST - 1 :], strict=True)]
        counts = [*counts[: MOST - 1], rest]
    shown = [name if len(name) <= 12 else name[:11] + "…" for name in names]
    width = max(len(name) for name in shown)
    wide = [max(len(f"{n:,}") for n in (0, *column)) for column in zip(*counts, strict=True)]
    heads = [max(w, len(name)) for w, name in zip(wide, shown, strict=True)]
    lines = ["  ".join([" " * width, *(f"{n:>{w}}" for n, w in zip(shown, heads, strict=True))])]
    for name, row in zip(shown, counts, strict=True):
        cells = [f"{n:>{w},}" for n, w in zip(row, heads, strict=True)]
        lines.append("  ".join([f"{name:{width}}", *cells]))
    return "\n".join(lines)
