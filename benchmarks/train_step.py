"""A whole training step of LSTM(1 -> 64) and one output against torch, JAX and Keras.

    build/bench/bin/python benchmarks/train_step.py [torch jax keras-jax keras-torch]

T = 50 steps, B = 32 sequences, mean squared error, Adam. Each framework has a process of its own,
in which it and tidegate take turns. Before that, both start from the same parameters and must
report the same losses: over ten steps for torch and JAX; the first one for Keras, whose LSTM has
one bias where the others have two.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable

import numpy as np
from pairing import machine, paired, report

import tidegate as tg
from tidegate.data import Spans
from tidegate.network import Loss, Network, NetworkSpec, NumberInput, Optimizer

T, B, H = 50, 32, 64
RATE = 1e-3
FRAMEWORKS = ("torch", "jax", "keras-jax", "keras-torch")
# Forward 2 G H (I + H) a step, twice that backward, but for the gradient of x, which is not asked.
GFLOP = 6e-9 * 4 * H * (1 + H) * T * B - 2e-9 * 4 * H * T * B

Step = Callable[[], object]
Parameters = dict[str, np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("frameworks", nargs="*", default=FRAMEWORKS)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--one", choices=FRAMEWORKS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one, options.threads)))
        return
    about = machine("torch", "jax", "keras")
    rows = []
    for name in options.frameworks:
        backend = name.removeprefix("keras-")
        done = subprocess.run(
            [sys.executable, __file__, "--one", name, "--threads", str(options.threads)],
            env=os.environ | {"KERAS_BACKEND": backend, "OMP_NUM_THREADS": str(options.threads)},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        rows.append(json.loads(done.stdout.splitlines()[-1]))
    least = min(float(row["ratio"]) for row in rows)
    notes = [
        f"a step is {GFLOP * 1e3:.0f} MFLOP; the fastest of the others takes {least:.2f}x as long"
    ]
    report("train_step", about, rows, notes)


def measure(framework: str, threads: int) -> dict[str, object]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((B, T, 1)).astype(np.float32)
    y = rng.standard_normal((B, 1)).astype(np.float32)
    tg.set_threads(threads)
    ours, parameters = make_tidegate(x, y)
    make = {"torch": make_torch, "jax": make_jax}.get(framework, make_keras)
    theirs = make(x, y, parameters, threads)
    checked = 1 if framework.startswith("keras") else 10
    losses = [(float(ours()), float(theirs())) for _ in range(checked)]  # type: ignore[arg-type]
    error = max(abs(a - b) / abs(b) for a, b in losses)
    if not error < 1e-4:
        raise SystemExit(f"{framework}: the losses differ by {error:.1e}: {losses}")
    timing = paired(ours, theirs, pairs=31, sample=0.05)
    low, high = timing.spread
    return {
        "framework": framework,
        "threads": threads,
        "tidegate ms": timing.ours * 1e3,
        "its ms": timing.theirs * 1e3,
        "ratio": timing.ratio,
        "quartiles": f"{low:.2f}-{high:.2f}",
        "GFLOP/s": GFLOP / timing.ours,
        "error": error,
    }


def make_tidegate(x: np.ndarray, y: np.ndarray) -> tuple[Step, Parameters]:
    """Our step, and a copy of the parameters it starts from."""
    spec = NetworkSpec(NumberInput(1), hidden=H, outputs=1, loss=Loss("mse"))
    network = Network(spec, seed=0)
    optimizer = Optimizer("adam", learning_rate=RATE)
    rows = x.reshape(-1, 1)
    spans = Spans(np.arange(B) * T, np.full(B, T))
    start = {name: value.copy() for name, value in network.params.items()}
    return lambda: network.train_step(rows, spans, y, optimizer).loss, start


def make_torch(x: np.ndarray, y: np.ndarray, start: Parameters, threads: int) -> Step:
    import torch

    torch.set_num_threads(threads)
    lstm, head = torch.nn.LSTM(1, H, batch_first=True), torch.nn.Linear(H, 1)
    with torch.no_grad():
        for name, parameter in [*lstm.named_parameters()]:
            parameter.copy_(torch.from_numpy(start[name]))
        head.weight.copy_(torch.from_numpy(start["head_weight"]))
        head.bias.copy_(torch.from_numpy(start["head_bias"]))
    optimizer = torch.optim.Adam([*lstm.parameters(), *head.parameters()], lr=RATE)
    x_torch, y_torch = torch.from_numpy(x), torch.from_numpy(y)

    def step() -> float:
        optimizer.zero_grad()
        out, _ = lstm(x_torch)
        loss = torch.nn.functional.mse_loss(head(out[:, -1]), y_torch)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def make_jax(x: np.ndarray, y: np.ndarray, start: Parameters, threads: int) -> Step:
    import jax
    import jax.numpy as jnp
    import optax

    # The product with x, all steps at once, stands before the loop, as JAX users write it.
    def loss_of(params: dict[str, jax.Array], x: jax.Array, y: jax.Array) -> jax.Array:
        a = x @ params["weight_ih_l0"].T + params["bias_ih_l0"] + params["bias_hh_l0"]
        recurrent = params["weight_hh_l0"].T

        def cell(state: tuple[jax.Array, jax.Array], a_t: jax.Array):  # type: ignore[no-untyped-def]
            h, c = state
            i, f, g, o = jnp.split(a_t + h @ recurrent, 4, axis=-1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), None

        zero = jnp.zeros((x.shape[0], H), x.dtype)
        (h, _), _ = jax.lax.scan(cell, (zero, zero), jnp.swapaxes(a, 0, 1))
        out = h @ params["head_weight"].T + params["head_bias"]
        return jnp.mean((out - y) ** 2)

    optimizer = optax.adam(RATE)

    @jax.jit
    def update(params, state, x, y):  # type: ignore[no-untyped-def]
        loss, grads = jax.value_and_grad(loss_of)(params, x, y)
        updates, state = optimizer.update(grads, state)
        return optax.apply_updates(params, updates), state, loss

    params = {name: jnp.asarray(value) for name, value in start.items()}
    held = [params, optimizer.init(params)]
    x_jax, y_jax = jnp.asarray(x), jnp.asarray(y)

    def step() -> float:
        held[0], held[1], loss = update(held[0], held[1], x_jax, y_jax)
        return loss.item()

    return step


def make_keras(x: np.ndarray, y: np.ndarray, start: Parameters, threads: int) -> Step:
    import keras

    if keras.backend.backend() == "torch":
        import torch

        torch.set_num_threads(threads)
    model = keras.Sequential([keras.Input((T, 1)), keras.layers.LSTM(H), keras.layers.Dense(1)])
    lstm, head = model.layers
    bias = start["bias_ih_l0"] + start["bias_hh_l0"]
    lstm.set_weights([start["weight_ih_l0"].T, start["weight_hh_l0"].T, bias])
    head.set_weights([start["head_weight"].T, start["head_bias"]])
    model.compile(keras.optimizers.Adam(RATE), loss="mse")
    return lambda: model.train_on_batch(x, y)


if __name__ == "__main__":
    main()
