"""Estimators of sequences with their data, as the audit sees them.

The loss by length of context is that of all networks, on sequences that begin later. Kernels beside
them remember nothing, and are left out.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.ragged import Ragged, places
from ..errors import DataError
from ..network.audited import FEW, NetworkSubject, about_of
from ..network.beyond import tells
from ..network.lags import CHANGE, change, doubling, spread
from ..network.reference_loss import softmax
from ..network.subject import Context, worst
from . import fitting, reading, unlearnt
from .learn import Learned
from .numbers import Numbers
from .unlearnt import Judged, Known

Array = NDArray[Any]
MOST, FEW_STEPS = 400, 200
"""Sequences at most and steps at least of which it is asked whether the far past tells of them."""
WORDS = 64
"""That are counted for this: the most frequent ones."""
Loss = Callable[[Array, Array], Array]
"""(outputs ``[k, O]``, numbers of their sequences or rows) → ``[k]``."""


def given(estimator: Any, data: Any) -> tuple[Ragged, Any]:
    """The sequences of X, or of (X, y), and y; None without.

    Raises:
        NotFittedError: before `fit`.
        DataError: if the data cannot be used.
    """
    fitting.check_fitted(estimator)
    X, y = data if isinstance(data, tuple) and len(data) == 2 else (data, None)
    x = reading.read(estimator, X, estimator.learned_)
    if x.rows.dtype.kind == "f" and np.isnan(x.rows).all():
        raise DataError("X holds nothing but NaN; an audit needs values")
    return x, y


def job_of(estimator: Any, *given: Any) -> fitting.Job:
    """As the estimator was fitted; from seed 0, and no generator of the user's moves on."""
    again = copy.copy(estimator)
    again.random_state = 0
    again.training = replace(fitting.training_of(again.training), kernels=False)
    found: fitting.Job = again._job(*given, False)
    return found


def entropy(targets: Array) -> Loss:
    """What the right label costs, in nats: −log of its chance.

    Example:
        >>> found = entropy(np.array([1, 0]))(np.zeros((1, 2)), np.array([1]))
        >>> found.round(3).tolist()
        [0.693]
    """

    def loss(outputs: Array, which: Array) -> Array:
        chances = softmax(outputs.astype(np.float64))
        right = chances[np.arange(len(which)), targets[which].astype(np.int64)]
        return -np.log(np.maximum(right, 1e-300))

    return loss


def yes_or_no(targets: Array) -> Loss:
    """What the right answers cost, in nats, the mean over what is known of ``[n, K]`` of 0 and 1.

    Example:
        >>> yes_or_no(np.array([[1.0, np.nan]]))(np.array([[0.0, 9.0]]), np.array([0])).round(3)
        array([0.693])
    """

    def loss(outputs: Array, which: Array) -> Array:
        known = ~np.isnan(targets[which])
        truth = np.where(known, targets[which], 0)
        each = np.where(known, np.logaddexp(0, outputs) - truth * outputs, 0)
        found: Array = each.sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        return found

    return loss


def squared(targets: Array) -> Loss:
    """The squared error, the mean over targets; of quantiles, that of the middle one."""

    def loss(outputs: Array, which: Array) -> Array:
        each = outputs.reshape(len(outputs), targets.shape[1], -1)
        middle = each[:, :, each.shape[2] // 2]
        found: Array = np.nanmean((middle - targets[which]) ** 2, axis=1)
        return found

    return loss


def subject(
    estimator: Any, x: Ragged, known: Known | None, name: str, outputs: tuple[str, ...]
) -> NetworkSubject:
    """The estimator with some sequences.

    Args:
        estimator: fitted.
        x: the sequences.
        known: of them; None if no targets are.
        name: of the loss.
        outputs: their names.
    """
    learned: Learned = estimator.learned_.alone
    inputs, network = learned.inputs, learned.members[0].network
    spec = network.spec
    if x.length.max() < 2:
        raise DataError("an audit needs sequences of two steps at least, got none; give longer X")
    stepwise = spec.readout == "each"
    if isinstance(inputs, Numbers):
        rows, spans = inputs.segments.read(inputs.table(x), x.spans, _offset(inputs, x.length))
    else:
        rows, spans = inputs.views(inputs.table(x), x.spans)[0]
    about = about_of(spec, loss=CHANGE if known is None else name)
    settings = ["cell", "init", "learning_rate", "clip_value"]
    if estimator.training is not None and estimator.training.clip is None:
        settings += ["clip"]
    settings += ["readout"] if spec.readout == "last" else []
    if isinstance(inputs, Numbers):
        settings += [] if stepwise else ["segment"]
        names = x.form.names or tuple(f"x{i}" for i in range(x.form.columns))
        about = replace(about, inputs=names, unit="per deviation of the input")
    else:
        about = replace(about, step="token", unit="per unit of the embedding")
    if len(outputs) <= FEW:
        about = replace(about, outputs=outputs)
    burst = worst(member.network.burst for member in learned.members)
    about = replace(about, settings=tuple(settings), burst=burst)
    counted = _change(learned, x) if known is None else known.loss

    def score(output: Array) -> Array:
        if not stepwise:
            return counted(output / learned.temperature, np.arange(len(output)))
        each = counted(output, np.arange(len(output)))
        found: Array = np.add.reduceat(each, x.spans.start) / x.length
        return found

    lengths = tuple(doubling(int(x.length.max())))
    answers = _stepwise if stepwise else _whole
    judged = Judged(learned, np.arange(len(x)))
    if known is not None:
        judged = unlearnt.judged(learned, known, lambda who, *how: answers(who, x, *how))

    def losses(rows: int, most: int) -> Array:
        if judged.learned is not learned and not stepwise:
            most = unlearnt.MOST  # of a third there are few, and one network is asked
        found, which = answers(judged, x, rows, most)
        return counted(found, which) if known is None else judged.loss(known, found, which)

    beyond = None if known is None else partial(_beyond, known)
    context = Context(lengths, losses, beyond=beyond)
    pull = _pull(inputs, x) if isinstance(inputs, Numbers) else None
    labels = None
    if not isinstance(inputs, Numbers):
        labels = tuple(x.rows.tolist())
    first = NetworkSubject(about, network, rows, spans, score, pull, None, context, labels)
    others = tuple(replace(first, network=other.network) for other in learned.members[1:])
    return replace(first, others=others)


def ends(x: Ragged, which: Array, first: Array, last: Array) -> Ragged:
    """Parts of sequences: from one row up to another, both counted from each one's first."""
    length = last - first + 1
    start = x.spans.start[which] + first
    index = np.repeat(start - (np.cumsum(length) - length), length) + np.arange(length.sum())
    return Ragged(x.form, x.rows[index], length)


def _whole(judged: Judged, x: Ragged, rows: int, most: int) -> tuple[Array, Array]:
    which = judged.which[spread(len(judged.which), most)]
    length = x.length[which]
    part = ends(x, which, np.maximum(length - rows, 0), length - 1)
    return judged.learned.outputs(part), which


def _stepwise(judged: Judged, x: Ragged, rows: int, most: int) -> tuple[Array, Array]:
    """Of single steps, drawn from all; of both directions, as many rows are seen after a step."""
    learned, each = judged.learned, places(x.spans[judged.which])
    row = each[np.random.default_rng(0).integers(len(each), size=most)]
    which = np.searchsorted(np.cumsum(x.length), row, side="right")
    at = row - x.spans.start[which]
    first, last = np.maximum(at - rows + 1, 0), at
    if learned.spec.bidirectional:
        last = np.minimum(at + rows - 1, x.length[which] - 1)
    part = ends(x, which, first, last)
    outputs = learned.outputs(part)[part.spans.start + at - first]
    return outputs, row


def _beyond(known: Known, rows: int) -> float:
    """Whether what lies more than so many rows before a target tells of it; see `network.beyond`.

    Each sequence ends at its target: of steps with targets of their own some are drawn, no more
    from a sequence than it takes.
    """
    x, targets = known.samples.x, known.samples.targets
    which = spread(len(x), MOST)
    end = x.length[which]
    if known.samples.stepwise:
        which = np.repeat(which, -(-FEW_STEPS // len(which)))
        end = np.random.default_rng(0).integers(1, x.length[which] + 1)
    answer = targets[x.spans.start[which] + end - 1 if known.samples.stepwise else which]
    chosen = (end > rows) & np.isfinite(answer).all(axis=1)
    which, end, answer = which[chosen], end[chosen], answer[chosen]
    if len(known.constant) != targets.shape[1]:  # labels, by their numbers
        answer = (answer == np.arange(len(known.constant))).astype(np.float64)
    table = x.rows
    if table.dtype == object:
        table = table[:, None] == _usual(table)
    start = x.spans.start[which]
    return tells([table[a : a + n - rows] for a, n in zip(start, end, strict=True)], answer)


def _usual(tokens: Array) -> Array:
    """The tokens that occur most."""
    names, count = np.unique(tokens.astype(str), return_counts=True)
    found: Array = names[np.argsort(-count, kind="stable")[:WORDS]].astype(object)
    return found


def _change(learned: Learned, x: Ragged) -> Loss:
    """How far an output is from what it is with everything seen."""
    full = learned.outputs(x)
    return lambda outputs, which: change(outputs, full[which])


def _offset(inputs: Numbers, length: Array) -> Array:
    """From which each sequence is read so that its last row ends a step: no row is left out."""
    size = inputs.reading.segment
    if inputs.reading.ended:  # each row is read from any
        return np.zeros_like(length)
    found: Array = -(size - 1 + length) % size
    return found


def _pull(inputs: Numbers, x: Ragged) -> Callable[[Array, Array], tuple[Array, Array]]:
    """From the gradient by what the network reads to that by the columns, in their deviations.

    A column is read as it is, as its change, perhaps as a logarithm of its size or in deviations of
    its own sequence (whose mean and deviation are taken as given), and in two steps.
    """
    features, columns = inputs.features, x.form.columns

    def pull(which: Array, gradient: Array) -> tuple[Array, Array]:
        spans = x.spans[which]
        own = places(spans)
        place = np.zeros(len(x.rows), np.int64)
        place[own] = np.arange(len(own))
        index = own[:, None]
        if inputs.reading.segment > 1:
            number, offset = np.arange(len(x.rows))[:, None], _offset(inputs, spans.length)
            index = inputs.segments.read(number, spans, offset)[0]
        read = np.zeros((len(own), features.width))
        for nth in range(index.shape[1]):
            part = gradient[:, nth * features.width : (nth + 1) * features.width]
            np.add.at(read, place[index[:, nth]], part)
        found, rest = read[:, :columns].copy(), read[:, columns:]
        if len(features.change):
            by_change, rest = rest[:, :columns] / features.change, rest[:, columns:]
            by_change[np.cumsum(spans.length) - spans.length] = 0
            found += by_change
            found[:-1] -= by_change[1:]
        if (heavy := features.small > 0).any():
            z = x.rows[own][:, heavy] / features.scale[heavy] - (
                features.centre[heavy] / features.scale[heavy]
            )
            u = (np.nan_to_num(z) - features.middle[heavy]) / features.small[heavy]
            count = int(heavy.sum())
            found[:, heavy] += rest[:, :count] / (3 * features.small[heavy] * np.sqrt(1 + u * u))
            rest = rest[:, count:]
        if features.own.any():
            z, end = x.rows[own] / features.scale, np.cumsum(spans.length)[:-1]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # a column without any value: NaN
                each = np.stack([np.nanstd(part, axis=0) for part in np.split(z, end)])
            deviation = each[:, features.own]
            deviation = np.repeat(np.where(deviation > 1e-12, deviation, 1), spans.length, axis=0)
            found[:, features.own] += rest[:, : int(features.own.sum())] / deviation
        return found, spans.length

    return pull
