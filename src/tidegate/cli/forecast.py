"""tidegate forecast FILE: what comes next, and how far to trust it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import DataError
from .exits import exit_codes
from .values import one_of, percent, whole

if TYPE_CHECKING:
    from ..data.series import Series

CELLS = ("gru", "lstm", "rnn", "rnn_relu")
"""Those worth offering; named here so that ``--help`` need not load NumPy."""


def forecast(
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="A CSV file with a line of names; - for stdin."),
    ],
    horizon: Annotated[
        int,
        typer.Option(
            parser=whole(1),
            metavar="N",
            help="Steps ahead: days, if there is a row for each day.",
        ),
    ] = 7,
    target: Annotated[
        str | None, typer.Option(help="The column of numbers to forecast.", metavar="COLUMN")
    ] = None,
    time: Annotated[
        str | None, typer.Option(help="The column of dates or whole numbers.", metavar="COLUMN")
    ] = None,
    id: Annotated[
        str | None,
        typer.Option(help="The column that tells several series apart.", metavar="COLUMN"),
    ] = None,
    level: Annotated[
        list[float] | None,
        typer.Option(
            parser=percent,
            metavar="PERCENT",
            help="An interval; may be given again. [default: 80 and 95]",
        ),
    ] = None,
    cell: Annotated[
        str,
        typer.Option(
            parser=one_of(*CELLS), metavar="|".join(CELLS), help="The kind of recurrent network."
        ),
    ] = "gru",
    seed: Annotated[
        int,
        typer.Option(
            parser=whole(0), metavar="N", help="Equal seeds give equal forecasts, to the bit."
        ),
    ] = 0,
    out: Annotated[
        str | None,
        typer.Option(
            help="Write the forecast to this CSV file (with --json: all of it as JSON); - for "
            "stdout. The report then goes to stderr.",
            metavar="FILE",
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="JSON in place of the report: forecast and scores.")
    ] = False,
    save: Annotated[
        str | None,
        typer.Option(help="Keep the model, for tidegate.load in Python.", metavar="FILE"),
    ] = None,
) -> None:
    """Forecasts a table, and says how well such forecasts did on its last rows.

    Prints the forecast with its intervals and a chart; then how a model trained on the rows before
    them did on the last windows, beside forecasts that need no learning; then a verdict.
    FILE has a column of dates and a column of numbers; where only one column can be meant, neither
    has to be named.

    **Examples**

    `tidegate forecast rain.csv --horizon 7`

    `tidegate forecast sales.csv --time week --target sold --id shop --out forecast.csv`

    `tidegate forecast rain.csv --level 50 --level 90 --cell gru --save rain.safetensors`

    `cat rain.csv | tidegate forecast - --json`

    Exit codes: 0 done, 1 bad data, 2 wrong use, 130 stopped by Ctrl-C.
    """
    with exit_codes():
        from ..forecast.ask import check_levels
        from ..forecast.forecaster import Forecaster
        from . import output, report

        levels = check_levels(level or (80, 95))
        for path, option in ((out, "--out"), (save, "--save")):
            output.check_place(path, option, file)
        series = _read(file, time, target, id)
        forecaster = Forecaster(horizon, cell, seed=seed)
        try:
            forecaster.fit(series)
        except DataError as error:
            raise DataError(f"{_short(file)}: {error}") from None
        if forecaster.history_ is not None and forecaster.history_.stopped == "interrupted":
            raise KeyboardInterrupt
        ahead = forecaster.predict(levels)
        judged = report.judge(forecaster, series, levels)

        text = report.as_text(forecaster, series, ahead, judged)
        if json:
            data = report.as_json(forecaster, series, ahead, judged)
        else:
            data = text if out is None else ahead.write_csv()
        if save is not None:
            forecaster.save(save)
        output.write(data, out or "-")
        if out is not None:
            sys.stderr.write(text)


def _read(file: str, time: str | None, target: str | None, id: str | None) -> Series:
    """The table's series; says on stderr which columns they were read from."""
    from ..data.series import read_series
    from ..data.table import choose_columns, place, read_table, to_frame

    table = read_table(file)
    columns = choose_columns(table, time, target, id)
    for guess in columns.guessed:
        typer.echo(f"{_short(file)}: {guess}", err=True)
    frame = to_frame(table, columns)
    return read_series(
        frame, id=columns.id, time=columns.time, target=columns.target, place=place(table)
    )


def _short(file: str) -> str:
    return "stdin" if file == "-" else Path(file).name
