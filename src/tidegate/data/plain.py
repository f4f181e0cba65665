"""Frozen dataclasses of plain values, back from JSON."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, TypeVar

from ..errors import ArgumentError

T = TypeVar("T")


def from_json(kind: type[T], data: Any) -> T:
    """The dataclass that a JSON object describes.

    Raises:
        ArgumentError: when ``data`` is no object, has a key that ``kind`` has no field for, lacks
            one that it needs, or holds a value that ``kind`` refuses.
    """
    name = kind.__name__
    if not isinstance(data, dict):
        raise ArgumentError(f"{name} must be a JSON object, got {type(data).__name__}")
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    for key in data:
        if key not in known:
            raise ArgumentError(f"{name} has no entry {key!r}; it has {', '.join(known)}")
    for key, field in known.items():
        optional = field.default is not MISSING or field.default_factory is not MISSING
        if key not in data and not optional:
            raise ArgumentError(f"{name} needs the entry {key!r}, which is missing")
    return kind(**data)
