"""Batches that are drawn one by one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tidegate.data import Spans
from tidegate.errors import ArgumentError
from tidegate.network import Loss, Network, NetworkSpec, NumberInput
from tidegate.train import DivergedError, Drawn, FitSettings, Held, fit, fit_drawn

ROWS = np.random.default_rng(0).normal(size=(60, 1)).astype(np.float32)
SPANS = Spans(np.arange(0, 50, 5), np.full(10, 8))
TARGETS = ROWS[8:58:5]


def mse(targets: np.ndarray, output: np.ndarray) -> tuple[float, np.ndarray]:
    rest = output - targets
    return float(np.mean(rest**2)), 2 * rest / rest.size


def network() -> Network:
    return Network(NetworkSpec(NumberInput(1), cell="gru", hidden=4, outputs=1), seed=1)


def all_of_them(number: int) -> Drawn:
    return Drawn(ROWS, SPANS, TARGETS)


def test_the_same_updates_as_from_tables() -> None:
    # one batch of all sequences: its order is the only difference, and sums then round differently
    drawn, fitted = network(), network()
    one = fit_drawn(drawn, all_of_them, mse, FitSettings(updates=30, batch=10), progress=False)
    settings = FitSettings(updates=30, batch=10)
    other = fit(fitted, ROWS, SPANS, TARGETS, settings, loss=mse, progress=False)
    np.testing.assert_allclose(one.loss, other.loss, rtol=1e-4)
    assert one.loss[-1] < one.loss[0]
    assert (one.stopped, len(one.epochs), one.epochs[0].updates) == ("updates", 1, 30)


def test_without_a_loss_of_ones_own_the_networks_counts() -> None:
    def shuffled(number: int) -> Drawn:
        return Drawn(ROWS, SPANS, TARGETS[::-1].copy(), np.arange(len(TARGETS))[::-1].copy())

    own, given = network(), network()
    own = Network(own.spec.but(loss=Loss("mse")), parameters=own.parameters)
    one = fit_drawn(own, shuffled, None, FitSettings(updates=5), progress=False)
    other = fit_drawn(given, all_of_them, mse, FitSettings(updates=5), progress=False)
    np.testing.assert_allclose(one.loss, other.loss, rtol=1e-5)  # float32


def test_each_update_is_asked_for_once_and_in_order() -> None:
    asked = []

    def draw(number: int) -> Drawn:
        asked.append(number)
        return all_of_them(number)

    fit_drawn(network(), draw, mse, FitSettings(updates=5), progress=False)
    assert asked == [0, 1, 2, 3, 4]


def test_a_loss_that_is_none_names_the_row_of_the_batch() -> None:
    def draw(number: int) -> Drawn:
        rows = ROWS.copy()
        if number == 3:
            rows[7] = np.inf
        return Drawn(rows, SPANS, TARGETS)

    with pytest.raises(DivergedError, match=r"update 4.*row 7 of rows holds inf"):
        fit_drawn(network(), draw, mse, FitSettings(updates=5), progress=False)


def test_settings_that_cannot_be_kept_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="updates"):
        fit_drawn(network(), all_of_them, mse, FitSettings())
    settings = FitSettings(updates=3, checkpoint=tmp_path / "run")
    with pytest.raises(ArgumentError, match="checkpoint"):
        fit_drawn(network(), all_of_them, mse, settings)


def test_what_is_held_out_stops_a_run_and_chooses_its_best_epoch() -> None:
    # the loss held out is that of noise: what is learnt of the rest makes it worse before long
    noise = np.random.default_rng(1).normal(size=TARGETS.shape).astype(np.float32)
    held = Held(ROWS, SPANS, noise)
    settings = FitSettings(updates=400, batch=10, patience=2)
    net = network()
    history = fit_drawn(net, all_of_them, mse, settings, validation=held, epochs=40, progress=False)
    assert history.stopped == "patience"
    losses = [epoch.validation for epoch in history.epochs]
    assert len(losses) == history.best_epoch + 3 < 40
    assert mse(noise, net.forward(ROWS, SPANS).output)[0] == losses[history.best_epoch]
    assert [epoch.updates for epoch in history.epochs] == list(range(10, 10 * len(losses) + 1, 10))


def test_patience_needs_something_held_out() -> None:
    with pytest.raises(ArgumentError, match="fit_drawn validation="):
        fit_drawn(network(), all_of_them, mse, FitSettings(updates=5, patience=1))
