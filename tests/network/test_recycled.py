"""Memory of results: given out again only when nobody holds it."""

from __future__ import annotations

import threading

import numpy as np

import tidegate as tg
from tidegate.network.recycled import LEAST, MOST, Recycled

SHAPE = (LEAST // 4, 2)


def place(array: np.ndarray) -> int:
    return int(array.ctypes.data)


def test_what_is_held_or_viewed_is_not_given_out() -> None:
    room = Recycled(np.dtype("float32"))
    held = room.empty(SHAPE)
    seen = place(held)
    view = held[3:5]
    del held
    assert place(room.empty(SHAPE)) != seen
    del view
    assert seen in {place(array) for array in [room.empty(SHAPE) for _ in range(MOST)]}


def test_no_more_than_some_are_kept_and_other_shapes_are_new() -> None:
    room = Recycled(np.dtype("float64"))
    held = [room.empty(SHAPE) for _ in range(3 * MOST)]
    assert len({place(array) for array in held}) == 3 * MOST
    assert len(room._kept) == MOST
    del held
    assert room.empty((SHAPE[0], 3)).shape == (SHAPE[0], 3)


def test_two_threads_never_get_the_same_memory() -> None:
    room = Recycled(np.dtype("float32"))
    wrong: list[int] = []

    def work(number: int) -> None:
        for _ in range(300):
            array = room.empty(SHAPE)
            array[::512] = number
            if not (array[::512] == number).all():
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_layers_outputs_stay_as_they_were_and_ragged_ones_are_zero_beyond() -> None:
    layer = tg.RNN(1, 64)
    x = np.random.default_rng(0).normal(size=(32, 64, 1)).astype("f4")
    first = layer.forward(x).y
    before = first.copy()
    layer.forward(-x)
    assert np.array_equal(first, before)
    del first
    ragged = layer.forward(x, lengths=np.full(32, 10)).y
    assert ragged.nbytes >= LEAST
    assert not ragged[:, 10:].any()
    assert np.array_equal(ragged[:, :10], before[:, :10])
