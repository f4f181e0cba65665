"""Several processes that train one model: played by threads, each with a company of its own."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from tidegate.data import Spans
from tidegate.errors import ArgumentError
from tidegate.network import Classes, Loss, Network, NetworkSpec, NumberInput, Optimizer, TokenInput
from tidegate.train import FitSettings, fit, fit_carried
from tidegate.train.company import Alone, Together, current, together
from tidegate.train.sequences import Held, Sequences
from tidegate.train.shared import shared_step
from tidegate.train.source import Chunk, Drawn

RANDOM = np.random.default_rng(7)
N = 7


class Played:
    """A process of a company that threads play."""

    def __init__(self, rank, table, barrier):
        self.rank, self.size = rank, len(table)
        self._table, self._barrier = table, barrier

    def gather(self, values):
        self._table[self.rank] = np.array(values)
        self._barrier.wait()
        parts = list(self._table)
        self._barrier.wait()
        return parts

    def sum(self, values):
        values[...] = sum(self.gather(values))


def in_company(size, work):
    """work(Together) of each process at once; what they return, by rank."""
    table, barrier, found, faults = [None] * size, threading.Barrier(size), [None] * size, []

    def play(rank):
        try:
            found[rank] = work(Together(Played(rank, table, barrier), None, 1))
        except BaseException as error:
            faults.append(error)
            barrier.abort()

    players = [threading.Thread(target=play, args=(rank,)) for rank in range(size)]
    for player in players:
        player.start()
    for player in players:
        player.join()
    if faults:
        raise faults[0]
    return found


def spec_of(loss, **others):
    settings = {"hidden": 6, "dtype": "float64", "outputs": 2, "dropout": 0.3, "layers": 2}
    settings.update(head_dropout=0.2, input_dropout=0.2, loss=loss and Loss(loss), **others)
    return NetworkSpec(settings.pop("input", NumberInput(2)), **settings)


def check(spec, batch_of, alone, loss=None, sizes=(2, 3, 9)):
    """Three updates by several processes are, to rounding, those of one."""
    for size in sizes:
        network, optimizer = Network(spec, seed=1), Optimizer("adam", 0.01, eps=1e-3, clip=0.5)
        expected = [alone(network, optimizer) for _ in range(3)]

        def work(shared):
            own, adam = Network(spec, seed=1), Optimizer("adam", 0.01, eps=1e-3, clip=0.5)
            batch = batch_of()
            steps = [
                shared_step(own, batch, adam, loss, shared, learning_rate=0.01, seed=4)
                for _ in range(3)
            ]
            return own.parameters.copy(), steps

        found = in_company(size, work)
        for parameters, steps in found:
            np.testing.assert_array_equal(parameters, found[0][0])
            np.testing.assert_allclose(steps, expected, rtol=1e-10)
        np.testing.assert_allclose(found[0][0], network.parameters, rtol=1e-8, atol=1e-11)


def numbers(readout="last"):
    length = RANDOM.integers(1, 9, N)
    spans = Spans(RANDOM.integers(0, 30, N), length)
    targets = RANDOM.normal(size=(40, 2))
    targets[RANDOM.random(targets.shape) < 0.3] = np.nan
    index = None if readout == "each" else RANDOM.integers(0, 40, N)
    return Held(RANDOM.normal(size=(40, 2)), spans, targets, index, RANDOM.random(40))


@pytest.mark.parametrize("readout", ["last", "each", "mean"])
@pytest.mark.parametrize("loss", ["mse", "rmse", "mae"])
def test_the_losses_of_networks(loss, readout):
    spec = spec_of(loss, readout=readout)
    held = numbers(readout)
    batch = Sequences.of(spec, held, "the data", custom=False)

    def alone(network, optimizer):
        return network.train_step(
            held.rows,
            held.spans,
            held.targets,
            optimizer,
            target_index=held.target_index,
            weights=held.weights,
            seed=4,
        )

    check(spec, lambda: batch, alone)


def test_a_loss_of_two_means():
    loss = Loss("mixing", quantiles=(0.2, 0.5), paths=2, chance=True)
    spec = spec_of(None, readout="each", read_last=2)
    spec = replace(spec, outputs=5, loss=loss)
    targets = RANDOM.normal(size=(2 * N, 4))
    targets[:, 1] = targets[:, 1] > 0
    targets[RANDOM.random(2 * N) < 0.4, 0] = np.nan
    targets[RANDOM.random(2 * N) < 0.4, 1] = np.nan
    spans = Spans(RANDOM.integers(0, 30, N), RANDOM.integers(2, 9, N))
    batch = Drawn(RANDOM.normal(size=(40, 2)), spans, targets, 2 * RANDOM.permutation(N))

    def alone(network, optimizer):
        given = (batch.rows, spans, targets, optimizer)
        return network.train_step(*given, target_index=batch.target_index, seed=4)

    check(spec, lambda: batch, alone)


def test_a_loss_of_ones_own_sees_the_whole_batch():
    spec = spec_of(None)
    held = numbers()
    batch = Drawn(held.rows, held.spans, RANDOM.normal(size=(N, 2)))

    def loss(targets, output):  # no sum over sequences: it depends on all of them together
        spread = output - output.mean(0) - targets
        gradient = spread - spread.mean(0)
        return float((spread**2).sum() / 2), gradient

    def alone(network, optimizer):
        return network.custom_step(
            held.rows, held.spans, lambda out: loss(batch.targets, out), optimizer, seed=4
        )

    check(spec, lambda: batch, alone, loss)


@pytest.mark.parametrize("some", [False, True])
def test_carried_states_and_some_classes(some):
    spec = spec_of("categorical", input=TokenInput(12, 4), readout="each")
    spec = replace(spec, outputs=12)
    tokens = RANDOM.integers(0, 12, N * 4).astype(np.int32)
    targets = RANDOM.integers(0, 8, N * 4)
    spans = Spans(np.arange(N) * 4, np.full(N, 4))
    classes = Classes([*range(8), 10]) if some else None
    zero = lambda: tuple(np.zeros((2, N, 6)) for _ in range(2))  # noqa: E731
    state = zero()

    def alone(network, optimizer):
        if optimizer.state is None:
            for part in state:
                part[...] = 0
        return network.train_step(
            tokens, spans, targets, optimizer, classes=classes, state=state, seed=4
        )

    check(spec, lambda: Chunk(tokens, spans, targets, zero(), classes), alone)


def test_a_batch_without_any_target_moves_nothing():
    spec = spec_of("rmse")
    held = Held(np.ones((9, 2)), Spans([0, 3], [3, 3]), np.full((2, 2), np.nan))
    batch = Sequences.of(spec, held, "the data", custom=False)

    def work(shared):
        network = Network(spec, seed=1)
        step = shared_step(
            network, batch, Optimizer("sgd"), None, shared, learning_rate=1.0, seed=0
        )
        return step, network.parameters.copy()

    for step, parameters in in_company(2, work):
        assert step == (0.0, 0.0)
        np.testing.assert_array_equal(parameters, Network(spec, seed=1).parameters)


def test_states_are_completed_by_those_who_moved_them():
    def work(shared):
        state = np.zeros((2, 5, 3))
        state[:, shared.share(5)] = 1 + shared.company.rank
        shared.complete([state])
        return state[0, :, 0].tolist()

    assert in_company(2, work) == [[1, 1, 2, 2, 2]] * 2


# ---- the context, and checkpoints in it ----


def data():
    rows = np.sin(np.arange(120.0))[:, None]
    return rows, Spans(np.arange(100), np.full(100, 8)), rows[8:108]


SPEC = NetworkSpec(NumberInput(1), hidden=5, outputs=1, loss=Loss("mse"), dropout=0.2, layers=2)


class Killed(BaseException):
    pass


def killed_after(updates):
    """A listener that ends the process, as far as the run can tell."""

    def tell(report):
        if report.update >= updates:
            raise Killed

    return tell


def learn(progress=False):
    network = Network(SPEC, seed=1)
    fit(network, *data(), FitSettings(epochs=4, batch=16), progress=progress)
    return network.parameters.copy()


def test_a_run_that_was_killed_goes_on_to_the_same_bits(tmp_path):
    expected = learn()
    with together(folder=tmp_path / "new" / "folder", every=5), pytest.raises(Killed):
        learn(killed_after(13))
    assert [file.name for file in (tmp_path / "new" / "folder").iterdir()] == ["run-1.safetensors"]
    reports = []
    with together(folder=tmp_path / "new" / "folder", every=5):
        np.testing.assert_array_equal(learn(reports.append), expected)
    assert reports[0].update > 10


def test_each_run_of_a_program_has_a_checkpoint_of_its_own(tmp_path):
    tokens = np.arange(300) % 7
    loss = Loss("categorical")
    spec = NetworkSpec(TokenInput(7, 4), hidden=5, readout="each", outputs=7, loss=loss)

    def carried(progress=False):
        network = Network(spec, seed=1)
        settings = FitSettings(updates=25, batch=4)
        fit_carried(network, tokens, settings, steps=8, progress=progress)
        return network.parameters.copy()

    first, second = learn(), carried()
    with together(folder=tmp_path, every=4), pytest.raises(Killed):
        learn()
        carried(killed_after(14))
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "run-1.safetensors",
        "run-2.safetensors",
    ]
    with together(folder=tmp_path, every=4):
        np.testing.assert_array_equal(learn(killed_after(1)), first)  # it is not begun again
        np.testing.assert_array_equal(carried(), second)


def test_no_context_inside_of_another_and_none_left_behind():
    assert current() is None
    with together() as shared:
        assert current() is shared and isinstance(shared.company, Alone)
        with pytest.raises(ArgumentError, match="leave the context"), together():
            pass
    assert current() is None


def test_runs_at_once_are_refused():
    faults = []

    def run():
        with pytest.raises(ArgumentError, match="n_jobs=1") as error:
            learn()
        faults.append(error.value)

    with together():
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    assert len(faults) == 1
