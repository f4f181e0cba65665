"""tidegate regress FILE: the number that a sequence or a text stands for."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from . import labelling, options
from .exits import exit_codes
from .values import one_of


def regress(
    file: options.File,
    target: Annotated[
        str, typer.Option(help="The column of the number of each sequence.", metavar="COLUMN")
    ],
    text: labelling.Text = None,
    id: labelling.Id = None,
    time: labelling.Time = None,
    value: labelling.Value = None,
    characters: labelling.Characters = False,
    cell: labelling.Cell = None,
    hidden: labelling.Hidden = None,
    loss: Annotated[
        str,
        typer.Option(
            parser=one_of("mse", "mae", "rmse", "huber"),
            metavar="mse|mae|rmse|huber",
            help="What a mistake costs while it learns.",
        ),
    ] = "mae",
    updates: labelling.Updates = None,
    test: labelling.Test = None,
    held_out: labelling.Held = None,
    seed: labelling.Seed = 0,
    save: labelling.Save = None,
    out: labelling.Out = None,
    json: labelling.Json = False,
) -> None:
    """Learns the number of each sequence, and says how well beside simple rules.

    With --text, each row is a text. With --id, each row is a step of a sequence, whose other
    columns are numbers. With neither, each row is a sequence, its columns are the steps. --value
    names the columns of numbers where there are others.

    A part of the sequences is held out, or --test names a file of others: of these the report
    tells how far off the network is in the mean, and the median of all, and a linear model of a
    bag of words, of characters or of the last value; then a verdict.

    **Examples**

    `tidegate regress reviews.csv --text review --target stars --save stars.safetensors`

    `tidegate regress engines.csv --id engine --time cycle --target hours_left`

    `tidegate predict stars.safetensors newer.csv --text review`

    Exit codes: 0 done, 1 bad data, 2 wrong use, 130 stopped by Ctrl-C.
    """
    labelling.check_judged_by(test, held_out)
    with exit_codes():
        from ..sequence.regressor import SequenceRegressor
        from .labelled import Named
        from .learning import Files

        named = Named(text, id, time, target, tuple(value or ()) or None, numeric=True)
        settings = labelling.settings(cell, hidden, characters, updates, seed)
        make = partial(SequenceRegressor, loss=loss, **settings)
        files = Files(file, test, save, out, json)
        files.learn(make, "number", named, seed=seed, held_out=held_out)
