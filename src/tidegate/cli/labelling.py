"""What `tidegate classify` and `tidegate tag` share: options; to learn, to judge and to tell."""

from __future__ import annotations

import json as to_json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import DataError
from .values import between, one_of, whole

if TYPE_CHECKING:
    from ..sequence.judge import Judgement
    from .labelled import Labelled

CELLS = ("gru", "lstm", "rnn", "rnn_relu")
SHARE = 0.2
"""Of the sequences, held out to judge."""

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
Cell = Annotated[
    str | None,
    typer.Option(
        parser=one_of(*CELLS),
        metavar="|".join(CELLS),
        help="The kind of recurrent network.  [default: gru, or lstm to tag]",
    ),
]
Hidden = Annotated[int | None, typer.Option(parser=whole(1), metavar="N", help="Its units.")]
Updates = Annotated[
    int | None,
    typer.Option(parser=whole(1), metavar="N", help="How long to learn.  [default: as suits]"),
]
Held = Annotated[
    float,
    typer.Option(
        "--held-out", parser=between(1), metavar="SHARE", help="Of the sequences, to judge by."
    ),
]
Seed = Annotated[
    int,
    typer.Option(parser=whole(0), metavar="N", help="Equal seeds give equal models, to the bit."),
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
Json = Annotated[bool, typer.Option("--json", help="JSON in place of the report.")]


def learn_and_tell(
    rows: Labelled,
    make: Callable[[], Any],
    *,
    steps: bool,
    share: float,
    seed: int,
    save: str | None,
    out: str | None,
    json: bool,
) -> None:
    """Learns from most of the sequences, and tells how the others went.

    Args:
        rows: all of them.
        make: a model that has learnt nothing yet.
        steps: whether each step has a label.
        share: of the sequences, held out.
        seed: of who is held out.
        save: where to keep a model of all of them.
        out: where to write; None and - for stdout.
        json: whether as JSON.

    Raises:
        DataError: if the sequences cannot be used.
    """
    from . import judged, output

    try:
        verdict, known = _judged(rows, make, steps, share, seed)
        if save is not None:
            _learnt(make(), rows, steps).save(save)
    except DataError as error:
        said = str(error)
        raise DataError(said if said.startswith(rows.name) else f"{rows.name}: {said}") from None
    if json:
        found = {**verdict.to_json(), "learnt_from": known}
        text = to_json.dumps(found, indent=2, allow_nan=False, ensure_ascii=False)
    else:
        text = judged.report(verdict, known, "step" if steps else "sequence")
    output.write(text + "\n", out or "-")
    if save is not None:
        sys.stderr.write(f"{save}: a model of all {len(rows):,} sequences\n")


def _judged(
    rows: Labelled, make: Callable[[], Any], steps: bool, share: float, seed: int
) -> tuple[Judgement, int]:
    from ..sequence import baselines
    from ..sequence.judge import hold_out, judge

    if len(rows) < 2:
        raise DataError("there is one sequence; expected several, to learn from some and judge")
    kinds = ["any" if steps else part[0] for part in rows.labels]
    held = hold_out(kinds, share, seed)
    known, apart = rows.take(~held), rows.take(held)
    if not len(apart):
        raise DataError("every label is there once; expected several sequences of a label")
    model = _learnt(make(), known, steps)
    said = model.predict(apart.x)
    if steps:
        found = [[str(label) for label in part] for part in said]
        others = baselines.of_steps(known.x, known.labels, apart.x)
    else:
        found = [[str(label)] for label in said]
        labels = [part[0] for part in known.labels]
        ruled = baselines.of_sequences(known.x, labels, apart.x)
        others = {name: [[label] for label in each] for name, each in ruled.items()}
    return judge(model.cell.upper(), apart.labels, found, others), len(known)


def _learnt(model: Any, rows: Labelled, steps: bool) -> Any:
    y = rows.labels if steps else [part[0] for part in rows.labels]
    model.fit(rows.x, y, progress=None)
    if model.learned_.members[-1].interrupted:
        raise KeyboardInterrupt
    return model
