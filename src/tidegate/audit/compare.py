"""Would another cell do better here? Measured on the user's own data: `tg.compare`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cells import CELLS
from ..errors import ArgumentError
from ..network import NetworkSpec, NumberInput, TokenInput, checks
from ..network.parameters import size
from .again import seed_of
from .comparison import Comparison, Contestant, choose
from .contest import FEW, Entry, contest
from .whole import audit, subject_of

Array = NDArray[Any]

APART = 1000
"""Between two seeds: members of an ensemble take the next ones."""


def compare(
    model: Any,
    X: Any,
    y: Any = None,
    *,
    cells: Sequence[str] = ("rnn", "lstm", "gru"),
    seeds: int = 3,
) -> Comparison:
    """Trains the model with each cell, and says which to use and why.

    All have about equally many parameters (the units follow from the cell) and equally many
    updates, learn from the same three quarters of the data and are judged by the rest. Takes as
    long as ``len(cells) * seeds`` trainings, and some for the audits.

    Args:
        model: an estimator, a Forecaster or a LanguageModel, fitted or not; it stays as it is.
        X: sequences; the frame of a Forecaster; the text of a LanguageModel.
        y: of the sequences.
        cells: keys of ``tidegate.cells.CELLS``.
        seeds: networks of each cell.

    Raises:
        ArgumentError: if a setting makes no sense, or the model cannot be trained anew.
        DataError: as its ``fit``.

    Example:
        >>> import tidegate as tg
        >>> X = np.random.default_rng(0).normal(size=(60, 8))
        >>> short = tg.SequenceTraining(updates=50, members=1)
        >>> model = tg.SequenceRegressor(hidden=8, training=short)
        >>> found = tg.compare(model, X, X[:, -1], cells=("rnn", "gru"), seeds=1)
        >>> [each.cell for each in found.contestants], found.unit
        (['rnn', 'gru'], 'sequences')
    """
    seeds = checks.whole_number(seeds, "seeds", 1)
    named = isinstance(cells, Iterable) and all(isinstance(cell, str) for cell in cells)
    if not named or isinstance(cells, str) or not len(cells) or len(set(cells)) < len(cells):
        raise ArgumentError(
            f"cells must be names, each once, such as ('rnn', 'gru'), got {cells!r}"
        )
    for cell in cells:
        if cell not in CELLS:
            raise ArgumentError(f"a cell must be one of {', '.join(CELLS)}, got {cell!r}")
    first = seed_of(model)
    field = contest(model, X, y, first)
    own = model.cell if model.cell in CELLS else cells[0]
    start = field.enter({"cell": own}, first)
    held = field.held()
    spec: NetworkSpec = subject_of(field.fitted(start), held).spec
    entries: dict[str, list[Entry]] = {}
    for cell in cells:
        changes: dict[str, Any] = {"cell": cell}
        if cell != own:
            changes["hidden"] = units(spec, cell, size(spec))
            if spec.init.chrono is not None and not CELLS[cell].chrono:
                changes["init.chrono"] = None
        entries[cell] = [
            start if cell == own and not number else field.enter(changes, first + APART * number)
            for number in range(seeds)
        ]
    losses = {cell: np.mean([e.losses for e in tried], axis=0) for cell, tried in entries.items()}
    best = min(losses, key=lambda cell: float(losses[cell].mean()))
    contestants = []
    for cell, tried in entries.items():
        learned = field.fitted(tried[0])
        behind = losses[cell] - losses[best]
        found = audit(learned, held)
        each = [entry.loss for entry in tried]
        contestants.append(
            Contestant(
                cell,
                found.hidden,
                size(subject_of(learned, held).spec),
                tuple(each),
                float(np.mean(each)),
                float(np.std(each, ddof=1)) if len(each) > 1 else 0.0,
                found.memory.usable,
                max(rate.half_life for rate in found.rate),
                float(np.mean([entry.seconds for entry in tried])),
                float(behind.std(ddof=1) / math.sqrt(len(behind))) if len(behind) > 1 else 0.0,
                1.0 if cell == best else paired(behind),
            )
        )
    return Comparison(
        type(model).__name__,
        field.loss,
        field.unit,
        len(losses[best]),
        found.step,
        tuple(contestants),
        *choose(tuple(contestants)),
    )


def units(spec: NetworkSpec, cell: str, parameters: int) -> int:
    """The hidden units with which a network of another cell has about so many parameters.

    Example:
        >>> spec = NetworkSpec(NumberInput(8), cell="lstm", hidden=64, outputs=1)
        >>> gru = spec.but(cell="gru", hidden=units(spec, "gru", size(spec)))
        >>> gru.hidden, abs(size(gru) / size(spec) - 1) < 0.02
        (75, True)
    """
    init = spec.init if CELLS[cell].chrono else type(spec.init)()

    def count(hidden: int) -> int:
        source = spec.input  # what is in front is as wide as the layers, or of a width of its own
        if isinstance(source, TokenInput) and source.width == spec.hidden:
            source = TokenInput(source.vocabulary, hidden)
        elif isinstance(source, NumberInput) and source.dense == spec.hidden:
            source = replace(source, dense=hidden)
        return size(spec.but(cell=cell, hidden=hidden, init=init, input=source))

    low, high = 1, 2
    while count(high) < parameters:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if count(middle) < parameters else (low, middle)
    return min((low, high), key=lambda hidden: abs(count(hidden) - parameters))


def paired(difference: Array) -> float:
    """How often chance alone makes the mean of such differences so large; NaN if they are few.

    Student's paired test, as the house has it where a lead is summed over observations.

    Example:
        >>> paired(np.array([1.0, 2.0] * 5)) < 0.001, paired(np.array([1.0, -1.0] * 5))
        (True, 1.0)
    """
    from scipy.stats import ttest_1samp

    if len(difference) < FEW:
        return math.nan
    if np.ptp(difference) == 0:
        return float(difference[0] == 0)
    return float(ttest_1samp(difference, 0.0).pvalue)
