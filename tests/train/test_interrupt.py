"""Ctrl-C ends a run between two updates, and leaves signals as they were."""

from __future__ import annotations

import signal
import threading
from typing import Any

import numpy as np
import pytest
from rich.progress import Progress

from runs import SPEC, bits, held, run, settings
from tidegate.network import Network
from tidegate.train import Held, Report
from tidegate.train.interrupt import Interrupt

VALIDATION = held(30, first=60)
BARE = SPEC.but(loss=None)


def press(at: int, times: int = 1) -> Any:
    """A loss in whose ``at``-th call for an update Ctrl-C is pressed."""
    calls = [0]

    def loss(target: np.ndarray, output: np.ndarray) -> tuple[float, np.ndarray]:
        training = len(output) in (8, 4)  # the sizes of the batches
        calls[0] += training
        if training and calls[0] == at:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)
        error = output - target
        return float((error * error).mean()), 2 * error / error.size

    return loss


def test_the_update_is_finished() -> None:
    network, history = run(BARE, loss=press(5))
    assert history.stopped == "interrupted"
    assert len(history.loss) == 5
    assert len(history.epochs) == 1
    expected, _ = run(BARE, settings(updates=5), loss=press(0))
    assert bits(network) == bits(expected)


def test_the_best_weights_are_kept() -> None:
    network, history = run(BARE, loss=press(8), validation=VALIDATION)
    assert history.stopped == "interrupted"
    assert len(history.loss) == 8
    assert history.best_epoch == 1
    expected, _ = run(BARE, settings(epochs=2), loss=press(0))
    assert bits(network) == bits(expected)


def test_an_epochs_last_update_is_not_followed_by_validation() -> None:
    seen = []
    loss = press(6)

    def noted(target: np.ndarray, output: np.ndarray) -> Any:
        seen.append(len(output))
        return loss(target, output)

    _, history = run(BARE, loss=noted, validation=VALIDATION)
    assert len(history.loss) == 6
    assert len(history.epochs) == 1
    assert seen == [1, 8, 8, 4, 30, 8, 8, 4]


def test_a_bar_that_has_just_hidden_the_cursor_shows_it_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def start(bar: Progress) -> None:
        bar.console.show_cursor(False)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setattr(Progress, "start", start)
    monkeypatch.setattr(Progress, "stop", lambda bar: bar.console.show_cursor(True))
    _, history = run(BARE, loss=press(0), progress=True)
    assert history.stopped == "interrupted"
    assert capsys.readouterr().err.endswith("\x1b[?25l\x1b[?25h")


def test_a_second_ctrl_c_is_not_held_back() -> None:
    with pytest.raises(KeyboardInterrupt):
        run(BARE, loss=press(5, times=2))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("fails", [False, True])
def test_the_handler_is_put_back(fails: bool) -> None:
    def handler(number: int, frame: Any) -> None:
        raise AssertionError("not ours")

    def error(report: Report) -> None:
        assert signal.getsignal(signal.SIGINT) is not handler
        if fails:
            raise ZeroDivisionError

    before = signal.signal(signal.SIGINT, handler)
    try:
        if fails:
            with pytest.raises(ZeroDivisionError):
                run(progress=error)
        else:
            _, history = run(BARE, loss=press(2), progress=error)
            assert history.stopped == "interrupted"
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_second_ctrl_c_goes_to_the_handler_that_was_there() -> None:
    pressed = []
    before = signal.signal(signal.SIGINT, lambda *_: pressed.append(True))
    try:
        with Interrupt() as interrupt:
            signal.raise_signal(signal.SIGINT)
            assert (interrupt.asked, pressed) == (True, [])
            signal.raise_signal(signal.SIGINT)
            assert pressed == [True]
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_block_within_another_shares_what_is_asked() -> None:
    with Interrupt() as outer:
        with Interrupt() as inner:
            signal.raise_signal(signal.SIGINT)
            assert inner.asked and outer.asked
        with Interrupt() as later:
            assert later.asked
            with pytest.raises(KeyboardInterrupt):  # a second one, wherever it comes
                signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        _, history = run(BARE, loss=press(2))
        assert history.stopped == "epochs"
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_train_without_touching_signals() -> None:
    results: list[Any] = []

    def look(report: Report) -> None:
        results.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=lambda: results.append(run(progress=look)[1].stopped))
    thread.start()
    thread.join()
    assert results[-1] == "epochs"
    assert set(results[:-1]) == {signal.default_int_handler}


def test_before_the_first_update() -> None:
    """Ctrl-C while the first validation data are checked: nothing is trained, nothing is lost."""

    def loss(target: np.ndarray, output: np.ndarray) -> tuple[float, np.ndarray]:
        return 1.0, 0 * output

    data = held()
    with Interrupt() as interrupt:
        signal.raise_signal(signal.SIGINT)
        network = Network(BARE, seed=3)
        from tidegate.train.run import Run
        from tidegate.train.sequences import Sequences
        from tidegate.train.source import Shuffled

        sequences = Sequences.of(BARE, Held(*vars(data).values()), "it", True)
        source = Shuffled(sequences, settings())
        history = Run(network, source, None, settings(), loss).run(None, interrupt)
    assert (history.stopped, history.loss) == ("interrupted", [])
    assert bits(network) == bits(Network(BARE, seed=3))
