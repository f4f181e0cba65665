"""Things to report on, made once."""

from __future__ import annotations

import pytest

import reported


@pytest.fixture(scope="session")
def shops() -> reported.Known:
    return reported.shops()


@pytest.fixture(scope="session")
def rain() -> reported.Known:
    return reported.rain()
