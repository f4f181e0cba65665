"""What is lent may be written to: whether it may have been is never missed, and seldom guessed."""

from __future__ import annotations

import numpy as np

from tidegate.network.watched import Watched


def test_views_of_views_are_noticed_as_long_as_they_live() -> None:
    watched = Watched(np.zeros((2, 3)))
    assert watched.changed()
    row = watched.lent().reshape(-1)[2:4]
    for _ in range(3):
        assert watched.changed()
    row[:] = 7.0
    del row
    assert watched.changed()
    assert not watched.changed()
    assert watched.own.ravel().tolist() == [0, 0, 7, 7, 0, 0]


def test_who_made_it_and_who_holds_its_own_view_are_no_writers() -> None:
    given = np.zeros(3)
    watched = Watched(given, np.dtype("float32"))
    held = watched.own
    assert watched.changed()
    assert not watched.changed()
    held[:] = 2.0
    watched.written()
    assert watched.changed()
    assert not watched.changed()
    given[:] = 1.0
    assert watched.own.dtype == np.float32
    assert watched.own.tolist() == [2, 2, 2]
