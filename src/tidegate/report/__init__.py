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
    "tidegate.audit.result.Audit": ("audit", "audit_page"),
    "tidegate.forecast.backtest.Backtest": ("judged", "backtest_page"),
    "tidegate.audit.gates.Gates": ("gates", "gates_page"),
    "tidegate.audit.ablation.Ablation": ("cells", "ablation_page"),
    "tidegate.audit.comparison.Comparison": ("cells", "comparison_page"),
    "tidegate.audit.tried.TriedFixes": ("cells", "tried_page"),
}

__all__ = ["plot", "write"]


def plot(value: Any, *, sequence: int | None = None) -> Page:
    """The page of an audit, gates, a comparison or the like; a notebook shows it where it stands.

    Args:
        value: an `audit.Audit`, what `tidegate.gates`, `ablate`, `compare` or ``try_fixes`` gave,
            or a `forecast.backtest.Backtest`.
        sequence: of gates, the one to draw; None for a few that a reader can pick from.

    Raises:
        ArgumentError: for anything else.
    """
    home = f"{type(value).__module__}.{type(value).__name__}"
    if home in _PAGES:
        module, function = _PAGES[home]
        draw = getattr(import_module(f".{module}", __name__), function)
        page: Page = draw(value) if sequence is None else draw(value, sequence)
        return page
    raise ArgumentError(
        f"expected an Audit, Gates, Ablation, Comparison, TriedFixes or Backtest to draw, got "
        f"{type(value).__name__}"
    )


def write(value: Any, path: str | os.PathLike[str]) -> None:
    """Writes the page of `plot` to a file, whole or not at all.

    Raises:
        ArgumentError: as `plot`.
        DataError: if it cannot be written.
    """
    plot(value).write(path)
