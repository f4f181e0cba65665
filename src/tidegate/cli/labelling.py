"""The options that `tidegate classify`, `regress` and `tag` share."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .values import between, one_of, whole

CELLS = ("gru", "lstm", "rnn", "rnn_relu")
SHARE = 0.2
"""Of the sequences, held out to judge."""

Text = Annotated[
    str | None,
    typer.Option(help="The column of texts or, with --id, of tokens.", metavar="COLUMN"),
]
KnownText = Annotated[
    str | None,
    typer.Option(
        help="The column of texts or tokens.  [default: as the model learnt]", metavar="COLUMN"
    ),
]
Characters = Annotated[
    bool, typer.Option("--characters", metavar="", help="Read texts by character, not by word.")
]
Id = Annotated[
    str | None,
    typer.Option(help="The column that says which sequence a row is a step of.", metavar="COLUMN"),
]
Time = Annotated[
    str | None,
    typer.Option(
        help="The column that orders the steps.  [default: as they stand]", metavar="COLUMN"
    ),
]
Value = Annotated[
    list[str] | None,
    typer.Option(
        help="A column of numbers to learn from; may be given again.  [default: all others]",
        metavar="COLUMN",
    ),
]
Cell = Annotated[
    str | None,
    typer.Option(
        parser=one_of(*CELLS),
        metavar="|".join(CELLS),
        help="The kind of recurrent network.  [default: gru, or lstm to tag]",
    ),
]
Hidden = Annotated[
    int | None,
    typer.Option(parser=whole(1), metavar="N", help="Its units.  [default: 64, or 128 to tag]"),
]
Updates = Annotated[
    int | None,
    typer.Option(parser=whole(1), metavar="N", help="How long to learn.  [default: as suits]"),
]
Test = Annotated[
    str | None,
    typer.Option(
        help="Sequences to judge by, in a file like FILE; all of FILE is learnt.", metavar="FILE"
    ),
]
Held = Annotated[
    float | None,
    typer.Option(
        "--held-out",
        parser=between(1),
        metavar="SHARE",
        help=f"Of the sequences, to judge by.  [default: {SHARE}]",
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        parser=whole(0, 2**32 - 1), metavar="N", help="Equal seeds give equal models, to the bit."
    ),
]
Save = Annotated[
    str | None,
    typer.Option(
        help="Learn once more, from all sequences, and keep the model for tidegate predict.",
        metavar="MODEL",
    ),
]
Out = Annotated[
    str | None, typer.Option(help="Write the report to this file; - for stdout.", metavar="FILE")
]
Json = Annotated[bool, typer.Option("--json", metavar="", help="JSON in place of the report.")]


def check_judged_by(test: str | None, held_out: float | None) -> None:
    """That sequences to judge by are named in one way. Raises: BadParameter."""
    if test is not None and held_out is not None:
        raise typer.BadParameter("--test and --held-out both say what to judge by; give one")


def settings(
    cell: str | None, hidden: int | None, characters: bool, updates: int | None, seed: int
) -> dict[str, Any]:
    """Of an estimator that says one thing of each sequence."""
    from ..sequence.training import Training

    return {
        "cell": cell or "gru",
        "hidden": hidden or 64,
        "tokens": "char" if characters else "word",
        "training": Training(updates=updates),
        "random_state": seed,
    }
