"""tidegate fit COMMAND ...: another command, whose training may be shared and taken up again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import (
    AbstractContextManager,
    ExitStack,
    contextmanager,
    redirect_stderr,
    redirect_stdout,
)
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import ArgumentError
from .exits import exit_codes
from .values import whole

COMMANDS = ("forecast", "classify", "regress", "tag", "write")


def fit(
    context: typer.Context,
    command: Annotated[
        str,
        typer.Argument(
            metavar="COMMAND", help=f"What to learn: {', '.join(COMMANDS[:-1])} or {COMMANDS[-1]}."
        ),
    ],
    checkpoints: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            help="Keep how far the training is in this folder, and go on from there.",
        ),
    ] = None,
    every: Annotated[
        int,
        typer.Option(parser=whole(1), metavar="N", help="Updates from one checkpoint to the next."),
    ] = 100,
) -> None:
    """Runs another command so that its training can be shared and taken up again.

    Its own options stand before COMMAND, those of the command after it. Started by torchrun, each
    process computes a part of every batch, on one machine or on many, and process 0 reports. With
    --checkpoints, a training that was killed goes on where it was when it is started again, to the
    same bits; torchrun --max-restarts does so by itself, with
    TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 in the environment, without which most restarts hang.

    **Examples**

    `torchrun --nproc-per-node 4 -m tidegate fit forecast sales.csv --save sales.safetensors`

    `tidegate fit --checkpoints night write corpus.txt --save corpus.safetensors`

    Exit codes: those of the command.
    """
    if command not in COMMANDS:
        raise typer.BadParameter(f"COMMAND must be one of {', '.join(COMMANDS)}, got {command!r}")
    from .app import run

    with exit_codes():
        if checkpoints == "-":
            raise ArgumentError("--checkpoints must name a folder, and - is none")
        folder = None if checkpoints is None else Path(checkpoints)
        if folder is not None and folder.exists() and not folder.is_dir():
            raise ArgumentError(f"--checkpoints must name a folder; {folder} is a file")
        with shared(folder, every) as silent, _quiet() if silent else ExitStack():
            code = run([command, *context.args])
    if code:
        raise typer.Exit(code)


@contextmanager
def shared(folder: Path | None, every: int) -> Iterator[bool]:
    """Shares what is learnt with the processes of torchrun, if it started this one.

    Gives whether another process reports.
    """
    means: AbstractContextManager[Any]
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        try:
            from ..torch.company import parallel
        except ImportError:
            raise ArgumentError(
                "several processes speak through torch, which is not installed; "
                "pip install 'tidegate[torch]'"
            ) from None
        means = parallel(folder, every)
    else:
        from ..train.company import together

        means = together(None, folder, every)
    with means as found:
        yield found.company.rank > 0


@contextmanager
def _quiet() -> Iterator[None]:
    """What is printed goes nowhere; an error that nobody expected is still seen, after it."""
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield
