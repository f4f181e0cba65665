"""What a comparison of cells found, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ..evidence import SURE, chance
from .plain import from_plain, to_plain


@dataclass(frozen=True)
class Contestant:
    """A cell, and how networks of it did that differ in their seed alone."""

    cell: str
    hidden: int
    """Units, so many that all cells have about equally many parameters."""
    parameters: int
    losses: tuple[float, ...]
    """On what was held out, for each seed; lower is better."""
    loss: float
    """Their mean."""
    spread: float
    """Their standard deviation; 0 of a single seed."""
    memory: int
    """Usable memory in rows of the data, of the first seed's network."""
    half_life: float
    """Steps of the network after which half of the gradient is left, in the state that keeps it
    longest; of the first seed's network."""
    seconds: float
    """To learn, in the mean over the seeds."""
    error: float
    """The standard error of the difference to the best one, over what was held out; 0 of the best.
    """
    p: float
    """How often chance alone makes so large a difference to the best one; 1 of the best, NaN where
    there are too few observations to tell."""


@dataclass(frozen=True)
class Comparison:
    """Cells beside one another: equally many parameters, equally long training, equal data."""

    model: str
    loss: str
    """What is measured."""
    unit: str
    """What was held out, such as "sequences"."""
    observations: int
    """How many of them."""
    step: str
    """What a row of the data is called."""
    contestants: tuple[Contestant, ...]
    """In the order that was asked for."""
    best: str
    """The cell of the lowest loss."""
    use: str
    """The cell to use."""
    why: str
    """The rest of the sentence."""

    def to_json(self) -> dict[str, Any]:
        """A dict that ``json.dumps`` takes and `from_json` turns back into an equal value."""
        found: dict[str, Any] = to_plain(self)
        return found

    @classmethod
    def from_json(cls, data: Any) -> Comparison:
        """The comparison that `to_json` described. Raises: ArgumentError, if it is none."""
        return from_plain(cls, data)

    def to_frame(self) -> Any:
        """A frame (polars), a row for each cell."""
        import polars as pl

        names = [name for name in Contestant.__dataclass_fields__ if name != "losses"]
        rows = [{name: getattr(each, name) for name in names} for each in self.contestants]
        return pl.DataFrame(rows)

    def plot(self) -> Any:
        """A chart of it, for a notebook."""
        return import_module("tidegate.report").plot(self)

    def __str__(self) -> str:
        head = f"{'cell':10}{'units':>7}{'parameters':>12}{self.loss:>20}{'±':>9}"
        lines = [f"{head}{'memory':>8}{'half-life':>11}{'seconds':>9}"]
        for each in self.contestants:
            life = f"{each.half_life:.3g}"
            lines.append(
                f"{each.cell:10}{each.hidden:7}{each.parameters:12,}{each.loss:20.4g}"
                f"{each.spread:9.2g}{each.memory:8}{life:>11}{each.seconds:9.1f}"
            )
        lines.append(f"use {self.use}: {self.why}")
        return "\n".join(lines)

    __repr__ = __str__


FASTER = 0.8
"""A cell that takes up to this share of the time is worth as much as one that is hardly better."""


def choose(contestants: tuple[Contestant, ...]) -> tuple[str, str, str]:
    """The best cell, the one to use, and why.

    That of the lowest loss; but a clearly faster one if it is behind by no more than one standard
    error, as the house chooses among forecasters (Breiman, Friedman, Olshen and Stone 1984).

    Example:
        >>> def made(cell, loss, seconds, error, p):
        ...     return Contestant(cell, 8, 400, (loss,), loss, 0.0, 3, 2.0, seconds, error, p)
        >>> lstm, gru = made("lstm", 0.5, 9.0, 0.02, 0.01), made("gru", 0.4, 8.0, 0.0, 1.0)
        >>> choose((lstm, gru))[1:]
        ('gru', 'its loss is the lowest, 0.4; lstm 0.5 (p = 0.010)')
    """
    best = min(contestants, key=lambda each: each.loss)
    level = [e for e in contestants if e.loss - best.loss <= e.error]
    fastest = min(level, key=lambda each: each.seconds)
    use = fastest if fastest.seconds <= FASTER * best.seconds else best
    others = []
    for each in sorted(contestants, key=lambda each: each.loss):
        if each is use:
            continue
        p = use.p if each is best else each.p
        doubt = (
            "too few to tell" if p != p else chance(p) + (", may be chance" if p >= SURE else "")
        )
        others.append(f"{each.cell} {each.loss:.4g} ({doubt})")
    rest = "; " + ", ".join(others) if others else ""
    if use is best:
        return best.cell, use.cell, f"its loss is the lowest, {use.loss:.4g}{rest}"
    why = f"it learns faster, and its loss of {use.loss:.4g} is within an error of the lowest"
    return best.cell, use.cell, f"{why}{rest}"
