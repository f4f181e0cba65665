"""Steps that lie side by side are read, and written to, where they are: the same bits."""

import numpy as np
import pytest

from tidegate.network import Network, NetworkSpec, NumberInput

CELLS = ("rnn", "gru", "lstm")


def passed(net, rows, start, length, offset, d_output):
    """y, the record of h and the gradients of rows and parameters."""
    tape = net.run(net.native.placed(rows, start, length, offset, None), keep=True)
    y, h = np.zeros((2, len(rows), 8), rows.dtype)
    tape.output(y)
    tape.record(0, 0, len(net.spec.cell_spec.record) - 1, h)
    gradient, d_rows = np.empty_like(net.values), np.zeros_like(rows)
    net.native_backward(tape, d_output, gradient=gradient, d_input=d_rows)
    return y, h, d_rows, gradient


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_side_by_side_is_one_after_the_other(cell, dtype):
    random = np.random.default_rng(0)
    net = Network(NetworkSpec(NumberInput(3), cell=cell, hidden=8, readout="each", dtype=dtype))
    batch, steps = 4, 6
    length = np.array([6, 2, 5, 1])
    x = random.normal(size=(batch, steps, 3)).astype(dtype)
    d = random.normal(size=(batch, steps, 8)).astype(dtype)
    apart = (np.arange(batch) * steps, length, None)
    beside = (np.arange(batch), length, np.arange(steps) * batch)
    expected = passed(net, x.reshape(-1, 3), *apart, d.reshape(-1, 8))
    turned = [np.ascontiguousarray(part.swapaxes(0, 1)) for part in (x, d)]
    found = passed(net, turned[0].reshape(-1, 3), *beside, turned[1].reshape(-1, 8))
    for one, other in zip(found[:3], expected[:3], strict=True):
        width = one.shape[-1]
        back = one.reshape(steps, batch, width).swapaxes(0, 1).reshape(-1, width)
        np.testing.assert_array_equal(back, other)
        assert other.reshape(batch, steps, width)[1, 2:].any() == 0
    np.testing.assert_array_equal(found[3], expected[3])


def test_what_leaves_the_rows_is_refused():
    net = Network(NetworkSpec(NumberInput(3), hidden=8, readout="each"))
    rows = np.zeros((10, 3), np.float32)
    one = np.array([0])
    for offset, length in (([0, 10], 2), ([0], 2), ([0, 0], 2), ([-1, 0], 2), ([3, 2], 2)):
        with pytest.raises(ValueError, match=r"offset|leaves the table"):
            net.run(
                net.native.placed(rows, one, np.array([length]), np.array(offset), None), keep=True
            )
    other = Network(NetworkSpec(NumberInput(3), hidden=8))
    with pytest.raises(ValueError, match="readout each"):
        other.run(other.native.placed(rows, one, one + 2, np.array([0, 5]), None), keep=True)
