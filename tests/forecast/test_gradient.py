"""Every forecast can depend on every observation that the network is given, the newest included."""

from __future__ import annotations

import numpy as np
import pytest

from tidegate.data.series import Series, read_series
from tidegate.forecast.learn import Learned, learn, table_of
from tidegate.forecast.plan import Plan, Training
from tidegate.forecast.windows import Windows
from tidegate.network import Network

from .frames import days, rain, wave

CELLS = ("lstm", "gru", "rnn", "rnn_relu")
HORIZON, WINDOW = 7, 12


@pytest.mark.parametrize("values", [wave(), rain()], ids=["plain", "zeros"])
@pytest.mark.parametrize("cell", CELLS)
def test_no_gradient_of_an_output_by_an_input_is_structurally_zero(
    cell: str, values: np.ndarray
) -> None:
    series, learned = fitted(values, cell)
    trained = learned.model.network
    # the same network in float64, so that no small gradient is rounded to 0
    network = Network(trained.spec.but(dtype="float64"), parameters=trained.parameters)
    end = np.array([len(values)])
    table = table_of(learned.model.plan, series, learned.scaling, learned.units)
    windows = Windows.before(table, learned.model.plan, np.array([0]), end)
    rows, spans = learned.model.inputs.rows(windows)
    inputs, segment = learned.model.inputs, learned.model.plan.segment
    assert inputs.ahead == 2  # of which the second is read for three of its four rows
    head = inputs.head
    # where zeros are counted apart all paths are 0, and how they are mixed says nothing
    first = head.paths if head.chance else 0
    said = [i for i in range(head.outputs) if i % head.width >= first]
    assert len(said) >= HORIZON * len(head.quantiles)
    for output in said:
        tape = network.forward_train(rows, spans)
        chosen = np.zeros(tape.output.size)
        chosen[-inputs.ahead * segment * head.width + output] = 1
        chosen = chosen.reshape(tape.output.shape)
        by_input = np.zeros(rows.shape)
        gradient = np.empty(network.parameters.shape)
        network.native_backward(tape.native, chosen, gradient=gradient, d_input=by_input)
        by_value = by_input[: -inputs.ahead, :segment]
        assert by_value.size == WINDOW
        assert (by_value != 0).all(), f"output {output} is blind to a row"


@pytest.mark.parametrize("cell", CELLS)
def test_each_forecast_moves_with_each_of_the_newest_observations(cell: str) -> None:
    series, learned = fitted(wave(), cell)
    end, levels = np.array([len(series.values)]), np.array([0.1, 0.5, 0.9])
    before = learned.forecast(series, np.array([0]), end, levels).quantiles
    for lag in range(HORIZON):
        row = len(series.values) - 1 - lag
        kept = series.values[row]
        series.values[row] = kept + 0.5
        after = learned.forecast(series, np.array([0]), end, levels).quantiles
        series.values[row] = kept
        assert (after != before).all(), f"the observation {lag} rows back is not seen"


def fitted(values: np.ndarray, cell: str) -> tuple[Series, Learned]:
    """A series of days, and a model of it."""
    series = read_series(days(values))
    training = Training(updates=15, batch=16, calibrate=False)
    plan = Plan(HORIZON, WINDOW, 4, cell, 16, training=training)
    return series, learn(plan, series, series.length, progress=False)[0]
