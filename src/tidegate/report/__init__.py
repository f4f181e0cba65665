"""Plain data → one HTML file that needs no network. docs/design/report.md says with what, and why.

`plot` gives a page that a notebook shows, `write` puts it into a file.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError

if TYPE_CHECKING:
    from .page import Page

# what a value is, by name, so that nothing is loaded for the question → what draws it
_PAGES = {
    "tidegate.forecast.backtest.Backtest": ("judged", "backtest_page"),
}

__all__ = ["plot", "write"]


def plot(value: Any) -> Page:
    """The page of an audit, a backtest, or gates; a notebook shows it where it stands.

    Args:
        value: an `audit.Audit`, a `forecast.backtest.Backtest`, or what `tidegate.gates` gave.

    Raises:
        ArgumentError: for anything else.
    """
    home = f"{type(value).__module__}.{type(value).__name__}"
    if home in _PAGES:
        module, function = _PAGES[home]
        page: Page = getattr(import_module(f".{module}", __name__), function)(value)
        return page
    raise ArgumentError(
        f"expected an Audit, a Backtest or Gates to draw, got {type(value).__name__}"
    )


def write(value: Any, path: str | os.PathLike[str]) -> None:
    """Writes the page of `plot` to a file, whole or not at all.

    Raises:
        ArgumentError: as `plot`.
        DataError: if it cannot be written.
    """
    plot(value).write(path)
