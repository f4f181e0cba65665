"""Checks for the frozen dataclasses that describe a network, and their way to JSON and back."""

from __future__ import annotations

import math
import numbers
from dataclasses import MISSING, fields
from typing import Any, TypeVar

from ..errors import ArgumentError

T = TypeVar("T")


def whole(owner: Any, name: str, least: int, most: int = 2**31 - 1) -> None:
    """Sees to it that a field is an int between two bounds; a NumPy integer becomes a plain one."""
    value = getattr(owner, name)
    good = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not good or not least <= value <= most:
        raise ArgumentError(
            f"{_title(owner, name)} must be a whole number from {least} to {most}, got {value!r}"
        )
    object.__setattr__(owner, name, int(value))


def number(owner: Any, name: str, least: float, below: float = math.inf) -> None:
    """Sees to it that a field is a finite number, ``least <= it < below``; it becomes a float."""
    value = as_number(getattr(owner, name), _title(owner, name))
    if not least <= value < below:
        bound = f"at least {least:g}" + (f" and below {below:g}" if below < math.inf else "")
        raise ArgumentError(f"{_title(owner, name)} must be {bound}, got {value!r}")
    object.__setattr__(owner, name, value)


def numbers_of(owner: Any, name: str) -> tuple[float, ...]:
    """Sees to it that a field is a sequence of finite numbers; it becomes a tuple of floats."""
    values = getattr(owner, name)
    if not isinstance(values, tuple | list):
        raise ArgumentError(f"{_title(owner, name)} must be a tuple of numbers, got {values!r}")
    result = tuple(as_number(value, _title(owner, name)) for value in values)
    object.__setattr__(owner, name, result)
    return result


def flag(owner: Any, name: str) -> None:
    """Sees to it that a field is True or False."""
    value = getattr(owner, name)
    if not isinstance(value, bool):
        raise ArgumentError(f"{_title(owner, name)} must be True or False, got {value!r}")


def choice(owner: Any, name: str, allowed: tuple[str, ...]) -> None:
    """Sees to it that a field is one of a few words."""
    value = getattr(owner, name)
    if not isinstance(value, str) or value not in allowed:
        words = ", ".join(repr(word) for word in allowed)
        raise ArgumentError(f"{_title(owner, name)} must be one of {words}, got {value!r}")


def as_number(value: Any, title: str) -> float:
    """A finite number as a plain float; ``title`` names it in the error."""
    good = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not good or not math.isfinite(value):
        raise ArgumentError(f"{title} must be a finite number, got {value!r}")
    return float(value)


def from_json(kind: type[T], data: Any) -> T:
    """The dataclass that a JSON object describes.

    Raises:
        ArgumentError: when ``data`` is no object, has a key that ``kind`` has no field for, lacks a
            key that it needs, or holds a value that ``kind`` refuses.
    """
    if not isinstance(data, dict):
        raise ArgumentError(f"{kind.__name__} must be a JSON object, got {type(data).__name__}")
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    for key in data:
        if key not in known:
            raise ArgumentError(
                f"{kind.__name__} has no setting {key!r}; it has {', '.join(known)}"
            )
    for name, field in known.items():
        optional = field.default is not MISSING or field.default_factory is not MISSING
        if name not in data and not optional:
            raise ArgumentError(f"{kind.__name__} needs the setting {name!r}, which is missing")
    return kind(**data)


def _title(owner: Any, name: str) -> str:
    return f"{type(owner).__name__}.{name}"
