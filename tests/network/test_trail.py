"""The gradient by every state of every step, against backward passes of what comes after it."""

import numpy as np
import pytest

import tidegate as tg
from tidegate.data import Spans
from tidegate.errors import ArgumentError
from tidegate.network import Network, NetworkSpec, NumberInput, TokenInput

CELLS = ("rnn", "rnn_relu", "rnn_linear", "lstm", "gru")


def network(cell, **settings):
    return Network(
        NetworkSpec(
            NumberInput(2), cell=cell, hidden=5, readout="each", dtype="float64", **settings
        ),
        seed=3,
    )


def probes(random, net, n, rows):
    spec = net.spec
    shape = (spec.layers * spec.directions, n, spec.hidden)
    state = tuple(random.normal(size=shape) for _ in spec.cell_spec.states)
    return random.normal(size=(rows, spec.output_size)), state


@pytest.mark.parametrize("cell", CELLS)
def test_the_trail_is_the_gradient_by_the_state_that_the_rest_starts_from(cell):
    random = np.random.default_rng(0)
    net = network(cell)
    rows = random.normal(size=(30, 2))
    start, length = np.array([3, 20, 0]), np.array([6, 2, 11])
    first = np.cumsum(length) - length
    d_output, d_state = probes(random, net, 3, int(length.sum()))
    found = net.vjp(net.forward_train(rows, Spans(start, length)), d_output, d_state)
    names = net.spec.cell_spec.states
    for i in range(3):
        own = tuple(part[:, i : i + 1] for part in d_state)
        for t in range(length[i]):
            row = first[i] + t
            trail = [found.trail[0][name][row] for name in names]
            if t + 1 == length[i]:
                expected = [part[0, 0] for part in own]
            else:
                state = net.forward(rows, Spans(start[i : i + 1], np.array([t + 1]))).state
                rest = Spans(start[i : i + 1] + t + 1, length[i : i + 1] - t - 1)
                tape = net.forward_train(rows, rest, state=state)
                after = net.vjp(tape, d_output[row + 1 : first[i] + length[i]], own)
                expected = [part[0, 0] for part in after.initial]
            expected[0] = expected[0] + d_output[row]
            for one, other in zip(trail, expected, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("cell", CELLS)
def test_a_trail_of_two_layers_and_directions_is_that_of_finite_differences(cell):
    random = np.random.default_rng(1)
    net = network(cell, layers=2, bidirectional=True)
    rows = random.normal(size=(7, 2))
    # one step: the state that the last step is given is the first state
    spans = Spans(np.array([0, 2]), np.array([1, 1]))
    _, state = probes(random, net, 2, 2)
    d_output, d_state = probes(random, net, 2, 2)
    found = net.vjp(net.forward_train(rows, spans, state=state), d_output, d_state)

    def value(moved):
        out = net.forward(rows, spans, state=moved)
        ends = zip(d_state, out.state, strict=True)
        return (d_output * out.output).sum() + sum((d * s).sum() for d, s in ends)

    for part in range(len(state)):
        for place in np.ndindex(state[part].shape):
            near = [np.array(s) for s in state]
            near[part][place] += 1e-6
            far = [np.array(s) for s in state]
            far[part][place] -= 1e-6
            slope = (value(tuple(near)) - value(tuple(far))) / 2e-6
            assert found.initial[part][place] == pytest.approx(slope, rel=1e-6, abs=1e-8)
    # the top layer's last states have no step after them: what was given, and what is read of them
    for direction in range(2):
        trail = found.trail[2 + direction]
        own = slice(5 * direction, 5 * direction + 5)
        np.testing.assert_array_equal(trail["h"], d_state[0][2 + direction] + d_output[:, own])
        if len(state) > 1:
            np.testing.assert_array_equal(trail["c"], d_state[1][2 + direction])


def test_a_reverse_direction_leaves_its_trail_at_the_steps_that_it_read():
    net = network("rnn_linear", bidirectional=True)
    params = net.params
    params["weight_hh_l0"][:] = 2 * np.eye(5)
    params["weight_hh_l0_reverse"][:] = 3 * np.eye(5)
    tape = net.forward_train(np.zeros((4, 2)), Spans(np.array([0]), np.array([4])))
    found = net.vjp(tape, d_state=(np.ones((2, 1, 5)),))
    assert found.trail[0]["h"][:, 0].tolist() == [8, 4, 2, 1]
    assert found.trail[1]["h"][:, 0].tolist() == [1, 3, 9, 27]


def test_threads_and_company_leave_the_bits_of_a_trail():
    random = np.random.default_rng(2)
    spec = NetworkSpec(NumberInput(2), cell="lstm", hidden=40, readout="each")
    net = Network(spec)
    rows = random.normal(size=(400, 2)).astype(np.float32)
    spans = Spans(np.arange(40) * 9, np.tile([9, 4], 20))
    d_output = random.normal(size=(260, 40)).astype(np.float32)
    before, found = tg.get_threads(), []
    for threads in (1, 3):
        tg.set_threads(threads)
        found.append(net.vjp(net.forward_train(rows, spans), d_output))
    tg.set_threads(before)
    for name in ("h", "c"):
        np.testing.assert_array_equal(found[0].trail[0][name], found[1].trail[0][name])
    alone = net.vjp(net.forward_train(rows, Spans(spans.start[:1], spans.length[:1])), d_output[:9])
    np.testing.assert_array_equal(alone.trail[0]["c"], found[0].trail[0]["c"][:9])


def test_tokens_have_a_gradient_for_each_row_of_the_embedding_that_was_read():
    net = Network(NetworkSpec(TokenInput(4, 3), cell="gru", hidden=2, dtype="float64"))
    tape = net.forward_train(np.array([1, 3, 1]), Spans(np.array([0]), np.array([3])))
    found = net.vjp(tape, np.ones((1, 2)))
    assert found.input.shape == (3, 3)
    embedding = found.parameters[: 4 * 3].reshape(4, 3)
    np.testing.assert_allclose(embedding[1], found.input[0] + found.input[2])
    np.testing.assert_allclose(embedding[3], found.input[1])


def test_a_tape_that_was_used_has_no_second_trail():
    net = network("gru")
    tape = net.forward_train(np.zeros((4, 2)), Spans(np.array([0]), np.array([4])))
    with pytest.raises(ArgumentError, match="shape"):
        net.vjp(tape, np.ones((3, 5)))
    net.vjp(tape)
    with pytest.raises(ArgumentError, match="used up"):
        net.vjp(tape)
