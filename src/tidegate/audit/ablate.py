"""What does a gate do? Held still, one after the other, on the user's own data: `tg.ablate`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..network import Network, checks
from .ablation import Ablation, Change, How
from .holding import cut, hold
from .whole import subject_of

Array = NDArray[Any]

DRAWS = 1000
"""Samples of the bootstrap."""


def ablate(
    model: Any,
    X: Any,
    y: Any = None,
    *,
    at: Sequence[int] | None = None,
    seed: int = 0,
) -> Ablation:
    """What the loss becomes when a gate is held at 1, at 0 or at its mean, or a state is cut.

    Nothing is trained. A gate is held by its parameters, at the mean each unit at its own, over all
    steps of the data. A state is set to zero once, between two steps, in all layers.

    Args:
        model: a fitted estimator, Forecaster or LanguageModel; of several networks that answer
            together, the first.
        X: sequences; the frame of a Forecaster; the text of a LanguageModel.
        y: of the sequences.
        at: steps before the end of each sequence at which states are cut; None for 1, 4, 16, ...
            up to half of the sequence of median length.
        seed: of the bootstrap.

    Raises:
        NotFittedError: before the model's ``fit``.
        ArgumentError: if there is nothing to compare with, or a step makes no sense.
        DataError: if the data cannot be used.

    Example:
        >>> import tidegate as tg
        >>> X = np.random.default_rng(0).normal(size=(60, 8))
        >>> short = tg.SequenceTraining(updates=50, members=1)
        >>> model = tg.SequenceRegressor(hidden=8, training=short, random_state=0)
        >>> found = tg.ablate(model.fit(X, X[:, -1]), X, X[:, -1])
        >>> print(found.what_does("z")[:18])
        The update gate z:
    """
    subject = subject_of(model, X if y is None else (X, y))
    return ablation_of(subject, at, checks.whole_number(seed, "seed", 0))


def ablation_of(subject: Any, at: Sequence[int] | None = None, seed: int = 0) -> Ablation:
    """The same, of a `network.audited.NetworkSubject`.

    Raises:
        ArgumentError: if it is a subject of another kind, whose gates have no parameters.
    """
    network: Network | None = getattr(subject, "network", None)
    if network is None:
        raise ArgumentError("ablate needs a model of tidegate: it holds gates by their parameters")
    spec, rows, spans = network.spec, subject.rows, subject.spans
    means = _means(subject, len(spans))
    full = subject.score(network.forward(rows, spans).output)
    found: list[tuple[Change, Array]] = []

    def note(gate: str, how: How, layer: int, steps: int, level: float, output: Array) -> None:
        score = subject.score(output)
        change = Change(gate, how, layer, steps, level, float(score.mean()), 0.0, 0.0, 0.0)
        found.append((change, score - full))

    gates = [gate for gate in spec.cell_spec.gates if gate not in spec.cell_spec.states]
    for layer in range(spec.layers):
        own = slice(layer * spec.directions, (layer + 1) * spec.directions)
        for gate in gates:
            mean = [entry[gate] for entry in means[own]]
            held_at: dict[How, list[Any]] = {
                "open": [1.0] * spec.directions,
                "shut": [0.0] * spec.directions,
                "mean": mean,
            }
            for how, levels in held_at.items():
                held = Network(spec, parameters=hold(spec, network.values, gate, levels, layer))
                output = held.forward(rows, spans).output
                note(gate, how, layer, 0, float(np.mean(levels)), output)
    longest = int(np.median(spans.length // spec.input.segment))
    states = spec.cell_spec.states
    sets = [states] if len(states) == 1 else [*((name,) for name in states), states]
    for some in sets:
        for steps in _places(at, longest):
            cut_off = cut(network, rows, spans, steps, some)
            if cut_off is not None:
                note(", ".join(some), "cut", -1, steps, 0.0, cut_off)
    changes = _sure([change for change, _ in found], np.array([d for _, d in found]), seed)
    first = f", the first of {len(subject.others) + 1} networks" if subject.others else ""
    return Ablation(
        subject.model + first,
        spec.cell,
        subject.loss,
        float(full.mean()),
        len(full),
        tuple(changes),
    )


def _means(subject: Any, n: int) -> list[dict[str, Array]]:
    """For each layer and direction: gate → ``[H]``, over all steps."""
    record = subject.record(np.arange(n))
    return [
        {name: values.mean(axis=0, dtype=np.float64) for name, values in entry.items()}
        for entry in record
    ]


def _places(at: Any, longest: int) -> list[int]:
    if at is None:
        return [4**k for k in range(20) if 4**k <= max(longest // 2, 1)]
    if not isinstance(at, Iterable) or isinstance(at, str):
        raise ArgumentError(f"at must be whole numbers of steps, such as (1, 4), got {at!r}")
    return [checks.whole_number(steps, "a step to cut at", 1) for steps in at]


def _sure(changes: list[Change], differences: Array, seed: int) -> list[Change]:
    """The changes with their means and intervals, ``[changes, n]`` differences in hand."""
    n = differences.shape[1]
    counts = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), DRAWS)
    means = differences @ counts.T / n
    ends = np.quantile(means, [0.025, 0.975], axis=1)
    parts = zip(changes, differences.mean(axis=1), *ends, strict=True)
    return [
        replace(change, change=float(mean), low=float(low), high=float(high))
        for change, mean, low, high in parts
    ]
