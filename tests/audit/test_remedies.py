"""What fixes name reaches the networks that are trained: initial values and clipping."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

import tidegate as tg
from tidegate.audit.again import again
from tidegate.network import Network

TEXT = "the cat sat on the mat. " * 20


def fitted(kind: str, changes: dict[str, Any]) -> tuple[Network, Any]:
    """A network after an update or three, and its model."""
    x = np.random.default_rng(0).normal(size=(12, 8))
    training: Any
    if kind == "forecaster":
        training = tg.ForecastTraining(updates=3, calibrate=False)
        model: Any = again(tg.Forecaster(2, "lstm", hidden=4, training=training), changes, 0)
        model.fit(pl.DataFrame({"ds": range(90), "y": x.ravel()[:90]}), progress=False)
        return model.answers_.learned[0].model.network, model
    if kind == "language":
        training = tg.LanguageTraining(updates=1, steps=8, batch=2)
        model = again(tg.LanguageModel(cell="lstm", hidden=4, training=training), changes, 0)
        return model.fit(TEXT).network_, model
    training = tg.SequenceTraining(updates=1, members=1, weight_decay=0.01)
    model = again(tg.SequenceRegressor("lstm", 4, training=training, random_state=0), changes)
    return model.fit(x, x[:, 0]).learned_.members[0].network, model


@pytest.mark.parametrize("kind", ["forecaster", "language", "regressor"])
def test_initial_values_are_reached(kind: str) -> None:
    still = {"learning_rate": 0.0}
    network, _ = fitted(kind, {**still, "init.chrono": 100, "init.recurrent": "identity"})
    forget = network.params["bias_ih_l0"][4:8] + network.params["bias_hh_l0"][4:8]
    assert (forget >= 0).all() and (forget <= np.log(99)).all() and np.ptp(forget) > 0
    recurrent = network.params["weight_hh_l0"].reshape(4, 4, 4)
    np.testing.assert_array_equal(recurrent, np.tile(np.eye(4), (4, 1, 1)))
    forget = fitted(kind, {**still, "init.forget_bias": 2.5})[0].params["bias_ih_l0"][4:8]
    np.testing.assert_array_equal(forget, np.full(4, 2.5, np.float32))


@pytest.mark.parametrize("kind", ["forecaster", "language", "regressor"])
def test_gradients_are_clipped_by_value(kind: str) -> None:
    rate = 0.5  # of a first step of Adam, which moves by the rate unless the gradient is 0
    free, _ = fitted(kind, {"learning_rate": rate})
    clipped, model = fitted(kind, {"learning_rate": rate, "clip_value": 0.0})
    begin, _ = fitted(kind, {"learning_rate": 0.0})
    names = [n for n in begin.params if "hh" in n and "bias" not in n]
    assert any(np.abs(free.params[n] - begin.params[n]).max() > 1e-3 for n in names)
    for name in names:  # nothing but the decay of weights is left
        decay = 1 - rate * model.training.weight_decay
        np.testing.assert_allclose(clipped.params[name], begin.params[name] * decay, rtol=1e-2)
    with pytest.raises(tg.ArgumentError, match="clip_value must be at least 0"):
        again(model, {"clip_value": -1.0})


@pytest.mark.parametrize("kind", ["forecaster", "language", "regressor"])
def test_gradients_are_clipped_by_norm_unless_asked_otherwise(kind: str) -> None:
    """A first step of Adam is the same whatever the norm, but for its epsilon of 1e-8."""
    begin, _ = fitted(kind, {"learning_rate": 0.0})
    usual, model = fitted(kind, {})
    assert model.training.clip == 1.0
    tiny, _ = fitted(kind, {"clip": 1e-9})
    free, model = fitted(kind, {"clip": None})
    assert model.training.clip is None

    def moved(network: Network) -> float:
        return float(np.abs(network.params["weight_hh_l0"] - begin.params["weight_hh_l0"]).max())

    assert moved(tiny) < 0.2 * min(moved(usual), moved(free))
    with pytest.raises(tg.ArgumentError, match="clip must be above 0"):
        again(model, {"clip": -1.0})


def test_a_forecaster_with_a_remedy_is_saved_whole(tmp_path: Any) -> None:
    _, model = fitted("forecaster", {"init.chrono": 100, "clip_value": 0.5})
    model.save(tmp_path / "model.safetensors")
    back = tg.load(tmp_path / "model.safetensors")
    # with the windows in an update that a given number of updates means
    assert back.training == replace(model.training, batch=32)
    assert back.predict().equals(model.predict())
