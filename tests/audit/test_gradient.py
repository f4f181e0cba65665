"""The gradient by lag is that of Jacobians multiplied out."""

import json

import numpy as np
import pytest

import tidegate as tg
from tidegate.audit.gradient import by_lag, every_place, norms, places, sizes
from tidegate.audit.rate import grown, singular
from tidegate.audit.whole import subject_of
from tidegate.data import Spans
from tidegate.network import Network, NetworkSpec, NumberInput
from tidegate.network.subject import Ends


def linear(v, dtype="float64"):
    layer = tg.RNN(1, 1, nonlinearity="linear", dtype=dtype)
    layer.params["weight_hh_l0"][:] = v
    return layer


def test_the_lecture_s_arithmetic_is_exact():
    found = tg.audit(linear(2.0), np.ones((1, 51, 1)))
    assert found.gradient[0].mean[50] == 2.0**50 == 1125899906842624.0
    assert found.rate[0].largest[-1] == found.rate[0].smallest[-1] == 2.0**50
    assert found.rate[0].growth == pytest.approx(2, rel=1e-12)
    assert str(found.verdict).startswith("exploding")

    found = tg.audit(linear(0.2), np.ones((1, 51, 1)))
    # 50 products, each rounded once
    assert found.gradient[0].mean[50] == pytest.approx(0.2**50, rel=50 * 2.0**-53)
    assert found.rate[0].half_life == pytest.approx(np.log(2) / np.log(5), rel=1e-12)
    assert str(found.verdict).startswith("vanishing")


def test_a_float32_layer_is_looked_at_in_float64():
    found = tg.audit(linear(0.2, "float32"), np.ones((1, 201, 1)))
    assert found.gradient[0].mean[200] == pytest.approx(float(np.float32(0.2)) ** 200, rel=1e-12)
    assert found.gradient[0].mean[200] > 0  # 1.6e-140: none of float32's


def rnn_jacobians(network, rows):
    """d h(t) / d h(t − lag) of a tanh RNN, by its formula: for each lag the product of
    diag(1 − h²)·V."""
    p = network.params
    h, factors = np.zeros(network.spec.hidden), []
    for x in rows:
        h = np.tanh(p["weight_ih_l0"] @ x + p["weight_hh_l0"] @ h + p["bias_ih_l0"])
        factors.append((1 - h * h)[:, None] * p["weight_hh_l0"])
    found = [np.eye(len(h))]
    for factor in factors[:0:-1]:
        found.append(found[-1] @ factor)
    return found


def test_probes_meet_the_whole_jacobian():
    random = np.random.default_rng(0)
    spec = NetworkSpec(NumberInput(2), cell="rnn", hidden=4, dtype="float64")
    network, rows = Network(spec, seed=1), random.normal(size=(12, 2))
    subject = subject_of(network, (rows, Spans([0], [12])))
    expected = rnn_jacobians(network, rows)
    ends = Ends(np.zeros(4, int), np.zeros(4, int), np.full(4, 12))
    trail = subject.trail(ends, 0, "h", np.eye(4)[None])[0].reshape(4, 12, 4)
    for lag in range(12):
        np.testing.assert_allclose(trail[:, 11 - lag], expected[lag], rtol=1e-10, atol=1e-14)
    lags, largest, smallest = singular(subject, 0, "h")[0]
    for lag, most, least in zip(lags, largest, smallest, strict=True):
        values = np.linalg.svd(expected[lag], compute_uv=False)
        assert most == pytest.approx(values[0], rel=1e-10)
        assert least == pytest.approx(values[-1], rel=1e-6)


def test_random_probes_give_the_frobenius_norm_over_the_root_of_h():
    random = np.random.default_rng(0)
    spec = NetworkSpec(NumberInput(2), cell="rnn", hidden=4, dtype="float64")
    network, rows = Network(spec, seed=1), random.normal(size=(12, 2))
    subject = subject_of(network, (rows, Spans([0], [12])))
    n = 4000
    probe = random.choice([-1.0, 1.0], (1, n, 4)) / 2
    ends = Ends(np.zeros(n, int), np.zeros(n, int), np.full(n, 12))
    table = by_lag(sizes(subject.trail(ends, 0, "h", probe)[0]), ends.steps, reverse=False)
    found = np.sqrt((table**2).mean(axis=0))
    expected = [np.linalg.norm(j) / 2 for j in rnn_jacobians(network, rows)]
    np.testing.assert_allclose(found, expected, rtol=0.05)  # 4,000 draws: 1.6 % a deviation


def test_of_a_small_model_it_is_that_of_the_whole_jacobian_without_error(monkeypatch):
    random = np.random.default_rng(0)
    spec = NetworkSpec(NumberInput(2), cell="rnn", hidden=4, dtype="float64")
    network, rows = Network(spec, seed=1), random.normal(size=(23, 2))
    subject = subject_of(network, (rows, Spans([0, 12], [12, 11])))
    for most in (2_000, 22):  # all steps; some
        monkeypatch.setattr("tidegate.audit.gradient.EVERY", most)
        found = norms([subject], ("h",), 0)[0].table
        ends = every_place(subject.length)
        if most == 22:
            ends = places(subject.length, 1000, np.random.default_rng(0))
        assert len(ends.which) == len(found) and len(set(ends.steps.tolist())) > 5
        for row, which, steps in zip(found, ends.which, ends.steps, strict=True):
            first = 12 * which
            whole = [np.linalg.norm(j) / 2 for j in rnn_jacobians(network, rows[first:][:steps])]
            np.testing.assert_allclose(row[:steps], whole, rtol=1e-10)
            assert np.isnan(row[steps:]).all()
    monkeypatch.setattr("tidegate.audit.gradient.WHOLE", 0)
    drawn = norms([subject], ("h",), 0)[0].table
    assert np.nanmax(np.abs(drawn / found - 1)) > 0.1


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_of_small_data_it_is_the_mean_over_all_steps_of_all_sequences(cell):
    """By central differences of the state, through the public layer alone."""
    make = {"rnn": tg.RNN, "lstm": tg.LSTM, "gru": tg.GRU}[cell]
    layer, steps, h = make(2, 3, dtype="float64", seed=2), 9, 3
    x = np.random.default_rng(1).normal(size=(2, steps, 2))
    found = {curve.state: curve for curve in tg.audit(layer, x).gradient}
    sizes_of = {state: [[] for _ in range(steps)] for state in found}
    for number, state in enumerate(found):
        for b in range(2):
            for first in range(1, steps + 1):  # steps that are done where the state is moved
                before = layer.forward(x[b : b + 1, :first]).state
                for last in range(first, steps + 1):
                    jacobian = np.empty((h, h))
                    for unit in range(h):
                        ends = []
                        for move in (1e-5, -1e-5):
                            start = [part.copy() for part in before]
                            start[number][0, 0, unit] += move
                            if last > first:
                                rest = layer.forward(x[b : b + 1, first:last], state=tuple(start))
                                start = rest.state
                            ends.append(start[number][0, 0])
                        jacobian[:, unit] = (ends[0] - ends[1]) / 2e-5
                    sizes_of[state][last - first].append(np.linalg.norm(jacobian) / np.sqrt(h))
    for state, curve in found.items():
        # every state but the very first counts at lag 0; differences of 1e-5 are good to 1e-9
        assert curve.count.tolist() == [2 * (steps - max(lag, 1)) for lag in range(steps)]
        for name, of in (("mean", np.mean), ("median", np.median)):
            expected = [of(each) for each in sizes_of[state]]
            np.testing.assert_allclose(getattr(curve, name), expected, rtol=1e-6, err_msg=name)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_a_reverse_direction_is_a_forward_one_of_what_is_turned_round(cell):
    make = {"rnn": tg.RNN, "lstm": tg.LSTM, "gru": tg.GRU}[cell]
    both = make(2, 3, bidirectional=True, dtype="float64", seed=2)
    alone = make(2, 3, dtype="float64")
    for name in alone.params:
        alone.params[name][:] = both.params[f"{name}_reverse"]
    x = np.random.default_rng(1).normal(size=(2, 9, 2))
    found = [curve for curve in tg.audit(both, x).gradient if curve.direction == "reverse"]
    for curve, expected in zip(found, tg.audit(alone, x[:, ::-1]).gradient, strict=True):
        for name in ("mean", "low", "median", "high"):
            values = getattr(curve, name), getattr(expected, name)
            np.testing.assert_allclose(*values, rtol=1e-10)


def test_places_of_one_sequence_are_no_independent_evidence():
    """The interval holds the growth of many sequences, though few are at hand."""
    layer = tg.RNN(2, 4, dtype="float64", seed=3)
    layer.params["weight_hh_l0"][:] *= 1.1

    def rate(seed, n):
        x = np.random.default_rng(seed).normal(size=(n, 20, 2))
        return tg.audit(layer, x, seed=seed).rate[0]

    truth = rate(99, 80).growth
    assert 80 * 20 <= 2_000  # of these, too, all steps are looked at
    held = sum(each.low < truth < each.high for each in (rate(seed, 10) for seed in range(40)))
    assert held >= 32  # 38 of 40 expected, less for so few; 23 if each place stood by itself


def test_what_neither_loses_nor_magnifies_has_a_gradient_of_one_whatever_its_size():
    for h in (1, 8):
        layer = tg.RNN(1, h, nonlinearity="linear", dtype="float64", seed=2)  # orthogonal
        curve = tg.audit(layer, np.ones((3, 30, 1))).gradient[0]
        for values in (curve.mean, curve.low, curve.median, curve.high):
            np.testing.assert_allclose(values, 1, rtol=1e-12)


def test_a_run_starts_from_the_state_of_what_is_before_it():
    random = np.random.default_rng(0)
    spec = NetworkSpec(NumberInput(1), cell="lstm", hidden=3, layers=2)
    subject = subject_of(Network(spec, seed=1), (random.normal(size=(20, 1)), Spans([0], [20])))
    probe = random.normal(size=(1, 1, 3))
    whole = subject.trail(Ends(*np.array([[0], [0], [20]])), 1, "c", probe)
    late = subject.trail(Ends(*np.array([[0], [12], [8]])), 1, "c", probe)
    np.testing.assert_allclose(late[0], whole[0][12:], rtol=1e-12, atol=1e-15)


def test_a_reverse_direction_is_followed_from_its_own_end():
    layer = tg.RNN(1, 2, nonlinearity="linear", bidirectional=True, dtype="float64")
    layer.params["weight_hh_l0"][:] = 0.5 * np.eye(2)
    layer.params["weight_hh_l0_reverse"][:] = 3 * np.eye(2)
    found = tg.audit(layer, np.ones((4, 6, 1)))
    assert [(c.direction, c.mean[5]) for c in found.gradient] == [
        ("forward", pytest.approx(0.5**5)),
        ("reverse", pytest.approx(3**5)),
    ]
    assert [r.largest[0] for r in found.rate] == [pytest.approx(0.5), pytest.approx(3)]


@pytest.mark.parametrize("cell", ["rnn", "rnn_relu", "lstm", "gru"])
def test_of_one_state_nothing_comes_by_way_of_the_layer_above(cell):
    spec = NetworkSpec(NumberInput(2), cell=cell, hidden=3, layers=2, dtype="float64")
    rows = np.random.default_rng(0).normal(size=(30, 2))
    both, spans = Network(spec, seed=3), Spans([0, 10], [10, 20])
    alone = spec.but(layers=1)
    size = len(Network(alone).parameters)
    first = Network(alone, parameters=both.parameters[:size])
    states = spec.cell_spec.states
    of_both = norms([subject_of(both, (rows, spans))], states, 0)
    of_first = norms([subject_of(first, (rows, spans))], states, 0)
    np.testing.assert_allclose(of_both[0].table, of_first[0].table, rtol=1e-12)


def test_a_long_sequence_is_followed_back_so_far_only(monkeypatch):
    monkeypatch.setattr("tidegate.audit.gradient.RUN", 20)
    monkeypatch.setattr("tidegate.audit.gradient.EVERY", 0)
    found = tg.audit(linear(0.5), np.ones((3, 90, 1)))
    np.testing.assert_allclose(found.gradient[0].mean, 0.5 ** np.arange(20.0), rtol=1e-12)
    assert found.length == 90


def test_growth_has_an_interval_that_holds_the_truth():
    random = np.random.default_rng(0)
    held = 0
    for seed in range(100):
        steps = random.normal(np.log(0.9), 0.3, (20, 60))
        table = np.exp(np.cumsum(np.pad(steps, ((0, 0), (1, 0))), axis=1))
        growth, low, high = grown(table, seed)
        assert low < growth < high
        held += low < 0.9 < high
    assert 85 <= held <= 100  # 95 of 100 expected, less for so few places


@pytest.mark.filterwarnings("ignore:overflow|invalid:RuntimeWarning")
def test_states_beyond_all_numbers_explode():
    layer = tg.RNN(1, 2, nonlinearity="relu", dtype="float64")
    layer.params["weight_hh_l0"][:] = 1e3 * np.eye(2)
    layer.params["weight_ih_l0"][:] = 1
    found = tg.audit(layer, np.ones((2, 300, 1)))
    assert str(found.verdict).startswith("exploding")
    assert np.isnan(found.units[0].saturation)
    json.dumps(found.to_json(), allow_nan=False)


def test_what_is_gone_in_a_step_has_no_growth():
    table = np.array([[1.0, 0.0, 0.0], [1.0, 0.0, np.nan]])
    assert grown(table) == (0.0, 0.0, 0.0)
