"""tidegate forecast FILE: what comes next, and how far to trust it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import ArgumentError, DataError
from . import options
from .exits import exit_codes
from .values import whole

if TYPE_CHECKING:
    from ..forecast.forecaster import Forecaster
    from .report import Report


@dataclass(frozen=True)
class _Asked:
    """What the forecast shall show."""

    future: str | None
    levels: tuple[float, ...]
    quantiles: tuple[float, ...]
    page: bool
    """Whether a page is drawn, which shows how intervals of many levels do."""


def forecast(
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE",
            help="A CSV file with a line of names; - for stdin. May be left out with --model.",
        ),
    ] = None,
    horizon: options.Horizon = None,
    target: options.Target = None,
    time: options.Time = None,
    id: options.Id = None,
    future: Annotated[
        str | None,
        typer.Option(
            help="A CSV file of what is known ahead, such as holidays: the time, the id, and "
            "columns that FILE has too, for each step ahead.",
            metavar="FILE",
        ),
    ] = None,
    future_column: Annotated[
        list[str] | None,
        typer.Option(
            help="Take this column of --future; may be given again.  [default: all that both "
            "files have]",
            metavar="COLUMN",
        ),
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
    backtest: Annotated[
        int | None,
        typer.Option(
            parser=whole(1),
            metavar="N",
            help="Judge by so many windows of each series.  [default: what suits the rows]",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="Forecast with a model that --save kept, without training: the rows of FILE, or, "
            "without FILE, what follows the rows that it learnt from.",
            metavar="MODEL",
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            help="Write the forecast to this CSV file (with --json: all of it as JSON); - for "
            "stdout. The report then goes to stderr.",
            metavar="FILE",
        ),
    ] = None,
    json: Annotated[
        bool,
        typer.Option(
            "--json", metavar="", help="JSON in place of the report: forecast and scores."
        ),
    ] = False,
    save: Annotated[
        str | None,
        typer.Option(help="Keep the model, for --model or tidegate.load.", metavar="MODEL"),
    ] = None,
    report: options.Page = None,
) -> None:
    """Forecasts a table, and says how well such forecasts did on its last rows.

    Prints the forecast with its intervals and a chart; then how a model trained on the rows before
    them did on the last windows, beside forecasts that need no learning; then a verdict.
    FILE has a column of dates and a column of numbers; where only one column can be meant, neither
    has to be named. Empty cells and dates that are left out count as missing, and are reported.

    **Examples**

    `tidegate forecast rain.csv --horizon 7`

    `tidegate forecast sales.csv --target sold --id shop --future prices.csv --out forecast.csv`

    `tidegate forecast load.csv --horizon 48 --season 24,168 --quantile 0.1 --quantile 0.9`

    `tidegate forecast rain.csv --auto --save rain.safetensors`

    `tidegate forecast newer.csv --model rain.safetensors --report rain.html`

    `cat rain.csv | tidegate forecast - --json`

    Exit codes: 0 done, 1 bad data, 2 wrong use, 130 stopped by Ctrl-C.
    """
    fixed = {
        "--horizon": horizon,
        "--target": target,
        "--time": time,
        "--id": id,
        "--future-column": future_column,
        "--past": past,
        "--static": static,
        "--season": season,
        "--cell": cell,
        "--auto": auto or None,
        "--ensemble": ensemble,
        "--seed": seed,
        "--backtest": backtest,
        "--save": save,
    }
    _check_use(file, model, future, fixed)
    kind = options.cell_of(cell, auto)
    seasons = options.season_of(season)
    levels = options.levels_of(level, quantile)
    asked = _Asked(future, levels, tuple(quantile or ()), report is not None)
    with exit_codes():
        from . import output, reading

        places = {"--out": out, "--save": save, "--report": report}
        output.check_ending(out, json)
        output.check_places(places, file, future, model)
        if model is not None:
            found, forecaster = _remembered(model, file, asked)
        else:
            named = reading.Named.of(time, target, id, past, static, future_column)
            forecaster = options.forecaster(horizon, kind, seasons, ensemble, seed)
            found = _learnt(str(file), named, forecaster, asked, backtest)

        text = found.as_text()
        table = text if out is None else found.ahead.write_csv()
        data = found.as_json() if json else table
        if save is not None:
            forecaster.save(save)
        if report is not None:
            found.page().write(report)
        output.write(data, out or "-")
        if out is not None:
            sys.stderr.write(text)


def _check_use(
    file: str | None, model: str | None, future: str | None, fixed: dict[str, Any]
) -> None:
    """Options that do not go together."""
    if model is None and file is None:
        raise typer.BadParameter("give FILE, or --model to forecast with a model that was saved")
    given = [option for option, value in fixed.items() if value is not None]
    if model is not None and given:
        leave = ", ".join(given)
        raise typer.BadParameter(f"--model has settings of its own, so leave {leave} out")
    if fixed["--future-column"] is not None and future is None:
        raise typer.BadParameter("--future-column names columns of --future FILE; give that too")


def _learnt(
    file: str,
    named: Any,
    forecaster: Forecaster,
    asked: _Asked,
    windows: int | None,
) -> Report:
    """What a model that learns from the file says."""
    from . import reading, report

    table = reading.read(file, named, asked.future, forecaster.horizon)
    series = table.series
    try:
        forecaster.fit(series)
        if forecaster.history_ is not None and forecaster.history_.stopped == "interrupted":
            raise KeyboardInterrupt
        ahead = forecaster.predict(asked.levels, asked.quantiles, future=table.ahead)
    except DataError as error:
        raise reading.of_file(table, error) from None
    judged: Any
    fine = None
    try:
        if asked.page:
            fine, judged = report.finely(forecaster, series, windows, asked.levels, asked.quantiles)
        else:
            judged = forecaster.backtest(
                series, windows, levels=asked.levels, quantiles=asked.quantiles
            )
    except DataError as error:
        if windows is not None:
            raise reading.of_file(table, error) from None
        judged = str(error)
    return report.Report(forecaster, series, ahead, judged, table.missing, fine)


def _remembered(model: str, file: str | None, asked: _Asked) -> tuple[Report, Forecaster]:
    """What a saved model says, of the rows of a file or of those that it remembers."""
    from ..forecast.load import load
    from . import reading, report

    if file == "-" and asked.future == "-":
        raise ArgumentError("FILE and --future cannot both be stdin; give one of them a name")
    forecaster = load(model)
    table = None if file is None else reading.read_like(file, forecaster.series_)
    series = forecaster.series_ if table is None else table.series
    known = None
    if asked.future is not None and series.encoding.future:
        known = reading.read_ahead(asked.future, series, forecaster.horizon)
    elif asked.future is not None:
        raise ArgumentError(f"{model} learnt from nothing that is known ahead; leave --future out")
    elif series.encoding.future:
        names = ", ".join(code.name for code in series.encoding.future)
        raise ArgumentError(f"{model} needs to know {names} ahead; give a file of it as --future")
    frame = None if table is None else table.frame
    try:
        ahead = forecaster.predict(asked.levels, asked.quantiles, df=frame, future=known)
    except DataError as error:
        raise (error if table is None else reading.of_file(table, error)) from None
    missing = "" if table is None else table.missing
    return report.Report(forecaster, series, ahead, None, missing), forecaster
