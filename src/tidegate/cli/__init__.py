"""The command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(args: Sequence[str] | None = None) -> None:
    """Runs ``tidegate``; exits with 0, 1 for bad data, 2 for wrong use, 130 after Ctrl-C.

    Args:
        args: the words after ``tidegate``; None for those of this process.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed, as `>&-` does
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115, it stays open
    try:
        from .app import run

        code = run(args)
    except KeyboardInterrupt:  # before a command has begun
        code = 130
    sys.exit(code)
