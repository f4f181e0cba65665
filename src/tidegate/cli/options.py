"""The options that commands share, each with its help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .values import between, one_of, seasons, whole

if TYPE_CHECKING:
    from ..forecast.forecaster import Forecaster

CELLS = ("gru", "lstm", "rnn", "rnn_relu", "auto")
"""Those worth offering; named here so that ``--help`` need not load NumPy."""
HORIZON, CELL, LEVELS = 7, "gru", (80.0, 95.0)
"""What is meant where nothing is said."""

File = Annotated[
    str, typer.Argument(metavar="FILE", help="A CSV file with a line of names; - for stdin.")
]
Horizon = Annotated[
    int | None,
    typer.Option(
        parser=whole(1),
        metavar="N",
        help=f"Steps ahead: days, if there is a row for each day.  [default: {HORIZON}]",
    ),
]
Target = Annotated[
    str | None, typer.Option(help="The column of numbers to forecast.", metavar="COLUMN")
]
Time = Annotated[
    str | None, typer.Option(help="The column of dates or whole numbers.", metavar="COLUMN")
]
Id = Annotated[
    str | None,
    typer.Option(help="The column that tells several series apart.", metavar="COLUMN"),
]
Past = Annotated[
    list[str] | None,
    typer.Option(
        help="A column that helps and is known as late as the target; may be given again.",
        metavar="COLUMN",
    ),
]
Static = Annotated[
    list[str] | None,
    typer.Option(
        help="A column with one value for each series; may be given again.", metavar="COLUMN"
    ),
]
Season = Annotated[
    list[Any] | None,
    typer.Option(
        parser=seasons,
        metavar="N",
        help="Rows in a season, such as 24, or in two: 24,168; 1 for none.  [default: what the "
        "dates suggest, or the rows repeat]",
    ),
]
Level = Annotated[
    list[float] | None,
    typer.Option(
        parser=between(100),
        metavar="PERCENT",
        help="An interval; may be given again.  [default: 80 and 95, or none with --quantile]",
    ),
]
Quantile = Annotated[
    list[float] | None,
    typer.Option(
        parser=between(1), metavar="Q", help="A quantile, such as 0.9; may be given again."
    ),
]
Cell = Annotated[
    str | None,
    typer.Option(
        parser=one_of(*CELLS),
        metavar="|".join(CELLS),
        help="The kind of recurrent network; auto is --auto.  [default: gru]",
    ),
]
Auto = Annotated[
    bool,
    typer.Option(
        "--auto",
        metavar="",
        help="Take whatever did best on the last rows: a network or a simple rule. Takes several "
        "times as long.",
    ),
]
Ensemble = Annotated[
    int | None,
    typer.Option(
        parser=whole(1),
        metavar="K",
        help="So many networks forecast together: a little better, K times the work.  [default: 2 "
        "where many rows have two seasons, else 1]",
    ),
]
Page = Annotated[
    str | None,
    typer.Option(
        help="Write a page with charts to this HTML file, which needs no network.", metavar="HTML"
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(
        parser=whole(0),
        metavar="N",
        help="Equal seeds give equal forecasts, to the bit.  [default: 0]",
    ),
]


def forecaster(
    horizon: int | None,
    cell: str,
    season: int | tuple[int, ...] | None,
    ensemble: int | None,
    seed: int | None,
) -> Forecaster:
    """What is trained, with what is meant where nothing was said."""
    from ..forecast.forecaster import Forecaster

    return Forecaster(horizon or HORIZON, cell, season=season, ensemble=ensemble, seed=seed or 0)


def season_of(given: list[Any] | None) -> int | tuple[int, ...] | None:
    """What `Forecaster` takes for --season, which may be given again or hold a comma."""
    rows = tuple(each for part in given or () for each in part)
    if len(rows) > 2 or len(set(rows)) < len(rows):
        words = ", ".join(map(str, rows))
        raise typer.BadParameter(f"--season takes one number or two different ones, got {words}")
    return rows if len(rows) > 1 else rows[0] if rows else None


def cell_of(cell: str | None, auto: bool) -> str:
    """What `Forecaster` takes for --cell and --auto."""
    if auto and cell not in (None, "auto"):
        raise typer.BadParameter(f"--auto chooses the cell, so leave --cell {cell} out")
    return "auto" if auto else cell or CELL


def levels_of(level: list[float] | None, quantile: list[float] | None) -> tuple[float, ...]:
    """The intervals that are meant; who asks for quantiles alone gets none."""
    return tuple(level) if level else () if quantile else LEVELS
