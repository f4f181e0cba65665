"""Parameters by name."""

from __future__ import annotations

import numpy as np
import pytest

import tidegate as tg
from tidegate.errors import ArgumentError


def test_what_is_assigned_is_what_the_layer_computes_with() -> None:
    layer = tg.RNN(1, 1, nonlinearity="linear", dtype="float64")
    layer.params.update({name: np.zeros_like(array) for name, array in layer.params.items()})
    layer.params["weight_ih_l0"] = [[2.0]]
    layer.params["bias_ih_l0"] += 1
    named = layer.params
    named |= {"weight_hh_l0": [[0.5]]}
    assert layer.params["weight_hh_l0"].item() == 0.5
    assert layer.forward(np.full((1, 1, 1), 3.0)).y.item() == 7


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("weight_ih_l0", [1.0], r"weight_ih_l0 must have shape \(4, 3\), got \(1,\)"),
        ("weight", 1.0, "there is no parameter 'weight', only weight_ih_l0, "),
    ],
)
def test_what_does_not_fit_is_refused(name: str, value: object, message: str) -> None:
    layer = tg.LSTM(3, 1)
    with pytest.raises(ArgumentError, match=message):
        layer.params[name] = value  # type: ignore[assignment]
