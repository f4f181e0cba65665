"""What held-out sequences say of a model, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .layout import columns

if TYPE_CHECKING:
    from ..sequence.judge import Judgement

MOST = 15
"""Labels in a table of confusions, at most."""


def report(judged: Judgement, known: int, kind: str) -> str:
    """The shares that are right, the table of confusions, and the verdict.

    Args:
        judged: of the sequences held out.
        known: sequences that were learnt from.
        kind: what a label belongs to, "sequence" or "step".
    """
    what = f"{judged.sequences:,} sequences"
    if kind == "step":
        what += f" of {judged.labels:,} steps"
    ranks = sorted(judged.right.items(), key=lambda item: -item[1])
    table = columns(
        {
            "": [name for name, _ in ranks],
            "right": [f"{100 * share:.1f} %" for _, share in ranks],
        },
        left=1,
    )
    return "\n\n".join(
        [
            f"Learnt from {known:,} sequences; {what}, drawn at random, held out to judge:",
            table,
            f"How often {judged.model} calls a label (row) what (column):",
            confusion(judged.classes, judged.confusion),
            f"Verdict: {judged.model} {judged.verdict}.",
        ]
    )


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
