"""A loss that is no longer a finite number: what is kept, and what is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..data.bags import TokenBags
from ..errors import TrainingError
from .history import History
from .source import Part

if TYPE_CHECKING:
    from ..network import Network


class DivergedError(TrainingError):
    """The loss or its gradient is no longer finite. The network holds the last good weights."""

    def __init__(self, message: str, update: int, history: History) -> None:
        super().__init__(message)
        self.update = update
        """The update that could not be made, counted from 1."""
        self.history = history
        """Up to the update before."""


class LastGood:
    """The newest parameters, at most 10 updates old, that are known to give a finite loss.

    The parameters of one update are known to be good only once the next one has seen its loss.
    """

    EVERY = 10
    """Updates between two copies: a copy of a large embedding costs as much as an update."""

    def __init__(self) -> None:
        self.parameters: NDArray[Any] | None = None
        self.updates = 0
        """Done when they were copied."""
        self._waiting: tuple[int, NDArray[Any]] | None = None
        self._spare: NDArray[Any] | None = None
        """Room for the next copy: new memory takes as long to get as the copy."""

    def before(self, done: int, network: Network) -> None:
        """To be called before an update; ``done`` counts those before it."""
        if self.parameters is None or done % self.EVERY == 0:
            parameters = network.parameters
            spare = np.empty_like(parameters) if self._spare is None else self._spare
            np.copyto(spare, parameters)
            self._waiting, self._spare = (done, spare), None

    def after(self) -> None:
        """To be called when that update's loss was finite."""
        if self._waiting is not None:
            self._spare = self.parameters
            self.updates, self.parameters = self._waiting
            self._waiting = None


def advice(sequences: Part | None, rate: float, clip: float | None, first: bool) -> str:
    """What to try when the loss of these sequences is not finite.

    Args:
        sequences: the batch; None if it is no longer known.
        rate: the learning rate.
        clip: the largest norm of the gradient; None for no limit.
        first: whether the weights are still those that the run began with.
    """
    if sequences is not None and (fault := _fault(sequences)):
        return f"{fault}: correct it, or leave it out"
    scale = "inputs and targets scaled to about ±1"
    if first:
        return f"try {scale}"
    clipped = ", clip=1.0" if clip is None else ""
    return f"try learning_rate={rate / 10:.2g}{clipped}, or {scale}"


def _fault(sequences: Part) -> str:
    """The first number of the data that is none; empty if there is no such."""
    spans, used = sequences.spans, sequences.target_rows()
    start, end = np.asarray(spans.start), np.asarray(spans.start) + np.asarray(spans.length)
    if not isinstance(sequences.rows, TokenBags):
        bad = _bad_rows(~np.isfinite(sequences.rows))
        # the first bad row from each start on; len(rows) if there is none
        following = np.append(bad, len(sequences.rows))[np.searchsorted(bad, start)]
        if (inside := following[following < end]).size:
            return _place("rows", sequences.rows, int(inside.min()))
    for name in ("shift", "factor"):
        scale = getattr(spans, name)
        if scale is not None and (bad := _bad_rows(~np.isfinite(scale))).size:
            return f"spans.{name} of the span at row {start[bad].min()} is not finite"
    for name, table in (("targets", sequences.targets), ("weights", sequences.weights)):
        if table is None or table.dtype.kind != "f":
            continue
        # a NaN target is a masked one
        wrong = np.isinf(table) if name == "targets" else ~np.isfinite(table)
        if (bad := np.intersect1d(_bad_rows(wrong), used)).size:
            return _place(name, table, int(bad[0]))
    return ""


def _bad_rows(wrong: NDArray[np.bool_]) -> NDArray[np.intp]:
    return np.flatnonzero(wrong.reshape(len(wrong), -1).any(axis=1))


def _place(name: str, table: NDArray[Any], row: int) -> str:
    values = np.atleast_1d(table[row])
    worst = values[~np.isfinite(values)][0] if values.ndim == 1 else "no finite number"
    return f"row {row} of {name} holds {worst}"
