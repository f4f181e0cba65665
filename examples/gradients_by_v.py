"""Why an RNN forgets, in one number: the weight v from one state to the next.

A network of one linear unit, h(t) = x(t) + v·h(t−1). By the chain rule, h(T) changes with a state
k steps before by v^k: a lecture's arithmetic, which here the library's own way back computes. What
tanh makes of it, and what the gates of an LSTM do, stands below.

    python examples/gradients_by_v.py
"""

from __future__ import annotations

import math

import numpy as np

from tidegate.data import Spans
from tidegate.network import Init, Network, NetworkSpec, NumberInput

STEPS = 51
LAGS = (1, 2, 5, 10, 20, 50)


def shares(network: Network) -> list[float]:
    """How large the gradient of the last state by the one so many steps before is, for each lag."""
    spec = network.spec
    rows = np.random.default_rng(0).normal(size=(STEPS, 1))
    tape = network.forward_train(rows, Spans([0], [STEPS]))
    probe = tuple(
        np.full((1, 1, spec.hidden), float(name == "h")) for name in spec.cell_spec.states
    )
    (trail,) = network.vjp(tape, d_state=probe).trail
    sizes = np.sqrt(sum((gradient**2).sum(axis=1) for gradient in trail.values()))
    return [float(sizes[STEPS - 1 - lag] / sizes[-1]) for lag in LAGS]


def line(name: str, found: list[float]) -> str:
    return f"{name:26}" + "".join(f"{share:12.4g}" for share in found)


def bar(share: float) -> str:
    """One sign for each power of ten: to the left what vanishes, to the right what explodes."""
    powers = math.log10(share)
    small = "·" * min(round(-powers / 2), 18) if powers < 0 else ""
    return f"{small:>18}|" + "█" * round(max(powers, 0) / 2)


def main() -> None:
    print(__doc__)
    print(line("steps back", [float(lag) for lag in LAGS]))
    spec = NetworkSpec(NumberInput(1), cell="rnn_linear", hidden=1, dtype="float64")
    last = {}
    for v in (2.0, 1.1, 1.0, 0.9, 0.5, 0.2):
        network = Network(spec)
        network.params["weight_hh_l0"][:] = v
        found = shares(network)
        last[v] = found[-1]
        print(line(f"linear, v = {v}", found))
    print(f"\n2^50 = {2.0**50:.4e} and 0.2^50 = {0.2**50:.4e}: found {last[2.0]:.4e} and")
    print(f"{last[0.2]:.4e}. A gradient 50 steps back, in powers of a hundred:\n")
    for v, share in last.items():
        print(f"  v = {v:<4} {bar(share)}")

    print("\nWith 32 units, whose weights are those that each cell starts from:\n")
    print(line("steps back", [float(lag) for lag in LAGS]))
    wide = spec.but(hidden=32)
    for name, other in (
        ("RNN (tanh)", wide.but(cell="rnn")),
        ("GRU", wide.but(cell="gru")),
        ("LSTM, forget bias 0", wide.but(cell="lstm", init=Init(forget_bias=0.0))),
        ("LSTM, forget bias 1", wide.but(cell="lstm")),
        ("LSTM, chrono 50", wide.but(cell="lstm", init=Init(chrono=50))),
    ):
        print(line(name, shares(Network(other, seed=0))))
    print(
        "\nThe forget gate is the LSTM's v, and near 1 where it is to remember. What a network of"
    )
    print("your own does with its past, tidegate.audit(model, data) says.")


if __name__ == "__main__":
    main()
