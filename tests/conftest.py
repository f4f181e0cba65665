"""What tests of several rooms stand on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tidegate.network.threads import get_threads, set_threads


@pytest.fixture
def two_threads() -> Iterator[None]:
    """The core has two threads, and afterwards as many as before."""
    before = get_threads()
    set_threads(2)
    yield
    set_threads(before)
