"""The examples in the docstrings."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest


@pytest.mark.parametrize("name", ["frequency", "series", "spans"])
def test_examples(name: str) -> None:
    result = doctest.testmod(import_module(f"tidegate.data.{name}"), raise_on_error=True)
    assert result.attempted >= 2
