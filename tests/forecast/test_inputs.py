"""What stands where in the network's rows, and where in its output the answer lies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tidegate.data.series import Series, read_series
from tidegate.forecast.covariates import Units
from tidegate.forecast.inputs import Inputs
from tidegate.forecast.learn import inputs_of, table_of
from tidegate.forecast.plan import Plan
from tidegate.forecast.scaling import Scaling
from tidegate.forecast.windows import Windows
from tidegate.network import Network

from .frames import days, rain, wave

PLAN = Plan(5, 8, 4, hidden=6, calendar=True)  # two steps of four rows, and two ahead


def covered(values: np.ndarray) -> Series:
    """With two covariates known ahead, one of the past, and one of the series."""
    n = len(values)
    beside = np.arange(2.0 * n).reshape(n, 2)
    past = np.where(np.arange(n) % 3 == 0, np.nan, np.arange(n) % 5)[:, None]
    return replace(read_series(days(values)), future=beside, past=past, static=np.array([[4.0]]))


def built(series: Series, plan: Plan = PLAN) -> tuple[Inputs, Windows]:
    scaling = Scaling.of(series.values, series.start, series.length)
    units = Units.of(series, series.length)
    cut = np.array([20, 33])
    table = table_of(plan, series, scaling, units)
    return inputs_of(plan, series, scaling), Windows.before(table, plan, np.array([0, 0]), cut)


@pytest.mark.parametrize("values", [wave(), rain()], ids=["plain", "zeros"])
def test_every_number_has_its_place(values: np.ndarray) -> None:
    inputs, windows = built(covered(values))
    rows, spans = inputs.rows(windows)
    assert rows.dtype == np.float32
    assert (spans.start.tolist(), spans.length.tolist()) == ([0, 4], [4, 4])
    assert rows.shape == (8, inputs.columns)
    for k in range(2):
        first, second, third, fourth = rows[4 * k : 4 * k + 4]
        columns = [windows.z, windows.seen, *([windows.zero] if inputs.zeros else [])]
        columns += [*windows.beside, *windows.ahead]
        assert len(columns) == inputs.channels
        for i, column in enumerate(columns):
            place = slice(4 * i, 4 * i + 4)
            np.testing.assert_array_equal(first[place], column[k, :4].astype(np.float32))
            np.testing.assert_array_equal(second[place], column[k, 4:8].astype(np.float32))
            known = i >= inputs.channels - 2
            later = column[k, 8:] if known else np.zeros(5)
            np.testing.assert_array_equal(third[place], later[:4].astype(np.float32))
            expected = [later[4].astype(np.float32), 0, 0, 0]
            np.testing.assert_array_equal(fourth[place], expected)
        static = windows.static[k].astype(np.float32)
        assert len(static) == 3 + 2 + 1
        newest = np.float32([x[k, 7] for x in (windows.z, windows.zero, *windows.beside)])
        for row, ahead in ((first, 0), (second, 0), (third, 0.5), (fourth, 1)):
            np.testing.assert_array_equal(row[-1 - len(static) : -1], static)
            np.testing.assert_array_equal(row[-5 - len(static) : -1 - len(static)], newest)
            assert row[-1] == ahead


def test_the_answer_is_what_the_last_steps_say_as_far_as_the_horizon_goes() -> None:
    inputs, windows = built(covered(wave()))
    width, network = inputs.head.width, Network(inputs.spec, seed=0)
    output = network.forward(*inputs.rows(windows)).output
    assert output.shape == (4, 4 * width)
    answer = inputs.answer(output).reshape(2, 5, width)
    steps = output.reshape(2, 2, 4, width)
    np.testing.assert_array_equal(answer[:, :4], steps[:, 0])
    np.testing.assert_array_equal(answer[:, 4], steps[:, 1, 0])


@pytest.mark.parametrize("values", [wave(), rain()], ids=["plain", "zeros"])
def test_each_step_ahead_has_its_target_and_beyond_the_horizon_nothing_is_known(
    values: np.ndarray,
) -> None:
    inputs, windows = built(covered(values))
    width = inputs.head.target_width
    targets = inputs.targets(windows)
    assert targets.shape == (2 * 2, 4 * width) and targets.dtype == np.float32
    steps = targets.reshape(2, 8, width)
    np.testing.assert_array_equal(steps[:, :5], windows.targets())
    assert np.isnan(steps[:, 5:, :2]).all()
    assert not steps[:, 5:, 2:].any()


def test_an_untrained_network_is_a_baseline() -> None:
    inputs, windows = built(covered(wave()))
    network = Network(inputs.spec, seed=0)
    inputs.start(network, windows.targets())
    answer = inputs.answer(network.forward(*inputs.rows(windows)).output)
    parts = inputs.head.parts(answer.astype(np.float64), windows.paths)
    middle = inputs.head.middle
    # float32 outputs
    np.testing.assert_allclose(parts.quantiles[..., middle], windows.paths.mean(-1), atol=1e-6)
    gaps = np.diff(parts.quantiles, axis=-1)
    np.testing.assert_allclose(gaps, np.broadcast_to(gaps[0, 0], gaps.shape), rtol=1e-5)
    assert (gaps > 0).all()


def test_a_faulty_row_does_not_widen_the_intervals_that_training_starts_from() -> None:
    inputs, windows = built(covered(wave()))
    targets = np.repeat(windows.targets(), 100, axis=0)
    wide = []
    for fault in (0.0, 1e4):
        network = Network(inputs.spec, seed=0)
        targets[0, 0, 0] += fault
        inputs.start(network, targets)
        bias = network.params["head_bias"].reshape(-1, inputs.head.width)[0]
        gaps = np.logaddexp(0, bias[inputs.head.paths + 1 :])
        wide.append(gaps.sum())
    # of 1,000 errors one counts as 100 times as large as most, not as 10,000 times
    assert wide[1] < 1.3 * wide[0]
