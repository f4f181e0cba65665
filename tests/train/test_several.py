"""Trainings side by side leave what they leave one after the other, and end together."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from tidegate import SequenceClassifier
from tidegate.data.ragged import Ragged
from tidegate.network.threads import get_threads, set_threads, share_of_threads
from tidegate.sequence.learn import Learned
from tidegate.sequence.numbers import Numbers
from tidegate.sequence.training import Training
from tidegate.train import Report
from tidegate.train.company import Alone, together
from tidegate.train.history import History
from tidegate.train.interrupt import Interrupt
from tidegate.train.progress import Listener
from tidegate.train.several import at_once, side_by_side

pytestmark = pytest.mark.usefixtures("two_threads")

Progress = bool | Listener | None
REPORT = Report(1, 1, 2, 0.5, None, 1.0, 1.0)


def named(name: str, stopped: str = "updates") -> Callable[[Progress], tuple[str, History]]:
    return lambda progress: (name, History(stopped=stopped))


def endless(progress: Progress) -> tuple[str, History]:
    """A training that goes on until who is told of it ends it."""
    assert callable(progress)
    for _ in range(2000):
        progress(REPORT)
        time.sleep(0.01)
    raise AssertionError("nobody has stopped it")


def names(trainings: list[Callable[[Progress], tuple[str, History]]], most: int = 2) -> str:
    found, ended = side_by_side(trainings, most, False, lambda each: each[1])
    return "".join(name for name, _ in found) + "!" * ended


@pytest.mark.parametrize("most", [1, 2, 3, 7])
def test_what_came_of_each_is_in_their_order(most: int) -> None:
    assert names([named(name) for name in "abcde"], most) == "abcde"


def fitted(threads: int) -> Learned:
    set_threads(threads)
    x = np.random.default_rng(0).normal(size=(40, 9, 1))
    model = SequenceClassifier(hidden=4, training=Training(updates=10), random_state=0)
    return model.fit(x, ["a", "b"] * 20).learned_


@pytest.mark.parametrize("threads", [2, 5])
def test_the_same_bits_for_any_number_of_threads(threads: int) -> None:
    """Three networks, and two that others are held out from, which tell the temperature."""
    alone, beside = fitted(1), fitted(threads)
    assert get_threads() == threads
    assert alone.temperature == beside.temperature != 1
    for one, other in zip(alone.members, beside.members, strict=True):
        np.testing.assert_array_equal(one.network.parameters, other.network.parameters)


def test_the_first_is_shown_the_others_are_not() -> None:
    seen: list[Progress] = []

    def look(progress: Progress) -> tuple[str, History]:
        seen.append(progress if threading.current_thread() is threading.main_thread() else None)
        return named("a")(progress)

    side_by_side([look, look], 2, True, lambda each: each[1])
    assert sorted(map(str, seen)) == ["None", "True"]


def test_ctrl_c_that_ends_the_first_ends_those_beside_and_after_it() -> None:
    assert names([named("a", "interrupted"), endless, named("c")]) == "a!"


def test_ctrl_c_while_others_are_waited_for() -> None:
    def last(progress: Progress) -> tuple[str, History]:
        threading.Timer(0.2, signal.raise_signal, [signal.SIGINT]).start()
        return endless(progress)

    assert names([named("a"), last, named("c")]) == "a!"


def test_ctrl_c_between_two_blocks_that_wait_for_it_is_not_lost() -> None:
    """While tables are made for the first training, which only then waits for it itself."""

    def first(progress: Progress) -> tuple[str, History]:
        signal.raise_signal(signal.SIGINT)
        with Interrupt() as interrupt:
            return named("a", "interrupted" if interrupt.asked else "updates")(progress)

    assert names([first, endless, named("c")]) == "a!"


def test_ctrl_c_as_the_last_of_several_ends_begins_no_others() -> None:
    def ends(progress: Progress) -> tuple[str, History]:
        signal.raise_signal(signal.SIGINT)
        return named("a")(progress)

    assert names([ends, named("b"), named("c")]) == "ab!"


def test_before_anything_was_learnt_ctrl_c_leaves_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed(self: Numbers, x: Ragged) -> np.ndarray:
        if not times:
            times.append(signal.raise_signal(signal.SIGINT))
        return table(self, x)

    times: list[None] = []
    table = Numbers.table
    monkeypatch.setattr(Numbers, "table", pressed)
    with pytest.raises(KeyboardInterrupt):
        fitted(2)


def test_an_error_beside_is_the_callers_and_nothing_is_begun_after_it() -> None:
    def fails(progress: Progress) -> tuple[str, History]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        names([named("a"), fails, endless])


def test_an_error_of_the_first_ends_those_beside_it() -> None:
    def fails(progress: Progress) -> tuple[str, History]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        names([fails, endless])
    assert get_threads() == 2


def test_large_networks_on_many_cores_learn_one_after_the_other() -> None:
    assert [at_once(128, count) for count in (1, 2, 5)] == [1, 2, 2]
    set_threads(8)
    assert at_once(128, 5) == 5
    assert at_once(256, 5) == 1
    assert at_once(256, 9) == 8
    with together(Alone()):
        assert at_once(128, 5) == 1


def test_a_number_of_threads_that_was_set_meanwhile_stays() -> None:
    with share_of_threads():
        set_threads(3)
    assert get_threads() == 3


def test_who_is_left_alone_has_all_threads() -> None:
    set_threads(6)
    seen: list[int] = []

    def short(progress: Progress) -> tuple[str, History]:
        deadline = time.monotonic() + 20
        while get_threads() == 6:  # until the other has begun, too
            assert time.monotonic() < deadline
            time.sleep(0.001)
        seen.append(get_threads())
        return named("b")(progress)

    def long(progress: Progress) -> tuple[str, History]:
        deadline = time.monotonic() + 20
        while not (seen and get_threads() == 6):
            assert time.monotonic() < deadline
            time.sleep(0.001)
        return named("a")(progress)

    assert names([long, short]) == "ab"
    assert seen == [3]
    assert get_threads() == 6
