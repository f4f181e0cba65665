"""Training on one long row: what each update reads, from which state, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.data import Spans
from tidegate.errors import ArgumentError
from tidegate.network import Classes, Loss, Network, NetworkSpec, Optimizer, TokenInput
from tidegate.train import FitSettings, fit_carried
from tidegate.train.carried import FORGET, Carried, Lanes

V = 7
SPEC = NetworkSpec(TokenInput(V, 5), hidden=6, readout="each", outputs=V, loss=Loss("categorical"))
TOKENS = np.random.default_rng(0).integers(0, V, 103).astype(np.int32)


def settings(**changes: Any) -> FitSettings:
    given = {"updates": 12, "batch": 3, "optimizer": Optimizer("adam", 0.02, clip=1.0)}
    return FitSettings(**{**given, **changes})


@given(st.integers(2, 300), st.integers(1, 40), st.integers(1, 40), st.integers(0, 39))
def test_an_epoch_reads_no_place_twice(n: int, lanes: int, steps: int, offset: int) -> None:
    """Each token that is read is followed, in its row, by its target; lanes are read on."""
    row = np.arange(n, dtype=np.int32)
    cut = Lanes.of(row, lanes, steps)
    offset %= cut.steps
    parts = [cut.chunk(offset, number) for number in range(cut.per_epoch)]
    read = np.stack([part[0].reshape(cut.lanes, cut.steps) for part in parts])
    assert all((after == before + 1).all() for before, after in parts)
    assert len(np.unique(read)) == read.size
    assert (np.diff(read[:, :, 0], axis=0) == cut.steps).all()
    # all but less than an update's worth, and what the offset may take
    assert n - 1 - read.size < (cut.lanes + 1) * cut.steps + cut.lanes


def test_it_is_the_plain_loop() -> None:
    """The same as the updates written out by hand, to the bit, over two epochs."""
    steps, chosen = 8, settings(seed=5, schedule="cosine")
    trained = Network(SPEC, seed=1)
    history = fit_carried(trained, TOKENS, chosen, steps=steps, progress=False)

    plain, optimizer, losses = Network(SPEC, seed=1), Optimizer("adam", 0.02, clip=1.0), []
    spans = Spans(np.arange(3) * steps, np.full(3, steps))
    per_epoch = (103 - steps) // (3 * steps)
    for update in range(12):
        epoch, number = divmod(update, per_epoch)
        if number == 0:
            state = tuple(np.zeros((1, 3, 6), np.float32) for _ in range(2))
            offset = int(np.random.default_rng((5, epoch)).integers(steps))
        forgets = np.random.default_rng((5, epoch, number)).random(3) < FORGET
        for part in state:
            part[:, forgets] = 0
        length = (102 - offset) // 3
        first = offset + np.arange(3) * length + number * steps
        at = (first[:, None] + np.arange(steps)).ravel()
        rate = chosen.learning_rate(update, 12)
        report = plain.train_step(
            TOKENS[at],
            spans,
            TOKENS[at + 1],
            optimizer,
            state=state,
            learning_rate=rate,
            seed=5,
        )
        losses.append(report.loss)
    assert np.array_equal(trained.parameters, plain.parameters)
    assert history.loss == losses


def test_the_state_carries_what_a_chunk_cannot_see() -> None:
    """Tokens repeat after 12, an update reads 4: only memory beyond the cut can tell what comes."""
    pattern = np.array([0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 4])
    tokens = np.tile(pattern, 200)
    spec = SPEC.but(hidden=24, input=TokenInput(V, 16))
    chosen = settings(updates=1500, batch=8, schedule="cosine", warmup=0.1)
    network = Network(spec, seed=2)
    history = fit_carried(network, tokens, chosen, steps=4, progress=False)
    # without memory of more than the 4 tokens, the one that follows 0 1 0 is a guess out of three
    assert np.mean(history.loss[-50:]) < 0.5 * np.log(3) / 4


def test_a_lane_forgets_now_and_then() -> None:
    network = Network(SPEC)
    tokens = np.arange(40_000, dtype=np.int32) % V
    source = Carried(network, Lanes.of(tokens, 20, 2), settings(), None)
    forgot = []
    for number in range(600):
        for part in source._state:
            part[...] = 1
        chunk = source.batch(0, number)
        empty = [(part == 0).all(axis=(0, 2)) for part in chunk.state]
        assert np.array_equal(*empty), "h and c go together"
        assert all(((part == 0) | (part == 1)).all() for part in chunk.state)
        forgot.append(empty[0])
    assert forgot[0].all(), "an epoch starts from nothing"
    # 11,980 draws: the share has a standard deviation of 0.002
    assert abs(np.mean(forgot[1:]) - FORGET) < 0.01


def test_the_best_epoch_is_kept() -> None:
    network = Network(SPEC, seed=1)
    chosen = settings(updates=60, optimizer=Optimizer("adam", 0.1))
    other = np.random.default_rng(9).integers(0, V, 60)
    history = fit_carried(network, TOKENS, chosen, steps=8, validation=other, progress=False)
    losses = [epoch.validation for epoch in history.epochs]
    assert losses[-1] > min(losses), "it should have learnt noise by heart"
    spans = Spans([0], [59])
    kept = network.loss(other[:-1].astype(np.int32), spans, other[1:])
    assert kept == pytest.approx(min(losses), rel=1e-6)


def test_a_sample_is_asked_for_each_update() -> None:
    asked = []

    def sample(targets: np.ndarray, done: int) -> Classes:
        asked.append((len(targets), done))
        return Classes(np.union1d(targets, [0, 1]))

    fit_carried(Network(SPEC), TOKENS, settings(), steps=8, sample=sample, progress=False)
    assert asked == [(24, done) for done in range(12)]


@pytest.mark.parametrize(
    ("spec", "tokens", "changes", "options", "message"),
    [
        (SPEC, [1], {}, {}, r"tokens must be \[N\] token ids, 2 at least, got an array of \(1,\)"),
        (SPEC, [[1, 2]], {}, {}, r"tokens must be \[N\] token ids"),
        (SPEC, [1.0, 2.0], {}, {}, r"tokens must be \[N\] token ids"),
        (SPEC, TOKENS.astype("i8") + 2**32, {}, {}, "which is no token id"),
        (SPEC, TOKENS, {}, {"validation": [1]}, r"validation must be \[N\] token ids, 2 at least"),
        (SPEC, TOKENS, {"patience": 2}, {}, "patience needs a validation loss; give validation"),
        (SPEC, TOKENS, {"checkpoint": "a"}, {}, "checkpoint cannot be used by fit_carried"),
        (SPEC.but(bidirectional=True), TOKENS, {}, {}, "needs a network in one direction"),
        (SPEC.but(readout="last"), TOKENS, {}, {}, "needs a network in one direction"),
        (SPEC.but(loss=Loss("mse")), TOKENS, {}, {}, "and a categorical loss"),
        (SPEC, TOKENS + 1, {}, {}, "holds class 7, but the network has 7 outputs|token id 7"),
    ],
)
def test_what_is_refused(
    spec: NetworkSpec, tokens: Any, changes: Any, options: Any, message: str
) -> None:
    with pytest.raises(ArgumentError, match=message):
        fit_carried(Network(spec), tokens, settings(**changes), progress=False, **options)
