"""What a run sees of its own gradient: against the whole Jacobian, without changing a bit."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tidegate as tg
from runs import bits, untimed
from tidegate.data import Spans, TokenBags
from tidegate.network import Init, Loss, Network, NetworkSpec, NumberInput, Optimizer, TokenInput
from tidegate.train import Drawn, FitSettings, Held, fit, fit_carried, fit_drawn, watch
from tidegate.train.looks import GONE, Look, advice, fault
from tidegate.train.source import Chunk
from tidegate.train.watch import GradientWarning, Watch, embedded, every

LINEAR = NetworkSpec(
    NumberInput(1), cell="rnn_linear", hidden=1, outputs=1, loss=Loss("mse"), dtype="float64"
)


def looks_of(spec: NetworkSpec, steps: int, **parameters: Any) -> Look:
    """The look before update 50 at a network with these parameters, over sequences of noise."""
    network = Network(spec, seed=1)
    for name, value in parameters.items():
        network.params[name][...] = value
    random = np.random.default_rng(0)
    rows = random.normal(size=(3 * steps, 1)).astype(spec.dtype)
    spans = Spans(np.arange(3) * steps, np.full(3, steps))
    seen = Watch(network, 10_000, [])
    seen._every = 50
    batch: Any = Held(rows, spans, np.zeros((3, 1)))
    for done in range(60):
        seen.before(done, batch, 32)
    (look,) = seen.looks
    return look


@pytest.mark.parametrize("v", [2.0, 0.5])
def test_a_linear_unit_gives_powers_of_its_weight(v: float) -> None:
    look = looks_of(LINEAR, 70, weight_hh_l0=v)
    assert look.lag == (1, 2, 4, 8, 16, 32, 64)
    assert look.gradient == tuple(v**lag for lag in look.lag)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_it_is_the_norm_of_the_jacobian_in_the_mean(cell: str, bidirectional: bool) -> None:
    """|Jᵀv|² of signs v has the mean |J|²; 400 looks come within a tenth of it."""
    spec = LINEAR.but(cell=cell, hidden=4, bidirectional=bidirectional)
    steps, lag = watch.SHORT, 4
    network = Network(spec, seed=1)
    rows = np.random.default_rng(0).normal(size=(steps, 1))
    spans = Spans([0], [steps])
    names = spec.cell_spec.states
    exact = 0.0
    for direction in range(spec.directions):
        for unit in range(4):  # one row of the Jacobian after the other
            state = tuple(np.zeros((spec.directions, 1, 4)) for _ in names)
            state[0][direction, 0, unit] = 1
            trail = network.vjp(network.forward_train(rows, spans), None, state).trail[direction]
            at = lag if direction else steps - 1 - lag
            exact += sum(float((trail[name][at] ** 2).sum()) for name in names)
    exact /= 4 * spec.directions
    seen = Watch(network, 10**9, [])
    seen._every = 1
    batch: Any = Held(rows, spans, np.zeros((1, 1)))
    for done in range(401):
        seen.before(done, batch, 32)
    found = np.mean([look.gradient[look.lag.index(lag)] ** 2 for look in seen.looks])
    assert found == pytest.approx(exact, rel=0.1)


def test_short_sequences_are_not_looked_at() -> None:
    with pytest.raises(ValueError, match="unpack"):
        looks_of(LINEAR, watch.SHORT - 1)
    assert looks_of(LINEAR, watch.SHORT).steps == watch.SHORT


def test_tokens_are_embedded_as_the_network_does_it() -> None:
    spec = NetworkSpec(TokenInput(9, 3), cell="rnn_linear", hidden=3, dtype="float64")
    network = Network(spec)
    network.params["weight_ih_l0"][...] = np.eye(3)
    network.params["weight_hh_l0"][...] = 0
    bags = TokenBags([2, 0, 1, 2], first=[0, 2, 2, 3], rows=[4, 8, 1], weights=[0.5, 2, -1])
    spans = Spans([1, 0], [3, 1])
    for rows in (bags, np.array([7, 0, 2, 2], np.int32)):
        found = embedded(rows, spans, network.params["embedding_weight"])
        out = Network(spec.but(readout="each"), parameters=network.parameters).forward(rows, spans)
        np.testing.assert_allclose(found, out.output, rtol=1e-15)


# ---- in a run ----


def noise(steps: int = 64, n: int = 20) -> Held:
    rows = np.random.default_rng(2).normal(size=(n * steps, 1)).astype("f4")
    return Held(rows, Spans(np.arange(n) * steps, np.full(n, steps)), rows[:n])


def run(chosen: FitSettings, spec: NetworkSpec | None = None, data: Held | None = None) -> Any:
    spec = spec or NetworkSpec(
        NumberInput(1), cell="gru", hidden=6, layers=2, dropout=0.3, outputs=1, loss=Loss("mse")
    )
    data, network = data or noise(), Network(spec, seed=4)
    return network, fit(network, data.rows, data.spans, data.targets, chosen)


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks at every other update."""
    monkeypatch.setattr(watch, "every", lambda spec, size: 2)


def test_what_is_learnt_is_the_same_to_the_bit(often: None) -> None:
    plain, without = run(FitSettings(updates=20, watch=False))
    watched, history = run(FitSettings(updates=20))
    assert bits(plain) == bits(watched)
    assert without.looks == []
    assert [look.update for look in history.looks] == list(range(2, 20, 2))
    assert {**untimed(history), "looks": []} == untimed(without)


def test_a_carried_text_is_looked_at_from_where_it_stands(often: None) -> None:
    spec = NetworkSpec(
        TokenInput(4, 3), hidden=5, readout="each", outputs=4, loss=Loss("categorical")
    )
    tokens = np.random.default_rng(0).integers(0, 4, 3000)
    found = []
    for watched in (False, True):
        network = Network(spec, seed=1)
        chosen = FitSettings(updates=12, batch=4, watch=watched)
        history = fit_carried(network, tokens, chosen, steps=watch.SHORT)
        found.append((bits(network), history))
    assert found[0][0] == found[1][0]
    assert [look.steps for look in found[1][1].looks] == [watch.SHORT] * 5


def test_a_look_starts_from_the_state_that_the_update_starts_from() -> None:
    """Units that begin at the end of their tanh pass on less than those that begin at zero."""
    spec = NetworkSpec(
        TokenInput(4, 3), cell="rnn", hidden=5, readout="each", outputs=4, loss=Loss("categorical")
    )
    network = Network(spec, seed=1)
    network.params["weight_ih_l0"][...] = 0
    network.params["weight_hh_l0"][...] = np.eye(5)
    ids, spans, found = np.zeros(64, np.int32), Spans([0], [64]), []
    for level in (0.0, 0.9):
        chunk = Chunk(ids, spans, ids, (np.full((1, 1, 5), level, np.float32),))
        seen = Watch(network, 10**6, [])
        seen._every = 2
        seen.before(2, chunk, 1)
        found.append(seen.looks[0].gradient[-1])
    assert found[0] == 1.0
    assert found[1] < 0.5


def test_a_run_that_was_stopped_has_the_looks_of_one_that_was_not(
    often: None, tmp_path: Path
) -> None:
    path = tmp_path / "run.safetensors"
    whole = run(FitSettings(epochs=8, batch=5))[1]
    run(FitSettings(epochs=3, batch=5, checkpoint=path))
    again = run(FitSettings(epochs=8, batch=5, checkpoint=path, resume=True))[1]
    assert untimed(again) == untimed(whole)
    assert len(whole.looks) == 15


def test_a_vanishing_gradient_is_said_once_with_what_to_try(often: None) -> None:
    spec = NetworkSpec(NumberInput(1), cell="rnn", hidden=4, outputs=1, loss=Loss("mse"))
    small = spec.but(init=Init(recurrent="uniform", bias="uniform"))
    chosen = FitSettings(updates=60, optimizer=Optimizer(learning_rate=1e-4))
    with pytest.warns(GradientWarning, match=r"vanishes.*chrono=64") as caught:
        run(chosen, small)
    assert len(caught) == 1
    assert "\n" not in str(caught[0].message)


def test_networks_that_differ_in_their_seed_alone_are_told_once(often: None) -> None:
    X = np.random.default_rng(0).normal(size=(20, 70))
    training = tg.SequenceTraining(updates=40, members=3, segment=1, learning_rate=1e-6)
    model = tg.SequenceRegressor("rnn", 4, bidirectional=False, readout="last", training=training)
    for _ in range(2):
        with pytest.warns(GradientWarning, match="vanishes") as caught:
            model.fit(X, X[:, -1])
        assert len(caught) == 1


def test_an_exploding_gradient_is_said_at_the_second_look(often: None) -> None:
    # 1.2^32 = 342, 1.4^32 = 47,000
    spec = LINEAR.but(init=Init(recurrent="identity"), hidden=2)
    for v, warns in ((1.2, False), (1.4, True)):
        network, data = Network(spec, seed=4), noise()
        network.params["weight_hh_l0"][...] *= v
        chosen = FitSettings(updates=5, optimizer=Optimizer(learning_rate=0.0, clip=1.0))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            fit(network, data.rows, data.spans, data.targets, chosen)
        said = [str(each.message) for each in caught]
        assert bool(said) == warns
        assert all("explodes (update 4)" in line for line in said)


def adding(cell: str, init: Init | None = None) -> Any:
    """400 updates of the adding problem (Hochreiter and Schmidhuber 1997) at 200 steps."""
    steps, size = 200, 32
    spans = Spans(np.arange(size) * steps, np.full(size, steps))

    def draw(done: int) -> Drawn:
        random = np.random.default_rng(done)
        numbers = random.random((size, steps), np.float32)
        marks = np.zeros_like(numbers)
        halves = random.integers(0, steps // 2, (size, 2)) + [0, steps // 2]
        np.put_along_axis(marks, halves, 1, axis=1)
        rows = np.stack([numbers, marks], axis=-1).reshape(-1, 2)
        return Drawn(rows, spans, (numbers * marks).sum(axis=1, keepdims=True))

    def loss(targets: np.ndarray, output: np.ndarray) -> tuple[float, np.ndarray]:
        return float(np.mean((output - targets) ** 2)), 2 * (output - targets) / size

    spec = NetworkSpec(NumberInput(2), cell=cell, hidden=32, outputs=1, init=init or Init())
    chosen = FitSettings(updates=400, optimizer=Optimizer(learning_rate=5e-3, clip=1.0))
    return fit_drawn(Network(spec), draw, loss, chosen)


def test_an_rnn_that_cannot_learn_to_add_is_told_why() -> None:
    with pytest.warns(GradientWarning, match="vanishes"):
        history = adding("rnn")
    assert np.mean(history.loss[-50:]) > 0.12  # 0.167 is what remembering nothing costs
    # warnings are errors here: a network whose gates begin open is told nothing
    assert min(look.gradient[-1] for look in adding("lstm", Init(chrono=200)).looks) > 1e-3


def seen(*last: float, apart: int = 10) -> list[Look]:
    return [Look(apart * i, 64, (0.9,) * 5 + (share,)) for i, share in enumerate(last)]


def test_a_network_that_learns_to_remember_in_time_is_not_told_off() -> None:
    below = GONE / 2
    assert fault(seen(*[below] * 10), total=360) == "vanishes"  # 90 of 360 updates
    assert fault(seen(*[below] * 10), total=361) == ""
    assert fault(seen(*[below] * 9, GONE), total=100) == ""
    # of fewer than four in a row, half of the run
    assert fault(seen(below, 0.1, below, below, below), total=41) == ""
    assert fault(seen(below, 0.1, below, below, below), total=40) == "vanishes"
    assert fault(seen(below), total=40) == ""
    assert fault(seen(0.1, *[below] * 4), total=40) == "vanishes"
    assert fault(seen(2e3, 0.5, 2e3), total=40) == ""
    assert fault(seen(0.5, 2e3, 2e3), total=40) == "explodes"


def test_a_watch_that_goes_on_does_not_repeat_itself() -> None:
    network, looks = Network(LINEAR, seed=1), seen(*[GONE / 2] * 10)
    network.params["weight_hh_l0"][...] = 0.1
    rows = np.zeros((64, 1))
    batch: Any = Held(rows, Spans([0], [64]), rows)
    for before, warns in ((looks[:2], True), (looks, False)):
        again = Watch(network, 40, list(before))
        again._every = 40
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            again.before(40, batch, 1)
        assert bool(caught) == warns


@pytest.mark.parametrize(
    ("what", "spec", "words"),
    [
        ("vanishes", LINEAR, "try the cell 'gru' or 'lstm', in Python with Init(chrono=64)"),
        ("vanishes", LINEAR.but(cell="lstm"), "try Init(chrono=64) (in Python)"),
        ("vanishes", LINEAR.but(cell="gru", init=Init(chrono=64)), "fewer steps"),
        ("explodes", LINEAR, "Init(recurrent='orthogonal')"),
        ("explodes", LINEAR, "try the cell 'gru' or 'lstm', or in Python"),
        ("explodes", LINEAR.but(cell="lstm"), "smaller learning_rate (in Python)"),
    ],
)
def test_the_fix_suits_the_network(what: Any, spec: NetworkSpec, words: str) -> None:
    line = advice(what, seen(GONE / 2, GONE / 2), spec)
    assert words in line
    assert "update 10" in line
    assert ("clip" in line) == (what == "explodes")
    assert "clip" not in advice(what, seen(GONE / 2, GONE / 2), spec, clips=True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "16 steps back is"),
        ({"bidirectional": True}, "16 steps from both ends is"),
        ({"bidirectional": True, "readout": "each"}, "16 steps away is"),
    ],
)
def test_it_says_which_steps_are_out_of_reach(changes: Any, words: str) -> None:
    line = advice("vanishes", seen(GONE / 2), LINEAR.but(**changes))
    assert f"of sequences of 64 steps, little that lies more than {words} learnt from" in line


def test_nothing_at_all_that_comes_back_is_told_too(often: None) -> None:
    """A relu network whose units are dead passes nothing, not even to the step before."""
    spec = LINEAR.but(cell="rnn_relu", hidden=4)
    network, data = Network(spec, seed=4), noise()
    network.params["bias_ih_l0"][...] = -100
    with pytest.warns(GradientWarning, match=r"0\.0e\+00 of it is left 32.*more than 0 steps back"):
        fit(network, data.rows, data.spans, data.targets, FitSettings(updates=20))


def test_who_reads_the_mean_of_all_states_is_not_told_of_vanishing(often: None) -> None:
    """There a label that any step tells is learnt, though nothing passes from state to state."""
    random = np.random.default_rng(0)
    steps, n = 64, 40
    rows, labels = random.normal(size=(n, steps, 1)), np.arange(n) % 2
    rows[np.arange(n), random.integers(0, steps, n), 0] += 12 * (2 * labels - 1)
    spans = Spans(np.arange(n) * steps, np.full(n, steps))
    for readout, warns in (("last", True), ("mean+max", False)):
        network = Network(LINEAR.but(cell="rnn", hidden=8, readout=readout), seed=1)
        network.params["weight_hh_l0"][...] *= 0.1
        chosen = FitSettings(updates=60, optimizer=Optimizer(learning_rate=1e-2))
        targets = labels[:, None] * 2.0 - 1
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            history = fit(network, rows.reshape(-1, 1), spans, targets, chosen)
        assert max(look.gradient[-1] for look in history.looks) < GONE
        assert bool(caught) == warns
        assert (history.loss[-1] > 0.9) == warns  # of 1 for who knows nothing
    assert history.loss[-1] < 0.2


def test_looks_take_no_more_than_their_share() -> None:
    """By the cost of operations alone: twice two sequences' work in a hundred updates of 32."""
    wide = LINEAR.but(cell="lstm", hidden=512)
    share = watch.SLOW * watch.SEQUENCES / 32 / every(wide, 32)
    assert watch.SHARE / 1.2 < share <= watch.SHARE
    assert every(wide, 10_000) == watch.OFTEN
    assert every(LINEAR, 1) > every(LINEAR, 64) > every(LINEAR.but(hidden=64), 64)
