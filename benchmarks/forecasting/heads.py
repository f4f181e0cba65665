"""Which observations the forecast of the next step cannot depend on, by gradient.

    python benchmarks/forecasting/heads.py

In the environment of `peers.py`. Of each network, in float64: the gradient of what it says of the
first step ahead, by every observation of the window. A zero is exact: no path leads from that
observation to that forecast, whatever is learnt.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from pairing import machine, report

HORIZON, WINDOW, HIDDEN = 12, 36, 16


def main() -> None:
    warnings.simplefilter("ignore")
    about = machine("neuralforecast", "darts", "torch", "numpy")
    sides = {
        "tidegate LSTM": tidegate(),
        "NeuralForecast LSTM": neuralforecast("LSTM"),
        "NeuralForecast GRU": neuralforecast("GRU"),
        "NeuralForecast RNN": neuralforecast("RNN"),
        "Darts BlockRNNModel": darts("BlockRNNModel", output_chunk_length=HORIZON),
        "Darts RNNModel": darts("RNNModel", training_length=WINDOW + HORIZON),
    }
    rows: list[dict[str, object]] = []
    for side, gradient in sides.items():
        assert gradient.shape == (WINDOW,), (side, gradient.shape)
        seen = np.flatnonzero(gradient)
        rows.append(
            {
                "side": side,
                "blind to the newest": int(WINDOW - 1 - seen.max()),
                "seen": len(seen),
                "largest gradient": float(np.abs(gradient).max()),
                "of the newest": float(np.abs(gradient[-1])),
            }
        )
    notes = [f"horizon {HORIZON}, window {WINDOW}, {HIDDEN} hidden units, default heads"]
    report("forecasting_heads", about, rows, notes)


def tidegate() -> np.ndarray:
    """Of the residual of the first step, by the window's values."""
    import polars as pl

    from tidegate.data.series import read_series
    from tidegate.forecast.learn import learn, table_of
    from tidegate.forecast.plan import Plan, Training
    from tidegate.forecast.windows import Windows
    from tidegate.network import Network

    series = read_series(pl.DataFrame({"ds": np.arange(len(wave())), "y": wave()}))
    training = Training(updates=1, calibrate=False)
    plan = Plan(HORIZON, WINDOW, 12, "lstm", HIDDEN, training=training)
    learned, _ = learn(plan, series, series.length, progress=False)
    inputs = learned.model.inputs
    table = table_of(plan, series, learned.scaling, learned.units)
    windows = Windows.before(table, plan, np.array([0]), np.array([len(series.values)]))
    rows, spans = inputs.rows(windows)
    network = Network(learned.model.network.spec.but(dtype="float64"), seed=0)
    tape = network.forward_train(rows, spans)
    chosen = np.zeros(tape.output.shape)
    chosen.reshape(-1)[-inputs.ahead * plan.segment * inputs.head.width + inputs.head.paths] = 1
    by_input, unused = np.zeros(rows.shape), np.empty(network.parameters.shape)
    network.native_backward(tape.native, chosen, gradient=unused, d_input=by_input)
    return by_input[: plan.steps, : plan.segment].ravel()


def neuralforecast(name: str) -> np.ndarray:
    """Of the first step, by the window."""
    import neuralforecast.models
    import torch

    width = {"encoder_hidden_size": HIDDEN, "decoder_hidden_size": HIDDEN}
    model = getattr(neuralforecast.models, name)(h=HORIZON, input_size=WINDOW, **width).double()
    window = torch.from_numpy(wave()[-WINDOW:].copy()).requires_grad_()
    nothing = dict.fromkeys(("futr_exog", "hist_exog", "stat_exog"))
    forecast = model({"insample_y": window.reshape(1, -1, 1), **nothing})
    assert forecast.shape == (1, HORIZON, 1), forecast.shape
    forecast[0, 0, 0].backward()
    return window.grad.numpy()


def darts(name: str, **settings: int) -> np.ndarray:
    """Of the first step, by the window."""
    import darts.models
    import torch
    from darts import TimeSeries
    from darts.utils.data.torch_datasets.utils import PLModuleInput
    from sides import QUIET

    trainer: dict[str, Any] = {**QUIET, "max_steps": 1}
    model = getattr(darts.models, name)(
        input_chunk_length=WINDOW,
        model="LSTM",
        hidden_dim=HIDDEN,
        n_epochs=1,
        pl_trainer_kwargs=trainer,
        **settings,
    )
    model.fit(TimeSeries.from_values(wave()), verbose=False)  # the network is made here
    network = model.model.double().eval()
    window = torch.from_numpy(wave()[-WINDOW:].copy()).requires_grad_()
    said = network(PLModuleInput(window.reshape(1, -1, 1))).prediction
    # RNNModel says the next value alone, BlockRNNModel all of the horizon
    assert said.shape[1] == settings.get("output_chunk_length", 1), said.shape
    said[0, 0, 0, 0].backward()
    return window.grad.numpy()


def wave() -> np.ndarray:
    """A season of 12 and noise."""
    noise = np.random.default_rng(0).normal(size=120)
    return np.sin(np.arange(120) * 2 * np.pi / 12) + 0.3 * noise


if __name__ == "__main__":
    main()
