"""What an ablation found, as plain data, and what it says in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal, TypeAlias

from ..errors import ArgumentError
from .plain import from_plain, to_plain

How: TypeAlias = Literal["open", "shut", "mean", "cut"]

NAMES = {
    "i": "input gate",
    "f": "forget gate",
    "g": "candidate",
    "o": "output gate",
    "r": "reset gate",
    "z": "update gate",
    "n": "candidate",
    "h": "hidden state",
    "c": "cell state",
    "h, c": "whole state",
}
LITTLE = 0.01
"""A change of less than this share of the loss is none, however sure it is."""


@dataclass(frozen=True)
class Change:
    """One thing held still, and what the loss became."""

    gate: str
    """A gate, a state, or both states: "f", "c", "h, c"."""
    how: How
    """Held at 1, at 0, at its own mean, or set to zero once."""
    layer: int
    """From 0; -1 for all layers at once."""
    steps: int
    """Of a cut, how many steps before the end; 0 for a gate."""
    level: float
    """What the gate was held at, in the mean over its units; 0 of a cut."""
    score: float
    """The loss, the mean over the sequences."""
    change: float
    """What it has risen by."""
    low: float
    """The end of a 95 % interval of the change, by bootstrap over sequences."""
    high: float

    def matters(self, full: float) -> bool:
        """Whether the loss has changed, by more than chance and more than 1 % of ``full``."""
        return (self.low > 0 or self.high < 0) and abs(self.change) > LITTLE * abs(full)

    def __str__(self) -> str:
        if self.how == "cut":
            what = f"{self.gate} = 0, {_steps(self.steps)} before the end"
        elif self.how == "mean":
            what = f"{self.gate} at its mean, {self.level:.2f}"
        else:
            what = f"{self.gate} = {1 if self.how == 'open' else 0}"
        return what if self.layer < 0 else f"layer {self.layer}, {what}"


@dataclass(frozen=True)
class Ablation:
    """What the gates and states of a model are worth, on some sequences."""

    model: str
    cell: str
    loss: str
    """What is measured; lower is better."""
    full: float
    """With everything in place."""
    sequences: int
    changes: tuple[Change, ...]

    def what_does(self, gate: str, layer: int = -1) -> str:
        """What a gate or state is for in this model, in a sentence: "What does the forget gate do?"

        Args:
            gate: such as "f".
            layer: its number; from the end if below 0.

        Raises:
            ArgumentError: if it was not held.
        """
        count = 1 + max((change.layer for change in self.changes), default=0)
        number = layer + count if layer < 0 else layer
        found = [c for c in self.changes if c.gate == gate and c.layer in (-1, number)]
        if not found:
            known = ", ".join(dict.fromkeys(change.gate for change in self.changes))
            raise ArgumentError(f"nothing is known of {gate!r} in layer {layer}; only of {known}")
        name = NAMES.get(gate, gate)
        where = f"The {name} {gate}" + (f" of layer {number}" if count > 1 else "")
        if found[0].how == "cut":
            return f"{where}: {self._of_cuts(found)}"
        return f"{where}: {self._of_levels({change.how: change for change in found})}"

    def to_json(self) -> dict[str, Any]:
        """A dict that ``json.dumps`` takes and `from_json` turns back into an equal value."""
        found: dict[str, Any] = to_plain(self)
        return found

    @classmethod
    def from_json(cls, data: Any) -> Ablation:
        """The ablation that `to_json` described. Raises: ArgumentError, if it describes none."""
        return from_plain(cls, data)

    def to_frame(self) -> Any:
        """A frame (polars), a row for each change."""
        import polars as pl

        return pl.DataFrame([to_plain(change) for change in self.changes])

    def plot(self) -> Any:
        """A chart of it, for a notebook."""
        return import_module("tidegate.report").plot(self)

    def __str__(self) -> str:
        width = max((len(str(change)) for change in self.changes), default=0)
        many = f"{self.sequences} sequence{'s' if self.sequences != 1 else ''}"
        lines = [
            f"{self.model}: {self.loss} {self.full:.4g} over {many}; with",
            *(
                f"  {change!s:{width}}  {change.score:10.4g}  {change.change:+10.4g} "
                f"[{change.low:+.4g}, {change.high:+.4g}]{' *' * change.matters(self.full)}"
                for change in self.changes
            ),
        ]
        held = dict.fromkeys((c.gate, c.layer) for c in self.changes)
        lines += [self.what_does(gate, max(layer, 0)) for gate, layer in held]
        return "\n".join(lines)

    __repr__ = __str__

    def _of_levels(self, by: dict[str, Change]) -> str:
        gone, moved, mean = by["shut"], by["open"], by["mean"]
        seen = (
            f"{self.loss} {self.full:.4g}; {mean.score:.4g} with it held at its mean, "
            f"{moved.score:.4g} at 1, {gone.score:.4g} at 0: "
        )
        needs = {how: change.matters(self.full) and change.change > 0 for how, change in by.items()}
        if not any(needs.values()):
            return f"{seen}the model does as well without it"
        if not needs["mean"]:
            return f"{seen}its level matters, but not that it moves"
        closes = {"f": "forget", "z": "let go of what it held"}.get(moved.gate, "close")
        opens = {"f": "keep", "z": "keep"}.get(moved.gate, "open")
        if moved.gate in ("g", "n"):
            return f"{seen}what it writes depends on the input, and is used"
        what = [opens] * needs["shut"] + [closes] * needs["open"]
        return f"{seen}it must {' and '.join(what) or 'move'}, and when it does so matters"

    def _of_cuts(self, cuts: list[Change]) -> str:
        worse = [c for c in cuts if c.matters(self.full) and c.change > 0]
        if not worse:
            far = max(cuts, key=lambda cut: cut.steps)
            return (
                f"{self.loss} {self.full:.4g}, and much the same wherever it is set to zero, up to "
                f"{_steps(far.steps)} before the end ({far.score:.4g}): nothing rests on it"
            )
        far = max(worse, key=lambda cut: cut.steps)
        most = max(worse, key=lambda cut: cut.change)
        return (
            f"{self.loss} {self.full:.4g}; {most.score:.4g} with it set to zero "
            f"{_steps(most.steps)} before the end: what it holds {_steps(far.steps)} before the "
            f"end is still used there"
        )


def _steps(n: int) -> str:
    return f"{n} step{'s' * (n > 1)}"
