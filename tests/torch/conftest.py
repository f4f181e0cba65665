"""What the tests of torch's modules share."""

from __future__ import annotations

import sys

import pytest


@pytest.fixture(autouse=True)
def _seeded():
    """The same numbers from torch in each test, whichever ran before; torch may be missing."""
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)
