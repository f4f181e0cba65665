"""tidegate compare FILE: which recurrent cell does best on this data."""

from __future__ import annotations

import json as to_json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import DataError
from . import labelling, options
from .exits import exit_codes
from .values import names, whole

if TYPE_CHECKING:
    from ..forecast.forecaster import Forecaster


USUAL = ("rnn", "lstm", "gru")


def compare(
    file: options.File,
    label: Annotated[
        str | None,
        typer.Option(
            help="The column of what each sequence is: compares classifiers, not forecasters.",
            metavar="COLUMN",
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(help="With --label: the column of texts or tokens.", metavar="COLUMN"),
    ] = None,
    horizon: options.Horizon = None,
    target: options.Target = None,
    time: Annotated[
        str | None,
        typer.Option(
            help="The column of dates or whole numbers; with --label, what orders the steps.",
            metavar="COLUMN",
        ),
    ] = None,
    id: Annotated[
        str | None,
        typer.Option(
            help="The column that tells series, or with --label sequences, apart.",
            metavar="COLUMN",
        ),
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
    Without --label they forecast, as `tidegate forecast` does; with it they classify.

    **Examples**

    `tidegate compare rain.csv --horizon 7`

    `tidegate compare reviews.csv --text review --label mood --seeds 5`

    `tidegate compare steps.csv --id run --time second --label activity --cells lstm,gru`

    Exit codes: 0 done, 1 bad data, 2 wrong use, 130 stopped by Ctrl-C.
    """
    series = {"--horizon": horizon, "--target": target, "--past": past, "--season": season}
    if label is not None and (wrong := [name for name, value in series.items() if value]):
        raise typer.BadParameter(f"{wrong[0]} is for forecasts, and --label compares classifiers")
    if label is None and text is not None:
        raise typer.BadParameter("--text goes with --label, the column of what each text is")
    seasons = options.season_of(season)
    with exit_codes():
        from ..audit.compare import compare as contest
        from . import output

        for path, option in ((out, "--out"), (report, "--report")):
            output.check_place(path, option, file)
        if label is not None:
            model, data, answers, name = _classifier(file, text, id, time, label, updates, seed)
        else:
            model, data, name = _forecaster(
                file, (time, target, id, past), (horizon, seasons, updates, seed)
            )
            answers = None
        try:
            found = contest(
                model, data, answers, cells=cells or ("rnn", "lstm", "gru"), seeds=seeds
            )
        except DataError as error:
            raise DataError(f"{name}: {error}") from None
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


def _classifier(
    file: str,
    text: str | None,
    id: str | None,
    time: str | None,
    label: str,
    updates: int | None,
    seed: int,
) -> tuple[Any, Any, list[str], str]:
    """A classifier that has learnt nothing yet, its sequences and labels, and the file's name."""
    from ..sequence.classifier import SequenceClassifier
    from ..sequence.training import Training
    from . import labelled

    rows = labelled.read_rows(file, labelled.Named(text, id, time, label), steps=False)
    training = Training(updates=updates, members=1)
    model = SequenceClassifier("gru", 64, training=training, random_state=seed)
    return model, rows.x, [part[0] for part in rows.labels], rows.name


def _forecaster(
    file: str,
    columns: tuple[str | None, str | None, str | None, list[str] | None],
    settings: tuple[int | None, int | tuple[int, ...] | None, int | None, int],
) -> tuple[Forecaster, Any, str]:
    """A forecaster that has learnt nothing yet, its frame, and the file's name."""
    from ..forecast.forecaster import Forecaster
    from ..forecast.plan import Training
    from . import reading

    time, target, id, past = columns
    horizon, season, updates, seed = settings
    table = reading.read(file, reading.Named.of(time, target, id, past, None, None))
    kind = table.series.frame
    model = Forecaster(
        horizon or options.HORIZON,
        id=kind.id or "unique_id",
        time=kind.time,
        target=kind.target,
        past=tuple(past or ()),
        season=season,
        training=None if updates is None else Training(updates=updates),
        seed=seed,
    )
    return model, table.frame, table.name
