"""tidegate audit MODEL FILE: what a model remembers, and why."""

from __future__ import annotations

import json as to_json
import sys
from typing import Annotated

import typer

from ..errors import DataError
from . import labelling, options
from .exits import exit_codes


def audit(
    model: Annotated[
        str,
        typer.Argument(metavar="MODEL", help="What --save of any tidegate command kept."),
    ],
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="Data like those that it learnt from: a CSV file, or a text; - for stdin.",
        ),
    ],
    text: labelling.KnownText = None,
    id: labelling.Id = None,
    time: labelling.Time = None,
    label: Annotated[
        str | None,
        typer.Option(
            "--label",
            "--target",
            help="The column of what each sequence or step is, or of its number; with it, a longer "
            "past is judged by how much better the answers are.",
            metavar="COLUMN",
        ),
    ] = None,
    seed: labelling.Seed = 0,
    report: options.Page = None,
    out: labelling.Out = None,
    json: labelling.Json = False,
) -> None:
    """Tells how far back a model remembers, and why no further.

    Prints a verdict, vanishing, exploding, saturated, healthy or unused past; then how much of the
    gradient is left by steps back, what the outputs depend on, what a longer past is worth, what
    the model cannot see, and what to try. --report writes all of it with charts.

    **Examples**

    `tidegate forecast rain.csv --save rain.safetensors`

    `tidegate audit rain.safetensors rain.csv --report audit.html`

    `tidegate audit mood.safetensors reviews.csv --label mood`

    `tidegate audit engines.safetensors engines.csv --target hours_left`

    `tidegate audit corpus.safetensors corpus.txt --json`

    Exit codes: 0 done, 1 bad data, 2 wrong use, 130 stopped by Ctrl-C.
    """
    with exit_codes():
        from ..audit.whole import audit as look
        from ..loading import load
        from . import audited, known, labelled, output

        output.check_places({"--out": out, "--report": report}, file, model)
        loaded = load(model)
        named = labelled.Named(text, id, time, label, numeric=not hasattr(loaded, "predict_proba"))
        data, name = known.data_of(loaded, model, file, named)
        try:
            found = look(loaded, data, seed=seed)
        except DataError as error:
            said = str(error)
            raise DataError(said if said.startswith(name) else f"{name}: {said}") from None
        if report is not None:
            found.report(report)
        said = audited.report(found)
        plain = to_json.dumps(found.to_json(), indent=2, allow_nan=False, ensure_ascii=False)
        output.write(f"{plain}\n" if json else said, out or "-")
        if report is not None:
            sys.stderr.write(f"{report}: the same with charts\n")
