"""The commands."""

from __future__ import annotations

from typing import Annotated

import typer

from .forecast import forecast

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        import tidegate

        typer.echo(tidegate.__version__)
        raise typer.Exit


@app.callback()
def _tidegate(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print it and stop."),
    ] = False,
) -> None:
    """Honest forecasts of tables, made with recurrent networks."""


app.command()(forecast)
