"""How much of what networks say of numbers is kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tidegate as tg
from tidegate.network import Loss
from tidegate.network.reference_loss import loss as loss_of
from tidegate.sequence.kept import LEAST, SHARES, kept
from tidegate.sequence.training import Training

HEART = {"updates": 300, "members": 1, "learning_rate": 1e-2}
"""Enough to know forty walks by heart."""


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(0)


def fitted(x: Any, y: Any, loss: str | Loss = "mse", **given: Any) -> tg.SequenceRegressor:
    training = Training(**{**HEART, **given})
    return tg.SequenceRegressor(hidden=16, loss=loss, training=training, random_state=0).fit(x, y)


@pytest.mark.parametrize("loss", ["mse", "mae", "huber"])
def test_what_is_kept_costs_least(loss: Any, random: np.random.Generator) -> None:
    said = random.normal(size=(50, 2))
    truth = 1 + said * [0.6, 2.0] + 0.1 * random.normal(size=(50, 2))
    weights, centre = random.uniform(0.1, 1, 50), np.ones(2)
    found = kept(1 + said, truth, weights, Loss(loss), centre)
    assert found[1] == pytest.approx(1.0, abs=0.02)  # never more than what is said
    costs = [
        loss_of(Loss(loss), 1 + share * said[:, :1], truth[:, :1], weights)[0] for share in SHARES
    ]
    assert found[0] == pytest.approx(0.6, abs=0.06)
    assert found[0] == pytest.approx(SHARES[int(np.argmin(costs))], abs=0.05)  # between two of them


@pytest.mark.parametrize("loss", ["mse", "mae"])
def test_few_that_were_held_out_do_not_decide(loss: Any) -> None:
    """Four errors that are all of one size, whatever is kept, leave it half open."""
    said, truth = np.array([[1.0], [1.0], [-1.0], [-1.0]]), np.array([[9.0], [-9.0]] * 2)
    found = kept(said, truth, np.ones(4), Loss(loss), np.zeros(1))
    assert found[0] == pytest.approx(0.5, abs=0.05)


def test_quantiles_of_a_number_keep_one_share_and_end_at_its_own(
    random: np.random.Generator,
) -> None:
    loss = Loss("pinball", quantiles=(0.1, 0.5, 0.9))
    truth = random.normal(size=(4000, 1))
    centre = np.quantile(truth, loss.quantiles)
    wild = centre + 2 * random.normal(size=(4000, 1))
    both = np.concatenate([wild, truth + 0 * centre], axis=1)
    found = kept(both, np.tile(truth, 2), np.ones(4000), loss, np.tile(centre, 2))
    np.testing.assert_allclose(found, [LEAST] * 3 + [1.0] * 3, atol=1e-3)


@pytest.mark.parametrize("loss", ["mse", "mae"])
def test_where_series_say_nothing_the_middle_is_said(
    loss: str, random: np.random.Generator
) -> None:
    walks, y = random.normal(size=(240, 30)).cumsum(axis=1), np.exp(random.normal(size=40))
    x, other = walks[:40], walks[40:]
    corrected, as_it_was = (fitted(x, y, loss, calibrate=given) for given in (None, False))
    middle = np.mean(y) if loss == "mse" else np.median(y)
    spread = [float(np.std(model.predict(other) - middle)) for model in (corrected, as_it_was)]
    assert spread[0] < 0.5 * spread[1]


def test_where_they_say_all_nothing_changes(random: np.random.Generator) -> None:
    x = random.normal(size=(60, 10))
    corrected, as_it_was = (fitted(x, x.mean(axis=1), calibrate=c) for c in (True, False))
    # of what lies beside the mean a percent at most is lost
    np.testing.assert_allclose(corrected.predict(x), as_it_was.predict(x), atol=0.01)


def test_texts_with_numbers_only_where_it_is_asked_for(random: np.random.Generator) -> None:
    """What a linear layer beside a network says is kept by the same share."""
    words = np.array(["rain", "sun", "wind", "fog", "ice", "snow"])
    texts = [" ".join(random.choice(words, 5)) for _ in range(60)]
    y = random.normal(size=60)
    models = [fitted(texts, y, calibrate=given) for given in (None, False, True)]
    plain, same, less = (model.predict(texts) - y.mean() for model in models)
    np.testing.assert_array_equal(plain, same)
    share = less @ plain / (plain @ plain)
    assert share < 0.5
    np.testing.assert_allclose(less, share * plain, atol=1e-5 * float(np.abs(plain).max()))
