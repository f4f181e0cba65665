"""The commands, and what goes for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from .audit import audit
from .backtest import backtest
from .classify import classify
from .compare import compare
from .export import export
from .fit import fit
from .forecast import forecast
from .predict import predict
from .regress import regress
from .tag import tag
from .write import write

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)

# what typer raises for a wrong word; it gives no public name to it
UsageError: Any = typer.BadParameter.__base__


class Command(TyperCommand):
    """A command whose options that take one value are given once: of two, the last would win."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As its parent does. Raises: UsageError for an option that is given twice."""
        given = self.make_parser(ctx).parse_args(args=list(args))[2]
        for i, option in enumerate(given):
            once = not (getattr(option, "multiple", True) or getattr(option, "is_flag", False))
            if once and option in given[:i]:
                ctx.fail(f"{option.opts[0]} is given twice, and takes one value; leave one out")
        return super().parse_args(ctx, args)


def run(args: Sequence[str] | None = None) -> int:
    """Runs a command, and returns the exit code. Wrong use is told in one line, like any error."""
    try:
        code = app(args=args, prog_name="tidegate", standalone_mode=False)
    except UsageError as error:
        path = error.ctx.command_path if error.ctx else "tidegate"
        what = " ".join(error.format_message().split()).rstrip(".")
        see = " See" if what.endswith("?") else "; see"
        typer.echo(f"tidegate: {what}{see} {path} --help", err=True)
        return 2
    return code if isinstance(code, int) else 0


def _version(wanted: bool) -> None:
    if wanted:
        import tidegate

        typer.echo(tidegate.__version__)
        raise typer.Exit


@app.callback()
def _tidegate(
    version: Annotated[
        bool,
        typer.Option(
            "--version", metavar="", callback=_version, is_eager=True, help="Print it and stop."
        ),
    ] = False,
) -> None:
    """Recurrent networks on a CPU, that say whether they are worth it."""


for each in (forecast, backtest, write, classify, regress, tag, predict, audit, compare):
    app.command(cls=Command)(each)
app.command(
    cls=Command,
    context_settings={
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "allow_interspersed_args": False,
    },
)(fit)
app.command(cls=Command)(export)
