"""The audit of two libraries' recurrent forecasters: what their forecasts cannot know.

    python benchmarks/foreign_audit.py     in an environment with neuralforecast and darts

Both are built with their own defaults, and not trained: what a forecast is wired to see does not
depend on that. Printed are the outputs that are blind, with the newest rows that they cannot know.
"""

from __future__ import annotations

import logging
import warnings

import numpy as np
import torch
from pairing import machine, report

import tidegate.torch as tt

STEPS, HORIZON = 48, 6


def main() -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    about = machine("torch", "neuralforecast", "darts")
    torch.manual_seed(0)
    x = torch.randn(8, STEPS, 1)
    models = {"NeuralForecast LSTM": neuralforecast(), "Darts BlockRNNModel": darts()}
    rows = []
    for name, model in models.items():
        found = tt.audit(model, x)
        blind = {each.output: each for each in found.blind}
        for i in range(HORIZON):
            each = blind.get(f"y{i}")
            rows.append(
                {
                    "model": name,
                    "forecast of": f"t+{i + 1}",
                    "cannot know": "nothing" if each is None else str(each).partition("on ")[2],
                    "certain": "" if each is None else str(each.certain),
                }
            )
    report("foreign_audit", about, rows, [])


def neuralforecast():  # type: ignore[no-untyped-def]
    """Its LSTM, as a function of the series."""
    from neuralforecast.models import LSTM

    model = LSTM(h=HORIZON, input_size=STEPS, max_steps=1)

    class Series(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            windows = {"insample_y": x, "insample_mask": torch.ones_like(x)}
            windows |= {"hist_exog": None, "futr_exog": None, "stat_exog": None}
            return self.model(windows).reshape(len(x), -1)[:, :HORIZON]

    return Series()


def darts():  # type: ignore[no-untyped-def]
    """Its block RNN, as a function of the series; it is made by a fit of one step."""
    from darts import TimeSeries
    from darts.models import BlockRNNModel
    from darts.utils.data.torch_datasets.utils import PLModuleInput

    model = BlockRNNModel(
        input_chunk_length=STEPS,
        output_chunk_length=HORIZON,
        model="LSTM",
        n_epochs=1,
        pl_trainer_kwargs={
            "accelerator": "cpu",
            "enable_progress_bar": False,
            "enable_model_summary": False,
            "logger": False,
        },
    )
    model.fit(TimeSeries.from_values(np.sin(np.arange(100.0, dtype=np.float32))))
    inner = model.model.float()

    class Series(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = inner

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            found = self.model(PLModuleInput(past_target=x))
            output = getattr(found, "prediction", found)
            return output.reshape(len(x), -1)[:, :HORIZON]

    return Series()


if __name__ == "__main__":
    main()
