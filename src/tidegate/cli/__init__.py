"""The command line."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs ``tidegate``; exits with 0, 1 for bad data, 2 for wrong use, 130 after Ctrl-C."""
    try:
        from .app import app

        app(prog_name="tidegate")
    except KeyboardInterrupt:  # before a command had begun
        sys.exit(130)
