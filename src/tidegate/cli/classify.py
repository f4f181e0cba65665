"""tidegate classify FILE: what a sequence or a text is."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from . import labelling, options
from .exits import exit_codes


def classify(
    file: options.File,
    label: Annotated[
        str, typer.Option(help="The column of what each sequence is.", metavar="COLUMN")
    ],
    text: labelling.Text = None,
    id: labelling.Id = None,
    time: labelling.Time = None,
    value: labelling.Value = None,
    characters: labelling.Characters = False,
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
    """Learns what sequences are, and says how well beside simple rules.

    With --text, each row is a text. With --id, each row is a step of a sequence, whose other
    columns are numbers. With neither, each row is a sequence, its columns are the steps. --value
    names the columns of numbers where there are others.

    A part of the sequences is held out, or --test names a file of others: of these the report
    tells how many are labelled right by the network, by the majority class and by a bag of
    words, of characters or the last value, and what is taken for what; then a verdict.

    **Examples**

    `tidegate classify reviews.csv --text review --label mood --save mood.safetensors`

    `tidegate classify steps.csv --id run --time second --label activity`

    `tidegate predict mood.safetensors newer.csv --text review`

    Exit codes: 0 done, 1 bad data, 2 wrong use, 130 stopped by Ctrl-C.
    """
    labelling.check_judged_by(test, held_out)
    with exit_codes():
        from ..sequence.classifier import SequenceClassifier
        from .labelled import Named
        from .learning import Files

        named = Named(text, id, time, label, tuple(value or ()) or None)
        settings = labelling.settings(cell, hidden, characters, updates, seed)
        make = partial(SequenceClassifier, **settings)
        files = Files(file, test, save, out, json)
        files.learn(make, "sequence", named, seed=seed, held_out=held_out)
