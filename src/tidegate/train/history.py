"""What happened in a run, as plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

from .looks import Look

Stopped: TypeAlias = Literal["", "epochs", "updates", "patience", "interrupted", "diverged"]


@dataclass(frozen=True)
class Epoch:
    """One pass over the sequences; the last one of a run may be cut short."""

    loss: float
    """Mean loss of its updates, each counted by its sequences, each before its own update."""
    validation: float | None
    """Loss over the data held out, after it; None without such data."""
    seconds: float
    updates: int
    """Of the run, up to its end."""


@dataclass
class History:
    """The course of a run: one value for each update in the first three lists."""

    loss: list[float] = field(default_factory=list)
    """Before the update."""
    norm: list[float] = field(default_factory=list)
    """Of the whole gradient, before clipping."""
    learning_rate: list[float] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    """How far back the gradient reached, every so many updates; none of short sequences."""
    stopped: Stopped = ""
    """Why the run ended: all epochs or updates are done, no better validation loss within the
    patience, Ctrl-C, or a loss that is not finite."""

    @property
    def best_epoch(self) -> int | None:
        """Where in ``epochs`` the validation loss is lowest, the first such; None without any."""
        losses = [epoch.validation for epoch in self.epochs]
        known = [loss for loss in losses if loss is not None]
        return losses.index(min(known)) if known else None

    def to_json(self) -> dict[str, Any]:
        """A dict of plain lists and numbers.

        Example:
            >>> History(loss=[2.0], norm=[0.5], learning_rate=[0.1]).to_json()["loss"]
            [2.0]
        """
        return {**asdict(self), "best_epoch": self.best_epoch}
