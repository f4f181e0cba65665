"""One forecaster from its import to its forecast, as a program of its own: `peers.py` times it.

    python sides.py NAME TASK.json

The task holds the settings, and the paths of a CSV file to read (unique_id, ds, y) and of one to
write (unique_id, ds, forecast). Each side is used as its documentation recommends, with all that is
not training or forecasting left off: bars, logs, checkpoints. What the settings do not name is the
library's default.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

Task = dict[str, Any]
"""input, output: paths; freq: of pandas; horizon, window, hidden, updates, seed; batch, or None for
the library's own."""

QUIET = {
    "accelerator": "cpu",
    "enable_progress_bar": False,
    "enable_checkpointing": False,
    "enable_model_summary": False,
    "logger": False,
}
"""For PyTorch Lightning, which both peers train with."""


def tidegate(task: Task, calibrate: bool = True) -> None:
    import polars as pl

    from tidegate import Forecaster
    from tidegate.forecast.plan import Training

    forecaster = Forecaster(
        horizon=task["horizon"],
        cell="lstm",
        hidden=task["hidden"],
        window=task["window"],
        training=Training(updates=task["updates"], batch=task["batch"], calibrate=calibrate),
        seed=task["seed"],
    )
    frame = pl.read_csv(task["input"], try_parse_dates=True)
    found = forecaster.fit(frame, progress=False).predict()
    found.select("unique_id", "ds", forecast="LSTM").write_csv(task["output"])


def tidegate_defaults(task: Task) -> None:
    """With the horizon and the seed for its only settings."""
    import polars as pl

    from tidegate import Forecaster

    frame = pl.read_csv(task["input"], try_parse_dates=True)
    forecaster = Forecaster(horizon=task["horizon"], seed=task["seed"])
    found = forecaster.fit(frame, progress=False).predict(levels=())
    name = next(column for column in found.columns if column not in ("unique_id", "ds"))
    found.select("unique_id", "ds", forecast=name).write_csv(task["output"])


def tidegate_point(task: Task) -> None:
    """Without the second training that corrects the intervals, which the peers have not."""
    tidegate(task, calibrate=False)


def neuralforecast(task: Task) -> None:
    from neuralforecast.models import LSTM

    model = LSTM(
        h=task["horizon"],
        input_size=task["window"],
        encoder_hidden_size=task["hidden"],
        encoder_n_layers=1,
        max_steps=task["updates"],
        **({"windows_batch_size": task["batch"]} if task["batch"] else {}),
        random_seed=task["seed"] + 1,
        **QUIET,
    )
    _neuralforecast_run(task, model)


def neuralforecast_defaults(task: Task) -> None:
    """With the horizon and the seed for its only settings."""
    from neuralforecast.models import LSTM

    model = LSTM(h=task["horizon"], random_seed=task["seed"] + 1, **QUIET)
    _neuralforecast_run(task, model)


def _neuralforecast_run(task: Task, model: Any) -> None:
    import pandas as pd
    from neuralforecast import NeuralForecast

    frame = pd.read_csv(task["input"], parse_dates=["ds"])
    forecaster = NeuralForecast(models=[model], freq=task["freq"])
    forecaster.fit(frame)
    found = forecaster.predict().rename(columns={"LSTM": "forecast"})
    found[["unique_id", "ds", "forecast"]].to_csv(task["output"], index=False)


def darts_rnn(task: Task) -> None:
    """One step after the other, each fed the one before."""
    from darts.models import RNNModel

    window, horizon = task["window"], task["horizon"]
    model = RNNModel(
        input_chunk_length=window,
        training_length=window + horizon,
        model="LSTM",
        hidden_dim=task["hidden"],
        n_rnn_layers=1,
        **_darts(task),
    )
    _darts_run(task, model)


def darts_block(task: Task) -> None:
    """All steps at once."""
    from darts.models import BlockRNNModel

    model = BlockRNNModel(
        input_chunk_length=task["window"],
        output_chunk_length=task["horizon"],
        model="LSTM",
        hidden_dim=task["hidden"],
        n_rnn_layers=1,
        **_darts(task),
    )
    _darts_run(task, model)


def _darts(task: Task) -> dict[str, Any]:
    """Updates are counted by the trainer: an epoch is as many as the windows give."""
    return {
        **({"batch_size": task["batch"]} if task["batch"] else {}),
        "n_epochs": task["updates"],
        "random_state": task["seed"],
        "pl_trainer_kwargs": {**QUIET, "max_steps": task["updates"]},
    }


def _darts_run(task: Task, model: Any) -> None:
    import numpy as np
    import pandas as pd
    from darts import TimeSeries
    from darts.dataprocessing.transformers import Scaler

    frame = pd.read_csv(task["input"], parse_dates=["ds"])
    frame["y"] = frame["y"].astype(np.float32)
    series = TimeSeries.from_group_dataframe(
        frame,
        group_cols="unique_id",
        time_col="ds",
        value_cols="y",
        freq=task["freq"],
        drop_group_cols=["unique_id"],  # text, which would be a static covariate
    )
    scaler = Scaler()
    scaled = scaler.fit_transform(series)
    model.fit(scaled, verbose=False)
    found = scaler.inverse_transform(model.predict(task["horizon"], series=scaled, verbose=False))
    ids = sorted(frame["unique_id"].unique())  # the order of the groups
    parts = [
        pd.DataFrame({"unique_id": name, "ds": one.time_index, "forecast": one.values()[:, 0]})
        for name, one in zip(ids, found, strict=True)
    ]
    pd.concat(parts).to_csv(task["output"], index=False)


SIDES = {
    "tidegate": tidegate,
    "tidegate, no calibration": tidegate_point,
    "tidegate, defaults": tidegate_defaults,
    "NeuralForecast LSTM": neuralforecast,
    "NeuralForecast LSTM, defaults": neuralforecast_defaults,
    "Darts RNNModel": darts_rnn,
    "Darts BlockRNNModel": darts_block,
}

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    SIDES[sys.argv[1]](json.loads(Path(sys.argv[2]).read_text(encoding="utf-8")))
