"""tidegate compare FILE: which recurrent cell does best on this data."""

from __future__ import annotations

import json as to_json
import sys
from typing import Annotated, Any

import typer

from ..errors import DataError
from . import labelling, options
from .contestants import TASKS, Asked
from .exits import exit_codes
from .values import names, one_of, whole


def compare(
    file: options.File,
    task: Annotated[
        str | None,
        typer.Option(
            parser=one_of(*TASKS),
            metavar="|".join(TASKS),
            help="What they learn.  [default: forecast, or classify with --label]",
        ),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(help="The column of what each sequence, or step, is.", metavar="COLUMN"),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(help="Of sequences: the column of texts or tokens.", metavar="COLUMN"),
    ] = None,
    level: Annotated[
        str | None,
        typer.Option(
            parser=one_of("char", "word"),
            metavar="char|word",
            help="Of --task write: what the text is a row of.  [default: char]",
        ),
    ] = None,
    horizon: options.Horizon = None,
    target: Annotated[
        str | None,
        typer.Option(
            help="The column of numbers to forecast, or of the number of each sequence.",
            metavar="COLUMN",
        ),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(
            help="The column of dates or whole numbers; of sequences, what orders the steps.",
            metavar="COLUMN",
        ),
    ] = None,
    id: Annotated[
        str | None,
        typer.Option(help="The column that tells series, or sequences, apart.", metavar="COLUMN"),
    ] = None,
    past: options.Past = None,
    season: options.Season = None,
    cells: Annotated[
        Any,
        typer.Option(
            parser=names(labelling.CELLS),
            metavar="CELL,CELL",
            help="Those to compare.  [default: rnn,lstm,gru]",
        ),
    ] = None,
    seeds: Annotated[
        int, typer.Option(parser=whole(1), metavar="N", help="Networks of each cell.")
    ] = 3,
    updates: labelling.Updates = None,
    seed: labelling.Seed = 0,
    report: options.Page = None,
    out: labelling.Out = None,
    json: labelling.Json = False,
) -> None:
    """Trains RNN, LSTM and GRU on a table, and says which to use and why.

    All have about equally many parameters and equally long training, learn from the same part of
    the table and are judged by the rest. Prints for each the loss with its spread over the seeds,
    the usable memory, the half-life of the gradient and the time; then a sentence.
    They forecast, as `tidegate forecast` does; with --label they classify; --task names what else
    they may learn, of files as the command of that name takes them.

    **Examples**

    `tidegate compare rain.csv --horizon 7`

    `tidegate compare reviews.csv --text review --label mood --seeds 5`

    `tidegate compare engines.csv --task regress --id engine --time cycle --target hours_left`

    `tidegate compare treebank.txt --task tag --cells lstm,gru`

    `tidegate compare corpus.txt --task write`

    Exit codes: 0 done, 1 bad data, 2 wrong use, 130 stopped by Ctrl-C.
    """
    seasons = options.season_of(season)
    asked = Asked(
        label, text, horizon, target, time, id, tuple(past or ()), seasons, level, updates, seed
    )
    chosen = asked.task(task)
    with exit_codes():
        from ..audit.compare import compare as contest
        from . import output

        output.check_places({"--out": out, "--report": report}, file)
        field = asked.field(chosen, file)
        try:
            found = contest(
                field.model, field.X, field.y, cells=cells or ("rnn", "lstm", "gru"), seeds=seeds
            )
        except DataError as error:
            said = str(error)
            told = said.startswith(field.name)
            raise DataError(said if told else f"{field.name}: {said}") from None
        if report is not None:
            found.plot().write(report)
        plain = to_json.dumps(found.to_json(), indent=2, allow_nan=False, ensure_ascii=False)
        output.write(f"{plain}\n" if json else f"{_words(found)}\n", out or "-")
        if report is not None:
            sys.stderr.write(f"{report}: the same with charts\n")


def _words(found: Any) -> str:
    from .layout import columns, number

    each = found.contestants
    losses = [f"{c.loss:.4g}" for c in each]
    body = {
        "cell": [c.cell for c in each],
        "units": [f"{c.hidden:,}" for c in each],
        "parameters": [f"{c.parameters:,}" for c in each],
        found.loss: losses,
        "± seeds": [f"{c.spread:.2g}" for c in each],
        "memory": [f"{c.memory:,}" for c in each],
        "half-life": ["no end" if c.half_life > 1e9 else f"{c.half_life:.3g}" for c in each],
        "seconds": [number(c.seconds, 1) for c in each],
    }
    title = (
        f"{found.model}, equally many parameters, equally long training; judged by "
        f"{found.observations:,} {found.unit} held out"
    )
    notes = (
        f"{found.loss}: lower is better. memory: {found.step}s of the past that are of use.\n"
        f"half-life: steps after which half of the gradient is left."
    )
    return "\n\n".join([title, columns(body, left=1), notes, f"Use {found.use}: {found.why}."])
