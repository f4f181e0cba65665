"""tidegate backtest FILE: how such forecasts would have done."""

from __future__ import annotations

import json as to_json
import sys
from typing import Annotated

import typer

from ..errors import DataError
from . import options
from .exits import exit_codes
from .values import whole


def backtest(
    file: options.File,
    horizon: options.Horizon = None,
    windows: Annotated[
        int | None,
        typer.Option(
            parser=whole(1),
            metavar="N",
            help="Windows of each series.  [default: what suits the rows]",
        ),
    ] = None,
    step: Annotated[
        int | None,
        typer.Option(
            parser=whole(1),
            metavar="N",
            help="Rows from one window to the next.  [default: the horizon, so none overlap]",
        ),
    ] = None,
    refit: Annotated[
        int | None,
        typer.Option(
            parser=whole(1),
            metavar="N",
            help="Train anew at every Nth window; 1 for each.  [default: once, before all]",
        ),
    ] = None,
    baseline: Annotated[
        list[str] | None,
        typer.Option(
            help="Compare with this rule alone, such as naive or theta; may be given again.",
            metavar="NAME",
        ),
    ] = None,
    target: options.Target = None,
    time: options.Time = None,
    id: options.Id = None,
    future_column: Annotated[
        list[str] | None,
        typer.Option(help="A column that is known ahead; may be given again.", metavar="COLUMN"),
    ] = None,
    past: options.Past = None,
    static: options.Static = None,
    season: options.Season = None,
    level: options.Level = None,
    quantile: options.Quantile = None,
    cell: options.Cell = None,
    auto: options.Auto = False,
    ensemble: options.Ensemble = None,
    seed: options.Seed = None,
    out: Annotated[
        str | None,
        typer.Option(
            help="Write all forecasts to this CSV file (with --json: the scores as JSON); - for "
            "stdout. The report then goes to stderr. Columns are those of NeuralForecast; of a "
            "table without an id, unique_id holds the target's name.",
            metavar="FILE",
        ),
    ] = None,
    json: Annotated[
        bool,
        typer.Option("--json", metavar="", help="JSON in place of the report: scores and verdict."),
    ] = False,
) -> None:
    """Forecasts the last windows of a table from the rows before them, beside simple rules.

    Prints a table of scores, the best first, and a verdict: whether the network beats the best of
    the rules, by how much, and how often chance would do as much.

    **Examples**

    `tidegate backtest rain.csv --horizon 7`

    `tidegate backtest load.csv --horizon 24 --windows 30 --refit 10 --out forecasts.csv`

    `tidegate backtest sales.csv --id shop --target sold --baseline naive --baseline theta`

    Exit codes: 0 done, 1 bad data, 2 wrong use, 130 stopped by Ctrl-C.
    """
    kind = options.cell_of(cell, auto)
    seasons = options.season_of(season)
    with exit_codes():
        from ..forecast import baselines
        from ..forecast.evaluate import Evaluation
        from . import output, reading, scores
        from .layout import paragraph

        output.check_ending(out, json)
        output.check_place(out, "--out", file)
        if baseline is not None:
            baselines.check_names(baseline)
        named = reading.Named.of(time, target, id, past, static, future_column)
        forecaster = options.forecaster(horizon, kind, seasons, ensemble, seed)
        table = reading.read(file, named)
        try:
            found = forecaster.backtest(
                table.series,
                windows,
                step,
                refit or False,
                levels=options.levels_of(level, quantile),
                quantiles=tuple(quantile or ()),
                names=baseline,
            )
        except DataError as error:
            raise reading.of_file(table, error) from None
        every = "every window" if refit == 1 else f"every {refit} windows"
        trained = f"anew for {every}" if refit else "on the rows before them"
        parts = [
            paragraph(
                f"{table.series.frame.target}: {scores.title(found, table.series)}, forecast by a "
                f"model trained {trained}"
            ),
            scores.full(found, Evaluation.of(found)),
            scores.verdict(found),
        ]
        text = "\n\n".join(parts) + "\n"
        if json:
            whole_of_it = {**found.to_json(), "missing": table.missing}
            data = to_json.dumps(whole_of_it, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
        else:
            data = text if out is None else found.frame.write_csv()
        output.write(data, out or "-")
        if out is not None:
            sys.stderr.write(text)
