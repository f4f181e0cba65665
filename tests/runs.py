"""Small runs of `fit`: a noisy sine, windows of it, and the value that follows each."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidegate.data import Spans
from tidegate.network import Loss, Network, NetworkSpec, NumberInput, Optimizer
from tidegate.train import FitSettings, Held, History, fit

SPEC = NetworkSpec(NumberInput(1), cell="gru", hidden=4, outputs=1, loss=Loss("mse"))
DROPOUT = SPEC.but(layers=2, dropout=0.4, cell="lstm")


def held(n: int = 20, first: int = 0, length: int = 5) -> Held:
    """n windows from row ``first`` on; their targets are the rows that follow."""
    random = np.random.default_rng(7)
    wave = np.sin(np.arange(200.0) / 3) + 0.1 * random.normal(size=200)
    rows = wave[:, None].astype("f4")
    start = np.arange(first, first + n)
    return Held(rows, Spans(start, np.full(n, length)), rows, target_index=start + length)


def settings(**changes: Any) -> FitSettings:
    chosen = {"epochs": 4, "batch": 8, "optimizer": Optimizer("adam", 0.02, clip=1.0), **changes}
    return FitSettings(**chosen)


def run(
    spec: NetworkSpec = SPEC,
    chosen: FitSettings | None = None,
    *,
    network: Network | None = None,
    data: Held | None = None,
    **options: Any,
) -> tuple[Network, History]:
    """A network, trained, and the history of it."""
    network = network or Network(spec, seed=3)
    data = data or held()
    history = fit(
        network,
        data.rows,
        data.spans,
        data.targets,
        chosen or settings(),
        target_index=data.target_index,
        weights=data.weights,
        **options,
    )
    return network, history


def bits(network: Network) -> bytes:
    return bytes(network.parameters.tobytes())


def untimed(history: History) -> dict[str, Any]:
    """The history without what the clock said."""
    data = history.to_json()
    for epoch in data["epochs"]:
        del epoch["seconds"]
    return data
