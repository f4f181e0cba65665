"""Several networks that answer together: what is said of them all, and what of one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import tidegate as tg
from tidegate.audit.rate import _mean
from tidegate.data import Spans
from tidegate.network import Network, NetworkSpec, NumberInput
from tidegate.network.audited import NetworkSubject, subject_of
from tidegate.report import plot
from tidegate.sequence.training import Training


def linear(v: float, w: float = 1.0) -> NetworkSubject:
    """One linear unit over four sequences of 21 steps."""
    spec = NetworkSpec(
        NumberInput(1), cell="rnn_linear", hidden=1, readout="last", outputs=1, dtype="float64"
    )
    network = Network(spec)
    network.params["weight_hh_l0"][:] = v
    network.params["weight_ih_l0"][:] = 1
    network.params["head_weight"][:] = w
    return subject_of(network, np.ones((84, 1)), Spans(np.arange(4) * 21, np.full(4, 21)))


def together(*each: NetworkSubject) -> NetworkSubject:
    return replace(each[0], others=each[1:])


def test_the_gradient_is_over_the_places_in_all_networks() -> None:
    found = tg.audit(together(linear(2.0), linear(0.5)), None)
    assert found.networks == 2
    curve, rate = found.gradient[0], found.rate[0]
    assert curve.mean[20] == pytest.approx((2.0**20 + 0.5**20) / 2)
    assert (curve.low[20], curve.high[20]) == (0.5**20, 2.0**20)
    assert rate.networks == pytest.approx((2, 0.5))
    assert rate.growth == pytest.approx(1)  # of logarithms, the mean
    assert rate.low < 0.9 < 1.1 < rate.high
    assert rate.largest[0] == pytest.approx(1)  # √(2 · 0.5)


def test_influence_is_that_of_the_mean_of_the_outputs() -> None:
    lag = np.arange(21)
    one, two = linear(0.5), linear(0.5, w=3.0)
    found = tg.audit(together(one, two), None).influence
    np.testing.assert_allclose(found.mean[0, :, 0], (1 + 3) / 2 * 0.5**lag, rtol=1e-12)
    against = tg.audit(together(one, linear(0.5, w=-1.0)), None)
    assert against.influence.mean.max() == 0  # what the one adds, the other takes away
    assert against.blind == ()  # by these weights, not by the wiring


def test_every_network_has_its_units_and_its_gates() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(40, 12, 2))
    training = Training(updates=20, members=3, segment=1)
    model = tg.SequenceRegressor("lstm", 4, training=training, random_state=0).fit(x, x[:, 0, 0])
    found = tg.audit(model, (x, x[:, 0, 0]))
    assert found.model.startswith("3 times ")
    count = len(found.units) // 3
    assert [each.network for each in found.units] == [i for i in range(3) for _ in range(count)]
    assert not np.array_equal(found.units[0].forget_time, found.units[-count].forget_time)
    assert all(len(rate.networks) == 3 for rate in found.rate)
    gates = [tg.gates(model, x, network=i) for i in range(3)]
    assert [each.model.rpartition(", ")[2] for each in gates] == [
        f"{i} of 3 networks" for i in (1, 2, 3)
    ]
    assert not np.allclose(gates[0].of("f"), gates[2].of("f"))
    spec = model.learned_.members[2].network.spec
    layer = tg.audit(Network(spec, parameters=model.learned_.members[2].network.parameters),
                     (model.__audit__(x).rows, model.__audit__(x).spans))  # fmt: skip
    np.testing.assert_allclose(layer.units[0].forget_time, found.units[-count].forget_time)
    with pytest.raises(tg.ArgumentError, match="there is no network 3; there are 3, from 0"):
        tg.gates(model, x, network=3)
    page = plot(found).html()
    assert "in each of 3 networks" in page and "network 3, layer 0" in page


def test_of_networks_that_let_nothing_through_no_gradient_is_left() -> None:
    lag = np.array([1, 2])
    one, other = (lag, np.array([4.0, 1.0]), np.zeros(2)), (lag, np.array([1.0, 4.0]), np.ones(2))
    ((lags, largest, smallest),) = _mean([[one], [other]])
    assert lags is lag and smallest.tolist() == [0.0, 0.0]
    np.testing.assert_allclose(largest, [2.0, 2.0], rtol=1e-15)  # geometric means
