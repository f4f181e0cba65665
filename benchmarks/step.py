"""One streaming step called from Python: H = 64, I = 8, B = 1, against torch and NumPy.

    python benchmarks/step.py

Each side carries its state from call to call and returns the new output. All run the same LSTM,
checked over 100 steps.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from pairing import machine, paired, report

import tidegate as tg

I, H, STEPS = 8, 64, 100
TOLERANCE = 1e-5

Step = Callable[[np.ndarray], np.ndarray]


def main() -> None:
    about = machine("numpy", "torch")
    tg.set_threads(1)
    torch.set_num_threads(1)
    reference = torch.nn.LSTM(I, H, batch_first=True)
    xs = np.random.default_rng(0).standard_normal((STEPS, 1, I)).astype(np.float32)
    ours = stream_tidegate(reference)
    expected = [ours(x).copy() for x in xs]
    rows: list[dict[str, object]] = []
    for name, make in (
        ("torch.nn.LSTM", stream_lstm),
        ("torch.nn.LSTMCell", stream_cell),
        ("NumPy", stream_numpy),
    ):
        theirs = make(reference)
        error = max(float(np.abs(theirs(x) - y).max()) for x, y in zip(xs, expected, strict=True))
        if not error < TOLERANCE:
            raise SystemExit(f"{name}: outputs differ by {error:.1e}")
        x = xs[0]
        timing = paired(partial(ours, x), partial(theirs, x), pairs=51, sample=0.01)
        rows.append(
            {
                "other": name,
                "tidegate us": timing.ours * 1e6,
                "its us": timing.theirs * 1e6,
                "ratio": timing.ratio,
                "error": error,
            }
        )
    median = statistics.median(float(str(row["tidegate us"])) for row in rows)
    report("step", about, rows, [f"a step takes {median:.2f} us"])


def stream_tidegate(reference: torch.nn.LSTM) -> Step:
    layer = tg.LSTM(I, H, seed=0)
    for name, parameter in reference.named_parameters():
        layer.params[name][...] = parameter.detach().numpy()
    state = None

    def step(x: np.ndarray) -> np.ndarray:
        nonlocal state
        y, state = layer.step(x, state)
        return y

    return step


def stream_lstm(reference: torch.nn.LSTM) -> Step:
    state = None

    @torch.inference_mode()
    def step(x: np.ndarray) -> np.ndarray:
        nonlocal state
        y, state = reference(torch.from_numpy(x)[:, None], state)
        return y[:, 0].numpy()

    return step


def stream_cell(reference: torch.nn.LSTM) -> Step:
    cell = torch.nn.LSTMCell(I, H)
    cell.load_state_dict(
        {name.removesuffix("_l0"): p for name, p in reference.state_dict().items()}
    )
    state = None

    @torch.inference_mode()
    def step(x: np.ndarray) -> np.ndarray:
        nonlocal state
        state = cell(torch.from_numpy(x), state)
        return state[0].numpy()

    return step


def stream_numpy(reference: torch.nn.LSTM) -> Step:
    parameters = [p.detach().numpy() for p in reference.parameters()]
    w_ih, w_hh, b_ih, b_hh = parameters
    u, v, b = np.ascontiguousarray(w_ih.T), np.ascontiguousarray(w_hh.T), b_ih + b_hh
    h = c = np.zeros((1, H), np.float32)

    def step(x: np.ndarray) -> np.ndarray:
        nonlocal h, c
        a = x @ u + h @ v + b
        gates = 1 / (1 + np.exp(-a))
        g = np.tanh(a[:, 2 * H : 3 * H])
        c = gates[:, H : 2 * H] * c + gates[:, :H] * g
        h = gates[:, 3 * H :] * np.tanh(c)
        return h

    return step


if __name__ == "__main__":
    main()
