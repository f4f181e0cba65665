"""SequenceRegressor: numbers of sequences, in their own units."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import r2_score

import tidegate as tg
from tidegate.network import Loss
from tidegate.sequence.training import Training

RANDOM = np.random.default_rng(0)
X = [RANDOM.normal(size=n) for n in RANDOM.integers(6, 14, 60)]
MEAN = np.array([x.mean() for x in X])
QUICK = Training(updates=300, members=1, learning_rate=1e-2)
ONCE = Training(updates=1, members=1)


def model(**given: Any) -> tg.SequenceRegressor:
    return tg.SequenceRegressor(**{"hidden": 16, "random_state": 0, "training": QUICK, **given})


@pytest.mark.parametrize("loss", ["mse", "mae", "rmse", "huber", "pinball", Loss("huber", delta=2)])
def test_every_loss_finds_the_mean_in_the_units_of_y(loss: Any) -> None:
    y = 1e6 + 1e4 * MEAN
    fitted = model(loss=loss).fit(X, y)
    assert fitted.score(X, y) > 0.9
    assert fitted.predict(X).shape == (60,)


def test_several_numbers_at_once() -> None:
    y = np.stack([MEAN, [x.max() for x in X]], axis=1)
    fitted = model().fit(X, y)
    assert fitted.predict(X).shape == (60, 2)
    assert fitted.score(X, y) > 0.9


def test_quantiles_never_cross_and_hold_their_share() -> None:
    # the answer is noise of deviation 2 around a number that is given
    given = RANDOM.normal(size=400)
    data = [np.full(6, g) for g in given]
    y = given + 2 * RANDOM.normal(size=400)
    levels = (0.1, 0.5, 0.9)
    training = Training(updates=600, members=1, batch=64)
    found = model(loss=Loss("pinball", quantiles=levels), training=training).fit(data, y)
    low, middle, high = found.predict(data).T
    assert (low <= middle).all() and (middle <= high).all()
    # 400 draws of probability .1 and .8 deviate by .015 and .02; the fit itself by as much
    assert abs(float(np.mean(y < low)) - 0.1) < 0.06
    assert abs(float(np.mean((y >= low) & (y <= high))) - 0.8) < 0.08


def test_quantiles_of_several_numbers() -> None:
    y = np.stack([MEAN, -MEAN], axis=1)
    fitted = model(loss=Loss("pinball", quantiles=(0.2, 0.8))).fit(X, y)
    assert fitted.predict(X[:5]).shape == (5, 2, 2)
    with pytest.raises(tg.ArgumentError, match="2 quantiles of each; judge what predict gives"):
        fitted.score(X, y)


def test_a_weight_is_a_number_of_copies_to_the_bit() -> None:
    weights = RANDOM.integers(0, 3, 60)
    repeated = np.repeat(np.arange(60), weights)
    one = model().fit(X, MEAN, sample_weight=weights)
    other = model().fit([X[i] for i in repeated], MEAN[repeated])
    np.testing.assert_array_equal(one.predict(X), other.predict(X))


def test_texts_have_numbers_too() -> None:
    texts = [f"{word} {'very ' * n}good" for word in ("this is", "that was") for n in range(6)]
    y = [float(text.count("very")) for text in texts]
    training = Training(updates=300, members=1, embedding=16, learning_rate=1e-2)
    fitted = model(training=training).fit(texts, y)
    assert fitted.score(texts, y) > 0.8


def test_parts_that_come_one_after_the_other() -> None:
    growing = model(training=Training(members=1, learning_rate=1e-2))
    for _ in range(40):
        growing.partial_fit(X, MEAN)
    assert growing.score(X, MEAN) > 0.9
    with pytest.raises(tg.DataError, match="2 numbers for a sequence, 1 before"):
        growing.partial_fit(X, np.stack([MEAN, MEAN], axis=1))


def test_numbers_that_follow_nothing_but_zeros() -> None:
    growing = model(training=Training(members=1, learning_rate=1e-2)).partial_fit(X, 0 * MEAN)
    for _ in range(40):
        growing.partial_fit(X, MEAN)
    assert growing.score(X, MEAN) > 0.9


def test_a_warm_start_goes_on_in_the_same_units() -> None:
    warm = model(warm_start=True).fit(X, MEAN)
    units = warm.units_
    assert warm.fit(X, MEAN + 1).units_ is units
    assert warm.score(X, MEAN + 1) > 0.9
    with pytest.raises(tg.ArgumentError, match="outputs was 1, and is 2 now"):
        warm.set_params(loss=Loss("pinball", quantiles=(0.2, 0.8))).fit(X, MEAN)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (MEAN[:-1], "y has 59 rows, X has 60 sequences"),
        (np.r_[MEAN[:3], np.nan, MEAN[4:]], "NaN or infinity, for sequence 3"),
        (np.r_[MEAN[:4], np.inf, MEAN[5:]], "NaN or infinity, for sequence 4"),
        (np.ma.array(MEAN, mask=np.arange(60) == 5), "NaN or infinity, for sequence 5"),
        (1.5, r"must be \[n\] or \[n, K\], got an array of \(\)"),
        ([10**400] * 60, "y must hold numbers: int too large"),
        (["a"] * 60, "y must hold numbers: got texts such as 'a'"),
        (["1.5"] * 60, "y holds numbers that are written as texts, such as '1.5'; give numbers"),
        ([1.5, *["7"] * 59], "written as texts, such as"),
        (np.array([1.5, *["7"] * 59], object), "written as texts, such as '7'"),
        ([[1.0], *[[1.0, 2.0]] * 59], "got rows of different lengths"),
        (np.ones((60, 1, 1)), r"must be \[n\]"),
        (MEAN * 1j, "Complex"),
        (np.arange(60).astype("M8[D]"), r"must hold numbers, got datetime64\[D\]"),
        (None, "requires y"),
    ],
)
def test_numbers_that_cannot_be_used(y: Any, message: str) -> None:
    with pytest.raises(tg.DataError, match=message):
        model().fit(X, y)
    with pytest.raises(tg.DataError, match=message):
        model(training=ONCE).fit(X, MEAN).score(X, y)


def test_a_score_is_scikit_learn_s() -> None:
    y, weights = np.stack([MEAN, MEAN**2], axis=1), np.arange(60.0)
    fitted = model(training=ONCE).fit(X, y)
    found = r2_score(y, fitted.predict(X), sample_weight=weights)
    assert fitted.score(X, y, weights) == pytest.approx(found, abs=1e-12)


@pytest.mark.parametrize("size", [2.0**-1000, 2.0**1000])
def test_a_score_is_the_same_in_any_unit(size: float) -> None:
    plain, other = (model(training=ONCE).fit(X, MEAN * unit) for unit in (1, size))
    assert other.score(X, MEAN * size) == pytest.approx(plain.score(X, MEAN), abs=1e-9)


@pytest.mark.parametrize("loss", ["cake", "categorical", Loss("binary"), 5, None])
def test_losses_that_make_no_sense(loss: Any) -> None:
    with pytest.raises(tg.ArgumentError, match="loss must be one of"):
        model(loss=loss).fit(X, MEAN)


@pytest.mark.parametrize("loss", ["mse", "mae", "rmse", "huber", "pinball"])
@pytest.mark.parametrize("number", [7.0, 0.1, -3e5, 0.0])
def test_one_number_for_all_is_right_from_the_start(loss: str, number: float) -> None:
    y = np.full(60, number)
    fitted = model(loss=loss, training=Training(updates=5)).fit(X, y)
    np.testing.assert_allclose(fitted.predict(X), y, rtol=1e-6)
    first = model(loss=loss).partial_fit(X[:1], y[:1])
    np.testing.assert_allclose(first.predict(X), y, rtol=1e-6)


def test_one_of_several_numbers_may_be_the_same_for_all() -> None:
    y = np.stack([MEAN, np.full(60, 5.0)], axis=1)
    fitted = model(loss=Loss("pinball", quantiles=(0.3, 0.5))).fit(X, y)
    np.testing.assert_allclose(fitted.predict(X)[:, 1], 5.0, rtol=0.02)
    assert np.ptp(fitted.predict(X)[:, 0]) > 0.1


def test_its_head_begins_at_the_middle_of_y() -> None:
    y = RANDOM.exponential(5.0, 60)
    levels = (0.1, 0.8)
    still = Training(updates=1, members=1, learning_rate=0.0)
    for loss, middle in (
        ("mse", np.mean(y)),
        ("mae", np.quantile(y, 0.5, method="inverted_cdf")),
        (Loss("pinball", quantiles=levels), np.quantile(y, levels, method="inverted_cdf")),
    ):
        fitted = model(loss=loss, training=still).fit(X, y)
        bias = fitted.learned_.members[0].network.params["head_bias"]
        found = bias * fitted.units_.scale + fitted.units_.centre
        np.testing.assert_allclose(found, np.broadcast_to(middle, found.shape), rtol=1e-5)
