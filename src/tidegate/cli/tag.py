"""tidegate tag FILE: what each word, or each step, is."""

from __future__ import annotations

from typing import Annotated

import typer

from . import labelling
from .exits import exit_codes


def tag(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="A text with a token and its label in each line and blank lines between "
            "sentences; or, with --id, a CSV file. - for stdin.",
        ),
    ],
    id: labelling.Id = None,
    time: labelling.Time = None,
    text: Annotated[
        str | None,
        typer.Option(help="The column of tokens.  [default: numbers]", metavar="COLUMN"),
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="The column of what each step is.", metavar="COLUMN")
    ] = None,
    value: labelling.Value = None,
    cell: labelling.Cell = None,
    hidden: labelling.Hidden = None,
    updates: labelling.Updates = None,
    test: labelling.Test = None,
    held_out: labelling.Held = None,
    seed: labelling.Seed = 0,
    save: labelling.Save = None,
    out: labelling.Out = None,
    json: labelling.Json = False,
) -> None:
    """Learns what the steps of sequences are, and says how well beside simple rules.

    A part of the sequences is held out, or --test names a file of others: of these the report
    tells how many steps are labelled right by the network, by the commonest label and by each word
    or step alone, and what is taken for what; then a verdict.

    **Examples**

    `tidegate tag treebank.txt --save tagger.safetensors`

    `tidegate tag signal.csv --id night --time second --label stage`

    `tidegate predict tagger.safetensors sentences.txt`

    Exit codes: 0 done, 1 bad data, 2 wrong use, 130 stopped by Ctrl-C.
    """
    labelling.check_judged_by(test, held_out)
    given = [("--time", time), ("--text", text), ("--label", label), ("--value", value)]
    if id is None and (wrong := [option for option, value in given if value is not None]):
        raise typer.BadParameter(f"{wrong[0]} names a column of a CSV file; name its --id, too")
    if id is not None and label is None:
        raise typer.BadParameter("--id is for a CSV file; name the column of its --label, too")
    with exit_codes():
        from ..sequence.tagger import SequenceTagger
        from ..sequence.training import Training
        from . import labelled
        from .learning import Files

        def read(source: str, named: labelled.Named) -> labelled.Labelled:
            if id is None:
                return labelled.read_tokens(source, label=True)
            return labelled.read_rows(source, named, steps=True)

        def make() -> SequenceTagger:
            training = Training(updates=updates)
            return SequenceTagger(
                cell or "lstm", hidden or 128, training=training, random_state=seed
            )

        named = labelled.Named(text, id, time, label, tuple(value or ()) or None)
        files = Files(file, test, save, out, json)
        files.learn(make, "step", named, read, seed=seed, held_out=held_out)
