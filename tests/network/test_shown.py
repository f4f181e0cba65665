"""Objects as the calls that make them."""

from __future__ import annotations

import pytest

import tidegate as tg


@pytest.mark.parametrize(
    "call",
    [
        "LSTM(input_size=8, hidden_size=64)",
        "GRU(input_size=1, hidden_size=2, num_layers=2, bidirectional=True, dropout=0.5)",
        "RNN(input_size=1, hidden_size=2, dtype='float64')",
        "RNN(input_size=1, hidden_size=2, nonlinearity='relu')",
        "RNN(input_size=1, hidden_size=2, nonlinearity='linear')",
        "Forecaster(horizon=7)",
        "Forecaster(horizon=3, cell='auto', past=['guests'], season=(24, 168), seed=3)",
    ],
)
def test_as_they_were_called(call: str) -> None:
    assert repr(eval(call, vars(tg) | {name: getattr(tg, name) for name in tg.__all__})) == call
