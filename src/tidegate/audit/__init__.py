"""What a recurrent model remembers, and why: the lag audit.

``tidegate.audit`` is this package and, called, the audit itself: Python sets a package's name on
its parent when any part of it is imported, so a function of that name would not last. What it gives
is an `Audit`, plain data. docs/design/audit.md says what is measured, how, and why so.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .result import Audit as Audit
    from .whole import audit as audit

_HOME = {"Audit": "result"}

__all__ = ["Audit", "audit"]


class _Package(ModuleType):
    """This package; a call is passed on to `whole.audit`, whose arguments it has."""

    def __call__(self, *args: Any, **settings: Any) -> Any:
        return import_module(".whole", __name__).audit(*args, **settings)


def __getattr__(name: str) -> Any:
    if name == "audit":
        return sys.modules[__name__]
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


sys.modules[__name__].__class__ = _Package
