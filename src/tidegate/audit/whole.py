"""The whole audit of a model: `tg.audit`."""

from __future__ import annotations

from typing import Any

from .result import Audit


def audit(model: Any, data: Any, *, seed: int = 0) -> Audit:
    """What a fitted model remembers of data in its own form."""
    raise NotImplementedError
