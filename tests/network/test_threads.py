"""Threads: how many, from several at once, and after a fork."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import tidegate as tg
from problems import layer_of, same_bits
from tidegate.cells import CELLS
from tidegate.data import Spans
from tidegate.network import Loss, Network, NetworkSpec, NumberInput, Optimizer
from tidegate.network.layers import Layer

B, T, I, H = 40, 12, 3, 33
LENGTHS = 1 + np.arange(B) * 5 % T


@pytest.fixture(autouse=True)
def _three_threads() -> Iterator[None]:
    before = tg.get_threads()
    tg.set_threads(3)
    yield
    tg.set_threads(before)


def inputs(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(B, T, I))


def pass_of(layer: Layer, seed: int = 0) -> list[np.ndarray]:
    """All that a forward and a backward pass give."""
    out = layer.forward(inputs(seed), LENGTHS)
    grads = layer.backward(out, out.y)
    return [out.y, *out.state, grads.x, *grads.state, *grads.params.values()]


def training_of(seed: int) -> np.ndarray:
    """Parameters after some steps."""
    spec = NetworkSpec(NumberInput(I), hidden=H, outputs=1, loss=Loss("mse"), layers=2, dropout=0.2)
    network, optimizer = Network(spec, seed=seed), Optimizer("adam", 0.01)
    rows = inputs(seed).reshape(-1, I)
    for _ in range(3):
        network.train_step(rows, Spans(np.arange(B) * T, LENGTHS), rows[:B, :1], optimizer)
    return network.parameters


def test_threads_are_a_whole_number_from_1() -> None:
    tg.set_threads(5)
    assert tg.get_threads() == 5
    tg.set_threads(np.int64(2))
    assert tg.get_threads() == 2
    for wrong in (0, -1, 1.5, True, "two", None, 4097, 2**40):
        with pytest.raises(tg.ArgumentError, match="threads must be a whole number from 1 to 4096"):
            tg.set_threads(wrong)  # type: ignore[arg-type]
    assert tg.get_threads() == 2


def test_the_number_may_change_between_calls() -> None:
    layer = layer_of("lstm", I, H)
    tg.set_threads(1)
    expected = pass_of(layer)
    for threads in (3, 1, 2, 8, 2):
        tg.set_threads(threads)
        assert all(map(same_bits, pass_of(layer), expected))


@pytest.mark.parametrize("threads", [2, 3, 7])
@pytest.mark.parametrize("cell", CELLS)
def test_weights_whose_inputs_are_shared_out(cell: str, threads: int) -> None:
    """Where there are fewer blocks of gates than threads, each has a part of the inputs."""
    layer = layer_of(cell, I, 70, 2, bidirectional=True)
    tg.set_threads(1)
    expected = pass_of(layer)
    tg.set_threads(threads)
    assert all(map(same_bits, pass_of(layer), expected))


@pytest.mark.parametrize(("given", "threads"), [("3", 3), ("1", 1), ("", None), ("many", None)])
def test_the_environment_says_how_many(given: str, threads: int | None) -> None:
    """By default: the processors that this process may use."""
    code = "import tidegate as tg; print(tg.get_threads())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "OMP_NUM_THREADS": given},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) == (threads or len(os.sched_getaffinity(0)))


REFUSED = """
import resource, sys
import numpy as np
import tidegate as tg
layer, x = tg.LSTM(3, 16), np.ones((64, 50, 3))
tg.set_threads(1)
expected = layer.forward(x).y
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**27, -1))  # room for the stacks of some
for threads in (200, 200, 2, 1):
    tg.set_threads(threads)
    assert np.array_equal(layer.forward(x).y, expected)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_threads_that_the_system_refuses() -> None:
    """The others do the work."""
    subprocess.run([sys.executable, "-c", REFUSED], check=True)


def test_one_layer_used_from_several_threads() -> None:
    """Calls wait for each other, and each gets its own."""
    layer = layer_of("gru", I, H, 2)
    expected = {seed: pass_of(layer, seed) for seed in range(4)}
    with ThreadPoolExecutor(4) as pool:
        for seed, result in zip(
            [*range(4)] * 6, pool.map(pass_of_layer(layer), [*range(4)] * 6), strict=True
        ):
            assert all(map(same_bits, result, expected[seed]))


def pass_of_layer(layer: Layer) -> Callable[[int], list[np.ndarray]]:
    return lambda seed: pass_of(layer, seed)


def test_steps_of_one_layer_from_several_threads() -> None:
    layer = layer_of("lstm", I, H, 2)

    def stream(seed: int) -> np.ndarray:
        x, state, outputs = inputs(seed)[:2], None, []
        for t in range(T):
            y, state = layer.step(x[:, t], state)
            outputs.append(y)
        return np.stack(outputs, axis=1)

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(stream, range(8)))
    for seed, result in enumerate(results):
        assert same_bits(result, layer.forward(inputs(seed)[:2]).y)


def test_networks_trained_at_once() -> None:
    expected = [training_of(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert all(map(same_bits, pool.map(training_of, range(4)), expected))


def in_a_fork(check: Callable[[], None]) -> None:
    """Runs ``check`` in a forked child, which says by its exit whether it held."""
    child = os.fork()
    if child == 0:
        try:
            check()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


# From 3.12 on, Python warns of any fork beside threads; the core's are the reason for these tests.
forks = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")


@forks
def test_a_fork_computes_on() -> None:
    """A child has none of the workers of its parent; a grandchild none of the child's."""
    layer = layer_of("lstm", I, H)
    expected = pass_of(layer)

    def check() -> None:
        assert all(map(same_bits, pass_of(layer), expected))
        assert tg.get_threads() == 3

    def check_twice() -> None:
        check()
        in_a_fork(check)

    in_a_fork(check_twice)
    in_a_fork(check)
    check()


@forks
def test_a_fork_while_others_compute() -> None:
    """What other threads were doing at that moment does not hold the child up."""
    expected = training_of(1)

    def check() -> None:
        assert same_bits(training_of(1), expected)

    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(training_of, seed) for seed in range(6)]
        for _ in range(4):
            in_a_fork(check)
        results = [future.result() for future in running]
    assert same_bits(results[1], expected)


@forks
def test_a_fork_while_another_thread_uses_the_same_layer() -> None:
    layer = layer_of("lstm", I, H)
    expected = pass_of(layer)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(lambda: [pass_of(layer) for _ in range(300)])
        for _ in range(4):
            in_a_fork(lambda: _in_time(lambda: pass_of(layer), expected))
        assert all(map(same_bits, running.result()[-1], expected))


def _in_time(compute: Callable[[], list[np.ndarray]], expected: list[np.ndarray]) -> None:
    """Ends the process if it waits for a lock that nobody gives back."""
    signal.alarm(60)
    assert all(map(same_bits, compute(), expected))
    signal.alarm(0)


@forks
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_worker_processes(method: Any) -> None:
    expected = [training_of(seed) for seed in range(2)]
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert all(map(same_bits, pool.map(training_of, range(2)), expected))
