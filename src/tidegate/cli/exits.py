"""Exit codes, and errors as one line."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import typer

from ..errors import ArgumentError, TidegateError


@contextmanager
def exit_codes() -> Iterator[None]:
    """Turns what can go wrong into one line on stderr and an exit code.

    1 for bad data, 2 for wrong use, 130 after Ctrl-C. A reader of stdout that went away, as
    ``head`` does, is no error of ours: 0.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal without the sign for a block shows "?"
            stream.reconfigure(errors="replace")
    try:
        with _warnings_in_a_line():
            yield
        sys.stdout.flush()
    except TidegateError as error:
        typer.echo(f"tidegate: {error}", err=True)
        raise typer.Exit(2 if isinstance(error, ArgumentError) else 1) from None
    except MemoryError:
        typer.echo(
            "tidegate: this needs more memory than there is; take fewer rows or labels", err=True
        )
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        typer.echo("tidegate: stopped by Ctrl-C", err=True)
        raise typer.Exit(130) from None
    except BrokenPipeError:
        _forget(sys.stdout)
    except OSError as error:  # stdout goes to a full disk; files are looked after where written
        _forget(sys.stdout)
        where = error.filename or "stdout"
        typer.echo(
            f"tidegate: {where}: {error.strerror or error}; check the space on the disk", err=True
        )
        raise typer.Exit(1) from None


@contextmanager
def _warnings_in_a_line() -> Iterator[None]:
    """Shows our own warnings as we show errors: without the file and the line of our source."""
    before = warnings.showwarning

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if category.__module__.startswith("tidegate."):
            typer.echo(f"tidegate: {message}", err=True)
        else:
            before(message, category, filename, lineno, file, line)

    warnings.showwarning = show
    try:
        yield
    finally:
        warnings.showwarning = before


def _forget(stream: TextIO) -> None:
    """Lets Python's own flush at exit go nowhere."""
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())
